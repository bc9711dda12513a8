"""An expression as text becomes a function that can be traced. The text is parsed, never run."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from typing import Any

import numpy as np

from chainrule.data.wording import nearest
from chainrule.explaining.expressions.operations import Operand, computed
from chainrule.explaining.expressions.scanning import ExpressionError, parse_tree, scan
from chainrule.explaining.expressions.unrolling import KNOWN, Unrolled, unroll
from chainrule.tracing import named
from chainrule.tracing.tracer import Tracer

__all__ = ["Expression", "ExpressionError", "parse"]

_MANY = 8  # names in a message


@dataclass(frozen=True, eq=False)
class Expression:
    """A formula that can be computed and traced.

    Args:
        text: as given, without the white space around it; columns count in it, from 0.
        name: of the result: ``"A"`` for ``"A = exp(a)"``, else ``"f"``, or another letter where f is a value.
        unrolled: its single operations.
    """

    text: str
    name: str
    unrolled: Unrolled = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The free variables, in order of first appearance."""
        return self.unrolled.names

    @property
    def operations(self) -> int:
        """How many operations it takes, with sums written out, and those that are written twice counted twice."""
        return len(self.unrolled.operations)

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The function of `names`, in that order, as float64 numbers or tracers.

        It calls one NumPy function for each operation. In a trace, the equation's ``origin.group`` is ``"@4:10"`` for
        the operation that is written in the columns 4 to 9 of the text. What numbers alone give is computed and not
        traced. It raises `ExpressionError` where an operation has no value, such as the logarithm of a negative number.
        """

        def function(*values: Any) -> Any:
            return self._result(values)

        function.__name__ = self.name
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in self.names]
        function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # gives inputs their names
        return function

    def _result(self, values: Sequence[Any]) -> Any:
        if len(values) != len(self.names):
            raise TypeError(f"{self.name} takes {len(self.names)} values, {_joined(self.names)}; got {len(values)}")
        given = dict(zip(self.names, map(_as_float64, values), strict=True))
        results: list[Any] = []
        for operation in self.unrolled.operations:
            operands = [_value(operand, given, results) for operand in operation.operands]
            results.append(computed(operation, operands, self.text))
        return named(_as_float64(_value(self.unrolled.result, given, results)), self.name)

    def bind(self, values: Mapping[str, Any]) -> tuple[np.float64, ...]:
        """The values of `names`, in their order.

        Args:
            values: a number for each name; a list or an array for ``x`` gives ``x1``, ``x2``, ... their values (from
                ``x0``, where the expression has one).

        Raises:
            ValueError: values are missing, unknown, not finite, or too few or too many for a row.
            TypeError: a value is no real number.
        """
        given: dict[str, np.float64] = {}
        for key, value in values.items():
            for name, number in self._spread(key, value).items():
                if name in given:
                    raise ValueError(f"{name} has two values, its own and one of a list. Leave one of them out.")
                given[name] = number
        missing = [name for name in self.names if name not in given]
        if missing:
            raise ValueError(self._asking_for(missing))
        return tuple(given[name] for name in self.names)

    def _spread(self, key: str, value: Any) -> dict[str, np.float64]:
        """The names that one given value is for, each with its own."""
        if key in self.names:
            return {key: _checked(key, value)}
        row = _row(key, self.names)
        if not row:
            raise ValueError(self._unknown(key))
        if not _is_list(value):
            example = _example(key, len(row))
            raise TypeError(f"{key} is {_shown(value)}; expected a list of {len(row)} numbers, such as {example}")
        if len(value) != len(row):
            raise ValueError(f"{key} has {len(value)} values; expected {len(row)}, for {_joined(row)}")
        return {name: _checked(name, entry) for name, entry in zip(row, value, strict=True) if name in self.names}

    def _unknown(self, key: str) -> str:
        if key == "pi":
            return "pi is the constant 3.14159... and takes no value. Leave it out, or rename the variable."
        known = f"its values are {_joined(self.names)}" if self.names else "it has no values"
        return f"{key!r} does not occur in {self.name}; {known}.{nearest(key, self.names)}"

    def _asking_for(self, missing: Sequence[str]) -> str:
        """One message for all missing values; a row of which all are missing is asked for as a list."""
        examples: dict[str, str] = {}
        for name in missing:
            base = self.unrolled.rows.get(name, "")
            row = _row(base, self.names) if base else []
            if row and {entry for entry in row if entry in self.names} <= set(missing):
                examples[base] = _example(base, len(row))
            else:
                examples[name] = f"{name}={self.names.index(name) + 1}"
        shown = list(examples.values())[:_MANY] + (["..."] if len(examples) > _MANY else [])
        return f"give values for {_joined(list(examples))}: explain(..., {', '.join(shown)})"


def parse(text: str) -> Expression:
    """Read an expression: ``"A = exp(a)/sqrt(b)*log(a+b)"``.

    It has numbers, names, parentheses, ``+ - * /``, ``^`` or ``**`` for powers, and the functions abs, arccos, arcsin,
    arctan, cos, cosh, exp, log (the natural one, also called ln), max, min, relu, sigmoid, sin, sinh, softplus, sqrt,
    square, tan and tanh. ``pi`` is the constant; every other name, ``e`` too, is a variable.

    ``sum((w*x[i] - y_i)^2 for i in 1..3)`` is written out: ``x[i]`` and ``x_i`` are the variables x1, x2 and x3, and
    the terms are added one after the other. ``range(1, 4)`` is ``1..3``.

    Three functions take several operations each: ``sigmoid(z)`` is ``1 / (1 + exp(-z))``, ``relu(z)`` is
    ``max(z, 0)``, and ``softplus(z)`` is ``log(1 + exp(z))``.

    >>> expression = parse("A = exp(a) / b")
    >>> expression.name, expression.names, expression.operations
    ('A', ('a', 'b'), 2)
    >>> float(expression.function(*expression.bind({"a": 0, "b": 4})))
    0.25

    Raises:
        ExpressionError: the text is no expression, or too long, too deep, or of more than 2,000 operations.
        TypeError: it is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is text, such as 'exp(a) / b'; got {type(text).__name__}")
    text = text.strip()
    tokens = scan(text)
    name = ""
    if len(tokens) > 1 and tokens[0].kind == "name" and tokens[1].kind == "=":
        name, column = tokens[0].python, tokens[0].start
        tokens = tokens[2:]
    unrolled = unroll(parse_tree(tokens, text), text)
    if name in (*KNOWN, "pi", *unrolled.names):
        meaning = "a value in it" if name in unrolled.names else "the constant" if name == "pi" else "a function"
        raise ExpressionError(f"{name} is {meaning}, and can't name the result too. Rename it.", text, column)
    return Expression(text, name or _default_name(unrolled.names), unrolled)


