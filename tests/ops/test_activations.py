"""Values of the activations against SciPy, also where e^x overflows; a warning would fail the test."""

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import ops

EXTREMES = np.array([-1000.0, -800.0, -700.0, -40.0, -1.0, -0.0, 0.0, 1e-300, 1.0, 40.0, 700.0, 800.0, 1000.0])
LOGITS = np.array([[1.0, 2.0, 3.0], [800.0, -800.0, 0.0], [1000.0, 1000.0, -1000.0], [-1000.0, -1000.0, -1000.0]])


def gradient(op, x, d_out=1.0, **parameters):
    out, saved = op.forward(x, **parameters)
    return op.backward(saved, np.broadcast_to(np.asarray(d_out, x.dtype), np.shape(out)))


# -- sigmoid, tanh, softplus -------------------------------------------------------------------------------


def test_sigmoid_equals_scipy_everywhere():
    assert_allclose(ops.sigmoid(EXTREMES), scipy.special.expit(EXTREMES), rtol=1e-14, atol=0)


def test_sigmoid_keeps_relative_precision_where_it_is_tiny():
    assert_allclose(ops.sigmoid(np.array(-700.0)), 9.859676543759770e-305, rtol=1e-14)


def test_sigmoid_saturates_at_0_and_1():
    assert_array_equal([0.0, 0.5, 1.0], ops.sigmoid(np.array([-1000.0, 0.0, 1000.0])))


def test_sigmoid_gradient_is_out_times_one_less_out():
    p = scipy.special.expit(EXTREMES)

    assert_allclose(gradient(ops.sigmoid, EXTREMES), p * scipy.special.expit(-EXTREMES), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("x", [-200.0, -100.0, 100.0, 200.0])
@pytest.mark.parametrize("op", [ops.sigmoid, ops.softplus, ops.tanh])
def test_float32_extremes_stay_float32_and_finite(op, x):
    reference = {
        ops.sigmoid: scipy.special.expit,
        ops.softplus: lambda z: np.logaddexp(0.0, z),
        ops.tanh: np.tanh,
    }
    x = np.array([x], np.float32)
    out, d_x = op(x), gradient(op, x)

    assert (np.float32, np.float32) == (out.dtype, d_x.dtype)
    assert_allclose(out, reference[op](x.astype(np.float64)), rtol=1e-5, atol=1e-44)
    assert np.all(np.isfinite(d_x))


def test_tanh_of_extremes_is_one_and_its_gradient_0():
    x = np.array([-1000.0, 1000.0])

    assert_array_equal([-1.0, 1.0], ops.tanh(x))
    assert_array_equal([0.0, 0.0], gradient(ops.tanh, x))


def test_softplus_equals_log_of_one_plus_e_to_the_x():
    assert_allclose(ops.softplus(EXTREMES), np.logaddexp(0.0, EXTREMES), rtol=1e-14, atol=0)


def test_softplus_gradient_is_scipys_expit():
    assert_allclose(gradient(ops.softplus, EXTREMES), scipy.special.expit(EXTREMES), rtol=1e-14, atol=0)


# -- relu and its leaky kind -------------------------------------------------------------------------------


def test_relu_keeps_what_is_positive():
    x = np.array([-2.0, 0.0, 3.0])

    assert_array_equal([0.0, 0.0, 3.0], ops.relu(x))
    assert_array_equal([0.0, 0.0, 5.0], gradient(ops.relu, x, 5.0))


def test_leaky_relu_weakens_what_is_not_positive():
    x = np.array([-2.0, 0.0, 3.0])

    assert_allclose(ops.leaky_relu(x), [-0.02, 0.0, 3.0], rtol=1e-15)
    assert_allclose(gradient(ops.leaky_relu, x, 5.0), [0.05, 0.05, 5.0], rtol=1e-15)
    assert_allclose(ops.leaky_relu(x, slope=0.5), [-1.0, 0.0, 3.0], rtol=1e-15)


@pytest.mark.parametrize("op", [ops.relu, ops.leaky_relu])
def test_relu_of_nan_is_nan(op):
    assert np.isnan(op(np.array(np.nan)))


# -- softmax -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax_equals_scipy(axis):
    assert_allclose(ops.softmax(LOGITS, axis=axis), scipy.special.softmax(LOGITS, axis=axis), rtol=1e-14)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_log_softmax_equals_scipy(axis):
    assert_allclose(ops.log_softmax(LOGITS, axis=axis), scipy.special.log_softmax(LOGITS, axis=axis), rtol=1e-14)


def test_softmax_of_equal_logits_is_uniform_however_large_they_are():
    for value in (-1000.0, 0.0, 1000.0):
        assert_array_equal(np.full(4, 0.25), ops.softmax(np.full(4, value)))


def test_softmax_gradient_equals_the_matrix_of_slopes():
    x, d_out = np.array([0.5, -1.0, 2.0]), np.array([1.0, -2.0, 0.5])
    p = scipy.special.softmax(x)
    jacobian = np.diag(p) - np.outer(p, p)

    assert_allclose(gradient(ops.softmax, x, d_out), d_out @ jacobian, rtol=1e-13)
    assert_allclose(gradient(ops.log_softmax, x, d_out), d_out @ (np.eye(3) - p), rtol=1e-13)


@pytest.mark.parametrize("op", [ops.softmax, ops.log_softmax])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_softmax_of_extremes_has_finite_gradients(op, dtype):
    x = (LOGITS / 10 if dtype is np.float32 else LOGITS).astype(dtype)
    d_x = gradient(op, x, np.array([1.0, -2.0, 3.0]))

    assert np.all(np.isfinite(d_x))
    assert_allclose(d_x.sum(axis=-1), np.zeros(4), atol=1e-6)


def test_log_softmax_of_minus_infinity_stays_out_of_the_others_way():
    x = np.array([0.0, 0.0, -np.inf])

    assert_allclose(ops.softmax(x), [0.5, 0.5, 0.0])
    assert_allclose(ops.log_softmax(x), [-np.log(2), -np.log(2), -np.inf])
