"""What `Solver.train` is given, made a source of batches: arrays, arrays in a file, batches that come one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.learning.batches import Batches
from chainrule.learning.epochs import Source
from chainrule.learning.samples import Seen, checked_kinds, checked_samples, finite_samples, is_mapped
from chainrule.learning.state import State
from chainrule.learning.streams import Stream
from chainrule.learning.training_step import TrainingStep

__all__ = ["Sources"]

Array = np.ndarray[Any, Any]


class Sources:
    """Remembers which arrays were looked at: those that come again are not looked at again.

    Args:
        step: what will be given the batches.
        state: has the parameters, whose dtype the samples get.
    """

    def __init__(self, step: TrainingStep, state: State) -> None:
        self._step = step
        self._state = state
        self._seen: dict[str, Seen] = {}

    def training(self, x: Any, y: Any, size: int | None) -> Source:
        """Batches of ``size`` rows of samples and targets; without targets, ``x`` gives the batches."""
        if y is None:
            return self._stream(x)
        return self._batches("training", x, y, self._rows_here(size), self._step.random)

    def validation(self, pair: Any) -> Batches:
        """The rows to judge by, of samples and targets."""
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError("Solver: validation must be a pair (x, y)")
        x, y = pair
        return self._batches("validation", x, y, None)

    @property
    def _dtype(self) -> Any:
        return next(iter(self._state.parameters.values())).dtype

    def _rows_here(self, size: int | None) -> int | None:
        """Of a batch: all its rows, or those of this process where each has its own."""
        if size is None or self._step.xla is None or self._step.xla.rows == "all":
            return size
        many = self._step.devices.processes
        if size % many:
            nearest = max(1, round(size / many)) * many
            raise ValueError(
                f"Solver: a batch of {size} rows can't come evenly from {many} processes; "
                f"the nearest that can: {nearest} rows"
            )
        return size // many

    def _batches(self, what: str, x: Any, y: Any, size: int | None, random: bool = False) -> Batches:
        """The rows in the model's dtype, now or as they are read, or one clear error for what can't be trained on."""
        if not is_mapped(x, y):
            return Batches(*self._looked_at(what, x, y), size, random=random)
        x, y = checked_kinds(what, x, y)
        fit = self._step.targets_fit(self._state.parameters, x[:1].astype(self._dtype), y)

        def convert(x: Array, y: Array, rows: Array) -> tuple[Array, Array]:
            x, y = finite_samples(what, x, y, self._dtype, rows)
            return x, fit(y)

        return Batches(x, y, size, convert, random)

    def _looked_at(self, what: str, x: Any, y: Any) -> tuple[Array, Array]:
        seen = self._seen.setdefault(what, Seen())
        found = seen.find(x, y)
        if found is None:
            found = checked_samples(what, x, y, self._dtype)
            seen.note(x, y, found)
        # The loss looks at its targets each time: a label that is none would spoil no step, and so not be found there.
        rows, targets = found
        return rows, self._step.targets_fit(self._state.parameters, rows, targets)(targets)

    def _stream(self, source: Any) -> Stream:
        """Batches that come as pairs."""
        if isinstance(source, (np.ndarray, str, bytes)) or not (callable(source) or isinstance(source, Iterable)):
            raise TypeError(
                f"Solver: train got {type(source).__name__} alone; expected samples x and targets y, or an iterable of "
                "batches (x, y)"
            )
        fit: Callable[[Array], Array] | None = None

        def convert(name: str, x: Any, y: Any) -> tuple[Array, Array]:
            nonlocal fit
            x, y = checked_samples(name, x, y, self._dtype)
            fit = fit or self._step.targets_fit(self._state.parameters, x, y)
            return x, fit(y)

        return Stream(source, convert, self._step.random)
