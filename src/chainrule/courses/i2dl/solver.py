"""`Solver` of exercise 4: full-batch gradient descent that keeps the best weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl import objectives
from chainrule.courses.i2dl.arrays import check_shape, checked_samples, with_ones
from chainrule.courses.i2dl.editions import common_edition
from chainrule.courses.i2dl.linear_models import Classifier, LinearModel
from chainrule.courses.i2dl.losses import BCE, L1, MSE
from chainrule.courses.i2dl.optimizers import Optimizer

__all__ = ["Solver"]

Array = npt.NDArray[Any]


class Solver:
    """Trains a linear model on all samples at once, with the best weights on the validation data as the result.

    Models, losses and optimizers of one's own work as well, and so does a subclass with its own ``_step``; with
    this package's own ones an epoch is one call of compiled text.

    >>> data = {"X_train": [[0], [1]], "y_train": [[1], [3]], "X_val": [[3]], "y_val": [[7]]}
    >>> model = LinearModel(num_features=1)
    >>> model.initialize_weights([[0.0], [0.0]])
    >>> solver = Solver(model, data, MSE(), learning_rate=0.5, verbose=False)
    >>> solver.train(epochs=100)
    >>> model.W.round(3)
    array([[2.],
           [1.]])

    Args:
        model: has ``W``, ``forward`` and ``backward``.
        data: ``X_train`` and ``X_val``, shape (N, D), with ``y_train`` and ``y_val``, shape (N, 1).
        loss_func: a loss of the model's edition.
        learning_rate: the size of a step.
        is_regression: what the sheet passes; nothing depends on it.
        verbose: whether to print the losses.
        print_every: epochs between two lines.

    Attributes:
        opt: the optimizer; another one may be put here.
        train_loss_history, val_loss_history: one number an epoch, taken after its step.
        best_val_loss, best_W: the best epoch's, None before training.
    """

    def __init__(
        self,
        model: Any,
        data: Mapping[str, Any],
        loss_func: Any,
        learning_rate: float,
        is_regression: bool = True,
        verbose: bool = True,
        print_every: int = 100,
    ) -> None:
        if print_every < 1:
            raise ValueError(f"Solver: print_every is {print_every}; expected at least 1")
        self.model = model
        self.loss_func = loss_func
        self.learning_rate = learning_rate
        self.is_regression = is_regression
        self.verbose = verbose
        self.print_every = print_every
        self.edition = common_edition("Solver", model, loss_func)
        self.X_train, self.y_train = checked_samples(data, "train")
        self.X_val, self.y_val = checked_samples(data, "val")
        check_shape("Solver: X_val", self.X_val, (len(self.X_val), self.X_train.shape[1]))
        self.opt: Any = Optimizer(model, learning_rate)
        self.train_loss_history: list[float] = []
        self.val_loss_history: list[float] = []
        self.best_val_loss: float | None = None
        self.best_W: Array | None = None

    def train(self, epochs: int = 1000) -> None:
        """Train for so many epochs more, and give the model the best weights so far, also after Ctrl-C.

        Losses that overflow are logged as they are, as inf or nan, and are never the best.
        """
        losses = self._compiled_epochs() if self._is_unmodified() else self._epochs()
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                for epoch in range(epochs):
                    self._remember(*next(losses))
                    if self.verbose and epoch % self.print_every == 0:
                        self._print(epoch, epochs)
        finally:
            if self.best_W is not None:
                self.model.W = self.best_W.copy()

    def check_loss(self, validation: bool = True) -> float:
        """The mean loss on the validation data, or else on the training data."""
        X, y = (self.X_val, self.y_val) if validation else (self.X_train, self.y_train)
        if objectives.is_from_logits(self.model, self.loss_func):
            objective = objectives.mean_loss(self.model, self.loss_func)
            return float(objective(self._weights(), with_ones(X), y))
        loss, _ = self.loss_func(self._output(X, y), y)
        return float(np.mean(loss))

    def _step(self) -> None:
        """One step with all samples: the mean over them of the loss's gradient times the output's."""
        X, y = self.X_train, self.y_train
        if objectives.is_from_logits(self.model, self.loss_func):
            # Where the sigmoid is rounded to 0 or 1 its gradient is 0; together with the loss's it is p - y.
            self.opt.step(objectives.logistic_gradient(self._weights(), with_ones(X), y))
            return
        y_out = self._output(X, y)
        _, d_out = self.loss_func(y_out, y)
        if self.edition == "ss20":
            d_W = np.mean(d_out * self.model.backward(y_out), axis=0, keepdims=True).T
        else:
            d_W = self.model.backward(d_out / len(X) if self.edition == "ws22" else d_out)
        self.opt.step(d_W)

    def _epochs(self) -> Iterator[tuple[float, float]]:
        """The two losses after each step, in plain Python."""
        while True:
            self._step()
            yield self.check_loss(validation=False), self.check_loss()

    def _compiled_epochs(self) -> Iterator[tuple[float, float]]:
        """The same from compiled text."""
        self.model.forward(self.X_train[:1])  # which says what is missing, or has the wrong size
        train, validation = (with_ones(self.X_train), self.y_train), (with_ones(self.X_val), self.y_val)
        return objectives.steps(self.opt, self.loss_func, train, validation)

    def _is_unmodified(self) -> bool:
        """Whether nothing is a learner's own: then what the solver calls is known, and can be compiled."""
        own = type(self)
        return (
            (own._step, own.check_loss) == (Solver._step, Solver.check_loss)
            and not vars(self).keys() & {"_step", "check_loss"}
            and objectives.is_unmodified(self.model, LinearModel, Classifier)
            and objectives.is_unmodified(self.loss_func, L1, MSE, BCE)
            and type(self.opt) is Optimizer
            and "step" not in vars(self.opt)
            and self.opt.model is self.model
        )

    def _output(self, X: Array, y: Array) -> Array:
        """The model's output, which a learner's loss could silently broadcast against other shapes."""
        y_out = np.asarray(self.model.forward(X))
        check_shape(f"Solver: the output of {type(self.model).__name__}", y_out, y.shape)
        return y_out

    def _weights(self) -> Array:
        W: Array | None = self.model.W
        if W is None:
            raise RuntimeError("weight matrix W is not initialized; call initialize_weights() before training")
        return W

    def _remember(self, train_loss: float, val_loss: float) -> None:
        self.train_loss_history.append(train_loss)
        self.val_loss_history.append(val_loss)
        if np.isfinite(val_loss) and (self.best_val_loss is None or val_loss < self.best_val_loss):
            self.best_val_loss = val_loss
            self.best_W = np.array(self.model.W)

    def _print(self, epoch: int, epochs: int) -> None:
        train_loss, val_loss = self.train_loss_history[-1], self.val_loss_history[-1]
        print(f"(Epoch {epoch} / {epochs}) train loss: {train_loss:f}; val_loss: {val_loss:f}")
