"""Ways to be wrong, in the order in which they are asked.

The reference's gradient is linear in the incoming one, so a wrong gradient can be compared with transformed references:
another shape, a factor, another incoming gradient, another operation in between.

`GRADIENT` and `FORWARD` are asked first; then `particular`, the candidates of one op; then `PLACES`, which say where or
by what; then `explain_by_change`, one operation changed in the reference's own program; and last `GENERIC`, vaguer ones
that end in one that always holds.
"""

from __future__ import annotations

from chainrule.checking.hypotheses.factors import COMBINED_FACTORS, FACTORS, SOME_FACTOR, UNNAMED_FACTORS
from chainrule.checking.hypotheses.generic import ALWAYS
from chainrule.checking.hypotheses.hypothesis import Hypothesis, holding
from chainrule.checking.hypotheses.operations import explain_by_change
from chainrule.checking.hypotheses.particular import particular
from chainrule.checking.hypotheses.places import PLACES as _ENTRIES
from chainrule.checking.hypotheses.places import REGIONS
from chainrule.checking.hypotheses.rows import NAMED_UNEVEN, ROWS, TERMS, UNEVEN
from chainrule.checking.hypotheses.shapes import FORWARD_SHAPES, GRADIENT_SHAPES, WRONG_SHAPES
from chainrule.checking.hypotheses.terms import INDICES, MASKS, SHARED, SIGNS
from chainrule.checking.hypotheses.upstream import SLOPES, UPSTREAM
from chainrule.checking.hypotheses.values import COPIES, NOTHING, SWAPS, VALUES

__all__ = ["FORWARD", "GENERIC", "GRADIENT", "PLACES", "Hypothesis", "explain_by_change", "holding", "particular"]

GRADIENT = (*SWAPS, *VALUES, *GRADIENT_SHAPES, *FACTORS, *UPSTREAM, *NOTHING, *COMBINED_FACTORS)
FORWARD = (*VALUES, *COPIES, *FORWARD_SHAPES, *FACTORS, *COMBINED_FACTORS)
PLACES = (*COPIES, *SLOPES, *UNNAMED_FACTORS, *INDICES, *_ENTRIES, *SIGNS, *TERMS, *ROWS, *NAMED_UNEVEN)
GENERIC = (*SOME_FACTOR, *REGIONS, *MASKS, *UNEVEN, *SHARED, *WRONG_SHAPES, *ALWAYS)
