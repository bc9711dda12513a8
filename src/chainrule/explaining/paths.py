"""Why a gradient is small or large: the path that carries most of it, and the factors along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.explaining.record import Message, Record

__all__ = ["Path", "strongest_path"]


@dataclass(frozen=True, eq=False)
class Path:
    """A way from the result to an input.

    Args:
        record: which it is a part of.
        messages: from the result on.
        factors: what each multiplies by; of arrays, how much longer the message is than the gradient above.
        share: of all that arrives at the input, as far as lengths can tell.
    """

    record: Record
    messages: tuple[Message, ...]
    factors: tuple[float, ...]
    share: float

    @property
    def weakest(self) -> int:
        """The place of the factor with the least size."""
        return int(np.argmin(np.abs(self.factors)))

    @property
    def strongest(self) -> int:
        """The place of the factor with the greatest size."""
        return int(np.argmax(np.abs(self.factors)))

    def __str__(self) -> str:
        nodes = self.record.nodes
        result, goal = nodes[self.record.output], nodes[self.messages[-1].edge.child]
        lines = [f"d{result.name}/d{goal.name} along its strongest path ({self.share:.0%} of what arrives):"]
        for place, (message, factor) in enumerate(zip(self.messages, self.factors, strict=True)):
            parent, child = nodes[message.edge.parent], nodes[message.edge.child]
            remark = self._remark(place)
            lines.append(f"  {parent.name} -> {child.name}   {message.local}   x {factor:.4g}{remark}")
        return "\n".join(lines)

    def _remark(self, place: int) -> str:
        size = abs(self.factors[place])
        if place == self.weakest and size < 0.5:
            return "   <- makes it small"
        return "   <- makes it large" if place == self.strongest and size > 2 else ""


def strongest_path(record: Record, name: str) -> Path:
    """From an input (or any node) to the result, always along the largest message that arrived.

    Raises:
        ValueError: there is no such node, or no gradient arrives at it.
    """
    by_name = {node.name: node for node in record.nodes}
    if name not in by_name:
        raise ValueError(f"no node {name!r}; there are {', '.join(by_name)}")
    place, messages = by_name[name].id, []
    arrived = record.messages_to
    if not arrived[place]:
        raise ValueError(
            f"no gradient arrives at {name}: the result does not depend on it in a way that has a derivative"
        )
    total = sum(_length(message.product) for message in arrived[place])
    largest = max(_length(message.product) for message in arrived[place])
    while place != record.output:
        message = max(arrived[place], key=lambda one: _length(one.product))
        messages.append(message)
        place = message.edge.parent
    messages.reverse()
    factors = tuple(_factor(message) for message in messages)
    return Path(record, tuple(messages), factors, largest / total if total else 0.0)


def _factor(message: Message) -> float:
    if message.factor is not None:
        return message.factor
    above = _length(message.upstream)
    return _length(message.product) / above if above else 0.0


def _length(value: Any) -> float:
    return float(np.linalg.norm(np.asarray(value, dtype=float)))
