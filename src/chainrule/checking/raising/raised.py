"""From an error to a finding: the first of the tellers that knows it, else its own words."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.checking.codes import found
from chainrule.checking.finding import Finding
from chainrule.checking.raising import kinds, names, shapes
from chainrule.checking.raising.places import Place, place_of
from chainrule.checking.raising.telling import Failure, Told
from chainrule.checking.raising.values import shape_text

__all__ = ["raised"]

_TELLERS: tuple[Callable[[Failure], Told | None], ...] = (*names.TELLERS, *shapes.TELLERS, *kinds.TELLERS)


def raised(
    error: BaseException, part: str, arrays: Mapping[str, Any], wanted: Mapping[str, tuple[int, ...]]
) -> Finding:
    """The finding for an error in somebody's code.

    Args:
        error: that was raised.
        part: in which function.
        arrays: what it was called with, by name.
        wanted: the shapes that gradients should have, by the author's names.
    """
    if isinstance(error, NotImplementedError):
        return found("NOT_IMPLEMENTED", part)
    given = ", ".join(f"{name} {shape_text(np.shape(array))}" for name, array in arrays.items()) or "none"
    place = Place()
    try:
        place = place_of(error.__traceback__)
        failure = Failure(error, _text(error), place, wanted, given)
        for teller in _TELLERS:
            if (told := teller(failure)) is not None:
                return found(told.code, part, {"at": place.at, **told.facts})
    except Exception:  # errors have any text and lines any form; then the error says what it says itself
        pass
    return found("RAISED", part, {"error": _said(error), "at": place.at, "shapes": given})


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _said(error: BaseException) -> str:
    said = traceback.format_exception_only(error)[-1].strip()
    return said if len(said) <= 200 else said[:200] + " ..."
