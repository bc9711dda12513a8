"""The table: NumPy function -> op.

A function that is differentiated may call NumPy directly. Each such call is looked up here; ``Rule.arguments`` reads
the call's own arguments, as people write them, into the op's arrays and parameters.
"""

import inspect
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.op import Op
from chainrule.ops import (
    activations,
    choosing,
    elementwise,
    exponentials,
    indexing,
    joining,
    linear,
    reductions,
    reshaping,
    scatter,
    trigonometry,
)
from chainrule.ops.safer_forms import SAFER_FORMS

__all__ = ["NO_GRADIENT", "RULES", "SAFER_FORMS", "Rule"]


@dataclass(frozen=True)
class Rule:
    """The op that is a NumPy function's derivative, and how the function's arguments become the op's."""

    op: Op
    arguments: Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]


# What changes where entries lie in memory, or how they were cast on the way, and not what the result is.
_HARMLESS = frozenset({"copy", "device", "subok", "casting", "order", "optimize"})

_REMEDIES = {
    "where": "Choose the entries with np.where first.",
    "initial": "Put the initial value in afterwards.",
    "dtype": "Convert the arrays with .astype(...) instead.",
    "order": "Transpose first.",
    "mode": "Bring the indices into range first.",
}


def _refuse_unless_default(function, name, value, default=None):
    """An option that the op does not know may be given as long as it changes nothing."""
    plain = isinstance(value, (bool, int, str))
    if value is None or value is default or (plain and value == default) or name in _HARMLESS:
        return
    remedy = _REMEDIES.get(name, "Leave it out, or write it as a call of its own.")
    raise TypeError(f"np.{function.__name__}: the option {name} has no derivative here. {remedy}")


def _entrywise(op, *functions):
    """Functions whose positional arguments are all arrays."""

    def reader(function):
        def arguments(*arrays, **options):
            for name, value in options.items():
                _refuse_unless_default(function, name, value, default=True if name == "where" else None)
            return arrays, {}

        return arguments

    return {function: Rule(op, reader(function)) for function in functions}


def _with_options(op, *functions):
    """Functions with arrays first and then options, each of which the op knows by the same name or does not know."""
    return {function: Rule(op, _reader(op, function)) for function in functions}


def _reader(op, function):
    signature = inspect.signature(function)
    kinds = inspect.signature(op.forward).parameters.values()
    known = {parameter.name for parameter in kinds if parameter.kind is parameter.KEYWORD_ONLY}
    names = list(signature.parameters)[: len(kinds) - len(known)]

    def arguments(*args, **kwargs):
        given = dict(signature.bind(*args, **kwargs).arguments)
        arrays = tuple(given.pop(name) for name in names)
        for name in given.keys() - known:
            default = signature.parameters[name].default
            _refuse_unless_default(function, name, given[name], True if name == "where" else default)
        return arrays, {name: value for name, value in given.items() if name in known and value is not np._NoValue}

    return arguments


def _spread(op, function):
    """``np.var`` and ``np.std``: ``correction`` is NumPy 2's other name of ``ddof``."""
    plain = _reader(op, function)

    def arguments(*args, correction=np._NoValue, **kwargs):
        return plain(*args, **kwargs, **({} if correction is np._NoValue else {"ddof": correction}))

    return {function: Rule(op, arguments)}


def _sequence(op, function):
    """Functions of a sequence of arrays."""

    def arguments(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
        _refuse_unless_default(function, "dtype", dtype)
        return tuple(arrays), {"axis": axis}

    return {function: Rule(op, arguments)}


def _stacked(tup, *, dtype=None, casting="same_kind"):
    _refuse_unless_default(np.stack, "dtype", dtype)
    return tuple(tup), {}


def _getitem(x, index):
    return (x, *(index if isinstance(index, tuple) else (index,))), {}


def _scattered(x, index, values):
    return (x, values, *(index if isinstance(index, tuple) else (index,))), {}


def _clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None, **options):
    for name, value in options.items():
        _refuse_unless_default(np.clip, name, value)
    low = a_min if min is None else min
    high = a_max if max is None else max
    return (a, low, high), {}


def _einsum(subscripts, *operands, out=None, **options):
    if not isinstance(subscripts, str):
        raise TypeError('np.einsum: write the subscripts as text, "nd,dh->nh"')
    for name, value in options.items():
        _refuse_unless_default(np.einsum, name, value)
    return operands, {"subscripts": subscripts}


def _reshape(x, shape=None, order="C", *, newshape=None, copy=None):
    _refuse_order(np.reshape, order)
    return (x,), {"shape": newshape if shape is None else shape}


def _ravel(a, order="C"):
    _refuse_order(np.ravel, order)
    return (a,), {}


def _refuse_order(function, order):
    if order != "C":
        raise TypeError(f"np.{function.__name__}: order={order!r} has no derivative here. {_REMEDIES['order']}")


RULES: dict[Callable[..., Any], Rule] = {
    # np.add and the like record arrays; operator.add and the like record Python numbers among themselves.
    **_entrywise(elementwise.add, np.add, operator.add),
    **_entrywise(elementwise.subtract, np.subtract, operator.sub),
    **_entrywise(elementwise.multiply, np.multiply, operator.mul),
    **_entrywise(elementwise.divide, np.divide, operator.truediv),
    **_entrywise(elementwise.power, operator.pow),
    **_entrywise(elementwise.numpy_power, np.power, np.float_power),
    **_entrywise(elementwise.negative, np.negative, operator.neg),
    **_entrywise(choosing.absolute, np.absolute, np.fabs, operator.abs),
    **_entrywise(reshaping.copy, np.positive, operator.pos),
    **_entrywise(elementwise.square, np.square),
    **_entrywise(elementwise.sqrt, np.sqrt),
    **_entrywise(exponentials.exp, np.exp),
    **_entrywise(exponentials.exp2, np.exp2),
    **_entrywise(exponentials.expm1, np.expm1),
    **_entrywise(exponentials.log, np.log),
    **_entrywise(exponentials.log2, np.log2),
    **_entrywise(exponentials.log10, np.log10),
    **_entrywise(exponentials.log1p, np.log1p),
    **_entrywise(elementwise.reciprocal, np.reciprocal),
    **_entrywise(trigonometry.sin, np.sin),
    **_entrywise(trigonometry.cos, np.cos),
    **_entrywise(trigonometry.tan, np.tan),
    **_entrywise(trigonometry.arcsin, np.arcsin),
    **_entrywise(trigonometry.arccos, np.arccos),
    **_entrywise(trigonometry.arctan, np.arctan),
    **_entrywise(trigonometry.arctan2, np.arctan2),
    **_entrywise(trigonometry.sinh, np.sinh),
    **_entrywise(trigonometry.cosh, np.cosh),
    **_entrywise(activations.tanh, np.tanh),
    **_entrywise(choosing.sign, np.sign),
    **_entrywise(choosing.maximum, np.maximum),
    **_entrywise(choosing.minimum, np.minimum),
    **_entrywise(choosing.fmax, np.fmax),
    **_entrywise(choosing.fmin, np.fmin),
    **_entrywise(exponentials.logaddexp, np.logaddexp),
    **_entrywise(choosing.where, np.where),
    np.clip: Rule(choosing.clip, _clip),
    **_entrywise(linear.matmul, np.matmul, operator.matmul),
    **_entrywise(linear.dot, np.dot),
    **_entrywise(linear.outer, np.outer),
    np.einsum: Rule(linear.einsum, _einsum),
    **_with_options(reductions.sum, np.sum),
    **_with_options(reductions.mean, np.mean),
    **_with_options(reductions.prod, np.prod),
    **_with_options(reductions.max, np.max, np.amax),
    **_with_options(reductions.min, np.min, np.amin),
    **_spread(reductions.var, np.var),
    **_spread(reductions.std, np.std),
    **_with_options(reductions.cumsum, np.cumsum),
    **_with_options(reductions.norm, np.linalg.norm),
    np.reshape: Rule(reshaping.reshape, _reshape),
    np.ravel: Rule(reshaping.ravel, _ravel),
    **_with_options(reshaping.transpose, np.transpose),
    **_with_options(reshaping.matrix_transpose, np.matrix_transpose),
    **_with_options(reshaping.swapaxes, np.swapaxes),
    **_with_options(reshaping.moveaxis, np.moveaxis),
    **_with_options(reshaping.expand_dims, np.expand_dims),
    **_with_options(reshaping.squeeze, np.squeeze),
    **_with_options(reshaping.broadcast_to, np.broadcast_to),
    **_with_options(reshaping.flip, np.flip),
    **_with_options(reshaping.copy, np.copy),
    **_with_options(reshaping.astype, np.astype),
    **_sequence(joining.concatenate, np.concatenate),
    **_sequence(joining.stack, np.stack),
    np.hstack: Rule(joining.hstack, _stacked),
    np.vstack: Rule(joining.vstack, _stacked),
    **_with_options(joining.repeat, np.repeat),
    **_with_options(indexing.diagonal, np.diagonal),
    **_with_options(indexing.take, np.take),
    operator.getitem: Rule(indexing.index, _getitem),
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
