"""A loss that becomes nan or infinite: where, why, and what is left."""

import numpy as np
import pytest

from chainrule import Op, trace
from chainrule.learning import SGD, Adam, Affine, ReLU, Sequential, Solver
from chainrule.learning.nonfinite import first_nonfinite
from chainrule.ops import softmax_cross_entropy, squared_error

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X @ np.ones((3, 1))


def negative_log_forward(p, y):
    """The loss ``-mean(log p)``, whatever the target."""
    return -np.mean(np.log(p)), (p,)


def negative_log_backward(saved, d_out):
    (p,) = saved
    return -d_out / (p * np.size(p)), None


negative_log = Op(negative_log_forward, negative_log_backward)


def exponential_forward(x):
    return np.exp(x), np.exp(x)


def exponential_backward(saved, d_out):
    return d_out * saved


class Exponential:
    def initialize(self, rng, dtype):
        return {}

    def __call__(self, x):
        return Op(exponential_forward, exponential_backward)(x)


def solver_of(layers, loss=squared_error, optimizer=None, **options):
    return Solver(Sequential(layers, rng=0), loss, optimizer or SGD(0.1), progress=False, **options)


def error_of(solver, x, y, **options):
    with pytest.raises(FloatingPointError) as caught:
        solver.train(x, y, **options)
    return str(caught.value)


@pytest.mark.parametrize("engine", ["numpy", "eager"])
def test_a_huge_learning_rate_is_explained(engine):
    solver = solver_of([Affine(3, 1)], optimizer=SGD(1e10), engine=engine)
    message = error_of(solver, X, Y, epochs=100)
    epoch = len(solver.history)

    # The output grows by about 2e10 an epoch; its square is too large once it is beyond 1e154.
    assert 14 <= epoch <= 17
    assert message.startswith(f"epoch {epoch}, batch 0: the loss is inf. First, in epoch {epoch}, batch 0: ")
    assert "square(difference), in squared_error's forward (`" in message
    assert "np.square(difference)" in message
    assert "; difference goes from " in message
    assert "A smaller learning rate, scaled inputs or clip=1.0 are the usual remedies." in message


@pytest.mark.parametrize("engine", ["numpy", "eager"])
def test_a_log_of_a_negative_is_explained(engine):
    solver = solver_of([Affine(1, 1, weights="zeros")], negative_log, engine=engine)
    solver._state.parameters["b1"] = np.full(1, -2.0)
    message = error_of(solver, [[1.0]], [[0.0]])

    assert message.startswith("epoch 0, batch 0: the loss is nan. First, in epoch 0, batch 0: ")
    assert (
        "batch 0: log(affine1), in negative_log's forward (`return -np.mean(np.log(p)), (p,)`), has 1 of 1" in message
    )
    assert "; affine1 goes from -2 to -2." in message


def test_an_overflow_in_exp_is_explained():
    solver = solver_of([Affine(1, 1, weights="zeros"), Exponential()])
    message = error_of(solver, [[1.0], [1000.0]], [[2.0], [2.0]])

    # The first step moves w by 0.1 (2 (2 - 1) 1 1 + 2 (2 - 1) 1 1000) / 2 = 100.1: exp(1000 * 100.1) in the second.
    assert message.startswith("epoch 1, batch 0: the loss is inf. First, in epoch 1, batch 0: ")
    assert "batch 0: exponential1 = exp(affine1), in exponential's forward, in layer 2 Exponential (`" in message
    assert "has 1 of 2 entries nan or infinite; affine1 goes from 100 to 1e+05." in message


def test_the_model_keeps_the_weights_from_before_the_batch():
    failing, sound = (solver_of([Affine(3, 1)], optimizer=SGD(1e10)) for _ in range(2))
    error_of(failing, X, Y, epochs=100)
    sound.train(X, Y, epochs=failing.epoch)

    assert np.isfinite(failing.model.parameters["w1"]).all()
    assert np.array_equal(sound.model.parameters["w1"], failing.model.parameters["w1"])
    assert sound.history.column("train_loss") == failing.history.column("train_loss")


