"""What the sheet asks to derive, against traced derivatives, NumPy's least squares and hand-worked numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule
from chainrule.courses import edf
from differences import differences

RNG = np.random.default_rng(8)


def test_vector_derivative_product_is_the_gradient_of_the_matrix():
    A, x, W = RNG.normal(size=4), RNG.normal(size=3), RNG.normal(size=(4, 3))
    expected = differences(lambda W: A @ (W @ x), W)

    assert_allclose(edf.vector_derivative_product(A, x), expected, rtol=1e-7, atol=1e-9)
    assert_array_equal(
        edf.vector_derivative_product(A, x), edf.vector_derivative_product(A[:, None], x[:, None]), strict=True
    )


@pytest.mark.parametrize("shape", [(20,), (20, 1)])
def test_derivatives_of_a_line_match_central_differences(shape):
    x, y = RNG.normal(size=shape), RNG.normal(size=shape)

    def mean_squared_error(line):
        return np.mean((line[0] * x + line[1] - y) ** 2)

    expected = differences(mean_squared_error, np.array([4.0, 1.0]))

    assert_allclose(edf.linear_regression.compute_derivatives(x, y, 4, 1), expected, rtol=1e-8)


def test_the_closed_form_is_numpys_least_squares():
    x = RNG.normal(size=50)
    y = 3 * x - 2 + RNG.normal(size=50)

    assert_allclose(edf.linear_regression.least_squares_line(x, y), np.polyfit(x, y, 1), rtol=1e-12)


def test_both_derivatives_are_0_at_the_closed_form():
    x, y = RNG.normal(size=50), RNG.normal(size=50)
    slope, offset = edf.linear_regression.least_squares_line(x, y)

    assert_allclose(edf.linear_regression.compute_derivatives(x, y, slope, offset), (0, 0), atol=1e-14)


def test_points_above_one_another_have_no_line():
    with pytest.raises(ValueError, match="all x are equal, so every slope fits"):
        edf.linear_regression.least_squares_line([1.0, 1.0], [0.0, 2.0])


def test_a_matrix_is_no_vector():
    with pytest.raises(ValueError, match=r"x has shape \(2, 2\); expected a vector"):
        edf.vector_derivative_product([1.0], np.ones((2, 2)))


@pytest.mark.parametrize("column", [False, True])
def test_logistic_derivatives_match_central_differences(column):
    x, y, w = RNG.normal(size=(12, 3)), RNG.integers(0, 2, 12).astype(float), RNG.normal(size=3)
    p = 1 / (1 + np.exp(-x @ w))

    def mean_cross_entropy(w):
        p = 1 / (1 + np.exp(-x @ w))
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    expected = differences(mean_cross_entropy, w)
    shaped = (y[:, None], p[:, None]) if column else (y, p)
    actual = edf.logistic_regression.compute_derivatives(x, *shaped)

    assert_allclose(np.ravel(actual), expected, rtol=1e-7)
    assert actual.shape == ((3, 1) if column else (3,))


@pytest.mark.parametrize("scale", [1, 1000])
def test_the_gradient_of_the_mean_cross_entropy_is_the_closed_form(scale):
    """``grad_w (1/B) sum BCE(sigmoid(w.x)) = (1/B) sum (sigmoid(w.x) - y) x``, where the sigmoid is saturated, too."""
    x, y, w = RNG.normal(size=(12, 3)), RNG.integers(0, 2, 12).astype(float), scale * RNG.normal(size=3)
    gradient = chainrule.grad(edf.logistic_loss)(w, x, y)

    assert_allclose(gradient, edf.logistic_gradient(w, x, y), rtol=1e-13)


def test_logistic_derivatives_refuse_labels_of_another_shape():
    with pytest.raises(ValueError, match=r"y \(2,\) and y_hat \(2, 1\)"):
        edf.logistic_regression.compute_derivatives(np.ones((2, 3)), [0, 1], [[0.5], [0.5]])
