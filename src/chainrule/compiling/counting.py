"""What one equation costs on paper: its arithmetic, the bytes that it reads and writes, and who keeps its result."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.tracing.numpy_calls import DRAWING, VIEWS
from chainrule.tracing.program import Equation, Program, Variable

__all__ = ["Count", "bytes_of", "count", "saved_values"]


@dataclass(frozen=True)
class Count:
    """What an equation costs.

    Args:
        flops: multiplications, additions and other results of single entries: an ``exp`` counts as one, too, and so
            does a random number.
        read: bytes of the arrays that go in, each once, and as it lies in memory before it is broadcast.
        written: bytes of the array that comes out; a view writes and reads nothing.
        known: whether the arithmetic of this function is known; if not, ``flops`` are the entries that come out.
    """

    flops: int
    read: int
    written: int
    known: bool = True


_REDUCING = frozenset(
    {np.sum, np.prod, np.max, np.min, np.amax, np.amin, np.any, np.all, np.argmax, np.argmin, np.count_nonzero}
)
# Moving, converting and filling take no arithmetic.
_MOVING = VIEWS | {
    np.copy,
    np.astype,
    np.flip,
    np.concatenate,
    np.stack,
    np.hstack,
    np.vstack,
    np.repeat,
    np.take,
    np.zeros_like,
    np.ones_like,
    np.empty_like,
    np.full_like,
}
_FILLING = frozenset({np.zeros_like, np.ones_like, np.empty_like, np.full_like})
_OPERATORS = frozenset(function for name, function in vars(operator).items() if not name.startswith("_"))


def count(equation: Equation) -> Count:
    """The equation's arithmetic and the memory that it moves."""
    flops = _flops(equation)
    if is_view(equation):
        return Count(0, 0, 0)
    written = bytes_of(equation.output)
    known = flops is not None
    return Count(_entries(equation.output) if flops is None else flops, _read(equation), written, known)


def bytes_of(variable: Variable) -> int:
    """Bytes of the array; none for a Python number."""
    return 0 if isinstance(variable.dtype, type) else _entries(variable) * variable.dtype.itemsize


def is_view(equation: Equation) -> bool:
    """Whether the result is memory of the first operand, seen in another way."""
    if equation.function is operator.getitem:
        return all(_is_basic(leaf) for leaf in _index_entries(equation.operands[1]))
    return equation.function in VIEWS


def saved_values(program: Program) -> frozenset[Variable]:
    """The activations: what a forward pass makes and a backward pass reads. Inputs are there anyway."""
    owner: dict[Variable, Variable] = {}
    made: set[Variable] = set()
    read: set[Variable] = set()
    for equation in program.equations:
        backward = any(call.half == "backward" for call in equation.origin.calls)
        if backward:
            read.update(owner.get(variable, variable) for variable in equation.uses())
        if is_view(equation) and isinstance(equation.operands[0], Variable):
            owner[equation.output] = owner.get(equation.operands[0], equation.operands[0])
        elif not backward:
            made.add(equation.output)
    return frozenset(made & read)


def _flops(equation: Equation) -> int | None:
    """None for a function whose arithmetic is not known."""
    function, operands, out = equation.function, equation.operands, _entries(equation.output)
    if function in _PRODUCTS:
        return _PRODUCTS[function](equation)
    if function in _REDUCING:
        return _entries(operands[0]) - out
    if function in _MOVING or function is operator.getitem:
        return 0
    if function in _SPREADING:
        return _SPREADING[function](_entries(operands[0]), out)
    if function is np.cumsum:
        return _entries(operands[0]) - _entries(operands[0]) // max(1, _summed(equation))
    if isinstance(function, np.ufunc) or function in _OPERATORS | DRAWING or function in (np.where, np.round):
        return out
    return None


def _product(equation: Equation) -> int:
    """Each entry of the result is a sum over k products: 2 m n k for matrices."""
    first, second = equation.operands[:2]
    if not (_shape(first) and _shape(second)):
        return _entries(equation.output)
    return 2 * _entries(equation.output) * _shape(first)[-1]


def _einsum(equation: Equation) -> int | None:
    """One product and one addition for each combination of the letters; only products where no letter is summed."""
    subscripts, *arrays = equation.operands
    if not isinstance(subscripts, str) or "..." in subscripts or "->" not in subscripts:
        return None
    terms, _, result = subscripts.replace(" ", "").partition("->")
    sizes = {
        letter: size
        for term, array in zip(terms.split(","), arrays, strict=True)
        for letter, size in zip(term, _shape(array), strict=True)
    }
    each = len(arrays) - 1 + (set(sizes) != set(result))
    return each * math.prod(sizes.values())


_PRODUCTS: dict[Callable[..., Any], Callable[[Equation], int | None]] = {
    np.matmul: _product,
    operator.matmul: _product,
    np.dot: _product,
    np.outer: lambda equation: _entries(equation.output),
    np.einsum: _einsum,
}
# From the number of entries that go in and come out.
_SPREADING: dict[Callable[..., Any], Callable[[int, int], int]] = {
    np.mean: lambda n, out: n,
    np.var: lambda n, out: 4 * n,  # the mean, the differences, their squares, the mean of those
    np.std: lambda n, out: 4 * n + out,
    np.linalg.norm: lambda n, out: 2 * n,
    np.clip: lambda n, out: 2 * n,
}


def _read(equation: Equation) -> int:
    if equation.function in _FILLING:
        return 0
    if equation.function in (operator.getitem, np.take):  # only the entries that are asked for
        return bytes_of(equation.output) + sum(map(bytes_of, {*equation.uses()} - {equation.operands[0]}))
    return sum(map(bytes_of, {*equation.uses()}))


def _summed(equation: Equation) -> int:
    shape, axis = _shape(equation.operands[0]), equation.keywords.get("axis")
    return math.prod(shape) if axis is None else shape[axis]


def _index_entries(index: Any) -> list[Any]:
    return [*index] if isinstance(index, tuple) else [index]


def _is_basic(entry: Any) -> bool:
    if isinstance(entry, Variable):
        return entry.is_python_number and entry.dtype is not bool
    if isinstance(entry, (bool, np.bool)):  # Python counts it as an integer, an index as a mask
        return False
    return entry is None or entry is Ellipsis or isinstance(entry, (int, np.integer, slice))


def _entries(value: Any) -> int:
    return math.prod(_shape(value))


def _shape(value: Any) -> tuple[int, ...]:
    return value.shape if isinstance(value, Variable) else np.shape(value)
