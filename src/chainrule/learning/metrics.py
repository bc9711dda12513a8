"""How good predictions are: scikit-learn's measures, imported when they are first used."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["accuracy", "confusion_matrix", "mean_absolute_error", "mean_squared_error", "r2"]


def accuracy(labels: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """The fraction of rows whose label was predicted.

    >>> accuracy([0, 1, 2, 2], [0, 1, 1, 2])
    0.75
    """
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(labels, predicted))


def confusion_matrix(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: npt.ArrayLike | None = None
) -> npt.NDArray[np.int64]:
    """How often rows of class i were predicted as class j; i, j number ``classes`` (else those that occur).

    >>> confusion_matrix(["no", "no", "yes"], ["no", "yes", "yes"])
    array([[1, 1],
           [0, 1]])
    """
    from sklearn.metrics import confusion_matrix as counts

    return np.asarray(counts(labels, predicted, labels=classes), np.int64)


def mean_squared_error(target: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """The mean of the squared differences.

    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    from sklearn import metrics

    return float(metrics.mean_squared_error(*_alike("mean_squared_error", target, predicted)))


def mean_absolute_error(target: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """The mean of the absolute differences, in the target's own unit.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    from sklearn import metrics

    return float(metrics.mean_absolute_error(*_alike("mean_absolute_error", target, predicted)))


def r2(target: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """The part of the target's variance that is explained: 1 is perfect, 0 as good as always saying the mean.

    >>> r2([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    0.0
    """
    from sklearn.metrics import r2_score

    return float(r2_score(*_alike("r2", target, predicted)))


def _alike(name: str, target: npt.ArrayLike, predicted: npt.ArrayLike) -> tuple[Any, Any]:
    """Both as arrays. scikit-learn takes (N, 1) against (N,), which elsewhere would broadcast to (N, N)."""
    target, predicted = np.asarray(target), np.asarray(predicted)
    if target.shape != predicted.shape:
        raise ValueError(
            f"{name}: target has shape {target.shape} and predicted {predicted.shape}. Reshape one of them."
        )
    return target, predicted
