"""Values of the elementwise ops: hand-worked numbers, SciPy, and the edges of what numbers can hold."""

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import ops
from chainrule.ops.broadcasting import unbroadcast

X = np.array([[-2.0, -0.5, 0.0], [0.5, 1.0, 3.0]])


def gradients(op, *arrays, d_out=1.0):
    out, saved = op.forward(*arrays)
    return op.call_backward(saved, np.broadcast_to(d_out, np.shape(out)), len(arrays))


@pytest.mark.parametrize(
    ("op", "arguments", "out", "d_arguments"),
    [
        (ops.add, (3.0, 2.0), 5.0, (1.0, 1.0)),
        (ops.subtract, (3.0, 2.0), 1.0, (1.0, -1.0)),
        (ops.multiply, (3.0, 2.0), 6.0, (2.0, 3.0)),
        (ops.divide, (3.0, 2.0), 1.5, (0.5, -0.75)),
        (ops.power, (3.0, 2.0), 9.0, (6.0, 9 * 1.0986122886681098)),
        (ops.maximum, (3.0, 2.0), 3.0, (1.0, 0.0)),
        (ops.minimum, (3.0, 2.0), 2.0, (0.0, 1.0)),
        (ops.fmax, (3.0, 2.0), 3.0, (1.0, 0.0)),
        (ops.fmin, (3.0, 2.0), 2.0, (0.0, 1.0)),
        (ops.arctan2, (1.0, 1.0), 0.7853981633974483, (0.5, -0.5)),
        (ops.logaddexp, (0.0, 0.0), 0.6931471805599453, (0.5, 0.5)),
        (ops.negative, (2.0,), -2.0, (-1.0,)),
        (ops.square, (3.0,), 9.0, (6.0,)),
        (ops.sqrt, (9.0,), 3.0, (1 / 6,)),
        (ops.exp, (1.0,), 2.718281828459045, (2.718281828459045,)),
        (ops.exp2, (3.0,), 8.0, (8 * 0.6931471805599453,)),
        (ops.expm1, (1e-12,), 1e-12 + 0.5e-24, (1.0,)),
        (ops.log, (4.0,), 2 * 0.6931471805599453, (0.25,)),
        (ops.log2, (8.0,), 3.0, (1 / (8 * 0.6931471805599453),)),
        (ops.log10, (100.0,), 2.0, (0.01 / 2.302585092994046,)),
        (ops.log1p, (1e-12,), 1e-12 - 0.5e-24, (1.0,)),
        (ops.reciprocal, (4.0,), 0.25, (-0.0625,)),
        (ops.sin, (0.0,), 0.0, (1.0,)),
        (ops.cos, (np.pi / 2,), 6.123233995736766e-17, (-1.0,)),
        (ops.tan, (np.pi / 4,), 1.0, (2.0,)),
        (ops.arcsin, (0.6,), 0.6435011087932844, (1.25,)),
        (ops.arccos, (0.6,), 0.9272952180016122, (-1.25,)),
        (ops.arctan, (1.0,), 0.7853981633974483, (0.5,)),
        (ops.sinh, (0.0,), 0.0, (1.0,)),
        (ops.cosh, (0.0,), 1.0, (0.0,)),
        (ops.absolute, (-2.0,), 2.0, (-1.0,)),
        (ops.sign, (-2.0,), -1.0, (0.0,)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_value_and_gradient_equal_hand_worked_numbers(op, arguments, out, d_arguments):
    arrays = tuple(np.array(argument) for argument in arguments)

    assert_allclose(op(*arrays), out, rtol=1e-14, atol=1e-30)
    assert_allclose(gradients(op, *arrays), d_arguments, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize(
    ("op", "argument", "expected"),
    [
        (ops.sinh, 2.0, (np.e**2 - np.e**-2) / 2),
        (ops.cosh, 2.0, (np.e**2 + np.e**-2) / 2),
        (ops.exp, 3.0, np.e**3),
    ],
)
def test_exponentials_equal_powers_of_e(op, argument, expected):
    assert_allclose(op(np.array(argument)), expected, rtol=1e-14)


def test_clip_keeps_between_the_bounds():
    out = ops.clip(X, -1.0, 2.0)
    d_x, d_low, d_high = gradients(ops.clip, X, np.array(-1.0), np.array(2.0))

    assert_array_equal([[-1.0, -0.5, 0.0], [0.5, 1.0, 2.0]], out)
    assert_array_equal([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]], d_x)
    assert (1.0, 1.0) == (d_low, d_high)


def test_clip_without_bounds_is_the_identity():
    d_x, d_low, d_high = gradients(ops.clip, X, None, None)

    assert_array_equal(X, ops.clip(X, None, None))
    assert_array_equal(np.ones((2, 3)), d_x)
    assert (None, None) == (d_low, d_high)


def test_where_chooses_and_gives_the_gradient_to_what_was_chosen():
    condition = np.array([True, False, True])
    a, b = np.array([1.0, 2.0, 3.0]), np.array(9.0)
    d_condition, d_a, d_b = gradients(ops.where, condition, a, b, d_out=np.array([5.0, 6.0, 7.0]))

    assert_array_equal([1.0, 9.0, 3.0], ops.where(condition, a, b))
    assert d_condition is None
    assert_array_equal([5.0, 0.0, 7.0], d_a)
    assert 6.0 == d_b


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((3,), [3.0, 5.0, 7.0]),
        ((1, 3), [[3.0, 5.0, 7.0]]),
        ((2, 1), [[3.0], [12.0]]),
        ((1, 1), [[15.0]]),
        ((), 15.0),
        ((2, 3), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
    ],
)
def test_unbroadcast_sums_over_the_stretched_axes(shape, expected):
    actual = unbroadcast(np.arange(6.0).reshape(2, 3), shape)

    assert_array_equal(expected, actual)
    assert shape == np.shape(actual)


def test_unbroadcast_to_a_shape_with_an_empty_axis_keeps_it():
    assert (0, 1) == unbroadcast(np.ones((4, 0, 3)), (0, 1)).shape


@pytest.mark.parametrize(
    ("op", "reference"),
    [
        (ops.exp2, scipy.special.exp2),
        (ops.expm1, scipy.special.expm1),
        (ops.log1p, lambda x: scipy.special.log1p(x)),
    ],
)
@pytest.mark.parametrize("scale", [1e-15, 1e-5, 0.5])
def test_values_equal_scipy(op, reference, scale):
    x = scale * np.array([-1.0, -0.3, 0.0, 0.7, 1.0])

    assert_allclose(op(x), reference(x), rtol=1e-14, atol=0)


@pytest.mark.parametrize("op", [ops.fmax, ops.fmin])
def test_nan_is_missing_and_the_other_gets_the_gradient(op):
    a, b = np.array([np.nan, 2.0, np.nan]), np.array([1.0, np.nan, np.nan])
    d_a, d_b = gradients(op, a, b)

    assert_array_equal([1.0, 2.0, np.nan], op(a, b))
    assert_array_equal([0.0, 1.0], d_a[:2])
    assert_array_equal([1.0, 0.0], d_b[:2])


# -- powers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [ops.power, ops.numpy_power])
@pytest.mark.parametrize("as_number", [True, False], ids=["number", "array"])
@pytest.mark.parametrize(
    ("base", "exponent", "out", "d_base"),
    [
        (0.0, 0, 1.0, 0.0),
        (0.0, 1, 0.0, 1.0),
        (0.0, 2, 0.0, 0.0),
        (0.0, 3, 0.0, 0.0),
        (0.0, 1.5, 0.0, 0.0),
        (-2.0, 0, 1.0, 0.0),
        (-2.0, 1, -2.0, 1.0),
        (-2.0, 2, 4.0, -4.0),
        (-2.0, 3, -8.0, 12.0),
        (-2.0, -1, -0.5, -0.25),
        (2.0, 0.0, 1.0, 0.0),
        (4.0, 0.5, 2.0, 0.25),
        (4.0, -0.5, 0.5, -0.0625),
    ],
)
def test_power_and_its_slope_in_the_base(op, as_number, base, exponent, out, d_base):
    x = np.array([base])
    b = exponent if as_number else np.array([float(exponent)])
    d_x, _ = gradients(op, x, b)

    assert_allclose(op(x, b), [out], rtol=1e-15)
    assert_allclose(np.broadcast_to(d_x, (1,)), [d_base], rtol=1e-15)


@pytest.mark.parametrize("op", [ops.power, ops.numpy_power])
@pytest.mark.parametrize(
    ("base", "exponent", "d_exponent"),
    [(2.0, 3.0, 8 * np.log(2)), (1.0, 5.0, 0.0), (0.0, 0.0, 0.0), (0.0, 2.0, 0.0), (-2.0, 3.0, 0.0)],
)
@pytest.mark.parametrize("as_number", [True, False], ids=["number", "array"])
def test_power_slope_in_the_exponent(op, as_number, base, exponent, d_exponent):
    d_a, d_b = gradients(op, base if as_number else np.array([base]), np.array([exponent]))

    assert_allclose(d_b, [d_exponent], rtol=1e-15)
    assert as_number == (d_a is None)


def test_number_to_a_float32_power_has_a_float32_gradient():
    _, d_b = gradients(ops.power, 2.0, np.array([1.0, 3.0], np.float32), d_out=np.float32(1))

    assert np.float32 == d_b.dtype
    assert_allclose(d_b, [2 * np.log(2), 8 * np.log(2)], rtol=1e-6)


# -- extremes, without a warning -------------------------------------------------------------------------


def test_logaddexp_of_large_numbers_does_not_overflow():
    a, b = np.array([1000.0, -1000.0, 1000.0]), np.array([1000.0, -1000.0, -1000.0])
    d_a, d_b = gradients(ops.logaddexp, a, b)

    assert_allclose(ops.logaddexp(a, b), [1000 + np.log(2), -1000 + np.log(2), 1000.0], rtol=1e-15)
    assert_allclose(d_a, [0.5, 0.5, 1.0], rtol=1e-12)
    assert_allclose(d_b, [0.5, 0.5, 0.0], rtol=1e-12)


@pytest.mark.parametrize("op", [ops.maximum, ops.minimum, ops.add, ops.where])
def test_infinities_pass(op):
    arrays = (np.array([np.inf, -np.inf, 1.0]), np.array([1.0, 2.0, 3.0]))
    arrays = (np.array([True, False, True]), *arrays) if op is ops.where else arrays
    found = [gradient for gradient in gradients(op, *arrays) if gradient is not None]

    assert np.all(np.isfinite(found))


@pytest.mark.parametrize("op", [ops.add, ops.subtract, ops.multiply, ops.divide, ops.maximum])
def test_shapes_that_do_not_broadcast_are_named(op):
    with pytest.raises(ValueError, match=rf"^{op.name}: operands could not be broadcast .*a \(2, 3\), b \(4,\)"):
        op(np.ones((2, 3)), np.ones(4))
