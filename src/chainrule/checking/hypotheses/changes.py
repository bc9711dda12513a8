"""One operation of a program exchanged for another: what a slip of the pen makes of each equation.

A change keeps everything but one equation. What it is called, and which code it has, is decided here; whether it
explains a result, in `operations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.tracing import Equation, Variable

__all__ = ["Change", "changes", "same"]

Function = Callable[..., Any]


def same(value: Any) -> Any:
    """Stands for an operation that was left out."""
    return value


@dataclass(frozen=True)
class Change:
    """Another equation for one output.

    Args:
        code: of the finding.
        equation: in place of the right one, for the same output.
        negated: whether the output's sign is turned as well.
        dropped: the operand that was left out, if that is what happened.
    """

    code: str
    equation: Equation
    negated: bool = False
    dropped: Any = None


def changes(equation: Equation, others: Sequence[Variable]) -> Iterator[Change]:
    """Everything that a slip makes of an equation, in an order that does not depend on shapes.

    Args:
        equation: the right one.
        others: variables that are known before it.
    """
    yield from _left_out(equation)
    yield from _other_function(equation)
    yield from _other_order(equation)
    yield from _other_keywords(equation)
    yield from _other_constants(equation)
    if not _is_whole(equation.output):
        yield Change("PLUS_FOR_MINUS", equation, negated=True)
    yield from _other_variables(equation, others)


def _is_whole(variable: Variable) -> bool:
    return not variable.is_float


def _with(equation: Equation, function: Callable[..., Any], *operands: Any, **keywords: Any) -> Equation:
    return replace(equation, function=function, operands=operands, keywords=keywords)


# -- what is left out ------------------------------------------------------------------------------------

_TERMS: tuple[Function, ...] = (np.add, np.subtract)
_FACTORS: tuple[Function, ...] = (np.multiply, np.divide)
_ELEMENTWISE: tuple[Function, ...] = (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.power)


def _left_out(equation: Equation) -> Iterator[Change]:
    function, operands = equation.function, equation.operands
    if function in _TERMS or function in _FACTORS:
        code = "TERM_MISSING" if function in _TERMS else "FACTOR_MISSING"
        first, second = operands
        yield Change(code, _with(equation, same, first), dropped=second)
        kept: Function = np.negative if function is np.subtract else np.reciprocal if function is np.divide else same
        yield Change(code, _with(equation, kept, second), dropped=first)
    elif function in (np.maximum, np.minimum):
        for operand in operands:
            if isinstance(operand, Variable):
                yield Change("FUNCTION_REPLACED", _with(equation, same, operand))
    elif function is np.transpose:
        yield Change("TRANSPOSE_MISSING", _with(equation, same, operands[0]))
    elif function is np.negative:
        yield Change("PLUS_FOR_MINUS", _with(equation, same, operands[0]))
    elif function in _NEIGHBOURS or function in _REDUCTIONS:
        yield Change("FUNCTION_REPLACED", _with(equation, same, operands[0]))


# -- another function --------------------------------------------------------------------------------------


_FUNCTIONS: tuple[Function, ...] = (
    *(np.exp, np.log, np.sin, np.cos, np.tanh),
    *(np.sqrt, np.square, np.abs, np.sign, np.reciprocal),
)
_RELATED: tuple[Function, ...] = (np.log1p, np.expm1, np.log2, np.log10, np.tan, np.sinh, np.cosh, np.arctan, np.exp2)
_NEIGHBOURS: frozenset[Function] = frozenset((*_FUNCTIONS, *_RELATED))
_CLOSEST: Mapping[Function, tuple[Function, ...]] = {
    np.log1p: (np.log, np.exp, np.log2),
    np.log: (np.log1p, np.log2, np.log10),
    np.exp: (np.exp2, np.expm1, np.cosh, np.sinh),
    np.tan: (np.tanh, np.arctan),
    np.tanh: (np.tan, np.arctan, np.sinh, np.cosh),
    np.sinh: (np.cosh,),
    np.cosh: (np.sinh,),
}
_REDUCTIONS: tuple[Function, ...] = (np.sum, np.mean, np.max, np.min, np.prod)
_OTHER_REDUCTIONS: tuple[Function, ...] = (*_REDUCTIONS, np.std, np.cumsum)
_COMPARISONS: tuple[Function, ...] = (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)


def _other_function(equation: Equation) -> Iterator[Change]:
    function, operands, keywords = equation.function, equation.operands, equation.keywords
    other: Function
    if function in _COMPARISONS:
        for other in _COMPARISONS:
            if other is not function:
                yield Change("COMPARISON_CHANGED", _with(equation, other, *operands))
    elif function in _REDUCTIONS:
        for other in _OTHER_REDUCTIONS:
            if other is not function:
                kept = {key: value for key, value in keywords.items() if other is not np.cumsum or key == "axis"}
                yield Change("FUNCTION_REPLACED", _with(equation, other, *operands, **kept))
    elif function in _NEIGHBOURS:
        for other in dict.fromkeys((*_CLOSEST.get(function, ()), *_FUNCTIONS)):
            if other is not function:
                yield Change("FUNCTION_REPLACED", _with(equation, other, operands[0]))
    elif function in _ELEMENTWISE:
        for other in _ELEMENTWISE:
            if other is not function:
                is_sign = {function, other} == {np.add, np.subtract}
                yield Change("PLUS_FOR_MINUS" if is_sign else "OPERATION_CHANGED", _with(equation, other, *operands))
    elif function is np.matmul:
        yield Change("OPERATION_CHANGED", _with(equation, np.multiply, *operands))


# -- another order -------------------------------------------------------------------------------------------


def _other_order(equation: Equation) -> Iterator[Change]:
    function, operands = equation.function, equation.operands
    if function in (np.subtract, np.divide, np.power):
        yield Change("OPERANDS_SWAPPED", _with(equation, function, *reversed(operands)))
    elif function is np.where:
        yield Change("BRANCHES_SWAPPED", _with(equation, function, operands[0], operands[2], operands[1]))
    elif function is np.matmul:
        yield Change("OPERANDS_SWAPPED", _with(equation, function, *reversed(operands)))
        a, b = operands
        for left, right in ((_t, same), (same, _t), (_t, _t)):
            yield Change("TRANSPOSE_MISSING", _with(equation, _product(left, right), a, b))


def _t(value: Any) -> Any:
    return np.transpose(value)


def _product(left: Callable[[Any], Any], right: Callable[[Any], Any]) -> Callable[..., Any]:
    def product(a: Any, b: Any) -> Any:
        return left(a) @ right(b)

    product.__name__ = f"{_mark('a', left)} @ {_mark('b', right)}"
    return product


def _mark(name: str, function: Callable[[Any], Any]) -> str:
    return name if function is same else f"{name}.T"


# -- other keywords ------------------------------------------------------------------------------------------


def _other_keywords(equation: Equation) -> Iterator[Change]:
    if equation.function not in _REDUCTIONS:
        return
    keywords = dict(equation.keywords)
    axis = keywords.get("axis")
    for other in (None, 0, 1, -1):
        if other != axis:
            changed = {**keywords, "axis": other}
            yield Change("WRONG_AXIS", _with(equation, equation.function, *equation.operands, **changed))
    changed = {**keywords, "keepdims": not keywords.get("keepdims", False)}
    yield Change("OPERATION_CHANGED", _with(equation, equation.function, *equation.operands, **changed))


# -- other constants -------------------------------------------------------------------------------------


def _other_constants(equation: Equation) -> Iterator[Change]:
    for place, operand in enumerate(equation.operands):
        if type(operand) not in (int, float) and not isinstance(operand, np.number):
            continue
        for other in dict.fromkeys((2 * operand, operand / 2, -operand, operand + 1, operand - 1, 0, 1, 0.1 * operand)):
            if other != operand:
                operands = (*equation.operands[:place], other, *equation.operands[place + 1 :])
                yield Change("CONSTANT_DIFFERS", replace(equation, operands=operands))


# -- other variables -----------------------------------------------------------------------------------------


def _other_variables(equation: Equation, others: Sequence[Variable]) -> Iterator[Change]:
    for place, operand in enumerate(equation.operands):
        if not isinstance(operand, Variable):
            continue
        for other in others:
            if other is not operand and other is not equation.output:
                operands = (*equation.operands[:place], other, *equation.operands[place + 1 :])
                yield Change("OPERATION_CHANGED", replace(equation, operands=operands))
