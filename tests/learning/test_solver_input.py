"""Options and data that can't be trained with: one clear error, and nothing changed."""

import numpy as np
import pytest
from solvers import LABELS, X, Y, line, losses, make_solver, network, same_parameters

from chainrule.learning import SGD, Affine, LeakyReLU, ReLU, Sequential, Solver, Tanh
from chainrule.ops import squared_error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "Solver: batch_size is 0; expected at least 1"),
        ({"batch_size": -5}, "batch_size is -5"),
        ({"clip": -1.0}, "Solver: clip is -1.0; expected more than 0"),
        ({"clip": 0}, "clip is 0"),
        ({"clip": float("inf")}, "clip is inf; expected a finite number"),
        ({"patience": 0}, "patience is 0"),
        ({"checkpoint_every": 0}, "checkpoint_every is 0"),
        ({"print_every": 0}, "print_every is 0"),
        ({"engine": "jax"}, "unknown engine 'jax'; choose one of numpy, eager, xla"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make_solver(**options)


def test_options_of_the_wrong_type_are_refused():
    for options in ({"batch_size": 32.0}, {"patience": "many"}, {"clip": "1"}):
        with pytest.raises(TypeError, match=f"Solver: {next(iter(options))} is"):
            make_solver(**options)
    with pytest.raises(TypeError, match="loss is 'mse'; expected an op"):
        Solver(network(), "mse")
    with pytest.raises(TypeError, match="optimizer is 'adam'; expected an optimizer"):
        Solver(network(), squared_error, "adam")


def test_a_model_without_parameters_is_refused():
    with pytest.raises(ValueError, match="no parameters, so there is nothing to train"):
        Solver(Sequential([ReLU()]), squared_error)


@pytest.mark.parametrize("epochs", [0, -1, 2.5, "ten"])
def test_epochs_are_a_whole_number(epochs):
    with pytest.raises(ValueError, match=r"Solver: epochs is .*; expected a whole number, at least 1"):
        make_solver().train(X, Y, epochs=epochs)


def test_patience_needs_validation_data():
    with pytest.raises(ValueError, match=r"patience stops on the validation loss; pass validation=\(x, y\)"):
        make_solver(patience=3).train(X, Y)


def test_validation_is_a_pair():
    with pytest.raises(TypeError, match=r"validation must be a pair \(x, y\)"):
        make_solver().train(X, Y, validation=X)


def with_value(array, place, value):
    changed = array.copy()
    changed[place] = value
    return changed


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (with_value(X, (3, 2), np.nan), Y, r"training x\[3, 2\] is nan; remove or fill in missing values"),
        (X, with_value(Y, (7, 0), np.inf), r"training y\[7, 0\] is inf"),
        (X[:-1], Y, "training x has 49 rows and y has 50"),
        (X[:0], Y[:0], "the training data has no rows"),
        (X.astype(str), Y, "training x has dtype <U.*; expected numbers"),
        (5.0, Y, "training x is a single number"),
        ([[1.0], [1.0, 2.0]], Y, "training x can't be made an array"),
        (np.hstack([X, X])[:, :6], Y, r"affine: expected x.shape\[1\] == w.shape\[0\], got 6 != 5"),
        (X, with_value(LABELS, 4, 3), r"softmax_cross_entropy: labels must lie in 0..2, got 0 to 3"),
        (X, with_value(LABELS, 4, -1), r"labels must lie in 0..2, got -1 to 2"),
        (X, 2 * Y, "each row of labels must sum to one"),
        (X, LABELS.astype(float), "labels must be one-hot of that shape or whole numbers"),
    ],
)
def test_bad_data_is_refused(x, y, message):
    solver = make_solver()
    before = solver.model.parameters

    with pytest.raises(ValueError, match=message):
        solver.train(x, y)
    with pytest.raises(ValueError, match=message.replace("training", "validation")):
        solver.train(X, Y, (x, y))
    assert 0 == solver.epoch
    assert same_parameters(before, solver.model.parameters)


def test_targets_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"prediction has shape \(2, 1\) and target \(2,\)"):
        line().train([[1.0], [2.0]], [1.0, 3.0])


def test_too_large_for_float32_is_refused():
    with pytest.raises(ValueError, match=r"training x\[0, 0\] is inf"):
        make_solver(network(dtype=np.float32)).train(with_value(X, (0, 0), 1e300), Y)


def test_an_optimizer_that_loses_a_parameter_is_refused():
    class Losing(SGD):
        def update(self, parameters, gradients, state, learning_rate):
            return {"w1": parameters["w1"]}, {}

    with pytest.raises(ValueError, match=r"update makes parameters \['w1'\] of \['w1', 'b1', 'w2', 'b2'\]"):
        make_solver(optimizer=Losing()).train(X, Y)


def test_a_failing_layer_leaves_the_solver_as_it_was():
    class Failing:
        def __init__(self):
            self.calls = 0

        def initialize(self, rng, dtype):
            return {}

        def __call__(self, x):
            self.calls += 1
            if self.calls == 12:
                raise RuntimeError("out of luck")
            return x

    layers = [Affine(5, 4), Failing(), Tanh(), LeakyReLU(), Affine(4, 3)]
    broken = make_solver(Sequential(layers), engine="eager", batch_size=8)
    whole = make_solver(Sequential(layers), engine="eager", batch_size=8)
    with pytest.raises(RuntimeError, match="out of luck"):
        broken.train(X, Y, epochs=3)
    broken.train(X, Y, epochs=3)
    whole.train(X, Y, epochs=3)

    assert losses(whole) == losses(broken)
    assert same_parameters(whole.model.parameters, broken.model.parameters)
