"""What EDF's second sheet asks to derive: the gradient of logistic regression.

With ``p = sigmoid(w . x)`` and ``loss = -(y log p + (1 - y) log(1 - p))``:

    d loss / d p = -y / p + (1 - y) / (1 - p) = (p - y) / (p (1 - p))
    d p / d w    = p (1 - p) x

The factors ``p (1 - p)`` cancel: ``d loss / d w = (p - y) x``, and the mean over the batch is the mean of these.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import ops

__all__ = ["compute_derivatives", "logistic_gradient", "logistic_loss"]

Array = npt.NDArray[Any]


def logistic_loss(w: Array, x: Array, y: Array) -> Any:
    """The mean binary cross-entropy of ``sigmoid(x @ w)``, traceable: ``chainrule.grad(logistic_loss)(w, x, y)``.

    Args:
        w: weights, shape (D,).
        x: samples, shape (B, D).
        y: labels 0 and 1, shape (B,).
    """
    return ops.binary_cross_entropy_with_logits(x @ w, y)


def logistic_gradient(w: Array, x: Array, y: Array) -> Array:
    """The gradient of `logistic_loss` in closed form, ``(1/B) sum_n (sigmoid(w . x_n) - y_n) x_n``, shape (D,)."""
    return compute_derivatives(x, y, ops.sigmoid(x @ w))


def compute_derivatives(x: npt.ArrayLike, y: npt.ArrayLike, y_hat: npt.ArrayLike) -> Array:
    """The derivative of logistic regression with respect to its weights: ``(1/B) sum_n (y_hat_n - y_n) x_n``.

    >>> compute_derivatives([[1.0, 0.0], [1.0, 2.0]], [0, 1], [0.5, 0.5])
    array([ 0. , -0.5])

    Args:
        x: samples, shape (B, D).
        y: labels 0 and 1, shape (B,) or (B, 1).
        y_hat: probabilities of 1, of y's shape.

    Returns:
        shape (D,) or (D, 1), as y has it.
    """
    samples, labels, probabilities = (np.asarray(one, dtype=float) for one in (x, y, y_hat))
    if labels.shape != probabilities.shape or samples.ndim != 2 or len(samples) != len(labels):
        raise ValueError(
            f"compute_derivatives: x has shape {samples.shape}, y {labels.shape} and y_hat {probabilities.shape}; "
            "expected (B, D), and (B,) or (B, 1) for both of the others"
        )
    gradient: Array = samples.T @ (probabilities - labels) / len(samples)
    return gradient
