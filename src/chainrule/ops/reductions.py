"""Functions of many entries that give fewer: along one axis, several, or all."""

import math

import numpy as np

from chainrule.op import Op


def expanded(reduced, shape, axis, keepdims):
    """Give a reduced array its axes back with size 1, so that it broadcasts against the array it came from.

    >>> expanded(np.ones(3), (3, 4), 1, False).shape
    (3, 1)
    """
    if keepdims or axis is None or not np.ndim(reduced):
        return reduced
    axes = {one % len(shape) for one in axes_of(axis, shape)}
    return np.reshape(reduced, tuple(1 if place in axes else size for place, size in enumerate(shape)))


def axes_of(axis, shape):
    """The reduced axes as a tuple.

    >>> axes_of(None, (2, 3)), axes_of(-1, (2, 3))
    ((0, 1), (-1,))
    """
    if axis is None:
        return tuple(range(len(shape)))
    return axis if isinstance(axis, tuple) else (axis,)


def count_of(axis, shape):
    """How many entries are reduced to one.

    >>> count_of(0, (2, 3)), count_of(None, (2, 3))
    (2, 6)
    """
    return math.prod(shape[one] for one in axes_of(axis, shape))


def sum_forward(x, *, axis=None, keepdims=False):
    """Add up: ``out = sum_i x_i``.

    Args:
        x: inputs, any shape.

    Example: the sum of 1, 2 and 3 is 6.
    """
    return np.sum(x, axis=axis, keepdims=keepdims), (np.shape(x), axis, keepdims)


def sum_backward(saved, d_out):
    """Pull the gradient back: every entry adds to its sum with slope 1, so it gets the sum's gradient."""
    shape, axis, keepdims = saved
    return np.broadcast_to(expanded(d_out, shape, axis, keepdims), shape)


def mean_forward(x, *, axis=None, keepdims=False):
    """Average: ``out = (1 / n) sum_i x_i``.

    Args:
        x: inputs, any shape.

    Example: the mean of 1, 2 and 3 is 2.
    """
    return np.mean(x, axis=axis, keepdims=keepdims), (np.shape(x), axis, keepdims)


def mean_backward(saved, d_out):
    """Pull the gradient back: every entry counts 1 / n."""
    shape, axis, keepdims = saved
    return np.broadcast_to(expanded(d_out / count_of(axis, shape), shape, axis, keepdims), shape)


def prod_forward(x, *, axis=None, keepdims=False):
    """Multiply up: ``out = prod_i x_i``.

    Args:
        x: inputs, any shape.

    Example: the product of 2, 3 and 4 is 24.
    """
    return np.prod(x, axis=axis, keepdims=keepdims), (x, axis, keepdims)


def prod_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x_i`` is the product of the others.

    Dividing the product by x_i fails at zeros, so the entries that are not zero are multiplied apart. The product of
    the other zeros is 1 where there is none, 0 where there are several; one alone is written as the sum of all zeros
    less x_i, which is 0 too but has the right slope: so second derivatives are right at zeros as well.
    """
    x, axis, keepdims = saved
    zero = x == 0
    nonzero = np.where(zero, 1, x)
    others = np.prod(nonzero, axis=axis, keepdims=True) / nonzero
    zeros = np.where(zero, x, 0)
    count = np.sum(zero, axis=axis, keepdims=True) - np.where(zero, 1, 0)
    single = np.where(count == 1, np.sum(zeros, axis=axis, keepdims=True) - zeros, 0)
    slope = others * np.where(count == 0, 1, single)
    return expanded(d_out, np.shape(x), axis, keepdims) * slope


def max_forward(x, *, axis=None, keepdims=False):
    """The largest entry: ``out = max_i x_i``.

    Args:
        x: inputs, any shape.

    Example: the largest of 1, 5 and 3 is 5.
    """
    out = np.max(x, axis=axis, keepdims=keepdims)
    return out, (x, out, axis, keepdims)


def max_backward(saved, d_out):
    """Pull the gradient back to the largest entry; entries that tie for it share equally."""
    x, out, axis, keepdims = saved
    shape = np.shape(x)
    largest = np.astype(x == expanded(out, shape, axis, keepdims), x.dtype)
    share = largest / np.sum(largest, axis=axis, keepdims=True)
    return expanded(d_out, shape, axis, keepdims) * share


def min_forward(x, *, axis=None, keepdims=False):
    """The smallest entry: ``out = min_i x_i``.

    Args:
        x: inputs, any shape.

    Example: the smallest of 1, 5 and 3 is 1.
    """
    out = np.min(x, axis=axis, keepdims=keepdims)
    return out, (x, out, axis, keepdims)


def var_forward(x, *, axis=None, keepdims=False, ddof=0):
    """The variance: ``out = sum_i (x_i - mean)^2 / (n - ddof)``.

    Args:
        x: inputs, any shape.

    Example: the variance of 1 and 3 is 1.
    """
    return np.var(x, axis=axis, keepdims=keepdims, ddof=ddof), (x, axis, keepdims, ddof)


def var_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x_i = 2 (x_i - mean) / (n - ddof)``; the mean's own share sums to 0."""
    x, axis, keepdims, ddof = saved
    shape = np.shape(x)
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    return expanded(d_out, shape, axis, keepdims) * (deviation * (2 / (count_of(axis, shape) - ddof)))


