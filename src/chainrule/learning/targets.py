"""Between a user's ``y`` and a network's output: which loss joins them, how outputs become predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from chainrule.learning.inputs import checked_labels, checked_targets
from chainrule.op import Op
from chainrule.ops import (
    binary_cross_entropy_with_logits,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    squared_error,
)

__all__ = ["Labels", "Values", "targets_from_configuration"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Values:
    """Targets of a regression: ``outputs`` values a row; ``flat`` if they come, and go, as (N,)."""

    outputs: int
    flat: bool

    @classmethod
    def of(cls, y: Any, dtype: npt.DTypeLike) -> Self:
        """What these targets are like."""
        targets = checked_targets(y, dtype)
        return cls(1 if targets.ndim == 1 else targets.shape[1], targets.ndim == 1)

    @property
    def loss(self) -> Op:
        """Joins outputs and targets."""
        return squared_error

    def encode(self, y: Any, dtype: npt.DTypeLike, name: str = "y") -> Array:
        """As the loss wants them: (N, outputs)."""
        targets = checked_targets(y, dtype, name)
        expected = "(N,)" if self.flat else f"(N, {self.outputs})"
        if (targets.ndim == 1) != self.flat or (not self.flat and targets.shape[1] != self.outputs):
            raise ValueError(f"{name} has shape {targets.shape}; expected {expected} as in training")
        return targets.reshape(len(targets), self.outputs)

    def predictions(self, output: Array) -> Array:
        """In the form in which the targets came."""
        return output[:, 0] if self.flat else output

    def configuration(self) -> dict[str, Any]:
        """As JSON values."""
        return {"task": "regression", "outputs": self.outputs, "flat": self.flat}


@dataclass(frozen=True, eq=False)
class Labels:
    """Targets of a classification: one of ``classes`` a row.

    One logit tells two classes apart; more need one each.
    """

    classes: Array

    @classmethod
    def of(cls, y: Any) -> Self:
        """The labels that occur, sorted."""
        return cls.among(checked_labels(y))

    @classmethod
    def among(cls, labels: Array) -> Self:
        """The same for an array of labels."""
        classes = np.unique(labels)
        if len(classes) < 2:
            raise ValueError(f"y holds one class only, {classes.tolist()}; a classifier needs at least two classes")
        classes.flags.writeable = False
        return cls(classes)

    @property
    def outputs(self) -> int:
        """Logits a row."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def loss(self) -> Op:
        """Joins outputs and targets."""
        return binary_cross_entropy_with_logits if self.outputs == 1 else softmax_cross_entropy

    def encode(self, y: Any, dtype: npt.DTypeLike, name: str = "y") -> Array:
        """As the loss wants them: 0.0 and 1.0 in (N, 1) for two classes, else class numbers (N,)."""
        labels = checked_labels(y, name)
        unknown = np.setdiff1d(labels, self.classes)
        if unknown.size:
            raise ValueError(f"{name} holds {unknown[0]!r}, which is none of the classes {self.classes.tolist()}")
        numbers = np.searchsorted(self.classes, labels)
        return numbers.astype(dtype).reshape(-1, 1) if self.outputs == 1 else numbers

    def probabilities(self, output: Array) -> Array:
        """The probability of each class, (N, K)."""
        if self.outputs > 1:
            return np.asarray(softmax(output))
        # sigmoid(-z) and not 1 - sigmoid(z), which loses the digits of small probabilities.
        return np.concatenate([sigmoid(-output), sigmoid(output)], axis=1)

    def predictions(self, output: Array) -> Array:
        """The most probable label of each row."""
        numbers = np.argmax(output, axis=1) if self.outputs > 1 else (output[:, 0] > 0).astype(np.intp)
        predicted: Array = self.classes[numbers]
        return predicted

    def configuration(self) -> dict[str, Any]:
        """As JSON values."""
        return {"task": "classification", "classes": self.classes.tolist(), "dtype": self.classes.dtype.str}


def targets_from_configuration(configuration: Any) -> Values | Labels:
    """What ``configuration()`` described; anything else is a ValueError."""
    try:
        if configuration["task"] == "regression":
            outputs, flat = configuration["outputs"], configuration["flat"]
            if type(outputs) is int and type(flat) is bool and outputs >= 1:
                return Values(outputs, flat)
        if configuration["task"] == "classification":
            classes = configuration["classes"]
            if isinstance(classes, list) and all(isinstance(label, (str, int, float)) for label in classes):
                return Labels.among(np.array(classes, configuration["dtype"]))
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"expected a description of the targets, got {configuration!r}") from error
    raise ValueError(f"expected a description of the targets, got {configuration!r}")
