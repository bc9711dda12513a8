"""What the structure of a step shows: each lint with models that deserve it, by op and by hand, and without."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.data import one_hot
from chainrule.learning import Affine, OpLayer, ReLU, Sequential, Sigmoid, Tanh
from checking.models_at_hand import X, Y, codes, cross_entropy, finding, line, two_layers, weights

PARAMETERS = weights(64, 20, 10)


def then(function):
    """The two layers with something behind them."""
    return lambda parameters, x: function(two_layers(parameters, x))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_with_new_axis(z):
    return np.exp(z) / np.exp(z).sum(axis=1)[:, None]


def softmax_over_samples(z):
    return np.exp(z) / np.exp(z).sum(axis=0)


def softmax_over_everything(z):
    return np.exp(z) / np.sum(np.exp(z))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_of_exp(z):
    return np.exp(z) / (1 + np.exp(z))


@pytest.mark.parametrize("before", [softmax, softmax_with_new_axis, ops.softmax])
@pytest.mark.parametrize("loss", [ops.softmax_cross_entropy, cross_entropy])
def test_softmax_before_softmax_cross_entropy(before, loss):
    found = finding("SOFTMAX_BEFORE_SOFTMAX_CROSS_ENTROPY", then(before), X, Y, loss, parameters=PARAMETERS)

    assert "error" == found.severity


def test_softmax_layer_in_a_sequential():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10), OpLayer(ops.softmax)])
    found = finding("SOFTMAX_BEFORE_SOFTMAX_CROSS_ENTROPY", model, X, Y, ops.softmax_cross_entropy)

    assert "layer 4 softmax" in found.message


def test_log_softmax_twice_is_only_a_warning():
    arguments = then(ops.log_softmax), X, Y, ops.softmax_cross_entropy
    found = finding("SOFTMAX_BEFORE_SOFTMAX_CROSS_ENTROPY", *arguments, parameters=PARAMETERS)

    assert "warning" == found.severity


def negative_log_likelihood(log_p, y):
    return -log_p[np.arange(len(y)), y].mean()


def test_one_log_softmax_is_right():
    assert set() == codes(then(ops.log_softmax), X, Y, negative_log_likelihood, parameters=PARAMETERS)


def test_attention_inside_a_model_is_no_softmax_before_the_loss():
    def attention(parameters, x):
        hidden = x @ parameters["w1"] + parameters["b1"]
        return (hidden * ops.softmax(hidden)) @ parameters["w2"] + parameters["b2"]

    assert set() == codes(attention, X, Y, ops.softmax_cross_entropy, parameters=PARAMETERS)


BINARY = weights(64, 20, 1)
YES = (Y > 4).astype(float).reshape(-1, 1)


def binary_by_hand(z, y):
    return (np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))).mean()


@pytest.mark.parametrize("before", [sigmoid, sigmoid_of_exp, ops.sigmoid])
@pytest.mark.parametrize("loss", [ops.binary_cross_entropy_with_logits, binary_by_hand])
def test_sigmoid_before_a_loss_for_logits(before, loss):
    assert "SIGMOID_BEFORE_LOGITS_LOSS" in codes(then(before), X, YES, loss, parameters=BINARY)


def test_sigmoid_before_softmax_cross_entropy():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10), Sigmoid()])

    assert "SIGMOID_BEFORE_LOGITS_LOSS" in codes(model, X, Y, ops.softmax_cross_entropy)


def test_logits_for_a_loss_for_logits_are_right():
    assert set() == codes(two_layers, X, YES, binary_by_hand, parameters=BINARY)


def likelihood(p, y):
    return -np.log(p[np.arange(len(y)), y] + 1e-12).mean()


@pytest.mark.parametrize("before", [softmax_over_samples, softmax_over_everything, lambda z: ops.softmax(z, axis=0)])
def test_softmax_over_the_wrong_axis(before):
    found = codes(then(before), X, Y, ops.categorical_cross_entropy, parameters=PARAMETERS)

    assert "SOFTMAX_OVER_SAMPLES" in found


@pytest.mark.parametrize("before", [softmax, ops.softmax])
def test_softmax_over_the_classes_is_right(before):
    assert set() == codes(then(before), X, Y, ops.categorical_cross_entropy, parameters=PARAMETERS)


def test_softmax_along_the_first_axis_of_a_network_with_columns_as_samples_is_right():
    def columns(parameters, x):
        hidden = np.maximum(parameters["w1"].T @ x.T + parameters["b1"][:, None], 0)
        z = parameters["w2"].T @ hidden + parameters["b2"][:, None]
        e = np.exp(z - z.max(axis=0))
        return (e / e.sum(axis=0)).T

    assert "SOFTMAX_OVER_SAMPLES" not in codes(columns, X, Y, ops.categorical_cross_entropy, parameters=PARAMETERS)


def curve():
    """A network of one feature; the biases keep relu on for positive inputs."""
    parameters = weights(1, 20, 1)
    return {**parameters, "b1": np.ones(20)}


def mean_square(output, y):
    return ((output - y) ** 2).mean()


def test_n_by_1_against_n():
    x, y = line()
    found = finding("SHAPES_BROADCAST", two_layers, x, y[:, 0], mean_square, parameters=curve())

    assert "error" == found.severity
    assert "reshape(-1, 1)" in found.hint
    assert "(output - y) ** 2" in found.message


def test_n_by_1_against_n_inside_a_model():
    def model(parameters, x):
        out = two_layers(parameters, x)
        return (out + x[:, 0]).mean(axis=1, keepdims=True)

    x, y = line()

    assert "SHAPES_BROADCAST" in codes(model, x, y, mean_square, parameters=curve())


def test_n_by_1_against_n_by_1_is_right():
    x, y = line()

    assert set() == codes(two_layers, x, y, mean_square, parameters=curve())


def test_our_losses_name_the_shapes_as_well():
    x, y = line()
    model = Sequential([Affine(1, 16), Tanh(), Affine(16, 1)])

    assert {"SHAPES_BROADCAST"} == codes(model, x, y[:, 0], ops.squared_error)


def test_a_parameter_that_is_not_used():
    parameters = {**PARAMETERS, "w3": np.ones((10, 10))}
    found = finding("NO_PATH_TO_LOSS", two_layers, X, Y, ops.softmax_cross_entropy, parameters=parameters)

    assert "w3" == found.part
    assert "does not use it" in found.message


def test_a_parameter_whose_result_is_thrown_away():
    def model(parameters, x):
        _ = x @ parameters["w1"] + parameters["b1"]
        return x @ parameters["v"]

    parameters = {"w1": np.ones((64, 3)), "b1": np.ones(3), "v": weights(64, 10)["w1"]}
    found = finding("NO_PATH_TO_LOSS", model, X, Y, ops.softmax_cross_entropy, parameters=parameters)

    assert "is not used afterwards" in found.message


def test_a_path_that_ends_at_rounding():
    def model(parameters, x):
        hidden = np.round(x @ parameters["w1"] + parameters["b1"])
        return hidden @ parameters["w2"] + parameters["b2"]

    found = finding("NO_PATH_TO_LOSS", model, X, Y, ops.softmax_cross_entropy, parameters=PARAMETERS)

    assert "w1" == found.part
    assert "np.round(x @" in found.message


def single(parameters):
    return {name: value.astype(np.float32) for name, value in parameters.items()}


def test_float64_that_creeps_in_by_a_constant():
    half = np.full(10, 0.5)

    def model(parameters, x):
        return two_layers(parameters, x) * half

    found = finding(
        "FLOAT64_IN_FLOAT32_MODEL", model, X.astype(np.float32), Y, cross_entropy, parameters=single(PARAMETERS)
    )

    assert "half is a float64 array" in found.message
    assert "* half" in found.message


def test_float64_inputs_and_targets():
    x, y = line()
    small = single(curve())

    assert (
        "x is float64" in finding("FLOAT64_IN_FLOAT32_MODEL", two_layers, x, y, mean_square, parameters=small).message
    )
    x = x.astype(np.float32)
    assert (
        "y is float64" in finding("FLOAT64_IN_FLOAT32_MODEL", two_layers, x, y, mean_square, parameters=small).message
    )
    assert set() == codes(two_layers, x, y.astype(np.float32), mean_square, parameters=small)


def test_python_numbers_keep_float32():
    def model(parameters, x):
        return two_layers(parameters, x) * 0.5

    assert set() == codes(model, X.astype(np.float32), Y, cross_entropy, parameters=single(PARAMETERS))


@pytest.mark.parametrize("last", [ReLU, Sigmoid, Tanh])
def test_an_activation_after_the_last_layer_that_cannot_reach_the_targets(last):
    x, y = line()
    model = Sequential([Affine(1, 16), Tanh(), Affine(16, 1), last()], rng=1)

    assert "ACTIVATION_AFTER_LAST_LAYER" in codes(model, x, 3 - 3 * y, ops.squared_error)


def test_relu_before_a_loss_for_logits():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10), ReLU()])

    assert "ACTIVATION_AFTER_LAST_LAYER" in codes(model, X, Y, ops.softmax_cross_entropy)
    assert "ACTIVATION_AFTER_LAST_LAYER" in codes(model, X, Y, cross_entropy)


def test_an_activation_that_reaches_all_targets_is_right():
    x, y = line()
    model = Sequential([Affine(1, 16), Tanh(), Affine(16, 1), Sigmoid()])

    assert set() == codes(model, x, 1 / (1 + y**2), ops.squared_error)


def test_two_affine_layers_in_a_row():
    model = Sequential([Affine(64, 32), Affine(32, 10)])

    def by_hand(parameters, x):
        return (x @ parameters["w1"] + parameters["b1"]) @ parameters["w2"] + parameters["b2"]

    assert {"NO_ACTIVATION_BETWEEN"} == codes(model, X, Y, ops.softmax_cross_entropy)
    assert {"NO_ACTIVATION_BETWEEN"} == codes(by_hand, X, Y, cross_entropy, parameters=PARAMETERS)


def normalized(parameters, x, bias_first):
    z = x @ parameters["w1"]
    z = z + parameters["b1"] if bias_first else z
    z = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)
    z = z if bias_first else z + parameters["b1"]
    return np.maximum(z, 0) @ parameters["w2"] + parameters["b2"]


def test_a_bias_before_a_normalization():
    found = finding(
        "BIAS_BEFORE_NORMALIZATION", lambda p, x: normalized(p, x, True), X, Y, cross_entropy, parameters=PARAMETERS
    )

    assert "b1" == found.part
    assert set() == codes(lambda p, x: normalized(p, x, False), X, Y, cross_entropy, parameters=PARAMETERS)


@pytest.mark.parametrize("before", [softmax, ops.softmax])
def test_the_logarithm_of_a_softmax(before):
    def bare(p, y):
        return -np.log(p[np.arange(len(y)), y]).mean()

    assert {"LOG_OF_SOFTMAX"} == codes(then(before), X, Y, bare, parameters=PARAMETERS)
    assert {"LOG_OF_SOFTMAX"} == codes(then(before), X, Y, likelihood, parameters=PARAMETERS)
    assert {"LOG_OF_SOFTMAX"} == codes(
        then(before), X, one_hot(Y, 10), lambda p, y: -(y * np.log(p)).sum(axis=1).mean(), parameters=PARAMETERS
    )


def test_the_logarithm_of_a_sigmoid():
    def loss(p, y):
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()

    found = finding("LOG_OF_SOFTMAX", then(sigmoid), X, YES, loss, parameters=BINARY)

    assert "binary_cross_entropy_with_logits" in found.hint


def test_a_mean_that_is_divided_once_more():
    found = codes(two_layers, X, Y, lambda z, y: cross_entropy(z, y) / len(y), parameters=PARAMETERS)

    assert "MEAN_IN_TWO_PLACES" in found
    assert "MEAN_IN_TWO_PLACES" in codes(
        two_layers, X, Y, lambda z, y: ops.softmax_cross_entropy(z, y) / len(y), parameters=PARAMETERS
    )


def test_a_sum_that_is_divided_once_is_right():
    def loss(z, y):
        return ops.softmax_cross_entropy(z, y, reduction="sum") / len(y)

    assert set() == codes(two_layers, X, Y, loss, parameters=PARAMETERS)
