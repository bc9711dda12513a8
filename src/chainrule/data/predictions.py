"""Results as CSV, whole or not at all, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.files import write_text_atomically

__all__ = ["csv_text", "write_predictions"]

# A spreadsheet takes a cell that begins with one of these for a formula and runs it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_predictions(path: str | Path, columns: Mapping[str, Sequence[object] | npt.NDArray[Any]]) -> None:
    """Write named columns of equal length as CSV. The file appears complete or not at all."""
    write_text_atomically(path, csv_text(columns))


def csv_text(columns: Mapping[str, Sequence[object] | npt.NDArray[Any]]) -> str:
    r"""Named columns as CSV: numbers in full precision, nan as an empty cell, formulas disarmed.

    >>> csv_text({"label": ["cat", "=1+1"], "score": [0.5, -2.0]})
    "label,score\ncat,0.5\n'=1+1,-2.0\n"
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"csv_text: the columns have lengths {lengths}; expected one length for all")
    lines: list[str] = []
    # The writer quotes a cell with a carriage return only where its own lines end in one.
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    writer.writerow([_cell(name) for name in columns])
    writer.writerows(zip(*([_cell(value) for value in values] for values in columns.values()), strict=True))
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA_STARTS) else str(value)
    if isinstance(value, float | np.floating) and np.isnan(value):
        return ""
    return str(value)  # the shortest text that reads back as the same float32 or float64
