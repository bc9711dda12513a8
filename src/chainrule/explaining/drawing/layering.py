"""The columns of a layered drawing: nodes in the even ones, the labels of edges in the odd ones between them.

An edge becomes a chain of items, one in each column from its child to its parent: one of them is its label and
the others are points that it passes. So an edge never has to leave the free space between two columns,
but through an item of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.explaining.record import Edge, Node, Record

__all__ = ["Columns", "columns_of", "ranks_of"]

MOST_WITH_INPUTS_FIRST = 40  # above, inputs stand beside their first users and no longer all in the first column


@dataclass(frozen=True, eq=False)
class Columns:
    """Items, numbered from 0: the nodes (by their ids), then the labels in the order of the edges, then the points.

    Args:
        columns: the items of each column.
        before, after: of each item, the items of the column before and after that it is connected with.
        labels: the label of each edge.
        chains: of each edge, its items from child to parent.
        nodes: how many of the items are nodes.
    """

    columns: list[list[int]]
    before: list[list[int]]
    after: list[list[int]]
    labels: dict[Edge, int]
    chains: dict[Edge, list[int]]
    nodes: int

    def is_point(self, item: int) -> bool:
        """Whether an edge only passes here."""
        return item >= self.nodes + len(self.labels)


def ranks_of(record: Record, late: Collection[int] = ()) -> list[int]:
    """Of each node, the length of the longest path to it from an input; inputs that are ``late`` stand at 1."""
    ranks: list[int] = []
    for node in record.nodes:
        ranks.append(1 + max((ranks[child] for child in node.operands), default=0 if node.id in late else -1))
    if len(record.nodes) > MOST_WITH_INPUTS_FIRST:
        _pull_sources(record.nodes, ranks)
    return ranks


def _pull_sources(nodes: Sequence[Node], ranks: list[int]) -> None:
    """Move what has no operands beside its first user."""
    first_use: dict[int, int] = {}
    for node in nodes:
        for child in node.operands:
            first_use[child] = min(first_use.get(child, ranks[node.id]), ranks[node.id])
    for node in nodes:
        if not node.operands and node.id in first_use:
            ranks[node.id] = first_use[node.id] - 1


def columns_of(record: Record, late: Collection[int] = ()) -> Columns:
    """The record's nodes and edges as items in columns, in the record's order; ``late`` inputs a column further on."""
    ranks = ranks_of(record, late)
    nodes, edges = len(record.nodes), record.edges
    columns: list[list[int]] = [[] for _ in range(2 * max(ranks, default=0) + 1)]
    for node, rank in enumerate(ranks):
        columns[2 * rank].append(node)
    label_columns = _label_columns(edges, ranks, len(columns))
    labels = {edge: nodes + index for index, edge in enumerate(edges)}
    chains, count = {}, nodes + len(edges)
    for edge in edges:
        chain = [edge.child]
        for column in range(2 * ranks[edge.child] + 1, 2 * ranks[edge.parent]):
            is_label = column == label_columns[edge]
            chain.append(labels[edge] if is_label else count)
            count += not is_label
            columns[column].append(chain[-1])
        chains[edge] = [*chain, edge.parent]
    return Columns(columns, *_neighbours(chains, count), labels, chains, nodes)


def _label_columns(edges: Sequence[Edge], ranks: list[int], count: int) -> dict[Edge, int]:
    """The column of each edge's label. Where an edge passes several, its label goes to the emptiest of them."""
    chosen: dict[Edge, int] = {}
    load = [0] * count
    for edge in sorted(edges, key=lambda edge: ranks[edge.parent] - ranks[edge.child]):
        possible = range(2 * ranks[edge.child] + 1, 2 * ranks[edge.parent], 2)
        chosen[edge] = min(possible, key=lambda column: load[column])
        load[chosen[edge]] += 1
    return chosen


def _neighbours(chains: dict[Edge, list[int]], count: int) -> tuple[list[list[int]], list[list[int]]]:
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for chain in chains.values():
        for left, right in pairwise(chain):
            after[left].append(right)
            before[right].append(left)
    return before, after
