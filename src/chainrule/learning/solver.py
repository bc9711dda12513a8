"""The solver: epochs of compiled steps, with everything that makes a long run safe to leave alone.

What a step computes is in `training_step`, what it is computed on in `batches`, and all that changes in
`state`. Here is the order in which it happens.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from chainrule.learning import checkpoints
from chainrule.learning.batches import Batches, checked_samples
from chainrule.learning.epochs import RunEpoch, choose_epoch
from chainrule.learning.history import History
from chainrule.learning.interrupts import holding_interrupts
from chainrule.learning.nonfinite import all_finite, find_origin
from chainrule.learning.optimizers import SGD
from chainrule.learning.progress import Progress, choose_progress
from chainrule.learning.records import check_number, check_whole_number
from chainrule.learning.schedules import Constant
from chainrule.learning.state import State, copied
from chainrule.learning.training_step import TrainingStep
from chainrule.op import Op

__all__ = ["Solver"]

Array = np.ndarray[Any, Any]
Validation = tuple[Array, Array] | None

# How much training a nan may cost again: the run is repeated from the last snapshot to find where it came from.
SNAPSHOT_SECONDS = 2.0


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
        model: has ``parameters`` (a dict of arrays), from whose present values training starts, and
            ``forward(parameters, x)``.
        loss: an op ``(output, target) -> mean loss``.
        optimizer: makes new parameters from gradients.
        schedule: multiplies the optimizer's learning rate, per epoch.
        batch_size: rows a step; None for all rows in one step, in their order.
        rng: a Generator or a seed; shuffles the rows before every epoch of minibatches.
        engine: ``"numpy"``, ``"xla"`` (whole epochs compiled by JAX) or ``"eager"``.
        clip: largest norm of all gradients together; larger ones are scaled down to it.
        patience: epochs without a better validation loss after which training stops.
        checkpoint: a file to save to every ``checkpoint_every`` epochs and at the end; `resume` goes on from it.
        progress: True or None to show it, as a bar on a terminal and as lines elsewhere; False for nothing.
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
        self._check_options()
        parameters = copied(model.parameters)
        # A copy: an optimizer may remember the parameters themselves, and steps write them in place.
        optimizer_state = copied(self.optimizer.initialize(parameters))
        self._state = State(parameters, optimizer_state, np.random.default_rng(rng))
        self._step = TrainingStep(model, loss, self.optimizer, engine, self.clip)

    def _check_options(self) -> None:
        for name in ("batch_size", "patience", "checkpoint_every", "print_every"):
            if getattr(self, name) is not None:
                check_whole_number(self, name, least=1)
        if self.clip is not None:
            check_number(self, "clip", above=0)
        if not callable(self.loss):
            raise TypeError(f"Solver: loss is {self.loss!r}; expected an op, such as squared_error")
        if not hasattr(self.optimizer, "update"):
            raise TypeError(f"Solver: optimizer is {self.optimizer!r}; expected an optimizer, such as SGD(0.01)")
        if not self.model.parameters:
            raise ValueError("Solver: the model has no parameters, so there is nothing to train")

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
        if self._step.first is None:
            raise RuntimeError("Solver: the step is written when training starts (and never by the eager engine)")
        return self._step.first.source.text

    # -- training ----------------------------------------------------------------------------------------

    def train(self, x: Array, y: Array, validation: Validation = None, epochs: int = 100) -> History:
        """Train until ``epochs`` epochs are done in all, and give the model what was learned.

        A row's train loss is the mean over the epoch's batches, each taken before its update; the validation loss
        is taken after the epoch. With validation data the model gets the weights of the epoch that was best on it,
        otherwise the last ones; a later `train` goes on from the last ones in any case.

        Ctrl-C ends training after the running step and keeps what was learned: ``history.interrupted`` is True, and
        the next `train` (or a `resume` from the checkpoint) goes on within the epoch, as if nothing had happened.
        A second Ctrl-C ends it at once, and goes back by a few seconds or to the epoch's start. The XLA engine runs
        an epoch at a time and ends after the running epoch.

        Raises:
            FloatingPointError: the loss became nan or infinite; says where it came from.
        """
        if not isinstance(epochs, (int, np.integer)) or epochs < 1:
            raise ValueError(f"Solver: epochs is {epochs!r}; expected a whole number, at least 1")
        batches = Batches(*self._checked("training", x, y), self.batch_size)
        validation = self._checked_validation(validation)
        self._check_checkpoint()
        progress = choose_progress(self.progress, epochs, self.print_every)
        try:
            with progress, holding_interrupts() as interrupted, np.errstate(all="ignore"):
                self._train(batches, validation, epochs, progress, interrupted)
        finally:
            self._hand_over(best=validation is not None)
        return self.history

    def _train(
        self,
        batches: Batches,
        validation: Validation,
        epochs: int,
        progress: Progress,
        interrupted: Callable[[], bool],
    ) -> None:
        state = self._state
        run_epoch = choose_epoch(self._step, batches)
        state.history.interrupted = False
        snapshot, taken = state.snapshot(), time.perf_counter()
        while state.epoch < epochs and not self._out_of_patience() and not interrupted():
            if time.perf_counter() - taken > SNAPSHOT_SECONDS:
                snapshot, taken = state.snapshot(), time.perf_counter()
            loss = self._whole_epoch(run_epoch, snapshot, batches.rows, validation, epochs, interrupted)
            if not math.isfinite(loss):
                place = _place(state, batches)
                self._explain(f"{place}: the loss is {loss}.", snapshot, batches, epochs)
            if not state.rows:
                progress.show(state.history)
                self._save_every(self.checkpoint_every)
        if not all_finite(state.parameters):
            self._explain("After the last step not all parameters are finite.", snapshot, batches, epochs)
        state.history.interrupted = interrupted()
        self._save_every(1)

    def _whole_epoch(
        self,
        run_epoch: RunEpoch,
        snapshot: State,
        rows: int,
        validation: Validation,
        epochs: int,
        interrupted: Callable[[], bool],
    ) -> float:
        """An epoch and what comes after it, or back to the snapshot; the last step's loss."""
        state, started = self._state, time.perf_counter()
        learning_rate = self._rate(state.epoch, epochs)
        try:
            loss = run_epoch(state, learning_rate, interrupted)
            if state.rows >= rows:
                validated = self._step.mean_loss(state.parameters, *validation) if validation else None
                state.end_epoch(validated, learning_rate, time.perf_counter() - started)
        except BaseException:
            # A second Ctrl-C, or an error in somebody's layer: some parameters may be updated and others not.
            state.go_back(snapshot)
            raise
        return loss

    def _rate(self, epoch: int, epochs: int) -> float:
        # A Python float: a NumPy scalar would turn float32 parameters into float64.
        return float(self.optimizer.learning_rate * self.schedule(epoch, epochs))

    def _out_of_patience(self) -> bool:
        if self.patience is None:
            return False
        best = -1 if self._state.best_epoch is None else self._state.best_epoch
        return self._state.epoch - 1 - best >= self.patience

    def _hand_over(self, best: bool) -> None:
        """Give the model what was learned, in arrays of its own: the best weights, if there are any, or the last."""
        state = self._state
        self.model.parameters = copied((best and state.best_parameters) or state.parameters)

    def _explain(self, what: str, snapshot: State, batches: Batches, epochs: int) -> NoReturn:
        """Find the step that a nan or an infinity comes from, go back to before it, and say so."""
        stopped = self._state.epoch, self._state.rows
        origin = find_origin(snapshot, stopped, self._step, batches, lambda epoch: self._rate(epoch, epochs))
        self._state.go_back(origin.state)
        raise FloatingPointError(
            f"{what} First, in {_place(self._state, batches)}: {origin.description} "
            "A smaller learning rate, scaled inputs or clip=1.0 are the usual remedies. "
            "The model keeps what it had learned before this batch."
        )

    # -- what it trains on ---------------------------------------------------------------------------------

    def _checked(self, what: str, x: Any, y: Any) -> tuple[Array, Array]:
        """The arrays in the model's dtype, or one clear error for what can't be trained on."""
        parameters = self._state.parameters
        x, y = checked_samples(what, x, y, next(iter(parameters.values())).dtype)
        with np.errstate(all="ignore"):
            return x, self._step.fitting_targets(parameters, x, y)

    def _checked_validation(self, validation: Any) -> Validation:
        if validation is None:
            if self.patience is not None:
                raise ValueError("Solver: patience stops on the validation loss; pass validation=(x, y) to train")
            return None
        if not isinstance(validation, (tuple, list)) or len(validation) != 2:
            raise TypeError("Solver: validation must be a pair (x, y)")
        return self._checked("validation", *validation)

    # -- saving and going on -----------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write everything that `resume` needs to one safetensors file, whole or not at all."""
        checkpoints.save(Path(path), self._state, self._description())

    def resume(self, path: str | Path) -> None:
        """Go on from a saved state: the next `train` continues as if it had never stopped, bit for bit."""
        checkpoints.load(Path(path), self._state, self._description())
        self._hand_over(best=True)

    def _description(self) -> dict[str, Any]:
        """What a checkpoint only fits if it is the same."""
        return {
            "model": [type(layer).__name__ for layer in getattr(self.model, "layers", ())],
            "loss": getattr(self.loss, "name", ""),
            "optimizer": type(self.optimizer).__name__,
        }

    def _save_every(self, epochs: int) -> None:
        if self.checkpoint is not None and self._state.epoch % epochs == 0:
            self.save(self.checkpoint)

    def _check_checkpoint(self) -> None:
        """Before an hour's training, and not after it."""
        path = self.checkpoint
        if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK)):
            raise OSError(f"Solver: the checkpoint {path} can't be written; give a file in a folder that can be")


def _place(state: State, batches: Batches) -> str:
    return f"epoch {state.epoch}, batch {batches.number(state.rows)}"
