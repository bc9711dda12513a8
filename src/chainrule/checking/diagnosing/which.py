"""From evidence to a finding: the first hypothesis that holds in every trial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from chainrule.checking.codes import found
from chainrule.checking.diagnosing.reference import Reference
from chainrule.checking.evidence import Evidence
from chainrule.checking.finding import Finding
from chainrule.checking.hypotheses import (
    FORWARD,
    GENERIC,
    GRADIENT,
    PLACES,
    Hypothesis,
    explain_by_change,
    holding,
    particular,
)

__all__ = ["which_mistake"]


def which_mistake(evidence: Sequence[Evidence], reference: Reference | None) -> Finding:
    """The finding for a result that is wrong."""
    place = evidence[0].place
    own = particular(reference.op.name, place) if reference else ()
    asked = (*(FORWARD if place is None else GRADIENT), *own, *PLACES)
    finding = _first(asked, evidence)
    if finding is None and reference is not None and (change := explain_by_change(evidence, reference.op)):
        finding = _finding(change[0], evidence, change[1])
    return finding or _first(GENERIC, evidence) or _finding("DIFFERS", evidence, {})


def _first(hypotheses: Iterable[Hypothesis], evidence: Sequence[Evidence]) -> Finding | None:
    for hypothesis in hypotheses:
        if (facts := holding(hypothesis, evidence)) is not None:
            return _finding(hypothesis.code, evidence, facts)
    return None


def _finding(code: str, evidence: Sequence[Evidence], facts: object) -> Finding:
    first = evidence[0]
    if first.place is None and first.part == "forward":  # anything else has a name of its own
        facts = {"part": "forward's result", **facts}  # type: ignore[dict-item]
    return found(code, first.part, facts, check="values match", **_where_they_part(first))  # type: ignore[arg-type]


def _where_they_part(evidence: Evidence) -> dict[str, str]:
    """Both sides at the largest difference; their shapes where these differ."""
    yours, expected = evidence.yours, evidence.expected
    if yours.shape != expected.shape:
        return {"expected": f"shape {expected.shape}", "received": f"shape {yours.shape}"}
    if not yours.size or yours.dtype.kind not in "fiub":
        return {}
    with np.errstate(all="ignore"):
        apart = np.abs(yours - expected)
    place = np.unravel_index(int(np.argmax(np.where(np.isnan(apart), np.inf, apart))), yours.shape)
    where = f"entry [{', '.join(str(int(one)) for one in place)}]" if place else ""
    return {"expected": f"{expected[place]:.6g}", "received": f"{yours[place]:.6g}", "where": where}
