"""Targets, inputs and losses that do not belong together; and five samples that cannot be learned."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.checking.codes import CODES
from chainrule.checking.codes.models import MODELS
from chainrule.data import one_hot
from chainrule.learning import Affine, OpLayer, ReLU, Sequential, Tanh
from checking.models_at_hand import X, Y, codes, cross_entropy, finding, line, report, two_layers, weights

MISMATCH = "LABELS_DO_NOT_MATCH_OUTPUTS"


def classifier(outputs=10):
    return Sequential([Affine(64, 32), ReLU(), Affine(32, outputs)])


@pytest.mark.parametrize(
    ("outputs", "y", "words"),
    [
        (10, Y + 1, "y - 1"),
        (9, Y, "10 outputs"),
        (10, Y - 1, "np.unique"),
        (10, Y.astype(float), "y.astype(int)"),
        (10, Y.reshape(-1, 1), "y.ravel()"),
        (8, one_hot(Y, 10), "one_hot(labels, 8)"),
        (10, 2 * one_hot(Y, 10), "one_hot"),
        (1, (Y > 4).astype(int), "binary_cross_entropy_with_logits"),
        (10, Y[:100], "one target for each row"),
    ],
)
def test_labels_that_do_not_match_a_classifier(outputs, y, words):
    found = report(classifier(outputs), X, y, ops.softmax_cross_entropy)

    assert (MISMATCH,) == found.codes
    assert words in found.findings[0].hint
    assert "wrong" == found.verdict


@pytest.mark.parametrize("y", [np.where(Y > 4, 1.0, -1.0), np.where(Y > 4, 2.0, 1.0)])
def test_labels_of_a_binary_loss_are_0_and_1(y):
    model = classifier(1)

    assert (MISMATCH,) == report(model, X, y.reshape(-1, 1), ops.binary_cross_entropy_with_logits).codes
    assert () == report(model, X, (y > 1).reshape(-1, 1) * 1.0, ops.binary_cross_entropy_with_logits).codes


def test_a_loss_for_values_with_labels_is_a_warning():
    found = finding(MISMATCH, classifier(1), X, (Y > 4).reshape(-1, 1) * 1.0, ops.squared_error)

    assert "warning" == found.severity


def test_outputs_for_another_number_of_values():
    x, y = line()

    assert (MISMATCH,) == report(Sequential([Affine(1, 3)]), x, np.hstack([y, y]), ops.squared_error).codes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x * np.where(np.arange(8) == 2, 1e5, 1.0), "feature 2"),
        (lambda x: x + np.where(np.arange(8) == 5, 2000.0, 0.0), "inputs go from"),
        (lambda x: x + np.where(np.arange(8) == 5, 40.0, 0.0), "feature 5"),
        (lambda x: 255 * x, "inputs go from"),
        (lambda x: 1e-4 * x, "no input is larger"),
    ],
)
def test_inputs_that_are_not_scaled(change, words):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 8)), rng.integers(3, size=100)
    model = Sequential([Affine(8, 16), Tanh(), Affine(16, 3)])
    found = finding("INPUTS_NOT_SCALED", model, change(x), y, ops.softmax_cross_entropy)

    assert words in found.message
    assert "INPUTS_NOT_SCALED" not in codes(model, x, y, ops.softmax_cross_entropy)


def rows(z, y):
    shifted = z - z.max(axis=1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))) * (y[:, None] == np.arange(10))


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda z, y: -rows(z, y).sum(), "N times"),
        (lambda z, y: -rows(z, y).mean(), "1/10"),
        (lambda z, y: rows(z, y).sum(axis=1).mean(), "sign"),
        (lambda z, y: -rows(z, y).sum(axis=1).mean() / np.log(2), "base 2"),
        (lambda z, y: -rows(z, y).sum(axis=1).mean() * 3, "equal logits"),
    ],
)
def test_a_loss_that_is_not_log_k_at_the_start(loss, words):
    found = finding("INITIAL_LOSS", two_layers, X, Y, loss, parameters=weights(64, 20, 10))

    assert words in f"{found.message} {found.hint}"
    assert "2.303" in found.message


def test_a_loss_at_the_start_that_is_huge():
    parameters = weights(64, 20, 10, scale=20.0)

    assert "INITIAL_LOSS" in codes(two_layers, X, Y, ops.softmax_cross_entropy, parameters=parameters)


def test_a_model_that_ignores_its_input_cannot_fit_five_samples():
    def model(parameters, x):
        return 0 * (x @ parameters["w1"]) + parameters["b1"]

    assert "CANNOT_FIT_FIVE_SAMPLES" in codes(model, X, Y, cross_entropy, parameters=weights(64, 10))


def test_a_model_with_two_softmaxes_cannot_fit_five_samples():
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10), OpLayer(ops.softmax)])

    assert "CANNOT_FIT_FIVE_SAMPLES" in codes(model, X, Y, ops.softmax_cross_entropy)


def test_labels_that_contradict_each_other_are_not_the_models_fault():
    x, y = X.copy(), Y.copy()
    x[1:60] = x[0]

    assert "CANNOT_FIT_FIVE_SAMPLES" not in codes(classifier(), x, y, ops.softmax_cross_entropy)


def test_a_model_that_cannot_run_says_why():
    found = report(Sequential([Affine(63, 10)]), X, Y, ops.softmax_cross_entropy)

    assert ("MODEL_RAISED",) == found.codes
    assert "63" in found.findings[0].message


def test_a_function_that_cannot_be_traced_says_why():
    def model(parameters, x):
        out = x @ parameters["w1"] + parameters["b1"]
        return out if float(out.max()) > 1e6 else out + 1

    found = report(model, X, Y, cross_entropy, parameters=weights(64, 10))

    assert ("CANNOT_BE_TRACED",) == found.codes
    assert "cannot tell" == found.verdict
    assert "float(out.max())" in found.findings[0].message


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inputs_may_be_whole_numbers(dtype):
    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)], dtype=dtype)

    assert set() == codes(model, (16 * X).astype(np.uint8), Y, ops.softmax_cross_entropy)


def test_what_is_no_model_is_a_type_error():
    with pytest.raises(TypeError, match="is no model"):
        report(3, X, Y)
    with pytest.raises(TypeError, match="needs its parameters"):
        report(two_layers, X, Y)
    with pytest.raises(TypeError, match="there is no loss 'crossentropy'"):
        report(classifier(), X, Y, "crossentropy")


def test_every_code_has_a_sentence_that_can_be_filled_in():
    for code in MODELS:
        text = str(code.finding("w1", dict.fromkeys(code.fields, "one")))

        assert CODES[code.name] is code
        assert "{" not in text
