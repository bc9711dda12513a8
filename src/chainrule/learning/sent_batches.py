"""Epochs of batches that are sent to the XLA engine's devices as they come."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from chainrule.compiling.xla import processes as others
from chainrule.learning.batches import Batches
from chainrule.learning.device_epochs import Batch, OnDevices
from chainrule.learning.epochs import leaving_order
from chainrule.learning.state import State

__all__ = ["SentBatches"]

# Each call from outside has its price, so batches are sent so many bytes at a time.
SENT_BYTES = 8 * 2**20


class SentBatches(OnDevices):
    """Sends batches a block at a time, while the devices work on the block before."""

    def _run(
        self, state: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> tuple[float, bool] | None:
        learning_rate, number = rate(state.epoch), self._devices.number(rate(state.epoch))
        done = state.rows // (self._devices.processes if self._devices.rows == "own" else 1)
        loop, values, whole = None, None, True
        losses: list[tuple[int, Any]] = []  # the rows of a step, and the losses of such steps, on the devices
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
                values, found = loop.over_block(values, (number,), block, tuple(keys))
                losses.append((self._devices.whole(x.shape[1]), found))
                if len(losses) > 1:  # no more than two blocks wait on the devices
                    losses[-2][1].block_until_ready()
                if self._devices.processes == 1 and interrupted():
                    whole = False
                    break
            loss = 0.0
            if loop is not None:
                self._keep(state, values, loop)
                of_steps = [(rows, loss) for rows, found in losses for loss in np.asarray(found).tolist()]
                loss = self._count(state, of_steps)
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
