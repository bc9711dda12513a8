"""Optimizers by hand, and against the published formula."""

import numpy as np
import pytest

from chainrule.courses.i2dl import MSE, SGD, Adam, LinearModel, Optimizer, RegressionNet, SGDMomentum

GRADIENTS = [0.5, -0.25, 1.0]


class OneNumber:
    """A model with one parameter, whose gradient the loss's gradient is."""

    def __init__(self, start):
        self.params, self.grads = {"w": np.array([start])}, {}

    def backward(self, dout):
        self.grads = {"w": dout[0]}


class Given:
    """A loss whose gradient is the prediction."""

    def backward(self, y_pred, y_true):
        return y_pred


def path(optimizer_type, start=1.0, gradients=GRADIENTS, **options):
    """The parameter after each of the gradients."""
    optimizer = optimizer_type(OneNumber(start), Given(), **options)
    values = []
    for gradient in gradients:
        optimizer.backward(np.array([[gradient]]), None)
        optimizer.step()
        values.append(float(optimizer.model.params["w"][0]))
    return values


def test_optimizer_subtracts_the_gradient_times_the_rate():
    model = LinearModel(num_features=1)
    model.initialize_weights([[1], [2]])
    optimizer = Optimizer(model, learning_rate=0.5)
    optimizer.step(np.array([[1.0], [-2.0]]))

    assert [[0.5], [3.0]] == model.W.tolist()
    assert optimizer.model is model
    assert 0.5 == optimizer.lr


def test_default_learning_rates_are_the_sheets():
    assert 5e-5 == Optimizer(LinearModel()).lr
    assert {1e-4} == {kind(OneNumber(1.0), Given()).lr for kind in (SGD, SGDMomentum, Adam)}


@pytest.mark.parametrize("dw", [np.ones((1, 2)), np.ones(2), 1.0])
def test_optimizer_refuses_a_gradient_of_another_shape(dw):
    model = LinearModel(num_features=1)
    model.initialize_weights([[1], [2]])

    with pytest.raises(ValueError, match=r"dw has shape .* expected \(2, 1\)"):
        Optimizer(model).step(dw)


def test_optimizer_needs_weights():
    with pytest.raises(RuntimeError, match="weight matrix W is not initialized"):
        Optimizer(LinearModel()).step([[1.0], [1.0], [1.0]])


def test_sgd_by_hand():
    assert pytest.approx([0.95, 0.975, 0.875]) == path(SGD, learning_rate=0.1)


def test_momentum_by_hand():
    # v = -0.05; 0.9 * -0.05 + 0.025 = -0.02; 0.9 * -0.02 - 0.1 = -0.118
    assert pytest.approx([0.95, 0.93, 0.812]) == path(SGDMomentum, learning_rate=0.1)


def test_momentum_can_be_chosen_by_name_or_in_the_dict():
    # v = -0.05; 0.5 * -0.05 + 0.025 = 0
    named = path(SGDMomentum, learning_rate=0.1, momentum=0.5)
    from_dict = path(SGDMomentum, learning_rate=0.1, optim_config={"momentum": 0.5})

    assert pytest.approx([0.95, 0.95]) == named[:2] == from_dict[:2]


def published_adam(start, gradients, rate, beta1=0.9, beta2=0.999, epsilon=1e-4):
    w, m, v, values = start, 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - rate * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + epsilon)
        values.append(w)
    return values


def test_adam_is_the_published_formula_with_this_courses_epsilon():
    assert pytest.approx(published_adam(1.0, GRADIENTS, 0.1), abs=1e-12) == path(Adam, learning_rate=0.1)


def test_adams_options_reach_it():
    options = {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.1}
    expected = published_adam(1.0, GRADIENTS, 0.1, **options)

    assert pytest.approx(expected, abs=1e-12) == path(Adam, learning_rate=0.1, **options)
    assert pytest.approx(expected, abs=1e-12) == path(Adam, learning_rate=0.1, optim_config=options)


@pytest.mark.parametrize("optimizer_type", [SGD, SGDMomentum, Adam])
def test_steps_make_new_arrays(optimizer_type):
    optimizer = optimizer_type(OneNumber(1.0), Given(), learning_rate=0.1)
    before = optimizer.model.params
    array = before["w"]
    optimizer.backward(np.array([[1.0]]), None)
    optimizer.step()

    assert [1.0] == array.tolist()
    assert before["w"] is array
    assert optimizer.model.params["w"] is not array


def test_a_changed_learning_rate_counts():
    optimizer = SGD(OneNumber(1.0), Given(), learning_rate=0.1)
    optimizer.lr = 1.0
    optimizer.backward(np.array([[0.5]]), None)
    optimizer.step()

    assert [0.5] == optimizer.model.params["w"].tolist()


@pytest.mark.parametrize("optimizer_type", [SGD, SGDMomentum, Adam])
def test_step_needs_a_backward(optimizer_type):
    with pytest.raises(RuntimeError, match="no gradient of W1; run backward first"):
        optimizer_type(RegressionNet(2, 3), MSE()).step()