def std_forward(x, *, axis=None, keepdims=False, ddof=0):
    """The standard deviation: ``out = sqrt(sum_i (x_i - mean)^2 / (n - ddof))``.

    Args:
        x: inputs, any shape.

    Example: the standard deviation of 1 and 3 is 1.
    """
    out = np.std(x, axis=axis, keepdims=keepdims, ddof=ddof)
    return out, (x, out, axis, keepdims, ddof)


def std_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x_i = (x_i - mean) / ((n - ddof) out)``, and 0 where all are equal."""
    x, out, axis, keepdims, ddof = saved
    shape = np.shape(x)
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    divisor = expanded(np.where(out == 0, 1, out), shape, axis, keepdims) * (count_of(axis, shape) - ddof)
    return expanded(d_out, shape, axis, keepdims) * (deviation / divisor)


def cumsum_forward(x, *, axis=None):
    """Running sums: ``out_k = x_0 + ... + x_k``.

    Args:
        x: inputs, any shape.

    Example: the running sums of 1, 2 and 3 are 1, 3 and 6.
    """
    return np.cumsum(x, axis=axis), (np.shape(x), axis)


def cumsum_backward(saved, d_out):
    """Pull the gradient back: x_i is in every running sum from the i-th on, so their gradients add up from the end."""
    shape, axis = saved
    along = 0 if axis is None else axis
    return np.reshape(np.flip(np.cumsum(np.flip(d_out, along), axis=along), along), shape)


def logsumexp_forward(x, *, axis=None, keepdims=False):
    """The logarithm of a sum of exponentials: ``out = log sum_i e^{x_i}``.

    Shifting by the largest entry a changes nothing, ``out = a + log sum_i e^{x_i - a}``, and no exponential overflows.

    Args:
        x: inputs, any shape.

    Example: for 0 and 0 it is log 2.
    """
    largest = np.max(x, axis=axis, keepdims=True)
    exponentials = np.exp(x - largest)
    total = np.sum(exponentials, axis=axis, keepdims=True)
    out = np.log(total) + largest
    if not keepdims:
        out = np.squeeze(out, axis=axes_of(axis, np.shape(x)))
    return out, (exponentials / total, axis, keepdims)


def logsumexp_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x_i = e^{x_i} / sum_j e^{x_j}``, the softmax."""
    softmax, axis, keepdims = saved
    return expanded(d_out, np.shape(softmax), axis, keepdims) * softmax


def norm_forward(x, *, ord=None, axis=None, keepdims=False):
    """The Euclidean length: ``out = sqrt(sum_i x_i^2)``, for a matrix as for a vector of its entries.

    Args:
        x: inputs, any shape.

    Example: the norm of 3 and 4 is 5.
    """
    if ord not in (None, 2, "fro") or (ord == 2 and (np.ndim(x) != 1 and not isinstance(axis, int))):
        raise ValueError(
            f"norm: has a derivative here for the Euclidean (Frobenius) norm, got ord={ord!r}. Write other norms with "
            "np.abs, np.sum and np.max."
        )
    out = np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    return out, (x, out, axis, keepdims)


def norm_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x_i = x_i / out``, and 0 for the zero vector."""
    x, out, axis, keepdims = saved
    length = expanded(np.where(out == 0, 1, out), np.shape(x), axis, keepdims)
    return expanded(d_out, np.shape(x), axis, keepdims) * (x / length)


sum = Op(sum_forward, sum_backward)
mean = Op(mean_forward, mean_backward)
prod = Op(prod_forward, prod_backward)
max = Op(max_forward, max_backward)
min = Op(min_forward, max_backward)
var = Op(var_forward, var_backward)
std = Op(std_forward, std_backward)
cumsum = Op(cumsum_forward, cumsum_backward)
logsumexp = Op(logsumexp_forward, logsumexp_backward)
norm = Op(norm_forward, norm_backward)
