"""Rows that can be had by number, in memory or in a file: shuffled and cut into batches in every epoch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.learning.prefetching import prefetched

__all__ = ["Batches", "drawn_keys"]

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array]
Batch = tuple[Array, ...]  # samples, targets, and a key where the step draws random numbers

# Shuffled rows are gathered a block at a time: few copies, each small enough to be in the cache when it is stepped
# through (benchmarks/gathering.py).
BLOCK_BYTES = 2**20


@dataclass(frozen=True, eq=False)
class Batches:
    """Samples ``x`` and targets ``y``, to be seen ``size`` rows at a time; all at once if it is None.

    ``convert`` makes rows of arrays in a file what is trained on, from ``(x, y, numbers of the rows)``. Such rows are
    read and converted by a thread, a block ahead. None: the arrays are in memory and ready.

    For ``random`` steps each batch brings a key: the epoch's number, which is drawn after the order of its rows, and
    the number of the step in it. So a step's key is known without the steps before it.
    """

    x: Array
    y: Array
    size: int | None
    convert: Callable[[Array, Array, Array], Pair] | None = None
    random: bool = False

    @property
    def rows(self) -> int:
        """How many rows an epoch has."""
        return len(self.x)

    @property
    def in_memory(self) -> bool:
        """Whether all rows are there at any time."""
        return self.convert is None

    @property
    def is_one_step(self) -> bool:
        """Whether an epoch is one step on all rows as they lie there."""
        return self.size is None and self.in_memory and not self.random

    def is_last(self, rows: int) -> bool:
        """Whether an epoch is done when so many of its rows are."""
        return rows >= self.rows

    def place(self, row: int) -> str:
        """Words for the batch that begins with the epoch's ``row``."""
        return f"batch {self._number(row)}"

    def _number(self, row: int) -> int:
        return row // (self.size or self.rows)

    def epoch(self, rng: np.random.Generator, number: int = 0, done: int = 0) -> Generator[Batch]:
        """An epoch's batches: all rows in their own order, or shuffled and cut; ``done`` rows are left out.

        The order depends on the generator alone and not on the epoch's number.
        """
        if self.is_one_step:
            yield self.x, self.y
            return
        order = None if self.size is None else rng.permutation(self.rows)
        keys = drawn_keys(rng, self._steps) if self.random else None
        blocks = self._gathered(order, done)
        with contextlib.closing(blocks if self.convert is None else prefetched(blocks)) as blocks:
            for step, (x, y) in enumerate(self._cut(blocks), self._number(done)):
                yield (x, y) if keys is None else (x, y, keys[step])

    def in_order(self, size: int) -> Generator[Pair]:
        """All rows in their own order, ``size`` at a time."""
        parts = self._parts_in_order(size)
        yield from parts if self.convert is None else prefetched(parts)

    def _parts_in_order(self, size: int) -> Generator[Pair]:
        for start in range(0, self.rows, size):
            yield self._read(slice(start, start + size))

    def rows_of_batches(
        self, rng: np.random.Generator, done: int = 0
    ) -> Iterator[tuple[npt.NDArray[np.int64] | None, tuple[Array, ...]]]:
        """The same epoch as row numbers, shape (steps, rows a step): its whole batches, then the rest as one step.

        None stands for one step on all rows in their own order. Beside them the steps' keys, shape (steps, 2), if any.
        """
        order = None if self.size is None else rng.permutation(self.rows)
        keys = (drawn_keys(rng, self._steps),) if self.random else ()
        if order is None or self.size is None:
            yield None, keys
            return
        whole = self.rows - self.rows % self.size
        if done < whole:
            steps = slice(self._number(done), self._number(whole))
            yield order[done:whole].reshape(-1, self.size), tuple(of_steps[steps] for of_steps in keys)
        if whole < self.rows:
            yield order[whole:].reshape(1, -1), tuple(of_steps[-1:] for of_steps in keys)

    @property
    def _steps(self) -> int:
        return self._number(self.rows - 1) + 1

    def _gathered(self, order: Array | None, done: int) -> Generator[Pair]:
        if order is None:
            yield self._read(slice(None))
            return
        for start in range(done, self.rows, self._block):
            yield self._read(order[start : start + self._block])

    def _read(self, index: Array | slice) -> Pair:
        x, y = _rows_of(self.x, index), _rows_of(self.y, index)
        if self.convert is None:
            return x, y
        return self.convert(x, y, np.arange(*index.indices(self.rows)) if isinstance(index, slice) else index)

    def _cut(self, blocks: Iterator[Pair]) -> Iterator[Pair]:
        for x, y in blocks:
            size = self.size or len(x)
            for first in range(0, len(x), size):
                yield (x, y) if size >= len(x) else (x[first : first + size], y[first : first + size])

    @property
    def _block(self) -> int:
        """Rows that are gathered at once: whole batches."""
        assert self.size is not None
        row_bytes = max(1, self.x[:1].nbytes + self.y[:1].nbytes)
        return self.size * max(1, BLOCK_BYTES // (row_bytes * self.size))


def _rows_of(array: Array, index: Array | slice) -> Array:
    # `take` is faster than an index, but would copy all of an array that lies column by column.
    if isinstance(index, slice) or not array.flags.c_contiguous:
        return array[index]
    return array.take(index, axis=0)


def drawn_keys(rng: np.random.Generator, steps: int) -> Array:
    """The keys of an epoch's steps, uint64, shape (steps, 2): a number that is drawn, and the step's own."""
    numbers = np.arange(steps, dtype=np.uint64)
    return np.stack([np.full_like(numbers, rng.integers(2**63)), numbers], axis=1)
