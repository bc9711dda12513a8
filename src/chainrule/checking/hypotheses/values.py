"""What can be seen in the values alone: nan, all zero, one number everywhere, an argument handed back, rounded."""

from __future__ import annotations

import numpy as np

from chainrule.checking.evidence import Evidence, Facts, is_close
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import entry, number

__all__ = ["COPIES", "NOTHING", "SWAPS", "VALUES"]


def _is_not_finite(evidence: Evidence) -> Facts | None:
    yours, expected = evidence.yours, evidence.expected
    if yours.dtype.kind != "f" or not np.isfinite(expected).all():
        return None
    bad = ~np.isfinite(yours)
    if not bad.any():
        return None
    place = tuple(np.argwhere(bad)[0])
    kind = "nan" if np.isnan(yours[bad]).any() else "infinite"
    return {"kind": kind, "count": int(bad.sum()), "size": yours.size, "where": entry(place)}


def _is_all_zero(evidence: Evidence) -> Facts | None:
    return {} if evidence.yours.size and not evidence.yours.any() and evidence.expected.any() else None


def _is_nothing(evidence: Evidence) -> Facts | None:
    """Zero up to rounding errors."""
    scale = float(np.abs(evidence.expected).max())
    same = evidence.yours.shape == evidence.expected.shape
    return {} if same and scale and np.abs(evidence.yours).max() <= 1e-13 * scale else None


def _is_not_used(evidence: Evidence) -> Facts | None:
    """Forward's result does not depend on the array at all."""
    if evidence.place is None or evidence.expected.any() or not evidence.yours.any():
        return None
    same = evidence.yours.shape == evidence.expected.shape
    return {"ordinal": _ORDINALS[evidence.place]} if same and evidence.expected.size else None


def _is_one_number(evidence: Evidence) -> Facts | None:
    """The same number in every entry and every trial; of one entry that says nothing."""
    yours = evidence.yours
    if yours.size < 2 or not np.isfinite(yours).all() or np.ptp(yours.astype(float)) != 0:
        return None
    return {"number": number(yours.flat[0]), "rule": number(yours.flat[0])}


def _is_cut_off(evidence: Evidence) -> Facts | None:
    if evidence.yours.dtype.kind not in "iu" or not np.any(evidence.expected % 1):
        return None
    return {"dtype": str(evidence.yours.dtype), "fits": ""}


def _is_rounded(evidence: Evidence) -> Facts | None:
    for digits in range(7):
        if np.array_equal(evidence.yours, np.round(evidence.expected, digits)):
            return {"digits": digits, "rule": digits} if evidence.expected.size > 1 else None
    return None


def _is_truncated(evidence: Evidence) -> Facts | None:
    exact = np.array_equal(evidence.yours, np.trunc(evidence.expected))
    return {"dtype": "whole number"} if exact and evidence.expected.any() else None


VALUES = (
    Hypothesis("NAN_OR_INF", _is_not_finite),
    Hypothesis("ALL_ZERO", _is_all_zero),
    Hypothesis("INTEGERS", _is_cut_off),
    Hypothesis("INTEGERS", _is_truncated),
    Hypothesis("ONE_NUMBER", _is_one_number),
    Hypothesis("ROUNDED", _is_rounded),
)
NOTHING = (Hypothesis("ALL_ZERO", _is_nothing),)


# -- what was handed in is handed back ---------------------------------------------------------------------


def _is_argument(place: int) -> Hypothesis:
    def holds(evidence: Evidence) -> Facts | None:
        array = np.asarray(evidence.trial.arrays[place])
        return {"ordinal": _ORDINALS[place]} if array.size > 1 and evidence.equals(array) else None

    return Hypothesis("RETURNS_ARGUMENT", holds)


def _is_output(evidence: Evidence) -> Facts | None:
    out = np.asarray(evidence.trial.out)
    return {} if evidence.place is not None and evidence.equals(out) else None


_ORDINALS = ("first", "second", "third", "fourth")

COPIES = (*(_is_argument(place) for place in range(4)), Hypothesis("RETURNS_OUTPUT", _is_output))


# -- gradients of other arrays -------------------------------------------------------------------------------


def _is_anothers(evidence: Evidence) -> Facts | None:
    """Another array's gradient, and not just this one with the sign turned, which is likelier a sign."""
    trial, expected = evidence.trial, evidence.expected
    for place, gradient in enumerate(trial.gradients):
        if place == evidence.place or gradient is None or not evidence.equals(gradient):
            continue
        if not is_close(-expected, gradient, trial.tolerance):
            return {"ordinal": _ORDINALS[place], "rule": place}
    return None


def _has_the_others_sign(evidence: Evidence) -> Facts | None:
    """One of two opposite gradients was given for both; the other one is right."""
    trial = evidence.trial
    for place, gradient in enumerate(trial.gradients):
        if place == evidence.place or gradient is None or place >= len(evidence.others):
            continue
        opposite = is_close(-evidence.expected, gradient, trial.tolerance)
        if opposite and evidence.equals(gradient) and is_close(evidence.others[place], gradient, trial.tolerance):
            return {"ordinal": _ORDINALS[place], "rule": place}
    return None


SWAPS = (
    Hypothesis("NOT_USED", _is_not_used),
    Hypothesis("SWAPPED", _is_anothers),
    Hypothesis("SAME_SIGN_TWICE", _has_the_others_sign),
)
