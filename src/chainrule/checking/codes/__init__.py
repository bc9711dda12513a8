"""The table of codes: every mistake that has a name, with the sentence that its author reads.

`running` (it does not run, or gives no arrays), `raising` (which error it raises), `shapes`, `factors` (a constant too
many, the incoming gradient ignored), `places` (right but for some entries), `particular` (to one op), `promises`
(state, dtypes, extreme input), `uncertain` (nobody can tell), `models` (whole models).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.checking.codes.code import Code, table
from chainrule.checking.codes.factors import FACTORS
from chainrule.checking.codes.models import MODELS
from chainrule.checking.codes.particular import PARTICULAR
from chainrule.checking.codes.places import PLACES
from chainrule.checking.codes.promises import PROMISES
from chainrule.checking.codes.raising import RAISING
from chainrule.checking.codes.running import RUNNING
from chainrule.checking.codes.shapes import SHAPES
from chainrule.checking.codes.uncertain import UNCERTAIN
from chainrule.checking.finding import Finding

__all__ = ["CODES", "GENERIC", "STOPPING", "Code", "found"]

GROUPS: Mapping[str, tuple[Code, ...]] = {
    "It does not run": RUNNING,
    "An error is raised": RAISING,
    "Shapes": SHAPES,
    "Factors, and the incoming gradient": FACTORS,
    "Right but for some entries": PLACES,
    "Particular to one op": PARTICULAR,
    "Promises": PROMISES,
    "Nobody can tell": UNCERTAIN,
    "Whole models": MODELS,
}
CODES: Mapping[str, Code] = table(*(code for group in GROUPS.values() for code in group))

# After these there is no result to be looked at.
STOPPING = frozenset(
    (
        "NOT_IMPLEMENTED",
        "RAISED",
        "NO_RESULT",
        "NO_GRADIENT",
        "WRONG_COUNT",
        "NOT_AN_ARRAY",
        *(one.name for one in RAISING),
    )
)

# They say where and by how much, but not which mistake it is.
GENERIC = frozenset(("DIFFERS", "WRONG_SHAPE", "RAISED", "FACTOR_VARIES", "IMPRECISE", "NOT_LINEAR"))


def found(code: str, part: str, facts: Mapping[str, Any] | None = None, **further: Any) -> Finding:
    """The finding of that code; see `Code.finding`."""
    return CODES[code].finding(part, facts or {}, **further)
