"""Networks: every gradient against central differences of the whole loss."""

import numpy as np
import pytest
from i2dl_helpers import RNG, central_difference

from chainrule.courses.i2dl import (
    MSE,
    ClassificationNet,
    CrossEntropyFromLogits,
    LeakyRelu,
    RegressionNet,
    Sigmoid,
    Tanh,
)

X = RNG.normal(size=(6, 2, 2))
Y = RNG.normal(size=(6, 1))
LABELS = np.array([0, 1, 2, 2, 1, 0])


def differences(model, loss):
    """The gradient of ``loss()`` with respect to each of the model's parameters."""
    expected = {}
    for name, start in list(model.params.items()):

        def at(value, name=name):
            model.params[name] = value
            return loss()

        expected[name] = central_difference(at, start)
        model.params[name] = start
    return expected


def mean_squared_error(model):
    return np.mean((model.forward(X) - Y) ** 2)


def cross_entropy(model, reg=0.0):
    logits = model.forward(X)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    penalty = reg * sum(np.sum(array**2) for name, array in model.params.items() if name[0] == "W")
    return -log_p[np.arange(6), LABELS].mean() + penalty


@pytest.mark.parametrize("edition", ["ss20", "ws22", "ss23"])
def test_regression_nets_gradients_are_those_of_the_mean_in_every_edition(edition):
    model, loss = RegressionNet(4, 3, std=0.5, rng=0, edition=edition), MSE(edition=edition)
    dy = loss.backward(model.forward(X), Y)
    grads = model.backward(dy / len(X) if edition == "ws22" else dy)

    for name, expected in differences(model, lambda: mean_squared_error(model)).items():
        assert pytest.approx(expected, abs=1e-8) == grads[name]
    assert grads is model.grads


def test_regression_net_is_affine_sigmoid_affine():
    model = RegressionNet(1, 2)
    model.params = {"W1": [[0, 0]], "b1": [np.log(3), 0], "W2": [[4], [2]], "b2": [10]}
    model.params = {name: np.array(values, float) for name, values in model.params.items()}

    assert pytest.approx(np.array([[3 / 4 * 4 + 1 / 2 * 2 + 10]])) == model.forward([[7]])


def test_parameters_have_the_sheets_names_and_shapes():
    model = ClassificationNet(Sigmoid(), num_layer=3, input_size=5, hidden_size=4, num_classes=2)
    shapes = {"W1": (5, 4), "b1": (4,), "W2": (4, 4), "b2": (4,), "W3": (4, 2), "b3": (2,)}

    assert shapes == {name: array.shape for name, array in model.params.items()}
    assert {"W1": (5, 3), "b1": (3,), "W2": (3, 1), "b2": (1,)} == {
        name: array.shape for name, array in RegressionNet(5, 3).params.items()
    }


def test_weights_have_the_given_deviation_and_biases_are_0():
    model = ClassificationNet(Sigmoid, input_size=400, rng=0)

    assert pytest.approx(1e-3, rel=0.02) == model.params["W1"].std()
    assert not model.params["b1"].any()
    assert model.params["W1"].tolist() == ClassificationNet(Sigmoid, input_size=400, rng=0).params["W1"].tolist()


@pytest.mark.parametrize("activation", [Sigmoid(), Tanh, LeakyRelu(0.2)])
@pytest.mark.parametrize("num_layer", [1, 2, 4])
@pytest.mark.parametrize("reg", [0, 0.1])
def test_classification_nets_gradients(activation, num_layer, reg):
    model = ClassificationNet(activation, num_layer, 4, hidden_size=3, std=0.7, num_classes=3, reg=reg, rng=1)
    grads = model.backward(CrossEntropyFromLogits().backward(model.forward(X), LABELS))

    for name, expected in differences(model, lambda: cross_entropy(model, reg)).items():
        assert pytest.approx(expected, abs=1e-8) == grads[name]
    assert list(model.params) == list(grads)


def test_the_price_of_large_weights_is_there_after_forward():
    model = ClassificationNet(Sigmoid, input_size=1, hidden_size=1, num_classes=1, reg=0.5)
    model.params = {"W1": np.array([[3.0]]), "b1": np.ones(1), "W2": np.array([[2.0]]), "b2": np.ones(1)}
    model.forward([[1.0]])

    assert {"W1": 4.5, "W2": 2.0} == model.reg


@pytest.mark.parametrize("model", [RegressionNet(2, 2), ClassificationNet(Sigmoid, input_size=2)])
def test_backward_needs_a_forward(model):
    with pytest.raises(RuntimeError, match="run a forward pass before the backward pass"):
        model.backward(np.ones((1, 1)))


@pytest.mark.parametrize("model", [RegressionNet(4, 2), ClassificationNet(Sigmoid, input_size=4)])
def test_calling_a_network_gives_its_output(model):
    assert model.forward(X).tolist() == model(X).tolist()


def test_a_learners_activation_is_called():
    class Doubled:
        def forward(self, x):
            return 2 * x, None

        def backward(self, dout, cache):
            return 2 * dout

    model = ClassificationNet(Doubled(), input_size=4, hidden_size=3, std=0.5, num_classes=3, rng=0)
    grads = model.backward(CrossEntropyFromLogits().backward(model.forward(X), LABELS))

    assert pytest.approx(differences(model, lambda: cross_entropy(model))["W1"], abs=1e-8) == grads["W1"]


def test_a_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="num_layer is 0; expected at least 1"):
        ClassificationNet(Sigmoid, num_layer=0)


def test_a_network_comes_back_from_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, again = (ClassificationNet(Tanh, input_size=4, rng=seed) for seed in (0, 1))
    again.load_model(model.save_model())

    assert model.forward(X).tolist() == again.forward(X).tolist()
    with pytest.raises(ValueError, match="has weights of shapes"):
        ClassificationNet(Tanh, input_size=3).load_model("models/classification_net.safetensors")