@pytest.mark.parametrize("snapshot_seconds", [1e9, 0.0])
@pytest.mark.parametrize("optimizer", [SGD(1e-3, momentum=0.9), Adam(1e-3)])
def test_the_batch_is_named_also_after_a_snapshot(monkeypatch, snapshot_seconds, optimizer):
    monkeypatch.setattr("chainrule.learning.solver.SNAPSHOT_SECONDS", snapshot_seconds)
    # In each epoch the rate grows; in epoch 3 it is so large that the step of batch 0 makes batch 1 overflow.
    solver = solver_of(
        [Affine(3, 4), ReLU(), Affine(4, 1)],
        optimizer=optimizer,
        batch_size=8,
        rng=2,
        schedule=lambda epoch, epochs: 1.0 if epoch < 3 else 1e160,
    )
    sound = solver_of([Affine(3, 4), ReLU(), Affine(4, 1)], optimizer=optimizer, batch_size=8, rng=2)
    message = error_of(solver, X, Y, epochs=5)

    assert message.startswith("epoch 3, batch 1: the loss is nan. First, in epoch 3, batch 1: matmul(")
    assert (3, 8) == (solver.epoch, solver._state.rows)
    sound.train(X, Y, epochs=3)
    assert sound.history.column("train_loss") == solver.history.column("train_loss")


def test_an_update_that_overflows_is_the_first_and_not_the_loss_after_it():
    # d_w = 2 (0 - 1) 1e200 1: times the rate of 1e150 it is too large; the loss of that step is 1.
    solver = solver_of([Affine(1, 1, weights="zeros")], optimizer=SGD(1e150))
    message = error_of(solver, [[1e200]], [[1.0]], epochs=3)

    assert message.startswith("epoch 1, batch 0: the loss is inf. First, in epoch 0, batch 0: ")
    assert "multiply(learning_rate, d_w1) (`" in message
    assert "; learning_rate is 1e+150, d_w1 goes from -2e+200 to -2e+200." in message
    assert [] == solver.history.rows
    assert [[0.0]] == solver.model.parameters["w1"]


def test_an_update_that_overflows_in_the_last_step_is_found():
    solver = solver_of([Affine(1, 1, weights="zeros")], optimizer=SGD(1e150))
    message = error_of(solver, [[1e200]], [[1.0]], epochs=1)

    assert message.startswith("After the last step not all parameters are finite. First, in epoch 0, batch 0: ")
    assert [[0.0]] == solver.model.parameters["w1"]


def test_with_validation_data_the_best_weights_are_kept():
    solver = solver_of([Affine(1, 1, weights="zeros")], schedule=lambda epoch, epochs: 10.0**epoch)
    # b goes to 0.2 in the first epoch, which is what the validation wants; then it is driven away.
    error_of(solver, [[0.0]], [[1.0]], validation=([[0.0]], [[0.2]]), epochs=100)

    np.testing.assert_allclose([0.2], solver.model.parameters["b1"])


def test_weights_that_are_nan_from_the_start_are_named():
    solver = solver_of([Affine(1, 1)])
    solver._state.parameters["w1"] = np.array([[np.nan]])
    message = error_of(solver, [[1.0]], [[1.0]])

    assert "w1, which the step starts from, has 1 of 1 entries nan or infinite" in message


def test_an_infinity_that_is_masked_is_not_blamed():
    def masked(x, y):
        logs = np.where(x == 0, -np.inf, np.log(np.where(x == 0, 1.0, x)))
        return np.sum(np.where(x == 0, 0.0, logs) * np.exp(y))

    inputs = [np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 1000.0])]
    program = trace(masked, *inputs[:1], np.ones(3))
    description = first_nonfinite(program, inputs)

    assert description.startswith("exp(y) (`")
    assert "has 1 of 3 entries nan or infinite; y goes from 1 to 1e+03." in description


def test_finite_values_are_reported_as_such():
    program = trace(lambda x: np.sum(x), np.ones(3))

    assert "the step gives finite values" in first_nonfinite(program, [np.ones(3)])


def test_after_an_error_training_can_go_on_with_another_rate():
    solver = solver_of(
        [Affine(3, 3, weights="zeros")],
        softmax_cross_entropy,
        schedule=lambda epoch, epochs: rates[epoch],
        batch_size=8,
    )
    rates = [1.0, 1.0, float("inf")]
    labels = np.argmax(X, axis=1)
    message = error_of(solver, X, labels, epochs=3)
    rates[2] = 1.0
    solver.train(X, labels, epochs=3)
    sound = solver_of([Affine(3, 3, weights="zeros")], softmax_cross_entropy, batch_size=8)
    sound.train(X, labels, epochs=3)

    assert "learning_rate, which the step starts from, is inf" in message
    assert sound.history.column("train_loss") == solver.history.column("train_loss")
