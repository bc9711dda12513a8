"""How the target column becomes ``y``, and how predictions become values or labels again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data.columns import (
    LARGEST_LABEL,
    check_labels,
    check_name,
    check_scale,
    fit_scale,
    nearly_distinct,
    refuse_missing,
    scaled,
)
from chainrule.data.dataset import Task
from chainrule.data.table import Table
from chainrule.data.wording import listed

__all__ = ["ClassTarget", "NumberTarget", "fit_classes", "fit_numbers", "guess_task"]

MOST_CLASSES_GUESSED = 20


@dataclass(frozen=True)
class NumberTarget:
    """A number, standardised by the training rows' mean and deviation: ``(value - shift) / scale``."""

    name: str
    shift: float
    scale: float

    def __post_init__(self) -> None:
        check_name("the target", self.name)
        check_scale(self.name, self.shift, self.scale)

    def apply(self, table: Table) -> npt.NDArray[np.float64]:
        """Give the scaled target, shape (N,)."""
        refuse_missing(table, self.name, "Remove these rows, or fill the target in.")
        return scaled(table, self.name, table.numbers(self.name), self.shift, self.scale)

    def original(self, predictions: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Undo the scaling.

        >>> NumberTarget("price", shift=300.0, scale=50.0).original([0.0, -1.0])
        array([300., 250.])
        """
        values: npt.NDArray[np.float64] = np.asarray(predictions, dtype=np.float64) * self.scale + self.shift
        return values


@dataclass(frozen=True)
class ClassTarget:
    """A label, numbered by its place among the sorted classes: all text, or all whole numbers."""

    name: str
    classes: tuple[str, ...] | tuple[int, ...]

    def __post_init__(self) -> None:
        check_name("the target", self.name)
        check_labels(f"target {self.name!r}: classes", self.classes, (str, int), at_least=2)

    def apply(self, table: Table) -> npt.NDArray[np.int64]:
        """Give the class numbers, shape (N,)."""
        refuse_missing(table, self.name, "Remove these rows, or fill the target in.")
        values = table.texts(self.name) if isinstance(self.classes[0], str) else table.numbers(self.name)
        classes = np.array(self.classes)
        strangers = np.flatnonzero(~np.isin(values, classes))
        if strangers.size:
            raise ValueError(
                f"{table.name}: target {self.name!r}, {table.where(strangers[0])}: "
                f"{values[strangers[0]].item()!r} is not among the classes {listed(self.classes)}. "
                "Correct or remove the row."
            )
        return np.searchsorted(classes, values).astype(np.int64)

    def original(self, predictions: npt.ArrayLike) -> npt.NDArray[Any]:
        """Give the labels of class numbers.

        >>> ClassTarget("kind", ("flat", "house")).original([1, 0])
        array(['house', 'flat'], dtype='<U5')
        """
        numbers = np.asarray(predictions)
        if numbers.size and numbers.dtype.kind not in "iu":
            raise ValueError(
                f"target {self.name!r}: predictions have dtype {numbers.dtype}; expected class numbers, "
                "such as logits.argmax(axis=1)"
            )
        outside = numbers[(numbers < 0) | (numbers >= len(self.classes))]
        if outside.size:
            raise ValueError(f"target {self.name!r}: class number {outside[0]} is outside 0 to {len(self.classes) - 1}")
        return np.array(self.classes)[numbers.astype(np.intp)]


def guess_task(table: Table, target: str) -> Task:
    """Classification for text, and for few different whole numbers; else regression.

    Few means: at most 20, and each twice on average, so that a few whole prices are no classes.

    >>> guess_task(Table("houses", {"rooms": [1, 2, 2, 1]}), "rooms")
    'classification'
    >>> guess_task(Table("houses", {"price": [1, 2, 3, 4]}), "price")
    'regression'
    """
    if table.is_text(target):
        return "classification"
    values = table.numbers(target)
    different = np.unique(values[~np.isnan(values)])
    few = len(different) <= min(MOST_CLASSES_GUESSED, len(values) // 2)
    return "classification" if few and not (different % 1).any() else "regression"


def fit_classes(table: Table, target: str) -> ClassTarget:
    """The classes of the whole table: a label that only few rows have is still a class."""
    refuse_missing(table, target, "Remove these rows, or fill the target in.")
    values = table.column(target)
    if not table.is_text(target):
        odd = np.flatnonzero((values % 1 != 0) | (np.abs(values) > LARGEST_LABEL))
        if odd.size:
            raise ValueError(
                f"{table.name}: target {target!r}, {table.where(odd[0])}: {values[odd[0]]} is no class; "
                "expected text or whole numbers. For numbers use task='regression'."
            )
        values = values.astype(np.int64)
    classes = np.unique(values).tolist()
    if len(classes) < 2:
        raise ValueError(
            f"{table.name}: target {target!r} is {classes[0]!r} in all {len(table)} rows; expected at least two classes"
        )
    if nearly_distinct(len(classes), len(table)):
        raise ValueError(
            f"{table.name}: target {target!r} has {len(classes)} different values in {len(table)} rows, "
            f"such as {listed(classes, 3)}; expected classes that repeat. For numbers use task='regression'."
        )
    return ClassTarget(target, tuple(classes))


def fit_numbers(training: Table, table: Table, target: str) -> NumberTarget:
    """The mean and deviation of the training rows' target."""
    refuse_missing(table, target, "Remove these rows, or fill the target in.")
    table.numbers(target)
    values = training.numbers(target)
    if values.min() == values.max():
        raise ValueError(
            f"{table.name}: target {target!r} is {values[0]} in all {len(values)} training rows; "
            "there is nothing to learn"
        )
    return NumberTarget(target, *fit_scale(table, target, values, "standard"))
