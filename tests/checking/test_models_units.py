"""Dead, saturated and equal units; gradients that vanish and explode; gradients that are zero, nan and infinite."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.courses import i2dl
from chainrule.learning import Affine, Normal, ReLU, Sequential, Sigmoid, Tanh
from checking.models_at_hand import X, Y, codes, cross_entropy, finding, line, report, two_layers, weights

LOSS = ops.softmax_cross_entropy


def bias(value):
    return lambda rng, shape, dtype: np.full(shape, value, dtype)


def test_dead_units_are_counted_and_put_down_to_their_bias():
    model = Sequential([Affine(64, 32, bias=bias(-30.0)), ReLU(), Affine(32, 10)])
    found = finding("DEAD_UNITS", model, X, Y, LOSS)

    assert "layer 2 ReLU: 32 of 32 relu units are off for all" in found.message
    assert "biases" in found.hint


def test_dead_units_stand_in_the_part_of_their_layer():
    model = Sequential([Affine(64, 32, bias=bias(-30.0)), ReLU(), Affine(32, 10)])
    parts = {part.subject: part.codes for part in report(model, X, Y, LOSS).parts}

    assert ("DEAD_UNITS",) == parts["2 ReLU"]
    assert () == parts["3 Affine"]


def test_units_that_die_of_inputs_far_from_0():
    rng = np.random.default_rng(0)
    x = 1000 + rng.normal(size=(100, 4))
    found = finding("DEAD_UNITS", Sequential([Affine(4, 32), ReLU(), Affine(32, 10)]), x, Y[:100], LOSS)

    assert "subtract each feature's mean" in found.hint


def test_dead_units_of_a_course_network_are_found():
    network = i2dl.ClassificationNet(i2dl.Relu, 2, 64, 32, num_classes=10, rng=0)
    network.params["b1"] = np.full(32, -5.0)

    assert "DEAD_UNITS" in codes(network, X, Y, i2dl.CrossEntropyFromLogits())


def test_a_few_dead_units_raise_nothing():
    parameters = weights(64, 20, 10)
    parameters["b1"][:3] = -50

    assert "DEAD_UNITS" not in codes(two_layers, X, Y, LOSS, parameters=parameters)


@pytest.mark.parametrize("activation", [Sigmoid, Tanh])
def test_saturated_units(activation):
    model = Sequential([Affine(64, 32, weights=Normal(std=30.0)), activation(), Affine(32, 10)])
    found = finding("SATURATED", model, X, Y, LOSS)

    assert "layer 2" in found.message


def test_a_sure_output_is_not_saturated():
    x, y = line()
    parameters = {"w": np.array([[400.0]]), "b": np.array([-200.0])}

    def model(parameters, x):
        return ops.sigmoid(x @ parameters["w"] + parameters["b"])

    found = codes(model, x, (x > 0.5).astype(float), ops.binary_cross_entropy, parameters=parameters)

    assert "SATURATED" not in found


@pytest.mark.parametrize("value", [0.0, 0.1])
@pytest.mark.parametrize("activation", [ReLU, Tanh])
def test_units_that_start_alike(value, activation):
    def same(rng, shape, dtype):
        return np.full(shape, value, dtype)

    model = Sequential([Affine(64, 32, weights=same), activation(), Affine(32, 10, weights=same)])
    found = finding("UNITS_ALIKE", model, X, Y, LOSS)

    assert "w1" in found.message


def test_softmax_regression_from_zeros_is_right():
    model = Sequential([Affine(64, 10, weights="zeros")])

    assert set() == codes(model, X, Y, LOSS)


def deep(activation, **options):
    layers = [Affine(64, 32, **options), activation()]
    for _ in range(6):
        layers += [Affine(32, 32, **options), activation()]
    return Sequential([*layers, Affine(32, 10, **options)])


def test_vanishing_gradients_with_a_table():
    found = finding("VANISHING_GRADIENTS", deep(Sigmoid), X, Y, LOSS)

    assert "b1" in found.details
    assert "b8" in found.details
    assert 9 == len(found.details.splitlines())


def test_exploding_gradients():
    found = codes(deep(ReLU, weights=Normal(std=3.0)), X, Y, LOSS)

    assert "EXPLODING_GRADIENTS" in found


def test_a_deep_network_with_suitable_weights_raises_nothing():
    assert set() == codes(deep(ReLU, weights="he_normal"), X, Y, LOSS)


# -- zero, nan, infinity ---------------------------------------------------------------------------------


def test_a_clip_that_makes_all_gradients_zero_is_named():
    def model(parameters, x):
        hidden = np.clip(np.tanh(x @ parameters["w1"] + parameters["b1"]), 2, 3)
        return hidden @ parameters["w2"] + parameters["b2"]

    found = finding("ZERO_GRADIENT", model, X, Y, cross_entropy, parameters=weights(64, 20, 10))

    assert "w1" in found.message
    assert "clip" in found.message
    assert "path: " in found.details


def test_a_factor_of_0_is_named():
    def model(parameters, x):
        hidden = np.tanh(x @ parameters["w1"] + parameters["b1"])
        return (0 * hidden + x[:, :20]) @ parameters["w2"] + parameters["b2"]

    found = finding("ZERO_GRADIENT", model, X, Y, cross_entropy, parameters=weights(64, 20, 10))

    assert "w1, b1" in found.message or "b1, w1" in found.message
    assert "0 * hidden" in found.message


def test_weights_of_0_behind_a_layer_are_named():
    parameters = weights(64, 20, 10)
    parameters["w2"][:] = 0
    found = finding("ZERO_GRADIENT", two_layers, X, Y, cross_entropy, parameters=parameters)

    assert "w2 is all zero" in found.message


def test_terms_that_cancel_are_no_mistake():
    x, y = np.array([[1.0], [2.0], [3.0], [4.0]] * 5), np.array([0, 1, 0, 1] * 5)

    assert "ZERO_GRADIENT" not in codes(Sequential([Affine(1, 2, weights="zeros")]), x, y, LOSS)


def test_a_loss_that_is_nan_is_traced_to_its_operands():
    def naive(z, y):
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(y)), y]).mean()

    found = finding("NOT_FINITE_LOSS", two_layers, 1e4 * X, Y, naive, parameters=weights(64, 20, 10))

    assert "exp" in found.message
    assert "entry [" in found.where
    assert "path: " in found.details


def test_a_gradient_that_is_not_finite_is_traced_to_its_operands():
    def model(parameters, x):
        hidden = np.sqrt(np.maximum(x @ parameters["w1"] + parameters["b1"], 0))
        return hidden @ parameters["w2"] + parameters["b2"]

    found = finding("NOT_FINITE_GRADIENT", model, X, Y, cross_entropy, parameters=weights(64, 20, 10))

    assert "w1" in found.message
    assert "sqrt" in found.message


def test_a_course_network_with_an_infinite_weight_says_so():
    network = i2dl.ClassificationNet(i2dl.Relu, 2, 64, 32, num_classes=10, rng=0)
    network.params["b2"][3] = np.nan

    assert "NOT_FINITE_LOSS" in codes(network, X, Y, i2dl.CrossEntropyFromLogits())
