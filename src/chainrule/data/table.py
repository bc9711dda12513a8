"""Named columns of numbers or text, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data.wording import no_column

__all__ = ["Table", "is_missing"]

_MISSING = frozenset({"", "na", "nan", "null", "none"})


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value.

    >>> [is_missing(cell) for cell in ("", "NA", "NaN", "null", "None", "0", "nano")]
    [True, True, True, True, True, False, False]
    """
    return cell.strip().lower() in _MISSING


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length: numbers (float64, nan where missing) or text (str, ``""`` where missing).

    >>> table = Table("houses", {"area": [50, 75], "kind": ["flat", "house"]})
    >>> table.columns["area"]
    array([50., 75.])

    Args:
        name: what messages call it.
        columns: name -> values; whole numbers and booleans become float64.
        places: where in the file each row stands, shape (N,); the row's index if not given.
        unit: what ``places`` counts: ``"line"``, from 1, or ``"index"``, from 0.
    """

    name: str
    columns: Mapping[str, npt.NDArray[Any]]
    places: npt.NDArray[np.intp] | None = None
    unit: str = "index"

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError(f"{self.name}: no columns. Expected at least one input and one target.")
        columns = {name: _numbers_or_text(self, name, values) for name, values in self.columns.items()}
        first = next(iter(columns))
        for name, values in columns.items():
            if len(values) != len(columns[first]):
                raise ValueError(
                    f"{self.name}: column {first!r} has {len(columns[first])} rows and {name!r} "
                    f"{len(values)}; expected the same number in all columns"
                )
        object.__setattr__(self, "columns", columns)

    def __len__(self) -> int:
        """How many rows, N."""
        return len(next(iter(self.columns.values())))

    def rows(self, numbers: npt.NDArray[np.intp]) -> Table:
        """The same table with only these rows, which remember where they stood."""
        places = np.arange(len(self)) if self.places is None else self.places
        columns = {name: values[numbers] for name, values in self.columns.items()}
        return replace(self, columns=columns, places=places[numbers])

    def where(self, row: int | np.intp) -> str:
        """``"line 7"``: the place of a row, for messages."""
        return f"{self.unit} {row if self.places is None else self.places[row]}"

    def column(self, name: str) -> npt.NDArray[Any]:
        """The column's values, whichever kind they are."""
        if name not in self.columns:
            raise no_column(self.name, name, list(self.columns))
        return self.columns[name]

    def is_text(self, name: str) -> bool:
        """Whether the column holds text."""
        return self.column(name).dtype.kind == "U"

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """The column's numbers; text is refused with its first line."""
        values = self.column(name)
        if self.is_text(name):
            row = next((row for row, text in enumerate(values) if text and not _is_number(text)), 0)
            raise ValueError(
                f"{self.name}: column {name!r}, {self.where(row)}: {str(values[row])!r} is not a number; "
                "expected numbers in this column"
            )
        return values

    def texts(self, name: str) -> npt.NDArray[np.str_]:
        """The column's texts; numbers are refused, a column without any value counts as text."""
        values = self.column(name)
        if self.is_text(name):
            return values
        if np.isnan(values).all():
            return np.full(len(values), "")
        raise ValueError(
            f"{self.name}: column {name!r} holds numbers, such as {values[~np.isnan(values)][0]}; expected "
            f"text. Read it as text: read_table(path, categories=({name!r},))"
        )


def _numbers_or_text(table: Table, name: str, values: Iterable[Any]) -> npt.NDArray[Any]:
    """``values`` as float64 or str, with the missing ones marked in the one way."""
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "fiubU":
        raise ValueError(
            f"{table.name}: column {name!r} has shape {array.shape} and dtype {array.dtype}; "
            "expected numbers or text of shape (N,)"
        )
    if array.dtype.kind == "U":
        missing = np.array([is_missing(text) for text in array], dtype=bool)
        return np.where(missing, "", array)
    numbers = array.astype(np.float64)
    if np.isinf(numbers).any():
        row = np.flatnonzero(np.isinf(numbers))[0]
        raise ValueError(
            f"{table.name}: column {name!r}, {table.where(row)}: {numbers[row]} is not a finite number; "
            "expected finite numbers, or nan where the value is missing"
        )
    return numbers


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
