"""Epochs on the XLA engine's devices: many steps in one call, with everything kept there."""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.compiling.xla import EpochLoop, Loop
from chainrule.compiling.xla import processes as others
from chainrule.learning.batches import Batches
from chainrule.learning.epochs import SECONDS_TOGETHER, Source, StepByStep, leaving_order
from chainrule.learning.state import State
from chainrule.learning.training_step import EVALUATED_ROWS, TrainingStep

__all__ = ["OnDevices"]

Array = np.ndarray[Any, Any]
Batch = tuple[Array, ...]  # samples, targets, and a key where the step draws random numbers
# The rows of a step, and the losses of such steps after each other, on the devices.
Losses = tuple[int, Any]

# Each call from outside has its price, so batches that come one by one are sent so many bytes at a time ...
SENT_BYTES = 8 * 2**20

# ... and short epochs share a call: so many at most, with so many bytes of row numbers.
EPOCHS_TOGETHER = 1024
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


class OnDevices:
    """Remembers what is on the devices: the data, and the values that the next epoch starts from.

    Rows in memory are sent once, and an epoch is one call; short epochs share one, if nobody looks in between. Other
    batches are sent as they come, a block of them at a time, while the devices work on the block before.

    The state gets a copy of the values after each call, for whoever looks at them then. They are sent again only if
    the state has others by then: after a resume, or where a step that failed was taken back.
    """

    def __init__(self, step: TrainingStep, batches: Source, validation: Batches | None, state: State) -> None:
        self._step = step
        self._batches = batches
        self._validation = validation
        self._devices = devices = step.devices
        self._loop: Loop | None = None
        self._epoch_loops: dict[Any, EpochLoop | None] = {}
        self._sent_rate: tuple[float, Any] = math.nan, None
        self._there: Any = None
        self._here: list[Any] = []
        self._kept = batches if isinstance(batches, Batches) and batches.in_memory and devices.rows == "all" else None
        self._most_together = self._most_epochs_of_a_call()
        self._together = 1
        if isinstance(batches, Batches):
            self._require_shares(batches)
        with others.saying_who_is_lost(devices.processes):
            if devices.processes > 1:
                self._require_same_start(state)
            self._data = devices.lent((self._kept.x, self._kept.y)) if self._kept else ()
            in_memory = validation is not None and validation.in_memory
            self._validation_parts = list(self._validation_in_parts()) if in_memory else []

    # -- an epoch, or several --------------------------------------------------------------------------------

    def run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool]:
        """See `Epochs`. Ctrl-C is heard after the call, or after the running block of batches that are sent."""
        with others.saying_who_is_lost(self._devices.processes):
            if self._kept:
                found = self._kept_epochs(state, rate, until)
            else:
                found = self._sent_steps(state, rate(state.epoch), interrupted)
            if found is None:
                return StepByStep(self._step, self._batches, None).run(state, rate, until, interrupted)
            return found

    def _kept_epochs(self, state: State, rate: Callable[[int], float], until: int) -> tuple[float, bool] | None:
        assert self._kept is not None
        started = time.perf_counter()
        count = self._epochs_of_next_call(state, until)
        rates = [rate(epoch) for epoch in range(state.epoch, state.epoch + count)]
        orders = self._orders(state, count)
        loop = self._epoch_loop(state, rates[0], orders[0])
        if loop is None:
            state.rng.bit_generator.state = orders[0].before
            return None
        fixed = (_with_room(rates, loop.most, np.float64),)
        values, numbers = loop.run(self._given_up(state), count, fixed, self._data, *_stacked_orders(orders, loop.most))
        losses = np.asarray(numbers)[:count].tolist()
        self._keep(state, values, loop.loops[0])
        seconds = (time.perf_counter() - started) / count
        self._together = max(1, int(SECONDS_TOGETHER / seconds))
        for number, order in enumerate(orders):
            if number:
                state.end_epoch(None, rates[number - 1], seconds)
            loss = self._count(state, zip(order.sizes, losses[number], strict=True))
            if not self._kept.is_last(state.rows):
                state.rng.bit_generator.state = order.before
                return loss, False
        return loss, True

    def _most_epochs_of_a_call(self) -> int:
        if self._kept is None or self._validation is not None:  # which looks at every epoch
            return 1
        if self._kept.size is None:
            return EPOCHS_TOGETHER
        return max(1, min(EPOCHS_TOGETHER, ORDER_BYTES // (4 * self._kept.rows)))

    def _epochs_of_next_call(self, state: State, until: int) -> int:
        """As many whole epochs as the last call's time allows."""
        if state.rows or self._most_together == 1:
            return 1
        count = min(self._together, self._most_together, until - state.epoch)
        return others.least(count) if self._devices.processes > 1 else count

    def _orders(self, state: State, count: int) -> list[_Order]:
        """The next epochs', drawn."""
        assert self._kept is not None
        if self._kept.is_one_step:
            return [_Order(((None, ()),), [self._kept.rows], state.rng.bit_generator.state)] * count
        orders = []
        for _ in range(count):
            before = state.rng.bit_generator.state
            groups = tuple(self._kept.rows_of_batches(state.rng, state.rows))
            forms = [(1, self._kept.rows) if rows is None else rows.shape for rows, _ in groups]
            orders.append(_Order(groups, [size for steps, size in forms for _ in range(steps)], before))
        return orders

    def _epoch_loop(self, state: State, learning_rate: float, order: _Order) -> EpochLoop | None:
        """The loop over kept rows; looked for once, since that takes longer than a small step."""
        most = 1 if state.rows else self._most_together
        key = order.batch_sizes, most
        if key not in self._epoch_loops:
            assert self._kept is not None
            loops = []
            for size, (_, keys) in zip(order.batch_sizes, order.groups, strict=True):
                batch = self._kept.x[:1], self._kept.y[:1], *(part[0] for part in keys)
                loops.append(self._loop_over(state, learning_rate, batch, size))
            self._epoch_loops[key] = self._step.epoch_loop_for(loops, most)
        return self._epoch_loops[key]

    def _sent_steps(
        self, state: State, learning_rate: float, interrupted: Callable[[], bool]
    ) -> tuple[float, bool] | None:
        done = state.rows // (self._devices.processes if self._devices.rows == "own" else 1)
        values, whole = None, True
        losses: list[Losses] = []
        with (
            leaving_order(state) as order,
            contextlib.closing(self._batches.epoch(state.rng, state.epoch, done)) as epoch,
        ):
            for x, y, *keys in self._in_all_processes(_stacked(epoch)):
                self._require_shared_batch(x.shape[1], first=not losses)
                loop = self._loop_over(state, learning_rate, (x[0], y[0], *(part[0] for part in keys)), x.shape[1])
                if loop is None:
                    return None
                if values is None:
                    values = self._given_up(state)
                block = self._devices.shared(x, 1), self._devices.shared(y, 1)
                values, found = loop.over_block(values, (self._rate(learning_rate),), block, tuple(keys))
                losses.append((self._devices.whole(x.shape[1]), found))
                if len(losses) > 1:  # no more than two blocks wait on the devices
                    losses[-2][1].block_until_ready()
                if self._devices.processes == 1 and interrupted():
                    whole = False
                    break
            loss = 0.0
            if values is not None:
                assert self._loop is not None
                self._keep(state, values, self._loop)
                loss = self._count(
                    state, ((rows, loss) for rows, found in losses for loss in np.asarray(found).tolist())
                )
            order.drawn = whole = (whole or self._batches.is_last(state.rows)) and math.isfinite(loss)
        return loss, whole

    def _in_all_processes(self, blocks: Iterator[Batch]) -> Iterator[Batch]:
        """The blocks, as long as every process has one of the same form: one that went on alone would wait for ever."""
        if self._devices.processes == 1 or isinstance(self._batches, Batches):
            yield from blocks
            return
        for block in itertools.chain(blocks, [None]):
            others.require_same("numbers or sizes of batches", [None if block is None else _form(block)])
            if block is not None:
                yield block

    def _loop_over(self, state: State, learning_rate: float, batch: Batch, size: int) -> Loop | None:
        """The loop over batches like this one, of so many rows of this process; None if the step doesn't loop."""
        rows = self._devices.whole(size)
        x, y = (np.broadcast_to(part[:1], (rows, *part.shape[1:])) for part in batch[:2])
        self._loop = self._step.loop_for(state, learning_rate, x, y, *batch[2:])
        if self._loop is None and self._devices.count > 1:
            raise TypeError(
                "Solver: the optimizer's state holds other things than arrays and numbers, or changes its form; "
                'that needs one device, engine="xla", or engine="numpy"'
            )
        return self._loop

    def _rate(self, learning_rate: float) -> Any:
        """The rate on the devices: the same for many epochs, and sending it takes half as long as a small step."""
        if self._sent_rate[0] != learning_rate:
            self._sent_rate = learning_rate, self._devices.number(learning_rate)
        return self._sent_rate[1]

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
            kept = [self._kept.x, self._kept.y] if self._kept else []
            others.require_same("training rows", [self._batches.rows, self._batches.size, *kept])
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


def _stacked_orders(orders: Sequence[_Order], most: int) -> Any:
    """For each group the epochs' rows, shape (most, steps, rows a step), and what its steps have of their own."""
    rows, own = [], []
    for group in zip(*(order.groups for order in orders), strict=True):
        numbers = [rows for rows, _ in group]
        rows.append(None if numbers[0] is None else _with_room(numbers, most, np.int32))
        own.append(
            tuple(_with_room(parts, most, parts[0].dtype) for parts in zip(*(own for _, own in group), strict=True))
        )
    return tuple(rows), tuple(own)


def _with_room(arrays: Sequence[Any], most: int, dtype: Any) -> Array:
    """Arrays or numbers stacked, and zeros after them."""
    stacked = np.zeros((most, *np.shape(arrays[0])), dtype)
    stacked[: len(arrays)] = arrays
    return stacked


def _stacked(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Batches of the same form stacked, shape (steps, rows, ...): as many as a block holds, or one.

    So there are but two forms of a block for each form of a batch, and XLA compiles two loops.
    """
    waiting: list[Batch] = []
    for batch in batches:
        if waiting and _form(waiting[0]) != _form(batch):
            yield from _one_by_one(waiting)
            waiting = []
        waiting.append(batch)
        if len(waiting) * sum(part.nbytes for part in batch) >= SENT_BYTES:
            yield tuple(np.stack(parts) for parts in zip(*waiting, strict=True))
            waiting = []
    yield from _one_by_one(waiting)


def _one_by_one(batches: Iterable[Batch]) -> Iterator[Batch]:
    for batch in batches:
        yield tuple(part[None] for part in batch)


def _form(batch: Batch) -> tuple[Any, ...]:
    return tuple((part.shape, part.dtype) for part in batch)


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
