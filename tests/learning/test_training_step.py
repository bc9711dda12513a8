"""The step that trains: hand-worked numbers, dtypes, engines, clipping, optimizers of one's own, its text."""

import numpy as np
import pytest
from solvers import LABELS, RNG, VALIDATION, X, Y, line, losses, make_solver, network, same_parameters

from chainrule.learning import SGD, Adam, Affine, Sequential, Solver
from chainrule.ops import binary_cross_entropy_with_logits, squared_error


def test_one_step_is_the_one_worked_by_hand():
    # Outputs 0, 0 for targets 1, 3: loss (1 + 9) / 2 = 5, d_w = (2 (-1) 1 + 2 (-3) 2) / 2 = -7, d_b = -4.
    solver = line()
    solver.train([[1.0], [2.0]], [[1.0], [3.0]], epochs=1)

    assert [5.0] == losses(solver)
    np.testing.assert_allclose([[0.7]], solver.model.parameters["w1"], rtol=1e-15)
    np.testing.assert_allclose([0.4], solver.model.parameters["b1"], rtol=1e-15)


@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.1, momentum=0.9, nesterov=True), Adam(0.01)])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_engines_give_the_same_bits(optimizer, batch_size):
    numpy, eager = (
        make_solver(optimizer=optimizer, batch_size=batch_size, engine=engine, clip=0.5)
        for engine in ("numpy", "eager")
    )
    for solver in (numpy, eager):
        solver.train(X, Y, VALIDATION, epochs=3)

    assert losses(numpy) == losses(eager)
    assert numpy.history.column("validation_loss") == eager.history.column("validation_loss")
    assert same_parameters(numpy.model.parameters, eager.model.parameters)


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9, weight_decay=0.1), Adam(0.01)])
@pytest.mark.parametrize("targets", [LABELS, Y, Y.astype(int)])
def test_float32_stays_float32(optimizer, targets):
    solver = make_solver(
        network(dtype=np.float32), optimizer, clip=np.float64(1), schedule=lambda epoch, epochs: np.float64(0.5)
    )
    solver.train(X, targets, epochs=3)
    arrays = [value for value in solver._state.values() if isinstance(value, np.ndarray)]

    assert {np.dtype(np.float32)} == {array.dtype for array in arrays}


def test_whole_number_targets_of_a_regression_stay_in_the_models_dtype():
    model = Sequential([Affine(1, 1, weights="zeros")], dtype=np.float32)
    solver = Solver(model, squared_error, SGD(0.1), progress=False)
    solver.train(np.array([[1], [2]]), np.array([[1], [3]]), epochs=2)

    assert [5.0] == losses(solver)[:1]
    assert {np.dtype(np.float32)} == {array.dtype for array in solver._state.parameters.values()}
    assert np.float64 not in {equation.output.dtype for equation in solver._step.first.program.equations}


def test_yes_and_no_may_be_given_as_booleans():
    # Logit 0: loss log 2, d_w = (sigmoid(0) - 1) 2 = -1.
    model = Sequential([Affine(1, 1, weights="zeros")])
    solver = Solver(model, binary_cross_entropy_with_logits, SGD(1.0), progress=False)
    solver.train(np.array([[2.0]]), np.array([[True]]), epochs=1)

    np.testing.assert_allclose([np.log(2)], losses(solver))
    np.testing.assert_allclose([[1.0]], model.parameters["w1"])


def test_integer_labels_train_like_one_hot_ones():
    one_hot, whole = make_solver(), make_solver()
    one_hot.train(X, Y, epochs=3)
    whole.train(X, LABELS, epochs=3)

    np.testing.assert_allclose(losses(one_hot), losses(whole), rtol=1e-14)


def test_gradients_are_clipped_by_their_norm_together():
    # Output 0 for x = 3, y = 2 costs 4; d_b = 2 (0 - 2) = -4, d_w = -12; the norm is sqrt(160).
    solver = line(clip=1.0)
    solver.train([[3.0]], [[2.0]], epochs=1)

    np.testing.assert_allclose([[0.1 * 12 / np.sqrt(160)]], solver.model.parameters["w1"], rtol=1e-14)
    np.testing.assert_allclose([0.1 * 4 / np.sqrt(160)], solver.model.parameters["b1"], rtol=1e-14)


