"""Arrays to learn from, with what their columns and numbers mean; and sharing their rows out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from chainrule.data.wording import check_choice

__all__ = ["Dataset", "Split", "Task", "TrainTest", "split", "split_rows"]

Task = Literal["classification", "regression"]
TASKS = ("classification", "regression")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and what is to be predicted from them.

    Args:
        name: what reports call it.
        x: inputs, shape (N, D).
        y: class numbers 0 to K - 1 (classification) or float targets (regression), shape (N,).
        task: ``"classification"`` or ``"regression"``.
        feature_names: one for each column of ``x``.
        classes: what the class numbers stand for, K labels; ``None`` in regression.
        image_shape: ``(height, width)`` where each row of ``x`` is a picture.
        target_name: what ``y`` is called.
    """

    name: str
    x: npt.NDArray[np.floating[Any]]
    y: npt.NDArray[Any]
    task: Task
    feature_names: tuple[str, ...]
    classes: tuple[str, ...] | tuple[int, ...] | None = None
    image_shape: tuple[int, int] | None = None
    target_name: str = "target"

    def __post_init__(self) -> None:
        check_choice(f"{self.name}: task", self.task, TASKS)
        if self.x.ndim != 2 or self.y.shape != self.x.shape[:1]:
            raise ValueError(f"{self.name}: x has shape {self.x.shape} and y {self.y.shape}; expected (N, D) and (N,)")
        features = self.x.shape[1]
        if len(self.feature_names) != features:
            raise ValueError(f"{self.name}: {len(self.feature_names)} feature names for {features} columns of x")
        if len({*self.feature_names, self.target_name}) != features + 1:
            raise ValueError(f"{self.name}: two features, or a feature and the target, have the same name")
        if self.image_shape is not None and self.image_shape[0] * self.image_shape[1] != features:
            raise ValueError(f"{self.name}: image_shape {self.image_shape} does not fit {features} columns of x")
        for name, values in (("x", self.x), ("y", self.y)):
            if not np.isfinite(values).all():
                raise ValueError(f"{self.name}: {name} holds nan or inf. Remove or replace these values.")
        if self.task == "classification":
            self._check_classes()

    def _check_classes(self) -> None:
        if self.classes is None or self.y.dtype.kind not in "iu":
            raise ValueError(
                f"{self.name}: y has dtype {self.y.dtype} and classes is {self.classes}; "
                "classification expects class numbers in y and their labels in classes"
            )
        outside = self.y[(self.y < 0) | (self.y >= len(self.classes))]
        if outside.size:
            raise ValueError(f"{self.name}: y holds {outside[0]}, outside the classes 0 to {len(self.classes) - 1}")

    def __len__(self) -> int:
        """How many rows, N."""
        return len(self.x)

    def rows(self, numbers: npt.NDArray[np.intp]) -> Dataset:
        """The same dataset with only these rows."""
        return replace(self, x=self.x[numbers], y=self.y[numbers])


@dataclass(frozen=True, eq=False)
class Split:
    """One dataset shared out: to learn from, to choose by, and to be judged on once."""

    train: Dataset
    validation: Dataset
    test: Dataset


@dataclass(frozen=True, eq=False)
class TrainTest:
    """A dataset in the two parts that its authors made, so that results can be compared with theirs."""

    train: Dataset
    test: Dataset


def split(dataset: Dataset, *, validation: float = 0.2, test: float = 0.2, rng: np.random.Generator | int) -> Split:
    """Share the rows out at random; ``validation`` and ``test`` are fractions of all rows.

    Classes keep their proportions in every part where each class has enough rows for that.
    """
    labels = dataset.y if dataset.task == "classification" else None
    parts = split_rows(len(dataset), validation=validation, test=test, rng=rng, labels=labels)
    return Split(*(dataset.rows(part) for part in parts))


def split_rows(
    count: int,
    *,
    validation: float,
    test: float,
    rng: np.random.Generator | int,
    labels: npt.NDArray[Any] | None = None,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Row numbers of the training, validation and test parts, stratified by ``labels`` where possible.

    >>> train, validation, test = split_rows(10, validation=0.2, test=0.3, rng=0)
    >>> len(train), len(validation), len(test)
    (5, 2, 3)
    """
    for name, fraction in (("validation", validation), ("test", test)):
        if not 0 < fraction < 1:
            raise ValueError(f"split: {name} is {fraction}; expected a fraction between 0 and 1, such as 0.2")
    if validation + test >= 1:
        raise ValueError(
            f"split: validation {validation} and test {test} leave no rows to train with; their sum must be below 1"
        )
    held_back = max(1, round(count * validation)), max(1, round(count * test))
    if count - sum(held_back) < 2:
        raise ValueError(
            f"split: {count} rows are too few for validation {validation} and test {test}, which "
            f"leave {max(0, count - sum(held_back))} to train with; expected at least 2. Add rows."
        )
    generator = np.random.default_rng(rng)
    rest, tested = _divide(np.arange(count), held_back[1], labels, generator)
    trained, validated = _divide(rest, held_back[0], labels, generator)
    return trained, validated, tested


def _divide(
    rows: npt.NDArray[np.intp], size: int, labels: npt.NDArray[Any] | None, rng: np.random.Generator
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Take ``size`` of ``rows`` away at random: what stays, what was taken."""
    from sklearn.model_selection import train_test_split

    strata = None
    if labels is not None:
        _, members = np.unique(labels[rows], return_counts=True)
        if members.min() >= 2 and len(members) <= min(size, len(rows) - size):
            strata = labels[rows]
    seed = int(rng.integers(2**32))  # scikit-learn takes no Generator
    stays, taken = train_test_split(rows, test_size=size, random_state=seed, stratify=strata)
    return stays, taken
