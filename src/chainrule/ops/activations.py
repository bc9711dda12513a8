"""Functions that bend: between two affine layers they make a network more than one affine layer."""

import numpy as np

from chainrule.op import Op


def sigmoid_forward(x):
    """Squash to between 0 and 1: ``out = 1 / (1 + e^-x)``.

    Written ``e^min(x, 0) / (1 + e^-|x|)``, which is ``1 / (1 + e^-x)`` for positive x and ``e^x / (1 + e^x)`` for
    negative: no exponential can overflow, and small results keep their precision.

    Args:
        x: inputs, any shape.

    Example: ``sigmoid(0.0)`` is 0.5.
    """
    out = np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
    return out, out


def sigmoid_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = e^-x / (1 + e^-x)^2 = out (1 - out)``."""
    out = saved
    return d_out * (out * (1 - out))


def tanh_forward(x):
    """Squash to between -1 and 1: ``out = (e^x - e^-x) / (e^x + e^-x)``.

    Args:
        x: inputs, any shape.

    Example: ``tanh(0.0)`` is 0.
    """
    out = np.tanh(x)
    return out, out


def tanh_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 - out^2``."""
    out = saved
    return d_out * (1 - out * out)


def relu_forward(x):
    """Keep what is positive: ``out = max(x, 0)``.

    Args:
        x: inputs, any shape.

    Example: ``relu(-2.0)`` is 0, ``relu(3.0)`` is 3.
    """
    positive = x > 0
    return np.maximum(x, 0), positive


def relu_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x`` is 1 where x > 0, else 0; the choice relu'(0) = 0 is in the ``>``.

    Multiplying by the truth values is many times as fast as np.where on large arrays (benchmarks/backward_forms.py).
    """
    positive = saved
    return d_out * positive


def leaky_relu_forward(x, *, slope=0.01):
    """Keep what is positive, weaken the rest: ``out = x`` where x > 0, else ``slope x``.

    Args:
        x: inputs, any shape.

    Example: ``leaky_relu(-2.0)`` is -0.02.
    """
    factor = np.where(x > 0, 1, slope)
    factor = np.astype(factor, x.dtype) if hasattr(x, "dtype") else factor
    return x * factor, factor


def leaky_relu_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x`` is 1 where x > 0, else ``slope``, at 0 as well."""
    factor = saved
    return d_out * factor


def softplus_forward(x):
    """A smooth relu: ``out = log(1 + e^x)``.

    Written ``max(x, 0) + log(1 + e^-|x|)`` it can't overflow.

    Args:
        x: inputs, any shape.

    Example: ``softplus(0.0)`` is log 2.
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), x


def softplus_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = e^x / (1 + e^x)``, the sigmoid."""
    x = saved
    return d_out * sigmoid_forward(x)[0]


def softmax_forward(x, *, axis=-1):
    """Positive numbers that sum to one: ``out_k = e^{x_k} / sum_j e^{x_j}``.

    Shifting all x by the same number changes nothing, so the largest is shifted to 0 and nothing overflows.

    Args:
        x: logits, any shape.

    Example: ``softmax`` of (0, 0) is (0.5, 0.5).
    """
    exponentials = np.exp(x - np.max(x, axis=axis, keepdims=True))
    out = exponentials / np.sum(exponentials, axis=axis, keepdims=True)
    return out, (out, axis)


def softmax_backward(saved, d_out):
    """Pull the gradient back.

    Every output depends on every input: ``d out_j / d x_k = out_j (1[j = k] - out_k)``. Summed over j with d_out:

        d_x_k = out_k (d_out_k - sum_j d_out_j out_j)
    """
    out, axis = saved
    return out * (d_out - np.sum(d_out * out, axis=axis, keepdims=True))


def log_softmax_forward(x, *, axis=-1):
    """The logarithm of the softmax: ``out_k = x_k - log sum_j e^{x_j}``.

    Args:
        x: logits, any shape.

    Example: ``log_softmax`` of (0, 0) is (-log 2, -log 2).
    """
    shifted = x - np.max(x, axis=axis, keepdims=True)
    out = shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
    return out, (out, axis)


def log_softmax_backward(saved, d_out):
    """Pull the gradient back: ``d out_j / d x_k = 1[j = k] - softmax_k``, so ``d_x = d_out - softmax sum(d_out)``."""
    out, axis = saved
    return d_out - np.exp(out) * np.sum(d_out, axis=axis, keepdims=True)


sigmoid = Op(sigmoid_forward, sigmoid_backward)
tanh = Op(tanh_forward, tanh_backward)
relu = Op(relu_forward, relu_backward)
leaky_relu = Op(leaky_relu_forward, leaky_relu_backward)
softplus = Op(softplus_forward, softplus_backward)
softmax = Op(softmax_forward, softmax_backward)
log_softmax = Op(log_softmax_forward, log_softmax_backward)
