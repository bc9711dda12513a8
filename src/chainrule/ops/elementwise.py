"""Arithmetic of single entries. Operands broadcast; gradients are summed back to each one's shape."""

import math

import numpy as np

from chainrule.op import Op
from chainrule.ops.broadcasting import unbroadcast


def add_forward(a, b):
    """Add entry by entry: ``out = a + b``.

    Args:
        a: left operand, any shape.
        b: right operand, a shape that broadcasts with a's.

    Example: ``add(1.0, 2.0)`` is 3.
    """
    return a + b, (np.shape(a), np.shape(b))


def add_backward(saved, d_out):
    """Pull the gradient back: ``d out / d a = 1`` and ``d out / d b = 1``, so both get ``d_out``."""
    a_shape, b_shape = saved
    return unbroadcast(d_out, a_shape), unbroadcast(d_out, b_shape)


def subtract_forward(a, b):
    """Subtract entry by entry: ``out = a - b``.

    Args:
        a: left operand, any shape.
        b: right operand, a shape that broadcasts with a's.

    Example: ``subtract(3.0, 2.0)`` is 1.
    """
    return a - b, (np.shape(a), np.shape(b))


def subtract_backward(saved, d_out):
    """Pull the gradient back: ``d out / d a = 1`` and ``d out / d b = -1``."""
    a_shape, b_shape = saved
    return unbroadcast(d_out, a_shape), unbroadcast(-d_out, b_shape)


def multiply_forward(a, b):
    """Multiply entry by entry: ``out = a b``.

    Args:
        a: left factor, any shape.
        b: right factor, a shape that broadcasts with a's.

    Example: ``multiply(3.0, 2.0)`` is 6.
    """
    return a * b, (a, b)


def multiply_backward(saved, d_out):
    """Pull the gradient back: each factor's derivative is the other factor."""
    a, b = saved
    return unbroadcast(d_out * b, np.shape(a)), unbroadcast(d_out * a, np.shape(b))


def divide_forward(a, b):
    """Divide entry by entry: ``out = a / b``.

    Args:
        a: numerator, any shape.
        b: denominator, a shape that broadcasts with a's.

    Example: ``divide(3.0, 2.0)`` is 1.5.
    """
    out = a / b
    return out, (np.shape(a), b, out)


def divide_backward(saved, d_out):
    """Pull the gradient back: ``d out / d a = 1 / b`` and ``d out / d b = -a / b^2 = -out / b``."""
    a_shape, b, out = saved
    d_a = d_out / b
    return unbroadcast(d_a, a_shape), unbroadcast(-d_a * out, np.shape(b))


def negative_forward(x):
    """Change the sign: ``out = -x``.

    Args:
        x: inputs, any shape.

    Example: ``negative(2.0)`` is -2.
    """
    return -x, ()


def negative_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = -1``."""
    return -d_out


def reciprocal_forward(x):
    """Divide one by each entry: ``out = 1 / x``.

    Args:
        x: inputs other than 0, any shape.

    Example: ``reciprocal(4.0)`` is 0.25.
    """
    out = np.reciprocal(x)
    return out, out


def reciprocal_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = -1 / x^2 = -out^2``."""
    out = saved
    return -d_out * (out * out)


def square_forward(x):
    """Multiply by itself: ``out = x^2``.

    Args:
        x: inputs, any shape.

    Example: ``square(3.0)`` is 9.
    """
    return np.square(x), x


def square_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 2 x``."""
    x = saved
    return d_out * (2 * x)


def sqrt_forward(x):
    """Take the square root: ``out = sqrt(x)``.

    Args:
        x: inputs from 0 up, any shape.

    Example: ``sqrt(9.0)`` is 3.
    """
    out = np.sqrt(x)
    return out, out


def sqrt_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 / (2 sqrt(x))``, which is infinite at 0."""
    out = saved
    return d_out / (2 * out)


def power_forward(a, b):
    """Raise to a power entry by entry: ``out = a^b``.

    Args:
        a: base, any shape.
        b: exponent, a shape that broadcasts with a's.

    Example: ``power(3.0, 2)`` is 9.
    """
    out = a**b
    return out, (a, b, out)


def power_backward(saved, d_out):
    """Pull the gradient back to base and exponent.

        d out / d a = b a^(b - 1)
        d out / d b = out log(a)

    Where ``b`` is 0 the power is constant 1, whatever the base: the first derivative is 0 there, also at a = 0. The
    logarithm is taken of positive bases only; where the base is 0 or negative, d_b is 0: powers of such bases exist
    for single exponents, not in a neighbourhood of one.
    """
    a, b, out = saved
    if type(b) in (int, float):  # isinstance would take NumPy's float64 scalars too, which may have a gradient
        return unbroadcast(d_out * _constant_power_slope(a, b), np.shape(a)), None
    if type(a) in (int, float):
        # math.log gives a Python float, so that a float32 exponent has a float32 gradient.
        return None, d_out * (out * math.log(a)) if a > 0 else np.zeros_like(d_out)
    slope_a = b * a ** np.where(b == 0, 1, b - 1)
    slope_b = np.where(a > 0, out * np.log(np.where(a > 0, a, 1)), 0)
    return unbroadcast(d_out * slope_a, np.shape(a)), unbroadcast(d_out * slope_b, np.shape(b))


def numpy_power_forward(a, b):
    """Raise to a power by ``np.power``, whose last bit may differ from ``a ** b``.

    Args:
        a: base, any shape.
        b: exponent, a shape that broadcasts with a's.

    Example: ``np.power(3.0, 2)`` is 9.
    """
    out = np.power(a, b)
    return out, (a, b, out)


def _constant_power_slope(a, b):
    """``b a^(b - 1)`` for a plain number b: the frequent exponents in their shortest form."""
    if b == 2:
        return 2 * a
    if b in (0, 1):
        return b
    return b * a ** (b - 1)


add = Op(add_forward, add_backward)
subtract = Op(subtract_forward, subtract_backward)
multiply = Op(multiply_forward, multiply_backward)
divide = Op(divide_forward, divide_backward)
negative = Op(negative_forward, negative_backward)
reciprocal = Op(reciprocal_forward, reciprocal_backward)
square = Op(square_forward, square_backward)
sqrt = Op(sqrt_forward, sqrt_backward)
power = Op(power_forward, power_backward)
numpy_power = Op(numpy_power_forward, power_backward)
