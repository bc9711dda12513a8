"""Single operations of an expression, and computing one: what has no value is refused before NumPy gives nan for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.explaining.expressions.scanning import ExpressionError, canonical
from chainrule.tracing import group
from chainrule.tracing.tracer import Tracer

__all__ = ["Operand", "Operation", "computed"]

_NEEDS: dict[Callable[..., Any], tuple[Callable[[float], bool], str]] = {
    np.log: (lambda x: x > 0, "a positive number"),
    np.sqrt: (lambda x: x >= 0, "a number that is 0 or more"),
    np.arcsin: (lambda x: -1 <= x <= 1, "a number between -1 and 1"),
    np.arccos: (lambda x: -1 <= x <= 1, "a number between -1 and 1"),
}


@dataclass(frozen=True, slots=True)
class Operand:
    """What an operation uses: a number, a variable, or the result of the operation at a ``place`` in the list.

    ``text`` is what a message calls it.
    """

    text: str
    number: int | float | None = None
    name: str | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: ``function(*operands)``.

    Args:
        sign: how it is written, ``"+"`` or ``"log"``.
        function: NumPy's.
        operands: in order.
        span: the columns of the smallest piece of text that computes it.
        text: that piece; inside of a sum, with the place in the sum.
    """

    sign: str
    function: Callable[..., Any]
    operands: tuple[Operand, ...]
    span: tuple[int, int]
    text: str


def computed(operation: Operation, values: Sequence[Any], text: str) -> Any:
    """The result of an operation; in a trace, recorded in the group ``"@start:end"`` of its piece of the text.

    Args:
        operation: which.
        values: of its operands, float64 numbers, tracers, and ints and floats for numbers of the text.
        text: of the whole expression, for errors.

    Raises:
        ExpressionError: the operation has no value there, or one that is too large; names the piece.
    """
    plain = [*map(_plain, values)]
    problem = _problem(operation.function, operation.sign, plain)
    with np.errstate(all="ignore"):
        # First on plain numbers, so that what is refused is not recorded.
        outcome = math.nan if problem else float(operation.function(*map(np.float64, plain)))
        if not math.isfinite(outcome):
            problem = problem or f"{operation.sign} gives more than the largest number, 1.8e308"
            raise _refusal(operation, plain, problem, text)
        if set(map(type, values)) <= {int, float}:
            return canonical(outcome)
        with group(f"@{operation.span[0]}:{operation.span[1]}"):
            return operation.function(*values)


def _plain(_value: Any) -> float:
    """The number itself. Traced values go by the names of local variables, except those with an underscore."""
    return float(_value.value if isinstance(_value, Tracer) else _value)


def _problem(function: Callable[..., Any], sign: str, values: Sequence[float]) -> str:
    """Why the function has no value there; nothing if it has one."""
    fits, needed = _NEEDS.get(function, (None, ""))
    if fits and not fits(values[0]):
        return f"{sign} needs {needed}"
    if function is np.divide and values[1] == 0:
        return "nothing can be divided by 0"
    if function is np.power and values[0] == 0 and values[1] < 0:
        return "0 has no negative powers"
    if function is np.power and values[0] < 0 and not values[1].is_integer():
        return "a negative number has whole powers only"
    return ""


def _refusal(operation: Operation, values: Sequence[float], problem: str, text: str) -> ExpressionError:
    known = [
        f"{operand.text} is {value:.12g}"
        for operand, value in zip(operation.operands, values, strict=True)
        if operand.number is None and operand.text != operation.text
    ]
    reason = f"{' and '.join(dict.fromkeys(known))}, and {problem}" if known else problem
    return ExpressionError(f"{operation.text}: {reason}. Choose other values.", text, operation.span[0])
