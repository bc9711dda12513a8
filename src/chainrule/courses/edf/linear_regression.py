"""What EDF's first sheet asks to derive for a line through points, and for a product of a matrix and a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import grad, ops

__all__ = ["compute_derivatives", "least_squares_line", "vector_derivative_product"]

Array = npt.NDArray[Any]


def vector_derivative_product(A: npt.ArrayLike, x: npt.ArrayLike) -> Array:
    """Pull a gradient ``A`` of ``y = W x`` back to ``W``, by broadcasting.

    ``y_k = sum_j w_kj x_j``, so ``dy_k / dw_ij`` is ``x_j`` where k = i, else 0, and

        W_hat[i, j] = sum_k A[k] dy_k / dw_ij = A[i] x[j]

    >>> vector_derivative_product([1.0, 10.0], [1.0, 2.0, 3.0])
    array([[ 1.,  2.,  3.],
           [10., 20., 30.]])

    Args:
        A: gradient with respect to y, shape (m,) or (m, 1).
        x: the vector, shape (n,) or (n, 1).

    Returns:
        W_hat: shape (m, n).
    """
    column, row = _vector("A", A)[:, None], _vector("x", x)[None, :]
    product: Array = ops.multiply(column, row)
    return product


def compute_derivatives(x: npt.ArrayLike, y: npt.ArrayLike, slope: float, offset_y: float) -> tuple[float, float]:
    """The derivatives of the mean squared error of a line, ``(1/B) sum_n (slope x_n + offset_y - y_n)^2``.

        d slope    = (2/B) sum_n (slope x_n + offset_y - y_n) x_n
        d offset_y = (2/B) sum_n (slope x_n + offset_y - y_n)

    >>> compute_derivatives([1.0, 2.0], [1.0, 3.0], 0.0, 0.0)
    (-7.0, -4.0)

    Args:
        x: where, shape (B,) or (B, 1).
        y: what is there, the same number of entries.
        slope: of the line.
        offset_y: where it crosses x = 0.
    """
    points, targets = _vector("x", x), _vector("y", y)

    def mean_squared_error(slope: Any, offset_y: Any) -> Any:
        return ops.squared_error(slope * points + offset_y, targets)

    d_slope, d_offset = grad(mean_squared_error, argnums=(0, 1))(float(slope), float(offset_y))
    return float(d_slope), float(d_offset)


def least_squares_line(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float]:
    """Slope and offset of the line with the least mean squared error, from where both derivatives are 0.

        slope = sum (x - mean x)(y - mean y) / sum (x - mean x)^2,  offset = mean y - slope mean x

    >>> least_squares_line([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    (2.0, 1.0)
    """
    points, targets = _vector("x", x), _vector("y", y)
    around = points - points.mean()
    spread = float(around @ around)
    if spread == 0:
        raise ValueError("least_squares_line: all x are equal, so every slope fits. Give at least two different x.")
    slope = float(around @ targets) / spread
    return slope, float(targets.mean() - slope * points.mean())


def _vector(name: str, values: npt.ArrayLike) -> Array:
    array = np.asarray(values, dtype=float)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} has shape {np.shape(values)}; expected a vector, shape (N,) or (N, 1)")
    return array
