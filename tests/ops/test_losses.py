"""Values of the losses against hand-worked numbers and SciPy; gradients where probabilities saturate; errors."""

import re

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import ops

RNG = np.random.default_rng(3)
LOG_2 = 0.6931471805599453
TINY = np.finfo(np.float64).tiny
REDUCTIONS = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}
LOSSES = (
    ops.absolute_error,
    ops.squared_error,
    ops.binary_cross_entropy,
    ops.binary_cross_entropy_with_logits,
)


def gradients(op, *arrays, d_out=1.0, **parameters):
    _, saved = op.forward(*arrays, **parameters)
    return op.call_backward(saved, d_out, len(arrays))


def message(op, *arrays, **parameters):
    with pytest.raises(ValueError, match=op.name) as caught:
        op(*arrays, **parameters)
    return str(caught.value)


# -- errors of predictions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "losses", "slopes"),
    [(ops.absolute_error, [1.0, 3.0], [-1.0, 1.0]), (ops.squared_error, [1.0, 9.0], [-2.0, 6.0])],
)
@pytest.mark.parametrize(("reduction", "share"), [("mean", 0.5), ("sum", 1.0)])
def test_errors_equal_hand_worked_numbers(op, losses, slopes, reduction, share):
    prediction, target = np.array([1.0, 5.0]), np.array([2.0, 2.0])
    d_prediction, d_target = gradients(op, prediction, target, d_out=3.0, reduction=reduction)

    assert REDUCTIONS[reduction](losses) == op(prediction, target, reduction=reduction)
    assert_allclose(d_prediction, 3 * share * np.array(slopes))
    assert_allclose(d_target, -3 * share * np.array(slopes))


def test_mean_is_the_default_reduction_and_counts_every_entry():
    prediction = np.array([[1.0, 2.0], [3.0, 4.0]])

    assert (1 + 4 + 9 + 16) / 4 == ops.squared_error(prediction, np.zeros((2, 2)))
    assert_allclose(gradients(ops.squared_error, prediction, np.zeros((2, 2)))[0], prediction / 2)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("op", LOSSES)
def test_perfect_prediction_costs_nothing(op, reduction):
    target = np.array([0.0, 1.0, 1.0])
    prediction = np.array([-1000.0, 1000.0, 1000.0]) if op is LOSSES[-1] else target

    assert_array_equal(REDUCTIONS[reduction](np.zeros(3)), op(prediction, target, reduction=reduction))


# -- yes or no -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_equals_scipy(reduction):
    p, t = RNG.uniform(0.01, 0.99, (5, 2)), RNG.uniform(0, 1, (5, 2))
    expected = -(scipy.special.xlogy(t, p) + scipy.special.xlogy(1 - t, 1 - p))

    assert_allclose(ops.binary_cross_entropy(p, t, reduction=reduction), REDUCTIONS[reduction](expected), rtol=1e-14)


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("t", [0.0, 1.0, 2.0, 3.0, 4.0])
def test_binary_cross_entropy_of_certain_probabilities(p, t):
    """``-(t log p + (1 - t) log(1 - p))`` with the smallest normal number for 0; 2, 3, 4 are taken as they are."""
    expected = -(t * np.log(max(p, TINY)) + (1 - t) * np.log(max(1 - p, TINY)))
    actual = ops.binary_cross_entropy(np.array([p]), np.array([t]), reduction="sum")

    assert_allclose(actual, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("p", "t", "d_p"), [(0.0, 0.0, 1.0), (1.0, 1.0, -1.0), (0.0, 1.0, -1 / TINY), (1.0, 0.0, 1 / TINY)]
)
def test_binary_cross_entropy_slope_at_certain_probabilities(p, t, d_p):
    """``-t / p + (1 - t) / (1 - p)``, where a term that counts 0 times is 0, and very large where it is infinite."""
    d_probability, _ = gradients(ops.binary_cross_entropy, np.array([p]), np.array([t]))

    assert_array_equal([d_p], d_probability)


