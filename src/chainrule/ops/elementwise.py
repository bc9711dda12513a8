"""Functions of single entries. Operands broadcast against each other; gradients are summed back to each one's shape."""

import math

import numpy as np

from chainrule.op import Op


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
        d_out = d_out.sum(axis=tuple(range(added)))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1 and d_shape[added + axis] != 1)
    return d_out.sum(axis=stretched, keepdims=True) if stretched else d_out


# -- two operands --------------------------------------------------------------------------------------


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


def _constant_power_slope(a, b):
    """``b a^(b - 1)`` for a plain number b: the frequent exponents in their shortest form."""
    if b == 2:
        return 2 * a
    if b in (0, 1):
        return b
    return b * a ** (b - 1)


def numpy_power_forward(a, b):
    """Raise to a power by ``np.power``, whose last bit may differ from ``a ** b``.

    Args:
        a: base, any shape.
        b: exponent, a shape that broadcasts with a's.

    Example: ``np.power(3.0, 2)`` is 9.
    """
    out = np.power(a, b)
    return out, (a, b, out)


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


def _shared(saved, d_out, share_a):
    a, b = saved
    share_a = np.astype(share_a, d_out.dtype)  # halves of a float32 gradient stay float32
    return unbroadcast(d_out * share_a, np.shape(a)), unbroadcast(d_out * (1 - share_a), np.shape(b))


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


def arctan2_forward(y, x):
    """The angle of the point (x, y), in radians: ``out = atan2(y, x)``.

    Args:
        y: vertical coordinate, any shape.
        x: horizontal coordinate, a shape that broadcasts with y's.

    Example: ``arctan2(0.0, 1.0)`` is 0.
    """
    return np.arctan2(y, x), (y, x)


def arctan2_backward(saved, d_out):
    """Pull the gradient back: ``d out / d y = x / (x^2 + y^2)`` and ``d out / d x = -y / (x^2 + y^2)``."""
    y, x = saved
    scaled = d_out / (x * x + y * y)
    return unbroadcast(scaled * x, np.shape(y)), unbroadcast(-scaled * y, np.shape(x))


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


# -- one operand ---------------------------------------------------------------------------------------


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


LOG_2 = 0.6931471805599453  # NumPy gives a float64 scalar for np.log(2), which would make float32 gradients float64
LOG_10 = 2.302585092994046


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


def sin_forward(x):
    """Take the sine of an angle in radians: ``out = sin(x)``.

    Args:
        x: angles, any shape.

    Example: ``sin(0.0)`` is 0.
    """
    return np.sin(x), x


def sin_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = cos(x)``."""
    x = saved
    return d_out * np.cos(x)


def cos_forward(x):
    """Take the cosine of an angle in radians: ``out = cos(x)``.

    Args:
        x: angles, any shape.

    Example: ``cos(0.0)`` is 1.
    """
    return np.cos(x), x


def cos_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = -sin(x)``."""
    x = saved
    return -d_out * np.sin(x)


def tan_forward(x):
    """Take the tangent of an angle in radians: ``out = tan(x)``.

    Args:
        x: angles, any shape.

    Example: ``tan(0.0)`` is 0.
    """
    out = np.tan(x)
    return out, out


def tan_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 / cos(x)^2 = 1 + tan(x)^2``."""
    out = saved
    return d_out * (1 + out * out)


def arcsin_forward(x):
    """The angle whose sine is x: ``out = arcsin(x)``.

    Args:
        x: inputs in [-1, 1], any shape.

    Example: ``arcsin(0.0)`` is 0.
    """
    return np.arcsin(x), x


def arcsin_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 / sqrt(1 - x^2)``."""
    x = saved
    return d_out / np.sqrt(1 - x * x)


def arccos_forward(x):
    """The angle whose cosine is x: ``out = arccos(x)``.

    Args:
        x: inputs in [-1, 1], any shape.

    Example: ``arccos(1.0)`` is 0.
    """
    return np.arccos(x), x


def arccos_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = -1 / sqrt(1 - x^2)``."""
    x = saved
    return -d_out / np.sqrt(1 - x * x)


def arctan_forward(x):
    """The angle whose tangent is x: ``out = arctan(x)``.

    Args:
        x: inputs, any shape.

    Example: ``arctan(0.0)`` is 0.
    """
    return np.arctan(x), x


def arctan_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 / (1 + x^2)``."""
    x = saved
    return d_out / (1 + x * x)


def sinh_forward(x):
    """The hyperbolic sine: ``out = (e^x - e^-x) / 2``.

    Args:
        x: inputs, any shape.

    Example: ``sinh(0.0)`` is 0.
    """
    return np.sinh(x), x


def sinh_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = cosh(x)``."""
    x = saved
    return d_out * np.cosh(x)


def cosh_forward(x):
    """The hyperbolic cosine: ``out = (e^x + e^-x) / 2``.

    Args:
        x: inputs, any shape.

    Example: ``cosh(0.0)`` is 1.
    """
    return np.cosh(x), x


def cosh_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = sinh(x)``."""
    x = saved
    return d_out * np.sinh(x)


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


add = Op(add_forward, add_backward)
subtract = Op(subtract_forward, subtract_backward)
multiply = Op(multiply_forward, multiply_backward)
divide = Op(divide_forward, divide_backward)
power = Op(power_forward, power_backward)
numpy_power = Op(numpy_power_forward, power_backward)
maximum = Op(maximum_forward, maximum_backward)
minimum = Op(minimum_forward, minimum_backward)
where = Op(where_forward, where_backward)
clip = Op(clip_forward, clip_backward)
arctan2 = Op(arctan2_forward, arctan2_backward)
logaddexp = Op(logaddexp_forward, logaddexp_backward)
negative = Op(negative_forward, negative_backward)
square = Op(square_forward, square_backward)
sqrt = Op(sqrt_forward, sqrt_backward)
exp = Op(exp_forward, exp_backward)
exp2 = Op(exp2_forward, exp2_backward)
expm1 = Op(expm1_forward, expm1_backward)
log = Op(log_forward, log_backward)
log2 = Op(log2_forward, log2_backward)
log10 = Op(log10_forward, log10_backward)
log1p = Op(log1p_forward, log1p_backward)
reciprocal = Op(reciprocal_forward, reciprocal_backward)
sin = Op(sin_forward, sin_backward)
cos = Op(cos_forward, cos_backward)
tan = Op(tan_forward, tan_backward)
arcsin = Op(arcsin_forward, arcsin_backward)
arccos = Op(arccos_forward, arccos_backward)
arctan = Op(arctan_forward, arctan_backward)
sinh = Op(sinh_forward, sinh_backward)
cosh = Op(cosh_forward, cosh_backward)
absolute = Op(absolute_forward, absolute_backward)
sign = Op(sign_forward, sign_backward)
