"""What the solver's tests share: small data, small models."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.learning import SGD, Affine, ReLU, Sequential, Solver
from chainrule.ops import softmax_cross_entropy, squared_error


@dataclass(frozen=True)
class Once:
    """A schedule that gives another factor in one epoch, or does something there."""

    epoch: int
    factor: float = 1.0
    act: Callable[[], None] = lambda: None

    def __call__(self, epoch, epochs):
        if epoch != self.epoch:
            return 1.0
        self.act()
        return self.factor


RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 5))
LABELS = RNG.integers(0, 3, size=50)
Y = np.eye(3)[LABELS]
VALIDATION = RNG.normal(size=(20, 5)), np.eye(3)[RNG.integers(0, 3, size=20)]


def network(rng=0, dtype=np.float64):
    return Sequential([Affine(5, 4), ReLU(), Affine(4, 3)], rng=rng, dtype=dtype)


def make_solver(model=None, optimizer=None, **options):
    model = network() if model is None else model
    return Solver(model, softmax_cross_entropy, optimizer or SGD(0.1), progress=False, **options)


def line(**options):
    """A model of one weight, from 0: output w x."""
    return Solver(Sequential([Affine(1, 1, weights="zeros")]), squared_error, SGD(0.1), progress=False, **options)


def same_parameters(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def losses(solver):
    return solver.history.column("train_loss")
