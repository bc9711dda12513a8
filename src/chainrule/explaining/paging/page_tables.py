"""The page's tables: sums, checks, what a node's tooltip says, notes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from chainrule.explaining.paging.page_graph import MOST_DETAILED
from chainrule.explaining.paging.page_parts import minus, number, safe
from chainrule.explaining.paging.page_steps import Steps
from chainrule.explaining.printing import formulas
from chainrule.explaining.record import Check, Node, Record

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Tables"]


class Tables:
    """The rows of the tables, and what stands in their cells."""

    def __init__(self, record: Record, steps: Steps, blank: bool) -> None:
        self.record, self.steps, self.blank = record, steps, blank

    @property
    def sums(self) -> list[Node]:
        """The nodes with a gradient, in the order of the sums."""
        return [self.record.nodes[step.node] for step in self.record.steps if step.kind in ("seed", "sum")]

    @property
    def checks(self) -> list[Check]:
        """The checks in the order in which the gradients become known."""
        return sorted(self.record.checks, key=lambda check: self.steps.gradient_at(self.record.nodes[check.node]))

    def span(self, rows: int) -> Markup:
        """The attribute of a cell beside so many rows."""
        return safe(f' rowspan="{rows}"' if rows > 1 else "")

    def check_line(self, check: Check) -> str:
        """``(2.111671002 - 2.111648444) / 0.0002 = 0.1128``."""
        below = f"{check.below:.10g}"
        below = f"({below})" if below.startswith("-") else below
        difference = formulas.shown(check.difference)
        return minus(f"({check.above:.10g} - {below}) / {2 * check.step:.4g} = {difference}")

    def move(self, check: Check) -> str:
        """By how much the check moves the node."""
        return minus(f"±{check.step:.4g}")

    def nudged(self, node: Node) -> Markup | None:
        """By how much the result changes when the node grows by 0.001; None for arrays."""
        gradient = node.gradient
        return None if node.shape or gradient is None else number(float(gradient) * 0.001, 3)

    def code(self, node: Node) -> str:
        """The piece of the user's code."""
        return self.record.subject[slice(*node.span)] if node.span else node.source

    @cached_property
    def notes(self) -> list[str]:
        """What a reader should know beside the record's own notes."""
        notes = []
        if any(node.shape for node in self.record.nodes) and self.record.checks and not self.blank:
            notes.append("To check an array, all its entries are moved at once, each up or down.")
        if any(node.operation == "log" for node in self.record.nodes):
            notes.append("log is the natural logarithm.")
        if len(self.record.nodes) > MOST_DETAILED:
            notes.append(f"More than {MOST_DETAILED} nodes: heat maps and the steps in words are left out.")
        return notes
