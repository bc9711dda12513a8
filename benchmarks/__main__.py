"""Run the benchmarks, all or those named, and print the table.

python -m benchmarks [NAME ...]
"""

from __future__ import annotations

import platform
import sys

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.measure import rows_of

NAMES = (
    "logistic_digits",
    "edf_logistic",
    "by_hand",
    "gathering",
    "buffers",
    "xla_engine",
    "dropout",
    "large_network",
    "backward_forms",
    "long_chain",
    "explaining",
    "diagnosis",
    "grading",
    "import_time",
)


def main() -> int:
    names = sys.argv[1:] or NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        print(f"no benchmark called {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    console = Console(width=120)
    table = Table(
        "question",
        "asked",
        "measured",
        "",
        title=f"Python {platform.python_version()}, NumPy {np.__version__}",
    )
    short = 0
    for name in names:
        for row in rows_of(name):
            verdict = {True: "reached", False: "[bold]short[/]", None: ""}[row.reached]
            short += row.reached is False
            table.add_row(row.question, row.asked, row.measured, verdict)
    console.print(table)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
