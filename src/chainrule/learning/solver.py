"""The solver: epochs of compiled steps, with everything that makes a long run safe to leave alone.

The step that trains is traced once from forward, loss, backward and update, and compiled; `Solver.step_source`
prints it. Everything else here decides what the step is called with, and remembers what came of it.
"""

from __future__ import annotations

import copy
import functools
import math
import operator
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.compiling import Step, compile
from chainrule.learning import checkpoints
from chainrule.learning.history import History
from chainrule.learning.interrupts import holding_interrupts
from chainrule.learning.nonfinite import first_nonfinite
from chainrule.learning.optimizers import SGD
from chainrule.learning.progress import Progress, choose_progress
from chainrule.learning.schedules import Constant
from chainrule.op import Op
from chainrule.tracing import value_and_grad
from chainrule.tracing.trees import leaves, map_tree, rebuild

__all__ = ["Solver"]

Array = np.ndarray[Any, Any]

# How much training a nan may cost again: the run is repeated from the last snapshot to find where it came from.
SNAPSHOT_SECONDS = 2.0
# Shuffled rows are gathered a block at a time: few large copies, without a second copy of a large data set.
BLOCK_BYTES = 8 * 2**20


@dataclass
class State:
    """All that changes while training: enough to go on as if nothing had happened."""

    parameters: dict[str, Array]
    optimizer: dict[str, Any]
    rng: np.random.Generator
    epoch: int = 0
    history: History = field(default_factory=History)
    best_epoch: int | None = None
    best_loss: float = math.inf
    best_parameters: dict[str, Array] | None = None

    def take(self, values: list[Any]) -> None:
        """Take over what a step gave: all parameters, then all of the optimizer's state."""
        count = len(self.parameters)
        self.parameters = dict(zip(self.parameters, values[:count], strict=True))
        self.optimizer = dict(zip(self.optimizer, values[count:], strict=True))

    def copy(self) -> State:
        """An independent copy."""
        return copy.deepcopy(self)


