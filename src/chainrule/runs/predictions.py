"""Between a model's output and what users know: labels and probabilities, or values in their own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data import Preparation, one_hot
from chainrule.ops import sigmoid, softmax

__all__ = ["Predictions", "encode", "output_count", "predict"]

Array = npt.NDArray[Any]


def output_count(loss: str, classes: int | None) -> int:
    """How many numbers the model gives for a row: one, or a logit for each class."""
    return classes if classes is not None and loss == "softmax_cross_entropy" else 1


def encode(y: Array, outputs: int, dtype: npt.DTypeLike) -> Array:
    """Targets as the loss compares them with the output: one-hot rows, or a single column."""
    return one_hot(y, outputs, dtype) if outputs > 1 else y.astype(dtype)[:, None]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says about N rows.

    Args:
        values: labels, or numbers in the target's own unit, shape (N,).
        numbers: class numbers, shape (N,); ``None`` in regression.
        probabilities: of each class, shape (N, K); ``None`` in regression.
    """

    values: Array
    numbers: Array | None = None
    probabilities: Array | None = None

    def columns(self, preparation: Preparation) -> dict[str, Array]:
        """As columns of a table: ``predicted``, and ``probability_...`` for each class."""
        columns = {"predicted": self.values}
        if self.probabilities is not None and preparation.classes is not None:
            for label, column in zip(preparation.classes, self.probabilities.T, strict=True):
                columns[f"probability_{label}"] = column
        return columns


def predict(model: Any, preparation: Preparation, x: Array) -> Predictions:
    """What ``model`` says about prepared rows ``x``, shape (N, D)."""
    with np.errstate(over="ignore", invalid="ignore"):
        output = model(x)
    if not np.isfinite(output).all():
        row = int(np.argwhere(~np.isfinite(output))[0, 0])
        raise FloatingPointError(
            f"the model's output for row index {row} is not a finite number; its inputs are too far "
            "from those that it was trained with"
        )
    if preparation.classes is None:
        return Predictions(preparation.original(output[:, 0]))
    # From the output and not from probabilities: these are rounded, and rounding makes ties.
    numbers = np.argmax(output, axis=1) if output.shape[1] > 1 else (output[:, 0] > 0).astype(np.int64)
    return Predictions(preparation.original(numbers), numbers, _probabilities(output))


def _probabilities(output: Array) -> Array:
    if output.shape[1] > 1:
        return np.asarray(softmax(output))
    # sigmoid(-z) and not 1 - sigmoid(z), which loses the digits of small probabilities.
    return np.concatenate([sigmoid(-output), sigmoid(output)], axis=1)
