"""Class numbers as rows of zeros with a single one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["one_hot"]


def one_hot(labels: npt.ArrayLike, classes: int, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
    """Give each label a row with 1 in the label's column and 0 elsewhere.

    >>> one_hot([2, 0], classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]])

    Args:
        labels: class numbers 0 to ``classes - 1``, shape (N,).
        classes: how many columns, K.

    Returns:
        shape (N, K).
    """
    numbers = np.asarray(labels)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise ValueError(
            f"one_hot: labels have shape {numbers.shape} and dtype {numbers.dtype}; "
            "expected whole numbers of shape (N,)"
        )
    outside = numbers[(numbers < 0) | (numbers >= classes)]
    if outside.size:
        raise ValueError(f"one_hot: label {outside[0]} is outside the classes 0 to {classes - 1}")
    rows: npt.NDArray[Any] = (numbers[:, None] == np.arange(classes)).astype(dtype)
    return rows
