"""The faults of the originals that these interfaces must not have, one test each."""

import numpy as np
import pytest
from i2dl_helpers import LABELS, RNG, WEIGHTS, X, make_solver

from chainrule.courses.i2dl import (
    BCE,
    L1,
    MSE,
    SGD,
    Adam,
    ClassificationNet,
    Classifier,
    CrossEntropyFromLogits,
    LeakyRelu,
    LinearModel,
    Optimizer,
    RegressionNet,
    Relu,
    SGDMomentum,
    Sigmoid,
    Solver,
    Tanh,
    affine_backward,
    affine_forward,
    sigmoid_forward,
)
from chainrule.courses.i2dl import exercise_05 as later

ACTIVATIONS = [Sigmoid(), Relu(), LeakyRelu(), Tanh()]


class PlainSolver(Solver):
    """With a step of its own, so that nothing is compiled."""

    def _step(self):
        super()._step()


def saturated(solver_type=Solver, weight=1000.0, learning_rate=0.5):
    """Logits of +-1000: the sigmoid is exactly 0 and 1, once rightly and once wrongly."""
    model = Classifier(num_features=1)
    model.initialize_weights([[weight], [0.0]])
    data = {"X_train": [[1], [-1]], "y_train": [[1], [1]], "X_val": [[1], [-1]], "y_val": [[1], [0]]}
    return solver_type(model, data, BCE(), learning_rate, verbose=False)


# -- numbers that are too large --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sigmoid_does_not_overflow(dtype):
    x = np.array([-1000, -100, 100, 1000], dtype)
    out, _ = sigmoid_forward(x)

    assert [0, 1] == [out[0], out[-1]]
    assert pytest.approx(np.exp(-100.0), abs=1e-45) == float(out[1])
    assert out.tolist() == Classifier().sigmoid(x).tolist()


def test_bce_of_a_perfect_prediction_is_0():
    loss, _ = BCE()([[0.0], [1.0]], [[0], [1]])

    assert [[0], [0]] == loss.tolist()


def test_bce_of_a_certain_prediction_that_is_wrong_is_large_and_finite():
    loss, gradient = BCE()([[0.0], [1.0], [0.0], [1.0]], [[1], [0], [0], [1]])
    smallest = np.finfo(np.float64).tiny

    np.testing.assert_allclose(loss, [[-np.log(smallest)], [-np.log(smallest)], [0], [0]], rtol=1e-15)
    assert [-1, 1] == np.sign(gradient[:2, 0]).tolist()
    assert [1, -1] == gradient[2:, 0].tolist()


def test_bces_gradient_times_the_sigmoids_is_never_nan():
    p = np.array([[0.0], [1.0], [0.0], [1.0]])
    d_out = BCE().backward(p, [[1], [0], [0], [1]])

    assert [[0]] * 4 == (d_out * (p * (1 - p))).tolist()


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_a_saturated_sigmoid_gives_the_exact_loss(solver_type):
    # log(1 + e^-1000) = 0 for the right one, log(1 + e^1000) = 1000 for the wrong one.
    solver = saturated(solver_type)

    assert 500.0 == solver.check_loss(validation=False)
    assert 0.0 == solver.check_loss()


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_a_saturated_sigmoid_gives_the_exact_gradient(solver_type):
    # p - y is 0 and -1, the inputs 1 and -1: dW = mean(0 * 1, -1 * -1) = 0.5, db = mean(0, -1) = -0.5.
    solver = saturated(solver_type)
    solver._step()

    assert [[999.75], [0.25]] == solver.model.W.tolist()


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_training_comes_out_of_saturation(solver_type):
    solver = saturated(solver_type, learning_rate=100.0)
    solver.train(50)

    assert np.isfinite(solver.train_loss_history).all()
    assert np.isfinite(solver.val_loss_history).all()
    # Both labels of the training data are 1: the best loss is 0, without a weight and with a large bias.
    assert solver.train_loss_history[-1] < 1e-6


@pytest.mark.parametrize("size", [800, 1e5])
def test_cross_entropy_takes_large_logits(size):
    loss, gradient = CrossEntropyFromLogits()([[size, -size], [-size, size]], [0, 0])

    assert pytest.approx(size) == loss
    assert [[0, 0], [-0.5, 0.5]] == gradient.tolist()


