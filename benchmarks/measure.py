"""Timing rivals in turn, each benchmark in a process of its own, and rows of the table."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context


@dataclass(frozen=True)
class Row:
    """One line of the table: what was asked, what came out, and whether that is enough."""

    question: str
    asked: str
    measured: str
    reached: bool | None  # None where a peer is missing


def rows_of(name: str) -> list[Row]:
    """A benchmark's rows, measured in a process of its own.

    What one leaves behind (PyTorch's threads, a heap in pieces) is not charged to the next.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measure, name).result()


def _measure(name: str) -> list[Row]:
    rows: list[Row] = importlib.import_module(f"benchmarks.{name}").rows()
    return rows


def medians(rounds: int, **rivals: Callable[[], float]) -> dict[str, float]:
    """The median seconds of each rival, which are run in turn, now this first and now that, so that noise, and what one
    leaves behind in caches and threads, meets all alike.
    """
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds):
        order = list(rivals)
        for name in order if number % 2 else reversed(order):
            times[name].append(rivals[name]())
    return {name: statistics.median(values) for name, values in times.items()}


def timed(function: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
