"""What this machine reaches: the rate of matrix products, and how fast it moves arrays.

The file runs by itself, too, and needs nothing but NumPy: advice is tried by running it again with a variable set.
"""

from __future__ import annotations

import functools
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Rates", "measure_rates", "product_rate", "roof"]

Typical = Callable[[list[float]], float]

SIZES = (64, 256, 1024)
_KB, _MB = 1024, 1024 * 1024
_SETS = (32 * _KB, 256 * _KB, 2 * _MB, 16 * _MB)  # bytes in use at a time; main memory is measured apart
_ROOF_RUNS = 3
# Seconds. Where a product takes longer, few cores are at work, and smaller products reach the same rate: one core gave
# 51, 52 and 50 GF/s at 64, 256 and 1024.
_LONG_PRODUCT = 0.03
_DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Rates:
    """What was measured.

    Args:
        products: for each dtype, 10^9 multiplications and additions a second of a product of n x n matrices, by n.
        copy: 10^9 bytes a second, read and written, of a copy in main memory; None if that was not measured.
        triad: the same of ``a = b + s * c``, which NumPy computes in two passes over five arrays.
        adding: the same of ``a = b + c``, by the bytes of the three arrays: small ones stay in a cache.
    """

    products: Mapping[str, Mapping[int, float]]
    copy: float | None
    triad: float | None
    adding: Mapping[int, float]

    def arithmetic(self, dtype: str) -> float:
        """The best rate of a matrix product, a second; other dtypes count as float64."""
        return 1e9 * max(self.products.get(dtype, self.products["float64"]).values())

    def movement(self, size: int) -> float:
        """Bytes a second where a call moves ``size`` bytes: the rate of the smallest cache that they fit in."""
        fitting = [rate for held, rate in sorted(self.adding.items()) if size <= held]
        return 1e9 * (fitting[0] if fitting else self.adding[max(self.adding)])

    def needed(self, flops: int, size: int, dtype: str) -> float:
        """The seconds that a call needs at these rates: for its arithmetic or its bytes, whichever is longer."""
        return max(flops / self.arithmetic(dtype), size / self.movement(size))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "products": {dtype: {str(n): rate for n, rate in found.items()} for dtype, found in self.products.items()},
            "copy": self.copy,
            "triad": self.triad,
            "adding": {str(size): rate for size, rate in self.adding.items()},
        }


def measure_rates(runs: int = 7) -> Rates:
    """Measure, a median of several runs each; it takes a second or two."""
    size = _beyond_the_caches()
    a, b, c = (np.ones(size // 8) for _ in range(3))

    def triad() -> None:
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)

    return Rates(
        products={dtype: {n: product_rate(n, dtype, runs) for n in SIZES} for dtype in _DTYPES},
        copy=2 * a.nbytes / seconds(lambda: np.copyto(a, b), runs) / 1e9,
        triad=5 * a.nbytes / seconds(triad, runs) / 1e9,
        adding={held: _adding_rate(held, runs) for held in (*_SETS, 3 * size)},
    )


def roof(largest: int) -> Rates:
    """The rates that calls are held against which move up to so many bytes.

    The best of a few runs each, since other programs can only make a machine look slower. It takes a fraction of a
    second, once in a process: large products are left out where smaller ones tell the rate, and main memory where
    nobody needs it.
    """
    held = _SETS if largest <= _SETS[-1] else (*_SETS, 3 * _beyond_the_caches())
    return Rates(_roof_of_products(), None, None, {size: _roof_of_moving(size) for size in held})


@functools.cache
def _roof_of_products() -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {dtype: {} for dtype in _DTYPES}
    for dtype, rates in found.items():
        for n in SIZES:
            if not rates or 2 * n**3 / (1e9 * max(rates.values())) <= _LONG_PRODUCT:
                rates[n] = product_rate(n, dtype, _ROOF_RUNS, min)
    return found


@functools.cache
def _roof_of_moving(held: int) -> float:
    return _adding_rate(held, _ROOF_RUNS, min)


def product_rate(n: int, dtype: str, runs: int = 7, of: Typical = statistics.median) -> float:
    """10^9 multiplications and additions a second of the product of two n x n matrices."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((n, n)).astype(dtype) for _ in range(2))
    out = np.empty_like(a)
    return 2 * n**3 / seconds(lambda: np.matmul(a, b, out=out), runs, of) / 1e9


def seconds(call: Callable[[], object], runs: int = 7, of: Typical = statistics.median) -> float:
    """The median time of a call, or the shortest; short ones are repeated within a run, since clocks are coarse."""
    call()
    started = time.perf_counter()
    call()
    repeats = max(1, int(0.002 / max(time.perf_counter() - started, 1e-7)))
    found = []
    for _ in range(runs):
        started = time.perf_counter()
        for _ in range(repeats):
            call()
        found.append((time.perf_counter() - started) / repeats)
    return of(found)


def _adding_rate(held: int, runs: int, of: Typical = statistics.median) -> float:
    a, b, c = (np.ones(held // 24) for _ in range(3))
    return 3 * a.nbytes / seconds(lambda: np.add(b, c, out=a), runs, of) / 1e9


def _beyond_the_caches() -> int:
    """Bytes of an array that is larger than the caches: twice the largest, from 32 to 256 MB."""
    sizes = [_MB]
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        if text[:-1].isdigit():
            sizes.append(int(text[:-1]) * {"K": _KB, "M": _MB}.get(text[-1], 1))
    return min(max(2 * max(sizes), 32 * _MB), 256 * _MB)


if __name__ == "__main__":
    print(json.dumps({dtype: product_rate(int(sys.argv[1]), dtype) for dtype in ("float32", "float64")}))
