"""Tables from .csv and .npz files: what is unclear is refused, with its line, never guessed."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data.table import Table, is_missing
from chainrule.data.wording import listed, nearest

__all__ = ["read_columns", "read_table"]

_DELIMITERS = ",;\t"
_MOSTLY = 0.8
_LARGEST_TEXT_COLUMN = 256 * 2**20  # bytes
_COMMA_NUMBER = re.compile(r"[+-]?\d+(,\d+)+(\.\d+)?")


def read_table(path: str | Path, *, categories: Collection[str] = ()) -> Table:
    """Read a .csv file (comma, semicolon or tab; UTF-8; names in the first line) or an .npz file.

    A column is numeric when all its entries are finite numbers. The entries NA, NaN, null, None and nothing
    at all, in any case, are missing values. A column whose entries are numbers for the most part (at least
    80 %) but not all is an error: the rest is more often a slip than a category. In an .npz file each array
    is a column; a 2-D array ``x`` gives the columns ``x_0``, ``x_1`` and so on.

    Args:
        path: the file.
        categories: columns to read as text even if they look like numbers, such as postcodes.
    """
    table = read_columns(path, is_text=lambda name: name in categories)
    for name in categories:
        table.column(name)
    return table


def read_columns(path: str | Path, *, is_text: Callable[[str], bool]) -> Table:
    """Read a table whose columns with ``is_text(name)`` are text, whatever they look like."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file.{_nearest_file(path)}")
    if not path.is_file():
        raise ValueError(f"{path} is not a file. Name a .csv or .npz file in it.")
    if path.suffix.lower() == ".npz":
        return _read_npz(path, is_text)
    return _read_csv(path, is_text)


def _nearest_file(path: Path) -> str:
    if not path.parent.is_dir():
        return f" There is no folder {path.parent} either."
    return nearest(path.name, [other.name for other in path.parent.iterdir()])


# ---------------------------------------------------------------------------------------------- .csv


def _read_csv(path: Path, is_text: Callable[[str], bool]) -> Table:
    header, rows, lines = _records(path, _decoded(path))
    columns = {}
    for name, column in zip(header, zip(*rows, strict=True), strict=True):
        cells = [cell.strip() for cell in column]
        columns[name] = _text(path, name, cells) if is_text(name) else _numbers_or_text(path, name, cells, lines)
    return Table(path.name, columns, places=np.array(lines), unit="line")


def _decoded(path: Path) -> str:
    try:
        text: str = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path.name}: byte {error.start} is {error.object[error.start]:#04x}, which is not UTF-8. "
            "Save the table as CSV in UTF-8."
        ) from error
    if not text.strip():
        raise ValueError(f"{path.name} is empty. Expected a line of column names and a line for each row.")
    return text


def _records(path: Path, text: str) -> tuple[list[str], list[list[str]], list[int]]:
    """The column names, the rows, and the line on which each row begins."""
    delimiter = _delimiter(text)
    header: list[str] = []
    rows, lines = [], []
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for row in reader:
            if row and not header:
                header = [name.strip() for name in row]
                _check_header(path, header)
            elif row:
                if len(row) != len(header):
                    raise ValueError(
                        f"{path.name}, line {line}: {len(row)} fields, separated by {delimiter!r}; the first "
                        f"line names {len(header)} columns. Quote fields that contain {delimiter!r}."
                    )
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path.name}, line {line}: {error}. Check the quotes from this line on.") from error
    if not rows:
        raise ValueError(f"{path.name} holds column names but no rows. Add at least one row below them.")
    return header, rows, lines


def _delimiter(text: str) -> str:
    """The delimiter that gives the same number of fields on the first lines, and most of them.

    >>> _delimiter("price;area\\n1,5;20\\n")
    ';'
    """

    def fitness(delimiter: str) -> tuple[bool, int]:
        sample = io.StringIO(text[:20_000], newline="")
        reader = csv.reader(sample, delimiter=delimiter, skipinitialspace=True)
        widths = [len(row) for _, row in zip(range(20), reader, strict=False) if row]
        # The sample may end within a row, so the last one does not count against a delimiter.
        return len(set(widths[:-1] or widths)) == 1 and widths[0] > 1, widths[0]

    return max(_DELIMITERS, key=fitness)


