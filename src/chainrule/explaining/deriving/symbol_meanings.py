"""What NumPy's functions mean for object arrays of SymPy's expressions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.ops.rules import NO_GRADIENT, RULES
from chainrule.ops.scatter import added_at, written_at
from chainrule.tracing.program import primitive_name

__all__ = ["meaning"]

Symbolic = Callable[..., Any]


def meaning(function: Symbolic) -> Symbolic:
    """The function for object arrays.

    Raises:
        TypeError: if it has none.
    """
    found = _meanings().get(function)
    if found is not None:
        return found
    if function in RULES and function not in NO_GRADIENT:  # sums, products, indexing: NumPy's own are for objects, too
        return function
    raise TypeError(
        f"np.{primitive_name(function)} has no symbolic meaning here. Write the formula with functions of single "
        "numbers, sums, products and indexing, or compute this part before and pass it as an argument."
    )


@cache
def _meanings() -> dict[Symbolic, Symbolic]:
    import sympy as sp

    entrywise: dict[Any, Symbolic] = {
        np.exp: sp.exp,
        np.exp2: lambda x: 2**x,
        np.expm1: lambda x: sp.exp(x) - 1,
        np.log: sp.log,
        np.log2: lambda x: sp.log(x) / sp.log(2),
        np.log10: lambda x: sp.log(x) / sp.log(10),
        np.log1p: lambda x: sp.log(1 + x),
        np.logaddexp: lambda a, b: sp.log(sp.exp(a) + sp.exp(b)),
        np.sqrt: sp.sqrt,
        np.square: lambda x: x**2,
        np.reciprocal: lambda x: 1 / x,
        np.sin: sp.sin,
        np.cos: sp.cos,
        np.tan: sp.tan,
        np.arcsin: sp.asin,
        np.arccos: sp.acos,
        np.arctan: sp.atan,
        np.arctan2: sp.atan2,
        np.sinh: sp.sinh,
        np.cosh: sp.cosh,
        np.tanh: sp.tanh,
        np.sign: sp.sign,
        np.floor: sp.floor,
        np.ceil: sp.ceiling,
        np.where: lambda condition, a, b: sp.Piecewise((a, condition), (b, True)),
    }
    several = {
        **dict.fromkeys((np.absolute, np.fabs, operator.abs), sp.Abs),
        **dict.fromkeys((np.maximum, np.fmax), sp.Max),
        **dict.fromkeys((np.minimum, np.fmin), sp.Min),
        **dict.fromkeys((np.power, np.float_power, operator.pow), sp.Pow),
        **dict.fromkeys((np.divide, operator.truediv), lambda a, b: sp.sympify(a) / b),
        np.less: sp.Lt,
        np.less_equal: sp.Le,
        np.greater: sp.Gt,
        np.greater_equal: sp.Ge,
        np.equal: sp.Eq,
        np.not_equal: sp.Ne,
    }
    whole: dict[Any, Symbolic] = {
        np.copy: lambda x, **_: x,
        np.positive: lambda x: x,
        np.astype: lambda x, dtype, **_: x,
        np.clip: _clip,
        np.mean: _mean,
        np.var: _variance,
        np.std: lambda x, **options: _entrywise(sp.sqrt)(_variance(x, **options)),
        np.max: _largest(sp.Max),
        np.min: _largest(sp.Min),
        np.linalg.norm: _length,
        operator.getitem: lambda x, index: np.asarray(x, object)[index],
        written_at: written_at,
        added_at: added_at,
    }
    return {**{key: _entrywise(each) for key, each in {**entrywise, **several}.items()}, **whole}


def _entrywise(function: Symbolic) -> Symbolic:
    """A function of numbers made one of arrays. Options, such as a dtype, say nothing about symbols."""
    return lambda *arrays, **_: np.frompyfunc(function, len(arrays), 1)(*arrays)


def _clip(*arguments: Any, **options: Any) -> Any:
    import sympy

    (x, low, high), _ = RULES[np.clip].arguments(*arguments, **options)
    x = x if low is None else _entrywise(sympy.Max)(x, low)
    return x if high is None else _entrywise(sympy.Min)(x, high)


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    x = np.asarray(x, object)
    total = np.sum(x, axis=axis, keepdims=keepdims)
    return total / (x.size // max(np.size(total), 1))


def _variance(x: Any, axis: Any = None, keepdims: bool = False, ddof: float = 0) -> Any:
    x = np.asarray(x, object)
    centred = x - _mean(x, axis=axis, keepdims=True)
    total = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    return total / (x.size // np.size(total) - ddof)


def _largest(of_two: Symbolic) -> Symbolic:
    def largest(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = np.asarray(x, object)
        axes = range(x.ndim) if axis is None else np.atleast_1d(axis) % x.ndim
        pairwise = np.frompyfunc(of_two, 2, 1)
        kept: npt.NDArray[Any] = reduce(lambda rest, each: pairwise.reduce(rest, axis=each, keepdims=True), axes, x)
        return kept if keepdims else np.squeeze(kept, axis=tuple(axes))

    return largest


def _length(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    import sympy

    if ord not in (None, 2) or (ord == 2 and axis is None and np.ndim(x) != 1):
        raise TypeError(f"np.linalg.norm: ord={ord!r} has no symbolic meaning here; only the Euclidean length has.")
    x = np.asarray(x, object)
    return _entrywise(sympy.sqrt)(np.sum(x * x, axis=axis, keepdims=keepdims))
