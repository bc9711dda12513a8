"""Gradients that are nearly right: rounded, cut off, or taken from differences instead of a formula."""

from __future__ import annotations

import numpy as np

from chainrule.checking.case import Case
from chainrule.checking.codes import found
from chainrule.checking.evidence import Evidence, distance, is_close
from chainrule.checking.finding import Finding
from chainrule.checking.forms import Implementation

__all__ = ["against_own_forward"]


def against_own_forward(implementation: Implementation, evidence: Evidence) -> Finding | None:
    """None where the gradient is the derivative of the subject's own forward, as exactly as can be told.

    A forward with a small epsilon in a logarithm has another derivative than ours by as much, and its author is right.
    """
    from chainrule.checking.differences import looks_numeric, numeric_reference

    trial, place = evidence.trial, evidence.place
    if place is None:
        raise ValueError("forward's result has no derivative to be compared with")
    case = Case(implementation.op, trial.arrays, trial.parameters, takes_upstream=implementation.takes_upstream)
    own = numeric_reference(implementation.op, trial.arrays, dict(trial.parameters), (place,))
    gradient = own.gradients(trial.d_out)[place]
    apart = distance(evidence.yours, evidence.expected)
    facts = {"error": f"{apart:.0e}"}
    if evidence.yours.dtype == np.float32 and apart < 1e-4:
        return found("COMPUTES_IN_FLOAT32", evidence.part, facts)
    if looks_numeric(case, case.run(d_out=trial.d_out), place, apart):
        return found("LOOKS_NUMERIC", evidence.part, facts)
    if is_close(evidence.yours, gradient, max(own.tolerance, 1e-9)):
        return None
    return found("IMPRECISE", evidence.part, facts)
