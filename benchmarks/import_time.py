"""How much longer does ``import chainrule`` take than ``import numpy``?"""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.measure import Row, medians

ROUNDS = 21
PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def rows() -> list[Row]:
    found = medians(ROUNDS, chainrule=lambda: _import("chainrule"), numpy=lambda: _import("numpy"))
    ratio = found["chainrule"] / found["numpy"]
    measured = f"{ratio:.2f} ({found['chainrule'] * 1e3:.0f} ms / {found['numpy'] * 1e3:.0f} ms)"
    return [Row("import chainrule / import numpy", "<= 1.5", measured, ratio <= 1.5)]


def _import(package: str) -> float:
    command = [sys.executable, "-c", PROGRAM.format(package)]
    # An installed package has its bytecode beside it, as NumPy does here.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)