def test_gradients_of_a_smaller_norm_are_not_clipped():
    solver = line(clip=13.0)  # sqrt(160) is 12.65
    solver.train([[3.0]], [[2.0]], epochs=1)

    np.testing.assert_allclose([[1.2]], solver.model.parameters["w1"], rtol=1e-14)
    np.testing.assert_allclose([0.4], solver.model.parameters["b1"], rtol=1e-14)


def test_gradients_of_norm_zero_can_be_clipped():
    solver = line(clip=1.0)
    solver.train([[3.0]], [[0.0]], epochs=2)

    assert [0.0, 0.0] == losses(solver)


def test_an_optimizer_may_remember_the_parameters_themselves():
    class Averaging:
        learning_rate = 0.1

        def initialize(self, parameters):
            return {f"average.{name}": array for name, array in parameters.items()}

        def update(self, parameters, gradients, state, learning_rate):
            new = {name: parameters[name] - learning_rate * gradients[name] for name in parameters}
            return new, {f"average.{name}": 0.5 * state[f"average.{name}"] + 0.5 * new[name] for name in new}

    # Larger than 64 KiB, where steps write in place.
    x, y = RNG.normal(size=(4, 1)), RNG.normal(size=(4, 10_000))
    model = Sequential([Affine(1, 10_000)])
    start = model.parameters["w1"].copy()
    solver = Solver(model, squared_error, Averaging(), progress=False)
    solver.train(x, y, epochs=1)

    np.testing.assert_allclose(
        0.5 * start + 0.5 * model.parameters["w1"], solver._state.optimizer["average.w1"], rtol=1e-13
    )


def test_an_optimizers_state_may_come_in_another_order_and_hold_plain_values():
    class Counting:
        learning_rate = 0.1

        def initialize(self, parameters):
            return {"kind": "counting", "count": 0, "last.w1": parameters["w1"], "last.b1": parameters["b1"]}

        def update(self, parameters, gradients, state, learning_rate):
            new = {name: parameters[name] - learning_rate * gradients[name] for name in ("b1", "w1")}
            state = {"last.b1": parameters["b1"], "last.w1": parameters["w1"], "count": state["count"] + 1}
            return new, state | {"kind": "counting"}

    model = Sequential([Affine(1, 1, weights="zeros")])
    solver = Solver(model, squared_error, Counting(), progress=False)
    solver.train([[1.0], [2.0]], [[1.0], [3.0]], epochs=1)

    np.testing.assert_allclose([[0.7]], model.parameters["w1"])
    np.testing.assert_allclose([0.4], model.parameters["b1"])
    assert 1 == solver._state.optimizer["count"]
    assert "counting" == solver._state.optimizer["kind"]
    assert (1, 1) == solver._state.optimizer["last.w1"].shape


def test_a_parameter_that_the_loss_does_not_depend_on_stays():
    class Idle:
        def __init__(self):
            self.parameters = {"w1": np.ones((1, 1)), "unused": np.ones(3)}

        def forward(self, parameters, x):
            return x @ parameters["w1"]

    model = Idle()
    Solver(model, squared_error, SGD(0.1), progress=False).train([[1.0]], [[0.0]], epochs=1)

    np.testing.assert_allclose([[0.8]], model.parameters["w1"])
    assert np.array_equal(np.ones(3), model.parameters["unused"])


def test_step_source_reads_like_a_step_written_by_hand():
    solver = make_solver(batch_size=8)
    solver.train(X, Y, epochs=1)
    first, *_, last = solver.step_source.strip().splitlines()

    assert first.startswith("def training_step(w1, b1, w2, b2, learning_rate, x, y):")
    assert "x (8, 5)" in first
    for text in ("affine1 = x @ w1 + b1", "w1 -= learning_rate * d_w1", "b2 -= learning_rate * d_b2"):
        assert text in solver.step_source
    assert "return loss, w1, b1, w2, b2" == last.strip()


def test_step_source_before_training_is_an_error():
    with pytest.raises(RuntimeError, match="written when training starts"):
        _ = make_solver().step_source


def test_the_eager_engine_writes_no_step():
    solver = make_solver(engine="eager")
    solver.train(X, Y, epochs=1)

    with pytest.raises(RuntimeError, match="never by the eager engine"):
        _ = solver.step_source
