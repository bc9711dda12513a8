"""What can be said about every wrong result: where it is furthest off, how many entries are, what it is close to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.places import differing
from chainrule.checking.hypotheses.wording import entry, named_number, number, shape, two_numbers

__all__ = ["ALWAYS"]

Array = npt.NDArray[Any]


def _differs(evidence: Evidence) -> Facts:
    """Always holds."""
    try:
        return _described(evidence)
    except Exception:
        # Objects, complex numbers, nothing at all: that they differ is all that can be said.
        return {"extent": "", "largest": "", "alike": ""}


def _described(evidence: Evidence) -> Facts:
    yours, expected, wrong = evidence.yours, evidence.expected, differing(evidence)
    if wrong is None:
        sizes = evidence.trial.sizes
        largest = f" It has shape {shape(yours.shape, sizes)}; {shape(expected.shape, sizes)} is expected."
        return {"extent": "", "largest": largest if yours.shape != expected.shape else "", "alike": ""}
    apart = np.abs(yours - expected)
    place = np.unravel_index(int(np.argmax(np.where(np.isnan(apart), np.inf, apart))), apart.shape)
    extent = f" in {_share(wrong)}" if wrong.size > 1 else ""
    at = f" at {entry(place)}" if len(place) else ""
    own, wanted = two_numbers(yours[place], expected[place])
    return {
        "extent": extent,
        "largest": f" It is furthest off{at}: {own} where {wanted} is expected.",
        "alike": _alike(evidence, wrong),
    }


def _share(wrong: Array) -> str:
    count = int(wrong.sum())
    return f"all {wrong.size} entries" if count == wrong.size else f"{count} of {wrong.size} entries"


def _alike(evidence: Evidence, wrong: Array) -> str:
    """One more sentence on what the difference looks like: a sign, a factor, a direction."""
    yours, expected = evidence.yours[wrong], evidence.expected[wrong]
    if not yours.any():
        return " The wrong entries are all 0."
    if not expected.any():
        return " All of the wrong entries should be 0."
    if yours.size > 2:
        if np.all(np.sign(yours) == -np.sign(expected)):
            return " Each of the wrong entries has the wrong sign."
        with np.errstate(all="ignore"):
            ratios = yours / expected
        if np.isfinite(ratios).all() and np.ptp(ratios) <= 1e-9 * np.abs(ratios).max():
            return f" The wrong entries are {named_number(float(ratios[0]))} times what they should be."
    if evidence.yours.size > 3:
        cosine = _cosine(evidence.yours, evidence.expected)
        if cosine > 0.99:
            ratio = float(np.sum(evidence.yours * evidence.expected) / np.sum(evidence.expected**2))
            return f" It is nearly proportional to what it should be, {number(ratio)} times as large."
        if cosine < -0.99:
            return " It points nearly the opposite way."
        if abs(cosine) < 0.05:
            return " It has nothing in common with what it should be."
        if np.all(np.sign(yours) == np.sign(expected)):
            return " All signs are right, and only the sizes differ."
        if (evidence.yours * evidence.expected >= 0).all():
            return " No sign is wrong."
    return ""


def _cosine(a: Array, b: Array) -> float:
    return float(np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)))


ALWAYS = (Hypothesis("DIFFERS", _differs),)
