"""What the solver's tests share: small data, small models."""

import numpy as np

from chainrule.learning import SGD, Affine, ReLU, Sequential, Solver
from chainrule.ops import softmax_cross_entropy, squared_error

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
