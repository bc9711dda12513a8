"""Several arrays made one, and one repeated."""

import math

import numpy as np

from chainrule.op import Op


def concatenate_forward(*arrays, axis=0):
    """Join arrays along an axis they have.

    Args:
        arrays: inputs, of equal shape but for that axis.

    Example: (1, 2) and (3,) give (1, 2, 3).
    """
    return np.concatenate(arrays, axis=axis), (tuple(np.shape(array) for array in arrays), axis)


def concatenate_backward(saved, d_out):
    """Pull the gradient back: each array gets its own stretch."""
    shapes, axis = saved
    if axis is None:
        flat = concatenate_backward((tuple((math.prod(shape),) for shape in shapes), 0), d_out)
        return tuple(np.reshape(part, shape) for part, shape in zip(flat, shapes, strict=True))
    before = (slice(None),) * (axis % len(shapes[0]))
    stops = np.cumsum([shape[axis] for shape in shapes]).tolist()
    starts = [0, *stops[:-1]]
    return tuple(d_out[(*before, slice(start, stop))] for start, stop in zip(starts, stops, strict=True))


def stack_forward(*arrays, axis=0):
    """Join arrays of one shape along a new axis.

    Args:
        arrays: inputs, all of one shape.

    Example: (1, 2) and (3, 4) give the rows (1, 2) and (3, 4).
    """
    return np.stack(arrays, axis=axis), (len(arrays), axis)


def stack_backward(saved, d_out):
    """Pull the gradient back: each array gets its own slice."""
    count, axis = saved
    before = (slice(None),) * (axis % len(np.shape(d_out)))
    return tuple(d_out[(*before, place)] for place in range(count))


def hstack_forward(*arrays):
    """Join arrays side by side: along axis 1, or axis 0 where they have just one.

    Args:
        arrays: inputs, of equal shape but for that axis.

    Example: the columns ((1,), (2,)) and ((3,), (4,)) give the rows (1, 3) and (2, 4).
    """
    return np.hstack(arrays), tuple(np.shape(array) for array in arrays)


def hstack_backward(saved, d_out):
    """Pull the gradient back: each array gets its own columns."""
    as_rows = tuple(shape or (1,) for shape in saved)
    parts = concatenate_backward((as_rows, min(len(as_rows[0]) - 1, 1)), d_out)
    return tuple(np.reshape(part, shape) for part, shape in zip(parts, saved, strict=True))


def vstack_forward(*arrays):
    """Join arrays one below the other: along axis 0, with one-dimensional ones as rows.

    Args:
        arrays: inputs, of equal shape but for that axis.

    Example: (1, 2) and (3, 4) give the rows (1, 2) and (3, 4).
    """
    return np.vstack(arrays), tuple(np.shape(array) for array in arrays)


def vstack_backward(saved, d_out):
    """Pull the gradient back: each array gets its own rows."""
    as_rows = tuple(shape if len(shape) > 1 else (1, *(shape or (1,))) for shape in saved)
    parts = concatenate_backward((as_rows, 0), d_out)
    return tuple(np.reshape(part, shape) for part, shape in zip(parts, saved, strict=True))


def repeat_forward(x, *, repeats, axis=None):
    """Each entry, or each slice along an axis, several times in a row.

    Args:
        x: inputs, any shape.

    Example: (5, 6) twice each is (5, 5, 6, 6).
    """
    if np.ndim(repeats):
        raise ValueError(f"repeat: has a derivative here for one number of repeats, got {repeats}. Use np.take.")
    return np.repeat(x, repeats, axis=axis), (np.shape(x), repeats, axis)


def repeat_backward(saved, d_out):
    """Pull the gradient back: an entry collects from all its copies."""
    shape, repeats, axis = saved
    flat = (math.prod(shape),) if axis is None else shape
    after = 1 if axis is None else axis % len(shape) + 1
    copies = np.reshape(d_out, (*flat[:after], repeats, *flat[after:]))
    return np.reshape(copies.sum(axis=after), shape)


concatenate = Op(concatenate_forward, concatenate_backward)
stack = Op(stack_forward, stack_backward)
hstack = Op(hstack_forward, hstack_backward)
vstack = Op(vstack_forward, vstack_backward)
repeat = Op(repeat_forward, repeat_backward)
