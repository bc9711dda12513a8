"""Values of the reductions: hand-worked numbers, SciPy, zeros in products, all-equal deviations, ties."""

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import ops
from chainrule.ops.reductions import axes_of, count_of, expanded

X = np.array([[1.0, 5.0, 3.0], [2.0, 2.0, 8.0]])


def gradient(op, x, d_out=1.0, **parameters):
    out, saved = op.forward(x, **parameters)
    return op.backward(saved, np.broadcast_to(np.asarray(d_out, float), np.shape(out)))


@pytest.mark.parametrize(
    ("op", "axis", "out", "d_x"),
    [
        (ops.sum, None, 21.0, [[1, 1, 1], [1, 1, 1]]),
        (ops.sum, 0, [3, 7, 11], [[1, 1, 1], [1, 1, 1]]),
        (ops.sum, (0, 1), 21.0, [[1, 1, 1], [1, 1, 1]]),
        (ops.mean, None, 3.5, [[1 / 6] * 3] * 2),
        (ops.mean, 1, [3, 4], [[1 / 3] * 3] * 2),
        (ops.mean, -2, [1.5, 3.5, 5.5], [[1 / 2] * 3] * 2),
        (ops.prod, None, 480.0, [[480, 96, 160], [240, 240, 60]]),
        (ops.prod, 1, [15, 32], [[15, 3, 5], [16, 16, 4]]),
        (ops.max, None, 8.0, [[0, 0, 0], [0, 0, 1]]),
        (ops.max, 1, [5, 8], [[0, 1, 0], [0, 0, 1]]),
        (ops.min, None, 1.0, [[1, 0, 0], [0, 0, 0]]),
        (ops.min, 1, [1, 2], [[1, 0, 0], [0.5, 0.5, 0]]),
        (ops.var, 1, [8 / 3, 8.0], [[-4 / 3, 4 / 3, 0], [-4 / 3, -4 / 3, 8 / 3]]),
        (ops.std, 1, [(8 / 3) ** 0.5, 8**0.5], None),
        (ops.cumsum, 1, [[1, 6, 9], [2, 4, 12]], [[3, 2, 1], [3, 2, 1]]),
        (ops.cumsum, 0, [[1, 5, 3], [3, 7, 11]], [[2, 2, 2], [1, 1, 1]]),
        (ops.cumsum, None, [1, 6, 9, 11, 13, 21], [[6, 5, 4], [3, 2, 1]]),
        (ops.norm, None, 107**0.5, X / 107**0.5),
        (ops.norm, 0, [5**0.5, 29**0.5, 73**0.5], X / np.sqrt([5, 29, 73])),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_value_and_gradient_equal_hand_worked_numbers(op, axis, out, d_x):
    assert_allclose(op(X, axis=axis), out, rtol=1e-14)
    if d_x is not None:
        assert_allclose(gradient(op, X, axis=axis), d_x, rtol=1e-14)


@pytest.mark.parametrize("ddof", [0, 1])
def test_deviation_of_1_and_3_equals_hand_worked_numbers(ddof):
    x = np.array([1.0, 3.0])

    assert_allclose(ops.var(x, ddof=ddof), 2 / (2 - ddof))
    assert_allclose(ops.std(x, ddof=ddof), (2 / (2 - ddof)) ** 0.5)
    assert_allclose(gradient(ops.var, x, ddof=ddof), np.array([-2.0, 2.0]) / (2 - ddof))
    assert_allclose(gradient(ops.std, x, ddof=ddof), np.array([-1.0, 1.0]) / (2 * (2 - ddof)) ** 0.5)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), (-1,)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_and_its_gradient_equal_scipy(axis, keepdims):
    x = np.array([[1000.0, 1001.0, 999.0], [-1000.0, -1000.0, -2000.0]])

    assert_allclose(
        ops.logsumexp(x, axis=axis, keepdims=keepdims),
        scipy.special.logsumexp(x, axis=axis, keepdims=keepdims),
        rtol=1e-14,
    )
    assert_allclose(
        gradient(ops.logsumexp, x, axis=axis, keepdims=keepdims), scipy.special.softmax(x, axis), rtol=1e-13
    )


# -- products with zeros ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "out", "d_x"),
    [
        ([2.0, 3.0, 4.0], 24.0, [12.0, 8.0, 6.0]),
        ([2.0, 0.0, 4.0], 0.0, [0.0, 8.0, 0.0]),
        ([0.0, 0.0, 4.0], 0.0, [0.0, 0.0, 0.0]),
        ([-2.0, -0.0, 4.0], 0.0, [0.0, -8.0, 0.0]),
        ([0.0], 0.0, [1.0]),
    ],
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_prod_gradient_is_the_product_of_the_others(x, out, d_x, keepdims):
    x = np.array(x)

    assert_array_equal(out, ops.prod(x))
    assert_array_equal(d_x, gradient(ops.prod, x, keepdims=keepdims))


def test_prod_counts_zeros_along_its_axis_only():
    x = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 3.0]])

    assert_array_equal([[0.0, 6.0, 0.0], [0.0, 0.0, 0.0]], gradient(ops.prod, x, axis=1))
    assert_array_equal([[0.0, 0.0, 3.0], [2.0, 0.0, 3.0]], gradient(ops.prod, x, axis=0))


