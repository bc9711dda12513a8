"""Candidates that are particular to one op: what its likeliest mistakes give.

`activations`, `losses`, `linear`, `functions`: tables by the op's name and the array's place, None for forward.
"""

from __future__ import annotations

from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.particular.activations import ACTIVATIONS
from chainrule.checking.hypotheses.particular.functions import FUNCTIONS
from chainrule.checking.hypotheses.particular.linear import LINEAR
from chainrule.checking.hypotheses.particular.losses import LOSSES
from chainrule.checking.hypotheses.particular.softmaxes import SOFTMAXES

__all__ = ["particular"]

TABLES = {**ACTIVATIONS, **FUNCTIONS, **LINEAR, **LOSSES, **SOFTMAXES}


def particular(op_name: str, place: int | None) -> tuple[Hypothesis, ...]:
    """The candidates for that op's result (place None) or gradient; most likely first."""
    return TABLES.get((op_name, place), ())