def _check_header(path: Path, header: list[str]) -> None:
    if all(_number(name) is not None and not is_missing(name) for name in header):
        raise ValueError(
            f"{path.name}: the first line holds only numbers ({listed(header, 5)}); "
            "expected column names. Add a line with a name for each column."
        )
    for place, name in enumerate(header, start=1):
        if not name:
            raise ValueError(f"{path.name}: column {place} has no name in the first line. Give it one.")
        if name in header[: place - 1]:
            raise ValueError(
                f"{path.name}: columns {header.index(name) + 1} and {place} are both named {name!r}. Rename one."
            )


def _numbers_or_text(path: Path, name: str, cells: list[str], lines: list[int]) -> npt.NDArray[Any]:
    """The cells as numbers where all present ones are finite numbers, as text where most are none."""
    values = [_number(cell) for cell in cells]
    odd = [row for row, value in enumerate(values) if value is None or math.isinf(value)]
    if not odd:
        return np.array(values, dtype=np.float64)
    present = sum(not is_missing(cell) for cell in cells)
    words = sum(values[row] is None and not _COMMA_NUMBER.fullmatch(cells[row]) for row in odd)
    if present - words < _MOSTLY * present:
        return _text(path, name, cells)
    raise ValueError(
        f"{path.name}: column {name!r}, line {lines[odd[0]]}: {cells[odd[0]]!r} is not a finite number such "
        f"as -3.5; {present - len(odd)} of the column's {present} entries are. Correct the entry, leave it "
        f"empty if its value is missing, or read the column as text: categories=({name!r},)"
    )


def _text(path: Path, name: str, cells: list[str]) -> npt.NDArray[np.str_]:
    longest = max(map(len, cells))
    # NumPy gives every entry the room of the longest, at 4 bytes a character.
    if 4 * longest * len(cells) > _LARGEST_TEXT_COLUMN:
        raise ValueError(
            f"{path.name}: column {name!r} has entries of up to {longest} characters, too long for a "
            "category. Remove the column from the file."
        )
    return np.array(cells, dtype=np.str_)


def _number(cell: str) -> float | None:
    """The number that a cell spells, inf included; nan if it says that there is none; ``None`` if it is text.

    >>> _number("-1.5e3"), _number("NA"), _number("1_000"), _number("12a")
    (-1500.0, nan, None, None)
    """
    if "_" in cell or not cell.isascii():  # Python's own spelling, which no table means
        return None
    try:
        return float(cell)
    except ValueError:
        return math.nan if is_missing(cell) else None


# ---------------------------------------------------------------------------------------------- .npz


def _read_npz(path: Path, is_text: Callable[[str], bool]) -> Table:
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, array in _arrays(path).items():
        for column, values in _columns_of(path, name, array).items():
            if column in columns:
                raise ValueError(f"{path.name}: two arrays give a column {column!r}. Rename one.")
            columns[column] = _as_text(values) if is_text(column) and values.dtype.kind in "fiu" else values
    table = Table(path.name, columns)
    if not len(table):
        raise ValueError(f"{path.name} holds columns but no rows. Expected at least one row.")
    return table


def _as_text(numbers: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    """Numbers as a CSV would spell them: ``"3"``, ``"0.1"``."""
    return np.array([str(number).removesuffix(".0") for number in numbers], dtype=np.str_)


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path.name} is not an .npz file, or was cut short. Write it with np.savez.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except (ValueError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise ValueError(
            f"{path.name} cannot be read: {error}. Expected arrays of numbers or text, written with np.savez."
        ) from error


def _columns_of(path: Path, name: str, array: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    if not isinstance(array, np.ndarray) or array.ndim not in (1, 2):
        raise ValueError(
            f"{path.name}: {name!r} has shape {np.shape(array)}; expected (N,) or (N, D). "
            "Reshape pictures to one row each."
        )
    if array.ndim == 1:
        return {name: array}
    if array.shape[1] == 1:
        return {name: array[:, 0]}
    return {f"{name}_{place}": array[:, place] for place in range(array.shape[1])}
