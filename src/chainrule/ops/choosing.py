"""Functions that choose between entries. Each has a kink; docs/kinks.md lists what is chosen there."""

import numpy as np

from chainrule.op import Op
from chainrule.ops.broadcasting import unbroadcast


def maximum_forward(a, b):
    """The larger of two, entry by entry: ``out = max(a, b)``.

    Args:
        a: left operand, any shape.
        b: right operand, a shape that broadcasts with a's.

    Example: ``maximum(3.0, 2.0)`` is 3.
    """
    return np.maximum(a, b), (a, b)


def maximum_backward(saved, d_out):
    """Pull the gradient back to the larger operand; equal ones share it, so ``maximum(x, x)`` has gradient 1 in all."""
    a, b = saved
    share_a = (a > b) + 0.5 * (a == b)
    return _shared(saved, d_out, share_a)


def minimum_forward(a, b):
    """The smaller of two, entry by entry: ``out = min(a, b)``.

    Args:
        a: left operand, any shape.
        b: right operand, a shape that broadcasts with a's.

    Example: ``minimum(3.0, 2.0)`` is 2.
    """
    return np.minimum(a, b), (a, b)


def minimum_backward(saved, d_out):
    """Pull the gradient back to the smaller operand; equal ones share it."""
    a, b = saved
    share_a = (a < b) + 0.5 * (a == b)
    return _shared(saved, d_out, share_a)


def fmax_forward(a, b):
    """The larger of two, entry by entry, where nan counts as missing.

    Args:
        a: left operand, any shape.
        b: right operand, a shape that broadcasts with a's.

    Example: ``fmax(3.0, nan)`` is 3.
    """
    return np.fmax(a, b), (a, b)


def fmax_backward(saved, d_out):
    """Pull the gradient back as for `maximum`, and past a nan to the other operand."""
    a, b = saved
    share_a = (a > b) + 0.5 * (a == b) + np.isnan(b)
    return _shared(saved, d_out, share_a)


def fmin_forward(a, b):
    """The smaller of two, entry by entry, where nan counts as missing.

    Args:
        a: left operand, any shape.
        b: right operand, a shape that broadcasts with a's.

    Example: ``fmin(2.0, nan)`` is 2.
    """
    return np.fmin(a, b), (a, b)


def fmin_backward(saved, d_out):
    """Pull the gradient back as for `minimum`, and past a nan to the other operand."""
    a, b = saved
    share_a = (a < b) + 0.5 * (a == b) + np.isnan(b)
    return _shared(saved, d_out, share_a)


def where_forward(condition, a, b):
    """Choose entry by entry: ``out = a`` where the condition is true, else ``b``.

    Args:
        condition: truth values, any shape.
        a: chosen where true, a shape that broadcasts.
        b: chosen where false, a shape that broadcasts.

    Example: ``where(True, 1.0, 2.0)`` is 1.
    """
    return np.where(condition, a, b), (condition, np.shape(a), np.shape(b))


def where_backward(saved, d_out):
    """Pull the gradient back to what was chosen; the other side gets 0, the condition has no gradient.

    What was not chosen still has its own derivative, and 0 times infinity is nan: see docs/kinks.md for the remedy.
    """
    condition, a_shape, b_shape = saved
    return (
        None,
        unbroadcast(np.where(condition, d_out, 0), a_shape),
        unbroadcast(np.where(condition, 0, d_out), b_shape),
    )


def clip_forward(x, low, high):
    """Keep between two bounds: ``out = min(max(x, low), high)``.

    Args:
        x: inputs, any shape.
        low: lower bound or None, a shape that broadcasts.
        high: upper bound or None, a shape that broadcasts.

    Example: ``clip(3.0, 0.0, 1.0)`` is 1.
    """
    return np.clip(x, low, high), (x, low, high)


def clip_backward(saved, d_out):
    """Pull the gradient back to x where it lies between the bounds or on one, else to the bound that holds it."""
    x, low, high = saved
    below = False if low is None else x < low
    above = False if high is None else x > high
    d_x = unbroadcast(np.where(below | above, 0, d_out), np.shape(x))
    d_low = None if low is None else unbroadcast(np.where(below, d_out, 0), np.shape(low))
    d_high = None if high is None else unbroadcast(np.where(above, d_out, 0), np.shape(high))
    return d_x, d_low, d_high


def absolute_forward(x):
    """Drop the sign: ``out = |x|``.

    Args:
        x: inputs, any shape.

    Example: ``absolute(-2.0)`` is 2.
    """
    return np.absolute(x), x


def absolute_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = sign(x)``, with 0 at 0."""
    x = saved
    return d_out * np.sign(x)


def sign_forward(x):
    """The sign: ``out = -1, 0 or 1``.

    Args:
        x: inputs, any shape.

    Example: ``sign(-2.0)`` is -1.
    """
    return np.sign(x), ()


def sign_backward(saved, d_out):
    """Pull the gradient back: the sign is constant on either side of 0, so ``d out / d x = 0``, at 0 as well."""
    return np.zeros_like(d_out)


def _shared(saved, d_out, share_a):
    a, b = saved
    share_a = np.astype(share_a, d_out.dtype)  # halves of a float32 gradient stay float32
    return unbroadcast(d_out * share_a, np.shape(a)), unbroadcast(d_out * (1 - share_a), np.shape(b))


maximum = Op(maximum_forward, maximum_backward)
minimum = Op(minimum_forward, minimum_backward)
fmax = Op(fmax_forward, fmax_backward)
fmin = Op(fmin_forward, fmin_backward)
where = Op(where_forward, where_backward)
clip = Op(clip_forward, clip_backward)
absolute = Op(absolute_forward, absolute_backward)
sign = Op(sign_forward, sign_backward)
