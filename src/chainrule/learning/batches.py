"""Rows that can be had by number, in memory or in a file: shuffled and cut into batches in every epoch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.learning.prefetching import prefetched

__all__ = ["BLOCK_BYTES", "Batches"]

Array = np.ndarray[Any, Any]
Batch = tuple[Array, Array]

# Shuffled rows are gathered a block at a time: few large copies, without a second copy of a large data set.
BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True, eq=False)
class Batches:
    """Samples ``x`` and targets ``y``, to be seen ``size`` rows at a time; all at once if it is None.

    ``convert`` makes rows of arrays in a file what is trained on, from ``(x, y, numbers of the rows)``. Such rows are
    read and converted by a thread, a block ahead. None: the arrays are in memory and ready.
    """

    x: Array
    y: Array
    size: int | None
    convert: Callable[[Array, Array, Array], Batch] | None = None

    @property
    def rows(self) -> int:
        """How many rows an epoch has."""
        return len(self.x)

    @property
    def in_memory(self) -> bool:
        """Whether all rows are there at any time."""
        return self.convert is None

    def is_last(self, rows: int) -> bool:
        """Whether an epoch is done when so many of its rows are."""
        return rows >= self.rows

    def place(self, row: int) -> str:
        """Words for the batch that begins with the epoch's ``row``."""
        return f"batch {row // (self.size or self.rows)}"

    def epoch(self, rng: np.random.Generator, number: int = 0, done: int = 0) -> Generator[Batch]:
        """An epoch's batches: all rows in their own order, or shuffled and cut; ``done`` rows are left out.

        The order depends on the generator alone and not on the epoch's number.
        """
        if self.size is None and self.convert is None:
            yield self.x, self.y
            return
        order = None if self.size is None else rng.permutation(self.rows)
        if self.convert is None:
            yield from self._cut(self._gathered(order, done))
        else:
            yield from self._cut(prefetched(self._gathered(order, done)))

    def in_order(self, size: int) -> Generator[Batch]:
        """All rows in their own order, ``size`` at a time."""
        parts = self._parts_in_order(size)
        yield from parts if self.convert is None else prefetched(parts)

    def _parts_in_order(self, size: int) -> Iterator[Batch]:
        for start in range(0, self.rows, size):
            yield self._read(slice(start, start + size))

    def rows_of_batches(self, rng: np.random.Generator, done: int = 0) -> Iterator[npt.NDArray[np.int64] | None]:
        """The same epoch as row numbers, shape (steps, rows a step): its whole batches, then the rest as one step.

        None stands for one step on all rows in their own order.
        """
        if self.size is None:
            yield None
            return
        order = rng.permutation(self.rows)
        whole = self.rows - self.rows % self.size
        if done < whole:
            yield order[done:whole].reshape(-1, self.size)
        if whole < self.rows:
            yield order[whole:].reshape(1, -1)

    def _gathered(self, order: Array | None, done: int) -> Iterator[Batch]:
        if order is None:
            yield self._read(slice(None))
            return
        for start in range(done, self.rows, self._block):
            yield self._read(order[start : start + self._block])

    def _read(self, index: Array | slice) -> Batch:
        x, y = self.x[index], self.y[index]
        if self.convert is None:
            return x, y
        return self.convert(x, y, np.arange(self.rows)[index] if isinstance(index, slice) else index)

    def _cut(self, blocks: Iterator[Batch]) -> Iterator[Batch]:
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