# -- caches and arguments --------------------------------------------------------------------------------


def test_cross_entropys_backward_can_run_twice():
    loss, logits = CrossEntropyFromLogits(), RNG.normal(size=(3, 4))
    loss.forward(logits, [0, 1, 2])
    first = loss.backward(logits, [0, 1, 2])

    assert first.tolist() == loss.backward(logits, [0, 1, 2]).tolist()


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: type(activation).__name__)
def test_activations_do_not_write_into_dout_and_can_run_twice(activation):
    _, cache = activation.forward(X)
    dout = RNG.normal(size=X.shape)
    kept = dout.copy()
    first = activation.backward(dout, cache).tolist()

    assert first == activation.backward(dout, cache).tolist()
    assert kept.tolist() == dout.tolist()


def test_affines_backward_does_not_write_and_can_run_twice():
    _, cache = affine_forward(X, np.ones((2, 3)), np.ones(3))
    dout = np.ones((20, 3))
    first = [array.tolist() for array in affine_backward(dout, cache)]

    assert first == [array.tolist() for array in affine_backward(dout, cache)]
    assert np.all(dout == 1)


@pytest.mark.parametrize(
    "model", [RegressionNet(2, 3), ClassificationNet(Relu(), input_size=2, num_classes=1, reg=0.1)]
)
def test_a_networks_backward_can_run_twice(model):
    dy = np.ones_like(model.forward(X))
    first = {name: array.tolist() for name, array in model.backward(dy).items()}

    assert first == {name: array.tolist() for name, array in model.backward(dy).items()}
    assert np.all(dy == 1)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: type(activation).__name__)
def test_arrays_changed_after_forward_do_not_change_activations_gradients(activation):
    x = X.copy()
    expected = activation.backward(np.ones_like(x), activation.forward(x)[1])
    out, cache = activation.forward(x)
    x[:], out[:] = 99, 99

    assert expected.tolist() == activation.backward(np.ones_like(x), cache).tolist()


def test_arrays_changed_after_forward_do_not_change_affines_gradients():
    arrays = X.copy(), RNG.normal(size=(2, 3)), np.ones(3)
    expected = [array.tolist() for array in affine_backward(np.ones((20, 3)), affine_forward(*arrays)[1])]
    out, cache = affine_forward(*arrays)
    for array in (*arrays, out):
        array[:] = 99

    assert expected == [array.tolist() for array in affine_backward(np.ones((20, 3)), cache)]


@pytest.mark.parametrize("model_type", [LinearModel, Classifier])
@pytest.mark.parametrize("edition", ["ss20", "ws22"])
def test_inputs_changed_after_forward_do_not_change_a_models_gradient(model_type, edition):
    model = model_type(num_features=2, edition=edition)
    model.initialize_weights(WEIGHTS)
    inputs = X.copy()
    y = model.forward(inputs)
    argument = y.copy()
    expected = model.backward(argument).tolist()
    inputs[:], y[:] = 99, 99

    assert expected == model.backward(argument).tolist()


def test_a_changed_gradient_does_not_change_the_next_one():
    model = LinearModel(num_features=2)
    model.initialize_weights(WEIGHTS)
    _, dW = model(X)
    expected = dW.copy()
    dW[:] = 99

    assert expected.tolist() == model.backward(np.ones((20, 1))).tolist()


# -- optimizers and solvers ------------------------------------------------------------------------------


