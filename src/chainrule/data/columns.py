"""How one column of a table becomes columns of ``x``: what training rows taught, and nothing else.

A record here is valid by construction, so that one read from a file is checked like any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from chainrule.data.table import Table
from chainrule.data.wording import check_choice, listed

__all__ = ["Missing", "NumericColumn", "Scaling", "TextColumn", "Unseen", "fit_columns"]

Scaling = Literal["standard", "minmax", "image", "none"]
Missing = Literal["error", "mean"]
Unseen = Literal["error", "ignore"]
SCALINGS = ("standard", "minmax", "image", "none")
MISSING = ("error", "mean")
UNSEEN = ("error", "ignore")
MOST_CATEGORIES = 50
LARGEST_LABEL = 2**53  # beyond it, float64 does not hold every whole number


@dataclass(frozen=True)
class NumericColumn:
    """``(value - shift) / scale``, with ``fill`` in place of a missing value.

    >>> NumericColumn("area", shift=60.0, scale=20.0).apply(Table("houses", {"area": [50, 80]}))
    array([[-0.5],
           [ 1. ]])

    Args:
        fill: what a missing value becomes; ``None`` where a missing value is an error.
    """

    name: str
    shift: float
    scale: float
    fill: float | None = None

    def __post_init__(self) -> None:
        check_name("a column", self.name)
        check_scale(self.name, self.shift, self.scale)
        if self.fill is not None and not (isinstance(self.fill, float) and math.isfinite(self.fill)):
            raise ValueError(f"column {self.name!r}: fill is {self.fill!r}; expected a finite number or None")

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The column of ``x``, named like the table's."""
        return (self.name,)

    def apply(self, table: Table) -> npt.NDArray[np.float64]:
        """Give the scaled column, shape (N, 1)."""
        values = table.numbers(self.name)
        if self.fill is None:
            refuse_missing(table, self.name, "Fill them in, or train again with missing='mean'.")
        else:
            values = np.where(np.isnan(values), self.fill, values)
        return scaled(table, self.name, values, self.shift, self.scale)[:, None]


@dataclass(frozen=True)
class TextColumn:
    """One column of zeros and ones for each category; missing text is a category of its own.

    >>> TextColumn("kind", ("flat", "house")).apply(Table("houses", {"kind": ["house", "flat"]}))
    array([[0., 1.],
           [1., 0.]])

    Args:
        categories: those seen in training rows, sorted.
        others: categories that only the validation and test rows of the training table had. They must not
            shape ``x``, and are no surprise either: all zeros.
        unseen: what a category in neither of them is, an ``"error"`` or all zeros (``"ignore"``).
    """

    name: str
    categories: tuple[str, ...]
    others: tuple[str, ...] = ()
    unseen: Unseen = "error"

    def __post_init__(self) -> None:
        check_name("a column", self.name)
        check_labels(f"column {self.name!r}: categories", self.categories, (str,), at_least=1)
        check_labels(f"column {self.name!r}: others", self.others, (str,), at_least=0)
        check_choice(f"column {self.name!r}: unseen", self.unseen, UNSEEN)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """``"kind=flat"``, ``"kind=house"``: the columns of ``x``."""
        return tuple(f"{self.name}={category}" for category in self.categories)

    def apply(self, table: Table) -> npt.NDArray[np.float64]:
        """Give the one-hot columns, shape (N, K)."""
        values = table.texts(self.name)
        strangers = ~np.isin(values, self.categories + self.others)
        if self.unseen == "error" and strangers.any():
            row = np.flatnonzero(strangers)[0]
            raise ValueError(
                f"{table.name}: column {self.name!r}, {table.where(row)}: {str(values[row])!r} is not among "
                f"the categories of the training table: {listed(self.categories)}. Correct it, or train "
                "again with unseen='ignore'."
            )
        columns: npt.NDArray[np.float64] = (values[:, None] == np.array(self.categories)).astype(np.float64)
        return columns


def fit_columns(
    training: Table, table: Table, names: Sequence[str], *, scaling: Scaling, missing: Missing, unseen: Unseen
) -> tuple[NumericColumn | TextColumn, ...]:
    """Learn how the columns become ``x`` from the ``training`` rows of ``table``."""
    check_choice("scaling", scaling, SCALINGS)
    check_choice("missing", missing, MISSING)
    check_choice("unseen", unseen, UNSEEN)
    largest = max((_largest(training, name) for name in names if not table.is_text(name)), default=0.0)
    return tuple(
        _fit_text(training, table, name, unseen)
        if table.is_text(name)
        else _fit_numeric(training, table, name, scaling, largest, missing)
        for name in names
    )


