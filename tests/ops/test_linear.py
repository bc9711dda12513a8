"""Values of the products: hand-worked numbers, and sums written out entry by entry; their errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import ops

RNG = np.random.default_rng(5)


def gradients(op, *arrays, d_out, **parameters):
    _, saved = op.forward(*arrays, **parameters)
    return op.call_backward(saved, np.array(d_out), len(arrays))


def message(op, *arrays, **parameters):
    with pytest.raises(ValueError, match=op.name) as caught:
        op(*arrays, **parameters)
    return str(caught.value)


def test_affine_equals_hand_worked_numbers():
    x, w, b = np.array([[1.0, 2.0]]), np.array([[1.0], [10.0]]), np.array([100.0])
    d_x, d_w, d_b = gradients(ops.affine, x, w, b, d_out=[[3.0]])

    assert_array_equal([[121.0]], ops.affine(x, w, b))
    assert_array_equal([[3.0, 30.0]], d_x)
    assert_array_equal([[3.0], [6.0]], d_w)
    assert_array_equal([3.0], d_b)


@pytest.mark.parametrize("lead", [(), (1,), (5,), (2, 5), (2, 1, 3)])
def test_affine_gradients_are_sums_over_all_samples(lead):
    x, w, b = RNG.normal(size=(*lead, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=4)
    d_out = RNG.normal(size=(*lead, 4))
    d_x, d_w, d_b = gradients(ops.affine, x, w, b, d_out=d_out)

    samples = list(np.ndindex(*lead))

    assert_allclose(d_w, sum(np.outer(x[n], d_out[n]) for n in samples), rtol=1e-12, atol=1e-15)
    assert_allclose(d_b, sum(d_out[n] for n in samples), rtol=1e-12, atol=1e-15)
    for n in samples:
        assert_allclose(d_x[n], [sum(d_out[n][h] * w[d, h] for h in range(4)) for d in range(3)], rtol=1e-12)


def test_matmul_of_vectors_equals_hand_worked_numbers():
    d_a, d_b = gradients(ops.matmul, np.array([1.0, 2.0]), np.array([3.0, 4.0]), d_out=5.0)

    assert 11.0 == ops.matmul(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert_array_equal([15.0, 20.0], d_a)
    assert_array_equal([5.0, 10.0], d_b)


@pytest.mark.parametrize("op", [ops.matmul, ops.dot])
def test_product_of_matrices_equals_hand_worked_numbers(op):
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [6.0]])
    d_a, d_b = gradients(op, a, b, d_out=[[1.0], [10.0]])

    assert_array_equal([[17.0], [39.0]], op(a, b))
    assert_array_equal([[5.0, 6.0], [50.0, 60.0]], d_a)
    assert_array_equal([[31.0], [42.0]], d_b)


@pytest.mark.parametrize("op", [ops.matmul, ops.dot])
def test_product_with_a_vector_equals_hand_worked_numbers(op):
    a, v = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    d_a, d_v = gradients(op, a, v, d_out=[1.0, 10.0])
    d_left, d_right = gradients(op, v, a, d_out=[1.0, 10.0])

    assert_array_equal([17.0, 39.0], op(a, v))
    assert_array_equal([[5.0, 6.0], [50.0, 60.0]], d_a)
    assert_array_equal([31.0, 42.0], d_v)
    assert_array_equal([23.0, 34.0], op(v, a))
    assert_array_equal([21.0, 43.0], d_left)
    assert_array_equal([[5.0, 50.0], [6.0, 60.0]], d_right)


def test_broadcast_batch_of_matmul_collects_from_every_product():
    a, b = np.ones((1, 2, 3)), np.ones((5, 3, 4))
    d_a, d_b = gradients(ops.matmul, a, b, d_out=np.ones((5, 2, 4)))

    assert_array_equal(np.full((1, 2, 3), 20.0), d_a)
    assert_array_equal(np.full((5, 3, 4), 2.0), d_b)


def test_dot_with_a_number_multiplies():
    d_a, d_b = gradients(ops.dot, np.array(2.0), np.array([3.0, 4.0]), d_out=[1.0, 10.0])

    assert_array_equal([6.0, 8.0], ops.dot(np.array(2.0), np.array([3.0, 4.0])))
    assert 43.0 == d_a
    assert_array_equal([2.0, 20.0], d_b)


def test_outer_equals_hand_worked_numbers():
    d_a, d_b = gradients(ops.outer, np.array([1.0, 2.0]), np.array([3.0, 4.0]), d_out=[[1.0, 2.0], [3.0, 4.0]])

    assert_array_equal([[3.0, 4.0], [6.0, 8.0]], ops.outer(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    assert_array_equal([11.0, 25.0], d_a)
    assert_array_equal([7.0, 10.0], d_b)


def test_einsum_of_vectors_equals_hand_worked_numbers():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    d_a, d_b = gradients(ops.einsum, a, b, d_out=5.0, subscripts="i,i->")

    assert 11.0 == ops.einsum(a, b, subscripts="i,i->")
    assert_array_equal([15.0, 20.0], d_a)
    assert_array_equal([5.0, 10.0], d_b)


def test_einsum_letters_that_are_summed_away_get_the_same_everywhere():
    (d_x,) = gradients(ops.einsum, np.ones((2, 3)), d_out=[1.0, 10.0], subscripts="ij->i")

    assert_array_equal([[1.0, 1.0, 1.0], [10.0, 10.0, 10.0]], d_x)


# -- errors ------------------------------------------------------------------------------------------------------


def test_affine_names_the_rule_and_both_sides():
    expected = "affine: expected x.shape[1] == w.shape[0], got 5 != 3"

    assert expected == message(ops.affine, np.ones((4, 5)), np.ones((3, 2)), np.ones(2))


def test_affine_names_the_last_axis_whatever_leads():
    expected = "affine: expected x.shape[2] == w.shape[0], got 5 != 3"

    assert expected == message(ops.affine, np.ones((7, 4, 5)), np.ones((3, 2)), np.ones(2))


def test_affine_names_a_bias_of_the_wrong_length():
    expected = "affine: expected w.shape[1] == b.shape[0], got 2 != 3"

    assert expected == message(ops.affine, np.ones((4, 5)), np.ones((5, 2)), np.ones(3))


def test_matmul_names_the_rule_and_both_sides():
    expected = "matmul: expected a.shape[1] == b.shape[0], got 3 != 2"

    assert expected == message(ops.matmul, np.ones((2, 3)), np.ones((2, 4)))


def test_einsum_refuses_a_diagonal_and_says_what_to_write():
    expected = (
        "einsum: a letter stands twice in 'ii', a diagonal, which has no derivative here. Take the diagonal first, "
        "np.diagonal(x)."
    )

    assert expected == message(ops.einsum, np.ones((3, 3)), subscripts="ii->i")
    assert expected == message(ops.einsum, np.ones((3, 3)), subscripts="ii")


def test_einsum_ellipses_broadcast_from_the_right():
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[[1.0, 10.0]], [[2.0, 20.0]]])
    d_a, d_b = gradients(ops.einsum, a, b, d_out=np.ones((2, 2)), subscripts="...d,...d->...")

    assert_array_equal([[21.0, 43.0], [42.0, 86.0]], ops.einsum(a, b, subscripts="...d,...d->..."))
    assert_array_equal([[3.0, 30.0], [3.0, 30.0]], d_a)
    assert_array_equal([[[4.0, 6.0]], [[4.0, 6.0]]], d_b)


def test_einsum_names_a_wrong_number_of_operands():
    expected = "einsum: 'ij,jk->ik' names 2 operands, got 1"

    assert expected == message(ops.einsum, np.ones((2, 3)), subscripts="ij,jk->ik")


def test_einsum_names_sizes_that_do_not_agree():
    assert message(ops.einsum, np.ones((2, 3)), np.ones((4, 5)), subscripts="ij,jk->ik").startswith("einsum: ")


def test_dot_refuses_what_it_has_no_derivative_for_and_says_what_to_write():
    expected = (
        "dot: has a derivative here for b with at most 2 axes, got shapes (2, 3) and (5, 3, 4). "
        "Write a @ b, or np.einsum."
    )

    assert expected == message(ops.dot, np.ones((2, 3)), np.ones((5, 3, 4)))