class Solver:
    """Trains a model: full batch or minibatches, with history, early stopping, checkpoints.

    >>> import numpy as np
    >>> from chainrule.learning import SGD, Affine, Sequential
    >>> from chainrule.ops import squared_error
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> model = Sequential([Affine(1, 1, weights="zeros")], rng=0)
    >>> solver = Solver(model, squared_error, SGD(learning_rate=0.1), progress=False)
    >>> history = solver.train(x, 2 * x + 1, epochs=300)
    >>> model.parameters["w1"].round(2), model.parameters["b1"].round(2)
    (array([[2.]]), array([1.]))

    Args:
        model: has ``parameters`` (a dict of arrays) and ``forward(parameters, x)``.
        loss: an op ``(output, target) -> mean loss``.
        optimizer: makes new parameters from gradients.
        schedule: multiplies the optimizer's learning rate, per epoch.
        batch_size: rows a step; None for all rows in one step, in their order.
        rng: a Generator or a seed; shuffles the rows before every epoch of minibatches.
        engine: ``"numpy"`` or ``"eager"``.
        clip: largest norm of all gradients together; larger ones are scaled down to it.
        patience: epochs without a better validation loss after which training stops.
        checkpoint: a file to save to every ``checkpoint_every`` epochs; `resume` goes on from it.
        progress: True or False to show it or not; None shows a bar on a terminal and lines elsewhere.
        print_every: epochs between two lines of the log; about ten in all by default.
    """

    def __init__(
        self,
        model: Any,
        loss: Op,
        optimizer: Any = None,
        *,
        schedule: Callable[[int, int], float] | None = None,
        batch_size: int | None = None,
        rng: np.random.Generator | int = 0,
        engine: str = "numpy",
        clip: float | None = None,
        patience: int | None = None,
        checkpoint: str | Path | None = None,
        checkpoint_every: int = 10,
        progress: bool | None = None,
        print_every: int | None = None,
    ) -> None:
        _require_positive(
            batch_size=batch_size, clip=clip, patience=patience, checkpoint_every=checkpoint_every
        )
        self.model = model
        self.loss = loss
        self.optimizer = SGD() if optimizer is None else optimizer
        self.schedule = Constant() if schedule is None else schedule
        self.batch_size = batch_size
        self.clip = clip
        self.patience = patience
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        self.checkpoint_every = checkpoint_every
        self.progress = progress
        self.print_every = print_every
        self._training = compile(self._training_step, engine, donate_argnums=(0, 1))
        self._evaluation = compile(self._evaluate, engine)
        self._whole_step: Step | None = None
        self._runs: dict[Any, Callable[..., Any]] = {}
        parameters = map_tree(np.copy, dict(model.parameters))
        self._state = State(
            parameters,
            self.optimizer.initialize(parameters),
            rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng),
        )

    # -- the two functions that are traced ---------------------------------------------------------------

    def _training_step(
        self, parameters: dict[str, Any], state: dict[str, Any], learning_rate: float, x: Any, y: Any
    ) -> Any:
        def batch_loss(parameters: dict[str, Any]) -> Any:
            output = self.model.forward(parameters, x)
            return self.loss(output, y)

        loss, gradients = value_and_grad(batch_loss)(parameters)
        if self.clip is not None:
            gradients = clipped(gradients, self.clip)
        return loss, *self.optimizer.update(parameters, gradients, state, learning_rate)

    def _evaluate(self, parameters: dict[str, Any], x: Any, y: Any) -> Any:
        return self.loss(self.model.forward(parameters, x), y)

    # -- what it tells -----------------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """One row an epoch."""
        return self._state.history

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""
        return self._state.epoch

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the best validation loss, None without validation data."""
        return self._state.best_epoch

    @property
    def step_source(self) -> str:
        """The text of the step that trains, for whole batches."""
        if self._whole_step is None:
            raise RuntimeError(
                "Solver: the step is written when training starts (and never by the eager engine)"
            )
        return self._whole_step.source.text

    # -- training ----------------------------------------------------------------------------------------

    def train(
        self, x: Array, y: Array, validation: tuple[Array, Array] | None = None, epochs: int = 100
    ) -> History:
        """Train until ``epochs`` epochs are done in all, and give the model what was learned.

        A row's train loss is the mean over the epoch's batches, each taken before its update; the validation loss
        is taken after the epoch. With validation data the model gets the weights of the epoch that was best on it,
        otherwise the last ones. Ctrl-C ends training after the running step and keeps what was learned.

        Raises:
            FloatingPointError: the loss became nan or infinite; says where it came from.
        """
        _require_positive(epochs=epochs)
        x, y = self._checked("training", x, y)
        if validation is not None:
            validation = self._checked("validation", *validation)
        elif self.patience is not None:
            raise ValueError("Solver: patience stops on the validation loss; pass validation=(x, y) to train")
        progress = choose_progress(self.progress, epochs, self.print_every)
        try:
            with progress, holding_interrupts() as interrupted, np.errstate(all="ignore"):
                self._train(x, y, validation, epochs, progress, interrupted)
        finally:
            self._hand_over()
        return self.history

    def _train(
        self,
        x: Array,
        y: Array,
        validation: tuple[Array, Array] | None,
        epochs: int,
        progress: Progress,
        interrupted: Callable[[], bool],
    ) -> None:
        state = self._state
        snapshot, taken = state.copy(), time.monotonic()
        while state.epoch < epochs and not self._out_of_patience():
            started = time.monotonic()
            if started - taken > SNAPSHOT_SECONDS:
                snapshot, taken = state.copy(), started
            learning_rate = self.optimizer.learning_rate * self.schedule(state.epoch, epochs)
            loss, failed = self._run_epoch(state, learning_rate, x, y, interrupted)
            if failed is not None:
                self._explain_nonfinite(snapshot, x, y, epochs, failed, loss)
            if interrupted():
                state.history.interrupted = True
                return
            self._finish_epoch(loss, learning_rate, validation, time.monotonic() - started)
            progress.show(state.history)

    def _run_epoch(
        self, state: State, learning_rate: float, x: Array, y: Array, interrupted: Callable[[], bool]
    ) -> tuple[float, int | None]:
        """One epoch of steps: the mean loss, and the number of the batch whose loss was not finite, if one was."""
        total, rows, failed = 0.0, 0, None
        values = [*state.parameters.values(), *state.optimizer.values()]
        size = -1
        for number, (x_batch, y_batch) in enumerate(self._batches(state.rng, x, y)):
            if len(x_batch) != size:  # the last batch may be smaller: another step
                size = len(x_batch)
                run = self._step_for(state, learning_rate, x_batch, y_batch)
            loss, *values = run(*values, learning_rate, x_batch, y_batch)
            if not math.isfinite(loss):
                total, rows, failed = float(loss), 1, number
                break
            total += float(loss) * size
            rows += size
            if interrupted():
                break
        state.take(values)
        return total / rows, failed

    def _batches(self, rng: np.random.Generator, x: Array, y: Array) -> Iterator[tuple[Array, Array]]:
        """The epoch's batches: all rows as they are, or shuffled and cut."""
        size = self.batch_size
        if size is None:
            yield x, y
            return
        order = rng.permutation(len(x))
        row_bytes = max(1, x[:1].nbytes + y[:1].nbytes)
        block = size * max(1, BLOCK_BYTES // (row_bytes * size))
        for start in range(0, len(x), block):
            rows = order[start : start + block]
            x_block, y_block = x[rows], y[rows]
            for first in range(0, len(rows), size):
                yield x_block[first : first + size], y_block[first : first + size]

    def _step_for(self, state: State, learning_rate: float, x: Array, y: Array) -> Callable[..., Any]:
        """The step for a batch's shapes, as a function of all its arrays one by one."""
        run = self._runs.get((x.shape, y.shape))
        if run is None:
            run = self._runs[x.shape, y.shape] = self._written_step(state, learning_rate, x, y)
        return run

    def _written_step(self, state: State, learning_rate: float, x: Array, y: Array) -> Callable[..., Any]:
        if self._training.engine != "eager":
            step = self._training.step(state.parameters, state.optimizer, learning_rate, x, y)
            self._whole_step = self._whole_step or step
            return step.run

        def run(*values: Any) -> Any:
            *flat, rate, x_batch, y_batch = values
            arguments = rebuild((state.parameters, state.optimizer), flat)
            return leaves(self._training_step(*arguments, rate, x_batch, y_batch))

        return run

    # -- after an epoch ------------------------------------------------------------------------------------

    def _finish_epoch(
        self, loss: float, learning_rate: float, validation: tuple[Array, Array] | None, seconds: float
    ) -> None:
        state = self._state
        validation_loss = None
        if validation is not None:
            validation_loss = float(self._evaluation(state.parameters, *validation))
            if validation_loss < state.best_loss:
                state.best_epoch, state.best_loss = state.epoch, validation_loss
                # A copy: steps write the parameters in place.
                state.best_parameters = map_tree(np.copy, state.parameters)
        state.history.append(
            epoch=state.epoch,
            train_loss=loss,
            validation_loss=validation_loss,
            learning_rate=learning_rate,
            seconds=seconds,
        )
        state.epoch += 1
        if self.checkpoint is not None and state.epoch % self.checkpoint_every == 0:
            self.save(self.checkpoint)

    def _out_of_patience(self) -> bool:
        best = self._state.best_epoch
        return (
            self.patience is not None and best is not None and self._state.epoch - 1 - best >= self.patience
        )

    def _hand_over(self) -> None:
        """Give the model the best weights, in arrays of its own."""
        best = self._state.best_parameters
        learned = self._state.parameters if best is None else best
        self.model.parameters = map_tree(np.copy, learned)

    # -- when something is wrong -----------------------------------------------------------------------------

    def _explain_nonfinite(
        self, snapshot: State, x: Array, y: Array, epochs: int, failed: int, loss: float
    ) -> None:
        """Repeat the run from the snapshot up to the failing batch, and look at it equation by equation."""
        epoch = self._state.epoch
        state = snapshot
        while state.epoch < epoch:
            self._run_epoch(state, self._rate(state.epoch, epochs), x, y, lambda: False)
            state.epoch += 1
        rate = self._rate(epoch, epochs)
        for number, (x_batch, y_batch) in enumerate(self._batches(state.rng, x, y)):
            step = compile(self._training_step).step(
                state.parameters, state.optimizer, rate, x_batch, y_batch
            )
            if number == failed:
                break
            _, parameters, optimizer = step(state.parameters, state.optimizer, rate, x_batch, y_batch)
            state.parameters, state.optimizer = parameters, optimizer
        values = [*state.parameters.values(), *state.optimizer.values(), rate, x_batch, y_batch]
        self._state.parameters, self._state.optimizer = state.parameters, state.optimizer
        raise FloatingPointError(
            f"epoch {epoch}, batch {failed}: the loss is {loss}. {first_nonfinite(step.program, values)} "
            "A smaller learning rate, scaled inputs or clip=1.0 are the usual remedies. "
            "The model keeps the weights from before this batch."
        )

    def _rate(self, epoch: int, epochs: int) -> float:
        return float(self.optimizer.learning_rate * self.schedule(epoch, epochs))

    def _checked(self, what: str, x: Any, y: Any) -> tuple[Array, Array]:
        """The arrays, inputs and float targets in the model's dtype; one clear error for what can't be trained on."""
        x, y = np.asarray(x), np.asarray(y)
        if len(x) != len(y):
            raise ValueError(
                f"Solver: {what} x has {len(x)} rows and y has {len(y)}; they must be the same samples"
            )
        if not len(x):
            raise ValueError(f"Solver: the {what} data has no rows")
        dtype = next((array.dtype for array in self._state.parameters.values()), np.dtype(float))
        x = x.astype(dtype, copy=False)
        y = y.astype(dtype, copy=False) if y.dtype.kind == "f" else y
        for name, array in (("x", x), ("y", y)):
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                place = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
                raise ValueError(
                    f"Solver: {what} {name}{list(place)} is {array[place]}; remove or fill in missing values first"
                )
        return x, y

    # -- saving and going on -----------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write everything that `resume` needs to one safetensors file, whole or not at all."""
        checkpoints.save(Path(path), self._state)

    def resume(self, path: str | Path) -> None:
        """Go on from a saved state: the next `train` continues as if it had never stopped, bit for bit."""
        checkpoints.load(Path(path), self._state)
        self._hand_over()


def clipped(gradients: dict[str, Any], largest: float) -> dict[str, Any]:
    """The gradients, scaled down together if their common norm is above ``largest``.

    Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """
    squares = [np.sum(np.square(gradient)) for gradient in gradients.values()]
    norm = np.sqrt(functools.reduce(operator.add, squares))
    scale = largest / np.maximum(norm, largest)
    return {name: gradient * scale for name, gradient in gradients.items()}


def _require_positive(**options: Any) -> None:
    for name, value in options.items():
        if value is not None and not value > 0:
            raise ValueError(f"Solver: {name} must be positive, got {value}")