# -- kinks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [ops.max, ops.min])
def test_ties_share_the_gradient_equally(op):
    x = np.array([[2.0, 2.0, 2.0], [1.0, 1.0, 1.0]])

    assert_allclose(gradient(op, x, 6.0, axis=1), np.full((2, 3), 2.0))
    assert_allclose(gradient(op, x, 6.0), [[2.0] * 3, [0.0] * 3] if op is ops.max else [[0.0] * 3, [2.0] * 3])


@pytest.mark.parametrize("op", [ops.std, ops.var])
@pytest.mark.parametrize("keepdims", [False, True])
def test_deviation_of_equal_entries_has_gradient_0(op, keepdims):
    x = np.array([[3.0, 3.0, 3.0], [1.0, 2.0, 3.0]])
    d_x = gradient(op, x, axis=1, keepdims=keepdims)

    assert_array_equal([0.0, 0.0, 0.0], d_x[0])
    assert np.all(d_x[1, [0, 2]] != 0)


def test_deviation_of_equal_fractions_is_not_amplified():
    """The mean of three 0.1 is not 0.1 to the last bit; the slope must still be a slope, at most 1 in size."""
    d_x = gradient(ops.std, np.full(3, 0.1))

    assert np.all(np.abs(d_x) <= 1)


def test_norm_of_the_zero_vector_has_gradient_0():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])

    assert_array_equal([[0.0, 0.0], [0.6, 0.8]], gradient(ops.norm, x, axis=1))
    assert_array_equal([[0.0, 0.0], [0.6, 0.8]], gradient(ops.norm, x, axis=1, keepdims=True))
    assert_array_equal([0.0, 0.0], gradient(ops.norm, np.zeros(2)))


@pytest.mark.parametrize("op", [ops.max, ops.min, ops.prod, ops.std, ops.norm, ops.logsumexp])
def test_d_out_zero_gives_gradient_0(op):
    assert_array_equal(np.zeros((2, 3)), gradient(op, X, 0.0))


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "parameters"),
    [
        (np.ones(3), {"ord": 1}),
        (np.ones((2, 3)), {"ord": 1}),
        (np.ones(3), {"ord": np.inf}),
        (np.ones((2, 3)), {"ord": 2}),
        (np.ones((2, 3)), {"ord": "nuc"}),
        (np.ones((2, 3)), {"ord": 2, "axis": (0, 1)}),
    ],
)
def test_norms_other_than_the_euclidean_are_an_error_that_says_what_to_write(x, parameters):
    with pytest.raises(ValueError, match=r"^norm: .*") as caught:
        ops.norm(x, **parameters)

    expected = (
        f"norm: has a derivative here for the Euclidean (Frobenius) norm, got ord={parameters['ord']!r}. "
        "Write other norms with np.abs, np.sum and np.max."
    )

    assert expected == str(caught.value)


@pytest.mark.parametrize("op", [ops.sum, ops.mean, ops.max, ops.std, ops.logsumexp, ops.cumsum])
def test_an_axis_that_is_not_there_is_an_error_that_names_the_op_and_the_shape(op):
    with pytest.raises(ValueError, match=rf"^{op.name}: axis 2 is out of bounds.*shapes: x \(2, 3\)"):
        op(X, axis=2)


# -- helpers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "shape", "count"), [(None, (2, 3), 6), (0, (2, 3), 2), (-1, (2, 3), 3), ((0, -1), (2, 3, 4), 8)]
)
def test_count_of_is_the_number_of_entries_reduced_to_one(axis, shape, count):
    assert count == count_of(axis, shape)


def test_axes_of_is_always_a_tuple():
    assert ((0, 1), (1,), (-1, 0)) == tuple(axes_of(axis, (2, 3)) for axis in (None, 1, (-1, 0)))


@pytest.mark.parametrize(
    ("reduced", "axis", "expected"),
    [((3,), 1, (3, 1, 2)), ((3,), -1, (3, 2, 1)), ((2,), (0, -2), (1, 1, 2))],
)
def test_expanded_puts_axes_of_size_one_back(reduced, axis, expected):
    if len(reduced) == 1 and isinstance(axis, int):
        reduced = tuple(size for size in expected if size != 1)

    shape = tuple(size if size != 1 else 7 for size in expected)

    assert expected == expanded(np.zeros(reduced), shape, axis, False).shape
