"""An epoch: steps one by one, or, on the XLA engine, all of them in one call, with everything kept on the device."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.compiling import xla_engine
from chainrule.learning.batches import Batches
from chainrule.learning.state import State
from chainrule.learning.training_step import TrainingStep

__all__ = ["RunEpoch", "choose_epoch"]

Array = np.ndarray[Any, Any]

# Takes the state, the learning rate and whether Ctrl-C was pressed; gives the last step's loss.
RunEpoch = Callable[[State, float, Callable[[], bool]], float]


def choose_epoch(step: TrainingStep, batches: Batches) -> RunEpoch:
    """How the step's engine runs an epoch of these batches.

    Either way an epoch sees the same batches, in the order that the state's generator draws, and ends early at a
    loss that isn't finite: then the state's rows are those before that batch.
    """
    if step.engine == "xla":
        return EpochOnDevice(step, batches)

    def run(state: State, learning_rate: float, interrupted: Callable[[], bool]) -> float:
        return run_step_by_step(step, batches, state, learning_rate, interrupted)

    return run


def run_step_by_step(
    step: TrainingStep, batches: Batches, state: State, learning_rate: float, interrupted: Callable[[], bool]
) -> float:
    """Steps to the epoch's end, to Ctrl-C, or to a loss that isn't finite; the last step's loss."""
    order = state.rng.bit_generator.state
    values, size = state.values(), -1
    loss, loss_sum, rows = 0.0, state.loss_sum, state.rows
    for x, y in batches.epoch(state.rng, rows):
        if len(x) != size:  # the last batch may be smaller: another step
            size = len(x)
            run = step.run_for(state, learning_rate, x, y)
        loss, *values = run(*values, learning_rate, x, y)
        if not math.isfinite(loss):
            break
        loss_sum += float(loss) * size
        rows += size
        if interrupted():
            break
    state.take(values)
    state.rows, state.loss_sum = rows, loss_sum
    if rows < batches.rows:
        state.rng.bit_generator.state = order
    return float(loss)


class EpochOnDevice:
    """Remembers what is on the device: the data, and the values that the next epoch starts from.

    The state gets a copy of these values once an epoch, for whoever looks at them between two epochs. They are sent
    again only if the state has others by then: after a resume, or where a step that failed was taken back.
    """

    def __init__(self, step: TrainingStep, batches: Batches) -> None:
        self._step = step
        self._batches = batches
        self._data = xla_engine.place((batches.x, batches.y))
        self._there: Any = None
        self._here: list[Any] = []

    def __call__(self, state: State, learning_rate: float, interrupted: Callable[[], bool]) -> float:
        """All steps of the epoch; the last one's loss, or the first that isn't finite."""
        order = state.rng.bit_generator.state
        groups = list(self._batches.rows_of_batches(state.rng, state.rows))
        loops = [self._loop(state, learning_rate, rows) for rows in groups]
        if None in loops:
            state.rng.bit_generator.state = order
            return run_step_by_step(self._step, self._batches, state, learning_rate, interrupted)
        values, self._there = self._values(state), None  # given up: should a loop fail, they are gone
        losses = []
        for loop, rows in zip(loops, groups, strict=True):
            values, found = loop(values, (learning_rate,), self._data, rows)  # type: ignore[misc]
            losses.append(found)
        loss = self._count(state, groups, [np.asarray(found).tolist() for found in losses])
        self._here = loops[0].fetch(values)  # type: ignore[union-attr]
        self._there = values
        state.take(self._here)
        if state.rows < self._batches.rows:
            state.rng.bit_generator.state = order
        return loss

    def _loop(self, state: State, learning_rate: float, rows: Array | None) -> xla_engine.Loop | None:
        chosen = slice(None) if rows is None else slice(rows.shape[1])
        return self._step.loop_for(state, learning_rate, self._batches.x[chosen], self._batches.y[chosen])

    def _values(self, state: State) -> Any:
        values = state.values()
        same = len(values) == len(self._here) and all(a is b for a, b in zip(values, self._here, strict=True))
        return self._there if same and self._there is not None else xla_engine.place(values)

    def _count(self, state: State, groups: list[Array | None], losses: list[list[float]]) -> float:
        """Add the finite losses to the state's sum; the last loss, or the first that isn't finite."""
        for rows, found in zip(groups, losses, strict=True):
            size = self._batches.rows if rows is None else rows.shape[1]
            for loss in found:
                if not math.isfinite(loss):
                    return loss
                state.loss_sum += loss * size
                state.rows += size
        return loss
