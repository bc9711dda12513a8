"""Whether somebody's result is an array that can be compared, and what it is if not."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.checking.codes import found
from chainrule.checking.finding import Finding

__all__ = ["no_array"]


def no_array(value: Any, part: str) -> Finding | None:
    """The finding for a result that is no array of numbers; None for arrays, and for single numbers.

    Args:
        value: the result.
        part: what its author calls it.
    """
    if isinstance(value, np.ma.MaskedArray):
        return found("NOT_AN_ARRAY", part, {"kind": "a masked array", "remedy": "value.filled(0), or np.where"})
    if isinstance(value, (np.ndarray, np.generic)):
        dtype = np.asarray(value).dtype
        if dtype.kind in "fiub":
            return None
        return found("NOT_AN_ARRAY", part, {"kind": f"an array of {dtype}", "remedy": "floats"})
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return None
    kind = type(value).__name__
    facts = {"kind": f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}", "remedy": "np.array(...)"}
    return found("NOT_AN_ARRAY", part, facts)
