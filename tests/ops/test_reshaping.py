"""Values of the ops that move entries: each entry of the gradient goes back to where its entry came from."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import ops

X = np.arange(24.0).reshape(2, 3, 4)


def pulled_back(op, *arrays, **parameters):
    """The first gradient for ``d_out = out``: moved back, x itself, times how often each entry was used."""
    out, saved = op.forward(*arrays, **parameters)
    return op.call_backward(saved, out.copy(), len(arrays))[0]


@pytest.mark.parametrize(
    ("op", "parameters", "expected"),
    [
        (ops.reshape, {"shape": (4, 6)}, X.reshape(4, 6)),
        (ops.reshape, {"shape": -1}, X.flatten()),
        (ops.ravel, {}, X.flatten()),
        (ops.transpose, {}, X.T),
        (ops.transpose, {"axes": (1, 2, 0)}, X.transpose(1, 2, 0)),
        (ops.transpose, {"axes": (-1, 0, 1)}, X.transpose(2, 0, 1)),
        (ops.transpose, {"axes": [1, 0, 2]}, X.transpose(1, 0, 2)),
        (ops.matrix_transpose, {}, X.transpose(0, 2, 1)),
        (ops.swapaxes, {"axis1": 0, "axis2": -1}, X.transpose(2, 1, 0)),
        (ops.moveaxis, {"source": 0, "destination": -1}, X.transpose(1, 2, 0)),
        (ops.moveaxis, {"source": (0, 2), "destination": (1, 0)}, X.transpose(2, 0, 1)),
        (ops.expand_dims, {"axis": 1}, X[:, None]),
        (ops.expand_dims, {"axis": (0, -1)}, X[None, ..., None]),
        (ops.flip, {"axis": 1}, X[:, ::-1]),
        (ops.flip, {}, X[::-1, ::-1, ::-1]),
        (ops.copy, {}, X),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_entries_move_and_their_gradients_move_back(op, parameters, expected):
    assert_array_equal(expected, op(X, **parameters))
    assert_array_equal(X, pulled_back(op, X, **parameters))


@pytest.mark.parametrize("axis", [None, 0, -2, (0, 2)])
def test_squeeze_takes_out_axes_of_size_one(axis):
    x = np.arange(3.0).reshape(1, 3, 1) if axis != -2 else np.arange(3.0).reshape(3, 1, 1)

    assert_array_equal(np.squeeze(x, axis), ops.squeeze(x, axis=axis))
    assert_array_equal(x, pulled_back(ops.squeeze, x, axis=axis))


@pytest.mark.parametrize(
    ("shape", "copies"), [((4,), 6), ((3, 1), 8), ((1, 3, 4), 2), ((), 24), ((2, 3, 4), 1), ((1, 1, 1), 24)]
)
def test_broadcast_entries_collect_from_all_their_copies(shape, copies):
    x = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)

    assert (2, 3, 4) == ops.broadcast_to(x, shape=(2, 3, 4)).shape
    assert_array_equal(copies * x, pulled_back(ops.broadcast_to, x, shape=(2, 3, 4)))


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_concatenate_gives_each_array_its_own_stretch(axis):
    arrays = (np.full((2, 2), 1.0), np.full((2, 2), 2.0), np.full((2, 2), 3.0))
    out, saved = ops.concatenate.forward(*arrays, axis=axis)

    assert_array_equal(np.concatenate(arrays, axis), out)
    for expected, actual in zip(arrays, ops.concatenate.backward(saved, out), strict=True):
        assert_array_equal(expected, actual)


def test_concatenate_of_different_sizes_equals_hand_worked_numbers():
    _, saved = ops.concatenate.forward(np.zeros((1, 2)), np.zeros((1, 1)), axis=1)
    d_a, d_b = ops.concatenate.backward(saved, np.array([[5.0, 6.0, 7.0]]))

    assert_array_equal([[5.0, 6.0]], d_a)
    assert_array_equal([[7.0]], d_b)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_stack_gives_each_array_its_own_slice(axis):
    arrays = (X[0], X[1], -X[0])
    out, saved = ops.stack.forward(*arrays, axis=axis)

    assert_array_equal(np.stack(arrays, axis), out)
    for expected, actual in zip(arrays, ops.stack.backward(saved, out), strict=True):
        assert_array_equal(expected, actual)


@pytest.mark.parametrize(
    ("op", "shapes", "expected"),
    [
        (ops.hstack, [(2, 1), (2, 2)], (2, 3)),
        (ops.hstack, [(2,), (3,)], (5,)),
        (ops.hstack, [(), ()], (2,)),
        (ops.vstack, [(1, 3), (2, 3)], (3, 3)),
        (ops.vstack, [(3,), (3,)], (2, 3)),
        (ops.vstack, [(3,), (2, 3)], (3, 3)),
        (ops.vstack, [(), ()], (2, 1)),
    ],
)
def test_hstack_and_vstack_give_each_array_its_own_part(op, shapes, expected):
    arrays = [np.full(shape, float(number)) for number, shape in enumerate(shapes)]
    out, saved = op.forward(*arrays)

    assert expected == out.shape
    for array, gradient in zip(arrays, op.backward(saved, out), strict=True):
        assert_array_equal(array, gradient, strict=True)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_repeated_entries_collect_from_all_their_copies(axis):
    assert_array_equal(np.repeat(X, 3, axis), ops.repeat(X, repeats=3, axis=axis))
    assert_array_equal(3 * X, pulled_back(ops.repeat, X, repeats=3, axis=axis))


def test_repeat_with_a_number_for_each_entry_is_an_error_that_says_what_to_write():
    with pytest.raises(ValueError, match=r"^repeat: .*one number of repeats, got \[1, 2\]. Use np.take."):
        ops.repeat(np.ones(2), repeats=[1, 2])


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (0, [[5.0, 0.0, 0.0], [0.0, 6.0, 0.0]]),
        (1, [[0.0, 5.0, 0.0], [0.0, 0.0, 6.0]]),
        (-1, [[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]]),
        (2, [[0.0, 0.0, 5.0], [0.0, 0.0, 0.0]]),
        (5, [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    ],
)
def test_only_the_diagonal_has_a_gradient(offset, expected):
    out, saved = ops.diagonal.forward(np.arange(6.0).reshape(2, 3), offset=offset)

    assert_array_equal(expected, ops.diagonal.backward(saved, np.array([5.0, 6.0])[: out.size]))


# -- indexing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [
        (1,),
        (-1, 0, 2),
        (slice(None), slice(1, None), slice(None, None, -2)),
        (..., 1),
        (None, 0),
        (slice(0, 0),),
        (np.array([1]),),
        (slice(None), np.array([2, 0])),
        (np.array([0, 1]), slice(None), np.array([3, 1])),
        (X > 11,),
        (slice(None), np.array([True, False, True])),
        ([1, 0],),
    ],
    ids=str,
)
def test_index_gives_what_numpy_gives_and_only_those_entries_a_gradient(index):
    expected = np.zeros_like(X)
    expected[index] = X[index]

    assert_array_equal(X[index], ops.index(X, *index))
    assert_array_equal(expected, pulled_back(ops.index, X, *index))


def test_entry_that_is_indexed_twice_collects_twice():
    x = np.array([5.0, 6.0, 7.0])
    _, saved = ops.index.forward(x, np.array([0, 2, 0]))
    d_x, d_index = ops.index.backward(saved, np.array([1.0, 10.0, 100.0]))

    assert_array_equal([101.0, 0.0, 10.0], d_x)
    assert d_index is None


def test_index_entries_have_no_gradient():
    _, saved = ops.index.forward(X, 0, slice(None), np.array([1]))

    assert (None, None, None) == ops.index.backward(saved, np.ones((1, 3)))[1:]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (None, [[2.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
        (0, [[2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]),
        (1, [[2.0, 0.0, 1.0], [2.0, 0.0, 1.0]]),
        (-1, [[2.0, 0.0, 1.0], [2.0, 0.0, 1.0]]),
    ],
)
def test_take_counts_how_often_each_entry_was_taken(axis, expected):
    x = np.arange(6.0).reshape(2, 3)
    indices = np.array([0, 1, 0]) if axis == 0 else np.array([0, 2, 0])
    out, saved = ops.take.forward(x, indices, axis=axis)
    d_x, d_indices = ops.take.backward(saved, np.ones_like(out))

    assert_array_equal(np.take(x, indices, axis), out)
    assert_array_equal(expected, d_x)
    assert d_indices is None


def test_index_out_of_bounds_is_an_error_that_names_the_op_and_the_shape():
    with pytest.raises(IndexError, match=r"^index: index 9 is out of bounds .*x \(2, 3, 4\)"):
        ops.index(X, 9)


def test_take_out_of_bounds_is_an_error_that_names_the_op():
    with pytest.raises(IndexError, match=r"^take: index 9 is out of bounds"):
        ops.take(X, np.array([9]), axis=1)


def test_reshape_to_another_size_is_an_error_that_names_the_op():
    with pytest.raises(ValueError, match=r"^reshape: cannot reshape array of size 24 .*x \(2, 3, 4\)"):
        ops.reshape(X, shape=(5, 5))


def test_astype_gives_the_gradient_in_the_type_of_the_inputs():
    out, saved = ops.astype.forward(np.array([1.5, 2.5]), dtype=np.float32)
    d_x = ops.astype.backward(saved, np.array([1.0, 2.0], np.float32))

    assert np.float32 == out.dtype
    assert np.float64 == d_x.dtype
    assert_array_equal([1.0, 2.0], d_x)


def test_copy_shares_no_memory():
    assert not np.shares_memory(X, ops.copy(X))
