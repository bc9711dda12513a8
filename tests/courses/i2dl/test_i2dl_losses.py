"""Losses against hand-worked numbers, central differences and scikit-learn."""

import numpy as np
import pytest
from i2dl_helpers import RNG, central_difference
from sklearn.metrics import log_loss

from chainrule.courses.i2dl import BCE, L1, MSE, CrossEntropyFromLogits, Loss

ALL = [L1, MSE, BCE]
OUT = RNG.uniform(0.1, 0.9, size=(6, 1))
TRUTH = RNG.uniform(0.1, 0.9, size=(6, 1))


@pytest.mark.parametrize(
    ("loss", "expected", "gradient"),
    [
        (L1(), [1, 0, 3], [-1, 0, 1]),
        (MSE(), [1, 0, 9], [-2, 0, 6]),
    ],
)
def test_distances_by_hand(loss, expected, gradient):
    assert (expected, gradient) == tuple(array.tolist() for array in loss([1, 2, 5], [2, 2, 2]))


def test_bce_by_hand():
    # Targets 1 and 0 at 1/4: log 4 and log 4/3; -1 / (1/4) and 1 / (3/4).
    loss, gradient = BCE()([0.25, 0.25], [1, 0])

    assert pytest.approx([np.log(4), np.log(4 / 3)]) == loss
    assert pytest.approx([-4, 4 / 3]) == gradient


@pytest.mark.parametrize("target", [2, 3, 4, -1])
def test_bce_takes_targets_that_are_no_probabilities(target):
    # -(t log y + (1 - t) log(1 - y)) at y = 1/2 is log 2 for every t, and the gradient -2t + 2(1 - t).
    loss, gradient = BCE()([[0.5]], [[target]])

    assert pytest.approx(np.log(2)) == loss[0, 0]
    assert pytest.approx(2 - 4 * target) == gradient[0, 0]


@pytest.mark.parametrize("loss_type", ALL)
def test_losses_and_gradients_are_elementwise(loss_type):
    loss = loss_type()
    values, gradient = loss(OUT, TRUTH)
    expected = central_difference(lambda out: np.sum(loss.forward(out, TRUTH)), OUT)

    assert ((6, 1), (6, 1)) == (values.shape, gradient.shape)
    assert pytest.approx(expected, abs=1e-7) == gradient


@pytest.mark.parametrize("loss_type", ALL)
def test_the_latest_edition_takes_the_mean_and_pays_for_it(loss_type):
    loss, each = loss_type(edition="ss23"), loss_type()
    value, gradient = loss(OUT, TRUTH)
    expected = central_difference(lambda out: loss.forward(out, TRUTH), OUT)

    assert () == np.shape(value)
    assert pytest.approx(np.mean(each.forward(OUT, TRUTH))) == value
    assert pytest.approx(expected, abs=1e-8) == gradient


@pytest.mark.parametrize("loss_type", ALL)
def test_lists_and_integers_become_floats(loss_type):
    loss, gradient = loss_type()(np.array([[1], [0]]), [[1], [0]])

    assert (np.float64, np.float64) == (loss.dtype, gradient.dtype)
    assert [[0], [0]] == loss.tolist()


def test_calling_a_learners_loss_calls_both_methods():
    class Zero(Loss):
        def forward(self, y_out, y_truth):
            return 0 * y_out

        def backward(self, y_out, y_truth):
            return 1 + 0 * y_out

    loss, gradient = Zero()(np.ones(2), np.ones(2))

    assert ([0, 0], [1, 1]) == (loss.tolist(), gradient.tolist())


# -- cross-entropy -----------------------------------------------------------------------------------


def test_cross_entropy_is_scikit_learns():
    logits, labels = RNG.normal(size=(8, 3)), np.array([0, 1, 2, 2, 1, 0, 1, 1])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    assert pytest.approx(log_loss(labels, p)) == CrossEntropyFromLogits().forward(logits, labels)


def test_cross_entropy_pays_its_own_mean():
    loss, logits, labels = CrossEntropyFromLogits(), RNG.normal(size=(4, 3)), [0, 1, 2, 2]
    expected = central_difference(lambda z: loss.forward(z, labels), logits)

    assert pytest.approx(expected, abs=1e-8) == loss.backward(logits, labels)


def test_cross_entropy_takes_integer_logits():
    assert pytest.approx(np.log(2)) == CrossEntropyFromLogits().forward([[3, 3]], [1])


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [0.0, 1.0], [[0], [1]], [0]])
def test_cross_entropy_refuses_labels_that_are_no_class_numbers(labels):
    with pytest.raises(ValueError, match="labels must"):
        CrossEntropyFromLogits().forward(np.zeros((2, 3)), labels)


def test_cross_entropy_refuses_logits_without_classes():
    with pytest.raises(ValueError, match=r"expected logits \(N, K\)"):
        CrossEntropyFromLogits().forward([1.0, 2.0], [0, 1])
