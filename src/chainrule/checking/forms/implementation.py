"""What is checked, whatever form it was written in: an op, and what its author calls things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule.checking.finding import Finding
from chainrule.op import Op

__all__ = ["Implementation", "NotCheckable"]


@dataclass(frozen=True)
class Implementation:
    """A subject lifted into an op.

    The op's forward makes a new instance where the subject is a class, and keeps it in ``saved``, so that every call is
    fresh and two calls have two instances; its backward hands out what the author's backward gave, unchanged.

    Args:
        op: the subject as an op; its name is the subject's.
        form: in words: ``"op"``, ``"pair of functions"``, ``"class"``, ``"EDF node"``, ``"loss"`` ...
        gradients: what the author calls the gradients, from backward's return, ``("dx", "dw", "db")``; empty where that
            cannot be read.
        takes_upstream: whether backward gets an incoming gradient; some losses of courses do not.
        arrays: how many arrays forward takes; None where that cannot be read.
        places: the arrays that backward gives a gradient for, where the form says so: a model gives none for its
            inputs, a loss none for its targets; None where it may be all.
        example: gives arrays that fit, for subjects whose parameters have shapes of their own: of the trial with that
            number, from 0; None where it finds none.
    """

    op: Op
    form: str
    gradients: tuple[str, ...] = ()
    takes_upstream: bool = True
    arrays: int | None = None
    places: tuple[int, ...] | None = None
    example: Callable[[int], tuple[Any, ...] | None] | None = None

    @property
    def name(self) -> str:
        """What the author calls it."""
        return self.op.name


class NotCheckable(Exception):
    """A subject that cannot be lifted; carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding
