"""What a NumPy call on tracers means: which equation it becomes, and what it writes."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.ops.drawing import uniform
from chainrule.ops.rules import NO_GRADIENT, RULES
from chainrule.ops.scatter import added_at, written_at
from chainrule.tracing.errors import PlainArrayError, TracingError
from chainrule.tracing.program import primitive_name
from chainrule.tracing.selection import Nonzero, Selection
from chainrule.tracing.trees import leaves

if TYPE_CHECKING:
    from chainrule.tracing.recorder import Recorder
    from chainrule.tracing.tracer import Tracer

# Functions whose result may share the array's memory; basic indexing is another.
VIEWS = frozenset(
    {
        np.reshape,
        np.ravel,
        np.transpose,
        np.matrix_transpose,
        np.swapaxes,
        np.moveaxis,
        np.expand_dims,
        np.squeeze,
        np.broadcast_to,
        np.diagonal,
    }
)

# Functions of no array's entries: random numbers, from a key.
DRAWING = frozenset({uniform})

# Many numbers become one; as methods of an array they mean the same.
REDUCTIONS = frozenset({np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std})

# One array and options: options become keywords, defaults are dropped, so that equal calls are seen to be equal.
_OPTIONS_AFTER_FIRST = REDUCTIONS | frozenset(
    {
        np.cumsum,
        np.any,
        np.all,
        np.argmax,
        np.argmin,
        np.argsort,
        np.expand_dims,
        np.squeeze,
        np.concatenate,
        np.stack,
        np.linalg.norm,
    }
)

_REDUCE: dict[Any, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}


def is_tracer(value: Any) -> bool:
    """Whether ``value`` stands for a traced array."""
    return hasattr(type(value), "__chainrule_op__")


# -- operators -------------------------------------------------------------------------------------


def binary(self: Tracer, ufunc: Callable[..., Any], plain: Callable[..., Any], a: Any, b: Any) -> Any:
    """``a + b`` and its like. Python numbers among themselves stay Python numbers: ``step + 1`` is a float."""
    operands = [np.asarray(operand) if isinstance(operand, list) else operand for operand in (a, b)]
    if any(isinstance(operand, Selection) for operand in operands):
        return NotImplemented
    function = plain if all(map(_is_python_number, operands)) else ufunc
    return self.recorder.record(function, tuple(operands), {})


def unary(self: Tracer, ufunc: Callable[..., Any], plain: Callable[..., Any]) -> Any:
    """``-a`` and its like."""
    return self.recorder.record(plain if _is_python_number(self) else ufunc, (self,), {})


def _is_python_number(value: Any) -> bool:
    if is_tracer(value):
        return bool(value.read().is_python_number)
    return isinstance(value, (bool, int, float)) and not isinstance(value, np.generic)


# -- functions -------------------------------------------------------------------------------------


def ufunc_call(
    recorder: Recorder,
    ufunc: Any,
    method: str,
    inputs: tuple[Any, ...],
    out: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """``np.add(a, b)``, ``np.add(a, b, out=c)``, ``np.add.reduce(a)``, ``np.add.at(a, rows, b)``."""
    if any(isinstance(value, Selection) for value in inputs):
        return NotImplemented
    _known(ufunc)
    if method == "__call__":
        return _written(recorder, ufunc, inputs, out, kwargs)
    if method == "reduce" and ufunc in _REDUCE:
        options = {"axis": 0, **kwargs, **({"out": out[0]} if out else {})}
        return array_function(recorder, _REDUCE[ufunc], inputs, options)
    if method == "accumulate" and ufunc is np.add:
        return array_function(recorder, np.cumsum, inputs, {"axis": 0, **kwargs})
    if method == "at" and ufunc in (np.add, np.subtract):
        array, index, values = inputs
        if not is_tracer(array):
            raise PlainArrayError(_INTO_PLAIN)
        array.write(recorder.record(added_at, (array, index, values if ufunc is np.add else -values), {}))
        return None
    if method == "outer":
        a, b = inputs
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
    raise TracingError(f"np.{primitive_name(ufunc)}.{method} can't be traced. Write it with whole-array functions.")


def _written(
    recorder: Recorder, ufunc: Any, inputs: tuple[Any, ...], out: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A ufunc's result, put into ``out`` where one is given."""
    where = kwargs.pop("where", True)
    if where is not True and not out:
        raise TracingError("`where=` without `out=` leaves entries undefined. Write `np.where(condition, a, b)`.")
    result: Any = recorder.record(ufunc, inputs, kwargs)
    if not out:
        return result
    if where is not True:
        result = np.where(where, result, out[0])
    if is_tracer(out[0]):
        out[0].write(result)
        return out[0]
    return recorder.rebind(out[0], result)


