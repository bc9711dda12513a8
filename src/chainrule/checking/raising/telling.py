"""What a teller gets and gives: an error with its place, and a code with the facts for its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.checking.raising.places import Place

__all__ = ["Failure", "Told"]


@dataclass(frozen=True, eq=False)
class Failure:
    """An error in somebody's code.

    Args:
        error: that was raised.
        text: what it says.
        place: the author's innermost line.
        wanted: the shapes that gradients should have, by the author's names.
        given: the arrays that the function was called with, and their shapes, in words.
    """

    error: BaseException
    text: str
    place: Place
    wanted: Mapping[str, tuple[int, ...]]
    given: str


@dataclass(frozen=True)
class Told:
    """A code, and the facts for its sentence."""

    code: str
    facts: Mapping[str, Any]
