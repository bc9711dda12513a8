"""Healthy models raise nothing: no false alarms."""

import copy
import importlib

import numpy as np
import pytest

from chainrule import ops
from chainrule.checking.models import check_model
from chainrule.courses import edf, i2dl, tum_ml
from chainrule.data import digits, one_hot
from chainrule.learning import (
    Affine,
    FeedforwardNet,
    LeakyReLU,
    LinearRegression,
    LogisticRegression,
    ReLU,
    Sequential,
    Sigmoid,
    Softplus,
    Tanh,
)

check_model_module = importlib.import_module("chainrule.checking.models.check_model")
DIGITS = digits()
X, Y = DIGITS.x[:200] / 16, DIGITS.y[:200]


def line(rows=100, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, (rows, 1))
    return x, 2 * x + 1 + 0.1 * rng.normal(size=(rows, 1))


def found(*arguments, **options):
    return [str(finding) for finding in check_model(*arguments, **options).all_findings]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [1, 16])
def test_a_small_classifier_of_digits_raises_nothing(seed, scale):
    model = Sequential([Affine(64, 32, weights="he_normal"), ReLU(), Affine(32, 10)], rng=seed)

    assert [] == found(model, X * scale, Y, ops.softmax_cross_entropy, rng=seed)


@pytest.mark.parametrize("activation", [ReLU, LeakyReLU, Sigmoid, Tanh, Softplus])
def test_deeper_classifiers_with_any_activation_raise_nothing(activation):
    layers = [Affine(64, 32), activation(), Affine(32, 16), activation(), Affine(16, 10)]

    assert [] == found(Sequential(layers, rng=1), X, Y, "softmax_cross_entropy")


def test_one_hot_labels_raise_nothing():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)])

    assert [] == found(model, X, one_hot(Y, 10), ops.softmax_cross_entropy)


def test_float32_models_raise_nothing():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)], dtype="float32")

    assert [] == found(model, X, Y, ops.softmax_cross_entropy)


def test_a_regression_network_raises_nothing():
    x, y = line()
    model = Sequential([Affine(1, 16), Tanh(), Affine(16, 1)])

    assert [] == found(model, x, y, ops.squared_error)
    assert [] == found(model, x, y, ops.absolute_error)


def test_a_regression_of_large_targets_raises_nothing():
    x, y = line()

    assert [] == found(Sequential([Affine(1, 16), Tanh(), Affine(16, 1)]), x, 1e4 * y, ops.squared_error)


def test_a_binary_classifier_raises_nothing():
    y = (Y > 4).astype(float).reshape(-1, 1)

    assert [] == found(Sequential([Affine(64, 8), Tanh(), Affine(8, 1)]), X, y, ops.binary_cross_entropy_with_logits)
    assert [] == found(Sequential([Affine(64, 8), Tanh(), Affine(8, 1), Sigmoid()]), X, y, ops.binary_cross_entropy)


@pytest.mark.parametrize(
    ("model", "targets"),
    [
        (LinearRegression(), X @ np.arange(64) / 64),
        (LogisticRegression(), Y),
        (LogisticRegression(), Y > 4),
        (FeedforwardNet(hidden=(32, 16)), Y),
        (FeedforwardNet(task="regression", activation="tanh"), X @ np.arange(64) / 64),
    ],
)
def test_estimators_raise_nothing(model, targets):
    assert [] == found(model, X, targets)


def test_a_fitted_estimator_raises_nothing():
    model = LogisticRegression(epochs=30, learning_rate=0.5).fit(X, Y)

    assert [] == found(model, X, Y)


@pytest.mark.parametrize("seed", range(3))
def test_the_networks_of_tum_ml_raise_nothing(seed):
    x, _, y, _ = tum_ml.digits_data()
    network = tum_ml.FeedforwardNeuralNet(64, 16, 10, rng=np.random.default_rng(seed))

    assert [] == found(network, x[:300], y[:300], rng=seed)
    assert [] == found(tum_ml.LogisticRegression(64, 10), x[:300], y[:300], rng=seed)


@pytest.mark.parametrize("activation", [i2dl.Sigmoid, i2dl.Relu, i2dl.LeakyRelu, i2dl.Tanh])
@pytest.mark.parametrize("reg", [0.0, 0.1])
def test_the_classification_nets_of_i2dl_raise_nothing(activation, reg):
    network = i2dl.ClassificationNet(activation, 2, 64, 32, num_classes=10, reg=reg, rng=0)

    assert [] == found(network, X, Y, i2dl.CrossEntropyFromLogits())


