"""The rows that training sees: looked at once, then shuffled and cut into batches in every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Batches", "checked_samples"]

Array = np.ndarray[Any, Any]

# Shuffled rows are gathered a block at a time: few large copies, without a second copy of a large data set.
BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True, eq=False)
class Batches:
    """Samples ``x`` and targets ``y``, to be seen ``size`` rows at a time; all at once if it is None."""

    x: Array
    y: Array
    size: int | None

    @property
    def rows(self) -> int:
        """How many rows an epoch has."""
        return len(self.x)

    def number(self, row: int) -> int:
        """The number of the batch that begins with the epoch's ``row``."""
        return row // (self.size or self.rows)

    def epoch(self, rng: np.random.Generator, done: int = 0) -> Iterator[tuple[Array, Array]]:
        """An epoch's batches: all rows in their own order, or shuffled and cut; ``done`` rows are left out."""
        if self.size is None:
            yield self.x, self.y
            return
        order = rng.permutation(self.rows)
        for start in range(done, self.rows, self._block):
            rows = order[start : start + self._block]
            x, y = self.x[rows], self.y[rows]
            for first in range(0, len(rows), self.size):
                yield x[first : first + self.size], y[first : first + self.size]

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

    @property
    def _block(self) -> int:
        """Rows that are gathered at once: whole batches."""
        assert self.size is not None
        row_bytes = max(1, self.x[:1].nbytes + self.y[:1].nbytes)
        return self.size * max(1, BLOCK_BYTES // (row_bytes * self.size))


def checked_samples(what: str, x: Any, y: Any, dtype: npt.DTypeLike) -> tuple[Array, Array]:
    """Both as finite arrays with a row for each sample; one clear error for what can't be trained on.

    All numbers get the dtype, except integer targets, which may be class numbers. The arrays are read-only: nobody's
    layer can write into the user's own.
    """
    x, y = _numbers(f"{what} x", x), _numbers(f"{what} y", y)
    if len(x) != len(y):
        raise ValueError(f"Solver: {what} x has {len(x)} rows and y has {len(y)}; they must be the same samples")
    if not len(x):
        raise ValueError(f"Solver: the {what} data has no rows")
    return (
        _read_only(_finite(f"{what} x", x, dtype)),
        _read_only(y if y.dtype.kind in "iu" else _finite(f"{what} y", y, dtype)),
    )


def _numbers(name: str, values: Any) -> Array:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"Solver: {name} can't be made an array: {error}") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"Solver: {name} has dtype {array.dtype}; expected numbers, text encoded as such")
    if not array.ndim:
        raise ValueError(f"Solver: {name} is a single number; expected an array with a row for each sample")
    return array


def _finite(name: str, array: Array, dtype: npt.DTypeLike) -> Array:
    with np.errstate(over="ignore"):  # what is too large for float32 becomes inf, and is reported as such
        converted = array.astype(dtype, copy=False)
    if not np.isfinite(converted).all():
        place = tuple(map(int, np.argwhere(~np.isfinite(converted))[0]))
        raise ValueError(f"Solver: {name}{list(place)} is {converted[place]}; remove or fill in missing values first")
    return converted


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