@pytest.mark.parametrize("t", [2.0, 3.0, 4.0])
def test_binary_cross_entropy_takes_other_targets_as_they_are(t):
    d_p, d_t = gradients(ops.binary_cross_entropy, np.array([0.25]), np.array([t]))

    assert_allclose(ops.binary_cross_entropy(np.array([0.25]), np.array([t])), t * 2 * LOG_2 - (1 - t) * np.log(0.75))
    assert_allclose(d_p, [-t / 0.25 + (1 - t) / 0.75])
    assert_allclose(d_t, [np.log(0.75) - np.log(0.25)])


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_with_logits_equals_logaddexp(reduction):
    z, t = RNG.normal(0, 3, (5, 2)), RNG.uniform(0, 1, (5, 2))
    expected = np.logaddexp(0, z) - t * z

    assert_allclose(
        ops.binary_cross_entropy_with_logits(z, t, reduction=reduction),
        REDUCTIONS[reduction](expected),
        rtol=1e-13,
    )


def test_binary_cross_entropy_with_logits_of_extremes_is_their_distance():
    z, t = np.array([1000.0, 1000.0, -1000.0, -1000.0]), np.array([1.0, 0.0, 1.0, 0.0])
    losses = ops.binary_cross_entropy_with_logits(z, t, reduction="none")
    d_z, d_t = gradients(ops.binary_cross_entropy_with_logits, z, t, d_out=np.ones(4), reduction="none")

    assert_array_equal([0.0, 1000.0, 1000.0, 0.0], losses)
    assert_array_equal([0.0, 1.0, -1.0, 0.0], d_z)
    assert_array_equal(-z, d_t)


def test_binary_cross_entropy_with_logits_slope_is_expit_less_target_exactly_where_saturated():
    z = np.array([-1000.0, -750.0, -40.0, 40.0, 750.0, 1000.0])
    for t in (0.0, 1.0, 0.25):
        target = np.full(6, t)
        d_z, _ = gradients(ops.binary_cross_entropy_with_logits, z, target, d_out=np.ones(6), reduction="none")

        assert_array_equal(scipy.special.expit(z) - target, d_z)


def test_binary_cross_entropy_with_logits_costs_log_2_at_0():
    for t in (0.0, 0.5, 1.0):
        assert_allclose(ops.binary_cross_entropy_with_logits(np.array([0.0]), np.array([t])), LOG_2, rtol=1e-15)


@pytest.mark.parametrize("scale", [1, 100, 200])
def test_float32_logits_give_float32_losses_without_a_warning(scale):
    z, t = scale * np.array([-1, 1, 0.5], np.float32), np.array([1, 0, 1], np.float32)
    loss, (d_z, _) = ops.binary_cross_entropy_with_logits(z, t), gradients(LOSSES[-1], z, t, d_out=np.float32(1))

    assert (np.float32, np.float32) == (loss.dtype, d_z.dtype)
    assert_allclose(loss, np.mean(np.logaddexp(0, z.astype(float)) - t * z.astype(float)), rtol=1e-6)


# -- one of many -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("scale", [1, 800, 1000])
def test_softmax_cross_entropy_equals_scipy(reduction, scale):
    logits = scale * np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, -1.0]])
    labels = np.array([1, 0, 2, 2])
    losses = -scipy.special.log_softmax(logits, axis=1)[np.arange(4), labels]
    share = {"mean": 1 / 4, "sum": 1.0, "none": 1.0}[reduction]
    d_logits = (scipy.special.softmax(logits, axis=1) - np.eye(3)[labels]) * share
    d_out = np.ones(4) if reduction == "none" else 1.0

    for given in (labels, np.eye(3)[labels], np.eye(3, dtype=int)[labels]):
        actual = ops.softmax_cross_entropy(logits, given, reduction=reduction)
        d_actual = gradients(ops.softmax_cross_entropy, logits, given, reduction=reduction, d_out=d_out)[0]

        assert_allclose(actual, REDUCTIONS[reduction](losses), rtol=1e-13)
        assert_allclose(d_actual, d_logits, rtol=1e-12, atol=1e-15)