def _default_name(names: Sequence[str]) -> str:
    return next(name for name in chain("fgh", (f"f{number}" for number in count(1))) if name not in names)


def _value(operand: Operand, given: Mapping[str, Any], results: Sequence[Any]) -> Any:
    if operand.name is not None:
        return given[operand.name]
    return operand.number if operand.place is None else results[operand.place]


def _as_float64(value: Any) -> Any:
    return value if isinstance(value, Tracer) else np.float64(value)


# -- values -----------------------------------------------------------------------------------------------------------


def _checked(name: str, value: Any) -> np.float64:
    """A finite real number, or an error that names it."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {_shown(value)}; expected a real number, such as {name}=2")
    try:
        number = np.float64(float(value))
    except OverflowError:
        number = np.float64(math.inf)
    if not np.isfinite(number):
        raise ValueError(f"{name} is {_shown(value)}; expected a finite number, such as {name}=2")
    return number


def _is_list(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 1
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _shown(value: Any) -> str:
    """The value in an error, unless it is long."""
    if isinstance(value, int) and abs(value) > 1e15:
        return "a very large number"
    text = repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"of type {type(value).__name__}"


def _row(base: str, names: Sequence[str]) -> list[str]:
    """``["x1", "x2", "x3"]`` where ``names`` has x3; from x0, where it has that. Empty where it has none.

    Entries from the ten thousandth on are given by their own names: nobody writes the list for x[10^9].
    """
    ends = [name.removeprefix(base) for name in names if name.startswith(base)]
    indices = [int(end) for end in ends if len(end) <= 4 and end.isdecimal() and end == str(int(end))]
    if not indices:
        return []
    return [f"{base}{number}" for number in range(0 if 0 in indices else 1, max(indices) + 1)]


def _example(base: str, length: int) -> str:
    entries = [str(number) for number in range(1, min(length, 3) + 1)]
    return f"{base}=[{', '.join(entries + ['...'] * (length > 3))}]"


def _joined(names: Sequence[str]) -> str:
    """``"a, b and c"``; of many, the first ones."""
    if len(names) > _MANY:
        return f"{', '.join(names[:_MANY])} and {len(names) - _MANY} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
