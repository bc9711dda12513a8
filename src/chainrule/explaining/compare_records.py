"""Two functions, or two expressions, on the same arguments: the first message that differs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.explaining.compare import Comparison, Sent, verdict
from chainrule.explaining.printing.formulas import to_text
from chainrule.explaining.record import Edge, Node, Record
from chainrule.explaining.subjects import record_of

__all__ = ["compare_functions", "compare_records"]

_NUMBERED = re.compile(r"[tc]\d+")  # names that `build` gives where there is no other


def compare_functions(yours: Any, ours: Any, arguments: Sequence[Any], values: Mapping[str, Any]) -> Comparison:
    """Explain both, and compare what is sent back in them.

    Args:
        yours: what is looked at, a function or an expression.
        ours: what it is compared with.
        arguments, values: for both.
    """
    return compare_records(record_of(yours, arguments, values), record_of(ours, arguments, values))


def compare_records(yours: Record, ours: Record) -> Comparison:
    """Message by message in the order of yours, where both have the same operations in the same order.

    Where they have not, the gradients of what both call by the same name are compared, and those of the inputs.

    Args:
        yours: what is looked at.
        ours: what it is compared with.
    """
    sent = _messages(yours, ours) if _are_alike(yours, ours) else _gradients(yours, ours)
    return Comparison(tuple(sent), tuple(_other_values(yours, ours)))


def _are_alike(yours: Record, ours: Record) -> bool:
    """Whether both have the same operations on the same operands; inputs of one name are the same input."""
    graphs = [[(node.kind, node.operation, node.operands) for node in record.nodes] for record in (yours, ours)]
    known = {node.name for node in yours.inputs}
    names = zip(yours.inputs, ours.inputs, strict=False)
    return graphs[0] == graphs[1] and all(one.name == two.name or two.name not in known for one, two in names)


def _messages(yours: Record, ours: Record) -> list[Sent]:
    """Along every edge; all of yours first, then what ours alone sends."""
    mine, its = _by_edge(yours), _by_edge(ours)
    pairs = [(edge, mine.get(edge), its.get(edge)) for edge in {**mine, **its}]
    return [
        Sent(yours.nodes[edge.child].name, one, two, verdict(one, two), yours.nodes[edge.parent].name)
        for edge, one, two in pairs
    ]


def _by_edge(record: Record) -> dict[Edge, Any]:
    return {message.edge: message.product for message in record.messages}


def _gradients(yours: Record, ours: Record) -> list[Sent]:
    """At the nodes that both name, from the result back; an input that only one of them uses has no other gradient."""
    mine, its = _named(yours), _named(ours)
    inputs = {node.name for node in (*yours.inputs, *ours.inputs)}
    names = [
        name for name in {**dict(reversed(mine.items())), **its} if name in inputs or (name in mine and name in its)
    ]
    pairs = [(name, _gradient(mine.get(name)), _gradient(its.get(name))) for name in names]
    return [Sent(name, one, two, verdict(one, two)) for name, one, two in pairs]


def _named(record: Record) -> dict[str, Node]:
    """The nodes by names that somebody gave them; the result goes by that of its function."""
    nodes = (node for node in record.nodes if node.id != record.output or node.kind == "input")
    return {node.name: node for node in nodes if not _NUMBERED.fullmatch(node.name)}


def _gradient(node: Node | None) -> Any:
    return None if node is None else node.gradient


def _other_values(yours: Record, ours: Record) -> list[str]:
    """The first value that differs, at the nodes that can be compared; the result is one of them."""
    if _are_alike(yours, ours):
        pairs = list(zip(yours.nodes, ours.nodes, strict=True))
    else:
        its = _named(ours)
        pairs = [(node, its[name]) for name, node in _named(yours).items() if name in its]
        pairs.append((yours.nodes[yours.output], ours.nodes[ours.output]))
    said = ((node, verdict(node.value, other.value)) for node, other in pairs)
    return [f"the first value that differs is {_shown(node)}: {how}" for node, how in said if how][:1]


def _shown(node: Node) -> str:
    return f"{node.name} = {to_text(node.formula)}" if node.kind == "operation" else node.name
