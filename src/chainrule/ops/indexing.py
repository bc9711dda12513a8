"""Taking entries out of arrays; their gradients go back to where they were taken from."""

import math

import numpy as np

from chainrule.op import Op
from chainrule.ops.scatter import added_at, index_of, takes_once, written_at


def index_forward(x, *index):
    """Take entries: ``out = x[index]``.

    Args:
        x: inputs, any shape.
        index: the entries of the index as they stand between the brackets: integers, slices, ``None``, ``...``,
            integer arrays, arrays of truth values.

    Example: index 1 of (5, 6, 7) is 6.
    """
    return x[index_of(index)], (np.shape(x), index)


def index_backward(saved, d_out):
    """Pull the gradient back: each entry collects from every place it was taken to; the others get 0."""
    shape, index = saved
    d_x = _put_back(d_out, shape, index_of(index), index)
    return d_x, *(None for _ in index)


def take_forward(x, indices, *, axis=None):
    """Take slices by number along an axis.

    Args:
        x: inputs, any shape.
        indices: whole numbers, any shape.

    Example: taking 2 and 0 of (5, 6, 7) gives (7, 5).
    """
    return np.take(x, indices, axis=axis), (np.shape(x), indices, axis)


def take_backward(saved, d_out):
    """Pull the gradient back: each slice collects from every place it was taken to."""
    shape, indices, axis = saved
    if axis is None:
        flat = _put_back(d_out, (math.prod(shape),), (indices,), (indices,))
        return np.reshape(flat, shape), None
    place = (*(slice(None),) * (axis % len(shape)), indices)
    return _put_back(d_out, shape, place, (indices,)), None


def diagonal_forward(x, *, offset=0, axis1=0, axis2=1):
    """The diagonal of each matrix in two axes, as a new last axis: ``out_i = x[i, i + offset]``.

    Args:
        x: inputs with at least two axes, any shape.

    Example: the rows (1, 2) and (3, 4) have the diagonal (1, 4).
    """
    return np.diagonal(x, offset, axis1, axis2), (np.shape(x), offset, axis1, axis2)


def diagonal_backward(saved, d_out):
    """Pull the gradient back to the diagonal; the other entries get 0."""
    shape, offset, axis1, axis2 = saved
    steps = np.arange(np.shape(d_out)[-1])
    matrices = np.moveaxis(np.zeros_like(d_out, shape=shape), (axis1, axis2), (-2, -1))
    d_matrices = written_at(matrices, (..., steps + max(-offset, 0), steps + max(offset, 0)), d_out)
    return np.moveaxis(d_matrices, (-2, -1), (axis1, axis2))


def _put_back(d_out, shape, place, index):
    """Zeros of ``shape`` with ``d_out`` at the places it was taken from."""
    # What was taken once can be written, many times as fast as adding (benchmarks/backward_forms.py).
    put = written_at if takes_once(index) else added_at
    return put(np.zeros_like(d_out, shape=shape), place, d_out)


index = Op(index_forward, index_backward)
take = Op(take_forward, take_backward)
diagonal = Op(diagonal_forward, diagonal_backward)
