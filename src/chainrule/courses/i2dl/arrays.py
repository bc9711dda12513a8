"""What learners pass as inputs, looked at once: arrays of floats with the expected shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["as_floats", "check_shape", "checked_samples", "with_ones"]

Array = npt.NDArray[Any]


def as_floats(what: str, values: Any) -> Array:
    """A copy of the values as an array of floats; float32 stays float32, whole numbers and lists become float64.

    >>> as_floats("x", [1, 2])
    array([1., 2.])

    Raises:
        TypeError: they are not real numbers.
    """
    array = np.array(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{what} has dtype {array.dtype}; expected real numbers")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def check_shape(what: str, array: Array, expected: tuple[int, ...]) -> None:
    """Refuse another shape, even one that would broadcast."""
    if array.shape != expected:
        raise ValueError(f"{what} has shape {array.shape}; expected {expected}. Reshape it.")


def with_ones(X: Array) -> Array:
    """``X``, shape (N, D), and a column of ones, which the last weight, the bias, is multiplied with: (N, D + 1).

    >>> with_ones(np.array([[2.0], [3.0]]))
    array([[2., 1.],
           [3., 1.]])
    """
    return np.concatenate([X, np.ones((len(X), 1), X.dtype)], axis=1)


def checked_samples(data: Mapping[str, Any], part: str) -> tuple[Array, Array]:
    """``X_train`` and ``y_train`` of the solver's data, or of another part: floats, shapes (N, D) and (N, 1).

    Raises:
        ValueError: one is missing, has another shape, or the two have not the same number of rows.
    """
    X_name, y_name = f"X_{part}", f"y_{part}"
    for name in (X_name, y_name):
        if name not in data:
            raise ValueError(f"Solver: data has no {name!r}; expected the keys X_train, y_train, X_val and y_val")
    X, y = as_floats(f"Solver: {X_name}", data[X_name]), as_floats(f"Solver: {y_name}", data[y_name])
    if X.ndim != 2 or not len(X):
        raise ValueError(f"Solver: {X_name} has shape {X.shape}; expected (N, D), with at least one row")
    if y.ndim != 2 or y.shape[1] != 1:
        raise ValueError(f"Solver: {y_name} has shape {y.shape}; expected (N, 1). Reshape it: y.reshape(-1, 1)")
    if len(X) != len(y):
        raise ValueError(f"Solver: {X_name} has {len(X)} rows and {y_name} {len(y)}; expected one target a row")
    return X, y
