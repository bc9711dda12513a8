"""The page's formulas in MathML, and their numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chainrule.explaining.paging.page_parts import factor, is_formula, number, safe
from chainrule.explaining.printing import formulas
from chainrule.explaining.printing.wording import in_python
from chainrule.explaining.record import Edge, Message, Node, Record, Step

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Formulas"]


class Formulas:
    """What is written of a record's nodes and messages."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def named(self, node: Node) -> Markup:
        """A node's name as in a formula."""
        return safe(formulas.math(formulas.name_mathml(node.name)))

    def equation(self, node: Node, display: bool = False) -> Markup:
        """``t3 = t1 / t2``; of what is given, the name."""
        inner = formulas.name_mathml(node.name)
        if node.kind == "operation":
            inner += f"<mo>=</mo>{formulas.to_mathml(node.formula)}"
        return safe(formulas.math(inner, display))

    def headline(self) -> Markup | None:
        """The explained formula; None where the subject is no formula but has a name."""
        text, names = (
            in_python(self.record.subject),
            {node.name for node in self.record.nodes if node.kind != "operation"},
        )
        called = re.findall(r"[^\W\d]\w*(?!\w|\s*\()", text)
        if not names.intersection(called) or not is_formula(text):
            return None
        name, formula = formulas.name_mathml(self.record.name), formulas.to_mathml(text)
        return safe(formulas.math(f"{name}<mo>=</mo>{formula}", display=True))

    def partial(self, node: Node) -> Markup:
        """The derivative of the result with respect to a node."""
        return safe(formulas.math(self._partial(node.id)))

    def _partial(self, node: int) -> str:
        return formulas.partial_mathml(self.record.name, self._name(node))

    def _local(self, edge: Edge) -> str:
        return formulas.partial_mathml(self._name(edge.parent), self._name(edge.child))

    def _product(self, message: Message) -> str:
        if message.is_array:
            return formulas.to_mathml(message.local)
        return self._partial(message.edge.parent) + self._local(message.edge)

    def product(self, message: Message) -> Markup:
        """The message in symbols: two partial derivatives, or the array rule."""
        return safe(formulas.math(self._product(message)))

    def product_line(self, message: Message) -> Markup:
        """``1.099 × (-1.359) =``; the array's rule needs none."""
        if message.factor is None:
            return safe("")
        return safe(f"{number(message.upstream)} × {factor(message.factor)} = ")  # noqa: RUF001 a times sign

    def forward_line(self, node: Node) -> Markup:
        """The operation with numbers in the place of names, and its value."""
        operands = [self.record.nodes[operand] for operand in node.operands]
        if node.shape or not operands or any(operand.shape for operand in operands):
            return safe("")
        filled = node.formula
        for operand in {operand.name: operand for operand in operands}.values():
            number = formulas.in_product(operand.value)
            filled = re.sub(rf"(?<![\w.]){re.escape(operand.name)}(?![\w(])", lambda _, text=number: text, filled)  # type: ignore[misc]
        inner = f"<mo>=</mo>{formulas.to_mathml(filled)}<mo>=</mo>{formulas.shown_mathml(node.value)}"
        return safe(formulas.math(inner, display=True))

    def step_line(self, step: Step) -> Markup:
        """A backward step as an equation in symbols."""
        own = self._partial(step.node)
        message = None if step.message is None else self.record.messages[step.message]
        if message is not None and message.is_array:
            return safe(formulas.math(self._product(message), display=True))
        if message is not None:
            local = f"{self._local(message.edge)}<mo>=</mo>{formulas.to_mathml(message.local)}"
            between = "<mtext>\u2003with\u2003</mtext>"
            return safe(formulas.math(f"{self._product(message)}{between}{local}", display=True))
        terms = "<mo>+</mo>".join(self._product(each) for each in self.record.messages_to[step.node])
        return safe(formulas.math(f"{own}<mo>=</mo>{terms or '<mn>1</mn>'}", display=True))

    def sum_line(self, node: Node) -> Markup:
        """The sum in numbers."""
        parts = [factor(message.product) for message in self.record.messages_to[node.id]]
        total = safe("") if node.gradient is None else number(node.gradient)
        return total if node.shape or len(parts) < 2 else safe(f"{' + '.join(parts)} = {total}")

    def _name(self, node: int) -> str:
        return self.record.nodes[node].name
