"""When each thing on the page becomes known, and each step in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.explaining.paging.page_parts import safe
from chainrule.explaining.printing import formulas
from chainrule.explaining.record import Message, Node, Record, Step

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Steps"]


class Steps:
    """The record's steps, as the template and the script ask for them."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.last = max((step.number for step in record.steps), default=0)
        self._value_at = {step.node: step.number for step in record.steps if step.kind == "forward"}
        self._gradient_at = {step.node: step.number for step in record.steps if step.kind in ("seed", "sum")}
        self._message_at = {step.message: step.number for step in record.steps if step.kind == "message"}
        self._place = {id(message): place for place, message in enumerate(record.messages)}

    def value_at(self, node: Node) -> int:
        """The step that computes the node; 0 for what is given."""
        return self._value_at.get(node.id, 0)

    def gradient_at(self, node: Node) -> int:
        """The step that adds up the node's messages."""
        return self._gradient_at.get(node.id, self.last)

    def message_at(self, message: Message) -> int:
        """The step that sends the message."""
        return self._message_at.get(self._place[id(message)], self.last)

    def steps_of(self, node: Node) -> str:
        """The steps that are about the node, as the script reads them."""
        about = (step for step in self.record.steps if step.node == node.id and step.kind != "message")
        return " ".join(str(step.number) for step in about)

    def message_of(self, step: Step) -> Message | None:
        """What a message step sends."""
        return None if step.message is None else self.record.messages[step.message]

    @property
    def data(self) -> Markup:
        """What the script needs to know of the steps."""
        steps = [self._step_data(step) for step in self.record.steps]
        forward = sum(step.kind == "forward" for step in self.record.steps)
        text = json.dumps({"forward": forward, "steps": steps}, separators=(",", ":"), allow_nan=False)
        for sign in "<>&":
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        return safe(text)

    def _step_data(self, step: Step) -> dict[str, Any]:
        data: dict[str, Any] = {"words": self.words(step)}
        message = self.message_of(step)
        if (
            message
            and message.factor is not None
            and np.isfinite(np.asarray([message.product, message.upstream])).all()
        ):
            data |= {"answer": message.product, "upstream": message.upstream, "factor": message.factor}
            data |= {"to": self._name(message.edge.child), "from": self._name(message.edge.parent)}
        return data

    def words(self, step: Step) -> str:
        """The step in words, to be read out."""
        node, message = self.record.nodes[step.node], self.message_of(step)
        if step.kind == "forward":
            return f"{node.name} = {formulas.to_text(node.formula)} = {formulas.shown(node.value)}"
        if step.kind == "seed":
            return f"Backwards from here. The derivative of {node.name} by itself is 1"
        if message is None:
            return f"The gradient of {node.name} is {self.sum_text(node)}"
        sent = f"{self._name(message.edge.parent)} sends {formulas.shown(message.product)} to {node.name}"
        return sent if message.is_array else f"{sent}: {self.product_text(message)}"

    def product_text(self, message: Message) -> str:
        """``"1.099 times -1.359"``."""
        return f"{formulas.shown(message.upstream)} times {formulas.shown(message.factor or 0.0)}"

    def sum_text(self, node: Node) -> str:
        """``"-0.5279 + 0.6407 = 0.1128"``; of one message or of arrays, the result."""
        messages = self.record.messages_to[node.id]
        total = "" if node.gradient is None else formulas.shown(node.gradient)
        parts = [formulas.in_product(message.product) for message in messages]
        return f"{' + '.join(parts)} = {total}" if len(parts) > 1 and not node.shape else total

    def _name(self, node: int) -> str:
        return self.record.nodes[node].name