def array_function(recorder: Recorder, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A NumPy function of tracers that is not a ufunc, or a method that means the same."""
    special = _SPECIAL.get(function)
    if special is not None:
        return special(recorder, *args, **kwargs)
    _known(function)
    if any(isinstance(leaf, Selection) for leaf in leaves((args, kwargs))):
        return NotImplemented
    out = kwargs.pop("out", None) if "out" in kwargs else None
    if function in _OPTIONS_AFTER_FIRST:
        args, kwargs = _options_as_keywords(function, args, kwargs)
    result = recorder.record(function, tuple(args), kwargs)
    if out is not None:
        if not is_tracer(out):
            return recorder.rebind(out, result)
        out.write(result)
        return out
    return _as_view(args[0], result) if function in VIEWS else result


def _known(function: Callable[..., Any]) -> None:
    """Refuse what has no derivative rule and is not known to need none."""
    if function not in RULES and function not in NO_GRADIENT:
        name = getattr(function, "__name__", str(function))
        raise TracingError(
            f"{name} is not among the functions that chainrule can trace. Write it with others "
            "(chainrule.ops.rules.RULES lists them), or give it a backward: `Op(forward, backward)`."
        )


@cache
def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """The options after the first argument, with their defaults."""
    if function is np.concatenate:  # NumPy 2.1 gives it no signature
        return {"axis": 0, "out": None, "dtype": None, "casting": "same_kind"}
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {parameter.name: parameter.default for parameter in parameters}


def _options_as_keywords(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    defaults = _defaults(function)
    options = dict(zip(defaults, args[1:], strict=False)) | kwargs
    told = {name: value for name, value in options.items() if not _is_default(name, value, defaults)}
    return args[:1], told


def _is_default(name: str, value: Any, defaults: dict[str, Any]) -> bool:
    if value is np._NoValue or (name == "keepdims" and value is False):
        return True
    default = defaults.get(name, np._NoValue)
    return value is default or (type(value) is type(default) is int and value == default)


def _as_view(array: Any, result: Any) -> Any:
    """Tie ``result`` to ``array`` if their values share memory, as a view does."""
    if not is_tracer(array) or not isinstance(result.value, np.ndarray):
        return result
    return array.view(result.read()) if np.may_share_memory(result.value, array.value) else result


# -- reading and writing parts ---------------------------------------------------------------------


def get(self: Tracer, index: Any) -> Any:
    """``self[index]``."""
    mask = _mask(index)
    if mask is not None:
        return Selection(self, mask)
    return _as_view(self, self.recorder.record(operator.getitem, (self, index), {}))


def put(self: Tracer, index: Any, value: Any) -> None:
    """``self[index] = value``."""
    mask = _mask(index)
    if mask is not None:
        new = _chosen(self, mask, value)
    elif isinstance(value, Selection):
        raise TracingError("a selection by a traced condition is written somewhere else. Use the same mask.")
    else:
        self.put_back(value)
        whole = index is Ellipsis or (isinstance(index, slice) and index == slice(None))
        whole = whole and np.shape(value) == self.shape and is_tracer(value)
        new = value if whole else self.recorder.record(written_at, (self, index, value), {})
    self.write(new)


def fitted(array: Tracer, new: Any) -> Any:
    """``new`` in the dtype of the array it is written into; its shape must be the array's already."""
    if np.shape(new) != array.shape:
        raise ValueError(
            f"non-broadcastable output operand with shape {array.shape} doesn't match the broadcast shape "
            f"{np.shape(new)}"
        )
    if new.dtype == array.dtype:
        return new
    if not np.can_cast(new.dtype, array.dtype, casting="same_kind"):
        raise TypeError(f"cannot write {new.dtype} values into an array of {array.dtype}")
    return array.recorder.record(np.astype, (new, array.dtype), {})


def ordered(array: Tracer, order: str) -> Any:
    """``array`` as a copy in ``order`` lies in memory: itself, or an equation that copies.

    NumPy adds up in the order of memory, so the order decides about the last bits of later sums.
    """
    if not array.is_array or _lies(array.value, order):
        return array
    return array.recorder.record(np.copy, (array,), {"order": order})


def as_laid(array: Tracer, new: Tracer) -> Any:
    """``new``, which is written into ``array``, in the order in memory that the array keeps."""
    if not array.is_array:
        return new
    return ordered(new, next((order for order in "CF" if _lies(array.value, order)), "K"))


def _lies(value: Any, order: str) -> bool:
    rows, columns = value.flags.c_contiguous, value.flags.f_contiguous
    lies = {"C": rows, "F": columns, "A": rows or columns, "K": rows or columns}
    return bool(lies.get(order, False))  # NumPy refuses what is none


def _mask(index: Any) -> Any:
    """The traced condition that ``index`` stands for, if it is one."""
    if is_tracer(index) and index.dtype == np.bool_:
        return index
    if isinstance(index, Nonzero):
        return index.mask
    if isinstance(index, tuple) and any(isinstance(part, Nonzero) for part in index):
        masks = {id(part.mask): part.mask for part in index if isinstance(part, Nonzero)}
        if len(masks) == 1 and all(isinstance(part, Nonzero) for part in index):
            (mask,) = masks.values()
            if mask.ndim == len(index):
                return mask
        raise TracingError("an index mixes `np.where(condition)` with others. Use the condition itself as a mask.")
    if isinstance(index, tuple) and any(is_tracer(part) and part.dtype == np.bool_ for part in index):
        raise TracingError("an index mixes a traced condition with others. Use `np.where(condition, a, b)`.")
    return None


def _chosen(self: Tracer, mask: Any, value: Any) -> Any:
    """``self`` with ``value`` where the mask is true."""
    if isinstance(value, Selection):
        if value.mask.read() is not mask.read():
            raise TracingError("entries selected by one condition are written by another. Use one mask for both.")
        value = value.source
    elif np.ndim(value) > self.ndim - mask.ndim:
        raise TracingError(
            "an array is written into the entries that a traced condition selects; how many there are depends on "
            "values. Write one number, or choose from whole arrays: `x = np.where(mask, values, x)`."
        )
    across = mask.reshape(mask.shape + (1,) * (self.ndim - mask.ndim)) if mask.ndim < self.ndim else mask
    chosen = np.where(across, value, self)
    # Assignment casts as NumPy's does, without a word: g[mask] = 0.5 on integers writes 0.
    return chosen if chosen.dtype == self.dtype else chosen.astype(self.dtype)


# -- functions that need a word of their own --------------------------------------------------------


def _where(recorder: Recorder, condition: Any, *choices: Any) -> Any:
    if not choices:
        return _nonzero(recorder, condition)
    if any(isinstance(choice, Selection) for choice in choices):
        return NotImplemented
    return recorder.record(np.where, (condition, *choices), {})


def _nonzero(recorder: Recorder, a: Any) -> Any:
    mask = a if a.dtype == np.bool_ else a != 0
    return tuple(Nonzero(mask) for _ in range(mask.ndim))


def _copyto(recorder: Recorder, dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if not is_tracer(dst):
        raise PlainArrayError(_INTO_PLAIN)
    dst[...] = src if where is True else np.where(where, src, dst)


def _split(split: Callable[..., Any], ary: Any, sections: Any, axis: int = 0) -> list[Any]:
    bounds = split(np.arange(ary.shape[axis]), sections)
    before = (slice(None),) * (axis % ary.ndim)
    starts = np.cumsum([0, *map(len, bounds)]).tolist()
    return [ary[(*before, slice(start, stop))] for start, stop in pairwise(starts)]


def _shape(recorder: Recorder, a: Any) -> tuple[int, ...]:
    return tuple(a.shape) if is_tracer(a) else np.shape(a)


def _kind(value: Any) -> Any:
    """What ``np.result_type`` goes by: a Python number itself, since it adapts to the others."""
    if not is_tracer(value):
        return value
    return value.value if _is_python_number(value) else value.dtype


def _array_equal(recorder: Recorder, *arrays: Any, **options: Any) -> bool:
    return bool(next(array for array in arrays if is_tracer(array)))  # raises: it asks for a branch


_INTO_PLAIN = (
    "a traced value is written into a plain array. Make that array with `np.zeros_like(x)` or "
    "`np.zeros_like(x, shape=...)` of a traced x, so that it is traced too."
)

_SPECIAL: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.nonzero: _nonzero,
    np.copyto: _copyto,
    np.split: lambda recorder, *args, **options: _split(np.split, *args, **options),
    np.array_split: lambda recorder, *args, **options: _split(np.array_split, *args, **options),
    np.shape: _shape,
    np.ndim: lambda recorder, a: len(_shape(recorder, a)),
    np.size: lambda recorder, a, axis=None: a.size if axis is None else a.shape[axis],
    np.array_equal: _array_equal,
    np.allclose: _array_equal,
    np.iscomplexobj: lambda recorder, x: False,
    np.isrealobj: lambda recorder, x: True,
    np.result_type: lambda recorder, *kinds: np.result_type(*map(_kind, kinds)),
    np.array_repr: lambda recorder, arr, *options: repr(arr),
    np.array_str: lambda recorder, a, *options: str(a),
}
