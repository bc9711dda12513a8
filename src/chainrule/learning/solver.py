"""The solver: epochs of compiled steps, with everything that makes a long run safe to leave alone.

What a step computes is in `training_step`, what it is computed on in `batches`, and all that changes in
`state`. Here is the order in which it happens.
"""

from __future__ import annotations

import functools
import math
import os
import time
from collections.abc import Callable
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from chainrule.compiling.xla import XLA, processes
from chainrule.learning import checkpoints
from chainrule.learning.batches import Batches
from chainrule.learning.epochs import AllRows, Epochs, Source, StepByStep
from chainrule.learning.history import History
from chainrule.learning.interrupts import holding_interrupts
from chainrule.learning.nonfinite import all_finite, find_origin
from chainrule.learning.optimizers import SGD
from chainrule.learning.progress import Progress, choose_progress
from chainrule.learning.records import check_number, check_whole_number
from chainrule.learning.schedules import Constant
from chainrule.learning.sources import Sources
from chainrule.learning.state import State, copied
from chainrule.learning.training_step import TrainingStep
from chainrule.op import Op

if TYPE_CHECKING:
    from chainrule.compiling import Cost, Step

__all__ = ["Solver"]

Array = np.ndarray[Any, Any]

# How much training a nan may cost again: the run is repeated from the last snapshot to find where it came from.
SNAPSHOT_SECONDS = 2.0

