"""The table: NumPy function -> op.

A function that is differentiated may call NumPy directly. Each such call is looked up here; ``Rule.arguments`` reads
the call's own arguments, as people write them, into the op's arrays and parameters.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.op import Op
from chainrule.ops import activations, elementwise, linear, reductions, reshaping, scatter

__all__ = ["NO_GRADIENT", "RULES", "Rule"]


@dataclass(frozen=True)
class Rule:
    """The op that is a NumPy function's derivative, and how the function's arguments become the op's."""

    op: Op
    arguments: Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]


def _arrays(*arrays, **options):
    """All positional arguments are arrays."""
    for name, value in options.items():
        if not _is_default(name, value):
            raise TypeError(
                f"the option {name}={value!r} has no derivative here; write it as a call of its own"
            )
    return arrays, {}


_DEFAULTS = {"casting": "same_kind", "order": ("K", "C", "A"), "copy": (True, False, None)}


def _is_default(name, value):
    if value is None or value is np._NoValue or (name == "where" and value is True):
        return True
    allowed = _DEFAULTS.get(name, ())
    return value in (allowed if isinstance(allowed, tuple) else (allowed,))


def _options(*names, renamed=None):
    """The first argument is the array; the others are options in the order of ``names``."""
    renamed = renamed or {}

    def arguments(x, *args, **kwargs):
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        kept = {}
        for name, value in given.items():
            if name in names and name not in ("out", "dtype") and value is not np._NoValue:
                kept[renamed.get(name, name)] = value
            elif not _is_default(name, value):
                raise TypeError(
                    f"the option {name}={value!r} has no derivative here; write it as a call of its own"
                )
        return (x,), kept

    return arguments


def _reduction(*more):
    return _options("axis", "dtype", "out", "keepdims", *more)


def _variance(a, *args, **kwargs):
    """``correction`` is NumPy 2's other name of ``ddof``."""
    correction = kwargs.pop("correction", np._NoValue)
    if correction is not np._NoValue:
        kwargs["ddof"] = correction
    return _options("axis", "dtype", "out", "ddof", "keepdims")(a, *args, **kwargs)


