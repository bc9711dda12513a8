"""Writing into parts of an array, as functions: NumPy has only statements for it, and a program needs values."""

import functools
import math

import numpy as np

from chainrule.op import Op
from chainrule.ops.broadcasting import unbroadcast


def _dispatching(function):
    """Hand the call over where an argument, or an entry of the index, stands for a traced array.

    The same protocol as for ops: whoever wants to record calls has ``__chainrule_function__``.
    """

    @functools.wraps(function)
    def call(x, index, values):
        entries = index if isinstance(index, tuple) else (index,)
        for argument in (x, values, *entries):
            if hasattr(type(argument), "__chainrule_function__"):
                return type(argument).__chainrule_function__(call, (x, index, values), {})
        return function(x, index, values)

    return call


@_dispatching
def written_at(x, index, values):
    """A copy of ``x`` with ``x[index] = values``.

    >>> written_at(np.array([1.0, 2.0, 3.0]), slice(0, 2), 0.0)
    array([0., 0., 3.])
    """
    out = x.copy("K")
    out[index] = values
    return out


@_dispatching
def added_at(x, index, values):
    """A copy of ``x`` with ``values`` added at ``index``; a place that the index names twice is added to twice.

    >>> added_at(np.array([1.0, 2.0]), np.array([0, 0]), 10.0)
    array([21.,  2.])
    """
    out = x.copy("K")
    np.add.at(out, index, values)
    return out


def write_at_forward(x, values, *index):
    """Copy with some entries replaced: ``out = x; out[index] = values``.

    Args:
        x: the array, any shape.
        values: what is written, a shape that broadcasts to that of ``x[index]``.
        index: the entries of the index, as they stand between the brackets.

    Example: writing 0 at index 1 of (1, 2, 3) gives (1, 0, 3).
    """
    place = index_of(index)
    return written_at(x, place, values), (index, np.shape(values))


def write_at_backward(saved, d_out):
    """Pull the gradient back: what was replaced has none left, the rest keeps its own; values get theirs.

    Where the index names a place twice, the last value is the one that stays, and the only one with a gradient.
    """
    index, shape = saved
    place = index_of(index)
    d_x = written_at(d_out, place, 0)
    picked = d_out[place]
    if not takes_once(index):
        picked = np.where(_stays(d_out, place, np.shape(picked)), picked, 0)
    return d_x, _values_gradient(picked, shape), *(None for _ in index)


def _stays(d_out, place, shape):
    """Whether each of the written values is still there at the end: number them, write the numbers, look."""
    numbers = np.arange(math.prod(shape)).reshape(shape)
    return written_at(np.zeros_like(d_out, dtype=int), place, numbers)[place] == numbers


def add_at_forward(x, values, *index):
    """Copy with something added to some entries: ``out = x; out[index] += values``, repeated places repeatedly.

    Args:
        x: the array, any shape.
        values: what is added, a shape that broadcasts to that of ``x[index]``.
        index: the entries of the index, as they stand between the brackets.

    Example: adding 10 at index 1 of (1, 2, 3) gives (1, 12, 3).
    """
    place = index_of(index)
    return added_at(x, place, values), (index, np.shape(values))


def add_at_backward(saved, d_out):
    """Pull the gradient back: x keeps all of it, and each value gets that of the place it was added to."""
    index, shape = saved
    return d_out, _values_gradient(d_out[index_of(index)], shape), *(None for _ in index)


def _values_gradient(picked, shape):
    """The gradients of the places, summed to the shape of the values that were broadcast to them."""
    extra = len(shape) - np.ndim(picked)
    d_values = unbroadcast(picked, shape[max(extra, 0) :])
    return np.reshape(d_values, shape) if extra > 0 else d_values


def index_of(entries):
    """The index as it stands between brackets: one entry by itself, several as a tuple."""
    return entries[0] if len(entries) == 1 else tuple(entries)


def takes_once(entries):
    """Whether an index names no place twice; only arrays of whole numbers can.

    >>> takes_once((1, slice(2, None), None)), takes_once((np.array([0, 0]),))
    (True, False)
    """
    return all(np.ndim(entry) == 0 or getattr(entry, "dtype", None) == np.bool_ for entry in entries)


write_at = Op(write_at_forward, write_at_backward)
add_at = Op(add_at_forward, add_at_backward)
