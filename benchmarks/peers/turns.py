"""Processes of peers, and their turns: one computes at a time, now this first and now that."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.workloads import Workload, arrays

__all__ = ["Failed", "Gap", "Process", "epochs_within", "kept_arrays", "rounds", "spread", "take_turns"]

ROOT = Path(__file__).parents[2]
ROUNDS = 9
SLOW_ROUNDS = 3
PATIENCE = 240.0  # seconds for one answer: a compilation, or 25,000 steps
LONGEST_TURN = 1.5  # seconds; whoever needs longer trains fewer epochs in a turn, and for fewer rounds


class Gap(Exception):
    """The peer doesn't do this, and says why."""


class Failed(Exception):
    """The peer's process failed."""


class Process:
    """A worker's process, as an object that can be asked."""

    def __init__(self, folder: str | Path) -> None:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            # What is compiled is kept for this run alone: a first step is paid as on a machine that never saw it, by
            # the first workload; later ones find what the earlier left.
            "TORCHINDUCTOR_CACHE_DIR": str(Path(folder) / "torch"),
            "PYTENSOR_FLAGS": f"base_compiledir={Path(folder) / 'pytensor'}",
            "NUMBA_CACHE_DIR": str(Path(folder) / "numba"),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=ROOT,
        )

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """The answer; `Gap` if the peer doesn't do that, `Failed` if it can't, or not in time."""
        timer = threading.Timer(PATIENCE, self._process.kill)
        timer.daemon = True
        timer.start()
        started = time.monotonic()
        line = self._exchange(json.dumps({"do": do, **request}) + "\n")
        timer.cancel()
        if not line:
            late = time.monotonic() - started >= PATIENCE
            raise Failed(f"took more than {PATIENCE:.0f} s" if late else f"its process ended: {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "gap" in answer:
            raise Gap(answer["gap"])
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def _exchange(self, line: str) -> str:
        """The line that answers this one; empty if the process ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
            return self._process.stdout.readline()
        except BrokenPipeError:
            return ""

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def kept_arrays(workload: Workload, folder: str | Path) -> Iterator[str]:
    """The workload's arrays in a file for all workers, while they are needed."""
    path = Path(folder) / f"{workload.name}.npz"
    np.savez(path, **arrays(workload))
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


def epochs_within(workload: Workload, epoch_seconds: float, longest: float = LONGEST_TURN) -> int:
    """The epochs of a turn: the workload's, or as many as can be done in time."""
    return max(1, min(workload.epochs, int(longest / max(epoch_seconds, 1e-9))))


def rounds(turns: Mapping[str, Callable[[], float]], counts: Mapping[str, int]) -> dict[str, list[float]]:
    """What each turn gives, round by round, the order reversed each time, so that noise meets all alike.

    A name has as many turns as ``counts`` says, those with few of them spread over all rounds.
    """
    found: dict[str, list[float]] = {name: [] for name in turns}
    most = max(counts.values(), default=0)
    for number in range(most):
        order = list(turns) if number % 2 else list(reversed(turns))
        for name in order:
            if number * counts[name] // most != (number + 1) * counts[name] // most:
                found[name].append(turns[name]())
    return found


def take_turns(
    turns: Mapping[str, Callable[[], float]], counts: Mapping[str, int], cells: Mapping[str, dict[str, Any]]
) -> None:
    """Write each one's times per step into its cell; whose process fails on the way gets a gap."""

    def turn(name: str) -> float:
        if "gap" in cells[name]:
            return math.nan
        try:
            return turns[name]()
        except Failed as failure:
            cells[name]["gap"] = f"failed: {failure}"
            return math.nan

    for name, seconds in rounds({name: partial(turn, name) for name in turns}, counts).items():
        if "gap" not in cells[name]:
            cells[name]["step"] = spread(seconds) | {"rounds": len(seconds)}


def spread(values: list[float]) -> dict[str, float]:
    """The median and the quartiles."""
    if len(values) < 2:
        return {"median": values[0], "low": values[0], "high": values[0]}
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": statistics.median(values), "low": low, "high": high}
