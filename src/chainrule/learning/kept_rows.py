"""Epochs of rows that stay on the XLA engine's devices: one call each, or one for several short ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.compiling.xla import EpochLoop
from chainrule.compiling.xla import processes as others
from chainrule.learning.batches import Batches
from chainrule.learning.device_epochs import OnDevices
from chainrule.learning.epochs import EPOCHS_TOGETHER, SECONDS_TOGETHER, known_rates
from chainrule.learning.state import State
from chainrule.learning.training_step import TrainingStep

__all__ = ["KeptRows"]

Array = np.ndarray[Any, Any]

# Each call from outside has its price, so short epochs share one, with so many bytes of row numbers at most.
ORDER_BYTES = 2**18


@dataclass(frozen=True)
class _Order:
    """What an epoch goes by.

    Args:
        groups: for batches of one size the numbers of their rows, and what their steps have of their own.
        sizes: the rows of each step.
        before: where the generator stood before it was drawn.
    """

    groups: tuple[tuple[Array | None, tuple[Array, ...]], ...]
    sizes: list[int]
    before: Any

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """The rows of a batch in each group."""
        return tuple(dict.fromkeys(self.sizes))


class KeptRows(OnDevices):
    """Sends rows in memory once. Epochs share a call if nobody looks in between."""

    def __init__(self, step: TrainingStep, rows: Batches, validation: Batches | None, state: State) -> None:
        self._rows = rows
        self._epoch_loops: dict[Any, EpochLoop | None] = {}
        self._together = 1
        # Validation looks at every epoch.
        self._most_together = 1 if validation is not None else _most_together(rows)
        super().__init__(step, rows, validation, state)
        with others.saying_who_is_lost(self._devices.processes):
            self._data = step.lent(self._kept)

    @property
    def _kept(self) -> tuple[Array, ...]:
        return self._rows.x, self._rows.y

    def _run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool] | None:
        started = time.perf_counter()
        rates = self._rates_of_next_call(state, rate, until)
        count = len(rates)
        orders = self._orders(state, count)
        loop = self._epoch_loop(state, rates[0], orders[0])
        if loop is None:
            state.rng.bit_generator.state = orders[0].before
            return None
        fixed = (_with_room(rates, loop.most, np.float64),)
        rows, own = _stacked_orders(orders, loop.most, np.int32 if self._rows.rows < 2**31 else np.int64)
        values, numbers = loop.run(self._given_up(state), count, fixed, self._data, rows, own)
        losses = np.asarray(numbers)[:count].tolist()
        self._keep(state, values, loop.loops[0])
        seconds = (time.perf_counter() - started) / count
        self._together = max(1, int(SECONDS_TOGETHER / seconds))
        for number, order in enumerate(orders):
            if number:
                state.end_epoch(None, rates[number - 1], seconds)
            loss = self._count(state, zip(order.sizes, losses[number], strict=True))
            if not self._rows.is_last(state.rows):
                state.rng.bit_generator.state = order.before
                return loss, False
        return loss, True

    def _rates_of_next_call(self, state: State, rate: Callable[[int], float], until: int) -> list[float]:
        """Those of as many whole epochs as the last call's time allows."""
        if state.rows or self._most_together == 1:
            return [rate(state.epoch)]
        rates = known_rates(rate, state.epoch, min(self._together, self._most_together, until - state.epoch))
        return rates[: others.least(len(rates))] if self._devices.processes > 1 else rates

    def _orders(self, state: State, count: int) -> list[_Order]:
        """The next epochs', drawn."""
        if self._rows.is_one_step:
            return [_Order(((None, ()),), [self._rows.rows], state.rng.bit_generator.state)] * count
        orders = []
        for _ in range(count):
            before = state.rng.bit_generator.state
            groups = tuple(self._rows.rows_of_batches(state.rng, state.rows))
            forms = [(1, self._rows.rows) if rows is None else rows.shape for rows, _ in groups]
            orders.append(_Order(groups, [size for steps, size in forms for _ in range(steps)], before))
        return orders

    def _epoch_loop(self, state: State, learning_rate: float, order: _Order) -> EpochLoop | None:
        """The loop over kept rows; looked for once, since that takes longer than a small step."""
        most = 1 if state.rows else self._most_together
        key = order.batch_sizes, most
        if key not in self._epoch_loops:
            loops = []
            for size, (_, keys) in zip(order.batch_sizes, order.groups, strict=True):
                batch = self._rows.x[:1], self._rows.y[:1], *(part[0] for part in keys)
                loops.append(self._loop_over(state, learning_rate, batch, size))
            self._epoch_loops[key] = self._step.epoch_loop_for(loops, most)
        return self._epoch_loops[key]


def _most_together(rows: Batches) -> int:
    if rows.size is None:
        return EPOCHS_TOGETHER
    return max(1, min(EPOCHS_TOGETHER, ORDER_BYTES // (4 * rows.rows)))


def _stacked_orders(orders: Sequence[_Order], most: int, dtype: Any) -> Any:
    """For each group the epochs' rows, shape (most, steps, rows a step), and what its steps have of their own."""
    rows, own = [], []
    for group in zip(*(order.groups for order in orders), strict=True):
        numbers = [rows for rows, _ in group]
        rows.append(None if numbers[0] is None else _with_room(numbers, most, dtype))
        own.append(
            tuple(_with_room(parts, most, parts[0].dtype) for parts in zip(*(own for _, own in group), strict=True))
        )
    return tuple(rows), tuple(own)


def _with_room(arrays: Sequence[Any], most: int, dtype: Any) -> Array:
    """Arrays or numbers stacked, and zeros after them."""
    stacked = np.zeros((most, *np.shape(arrays[0])), dtype)
    stacked[: len(arrays)] = arrays
    return stacked
