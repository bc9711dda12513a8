"""What the text form and the LaTeX form say alike: the order of the sums, which operand is meant, the notes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chainrule.explaining.record import Check, Message, Node, Record

__all__ = [
    "difference_of",
    "in_python",
    "input_checks",
    "is_one_of_many",
    "last_messages",
    "longest",
    "notes",
    "operand_of",
    "step_parts",
]

NATURAL = "log is the natural logarithm."
WITHOUT_DERIVATIVE = "Nothing depends on an input in a way that has a derivative, so no message is sent."


def notes(record: Record) -> list[str]:
    """What a reader should know; that the logarithm is natural is said once."""
    said = list(record.notes)
    has_logarithm = any(node.operation == "log" for node in record.nodes)
    if has_logarithm and not any("natural" in note for note in said):
        said.append(NATURAL)
    if not record.messages and record.operations:
        said.append(WITHOUT_DERIVATIVE)
    return said


def in_python(subject: str) -> str:
    """What is explained, in one line and in Python's signs: expressions have ``^`` and ``1..3``, too.

    >>> in_python("sum(x[i]^2 for i in 1..3)")
    'sum(x[i]**2 for i in 1 | 3)'
    """
    return " ".join(subject.split()).replace("^", "**").replace("..", " | ")


def last_messages(record: Record) -> dict[int, int]:
    """For each node that gets messages, the place of the last one: there its sum is complete."""
    return {message.edge.child: place for place, message in enumerate(record.messages)}


def operand_of(message: Message, record: Record) -> int | None:
    """Which operand is meant, from 1, where a parent uses the child more than once; None otherwise."""
    operands = record.nodes[message.edge.parent].operands
    return message.edge.slot + 1 if operands.count(message.edge.child) > 1 else None


def is_one_of_many(message: Message, record: Record) -> bool:
    """Whether the child gets other messages, too."""
    return len(record.messages_to[message.edge.child]) > 1


def input_checks(record: Record) -> list[tuple[Node, Check]]:
    """The checks of the inputs, in order."""
    found = [(record.nodes[check.node], check) for check in record.checks]
    return [(node, check) for node, check in found if node.kind == "input"]


def difference_of(check: Check) -> float:
    """The central difference; 0 where it is but the rounding of the two results."""
    rounding = 8 * sys.float_info.epsilon * max(abs(check.above), abs(check.below)) / check.step
    return 0.0 if abs(check.difference) <= rounding else check.difference


def step_parts(step: float) -> tuple[str, int]:
    """``1e-4`` as ``("1", -4)``: a few digits and the power of ten."""
    digits, exponent = f"{step:.3e}".split("e")
    return digits.rstrip("0").rstrip("."), int(exponent)


def longest(texts: Sequence[str]) -> int:
    """The length of the longest text; 0 if there is none."""
    return max(map(len, texts), default=0)
