"""Batches that come one after the other, from anything that can be iterated: files, a database, a generator."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import numpy as np

from chainrule.learning.batches import drawn_keys
from chainrule.learning.prefetching import prefetched

__all__ = ["Stream"]

Array = np.ndarray[Any, Any]
Convert = Callable[[str, Any, Any], tuple[Array, Array]]


class Stream:
    """Pairs ``(x, y)``, one batch each, in their own order; a thread makes them ready, two ahead.

    Args:
        source: can be iterated once for each epoch: a list, an object with ``__iter__``; or a function that takes the
            number of the epoch and gives something to iterate, which may shuffle.
        convert: makes a batch what is trained on, from ``(words for the batch, x, y)``.
        random: whether each batch brings a key, as in `Batches`.
    """

    in_memory = False

    def __init__(
        self, source: Iterable[Any] | Callable[[int], Iterable[Any]], convert: Convert, random: bool = False
    ) -> None:
        self._source = source
        self._convert = convert
        self._random = random

    def is_last(self, rows: int) -> bool:
        """Nobody knows before asking for another batch."""
        return False

    def place(self, row: int) -> str:
        """Words for the batch that begins with the epoch's ``row``."""
        return f"the batch after {row} rows"

    def epoch(self, rng: np.random.Generator, number: int = 0, done: int = 0) -> Generator[tuple[Array, ...]]:
        """The batches of epoch ``number``; those that make the first ``done`` rows are left out.

        Raises:
            ValueError: there are none, since the source can be iterated only once, for example.
        """
        drawn = drawn_keys(rng, 1)[0] if self._random else None
        with contextlib.closing(prefetched(self._batches(number, done))) as batches:
            for step, x, y in batches:
                yield (x, y) if drawn is None else (x, y, drawn + np.array([0, step], np.uint64))

    def _batches(self, number: int, done: int) -> Iterator[tuple[int, Array, Array]]:
        source = self._source(number) if callable(self._source) else self._source
        position, rows = -1, 0
        for position, pair in enumerate(source):
            x, y = self._convert(f"batch {position}'s", *_as_pair(position, pair))
            rows += len(x)
            if rows > done:
                yield position, x, y
        if position < 0:
            raise ValueError(
                f"Solver: the iterable of batches gave none in epoch {number}. Each epoch iterates it anew, which a "
                "generator allows only once: pass a list, an object with __iter__, or a function of the epoch's "
                "number that gives a new generator."
            )


def _as_pair(position: int, pair: Any) -> tuple[Any, Any]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        found = (
            f"{type(pair).__name__} of length {len(pair)}" if isinstance(pair, (tuple, list)) else type(pair).__name__
        )
        raise TypeError(f"Solver: batch {position} of the iterable is a {found}; expected a pair (x, y)")
    return pair[0], pair[1]
