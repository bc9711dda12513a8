"""Exponentials and logarithms, entry by entry."""

import numpy as np

from chainrule.op import Op
from chainrule.ops.broadcasting import unbroadcast

LOG_2 = 0.6931471805599453  # NumPy gives a float64 scalar for np.log(2), which would make float32 gradients float64
LOG_10 = 2.302585092994046


def exp_forward(x):
    """Take the exponential: ``out = e^x``.

    Args:
        x: inputs, any shape.

    Example: ``exp(0.0)`` is 1.
    """
    out = np.exp(x)
    return out, out


def exp_backward(saved, d_out):
    """Pull the gradient back: the exponential is its own derivative."""
    out = saved
    return d_out * out


def exp2_forward(x):
    """Raise 2 to a power: ``out = 2^x``.

    Args:
        x: inputs, any shape.

    Example: ``exp2(3.0)`` is 8.
    """
    out = np.exp2(x)
    return out, out


def exp2_backward(saved, d_out):
    """Pull the gradient back: ``2^x = e^(x log 2)``, so ``d out / d x = out log 2``."""
    out = saved
    return d_out * (out * LOG_2)


def expm1_forward(x):
    """The exponential less one: ``out = e^x - 1``, exact for small x.

    Args:
        x: inputs, any shape.

    Example: ``expm1(0.0)`` is 0.
    """
    out = np.expm1(x)
    return out, out


def expm1_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = e^x = out + 1``."""
    out = saved
    return d_out * (out + 1)


def log_forward(x):
    """Take the natural logarithm: ``out = log(x)``.

    Args:
        x: inputs above 0, any shape.

    Example: ``log(1.0)`` is 0.
    """
    return np.log(x), x


def log_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 / x``."""
    x = saved
    return d_out / x


def log2_forward(x):
    """Take the logarithm to base 2: ``out = log2(x)``.

    Args:
        x: inputs above 0, any shape.

    Example: ``log2(8.0)`` is 3.
    """
    return np.log2(x), x


def log2_backward(saved, d_out):
    """Pull the gradient back: ``log2(x) = log(x) / log(2)``."""
    x = saved
    return d_out / (x * LOG_2)


def log10_forward(x):
    """Take the logarithm to base 10: ``out = log10(x)``.

    Args:
        x: inputs above 0, any shape.

    Example: ``log10(100.0)`` is 2.
    """
    return np.log10(x), x


def log10_backward(saved, d_out):
    """Pull the gradient back: ``log10(x) = log(x) / log(10)``."""
    x = saved
    return d_out / (x * LOG_10)


def log1p_forward(x):
    """The logarithm of one more: ``out = log(1 + x)``, exact for small x.

    Args:
        x: inputs above -1, any shape.

    Example: ``log1p(0.0)`` is 0.
    """
    return np.log1p(x), x


def log1p_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 / (1 + x)``."""
    x = saved
    return d_out / (1 + x)


def logaddexp_forward(a, b):
    """The logarithm of a sum of exponentials: ``out = log(e^a + e^b)``, without overflow.

    Args:
        a: left operand, any shape.
        b: right operand, a shape that broadcasts with a's.

    Example: ``logaddexp(0.0, 0.0)`` is log 2.
    """
    out = np.logaddexp(a, b)
    return out, (a, b, out)


def logaddexp_backward(saved, d_out):
    """Pull the gradient back: ``d out / d a = e^a / (e^a + e^b) = e^(a - out)``, and the same for b."""
    a, b, out = saved
    return unbroadcast(d_out * np.exp(a - out), np.shape(a)), unbroadcast(d_out * np.exp(b - out), np.shape(b))


exp = Op(exp_forward, exp_backward)
exp2 = Op(exp2_forward, exp2_backward)
expm1 = Op(expm1_forward, expm1_backward)
log = Op(log_forward, log_backward)
log2 = Op(log2_forward, log2_backward)
log10 = Op(log10_forward, log10_backward)
log1p = Op(log1p_forward, log1p_backward)
logaddexp = Op(logaddexp_forward, logaddexp_backward)
