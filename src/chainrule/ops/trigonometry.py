"""Angles and hyperbolas, entry by entry. Angles are in radians."""

import numpy as np

from chainrule.op import Op
from chainrule.ops.broadcasting import unbroadcast


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


sin = Op(sin_forward, sin_backward)
cos = Op(cos_forward, cos_backward)
tan = Op(tan_forward, tan_backward)
arcsin = Op(arcsin_forward, arcsin_backward)
arccos = Op(arccos_forward, arccos_backward)
arctan = Op(arctan_forward, arctan_backward)
arctan2 = Op(arctan2_forward, arctan2_backward)
sinh = Op(sinh_forward, sinh_backward)
cosh = Op(cosh_forward, cosh_backward)
