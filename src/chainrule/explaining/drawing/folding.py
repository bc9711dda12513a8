"""Equal terms of a sum, and other equal operands of one operation, drawn once: "x 3".

Two parts of a graph are equal if they are the same operations in the same order on other data. What both use stays one
node with one edge, such as the weights in ``(w0 + w1 x1 - y1)^2 + (w0 + w1 x2 - y2)^2``. What belongs to a part, and
is used by nothing else, is drawn for the first part only. So the picture says nothing that is not so of each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chainrule.explaining.record import Edge, Message, Node, Record
from chainrule.explaining.rules import renamed

__all__ = ["MOST_UNFOLDED", "drawn", "folded"]

MOST_UNFOLDED = 40  # nodes; pictures of more are hard to read
NAMED = 3  # terms that a sum names; of more, the first and the last
_ALIKE = frozenset({"add", "multiply", "maximum", "minimum", "concatenate", "stack"})  # all operands play one part


def drawn(record: Record, fold: bool | None = None) -> Record:
    """The record that a picture shows: folded or not; if nothing was wished, folded where it has many nodes."""
    return folded(record) if fold or (fold is None and len(record.nodes) > MOST_UNFOLDED) else record


def folded(record: Record) -> Record:
    """A smaller record for drawing, in which equal parts are there once; the same record if there are none.

    Its ``repeats`` say how often a node is there; names, numbers and messages are those of the first part. A sum that
    equal parts are added up in is one node. Steps and checks are left out, since no picture shows them.
    """
    folding = _Folding(record)
    for node in reversed(record.nodes):  # from the result on, so that large parts are found before the parts in them
        if node.operation in _ALIKE and node.id not in folding.dropped:
            folding.fold_operands(node)
    return folding.result() if folding.dropped else record


class _Folding:
    """Remembers what is left out of a record, what is there several times, and which sums become one node."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.nodes = record.nodes
        self.users: list[list[int]] = [[] for _ in record.nodes]
        for edge in record.edges:
            self.users[edge.child].append(edge.parent)
        self.kinds = _kinds(record.nodes)
        self.dropped: set[int] = set()
        self.repeats: dict[int, int] = {}
        self.terms: dict[int, list[Edge]] = {}

    def fold_operands(self, node: Node) -> None:
        """Leave out every operand, or term of a sum, that is equal to an earlier one."""
        terms, inner = self._terms_of(node)
        found: dict[int, list[dict[int, int]]] = {}
        for edge in terms:
            for first, equal in found.items():
                pairs = self._matched(first, edge.child)
                if pairs:
                    equal.append(pairs)
                    break
            else:
                found[edge.child] = []
        for first_pairs in filter(None, found.values()):
            self.dropped |= {place for pairs in first_pairs for place in pairs.values()} | inner
            self.terms[node.id] = terms
            for place in first_pairs[0]:
                self.repeats[place] = self.repeats.get(place, 1) * (1 + len(first_pairs))

    def _terms_of(self, node: Node) -> tuple[list[Edge], set[int]]:
        """The edges from what is added up to the node, and the sums on the way; of another operation, its own edges."""
        terms: list[Edge] = []
        inner: set[int] = set()
        waiting = _edges_to(node)[::-1]
        while waiting:
            edge = waiting.pop()
            child = self.nodes[edge.child]
            if _is_sum(node) and _is_sum(child) and child.shape == node.shape and len(self.users[child.id]) == 1:
                inner.add(child.id)
                waiting += _edges_to(child)[::-1]
            else:
                terms.append(edge)
        return terms, inner

    def _matched(self, first: int, other: int) -> dict[int, int] | None:
        """For each node of the first part its counterpart in the other one; None where the two are not equal."""
        if first == other or not self.nodes[first].operands or self.kinds[first] != self.kinds[other]:
            return None
        pairs, waiting = {first: other}, [(first, other)]
        while waiting:
            mine, its = waiting.pop()
            for left, right in zip(self.nodes[mine].operands, self.nodes[its].operands, strict=True):
                if left == right:
                    continue  # both use it
                if pairs.get(left, right) != right or self.kinds[left] != self.kinds[right]:
                    return None
                if left not in pairs:
                    pairs[left] = right
                    waiting.append((left, right))
        parts = set(pairs), set(pairs.values())
        is_one_to_one = len(parts[1]) == len(pairs) and parts[0].isdisjoint(parts[1])
        return (
            pairs if is_one_to_one and self._is_closed(parts[0], first) and self._is_closed(parts[1], other) else None
        )

    def _is_closed(self, part: set[int], end: int) -> bool:
        """Whether nothing else uses what is in a part, but for its end, which is used once."""
        return len(self.users[end]) == 1 and all(part.issuperset(self.users[place]) for place in part - {end})

    # -- the smaller record ----------------------------------------------------------------------------------

    def result(self) -> Record:
        """The record without what is left out, numbered anew."""
        left = [node for node in self.nodes if node.id not in self.dropped]
        ids = {node.id: number for number, node in enumerate(left)}
        edges = {node.id: [edge for edge in self._edges_to(node) if edge.child in ids] for node in left}
        moved = {
            edge: Edge(ids[edge.child], ids[parent], slot)
            for parent, kept in edges.items()
            for slot, edge in enumerate(kept)
        }
        parents = {edge: parent for parent, kept in edges.items() for edge in kept}
        counts = " and ".join(map(str, sorted({self.repeats[place] for place in self.repeats.keys() & ids.keys()})))
        note = f"Equal parts are drawn once, with the numbers of the first; there are {counts} of them."
        return replace(
            self.record,
            nodes=[self._renumbered(node, ids, edges[node.id]) for node in left],
            messages=[
                self._moved(message, moved[message.edge], parents[message.edge])
                for message in self.record.messages
                if message.edge in moved
            ],
            steps=(),
            checks=(),
            output=ids[self.record.output],
            notes=(*self.record.notes, note),
            repeats={ids[place]: count for place, count in self.repeats.items() if place in ids},
        )

    def _edges_to(self, node: Node) -> list[Edge]:
        return self.terms.get(node.id) or _edges_to(node)

    def _renumbered(self, node: Node, ids: dict[int, int], edges: Sequence[Edge]) -> Node:
        terms = self.terms.get(node.id, ())
        # A sum that swallowed others names its terms anew.
        formula = self._sum(terms) if any(edge.parent != node.id for edge in terms) else node.formula
        return replace(node, id=ids[node.id], formula=formula, operands=tuple(ids[edge.child] for edge in edges))

    def _sum(self, terms: Sequence[Edge]) -> str:
        names = [self.nodes[edge.child].name for edge in terms]
        return " + ".join(names if len(names) <= NAMED else [names[0], "...", names[-1]])

    def _moved(self, message: Message, edge: Edge, parent: int) -> Message:
        """The message along its new edge. What a sum sends to its terms is what arrives at it."""
        names = {f"d_{self.nodes[message.edge.parent].name}": f"d_{self.nodes[parent].name}"}
        return replace(message, edge=edge, local=renamed(message.local, names))


def _edges_to(node: Node) -> list[Edge]:
    return [Edge(child, node.id, slot) for slot, child in enumerate(node.operands)]


def _is_sum(node: Node) -> bool:
    """Whether it adds two nodes; ``t1 + 1`` has only one."""
    return node.operation == "add" and len(node.operands) == 2


def _kinds(nodes: Sequence[Node]) -> list[int]:
    """A number for each node, the same where all that leads to it is the same but for the data."""
    numbers: dict[object, int] = {}
    kinds: list[int] = []
    for node in nodes:
        slots = {nodes[child].name: f"_{slot}" for slot, child in reversed(list(enumerate(node.operands)))}
        formula = renamed(node.formula, slots) if node.operands else ""
        kind = (node.kind, node.operation, formula, node.shape, tuple(kinds[child] for child in node.operands))
        kinds.append(numbers.setdefault(kind, len(numbers)))
    return kinds
