"""Functions that move entries without changing them; their gradients move back."""

import numpy as np

from chainrule.op import Op
from chainrule.ops.broadcasting import unbroadcast


def reshape_forward(x, *, shape):
    """The same entries in another shape, row by row.

    Args:
        x: inputs, any shape.

    Example: (1, 2, 3, 4) in shape (2, 2) has the rows (1, 2) and (3, 4).
    """
    return np.reshape(x, shape), np.shape(x)


def reshape_backward(saved, d_out):
    """Pull the gradient back: the same entries in the old shape."""
    return np.reshape(d_out, saved)


def ravel_forward(x):
    """All entries in one row.

    Args:
        x: inputs, any shape.

    Example: the rows (1, 2) and (3, 4) become (1, 2, 3, 4).
    """
    return np.ravel(x), np.shape(x)


def transpose_forward(x, *, axes=None):
    """Change the order of the axes; without ``axes``, turn it around.

    Args:
        x: inputs, any shape.

    Example: shape (2, 3) becomes (3, 2).
    """
    return (np.transpose(x) if axes is None else np.transpose(x, axes)), axes


def transpose_backward(saved, d_out):
    """Pull the gradient back: the axes return to where they were."""
    axes = saved
    if axes is None:
        return np.transpose(d_out)
    places = [axis % len(axes) for axis in axes]
    return np.transpose(d_out, tuple(places.index(axis) for axis in range(len(places))))


def matrix_transpose_forward(x):
    """Swap rows and columns of each matrix in a stack.

    Args:
        x: matrices, shape (..., N, D).

    Example: shape (5, 2, 3) becomes (5, 3, 2).
    """
    return np.matrix_transpose(x), ()


def matrix_transpose_backward(saved, d_out):
    """Pull the gradient back: swap them again."""
    return np.matrix_transpose(d_out)


def swapaxes_forward(x, *, axis1, axis2):
    """Swap two axes.

    Args:
        x: inputs, any shape.

    Example: swapping axes 0 and 1 of shape (2, 3) gives (3, 2).
    """
    return np.swapaxes(x, axis1, axis2), (axis1, axis2)


def swapaxes_backward(saved, d_out):
    """Pull the gradient back: swap them again."""
    axis1, axis2 = saved
    return np.swapaxes(d_out, axis1, axis2)


def moveaxis_forward(x, *, source, destination):
    """Move axes to other places; the rest keep their order.

    Args:
        x: inputs, any shape.

    Example: moving axis 0 of shape (2, 3, 4) to the end gives (3, 4, 2).
    """
    return np.moveaxis(x, source, destination), (source, destination)


def moveaxis_backward(saved, d_out):
    """Pull the gradient back: move them home."""
    source, destination = saved
    return np.moveaxis(d_out, destination, source)


def expand_dims_forward(x, *, axis):
    """Put in axes of size 1.

    Args:
        x: inputs, any shape.

    Example: axis 0 makes shape (3,) into (1, 3).
    """
    return np.expand_dims(x, axis), np.shape(x)


def squeeze_forward(x, *, axis=None):
    """Take out axes of size 1.

    Args:
        x: inputs, any shape.

    Example: shape (1, 3) becomes (3,).
    """
    return np.squeeze(x, axis=axis), np.shape(x)


def broadcast_to_forward(x, *, shape):
    """Repeat along new axes and those of size 1.

    Args:
        x: inputs, a shape that broadcasts to the new one.

    Example: (1, 2) in shape (3, 2) is three rows of it.
    """
    return np.broadcast_to(x, shape), np.shape(x)


def broadcast_to_backward(saved, d_out):
    """Pull the gradient back: an entry collects from all its copies."""
    return unbroadcast(d_out, saved)


def flip_forward(x, *, axis=None):
    """Turn the order of the entries around.

    Args:
        x: inputs, any shape.

    Example: (1, 2, 3) becomes (3, 2, 1).
    """
    return np.flip(x, axis), axis


def flip_backward(saved, d_out):
    """Pull the gradient back: turn it around again."""
    return np.flip(d_out, saved)


def copy_forward(x):
    """The same entries.

    Args:
        x: inputs, any shape.

    Example: a copy of (1, 2) is (1, 2).
    """
    return np.copy(x), ()


def copy_backward(saved, d_out):
    """Pull the gradient back: it is the same."""
    return d_out


def astype_forward(x, *, dtype):
    """The same numbers in another type.

    Args:
        x: inputs, any shape.

    Example: 1.5 as float32 is 1.5.
    """
    return np.astype(x, dtype), x.dtype


def astype_backward(saved, d_out):
    """Pull the gradient back, in the type that the inputs had."""
    return np.astype(d_out, saved)


reshape = Op(reshape_forward, reshape_backward)
ravel = Op(ravel_forward, reshape_backward)
transpose = Op(transpose_forward, transpose_backward)
matrix_transpose = Op(matrix_transpose_forward, matrix_transpose_backward)
swapaxes = Op(swapaxes_forward, swapaxes_backward)
moveaxis = Op(moveaxis_forward, moveaxis_backward)
expand_dims = Op(expand_dims_forward, reshape_backward)
squeeze = Op(squeeze_forward, reshape_backward)
broadcast_to = Op(broadcast_to_forward, broadcast_to_backward)
flip = Op(flip_forward, flip_backward)
copy = Op(copy_forward, copy_backward)
astype = Op(astype_forward, astype_backward)
