"""What users pass to ``fit`` and ``predict``, as arrays that can be computed with, or one clear error.

Where scikit-learn has words for an error, they are part of the message: its users know them, and its
conformance checks look for them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["checked_inputs", "checked_labels", "checked_targets", "require_same_length"]

Array = npt.NDArray[Any]


def checked_inputs(
    x: Any, dtype: npt.DTypeLike, *, features: int | None = None, estimator: str = "", name: str = "x"
) -> Array:
    """``x`` as a finite array of shape (N, D), with ``features`` columns where that is known."""
    array = _numbers(x, dtype, name)
    if array.ndim != 2:
        raise ValueError(
            f"{name} has shape {array.shape}; expected (N, D), one row for each sample. Reshape your data: "
            f"{name}.reshape(-1, 1) for a single feature, {name}.reshape(1, -1) for a single sample."
        )
    for axis, what in enumerate(("sample(s)", "feature(s)")):
        if not array.shape[axis]:
            raise ValueError(f"{name} has 0 {what} (shape={array.shape}) while a minimum of 1 is required.")
    if features is not None and array.shape[1] != features:
        raise ValueError(
            f"X has {array.shape[1]} features, but {estimator} is expecting {features} features as input, "
            "as many as it was fitted with."
        )
    return array


def checked_targets(y: Any, dtype: npt.DTypeLike, name: str = "y") -> Array:
    """Regression targets as a finite array of shape (N,) or (N, k)."""
    if y is None:
        raise ValueError(f"requires y to be passed, but the target {name} is None")
    array = _numbers(y, dtype, name)
    if array.ndim not in (1, 2) or not array.size:
        raise ValueError(f"{name} has shape {array.shape}; expected targets (N,), or (N, k) for k values a row")
    return array


def checked_labels(y: Any, name: str = "y") -> Array:
    """Class labels, numbers or strings, of shape (N,)."""
    if y is None:
        raise ValueError(f"requires y to be passed, but the target {name} is None")
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(
            f"{name} has shape {labels.shape}; expected one label a row, (N,). "
            f"Use {name}.ravel(), or {name}.argmax(axis=1) for one-hot."
        )
    if labels.dtype.kind not in "biufUO":
        raise ValueError(f"{name} has dtype {labels.dtype}; expected class labels that are whole numbers or strings")
    if labels.dtype.kind == "O" and len({type(label) for label in labels}) > 1:
        raise ValueError(f"{name} holds labels of different types; expected whole numbers or strings")
    if labels.dtype.kind == "f":
        _require_finite(labels, name)
        if (labels != np.floor(labels)).any():
            raise ValueError(f"Unknown label type: {name} is continuous; expected class labels, not measured values")
    return labels


def require_same_length(x: Array, y: Array) -> None:
    """Refuse inputs and targets of different numbers of rows."""
    if len(x) != len(y):
        raise ValueError(
            f"x has {len(x)} rows and y has {len(y)}; expected one target for each row (inconsistent lengths)"
        )


def _numbers(values: Any, dtype: npt.DTypeLike, name: str) -> Array:
    """A finite array of the dtype; integers and booleans are converted."""
    if hasattr(values, "toarray"):
        raise TypeError(f"{name} is a sparse matrix; expected a dense array. Use {name}.toarray().")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} can't be made an array: {error}") from error
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has dtype {array.dtype}; expected real numbers")
    if array.dtype.kind not in "biufO":
        raise ValueError(
            f"{name} has dtype {array.dtype}; expected numbers. Encode text as numbers first, one-hot for categories."
        )
    try:
        with np.errstate(over="ignore"):  # what is too large for float32 becomes inf, and is reported as such
            numbers = array.astype(dtype)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{name} holds something that is not a number ({error}); expected an array of numbers"
        ) from error
    _require_finite(numbers, name)
    return numbers


def _require_finite(array: Array, name: str) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = tuple(map(int, bad[0]))
        where = "row {}, column {}".format(*place) if len(place) == 2 else f"entry {place[0]}" if place else "it"
        more = f" ({len(bad)} such values in all)" if len(bad) > 1 else ""
        raise ValueError(
            f"{name} holds NaN or inf: {where} is {array[place]}{more}. Remove or fill in missing values first."
        )
