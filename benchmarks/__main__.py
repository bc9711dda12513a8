"""Run the benchmarks, all or those named, and print the table.

python -m benchmarks [NAME ...] [--out FOLDER]

``peers`` and ``growth`` also write JSON and a picture each, into the folder ``bench`` unless another is named.
"""

from __future__ import annotations

import argparse
import platform
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Row, rows_of

NAMES = (
    "logistic_digits",
    "edf_logistic",
    "by_hand",
    "gathering",
    "buffers",
    "xla_engine",
    "two_processes",
    "dropout",
    "large_network",
    "backward_forms",
    "long_chain",
    "explaining",
    "diagnosis",
    "grading",
    "import_time",
)
# These start processes of their own, show how far they are, and write files.
WRITERS = {"peers": "benchmarks.peers.bench", "growth": "benchmarks.peers.growth"}
WIDTH = 120  # of the tables where the output is no terminal


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print the table.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join((*NAMES, *WRITERS))}; all if none")
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder for JSON and pictures (bench)")
    options = parser.parse_args()
    names = options.names or [*NAMES, *WRITERS]
    unknown = sorted(set(names) - set(NAMES) - set(WRITERS))
    if unknown:
        print(f"no benchmark called {', '.join(unknown)}; there are {', '.join((*NAMES, *WRITERS))}", file=sys.stderr)
        return 2
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    rows = [row for name in names for row in _rows(name, options.out, console)]
    console.print(_table(rows))
    return 1 if any(row.reached is False for row in rows) else 0


def _rows(name: str, out: Path, console: Console) -> list[Row]:
    """A benchmark's rows; one that fails says so and leaves the others theirs."""
    try:
        if name in WRITERS:
            rows: list[Row] = import_module(WRITERS[name]).rows(out, console)
            return rows
        return rows_of(name)
    except Exception as error:
        return [Row(name, "", f"failed: {type(error).__name__}: {error}", False)]


def _table(rows: list[Row]) -> Table:
    title = f"Python {platform.python_version()}, NumPy {np.__version__}"
    table = Table("question", "asked", "measured", "", title=title)
    for row in rows:
        verdict = {True: "reached", False: "[bold]short[/]", None: ""}[row.reached]
        table.add_row(row.question, row.asked, row.measured, verdict)
    return table


if __name__ == "__main__":
    sys.exit(main())
