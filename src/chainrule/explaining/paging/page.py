"""An explanation as one HTML file: the graph with a step bar, the tables, a quiz; and the sheet to fill in.

All that is ever seen stands in the page from the start, each thing with the step from which on it is known
(``data-at``) and the steps that are about it (``data-now``). The script only hides what is not known yet, so the page
is complete without it, and in print.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.explaining.drawing.layout import LABEL, NODE, Layout, Path, Size, arrange
from chainrule.explaining.paging.page_parts import factor, heat, is_formula, minus, number, path_data, plain, safe
from chainrule.explaining.printing import formulas
from chainrule.explaining.record import Check, Edge, Message, Node, Record, Step, Value
from chainrule.showing.page import render

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["page"]

ARRAY_NODE: Size = (258.0, 168.0)
WIDEST_LABEL = 420.0
MOST_DETAILED = 250  # nodes; with more of them, heat maps and the steps in words are left out
MOST_AT_ONCE = 40  # nodes; with more of them, groups are shown first
PAPER_UPRIGHT, PAPER_ACROSS = 700, 960  # CSS pixels between the margins of A4 and of Letter


def page(record: Record, *, blank: bool = False, texts: Mapping[str, str] | None = None) -> str:
    """The page as text; the same record always gives the same page.

    Args:
        record: what is explained.
        blank: the exercise sheet instead: the graph without messages, tables without values, lines to write on.
        texts: other forms of the same explanation by label, ``"LaTeX"``: each gets a button that shows it.
    """
    script = _file("explain.js")
    text = render(
        "chainrule.explaining.paging",
        "explain.html",
        [],
        view=_View(record, blank),
        record=record,
        blank=blank,
        texts=dict(texts or {}),
        style=safe(_file("explain.css")),
        script=safe(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    # The template's indentation, some kilobytes of it, and line ends where blocks begin or end anyway.
    text = re.sub(r"\n\s+<", "\n<", text)
    return re.sub(r">\n<(/?(?:div|tr|td|th|tbody|thead|path|section)\b)", r"><\1", text)


def _file(name: str) -> str:
    text = (files("chainrule.explaining.paging") / "templates" / name).read_text(encoding="utf-8")
    # Without indentation and comments, which are for the authors.
    return re.sub(r"\n//[^\n]*", "", re.sub(r"\n\s+", "\n", text.replace("\r\n", "\n")))


class _View:
    """What the template asks for. Remembers at which step each thing becomes known."""

    def __init__(self, record: Record, blank: bool) -> None:
        self.record, self.blank = record, blank
        self.last = max((step.number for step in record.steps), default=0)
        self.is_detailed = len(record.nodes) <= MOST_DETAILED
        self._value_at = {step.node: step.number for step in record.steps if step.kind == "forward"}
        self._gradient_at = {step.node: step.number for step in record.steps if step.kind in ("seed", "sum")}
        self._message_at = {step.message: step.number for step in record.steps if step.kind == "message"}
        self._number = {id(message): number for number, message in enumerate(record.messages)}
        self._by_edge = {message.edge: message for message in record.messages}
        self._users: dict[int, list[Node]] = {node.id: [] for node in record.nodes}
        for node in record.nodes:
            for operand in dict.fromkeys(node.operands):
                self._users[operand].append(node)

    # -- steps -----------------------------------------------------------------------------------------

    def value_at(self, node: Node) -> int:
        """The step that computes the node; 0 for what is given."""
        return self._value_at.get(node.id, 0)

    def gradient_at(self, node: Node) -> int:
        """The step that adds up the node's messages."""
        return self._gradient_at.get(node.id, self.last)

    def message_at(self, message: Message) -> int:
        """The step that sends the message."""
        return self._message_at.get(self._number[id(message)], self.last)

    def steps_of(self, node: Node) -> str:
        """The steps that are about the node, as the script reads them."""
        about = (step for step in self.record.steps if step.node == node.id and step.kind != "message")
        return " ".join(str(step.number) for step in about)

    @cached_property
    def places(self) -> Mapping[int, str]:
        """Of each step, where it stands in its direction: ``"backward 14 / 17"``."""
        ahead = [step for step in self.record.steps if step.kind == "forward"]
        back = [step for step in self.record.steps if step.kind != "forward"]
        ways = (("forward", ahead), ("backward", back))
        return {s.number: f"{way} {place} / {len(steps)}" for way, steps in ways for place, s in enumerate(steps, 1)}

    @property
    def data(self) -> Markup:
        """What the script needs to know of the steps."""
        steps = [self._step_data(step) for step in self.record.steps]
        text = json.dumps({"name": self.record.name, "steps": steps}, separators=(",", ":"), allow_nan=False)
        for sign in "<>&":
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        return safe(text)

    def _step_data(self, step: Step) -> dict[str, Any]:
        data: dict[str, Any] = {"place": self.places[step.number], "words": self.words(step)}
        message = self.message_of(step)
        if (
            message
            and message.factor is not None
            and np.isfinite(np.asarray([message.product, message.upstream])).all()
        ):
            data |= {"answer": message.product, "upstream": message.upstream, "factor": message.factor}
            data |= {"to": self.name(message.edge.child), "from": self.name(message.edge.parent)}
        return data

    def message_of(self, step: Step) -> Message | None:
        """What a message step sends."""
        return None if step.message is None else self.record.messages[step.message]

    def words(self, step: Step) -> str:
        """The step in words, to be read out."""
        node, message = self.record.nodes[step.node], self.message_of(step)
        if step.kind == "forward":
            return f"{node.name} = {formulas.to_text(node.formula)} = {formulas.shown(node.value)}"
        if step.kind == "seed":
            return f"Backwards from here. The derivative of {node.name} by itself is 1"
        if message is None:
            return f"The gradient of {node.name} is {self.sum_text(node)}"
        sent = f"{self.name(message.edge.parent)} sends {formulas.shown(message.product)} to {node.name}"
        return sent if message.is_array else f"{sent}: {self.product_text(message)}"

    def product_text(self, message: Message) -> str:
        """``"1.099 times -1.359"``."""
        return f"{formulas.shown(message.upstream)} times {formulas.shown(_known(message.factor))}"

    def sum_text(self, node: Node) -> str:
        """``"-0.5279 + 0.6407 = 0.1128"``; of one message or of arrays, the result."""
        messages, total = self.record.messages_to[node.id], formulas.shown(_known(node.gradient))
        parts = [formulas.in_product(message.product) for message in messages]
        return f"{' + '.join(parts)} = {total}" if len(parts) > 1 and not node.shape else total

    # -- formulas ----------------------------------------------------------------------------------------

    def name(self, node: int) -> str:
        """A node's name."""
        return self.record.nodes[node].name

    def math(self, formula: str, display: bool = False) -> Markup:
        """A formula of Python text."""
        return safe(formulas.math(formulas.to_mathml(formula), display))

    def named(self, node: Node) -> Markup:
        """A node's name as in a formula."""
        return safe(formulas.math(formulas.name_mathml(node.name)))

    def equation(self, node: Node, display: bool = False) -> Markup:
        """``t3 = t1 / t2``; of what is given, the name."""
        inner = formulas.name_mathml(node.name)
        if node.kind == "operation":
            inner += f"<mo>=</mo>{formulas.to_mathml(node.formula)}"
        return safe(formulas.math(f"<mrow>{inner}</mrow>", display))

    def headline(self) -> Markup | None:
        """The explained formula; None where the subject is no formula but has a name."""
        text, names = self.record.subject, {node.name for node in self.record.nodes if node.kind != "operation"}
        called = re.findall(r"[^\W\d]\w*(?!\w|\s*\()", text)
        if not names.intersection(called) or not is_formula(text):
            return None
        name, formula = formulas.name_mathml(self.record.name), formulas.to_mathml(text)
        return safe(formulas.math(f"<mrow>{name}<mo>=</mo>{formula}</mrow>", display=True))

    def partial(self, node: Node) -> Markup:
        """The derivative of the result with respect to a node."""
        return safe(formulas.math(self._partial(node.id)))

    def _partial(self, node: int) -> str:
        return formulas.partial_mathml(self.record.name, self.name(node))

    def _local(self, edge: Edge) -> str:
        return formulas.partial_mathml(self.name(edge.parent), self.name(edge.child))

    def _product(self, message: Message) -> str:
        if message.is_array:
            return formulas.to_mathml(message.local)
        return f"<mrow>{self._partial(message.edge.parent)}{self._local(message.edge)}</mrow>"

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
        return safe(formulas.math(f"<mrow>{inner}</mrow>", display=True))

    def step_line(self, step: Step) -> Markup:
        """A backward step as an equation in symbols."""
        own, message = self._partial(step.node), self.message_of(step)
        if message is not None and message.is_array:
            return safe(formulas.math(self._product(message), display=True))
        if message is not None:
            local = f"<mrow>{self._local(message.edge)}<mo>=</mo>{formulas.to_mathml(message.local)}</mrow>"
            between = '<mspace width="1em"/><mtext>with</mtext><mspace width="1em"/>'
            return safe(formulas.math(f"<mrow>{self._product(message)}{between}{local}</mrow>", display=True))
        terms = "<mo>+</mo>".join(self._product(each) for each in self.record.messages_to[step.node])
        return safe(formulas.math(f"<mrow>{own}<mo>=</mo>{terms or '<mn>1</mn>'}</mrow>", display=True))

    def sum_line(self, node: Node) -> Markup:
        """The sum in numbers."""
        parts = [factor(message.product) for message in self.record.messages_to[node.id]]
        if node.shape or len(parts) < 2:
            return number(_known(node.gradient))
        return safe(f"{' + '.join(parts)} = {number(_known(node.gradient))}")

    def shown(self, value: Value) -> str:
        """A value in plain text."""
        return formulas.shown(value)

    def number(self, value: Value) -> Markup:
        """A value for people."""
        return number(value)

    # -- the graph ---------------------------------------------------------------------------------------

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
        numbers = plain(self.product_line(message) + number(message.product))
        widest = max(8 * len(numbers), 8.5 * len(message.local) if message.is_array else 0) + 22
        return max(LABEL[0], min(round(widest), WIDEST_LABEL)), LABEL[1]

    def message_on(self, edge: Edge) -> Message | None:
        """What is sent along the edge."""
        return self._by_edge.get(edge)

    def path(self, path: Path) -> str:
        """The ``d`` of an SVG path."""
        return path_data(path)

    @property
    def has_arrays(self) -> bool:
        """Whether any value is an array."""
        return any(node.shape for node in self.record.nodes)

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

    def nudged(self, node: Node) -> Markup | None:
        """By how much the result changes when the node grows by 0.001; None for arrays."""
        gradient = node.gradient
        return None if node.shape or gradient is None else number(float(gradient) * 0.001, 3)

    def code(self, node: Node) -> str:
        """The piece of the user's code."""
        return self.record.subject[slice(*node.span)] if node.span else node.source

    def heat(self, value: Value | None) -> Markup:
        """An array's heat map, also of its averages; empty for a number."""
        if value is None or np.ndim(value) == 0 or np.size(value) == 0 or not self.is_detailed:
            return safe("")
        return heat(np.asarray(value, dtype=float))

    # -- tables ------------------------------------------------------------------------------------------

    @property
    def sums(self) -> list[Node]:
        """The nodes with a gradient, in the order of the sums."""
        return [self.record.nodes[step.node] for step in self.record.steps if step.kind in ("seed", "sum")]

    @property
    def checks(self) -> list[Check]:
        """The checks in the order in which the gradients become known."""
        return sorted(self.record.checks, key=lambda check: self.gradient_at(self.record.nodes[check.node]))

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

    @cached_property
    def notes(self) -> list[str]:
        """What a reader should know beside the record's own notes."""
        notes = []
        if self.has_arrays and self.record.checks and not self.blank:
            notes.append("To check an array, all its entries are moved at once, each up or down.")
        if any(node.operation == "log" for node in self.record.nodes):
            notes.append("log is the natural logarithm.")
        if not self.is_detailed:
            notes.append(f"More than {MOST_DETAILED} nodes: heat maps and the steps in words are left out.")
        return notes

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


def _known(value: Any) -> Any:
    assert value is not None, "a message or a sum that is shown has a number"
    return value