def test_softmax_cross_entropy_with_probabilities_is_divergence_plus_entropy():
    logits = RNG.normal(0, 2, (6, 4))
    labels = scipy.special.softmax(RNG.normal(0, 1, (6, 4)), axis=1)
    p = scipy.special.softmax(logits, axis=1)
    divergence = scipy.special.rel_entr(labels, p).sum(axis=1)
    entropy = scipy.special.entr(labels).sum(axis=1)

    assert_allclose(ops.softmax_cross_entropy(logits, labels), np.mean(divergence + entropy), rtol=1e-13)


def test_softmax_cross_entropy_of_equal_logits_is_log_of_the_classes():
    for k in (2, 10):
        assert_allclose(ops.softmax_cross_entropy(np.zeros((3, k)), np.zeros(3, int)), np.log(k), rtol=1e-15)


def test_softmax_cross_entropy_gradient_rows_sum_to_0():
    d_logits = gradients(ops.softmax_cross_entropy, RNG.normal(0, 50, (6, 4)), np.array([0, 1, 2, 3, 0, 1]))[0]

    assert_allclose(d_logits.sum(axis=1), np.zeros(6), atol=1e-15)


def test_whole_number_labels_have_no_gradient_and_probabilities_do():
    logits = np.zeros((2, 2))

    assert gradients(ops.softmax_cross_entropy, logits, np.array([0, 1]))[1] is None
    assert_allclose(gradients(ops.softmax_cross_entropy, logits, np.eye(2))[1], np.full((2, 2), LOG_2 / 2))


def test_float32_logits_with_whole_number_one_hot_labels_stay_float32():
    logits, labels = np.zeros((2, 3), np.float32), np.eye(3, dtype=np.int64)[:2]
    d_logits, _ = gradients(ops.softmax_cross_entropy, logits, labels, d_out=np.float32(1))

    assert np.float32 == ops.softmax_cross_entropy(logits, labels).dtype
    assert np.float32 == d_logits.dtype


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.int64])
def test_labels_may_be_any_whole_numbers(kind):
    loss = ops.softmax_cross_entropy(np.array([[0.0, 0.0]]), np.array([1], kind))

    assert_allclose(loss, LOG_2, rtol=1e-15)


# -- errors --------------------------------------------------------------------------------------------------------


def test_shapes_that_would_broadcast_are_an_error_that_says_what_would_happen():
    expected = (
        "squared_error: prediction has shape (32, 1) and target (32,); these would broadcast to (32, 32). "
        "Reshape one of them."
    )

    assert expected == message(ops.squared_error, np.ones((32, 1)), np.ones(32))


def test_shapes_that_would_not_broadcast_are_an_error_too():
    expected = "absolute_error: prediction has shape (3,) and target (4,). Reshape one of them."

    assert expected == message(ops.absolute_error, np.ones(3), np.ones(4))


@pytest.mark.parametrize("op", LOSSES)
@pytest.mark.parametrize(("a", "b"), [((4, 1), (4,)), ((4,), (4, 1)), ((4, 2), (2,)), ((4,), ()), ((3,), (4,))])
def test_no_loss_broadcasts(op, a, b):
    assert f"shape {a} and" in message(op, np.full(a, 0.5), np.full(b, 0.5))


@pytest.mark.parametrize("op", [*LOSSES, ops.softmax_cross_entropy])
@pytest.mark.parametrize("reduction", ["average", "Mean", None])
def test_unknown_reduction_is_an_error_that_lists_the_known(op, reduction):
    expected = f"{op.name}: reduction must be one of mean, sum, none, got {reduction!r}"

    assert expected == message(op, np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]]), reduction=reduction)


