"""Simpler programs with the same bits: what multiplies by one, converts to the same, or is known beforehand goes.

Only rewrites that leave every bit of every value alone are done here, so that the text replays the traced run
exactly. ``x + 0`` stays, for instance: it turns -0.0 into 0.0.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule.tracing.program import Equation, Program, Variable
from chainrule.tracing.strip import drop_unused, share
from chainrule.tracing.trees import leaves

__all__ = ["simplify"]

_ELEMENTWISE = frozenset({np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum})

_BY_ONE = frozenset({np.multiply, np.divide, operator.mul, operator.truediv})


def simplify(program: Program, *, keeps_order: bool = True) -> Program:
    """The program with every rewrite applied, in one pass: an operand is in its simplest form before it is used.

    A copy in another order in memory stays only where ``keeps_order``; XLA lays out its arrays itself.
    """
    made_by: dict[Variable, Equation] = {}

    def rewrite(equation: Equation) -> Any:
        equation = _as_subtraction(_without_broadcast(equation, made_by), made_by)
        reorders = equation.function is np.copy and "order" in equation.keywords
        same = None if reorders and keeps_order else _equal_to(equation, made_by)
        if same is not None:
            return same
        made_by[equation.output] = equation
        return equation

    return drop_unused(share(program, rewrite))


def _equal_to(equation: Equation, made_by: dict[Variable, Equation]) -> Any:
    """The earlier variable or the literal that the equation's output is equal to, if there is one."""
    operands, output = equation.operands, equation.output
    function = equation.function
    first = operands[0] if operands else None
    if function in (np.multiply, operator.mul) and _is_one(operands[0]) and _is_like(operands[1], output):
        return operands[1]
    if function in _BY_ONE and _is_one(operands[1]) and _is_like(first, output):
        return first
    if function in (np.positive, np.copy, np.reshape, np.broadcast_to, np.astype) and _is_like(first, output):
        return first
    if function is np.negative and _makes(made_by, first, np.negative):
        return made_by[first].operands[0]  # type: ignore[index]
    if function is np.transpose and len(operands) == 1 and _makes(made_by, first, np.transpose):
        inner = made_by[first]  # type: ignore[index]
        return inner.operands[0] if len(inner.operands) == 1 else None
    if output.shape == () and not any(isinstance(leaf, Variable) for leaf in _all_leaves(equation)):
        value = equation.evaluate(lambda leaf: leaf)
        return value if isinstance(value, (np.generic, int, float)) else None
    return None


def _all_leaves(equation: Equation) -> list[Any]:
    return leaves((equation.operands, tuple(equation.keywords.values())))


def _makes(made_by: dict[Variable, Equation], variable: Any, function: Any) -> bool:
    return isinstance(variable, Variable) and variable in made_by and made_by[variable].function is function


def _is_one(leaf: Any) -> bool:
    return isinstance(leaf, (float, int, np.generic)) and not isinstance(leaf, bool) and leaf == 1


def _is_like(leaf: Any, output: Variable) -> bool:
    return isinstance(leaf, Variable) and leaf.shape == output.shape and leaf.dtype == output.dtype


def _without_broadcast(equation: Equation, made_by: dict[Variable, Equation]) -> Equation:
    """Elementwise functions broadcast by themselves: ``np.broadcast_to(a, shape) * b`` is ``a * b``."""
    if equation.function not in _ELEMENTWISE or equation.keywords:
        return equation
    operands = list(equation.operands)
    for place, other in ((0, 1), (1, 0)):
        full = operands[other]
        if _makes(made_by, operands[place], np.broadcast_to) and isinstance(full, Variable):
            small = made_by[operands[place]].operands[0]
            if full.shape == equation.output.shape and not full.is_python_number:
                operands[place] = small
    if operands == list(equation.operands):
        return equation
    return Equation(equation.output, equation.function, tuple(operands), equation.keywords, equation.origin)


def _as_subtraction(equation: Equation, made_by: dict[Variable, Equation]) -> Equation:
    """``a + -b`` is ``a - b``, to the bit."""
    if equation.function is not np.add or equation.keywords:
        return equation
    first, second = equation.operands
    if not _makes(made_by, second, np.negative):
        first, second = second, first
    if not _makes(made_by, second, np.negative):
        return equation
    operands = first, *made_by[second].operands
    return Equation(equation.output, np.subtract, operands, {}, equation.origin)
