"""An epoch, as a step's engine runs it: steps one by one here, many in one call on the XLA engine's devices.

Either way an epoch sees the same batches, in the order that the state's generator draws, and ends early at a loss that
isn't finite: then the state's rows are those before that batch.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator
from typing import Any, Protocol

import numpy as np

from chainrule.learning.batches import Batches
from chainrule.learning.state import State
from chainrule.learning.training_step import EVALUATED_ROWS, Run, TrainingStep

__all__ = ["AllRows", "Epochs", "Source", "StepByStep", "leaving_order"]

Array = np.ndarray[Any, Any]


class Source(Protocol):
    """Where an epoch's batches come from, ``(x, y)`` or ``(x, y, key)``: `Batches` or `Stream`."""

    @property
    def in_memory(self) -> bool: ...
    def is_last(self, rows: int) -> bool: ...
    def place(self, row: int) -> str: ...
    def epoch(self, rng: np.random.Generator, number: int = 0, done: int = 0) -> Generator[tuple[Array, ...]]: ...


class Epochs(Protocol):
    """Runs epochs, and judges what came of them."""

    def run(self, state: State, learning_rate: float, interrupted: Callable[[], bool]) -> tuple[float, bool]:
        """Steps to the epoch's end, to Ctrl-C or to a loss that isn't finite.

        Gives the last step's loss, and whether the epoch is done.
        """

    def validation_loss(self, state: State) -> float | None:
        """The loss of the validation rows; None without any."""

    def agreed(self, flag: bool) -> bool:
        """Whether this process says so, or another one that trains with it."""


class StepByStep:
    """Each batch is handed to the step, which gives the loss and the next values."""

    def __init__(self, step: TrainingStep, batches: Source, validation: Batches | None) -> None:
        self._step = step
        self._batches = batches
        self._validation = validation

    def run(self, state: State, learning_rate: float, interrupted: Callable[[], bool]) -> tuple[float, bool]:
        """See `Epochs`."""
        values, size, whole = state.values(), -1, True
        loss, loss_sum, rows = 0.0, state.loss_sum, state.rows
        with leaving_order(state) as order, contextlib.closing(self._epoch(state)) as epoch:
            for batch in epoch:
                if len(batch[0]) != size:  # the last batch may be smaller: another step
                    size = len(batch[0])
                    run = self._step.run_for(state, learning_rate, *batch)
                loss, *values = run(*values, learning_rate, *batch)
                if not math.isfinite(loss):
                    whole = False
                    break
                loss_sum += float(loss) * size
                rows += size
                if interrupted():
                    whole = self._batches.is_last(rows)
                    break
            order.drawn = whole
        state.take(values)
        state.rows, state.loss_sum = rows, loss_sum
        return float(loss), whole

    def validation_loss(self, state: State) -> float | None:
        """See `Epochs`."""
        if self._validation is None:
            return None
        return self._step.mean_loss(state.parameters, self._validation.in_order(EVALUATED_ROWS))

    def agreed(self, flag: bool) -> bool:
        """See `Epochs`."""
        return flag

    def _epoch(self, state: State) -> Generator[tuple[Array, ...]]:
        return self._batches.epoch(state.rng, state.epoch, state.rows)


class AllRows(StepByStep):
    """An epoch of one step on all rows, which are in memory; remembers the step's function.

    `StepByStep` would do, but takes a quarter of a small step's time (benchmarks/by_hand.py).
    """

    def __init__(self, step: TrainingStep, batches: Batches, validation: Batches | None) -> None:
        super().__init__(step, batches, validation)
        self._data = batches.x, batches.y
        self._run: Run | None = None

    def run(self, state: State, learning_rate: float, interrupted: Callable[[], bool]) -> tuple[float, bool]:
        """See `Epochs`."""
        x, y = self._data
        run = self._run = self._run or self._step.run_for(state, learning_rate, x, y)
        loss, *values = run(*state.values(), learning_rate, x, y)
        state.take(values)
        loss = float(loss)
        if not math.isfinite(loss):
            return loss, False
        state.rows += len(x)
        state.loss_sum += loss * len(x)
        return loss, True


class leaving_order:
    """The generator goes back to where it stood before the epoch, unless the epoch was ``drawn`` to its end.

    A training that goes on within an epoch draws the same order again.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.drawn = False

    def __enter__(self) -> leaving_order:
        self._before = self._state.rng.bit_generator.state
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if error is None and not self.drawn:
            self._state.rng.bit_generator.state = self._before
