"""Timing rivals in turn, and rows of the table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: what was asked, what came out, and whether that is enough."""

    question: str
    asked: str
    measured: str
    reached: bool | None  # None where a peer is missing


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
