"""`Solver` of exercise 5: minibatches from data loaders, with patience and a learning rate that decays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl.data_loader import batch_arrays
from chainrule.courses.i2dl.losses import CrossEntropyFromLogits
from chainrule.courses.i2dl.optimizers import Adam

__all__ = ["Solver"]

Array = npt.NDArray[Any]


class Solver:
    """Trains a model batch by batch, with the best parameters on the validation data as the result.

    >>> from chainrule.courses.i2dl.exercise_05 import ClassificationNet, DataLoader, Relu
    >>> X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> model = ClassificationNet(Relu, input_size=1, hidden_size=4, std=0.5, num_classes=2, rng=0)
    >>> loader = DataLoader((X, y), batch_size=2)
    >>> solver = Solver(model, loader, loader, learning_rate=0.1, verbose=False)
    >>> solver.train(epochs=30)
    >>> model.forward(X).argmax(axis=1)
    array([0, 0, 1, 1])

    Args:
        model: has ``params``, ``grads``, ``forward`` and ``backward``; the numbers of its ``reg``, if it has any, are
            added to the loss.
        train_dataloader, val_dataloader: give batches each time they are looped over: ``(X, y)``, or a dict with "X"
            and "y", "image" and "label", or "features" and "target".
        loss_func: a loss of the model's edition, or its class.
        learning_rate: the size of a step.
        optimizer: a class, called with model, loss and learning rate.
        verbose: whether to print the losses.
        print_every: epochs between two lines.
        lr_decay: the learning rate is multiplied by it after every epoch.
        options: further options of the optimizer; one that it does not have is an error.

    Attributes:
        opt: the optimizer.
        train_batch_loss: one number a batch.
        train_loss_history: one number an epoch, the mean over its samples, each taken before its batch's step.
        val_loss_history: one number an epoch, taken after it.
        best_val_loss, best_params: the best epoch's, None before training.
    """

    def __init__(
        self,
        model: Any,
        train_dataloader: Iterable[Any],
        val_dataloader: Iterable[Any],
        loss_func: Any = CrossEntropyFromLogits,
        learning_rate: float = 1e-3,
        optimizer: Callable[..., Any] = Adam,
        verbose: bool = True,
        print_every: int = 1,
        lr_decay: float = 1.0,
        **options: Any,
    ) -> None:
        if print_every < 1:
            raise ValueError(f"Solver: print_every is {print_every}; expected at least 1")
        for name, loader in (("train_dataloader", train_dataloader), ("val_dataloader", val_dataloader)):
            if iter(loader) is loader:
                raise TypeError(f"Solver: {name} can be looped over only once; pass a list or a DataLoader")
        self.model = model
        self.train_dataloader = train_dataloader
        self.val_dataloader = val_dataloader
        self.loss_func = loss_func() if isinstance(loss_func, type) else loss_func
        self.opt = optimizer(model, self.loss_func, learning_rate, **options)
        self.verbose = verbose
        self.print_every = print_every
        self.lr_decay = lr_decay
        self.train_batch_loss: list[float] = []
        self.train_loss_history: list[float] = []
        self.val_loss_history: list[float] = []
        self.best_val_loss: float | None = None
        self.best_params: dict[str, Array] | None = None

    def train(self, epochs: int = 100, patience: int | None = None) -> None:
        """Train for so many epochs more, and give the model the best parameters so far, also after Ctrl-C.

        Args:
            epochs: how many.
            patience: epochs in a row without a better validation loss after which training stops.
        """
        if patience is not None and patience < 1:
            raise ValueError(f"Solver: patience is {patience}; expected at least 1, or None")
        waited = 0
        try:
            for epoch in range(epochs):
                waited = 0 if self._epoch() else waited + 1
                if self.verbose and epoch % self.print_every == 0:
                    self._print(epoch, epochs)
                if waited == patience:
                    break
        finally:
            if self.best_params is not None:
                self.model.params = _copied(self.best_params)

    def _epoch(self) -> bool:
        """One epoch; whether its validation loss is the best one."""
        self.train_loss_history.append(self._mean_loss("train_dataloader", validation=False))
        self.val_loss_history.append(self._mean_loss("val_dataloader", validation=True))
        self.opt.lr *= self.lr_decay
        loss = self.val_loss_history[-1]
        is_better = bool(np.isfinite(loss)) and (self.best_val_loss is None or loss < self.best_val_loss)
        if is_better:
            self.best_val_loss, self.best_params = loss, _copied(self.model.params)
        return is_better

    def _mean_loss(self, name: str, validation: bool) -> float:
        """The mean over the samples of all batches, with a step after each unless it is for validation."""
        total, rows = 0.0, 0
        for batch in getattr(self, name):
            X, y = batch_arrays(f"Solver: a batch of {name}", batch)
            total += self._step(X, y, validation) * len(X)
            rows += len(X)
        if not rows:
            raise ValueError(f"Solver: {name} gives no batches; give it at least one row, or drop_last=False")
        return total / rows

    def _step(self, X: Any, y: Any, validation: bool = False) -> float:
        """The loss of one batch, followed by a step unless it is for validation."""
        y_pred = self.model.forward(X)
        loss = float(np.mean(self.loss_func.forward(y_pred, y)) + sum(getattr(self.model, "reg", {}).values()))
        if not validation:
            self.train_batch_loss.append(loss)
            self.opt.backward(y_pred, y)
            self.opt.step()
        return loss

    def _print(self, epoch: int, epochs: int) -> None:
        train_loss, val_loss = self.train_loss_history[-1], self.val_loss_history[-1]
        print(f"(Epoch {epoch + 1} / {epochs}) train loss: {train_loss:f}; val loss: {val_loss:f}")


def _copied(params: dict[str, Array]) -> dict[str, Array]:
    return {name: np.array(array) for name, array in params.items()}