def _fit_numeric(
    training: Table, table: Table, name: str, scaling: Scaling, largest: float, missing: Missing
) -> NumericColumn:
    if missing == "error":
        remedy = f"Fill them in, drop the column with drop=({name!r},), or use their mean: missing='mean'."
        refuse_missing(table, name, remedy)
    values = training.numbers(name)
    present = values[~np.isnan(values)]
    if not present.size:
        raise ValueError(f"{table.name}: column {name!r} has no value in any training row. Drop it: drop=({name!r},)")
    shift, scale = (0.0, largest or 1.0) if scaling == "image" else fit_scale(table, name, present, scaling)
    return NumericColumn(name, shift, scale, fill=float(present.mean()) if missing == "mean" else None)


def _fit_text(training: Table, table: Table, name: str, unseen: Unseen) -> TextColumn:
    every = set(table.texts(name).tolist())
    if len(every) > MOST_CATEGORIES or nearly_distinct(len(every), len(table)):
        raise ValueError(
            f"{table.name}: column {name!r} holds text with {len(every)} different values in {len(table)} "
            f"rows, such as {listed(sorted(every), 3)}; expected categories that repeat, at most "
            f"{MOST_CATEGORIES}. Drop the column: drop=({name!r},)"
        )
    seen = set(training.texts(name).tolist())
    return TextColumn(name, tuple(sorted(seen)), tuple(sorted(every - seen)), unseen)


def fit_scale(table: Table, name: str, values: npt.NDArray[np.float64], scaling: Scaling) -> tuple[float, float]:
    """The shift and scale that a column's present values ask for; a constant column gets scale 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        smallest, span = float(values.min()), float(np.ptp(values))
        shift, scale = {
            "standard": (float(values.mean()), float(values.std())),
            "minmax": (smallest, span),
            "none": (0.0, 1.0),
        }[scaling]
    if not (math.isfinite(shift) and math.isfinite(scale)):
        raise ValueError(
            f"{table.name}: column {name!r} holds values up to {np.abs(values).max()}, too large to scale. "
            "Use a larger unit."
        )
    # The deviation of a constant column need not come out as 0 (try ten times 0.1), so ask for its span.
    return shift, scale if span > 0 and scale > 0 else 1.0


def scaled(
    table: Table, name: str, values: npt.NDArray[np.float64], shift: float, scale: float
) -> npt.NDArray[np.float64]:
    """``(values - shift) / scale``, which must stay finite."""
    with np.errstate(over="ignore"):
        result = (values - shift) / scale
    if not np.isfinite(result).all():
        row = np.flatnonzero(~np.isfinite(result))[0]
        raise ValueError(
            f"{table.name}: column {name!r}, {table.where(row)}: {values[row]} is too far from the training "
            f"values (mean or minimum {shift}, scale {scale}) to be scaled"
        )
    return result


def nearly_distinct(different: int, rows: int) -> bool:
    """Whether a text column is more of a name than a category. Few rows cannot tell.

    >>> nearly_distinct(19, 20), nearly_distinct(10, 20), nearly_distinct(5, 5)
    (True, False, False)
    """
    return rows >= 20 and different > 0.9 * rows


def refuse_missing(table: Table, name: str, remedy: str) -> None:
    """Refuse a column with missing values: how many, the first line, what to do."""
    values = table.column(name)
    missing = np.flatnonzero(values == "" if table.is_text(name) else np.isnan(values))
    if missing.size:
        raise ValueError(
            f"{table.name}: column {name!r} has missing values: {missing.size}, the first on "
            f"{table.where(missing[0])}. {remedy}"
        )


def check_name(what: str, name: object) -> None:
    """Refuse a name that is no text."""
    if not (isinstance(name, str) and name):
        raise ValueError(f"the name of {what} is {name!r}; expected text")


def check_scale(name: str, shift: object, scale: object) -> None:
    """Refuse a shift or scale that is not a finite float, or a scale that is not above 0."""
    for what, value in (("shift", shift), ("scale", scale)):
        if not (isinstance(value, float) and math.isfinite(value)):
            raise ValueError(f"column {name!r}: {what} is {value!r}; expected a finite number")
    if isinstance(scale, float) and scale <= 0:
        raise ValueError(f"column {name!r}: scale is {scale!r}; expected a number above 0")


def check_labels(what: str, labels: object, kinds: tuple[type, ...], *, at_least: int) -> None:
    """Refuse labels that are not a sorted tuple of different values, all of one of the ``kinds``."""
    if (
        not isinstance(labels, tuple)
        or not any(all(type(label) is kind for label in labels) for kind in kinds)
        or list(labels) != sorted(set(labels))
        or any(isinstance(label, int) and abs(label) > LARGEST_LABEL for label in labels)
        or len(labels) < at_least
    ):
        names = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(
            f"{what} are {labels!r}; expected at least {at_least} different values of type {names}, sorted"
        )


def _largest(table: Table, name: str) -> float:
    values = table.numbers(name)
    return float(np.abs(values[~np.isnan(values)]).max(initial=0.0))
