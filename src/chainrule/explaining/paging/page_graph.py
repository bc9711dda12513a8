"""The page's graph: where everything stands, heat maps, layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from chainrule.explaining.drawing.layout import LABEL, NODE, Layout, Path, Size, arrange
from chainrule.explaining.paging.page_formulas import Formulas
from chainrule.explaining.paging.page_parts import heat, number, path_data, plain, safe
from chainrule.explaining.printing import formulas
from chainrule.explaining.record import Edge, Message, Node, Record, Value

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["MOST_DETAILED", "Graph"]

ARRAY_NODE: Size = (258.0, 168.0)
WIDEST_LABEL = 420.0
MOST_DETAILED = 250  # nodes; with more of them, heat maps and the steps in words are left out
MOST_AT_ONCE = 40  # nodes; with more of them, groups are shown first
PAPER_UPRIGHT, PAPER_ACROSS = 700, 960  # CSS pixels between the margins of A4 and of Letter


class Graph:
    """The drawing of a record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.is_detailed = len(record.nodes) <= MOST_DETAILED
        self.has_arrays = any(node.shape for node in record.nodes)
        self._by_edge = {message.edge: message for message in record.messages}
        self._users: dict[int, list[Node]] = {node.id: [] for node in record.nodes}
        for node in record.nodes:
            for operand in dict.fromkeys(node.operands):
                self._users[operand].append(node)

    @cached_property
    def layout(self) -> Layout:
        """Where everything stands."""
        return arrange(self.record, self._node_size, self._label_size)

    def _node_size(self, node: Node) -> Size:
        width = 8.0 * (len(node.formula) + len(node.name)) + 52 if node.kind == "operation" else 0.0
        if node.shape and self.is_detailed:
            return max(ARRAY_NODE[0], min(width, WIDEST_LABEL)), ARRAY_NODE[1]
        return max(NODE[0], min(width, WIDEST_LABEL)), NODE[1] + (18 if "/" in node.formula else 0)

    def _label_size(self, edge: Edge) -> Size:
        message = self._by_edge.get(edge)
        if message is None:
            return LABEL[0] / 2, LABEL[1] / 2
        numbers = plain(Formulas(self.record).product_line(message) + number(message.product))
        widest = max(8 * len(numbers), 8.5 * len(message.local) if message.is_array else 0) + 22
        return max(LABEL[0], min(round(widest), WIDEST_LABEL)), LABEL[1]

    def message_on(self, edge: Edge) -> Message | None:
        """What is sent along the edge."""
        return self._by_edge.get(edge)

    def path(self, path: Path) -> str:
        """The ``d`` of an SVG path."""
        return path_data(path)

    @property
    def is_wide(self) -> bool:
        """Whether it is printed across."""
        return self.layout.width > PAPER_UPRIGHT * 1.2

    @property
    def print_scale(self) -> float:
        """By how much the graph shrinks on paper."""
        return round(min(1.0, (PAPER_ACROSS if self.is_wide else PAPER_UPRIGHT) / self.layout.width), 3)

    def spoken(self, node: Node) -> str:
        """What a screen reader says of a node before its value."""
        formula = f" = {formulas.to_text(node.formula)}" if node.kind == "operation" else ""
        return f"{node.name}{formula}"

    def users(self, node: Node) -> Sequence[Node]:
        """The operations that use the node."""
        return self._users[node.id]

    def heat(self, value: Value | None) -> Markup:
        """An array's heat map, also of its averages; empty for a number."""
        if value is None or np.ndim(value) == 0 or np.size(value) == 0 or not self.is_detailed:
            return safe("")
        return heat(np.asarray(value, dtype=float))

    # -- groups ------------------------------------------------------------------------------------------

    @cached_property
    def groups(self) -> list[str]:
        """The groups in order, where there is more than one."""
        found = dict.fromkeys(node.group for node in self.record.operations if node.group)
        return list(found) if len(found) > 1 else []

    @property
    def is_folded(self) -> bool:
        """Whether the groups are shown first, and the graph of one of them when it is chosen."""
        return len(self.record.nodes) > MOST_AT_ONCE

    def group_of(self, node: Node) -> str:
        """The number of the node's group, as the script reads it; of what is given, that of its first user."""
        users = self._users[node.id]
        group = node.group or (users[0].group if users and node.kind != "operation" else "")
        return str(self.groups.index(group)) if group in self.groups else ""

    def in_group(self, group: str) -> int:
        """How many operations the group has."""
        return sum(node.group == group for node in self.record.operations)
