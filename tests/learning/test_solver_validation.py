"""Validation data: its losses, the best weights, early stopping."""

import numpy as np
import pytest
from solvers import RNG, line

from chainrule import Op
from chainrule.learning import SGD, Affine, Sequential, Solver
from chainrule.ops import squared_error


def test_validation_loss_is_taken_after_the_epoch():
    # By hand: after one step w = 0.7, b = 0.4; for x = 10, y = 7 the output is 7.4.
    solver = line()
    solver.train([[1.0], [2.0]], [[1.0], [3.0]], ([[10.0]], [[7.0]]), epochs=1)

    np.testing.assert_allclose([0.4**2], solver.history.column("validation_loss"))


def test_validation_loss_of_many_rows_is_their_mean():
    x = RNG.normal(size=(10_001, 1))
    solver = line()
    solver.train([[1.0], [2.0]], [[1.0], [3.0]], (x, np.zeros((10_001, 1))), epochs=1)

    np.testing.assert_allclose([np.mean((0.7 * x + 0.4) ** 2)], solver.history.column("validation_loss"))


def rising(patience=None):
    """Trains towards b = 1 while validation wants b = 0.5: its loss falls for some epochs, then rises."""
    solver = line(patience=patience)
    solver.train([[0.0]], [[1.0]], ([[0.0]], [[0.5]]), epochs=30)
    return solver


def test_the_model_gets_the_weights_that_were_best_on_the_validation_data():
    # b after k steps is 1 - 0.8 ** k: 0.2, 0.36, 0.488, 0.5904 ... nearest to 0.5 after the third.
    solver = rising()

    assert 2 == solver.best_epoch
    assert 30 == len(solver.history)
    np.testing.assert_allclose([1 - 0.8**3], solver.model.parameters["b1"])


@pytest.mark.parametrize("patience", [1, 4])
def test_training_stops_when_patience_ends(patience):
    solver = rising(patience)

    assert 3 + patience == len(solver.history)
    np.testing.assert_allclose([1 - 0.8**3], solver.model.parameters["b1"])


def test_best_weights_are_no_alias_of_those_that_steps_write_in_place():
    # Larger than 64 KiB, where steps write in place.
    model = Sequential([Affine(1, 10_000, weights="zeros")])
    solver = Solver(model, squared_error, SGD(1000.0), progress=False)  # 10,000 outputs share the mean
    targets = np.ones((1, 10_000))
    solver.train([[0.0]], targets, ([[0.0]], 0.5 * targets), epochs=30)

    assert 2 == solver.best_epoch
    np.testing.assert_allclose(np.full(10_000, 1 - 0.8**3), model.parameters["b1"])


def test_a_best_loss_of_zero_counts():
    # b becomes 1 in one step; the validation target is 1 as well.
    solver = Solver(Sequential([Affine(1, 1, weights="zeros")]), squared_error, SGD(0.5), progress=False)
    solver.train([[0.0]], [[1.0]], ([[0.0]], [[1.0]]), epochs=5)

    assert 0 == solver.best_epoch
    assert [0.0] == solver.history.column("validation_loss")[:1]


def test_without_validation_data_the_model_gets_the_last_weights():
    solver = line()
    solver.train([[0.0]], [[1.0]], epochs=4)

    assert solver.best_epoch is None
    np.testing.assert_allclose([1 - 0.8**4], solver.model.parameters["b1"])


def test_training_goes_on_from_the_last_weights_and_not_from_the_best():
    solver = line()
    solver.train([[0.0]], [[1.0]], ([[0.0]], [[0.5]]), epochs=10)
    solver.train([[0.0]], [[1.0]], epochs=12)

    np.testing.assert_allclose([1 - 0.8**12], solver.model.parameters["b1"])


def test_a_validation_loss_that_is_not_finite_is_never_the_best():
    negative_log = Op(
        lambda p, y: (-np.log(np.sum(p * y)), (p, y)),
        lambda saved, d_out: (-d_out * saved[1] / np.sum(saved[0] * saved[1]), None),
    )
    model = Sequential([Affine(1, 1, weights="zeros")])
    model.parameters = {**model.parameters, "b1": np.ones(1)}
    solver = Solver(model, negative_log, SGD(0.1), progress=False, patience=3)
    solver.train([[0.0]], [[1.0]], ([[0.0]], [[-1.0]]), epochs=10)

    assert solver.best_epoch is None
    assert np.isnan(solver.history.column("validation_loss")).all()
    assert 3 == len(solver.history)
    assert model.parameters["b1"] > 1.2  # the last weights
