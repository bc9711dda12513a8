"""What made a value, read from recorded equations: the x of ``1 + x``, of ``x**2``, of a sum along axes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.tracing.program import Equation, Variable

__all__ = [
    "ADD",
    "DIVIDE",
    "EXP",
    "GETITEM",
    "MEAN",
    "NEGATIVE",
    "SUBTRACT",
    "SUM",
    "Makers",
    "Reduced",
    "is_number",
    "is_plain",
]

Functions = frozenset[Callable[..., Any]]

ADD: Functions = frozenset({np.add, operator.add})
SUBTRACT: Functions = frozenset({np.subtract, operator.sub})
MULTIPLY: Functions = frozenset({np.multiply, operator.mul})
DIVIDE: Functions = frozenset({np.divide, operator.truediv})
NEGATIVE: Functions = frozenset({np.negative, operator.neg})
POWER: Functions = frozenset({np.power, operator.pow})
SQUARE: Functions = frozenset({np.square})
EXP: Functions = frozenset({np.exp})
SUM: Functions = frozenset({np.sum})
MEAN: Functions = frozenset({np.mean})
MAX: Functions = frozenset({np.max, np.amax})
MINIMUM: Functions = frozenset({np.minimum})
ABSOLUTE: Functions = frozenset({np.absolute, np.fabs, operator.abs})
GETITEM: Functions = frozenset({operator.getitem})
RESHAPING: Functions = frozenset({operator.getitem, np.reshape, np.expand_dims})


@dataclass(frozen=True)
class Reduced:
    """A sum, mean or maximum along axes, in the shape it was brought to afterwards."""

    of: Variable
    axis: Any
    axes: frozenset[int]
    shape: tuple[int, ...]

    @property
    def kept_shape(self) -> tuple[int, ...]:
        return tuple(1 if place in self.axes else length for place, length in enumerate(self.of.shape))

    @property
    def reduced_shape(self) -> tuple[int, ...]:
        return tuple(length for place, length in enumerate(self.of.shape) if place not in self.axes)

    @property
    def spreads(self) -> bool:
        """Whether broadcasting puts it back to where it came from."""
        return _without_leading_ones(self.shape) == _without_leading_ones(self.kept_shape)


class Makers:
    """Remembers which equation made which variable."""

    def __init__(self) -> None:
        self.made_by: dict[Variable, Equation] = {}

    def operands(self, leaf: Any, functions: Functions) -> tuple[Any, ...] | None:
        """The operands of the equation that made it, if that applied one of the functions and nothing more."""
        equation = self.made_by.get(leaf) if isinstance(leaf, Variable) else None
        if equation is None or equation.function not in functions or not is_plain(equation):
            return None
        return equation.operands

    def inside(self, leaf: Any, functions: Functions) -> Variable | None:
        """What one of the functions of one argument was applied to."""
        operands = self.operands(leaf, functions)
        return operands[0] if operands and len(operands) == 1 and isinstance(operands[0], Variable) else None

    def exponent(self, leaf: Any) -> Variable | None:
        """The x of ``exp(x)``, unless it is ``-|y|`` or ``min(y, 0)``: what was made safe by hand already."""
        x = self.inside(leaf, EXP)
        bounds = self.operands(x, MINIMUM) or ()
        bounded = self.inside(self.inside(x, NEGATIVE), ABSOLUTE) or any(is_number(bound, 0) for bound in bounds)
        return None if bounded else x

    def one_plus(self, leaf: Any) -> Any:
        """The x of ``1 + x``."""
        first, second = self.operands(leaf, ADD) or (None, None)
        return second if is_number(first, 1) else first if is_number(second, 1) else None

    def square_of(self, leaf: Any) -> Any:
        """The x of ``x**2``, ``x * x`` or ``np.square(x)``."""
        base, exponent = self.operands(leaf, POWER) or (None, None)
        first, second = self.operands(leaf, MULTIPLY) or (None, None)
        if is_number(exponent, 2):
            return base
        return first if first is second and first is not None else self.inside(leaf, SQUARE)

    def reduced(self, leaf: Any, functions: Functions) -> Reduced | None:
        """The reduction that made it, with or without its axes put back."""
        equation = self.made_by.get(leaf) if isinstance(leaf, Variable) else None
        while equation is not None and equation.function in RESHAPING and _only_adds_axes(equation):
            equation = self.made_by.get(equation.operands[0])
        if equation is None or equation.function not in functions or len(equation.operands) > 2:
            return None
        of, axis = equation.operands[0], (*equation.operands, equation.keywords.get("axis"))[1]
        axes = _axes(axis, of.shape) if isinstance(of, Variable) else None
        if axes is None or not equation.keywords.keys() <= {"axis", "keepdims"} or 0 in of.shape:
            return None
        return Reduced(of, axis, axes, leaf.shape)

    def unshifted(self, x: Variable, axes: frozenset[int]) -> Variable | None:
        """The a of ``x = a - max(a)`` along the axes: what was made safe by hand already."""
        a, largest = self.operands(x, SUBTRACT) or (None, None)
        found = self.reduced(largest, MAX)
        return a if found is not None and found.of is a and found.axes == axes and found.spreads else None

    def softmax(self, leaf: Any) -> tuple[Variable, Reduced, bool] | None:
        """The x of ``exp(x) / sum(exp(x))``, the sum, and whether x is shifted by its maximum already."""
        e, total = self.operands(leaf, DIVIDE) or (None, None)
        x, found = self.inside(e, EXP), self.reduced(total, SUM)
        if x is None or found is None or found.of is not e or not found.spreads or not found.axes:
            return None
        a = self.unshifted(x, found.axes)
        return (x, found, False) if a is None else (a, found, True)


def is_plain(equation: Equation) -> bool:
    """Whether nothing was asked for besides the operands, ``where=`` say."""
    return not equation.keywords


def is_number(leaf: Any, number: int) -> bool:
    """Whether it is that number, written down."""
    return isinstance(leaf, (float, int, np.generic)) and not isinstance(leaf, bool) and bool(leaf == number)


def _without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    start = next((place for place, length in enumerate(shape) if length != 1), len(shape))
    return shape[start:]


def _axes(axis: Any, shape: tuple[int, ...]) -> frozenset[int] | None:
    """The axes as numbers from 0, None where they can't be told."""
    if axis is None:
        return frozenset(range(len(shape)))
    several = axis if isinstance(axis, tuple) else (axis,)
    if not all(isinstance(one, int) and -len(shape) <= one < len(shape) for one in several):  # 0-d has an axis -1
        return None
    return frozenset(one % len(shape) for one in several)


def _only_adds_axes(equation: Equation) -> bool:
    """Whether the values stay in their order, and only axes of length 1 come or go."""
    before = equation.operands[0]
    if not isinstance(before, Variable) or "order" in equation.keywords:
        return False
    if equation.function is operator.getitem:
        index = equation.operands[1] if isinstance(equation.operands[1], tuple) else (equation.operands[1],)
        if not all(part is None or part is Ellipsis or part == slice(None) for part in index):
            return False
    lengths = [length for length in before.shape if length != 1]
    return lengths == [length for length in equation.output.shape if length != 1]