def _sequence(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    return tuple(arrays), {"axis": axis}


def _getitem(x, index):
    return (x, *(index if isinstance(index, tuple) else (index,))), {}


def _scattered(x, index, values):
    return (x, values, *(index if isinstance(index, tuple) else (index,))), {}


def _clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
    low = a_min if min is None else min
    high = a_max if max is None else max
    return (a, low, high), {}


def _einsum(subscripts, *operands, out=None, optimize=False):
    if not isinstance(subscripts, str):
        raise TypeError('einsum: write the subscripts as text, "nd,dh->nh"')
    return operands, {"subscripts": subscripts}


def _take(a, indices, axis=None, out=None, mode="raise"):
    if mode != "raise":
        raise TypeError(f"take: mode={mode!r} has no derivative here; bring the indices into range first")
    return (a, indices), {"axis": axis}


def _norm(x, ord=None, axis=None, keepdims=False):
    return (x,), {"ord": ord, "axis": axis, "keepdims": keepdims}


def _shape(x, shape=None, order="C", *, newshape=None, copy=None):
    if order != "C":
        raise TypeError(f"reshape: order={order!r} has no derivative here; transpose first")
    return (x,), {"shape": newshape if shape is None else shape}


def _ravel(a, order="C"):
    if order not in ("C", "K"):
        raise TypeError(f"ravel: order={order!r} has no derivative here; transpose first")
    return (a,), {}


def _astype(x, dtype, /, *, copy=True, device=None):
    return (x,), {"dtype": dtype}


def _marked(op, *functions):
    return {function: Rule(op, _arrays) for function in functions}


RULES: dict[Callable[..., Any], Rule] = {
    # np.add and the like record arrays; operator.add and the like record Python numbers among themselves.
    **_marked(elementwise.add, np.add, operator.add),
    **_marked(elementwise.subtract, np.subtract, operator.sub),
    **_marked(elementwise.multiply, np.multiply, operator.mul),
    **_marked(elementwise.divide, np.divide, operator.truediv),
    **_marked(elementwise.power, operator.pow),
    **_marked(elementwise.numpy_power, np.power, np.float_power),
    **_marked(elementwise.negative, np.negative, operator.neg),
    **_marked(elementwise.absolute, np.absolute, np.fabs, operator.abs),
    **_marked(reshaping.copy, np.positive, operator.pos),
    **_marked(elementwise.square, np.square),
    **_marked(elementwise.sqrt, np.sqrt),
    **_marked(elementwise.exp, np.exp),
    **_marked(elementwise.exp2, np.exp2),
    **_marked(elementwise.expm1, np.expm1),
    **_marked(elementwise.log, np.log),
    **_marked(elementwise.log2, np.log2),
    **_marked(elementwise.log10, np.log10),
    **_marked(elementwise.log1p, np.log1p),
    **_marked(elementwise.reciprocal, np.reciprocal),
    **_marked(elementwise.sin, np.sin),
    **_marked(elementwise.cos, np.cos),
    **_marked(elementwise.tan, np.tan),
    **_marked(elementwise.arcsin, np.arcsin),
    **_marked(elementwise.arccos, np.arccos),
    **_marked(elementwise.arctan, np.arctan),
    **_marked(elementwise.arctan2, np.arctan2),
    **_marked(elementwise.sinh, np.sinh),
    **_marked(elementwise.cosh, np.cosh),
    **_marked(activations.tanh, np.tanh),
    **_marked(elementwise.sign, np.sign),
    **_marked(elementwise.maximum, np.maximum, np.fmax),
    **_marked(elementwise.minimum, np.minimum, np.fmin),
    **_marked(elementwise.logaddexp, np.logaddexp),
    **_marked(elementwise.where, np.where),
    np.clip: Rule(elementwise.clip, _clip),
    **_marked(linear.matmul, np.matmul, operator.matmul),
    **_marked(linear.dot, np.dot),
    **_marked(linear.outer, np.outer),
    np.einsum: Rule(linear.einsum, _einsum),
    np.sum: Rule(reductions.sum, _reduction()),
    np.mean: Rule(reductions.mean, _reduction()),
    np.prod: Rule(reductions.prod, _reduction()),
    np.max: Rule(reductions.max, _options("axis", "out", "keepdims")),
    np.min: Rule(reductions.min, _options("axis", "out", "keepdims")),
    np.var: Rule(reductions.var, _variance),
    np.std: Rule(reductions.std, _variance),
    np.cumsum: Rule(reductions.cumsum, _options("axis", "dtype", "out")),
    np.linalg.norm: Rule(reductions.norm, _norm),
    np.reshape: Rule(reshaping.reshape, _shape),
    np.ravel: Rule(reshaping.ravel, _ravel),
    np.transpose: Rule(reshaping.transpose, _options("axes")),
    np.matrix_transpose: Rule(reshaping.matrix_transpose, _arrays),
    np.swapaxes: Rule(reshaping.swapaxes, _options("axis1", "axis2")),
    np.moveaxis: Rule(reshaping.moveaxis, _options("source", "destination")),
    np.expand_dims: Rule(reshaping.expand_dims, _options("axis")),
    np.squeeze: Rule(reshaping.squeeze, _options("axis")),
    np.broadcast_to: Rule(reshaping.broadcast_to, _options("shape")),
    np.flip: Rule(reshaping.flip, _options("axis")),
    np.copy: Rule(reshaping.copy, _arrays),
    np.astype: Rule(reshaping.astype, _astype),
    np.concatenate: Rule(reshaping.concatenate, _sequence),
    np.stack: Rule(reshaping.stack, _sequence),
    np.take: Rule(reshaping.take, _take),
    operator.getitem: Rule(reshaping.index, _getitem),
    scatter.written_at: Rule(scatter.write_at, _scattered),
    scatter.added_at: Rule(scatter.add_at, _scattered),
}

# Constant wherever they are differentiable, or not numbers at all.
NO_GRADIENT: frozenset[Callable[..., Any]] = frozenset(
    {
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
        np.equal,
        np.not_equal,
        np.isclose,
        np.isnan,
        np.isinf,
        np.isfinite,
        np.signbit,
        np.logical_and,
        np.logical_or,
        np.logical_not,
        np.logical_xor,
        np.bitwise_and,
        np.bitwise_or,
        np.bitwise_xor,
        np.invert,
        operator.and_,
        operator.or_,
        operator.xor,
        operator.invert,
        operator.floordiv,
        np.floor_divide,
        np.floor,
        np.ceil,
        np.trunc,
        np.rint,
        np.round,
        np.any,
        np.all,
        np.count_nonzero,
        np.argmax,
        np.argmin,
        np.argsort,
        np.searchsorted,
        np.zeros_like,
        np.ones_like,
        np.empty_like,
        np.full_like,
    }
)
