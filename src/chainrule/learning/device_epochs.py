"""Epochs on the XLA engine's devices: many steps in one call, with everything kept there."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from chainrule.compiling.xla import Loop
from chainrule.compiling.xla import processes as others
from chainrule.learning.batches import Batches
from chainrule.learning.epochs import Source, StepByStep
from chainrule.learning.state import State
from chainrule.learning.training_step import EVALUATED_ROWS, TrainingStep

__all__ = ["Batch", "OnDevices"]

Array = np.ndarray[Any, Any]
Batch = tuple[Array, ...]  # samples, targets, and a key where the step draws random numbers


class OnDevices:
    """Remembers the values on the devices from which the next epoch starts; a subclass brings the batches to them.

    The state gets a copy of the values after each call, for whoever looks at them then. They are sent again only if
    the state has others by then: after a resume, or where a step that failed was taken back.
    """

    def __init__(self, step: TrainingStep, batches: Source, validation: Batches | None, state: State) -> None:
        self._step = step
        self._batches = batches
        self._validation = validation
        self._devices = devices = step.devices
        self._there: Any = None
        self._here: list[Any] = []
        if isinstance(batches, Batches):
            self._require_shares(batches)
        with others.saying_who_is_lost(devices.processes):
            if devices.processes > 1:
                self._require_same_start(state)
            in_memory = validation is not None and validation.in_memory
            self._validation_parts = list(self._validation_in_parts()) if in_memory else []

    # -- an epoch, or several --------------------------------------------------------------------------------

    def run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool]:
        """See `Epochs`. Ctrl-C is heard after the call, or after the running block of batches that are sent."""
        with others.saying_who_is_lost(self._devices.processes):
            found = self._run(state, rate, until, interrupted)
            if found is None:
                return StepByStep(self._step, self._batches, None).run(state, rate, until, interrupted)
            return found

    @property
    def _kept(self) -> tuple[Array, ...]:
        """Arrays that stay on the devices while training goes on."""
        return ()

    def _run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool] | None:
        """The same; None if the step does not loop, and nothing is drawn or done."""
        raise NotImplementedError

    # -- for those that bring the batches --------------------------------------------------------------------

    def _loop_over(self, state: State, learning_rate: float, batch: Batch, size: int) -> Loop | None:
        """The loop over batches like this one, of so many rows of this process; None if the step doesn't loop."""
        rows = self._devices.whole(size)
        x, y = (np.broadcast_to(part[:1], (rows, *part.shape[1:])) for part in batch[:2])
        loop = self._step.loop_for(state, learning_rate, x, y, *batch[2:])
        if loop is None and self._devices.count > 1:
            raise TypeError(
                "Solver: the optimizer's state holds other things than arrays and numbers, or changes its form; "
                'that needs one device, engine="xla", or engine="numpy"'
            )
        return loop

    def _given_up(self, state: State) -> Any:
        """The values on the devices; should a loop fail, they are gone."""
        values, there = state.values(), self._there
        self._there = None
        same = len(values) == len(self._here) and all(a is b for a, b in zip(values, self._here, strict=True))
        return there if same and there is not None else self._devices.copied(values)

    def _keep(self, state: State, values: Any, loop: Loop) -> None:
        """Fetch the values."""
        self._here = loop.fetch(values)
        self._there = values
        state.take(self._here)

    def _count(self, state: State, losses: Iterable[tuple[int, float]]) -> float:
        """Count steps of so many rows; the last loss, or the first that isn't finite."""
        loss = 0.0
        for rows, loss in losses:
            if not math.isfinite(loss):
                return loss
            state.loss_sum += loss * rows
            state.rows += rows
        return loss

    # -- what came of it -----------------------------------------------------------------------------------

    def validation_loss(self, state: State) -> float | None:
        """See `Epochs`. The parameters are already there, and rows in memory are sent once."""
        if self._validation is None:
            return None
        with others.saying_who_is_lost(self._devices.processes):
            parameters = self._parameters(state)
            parts = self._validation_parts or self._validation_in_parts()
            found = [(rows, self._step.judge_for(state.parameters, x, y)(*parameters, x, y)[0]) for rows, x, y in parts]
            total = sum(float(loss) * rows for rows, loss in found)
        return total / sum(rows for rows, _ in found)

    def agreed(self, flag: bool) -> bool:
        """See `Epochs`."""
        return others.agree(flag) if self._devices.processes > 1 else flag

    def _validation_in_parts(self) -> Iterator[tuple[int, Any, Any]]:
        assert self._validation is not None
        for x, y in self._validation.in_order(EVALUATED_ROWS):
            yield len(x), *self._devices.lent((x, y))

    def _parameters(self, state: State) -> Any:
        if self._there is not None:
            return self._there[: len(state.parameters)]
        return self._devices.copied(list(state.parameters.values()))

    # -- what must hold before anything is trained ---------------------------------------------------------

    def _require_same_start(self, state: State) -> None:
        values = [*state.parameters.items(), *state.optimizer.items(), state.rng.bit_generator.state, state.epoch]
        others.require_same("values to start from", itertools.chain.from_iterable(map(_parts, values)))
        if isinstance(self._batches, Batches):
            others.require_same("training rows", [self._batches.rows, self._batches.size, *self._kept])
        if self._validation is not None and self._validation.in_memory:
            others.require_same("validation rows", [self._validation.x, self._validation.y])
        others.let_compute_first()

    def _require_shares(self, batches: Batches) -> None:
        size = min(batches.size or batches.rows, batches.rows)
        self._require_shared_batch(size, first=True)
        self._require_shared_batch(batches.rows % size, first=False)

    def _require_shared_batch(self, size: int, first: bool) -> None:
        """Refuse a batch that can't be shared out; a later, smaller one that is here whole, each device computes."""
        rows, count = self._devices.whole(size), self._devices.count
        if self._devices.divides(rows) or not (first or self._devices.rows == "own"):
            return
        below, above = rows // count * count, -(-rows // count) * count
        nearest = [n for n in sorted({below, above}, key=lambda n: abs(n - rows)) if n]
        which = "a batch" if first else "the last, smaller batch"
        raise ValueError(
            f"Solver: {which} of {rows} rows can't be shared out evenly between {count} devices; "
            f"the nearest that can: {' or '.join(map(str, nearest))} rows"
        )


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
