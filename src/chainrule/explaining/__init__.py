"""Why is it so? The whole pen-and-paper answer for an expression, a function, an op, a graph or a model.

`explain` gives an `Explanation`: one operation each, the graph, the product on every edge, the sum at every node, each
checked against a difference; in symbols and numbers, as text, LaTeX, TikZ, picture and a page that steps through it.

Reading order: `record` (what an explanation is), `expressions` (text becomes a function), `rules` and `build` (from the
program that ran to the record), `subjects` (what can be explained), `explanation` (printing and saving); the printers,
`printing`, `drawing` and `paging`; and what stands on them: `paths`, `compare` (of ops, of records, of graphs, which
`watching` watches), `deriving`, `marking`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule.explaining.explain import explain

if TYPE_CHECKING:
    from chainrule.explaining.explanation import Explanation
    from chainrule.explaining.record import Check, Edge, Message, Node, Record, Step

__all__ = ["Check", "Edge", "Explanation", "Message", "Node", "Record", "Step", "explain"]


def __getattr__(name: str) -> Any:
    # `import chainrule` gives `explain`; the records are loaded when the first explanation is asked for.
    if name in __all__:
        return getattr(import_module(f"{__name__}.{'explanation' if name == 'Explanation' else 'record'}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
