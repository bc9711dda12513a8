"""What broadcasting copies, a gradient adds up again."""

import numpy as np


def unbroadcast(d_out, shape):
    """Sum a gradient over the axes along which an array of ``shape`` was broadcast.

    One entry of the array stood for many entries of the result, so its gradient is the sum of theirs.

    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    >>> unbroadcast(np.ones((4, 3)), (4, 1))
    array([[3.],
           [3.],
           [3.],
           [3.]])
    """
    d_shape = np.shape(d_out)
    if d_shape == shape:
        return d_out
    added = len(d_shape) - len(shape)
    if added:
        d_out = d_out.sum(axis=_plain(tuple(range(added))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1 and d_shape[added + axis] != 1)
    return d_out.sum(axis=_plain(stretched), keepdims=True) if stretched else d_out


def _plain(axes):
    """One axis as a number, which reads better in a program."""
    return axes[0] if len(axes) == 1 else axes