def test_the_regression_net_of_i2dl_raises_nothing():
    x, y = line()

    assert [] == found(i2dl.RegressionNet(1, 10, rng=0), x, y, i2dl.MSE())


@pytest.mark.parametrize("edition", ["ss20", "ss23"])
def test_the_linear_models_of_i2dl_raise_nothing(edition):
    x, y = line()
    linear, classifier = i2dl.LinearModel(1, edition=edition), i2dl.Classifier(1, edition=edition)
    linear.initialize_weights(rng=0)
    classifier.initialize_weights(rng=0)

    assert [] == found(linear, x, y, i2dl.MSE(edition=edition))
    assert [] == found(linear, x, y, i2dl.L1(edition=edition))
    assert [] == found(classifier, x, (y > 2).astype(float), i2dl.BCE(edition=edition))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_graphs_of_edf_raise_nothing(dtype):
    with edf.Graph() as graph:
        x, y = edf.Input(), edf.Input()
        hidden = edf.Tanh(edf.Affine(edf.AffineParams(64, 16, rng=np.random.default_rng(0)), x))
        probabilities = edf.Softmax(edf.Affine(edf.AffineParams(16, 10, rng=np.random.default_rng(1)), hidden))
        edf.CrossEntropyLoss(probabilities, y)
    for one in graph.Parameters:
        one.value = one.value.astype(dtype)

    assert [] == found(graph, X.astype(dtype), Y)


def by_hand(parameters, x):
    hidden = np.maximum(x @ parameters["w1"] + parameters["b1"], 0)
    return hidden @ parameters["w2"] + parameters["b2"]


def start(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "w1": rng.normal(0, 0.2, (64, 20)),
        "b1": np.zeros(20),
        "w2": rng.normal(0, 0.2, (20, 10)),
        "b2": np.zeros(10),
    }


def cross_entropy_by_hand(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


def test_functions_written_by_hand_raise_nothing():
    assert [] == found(by_hand, X, Y, cross_entropy_by_hand, parameters=start())
    assert [] == found((by_hand, start()), X, Y, ops.softmax_cross_entropy)


def test_exact_kinks_raise_nothing():
    x = X.copy()
    x[:40] = 0  # the biases are 0, so relu's inputs are exactly 0

    assert [] == found(by_hand, x, Y, ops.softmax_cross_entropy, parameters=start())


def test_a_bottleneck_with_relu_before_positive_targets_raises_nothing():
    x, y = line()
    model = Sequential([Affine(1, 16, bias=lambda rng, shape, dtype: np.ones(shape, dtype)), Tanh(), Affine(16, 1)])

    assert [] == found(model, x, y + 3, ops.squared_error)


def test_a_convolution_by_hand_raises_nothing():
    def convolution(parameters, x):
        images = x.reshape(-1, 8, 8)
        total = 0.0
        for row in range(3):
            for column in range(3):
                piece = images[:, row : row + 6, column : column + 6]
                total = total + piece[:, :, :, None] * parameters["kernel"][row, column]
        features = np.maximum(total, 0).mean(axis=(1, 2))
        return features @ parameters["w"] + parameters["b"]

    rng = np.random.default_rng(0)
    parameters = {"kernel": rng.normal(size=(3, 3, 16)), "w": rng.normal(size=(16, 10)), "b": np.zeros(10)}

    assert [] == found(convolution, X, Y, ops.softmax_cross_entropy, parameters=parameters)


def test_the_model_is_left_as_it_was():
    network = tum_ml.FeedforwardNeuralNet(64, 16, 10, rng=np.random.default_rng(0))
    before = copy.deepcopy(network.params)
    check_model(network, X, one_hot(Y, 10))

    assert all(np.array_equal(before[name], network.params[name]) for name in before)


def test_everything_is_looked_at():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)])
    checked = check_model(model, X, Y, ops.softmax_cross_entropy).checked

    assert [*check_model_module.DATA, *check_model_module.STRUCTURE, *check_model_module.NUMBERS] == list(checked)


def test_a_report_has_a_part_for_each_layer():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)])
    report = check_model(model, X, Y, ops.softmax_cross_entropy)

    assert report.passed
    assert ["1 Affine", "2 ReLU", "3 Affine"] == [part.subject for part in report.parts]


def test_the_same_seed_gives_the_same_report():
    model = Sequential([Affine(64, 4), Affine(4, 10)])
    first, second = (check_model(model, X, Y, "softmax_cross_entropy", rng=5) for _ in range(2))

    assert first == second
