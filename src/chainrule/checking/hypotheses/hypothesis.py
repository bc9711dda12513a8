"""A hypothesis: one way to be wrong, and how to see whether it is this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.checking.evidence import Evidence, Facts

__all__ = ["Hypothesis", "holding"]


@dataclass(frozen=True)
class Hypothesis:
    """One way to be wrong.

    Args:
        code: of the finding, where it holds; see `codes.CODES`.
        holds: gives the facts that the code's sentence needs, or None where it does not hold. A fact named ``rule`` has
            to be the same in every trial. It may raise: results have odd shapes, and then it does not hold.
    """

    code: str
    holds: Callable[[Evidence], Facts | None]


def holding(hypothesis: Hypothesis, evidence: Sequence[Evidence]) -> Facts | None:
    """The first trial's facts if the hypothesis holds in every trial, else None."""
    facts: list[Facts] = []
    for one in evidence:
        found = _guarded(hypothesis, one)
        if found is None or found.get("rule") != (facts[0].get("rule") if facts else found.get("rule")):
            return None
        facts.append(found)
    return facts[0] if facts else None


def _guarded(hypothesis: Hypothesis, evidence: Evidence) -> Facts | None:
    try:
        with np.errstate(all="ignore"):
            return hypothesis.holds(evidence)
    except Exception:
        # A wrong result has any shape, so a formula made for the right one may fail: then it was not this mistake.
        return None
