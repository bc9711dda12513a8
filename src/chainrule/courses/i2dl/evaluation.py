"""How good predictions are, and how prices become labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl.arrays import as_floats, check_shape

__all__ = ["binarize", "test_accuracy"]

Array = npt.NDArray[Any]


def test_accuracy(y_pred: Any, y_true: Any) -> float:
    """The share of samples whose prediction, 1 where ``y_pred >= 0.5``, is the label.

    >>> test_accuracy([[0.5], [0.4], [0.9]], [[1], [0], [0]])
    0.6666666666666666

    Args:
        y_pred: probabilities, any shape.
        y_true: labels 0 and 1, the same shape.
    """
    predictions, labels = as_floats("test_accuracy: y_pred", y_pred), as_floats("test_accuracy: y_true", y_true)
    check_shape("test_accuracy: y_pred", predictions, labels.shape)
    if not labels.size:
        raise ValueError("test_accuracy: there are no samples; expected at least one")
    return float(np.mean((predictions >= 0.5) == labels))


test_accuracy.__test__ = False  # type: ignore[attr-defined]  # its name is the sheet's; it is no test for pytest


def binarize(X: Any, y: Any, a_percentile: float, b_percentile: float) -> tuple[Array, Array]:
    """Labels from prices: 0 at or below the one percentile, 1 at or above the other; what lies between is dropped.

    >>> binarize([[1.0], [2.0], [3.0]], [[10], [20], [30]], 12, 25)
    (array([[1.],
           [3.]]), array([[0.],
           [1.]]))

    Args:
        X: inputs, shape (N, D).
        y: prices, shape (N, 1).
        a_percentile: the lower percentile's value, such as ``np.percentile(all_prices, 30)``.
        b_percentile: the upper percentile's value, above the lower one.

    Returns:
        X: the rows that are kept, shape (M, D).  y: their labels, shape (M, 1).
    """
    if not a_percentile < b_percentile:
        raise ValueError(
            f"binarize: a_percentile is {a_percentile} and b_percentile {b_percentile}; expected the lower one first"
        )
    inputs, prices = as_floats("binarize: X", X), as_floats("binarize: y", y)
    check_shape("binarize: y", prices, (len(inputs), 1))
    kept = ((prices <= a_percentile) | (prices >= b_percentile))[:, 0]
    return inputs[kept], (prices[kept] >= b_percentile).astype(prices.dtype)
