"""The state of a training: all that changes while it runs, and enough to go on as if nothing had happened."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.learning.history import History
from chainrule.tracing.trees import map_tree

__all__ = ["State", "copied", "twin"]

Array = np.ndarray[Any, Any]


@dataclass
class State:
    """All that changes while training.

    Args:
        parameters: by name.
        optimizer: what the optimizer remembers, arrays and numbers by name.
        rng: shuffles the rows, and draws the number that random layers go by in an epoch. While an epoch is half done,
            it stands where it stood before that epoch.
        epoch: epochs that are done.
        rows: of the running epoch that are done; 0 between two epochs.
        loss_sum: of these rows.
        history: a row for each epoch that is done.
        best_epoch: the one with the best validation loss so far.
        best_loss: of that epoch.
        best_parameters: of that epoch, in arrays of their own.
    """

    parameters: dict[str, Array]
    optimizer: dict[str, Any]
    rng: np.random.Generator
    epoch: int = 0
    rows: int = 0
    loss_sum: float = 0.0
    history: History = field(default_factory=History)
    best_epoch: int | None = None
    best_loss: float = math.inf
    best_parameters: dict[str, Array] | None = None

    def values(self) -> list[Any]:
        """What a step takes and gives back: all parameters, then all of the optimizer's state."""
        return [*self.parameters.values(), *self.optimizer.values()]

    def take(self, values: list[Any]) -> None:
        """Take over what a step gave."""
        remaining = iter(values)
        for name in self.parameters:
            self.parameters[name] = next(remaining)
        for name in self.optimizer:
            self.optimizer[name] = next(remaining)

    def snapshot(self) -> State:
        """A copy from which the training can be repeated; without the history and the best parameters."""
        return State(
            copied(self.parameters),
            copied(self.optimizer),
            twin(self.rng),
            self.epoch,
            self.rows,
            self.loss_sum,
        )

    def go_back(self, earlier: State) -> None:
        """Be where ``earlier``, a snapshot that is given up, was."""
        self.parameters, self.optimizer = earlier.parameters, earlier.optimizer
        self.rng.bit_generator.state = earlier.rng.bit_generator.state
        self.epoch, self.rows, self.loss_sum = earlier.epoch, earlier.rows, earlier.loss_sum
        del self.history.rows[earlier.epoch :]

    def end_epoch(self, validation_loss: float | None, learning_rate: float, seconds: float) -> None:
        """Count the epoch, and keep its parameters if they are the best so far."""
        if validation_loss is not None and math.isfinite(validation_loss) and validation_loss < self.best_loss:
            self.best_epoch, self.best_loss = self.epoch, validation_loss
            self.best_parameters = copied(self.parameters)  # steps write the parameters in place
        self.history.append_row(
            {
                "epoch": self.epoch,
                "train_loss": self.loss_sum / self.rows,
                "validation_loss": validation_loss,
                "learning_rate": learning_rate,
                "seconds": seconds,
            }
        )
        self.epoch, self.rows, self.loss_sum = self.epoch + 1, 0, 0.0


def twin(rng: np.random.Generator) -> np.random.Generator:
    """A generator that will draw the same numbers."""
    bits: Any = type(rng.bit_generator)(0)  # the seed is of no account; copy.deepcopy takes five times as long
    bits.state = rng.bit_generator.state
    return np.random.Generator(bits)


def copied(values: dict[str, Any]) -> dict[str, Any]:
    """The same values in arrays of their own."""
    copies: dict[str, Any] = map_tree(_copied, dict(values))
    return copies


def _copied(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf
