"""An epoch, as a step's engine runs it: steps one by one here, many in one call on the XLA engine's devices.

Either way an epoch sees the same batches, in the order that the state's generator draws, and ends early at a loss that
isn't finite: then the state's rows are those before that batch.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Generator
from typing import Any, Protocol

import numpy as np

from chainrule.learning.batches import Batches
from chainrule.learning.state import State
from chainrule.learning.training_step import EVALUATED_ROWS, Run, TrainingStep

__all__ = [
    "EPOCHS_TOGETHER",
    "SECONDS_TOGETHER",
    "AllRows",
    "Epochs",
    "Source",
    "StepByStep",
    "known_rates",
    "leaving_order",
]

Array = np.ndarray[Any, Any]

# Short epochs share a call: so many at most, for so long. Until then progress is not shown, and no snapshot is taken.
EPOCHS_TOGETHER = 1024
SECONDS_TOGETHER = 0.1


class Source(Protocol):
    """Where an epoch's batches come from, ``(x, y)`` or ``(x, y, key)``: `Batches` or `Stream`."""

    @property
    def in_memory(self) -> bool: ...
    def is_last(self, rows: int) -> bool: ...
    def place(self, row: int) -> str: ...
    def epoch(self, rng: np.random.Generator, number: int = 0, done: int = 0) -> Generator[tuple[Array, ...]]: ...


class Epochs(Protocol):
    """Runs epochs, and judges what came of them."""

    def run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool]:
        """Steps to the epoch's end, to Ctrl-C or to a loss that isn't finite.

        Several epochs where they share a call: the last one is as far as if it were the only one, those before it are
        in the history. Epoch ``until`` is left for a later call.

        Args:
            rate: the learning rate of an epoch.

        Returns:
            The last step's loss, and whether the last epoch is done.
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

    def run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool]:
        """See `Epochs`."""
        learning_rate = rate(state.epoch)
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
    """An epoch of one step on all rows, which are in memory; short epochs share a call. Remembers the step's function.

    `StepByStep` would do, but takes a quarter of a small step's time (benchmarks/by_hand.py).
    """

    def __init__(self, step: TrainingStep, batches: Batches, validation: Batches | None) -> None:
        super().__init__(step, batches, validation)
        self._data = batches.x, batches.y
        self._run: Run | None = None

    def run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool]:
        """See `Epochs`."""
        data, values, rows = self._data, state.values(), len(self._data[0])
        most = min(until - state.epoch, EPOCHS_TOGETHER) if self._validation is None else 1
        rates = iter(known_rates(rate, state.epoch, most))
        learning_rate = next(rates)
        run = self._run = self._run or self._step.run_for(state, learning_rate, *data)
        started = now = time.perf_counter()
        while True:
            before = now
            loss, *values = run(*values, learning_rate, *data)
            loss = float(loss)
            if not math.isfinite(loss):
                break
            state.rows, state.loss_sum = rows, loss * rows
            now = time.perf_counter()
            following = next(rates, None)
            if following is None or interrupted() or now - started > SECONDS_TOGETHER:
                break
            state.end_epoch(None, learning_rate, now - before)
            learning_rate = following
        state.take(values)
        return loss, state.rows == rows


def known_rates(rate: Callable[[int], float], epoch: int, most: int) -> list[float]:
    """The learning rates from an epoch on, ``most`` of them, or fewer if one can't be told.

    That one's error is left to the call that begins with its epoch: then no other epoch is lost.
    """
    rates = [rate(epoch)]
    with contextlib.suppress(Exception):
        for later in range(epoch + 1, epoch + most):
            rates.append(rate(later))
    return rates


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
