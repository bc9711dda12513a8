"""Making it run again: a program is simplified, written as the text of a NumPy function, and that text is run.

Reading order: `simplify`, `safer`, `source` (with `literals`, and `reuse` with `layout`, where large results are put),
`numpy_engine`, `xla`, `cost` (with `counting`), `compile`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule.compiling.compile import ENGINES, Compiled, Step, compile
from chainrule.compiling.safer import safer
from chainrule.compiling.simplify import simplify
from chainrule.compiling.source import Source, write_source
from chainrule.compiling.xla import XLA, join

if TYPE_CHECKING:
    from chainrule.compiling.cost import Cost, LineCost

__all__ = [
    "ENGINES",
    "XLA",
    "Compiled",
    "Cost",
    "LineCost",
    "Source",
    "Step",
    "compile",
    "join",
    "safer",
    "simplify",
    "write_source",
]


def __getattr__(name: str) -> Any:
    # Costs are loaded when they are asked for.
    if name in ("Cost", "LineCost"):
        return getattr(import_module(f"{__name__}.cost"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