REMEDIES = "A smaller learning rate, scaled inputs or clip=1.0 are the usual remedies."


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
            ``forward(parameters, x)``; if its ``random`` is True, it is trained by ``forward(parameters, x, key)``.
        loss: an op ``(output, target) -> mean loss``.
        optimizer: makes new parameters from gradients.
        schedule: multiplies the optimizer's learning rate, per epoch. A function is asked when its epoch begins, and
            may look at the history; a dataclass, such as ``Cosine()``, may be asked ahead: short epochs share a call.
        batch_size: rows a step; None for all rows in one step, in their order.
        rng: a Generator or a seed; shuffles the rows before every epoch of minibatches, and then draws the number from
            which random layers draw in it.
        engine: ``"numpy"``, ``"xla"`` (whole epochs compiled by JAX), ``XLA(devices="all")`` (on several devices, also
            of many processes) or ``"eager"``.
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
        engine: str | XLA = "numpy",
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
        self._sources = Sources(self._step, self._state)

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
        return self._written_step().source.text

    def cost(self) -> Cost:
        """What each line of `step_source` costs: arithmetic, bytes, saved values, time, how close to the roofline.

        Timed on random arrays of a whole batch's shapes; what was learned stays as it is. With the XLA engine, which
        makes one program of all lines, they are only counted.
        """
        return self._written_step().cost()

    def _written_step(self) -> Step:
        if self._step.first is None:
            raise RuntimeError("Solver: the step is written when training starts (and never by the eager engine)")
        return self._step.first

    # -- training ----------------------------------------------------------------------------------------

    def train(self, x: Any, y: Any = None, validation: Any = None, epochs: int = 100) -> History:
        """Train until ``epochs`` epochs are done in all, and give the model what was learned.

        A row's train loss is the mean over the epoch's batches, each taken before its update; the validation loss
        is taken after the epoch. With validation data the model gets the weights of the epoch that was best on it,
        otherwise the last ones; a later `train` goes on from the last ones in any case.

        Ctrl-C ends training after the running step and keeps what was learned: ``history.interrupted`` is True, and
        the next `train` (or a `resume` from the checkpoint) goes on within the epoch, as if nothing had happened.
        A second Ctrl-C ends it at once, and goes back by a few seconds or to the epoch's start. The XLA engine runs
        whole epochs, short ones several at a time, and ends after those that run.

        Args:
            x: samples, a row each. An array in a file, from ``np.load(path, mmap_mode="r")``, may be larger than
                memory: its rows are read and converted a block ahead.
            y: their targets. None: ``x`` gives the batches, pairs ``(x, y)``; anything that can be iterated once for
                each epoch, or a function of the epoch's number that gives something to iterate.
            validation: samples and targets to judge by, ``(x, y)``.
            epochs: how many in all, those of earlier calls included.

        Raises:
            FloatingPointError: the loss became nan or infinite; says where it came from.
            ConnectionError: another process that trains with this one is lost.
        """
        if not isinstance(epochs, (int, np.integer)) or epochs < 1:
            raise ValueError(f"Solver: epochs is {epochs!r}; expected a whole number, at least 1")
        if validation is None and self.patience is not None:
            raise ValueError("Solver: patience stops on the validation loss; pass validation=(x, y) to train")
        batches = self._sources.training(x, y, self.batch_size)
        judged = None if validation is None else self._sources.validation(validation)
        self._check_checkpoint()
        run = self._epochs(batches, judged)
        progress = choose_progress(self.progress if self._writes else False, epochs, self.print_every)
        try:
            with progress, holding_interrupts() as interrupted, np.errstate(all="ignore"):
                self._train(run, batches, epochs, progress, interrupted)
        finally:
            self._hand_over(best=judged is not None)
        return self.history

    def _train(
        self, run: Epochs, batches: Source, epochs: int, progress: Progress, interrupted: Callable[[], bool]
    ) -> None:
        state = self._state
        state.history.interrupted = False
        rate = functools.cache(lambda epoch: self._rate(epoch, epochs))
        snapshot, taken = state.snapshot(), time.perf_counter()
        while state.epoch < epochs and not self._out_of_patience() and not run.agreed(interrupted()):
            if time.perf_counter() - taken > SNAPSHOT_SECONDS:
                snapshot, taken = state.snapshot(), time.perf_counter()
            known = len(state.history)
            loss = self._whole_epochs(run, snapshot, rate, self._next_stop(epochs), interrupted)
            if not math.isfinite(loss):
                place = _place(state, batches)
                self._explain(f"{place}: the loss is {loss}.", snapshot, batches, rate)
            if not state.rows:
                self._save_every(self.checkpoint_every)  # what is shown is kept
                progress.show(state.history.rows[known:])
        if not all_finite(state.parameters):
            self._explain("After the last step not all parameters are finite.", snapshot, batches, rate)
        state.history.interrupted = run.agreed(interrupted())
        self._save_every(1)

    def _whole_epochs(
        self, run: Epochs, snapshot: State, rate: Callable[[int], float], until: int, interrupted: Callable[[], bool]
    ) -> float:
        """An epoch, or several that share a call, and what comes after; or back to the snapshot. The last loss."""
        state, first, started = self._state, self._state.epoch, time.perf_counter()
        rate(first)  # an error in somebody's schedule: nothing is updated yet
        try:
            loss, done = run.run(state, rate, until, interrupted)
            if done:
                seconds = (time.perf_counter() - started) / (state.epoch + 1 - first)
                state.end_epoch(run.validation_loss(state), rate(state.epoch), seconds)
        except BaseException:
            # A second Ctrl-C, or an error in somebody's layer: some parameters may be updated and others not.
            state.go_back(snapshot)
            raise
        return loss

    def _next_stop(self, epochs: int) -> int:
        """The epoch before which somebody looks: what was learned is saved, or all is done.

        A function may look at the history to find the next learning rate; a dataclass goes by its settings.
        """
        if not is_dataclass(self.schedule):
            return self._state.epoch + 1
        if self.checkpoint is None:
            return epochs
        every = self.checkpoint_every
        return min(epochs, (self._state.epoch // every + 1) * every)

    def _epochs(self, batches: Source, validation: Batches | None) -> Epochs:
        """What runs epochs of these batches: the step's engine."""
        if self._step.xla is None:
            if isinstance(batches, Batches) and batches.is_one_step:
                return AllRows(self._step, batches, validation)
            return StepByStep(self._step, batches, validation)
        # Loaded where they are needed, as JAX is.
        from chainrule.learning.kept_rows import KeptRows
        from chainrule.learning.sent_batches import SentBatches

        if isinstance(batches, Batches) and batches.in_memory and self._step.devices.rows == "all":
            return KeptRows(self._step, batches, validation, self._state)
        return SentBatches(self._step, batches, validation, self._state)

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

    def _explain(self, what: str, snapshot: State, batches: Source, rate: Callable[[int], float]) -> NoReturn:
        """Find the step that a nan or an infinity comes from, go back to before it, and say so."""
        if self._step.xla is not None and self._step.xla.rows == "own":
            self._state.go_back(snapshot)
            raise FloatingPointError(
                f"{what} Where each process has rows of its own, none can look for the step that it came from. "
                f"{REMEDIES} The model keeps what it had learned before epoch {self._state.epoch}."
            )
        stopped = self._state.epoch, self._state.rows
        origin = find_origin(snapshot, stopped, self._step, batches, rate)
        self._state.go_back(origin.state)
        raise FloatingPointError(
            f"{what} First, in {_place(self._state, batches)}: {origin.description} "
            f"{REMEDIES} The model keeps what it had learned before this batch."
        )

    # -- saving and going on -----------------------------------------------------------------------------------

    @property
    def _writes(self) -> bool:
        """Of many processes the first one writes."""
        return not self._is_one_of_many or processes.number_of_this() == 0

    @property
    def _is_one_of_many(self) -> bool:
        return self._step.xla is not None and self._step.devices.processes > 1

    def save(self, path: str | Path) -> None:
        """Write everything that `resume` needs to one safetensors file, whole or not at all.

        Of many processes that train together the first one writes, and the others do nothing.
        """
        if self._writes:
            checkpoints.save(Path(path), self._state, self._description())

    def resume(self, path: str | Path) -> None:
        """Go on from a saved state: the next `train` continues as if it had never stopped, bit for bit.

        Of many processes that train together the first one reads; all of them call it.
        """
        path = Path(path)
        content = processes.same_bytes(path, checkpoints.read) if self._is_one_of_many else checkpoints.read(path)
        checkpoints.load(path, content, self._state, self._description())
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
        if path is not None and self._writes and (path.is_dir() or not os.access(path.parent, os.W_OK)):
            raise OSError(f"Solver: the checkpoint {path} can't be written; give a file in a folder that can be")


def _place(state: State, batches: Source) -> str:
    return f"epoch {state.epoch}, {batches.place(state.rows)}"