@pytest.mark.parametrize(("labels", "found"), [([0, -1], "-1 to 0"), ([0, 3], "0 to 3"), ([7, -2], "-2 to 7")])
def test_labels_out_of_range_are_an_error(labels, found):
    expected = f"softmax_cross_entropy: labels must lie in 0..2, got {found}."

    assert expected == message(ops.softmax_cross_entropy, np.zeros((2, 3)), np.array(labels))


@pytest.mark.parametrize("labels", [np.zeros((2, 1), int), np.zeros(3, int), np.zeros((2, 4)), np.zeros((3, 2))])
def test_labels_of_the_wrong_shape_are_an_error(labels):
    expected = (
        "softmax_cross_entropy: logits have shape (2, 3); labels must be one-hot of that shape or whole numbers of "
        f"shape (2,), got {labels.dtype} of shape {labels.shape}."
    )

    assert expected == message(ops.softmax_cross_entropy, np.zeros((2, 3)), labels)


@pytest.mark.parametrize("labels", [np.array([0.0, 1.0]), np.array([True, False]), np.array(["a", "b"])])
def test_labels_of_the_wrong_kind_are_an_error(labels):
    found = message(ops.softmax_cross_entropy, np.zeros((2, 3)), labels)

    assert re.search(rf"whole numbers of shape \(2,\), got {re.escape(str(labels.dtype))} of shape \(2,\)", found)


@pytest.mark.parametrize("rows", [[[0.0, 0.0, 0.0]], [[1.0, 1.0, 0.0]], [[0.5, 0.4, 0.0]], [[1, 0, 1]]])
def test_labels_whose_rows_do_not_sum_to_one_are_an_error(rows):
    expected = "softmax_cross_entropy: each row of labels must sum to one"

    assert expected == message(ops.softmax_cross_entropy, np.zeros((1, 3)), np.array(rows))


@pytest.mark.parametrize("op", [*LOSSES, ops.softmax_cross_entropy])
def test_nan_gives_nan(op):
    assert np.isnan(op(np.array([[np.nan, 0.5]]), np.array([[0.0, 1.0]])))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_categorical_cross_entropy_is_the_logarithm_of_the_labels_probability(reduction):
    p, labels = np.array([[0.5, 0.25, 0.25], [0.125, 0.375, 0.5]]), np.array([1, 2])
    share = {"mean": 1 / 2, "sum": 1.0, "none": 1.0}[reduction]
    d_out = np.ones(2) if reduction == "none" else 1.0

    for given in (labels, np.eye(3)[labels], np.eye(3, dtype=int)[labels]):
        loss = ops.categorical_cross_entropy(p, given, reduction=reduction)
        d_p = gradients(ops.categorical_cross_entropy, p, given, reduction=reduction, d_out=d_out)[0]

        assert_allclose(loss, REDUCTIONS[reduction]([2 * LOG_2, LOG_2]), rtol=1e-15)
        assert_allclose(d_p, share * np.array([[0.0, -4.0, 0.0], [0.0, 0.0, -2.0]]), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_categorical_cross_entropy_of_certain_probabilities(dtype):
    """Certain and right costs 0, certain and wrong what the smallest normal number costs, with a finite slope."""
    p = np.array([[1.0, 0.0], [1.0, 0.0]], dtype)
    losses = ops.categorical_cross_entropy(p, np.array([0, 1]), reduction="none")
    d_p = gradients(ops.categorical_cross_entropy, p, np.array([0, 1]))[0]

    assert_allclose(losses, [0.0, -np.log(np.finfo(dtype).tiny)], rtol=1e-6)
    assert_allclose(d_p, [[-0.5, 0.0], [0.0, -0.5 / np.finfo(dtype).tiny]])
    assert dtype == d_p.dtype == losses.dtype


def test_categorical_cross_entropy_refuses_labels_that_are_not_whole():
    assert "whole numbers of shape (2,), got float64" in message(
        ops.categorical_cross_entropy, np.full((2, 2), 0.5), np.array([0.0, 1.0])
    )