def test_a_step_changes_neither_the_given_weights_nor_the_best_ones():
    given = np.array(WEIGHTS)
    model = LinearModel(num_features=2)
    model.initialize_weights(given)
    before = model.W
    Optimizer(model, learning_rate=1.0).step(np.ones((3, 1)))

    assert WEIGHTS == given.tolist() == before.tolist()
    assert pytest.approx(given - 1) == model.W


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_the_best_weights_are_not_lost_by_later_steps(solver_type):
    solver = make_solver(solver_type=solver_type)
    solver.train(5)
    best = solver.best_W
    kept = best.copy()
    solver.model.W[:] = 99
    solver._step()

    assert kept.tolist() == best.tolist() == solver.best_W.tolist()


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_a_best_loss_of_0_counts(solver_type):
    # The validation point is fitted from the start, the training point pulls away from it.
    model = LinearModel(num_features=1)
    model.initialize_weights([[0], [0]])
    data = {"X_train": [[1]], "y_train": [[0]], "X_val": [[1]], "y_val": [[0]]}
    solver = solver_type(model, data, MSE(), 0.1, verbose=False)
    solver.train(1)
    solver.X_train, solver.y_train = np.array([[1.0]]), np.array([[5.0]])
    solver.train(3)

    assert 0.0 == solver.best_val_loss
    assert [[0], [0]] == model.W.tolist()


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_the_first_epoch_trains(solver_type):
    solver = make_solver(solver_type=solver_type)
    before = solver.check_loss(validation=False)
    solver.train(1)

    assert solver.train_loss_history[0] < before
    assert WEIGHTS != solver.model.W.tolist()


def test_the_first_epoch_of_the_later_solver_trains_and_its_best_loss_of_0_counts():
    model = RegressionNet(1, 2, std=0.5, rng=0)
    points = X[:, :1]
    fitted = model.forward(points)
    loader, validation = later.DataLoader((points, fitted + 1)), later.DataLoader((points, fitted))
    start = {name: array.copy() for name, array in model.params.items()}
    solver = later.Solver(model, loader, validation, MSE(), 0.1, SGD, verbose=False)
    solver.train(1)

    assert any(np.any(start[name] != array) for name, array in model.params.items())

    solver.best_val_loss, solver.best_params = 0.0, start
    solver.train(2)

    assert 0.0 == solver.best_val_loss
    assert all(np.array_equal(start[name], array) for name, array in model.params.items())
    assert all(model.params[name] is not start[name] for name in start)


def test_the_mean_is_taken_once():
    # Twice the data is the same mean: the same step. N times too small it would be half of it.
    def step(copies):
        model = RegressionNet(2, 3, std=0.5, rng=0)
        optimizer = SGD(model, MSE(), learning_rate=1.0)
        inputs, targets = np.tile(X, (copies, 1)), np.ones((20 * copies, 1))
        optimizer.backward(model.forward(inputs), targets)
        optimizer.step()
        return model.params["W2"]

    assert pytest.approx(step(1)) == step(2)


@pytest.mark.parametrize("optimizer", [SGD, SGDMomentum, Adam])
def test_unknown_options_are_refused(optimizer):
    model = RegressionNet(1, 1)
    with pytest.raises(ValueError, match=f"{optimizer.__name__}: optim_config has the unknown option 'momentun'"):
        optimizer(model, MSE(), optim_config={"momentun": 0.5})
    with pytest.raises(TypeError, match="momentun"):
        optimizer(model, MSE(), momentun=0.5)


def test_the_later_solver_hands_options_on_and_refuses_unknown_ones():
    model = ClassificationNet(Relu(), input_size=1)
    loader = later.DataLoader(([[1.0]], [0]))
    solver = later.Solver(model, loader, loader, optimizer=SGDMomentum, optim_config={"momentum": 0.5})

    assert 0.5 == solver.opt.momentum
    with pytest.raises(TypeError, match="momentun"):
        later.Solver(model, loader, loader, momentun=0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LinearModel().initialize_weights(),
        lambda: Classifier().initialize_weights(rng=0),
        lambda: RegressionNet(2, 2),
        lambda: ClassificationNet(Relu(), rng=0),
        lambda: list(later.DataLoader((X, LABELS), shuffle=True)),
    ],
)
def test_nothing_touches_the_global_generator(make):
    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    make()

    assert expected == np.random.rand()


@pytest.mark.parametrize("loss", [L1(), MSE(), BCE(), MSE(edition="ss23")])
def test_a_column_against_a_row_does_not_broadcast(loss):
    with pytest.raises(ValueError, match=r"would broadcast to \(3, 3\)"):
        loss.forward(np.full((3, 1), 0.5), np.full(3, 0.5))
    with pytest.raises(ValueError, match=r"would broadcast to \(3, 3\)"):
        loss.backward(np.full((3, 1), 0.5), np.full(3, 0.5))
