"""The history of a training: one row an epoch, as plain Python values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chainrule.files import write_text_atomically

__all__ = ["COLUMNS", "History"]

COLUMNS = ("epoch", "train_loss", "validation_loss", "learning_rate", "seconds")
SHOWN_ROWS = 8

Value = int | float | None


@dataclass
class History:
    """Remembers what each epoch gave: a row for each, with every column, and None where there is no value.

    >>> history = History()
    >>> history.append(epoch=0, train_loss=2.3026, learning_rate=0.01)
    >>> history.append(epoch=1, train_loss=1.5, learning_rate=0.01)
    >>> history.column("train_loss")
    [2.3026, 1.5]
    >>> history
    History, 2 epochs
      epoch  train_loss  validation_loss  learning_rate  seconds
          0      2.3026                -           0.01        -
          1         1.5                -           0.01        -

    Args:
        columns: the names, in order; `append` adds new ones at the end.
        rows: one dict for each epoch.
        interrupted: whether Ctrl-C ended the training.
    """

    columns: list[str] = field(default_factory=lambda: list(COLUMNS))
    rows: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False

    def append(self, **values: Any) -> None:
        """Add a row. Earlier rows get None in a column that is new, this row in a column it doesn't name."""
        plain = {name: _plain(name, value) for name, value in values.items()}
        for name in plain.keys() - set(self.columns):
            for row in self.rows:
                row[name] = None
        self.columns += [name for name in plain if name not in self.columns]
        self.rows.append({name: plain.get(name) for name in self.columns})

    def append_row(self, row: dict[str, Value]) -> None:
        """Add a row of Python values, which becomes the history's own. `append` takes three times as long."""
        if [*row] == self.columns:
            self.rows.append(row)
        else:
            self.append(**row)

    def column(self, name: str) -> list[Value]:
        """The column's value in every row, as a new list."""
        if name not in self.columns:
            raise KeyError(f"History has no column {name!r}; its columns are {', '.join(self.columns)}")
        return [row[name] for row in self.rows]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        count = f"{len(self)} epoch{'' if len(self) == 1 else 's'}"
        title = f"History, {count}{', interrupted' if self.interrupted else ''}"
        if not self.rows:
            return title
        return "\n".join([title, *_table(self.columns, self.rows)])

    # -- files ---------------------------------------------------------------------------------------

    def to_csv(self, path: str | Path) -> None:
        """Write a header and a line for each row; `from_csv` reads back exactly the same numbers."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        for row in self.rows:
            writer.writerow({name: "" if value is None else repr(value) for name, value in row.items()})
        write_text_atomically(path, text.getvalue())

    @classmethod
    def from_csv(cls, path: str | Path) -> History:
        """Read what `to_csv` wrote. A CSV file does not say whether the training was interrupted."""
        try:
            with Path(path).open(encoding="utf-8", newline="") as file:
                header, *lines = list(csv.reader(file, strict=True)) or [[]]
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{path}: there is no such file") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{path}: not a CSV file ({error})") from error
        if not header or len(set(header)) != len(header):
            raise ValueError(f"{path}: expected a first line of different column names, got {header}")
        rows = [_read_row(path, number, header, cells) for number, cells in enumerate(lines, 2)]
        return cls(header, rows)

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values, for a checkpoint."""
        return {
            "columns": list(self.columns),
            "rows": [[row[name] for name in self.columns] for row in self.rows],
            "interrupted": self.interrupted,
        }

    @classmethod
    def from_json(cls, values: Any) -> History:
        """What `to_json` gave; anything else is a ValueError."""
        try:
            columns, rows = [str(name) for name in values["columns"]], values["rows"]
            history = cls(columns, [dict(zip(columns, row, strict=True)) for row in rows])
            for row in history.rows:
                for name, value in row.items():
                    _plain(name, value)
            history.interrupted = bool(values["interrupted"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a history: {error!r}; expected columns, rows and interrupted") from error
        return history


def _plain(name: str, value: Any) -> Value:
    """NumPy's numbers as Python's."""
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, bool) or not (value is None or isinstance(value, (int, float))):
        raise TypeError(f"History: {name} is {value!r}; expected a number or None")
    return value


def _read_row(path: str | Path, number: int, header: list[str], cells: list[str]) -> dict[str, Value]:
    if len(cells) != len(header):
        raise ValueError(f"{path}, line {number}: expected {len(header)} cells, got {len(cells)}")
    try:
        return {name: _read_cell(cell) for name, cell in zip(header, cells, strict=True)}
    except ValueError as error:
        raise ValueError(f"{path}, line {number}: expected numbers or empty cells ({error})") from error


def _read_cell(cell: str) -> Value:
    if not cell:
        return None
    try:
        return int(cell)
    except ValueError:
        return float(cell)


def _table(columns: Sequence[str], rows: list[dict[str, Any]]) -> list[str]:
    """Lines of right-aligned cells; the middle of a long history is left out."""
    cells = [[_shown(row[name]) for name in columns] for row in _ends(rows)]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    lines = [
        "  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in [list(columns), *cells]
    ]
    if len(rows) > SHOWN_ROWS:
        lines.insert(1 + SHOWN_ROWS // 2, "  " + "...".rjust(widths[0]))
    return lines


def _ends(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    half = SHOWN_ROWS // 2
    return rows if len(rows) <= SHOWN_ROWS else rows[:half] + rows[-half:]


def _shown(value: Value) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
