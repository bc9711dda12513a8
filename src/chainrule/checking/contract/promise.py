"""A promise of an op: its name in words, and the check that finds out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.checking.finding import Finding

__all__ = ["Promise"]


@dataclass(frozen=True)
class Promise:
    """What an op promises.

    Args:
        check: ``(case) -> Finding | None``; its name states the promise. With ``takes_extremes``, ``(case, extremes)``.
        for_learners: whether `chainrule.check` asks for it beside the diagnosis. Values and shapes are the diagnosis's
            own questions, and only our ops promise that they can be traced.
        is_about_state: whether it says something where the values are wrong, too.
        takes_extremes: whether it needs arrays at which careless formulas overflow.
        needs_upstream: whether it says nothing of a backward that gets no incoming gradient.
    """

    check: Callable[..., Finding | None]
    for_learners: bool = True
    is_about_state: bool = False
    takes_extremes: bool = False
    needs_upstream: bool = False

    @property
    def name(self) -> str:
        """In words: ``"backward can run twice"``."""
        return self.check.__name__.replace("_", " ")
