"""Layers as pairs of functions, ``forward -> (out, cache)`` and ``backward(dout, cache)``: an op each.

A cache is a copy, so what a caller writes into his arrays between forward and backward changes no gradient, and
backward, which writes nothing, can run as often as one likes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl.arrays import as_floats, check_shape
from chainrule.courses.i2dl.editions import checked_edition
from chainrule.op import Op
from chainrule.ops import affine, leaky_relu, relu, sigmoid, tanh

__all__ = [
    "LeakyRelu",
    "Relu",
    "Sigmoid",
    "Tanh",
    "affine_backward",
    "affine_forward",
    "sigmoid_backward",
    "sigmoid_forward",
]

Array = npt.NDArray[Any]
AffineCache = tuple[Array, Array, Array]


def affine_forward(x: Any, w: Any, b: Any) -> tuple[Array, AffineCache]:
    """Weigh the inputs and add a bias: ``out = x @ w + b``, with each sample of ``x`` as one row.

    >>> affine_forward([[1, 2]], [[1], [10]], [100])[0]
    array([[121.]])

    Args:
        x: inputs, shape (N, d1, ..., dk), read as (N, D).
        w: weights, shape (D, M).
        b: bias, shape (M,).

    Returns:
        out: shape (N, M).  cache: ``(x, w, b)``.
    """
    x, w, b = (as_floats(f"affine_forward: {name}", array) for name, array in (("x", x), ("w", w), ("b", b)))
    if x.ndim < 1 or w.ndim != 2 or math.prod(x.shape[1:]) != len(w):
        raise ValueError(
            f"affine_forward: x has shape {x.shape} and w {w.shape}; expected x (N, d1, ..., dk) and w (D, M), "
            "with D = d1 * ... * dk"
        )
    check_shape("affine_forward: b", b, w.shape[1:])
    out, _ = affine.call_forward(_rows(x), w, b)
    return out, (x, w, b)


def affine_backward(dout: Any, cache: AffineCache, *, edition: str = "ss20") -> tuple[Array, Array, Array]:
    """Pull the gradient back. In edition "ss20" dw and db, but not dx, are divided by N; later they are sums.

    Args:
        dout: gradient of the loss with respect to ``out``, shape (N, M).
        cache: from `affine_forward`.
        edition: the sheet's edition, see `editions`.

    Returns:
        dx: shape of x.  dw: shape (D, M).  db: shape (M,).
    """
    x, w, _ = cache
    d_out = as_floats("affine_backward: dout", dout)
    check_shape("affine_backward: dout", d_out, (len(x), w.shape[1]))
    dx, dw, db = affine.call_backward((_rows(x), w), d_out, arrays=3)
    share = len(x) if checked_edition(edition) == "ss20" else 1
    return dx.reshape(x.shape), dw / share, db / share


def sigmoid_forward(x: Any) -> tuple[Array, Array]:
    """Squash to between 0 and 1: ``1 / (1 + e^-x)``, any shape; the cache is a copy of the output.

    >>> sigmoid_forward(0.0)[0]
    array(0.5)
    """
    return _activated(sigmoid, x)


def sigmoid_backward(dout: Any, cache: Array) -> Array:
    """Pull the gradient back: ``dout * out * (1 - out)``, shape of x."""
    return _pulled_back(sigmoid, dout, cache)


class Sigmoid:
    """The sigmoid as an object that keeps nothing, `sigmoid_forward` and `sigmoid_backward`."""

    def forward(self, x: Any) -> tuple[Array, Array]:
        """``1 / (1 + e^-x)``, and the cache."""
        return sigmoid_forward(x)

    def backward(self, dout: Any, cache: Array) -> Array:
        """The gradient with respect to x."""
        return sigmoid_backward(dout, cache)


class Relu:
    """Keep what is positive: x where x > 0, else 0; the derivative at 0 is 0.

    >>> Relu().forward([-2, 3])[0]
    array([0., 3.])
    """

    def forward(self, x: Any) -> tuple[Array, Array]:
        """``max(x, 0)``, and the cache."""
        return _activated(relu, x)

    def backward(self, dout: Any, cache: Array) -> Array:
        """The gradient with respect to x, in an array of its own."""
        return _pulled_back(relu, dout, cache)


class LeakyRelu:
    """Keep what is positive, weaken the rest: x where x > 0, else ``slope x``; the derivative at 0 is the slope.

    >>> LeakyRelu().forward([-2, 3])[0]
    array([-0.02,  3.  ])

    Args:
        slope: how much is left of what is negative.
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = float(slope)

    def forward(self, x: Any) -> tuple[Array, Array]:
        """x or ``slope x``, and the cache."""
        return _activated(leaky_relu, x, slope=self.slope)

    def backward(self, dout: Any, cache: Array) -> Array:
        """The gradient with respect to x."""
        return _pulled_back(leaky_relu, dout, cache)


class Tanh:
    """Squash to between -1 and 1: ``(e^x - e^-x) / (e^x + e^-x)``.

    >>> Tanh().forward([0])[0]
    array([0.])
    """

    def forward(self, x: Any) -> tuple[Array, Array]:
        """``tanh(x)``, and the cache."""
        return _activated(tanh, x)

    def backward(self, dout: Any, cache: Array) -> Array:
        """The gradient with respect to x."""
        return _pulled_back(tanh, dout, cache)


def _activated(op: Op, x: Any, **parameters: Any) -> tuple[Array, Array]:
    out, saved = op.call_forward(as_floats(f"{op.name}: x", x), **parameters)
    # A copy: what some of these ops save is their output, which now belongs to the caller.
    return np.asarray(out), np.array(saved)


def _pulled_back(op: Op, dout: Any, cache: Array) -> Array:
    d_out = as_floats(f"{op.name}: dout", dout)
    check_shape(f"{op.name}: dout", d_out, np.shape(cache))
    (d_x,) = op.call_backward(cache, d_out, arrays=1)
    return np.asarray(d_x)


def _rows(x: Array) -> Array:
    """Each sample as one row: (N, D)."""
    return x.reshape(len(x), math.prod(x.shape[1:]))
