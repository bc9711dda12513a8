"""How good predictions are, in numbers that a file can hold."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.learning import metrics
from chainrule.showing.text import counted, figures

__all__ = ["ClassScores", "Scores", "ValueScores", "class_scores", "scores_from_json", "value_scores"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class ClassScores:
    """Of a classification.

    Args:
        accuracy: fraction of rows whose class was predicted.
        confusion: how often class i (outer) was predicted as class j (inner).
    """

    accuracy: float
    confusion: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        counts = [count for row in self.confusion for count in row]
        square = len(self.confusion) ** 2 == len(counts) and len({*map(len, self.confusion)}) == 1
        if not square or not all(type(count) is int and count >= 0 for count in counts) or not sum(counts):
            raise ValueError(f"confusion is {self.confusion!r:.80}; expected K rows of K counts")
        _check_finite(self, "accuracy")

    @property
    def rows(self) -> int:
        """How many rows were judged."""
        return sum(map(sum, self.confusion))

    @property
    def correct(self) -> int:
        """How many of them were right."""
        return sum(row[number] for number, row in enumerate(self.confusion))

    @property
    def baseline(self) -> float:
        """The accuracy of always saying the most frequent class."""
        return max(map(sum, self.confusion)) / self.rows

    def per_class(self) -> list[tuple[int, int, float | None, float | None]]:
        """For each class: its rows, how many were found, recall, precision; ``None`` for 0 of 0."""
        counts = np.array(self.confusion)
        found, rows, said = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
        return [(int(n), int(hit), _ratio(hit, n), _ratio(hit, m)) for hit, n, m in zip(found, rows, said, strict=True)]

    def headline(self) -> tuple[str, str]:
        """The main score, and what it is."""
        return percent(self.accuracy), "accuracy"

    def summary(self) -> str:
        """One line for the terminal."""
        return (
            f"accuracy {percent(self.accuracy)}  ({self.correct} of {counted(self.rows, 'row')}; "
            f"always the most frequent class: {percent(self.baseline)})"
        )

    def to_json(self) -> dict[str, Any]:
        """Names and plain values."""
        return {"task": "classification", **asdict(self)}


@dataclass(frozen=True)
class ValueScores:
    """Of a regression, in the target's own unit.

    Args:
        rows: how many were judged.
        r2: the part of the target's variance that is explained; ``None`` where it does not vary.
        rmse: root mean squared error.
        mae: mean absolute error.
        spread: the target's standard deviation, the rmse of always saying its mean.
    """

    rows: int
    r2: float | None
    rmse: float
    mae: float
    spread: float

    def __post_init__(self) -> None:
        if type(self.rows) is not int or self.rows < 1:
            raise ValueError(f"rows is {self.rows!r}; expected a whole number from 1")
        _check_finite(self, "rmse", "mae", "spread", *([] if self.r2 is None else ["r2"]))

    def headline(self) -> tuple[str, str]:
        """The main score, and what it is."""
        return (figures(self.rmse), "RMSE") if self.r2 is None else (f"{self.r2:.3f}", "R²")

    def summary(self) -> str:
        """One line for the terminal."""
        r2 = "not defined, the target does not vary" if self.r2 is None else f"{self.r2:.4f}"
        return (
            f"R² {r2}  RMSE {figures(self.rmse)}  MAE {figures(self.mae)}  "
            f"({counted(self.rows, 'row')}; always the mean: RMSE {figures(self.spread)})"
        )

    def to_json(self) -> dict[str, Any]:
        """Names and plain values."""
        return {"task": "regression", **asdict(self)}


Scores = ClassScores | ValueScores


def class_scores(labels: Array, predicted: Array, classes: int) -> ClassScores:
    """Judge predicted class numbers."""
    counts = metrics.confusion_matrix(labels, predicted, np.arange(classes))
    return ClassScores(metrics.accuracy(labels, predicted), tuple(tuple(row) for row in counts.tolist()))


def value_scores(target: Array, predicted: Array) -> ValueScores:
    """Judge predicted values."""
    varies = len(target) > 1 and float(np.ptp(target)) > 0
    return ValueScores(
        rows=len(target),
        r2=metrics.r2(target, predicted) if varies else None,
        rmse=math.sqrt(metrics.mean_squared_error(target, predicted)),
        mae=metrics.mean_absolute_error(target, predicted),
        spread=float(np.std(target)),
    )


def scores_from_json(record: object) -> Scores:
    """The scores that ``to_json`` gave, by way of JSON; anything else is a ValueError."""
    kinds: dict[object, Any] = {"classification": ClassScores, "regression": ValueScores}
    if not isinstance(record, dict) or record.get("task") not in kinds:
        raise ValueError(f"scores are {record!r:.80}; expected an object with a task")
    values = {name: value for name, value in record.items() if name != "task"}
    try:
        if "confusion" in values:
            values["confusion"] = tuple(tuple(row) for row in values["confusion"])
        scores: Scores = kinds[record["task"]](**values)
    except TypeError as error:
        raise ValueError(f"scores are {record!r:.80}; expected those of a {record['task']}") from error
    return scores


def percent(fraction: float) -> str:
    """``percent(0.9722)`` is ``"97.2 %"``; only a perfect score is 100 %.

    >>> percent(0.99999), percent(1.0)
    ('99.9 %', '100.0 %')
    """
    return f"{fraction if fraction == 1 else min(fraction, 0.999):.1%}".replace("%", " %")


def _ratio(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None


def _check_finite(record: Any, *names: str) -> None:
    for name in names:
        value = getattr(record, name)
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}; expected a finite number")
