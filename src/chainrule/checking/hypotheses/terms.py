"""Terms that all entries of a row or column share, and indices: what is missing, or written to the wrong place.

What normalizes, as batch norm does, sends gradients through the mean and through the variance as well. A mistake in
one of these terms is off by one number in each column, or by one number and a multiple of x.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import besides, listed

__all__ = ["INDICES", "MASKS", "SHARED", "SIGNS"]

Array = npt.NDArray[Any]


# -- terms through a mean or a variance -----------------------------------------------------------------------


def _off_by(evidence: Evidence, basis: Array, axis: int) -> Array | None:
    """How much of each of the basis each column (axis 0) or row (axis 1) is off by; None where it is something else.

    Args:
        evidence: the gradient of an array with two axes.
        basis: along that axis first; then the column or row; then which of the basis.
        axis: along which a line of entries shares its numbers.
    """
    apart = evidence.yours - evidence.expected
    if axis:
        apart = apart.T
    if apart.shape[0] < basis.shape[2] + 2 or apart.shape[1] < 2 or not apart.any():
        return None
    scale = float(np.abs(evidence.expected).max())
    coefficients = []
    for column in range(apart.shape[1]):
        solved = np.linalg.lstsq(basis[:, column], apart[:, column], rcond=None)[0]
        if np.any(np.abs(basis[:, column] @ solved - apart[:, column]) > 1e3 * evidence.trial.tolerance * scale):
            return None
        coefficients.append(solved)
    return np.array(coefficients)


def _shared(code: str, axis: int, with_x: bool) -> Hypothesis:
    lines, others = ("column", "rows") if axis == 0 else ("row", "columns")

    def holds(evidence: Evidence) -> Facts | None:
        yours = evidence.yours
        if evidence.place is None or yours.shape != evidence.expected.shape or yours.ndim != 2:
            return None
        x = np.asarray(evidence.argument, float)
        x = x.T if axis else x
        ones = np.ones_like(x)
        found = _off_by(evidence, np.stack((ones, x) if with_x else (ones,), axis=-1), axis)
        if found is None:
            return None
        return {"line": lines, "others": others, "numbers": listed(found[:, -1]), "axis": axis}

    return Hypothesis(code, holds)


SHARED = (
    _shared("MEAN_TERM", 0, with_x=False),
    _shared("MEAN_TERM", 1, with_x=False),
    _shared("VARIANCE_TERM", 0, with_x=True),
    _shared("VARIANCE_TERM", 1, with_x=True),
)


# -- indices --------------------------------------------------------------------------------------------------


def _is_written_once(evidence: Evidence) -> Facts | None:
    """Rows that were looked up several times have only the last one's gradient."""
    d_out = np.asarray(evidence.trial.d_out, float)
    for array in evidence.trial.arrays:
        rows = np.asarray(array)
        if rows.dtype.kind not in "iu" or not rows.ndim or d_out.shape[: rows.ndim] != rows.shape:
            continue
        if np.unique(rows).size == rows.size or evidence.place is None:
            continue
        candidate = np.zeros(evidence.expected.shape)
        candidate[rows] = d_out
        if found := besides(evidence, candidate):
            values, counts = np.unique(rows, return_counts=True)
            return {**found, "row": int(values[np.argmax(counts)]), "times": int(counts.max())}
    return None


def _is_whole_columns(evidence: Evidence) -> Facts | None:
    """``dx[:, where] = d_out`` where each row has a place of its own."""
    d_out, expected = np.asarray(evidence.trial.d_out, float), evidence.expected
    if evidence.place is None or expected.ndim != 2 or d_out.shape != expected.shape[:1]:
        return None
    if not np.all(np.sum(expected != 0, axis=1) == 1):
        return None
    candidate = np.zeros(expected.shape)
    candidate[:, np.argmax(expected != 0, axis=1)] = d_out
    return besides(evidence, candidate)


INDICES = (Hypothesis("REPEATED_INDEX", _is_written_once), Hypothesis("WRONG_INDEX", _is_whole_columns))


# -- another mask ---------------------------------------------------------------------------------------------


def _is_another_mask(evidence: Evidence) -> Facts | None:
    """Both are d_out, scaled by one number and masked, but the masks differ."""
    d_out, yours, expected = np.asarray(evidence.trial.d_out, float), evidence.yours, evidence.expected
    if evidence.place is None or not yours.shape == d_out.shape == expected.shape or not d_out.all():
        return None
    mine, right = yours / d_out, expected / d_out
    largest = float(np.abs(right).max())
    on, wanted = mine != 0, np.abs(right) > 1e-6 * largest
    even = np.all(np.abs(mine[on] - largest) <= 1e-5 * largest) and np.all(
        np.abs(right[wanted] - largest) <= 1e-5 * largest
    )
    if not even or on.all() or not on.any() or wanted.all():
        return None
    count = int(np.sum(on != wanted))
    return {"count": count, "size": yours.size} if count else None


MASKS = (Hypothesis("NEW_MASK", _is_another_mask),)


# -- a sign inside --------------------------------------------------------------------------------------------


def _has_other_sign(place: int, words: str) -> Hypothesis:
    """Halfway between yours and what is expected lies an argument: what is taken from it is added, or the reverse."""

    def holds(evidence: Evidence) -> Facts | None:
        array = np.asarray(evidence.trial.arrays[place], float)
        yours, expected = evidence.yours, evidence.expected
        if evidence.place is not None or not array.shape == yours.shape == expected.shape or yours.size < 2:
            return None
        apart = np.abs((yours + expected) / 2 - array).max()
        is_it = apart <= evidence.trial.tolerance * np.abs(expected).max() and array.any()
        return {"where": f"in what {words} is changed by", "besides": ""} if is_it else None

    return Hypothesis("PLUS_FOR_MINUS", holds)


SIGNS = (_has_other_sign(0, "the first argument"), _has_other_sign(1, "the second argument"))
