"""Messages and sums as they are written: lines, terms, and numbers with few digits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.explaining.marking.mark_values import close

__all__ = ["BackwardLine", "agrees", "backward_line", "slack", "terms"]

_MESSAGE = re.compile(r"(\w+)\s*(?:->|→)\s*(\w+)\s*[:=]\s*(.+)")
_SUM = re.compile(r"d\s*(?:\w+\s*/\s*d\s*|\s)(\w+)\s*=\s*(.+)")
_DECIMALS = re.compile(r"-?\d*(?:\.(\d*))?(?:e-?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class BackwardLine:
    """A message ``parent -> child: text``, or, without a parent, a sum ``d child = text``."""

    number: int
    parent: str
    child: str
    text: str


def backward_line(number: int, text: str) -> BackwardLine | None:
    """The message or the sum that a line is; None for a definition.

    >>> backward_line(7, "t6 -> t3: t5")
    BackwardLine(number=7, parent='t6', child='t3', text='t5')
    >>> backward_line(8, "dA/db = 0.5 + 0.25").child, backward_line(9, "d b = 0.75").child
    ('b', 'b')
    """
    message = _MESSAGE.fullmatch(text)
    if message:
        return BackwardLine(number, message[1], message[2], message[3].strip())
    total = _SUM.fullmatch(text)
    return BackwardLine(number, "", total[1], total[2].strip()) if total else None


def terms(text: str) -> list[str]:
    """The terms of a sum as texts: ``["-0.5279", "0.6407"]``."""

    def split(node: ast.expr, sign: str) -> Iterator[str]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            yield from split(node.left, sign)
            flipped = sign if isinstance(node.op, ast.Add) else ("" if sign else "-")
            yield from split(node.right, flipped)
        else:
            inner = ast.unparse(node)
            yield f"-({inner})" if sign and not inner[0].isalnum() else sign + inner

    try:
        tree = ast.parse(text.replace("^", "**"), mode="eval")
    except SyntaxError:
        return [text]
    return list(split(tree.body, ""))


def slack(text: str) -> float:
    """How far a number may be off: half a unit of a decimal's last digit; 0 for anything else."""
    found = _DECIMALS.fullmatch(text.strip().replace(" ", "").strip("()"))
    if not found:
        return 0.0
    exponent = re.search(r"e(-?\d+)", found[0], re.IGNORECASE)
    return 0.6 * 10.0 ** (-len(found[1] or "") + int(exponent[1] if exponent else 0))


def agrees(text: str, actual: float, expected: float, rounding: float | None = None) -> bool:
    """Whether a number is right in the digits that are given, or a formula's value up to rounding."""
    if "." not in text:
        return close(actual, expected, 1e-5)
    # Two per cent at most: 1. is not 1.4.
    given = slack(text) if rounding is None else rounding
    return abs(actual - expected) <= min(given, 0.02 * max(1.0, abs(expected))) + 2e-4 * abs(expected)
