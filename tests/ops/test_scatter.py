"""Writing into parts of an array, as functions: the same as NumPy's statements, with the array left as it was."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import ops
from chainrule.ops.scatter import added_at, index_of, takes_once, written_at

X = np.arange(12.0).reshape(3, 4)
INDICES = [
    1,
    (slice(None), 2),
    (slice(0, 2), slice(None, None, -1)),
    ...,
    (..., 0),
    np.array([2, 0]),
    (np.array([0, 2]), np.array([1, 1])),
    X > 5,
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_written_at_is_the_assignment_on_a_copy(index):
    expected, x = X.copy(), X.copy()
    expected[index] = -1.0

    assert_array_equal(expected, written_at(x, index, -1.0))
    assert_array_equal(X, x)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_added_at_is_the_addition_on_a_copy(index):
    expected, x = X.copy(), X.copy()
    expected[index] += 10.0

    assert_array_equal(expected, added_at(x, index, 10.0))
    assert_array_equal(X, x)


def test_added_at_adds_twice_where_the_index_names_a_place_twice():
    assert_array_equal([111.0, 2.0], added_at(np.array([1.0, 2.0]), np.array([0, 0]), np.array([10.0, 100.0])))


def test_written_at_casts_to_the_dtype_of_the_array():
    assert np.float32 == written_at(np.zeros(2, np.float32), 0, np.float64(1.5)).dtype


def test_write_at_gives_the_gradient_to_what_was_written():
    x, values = np.array([1.0, 2.0, 3.0]), np.array([7.0, 8.0])
    out, saved = ops.write_at.forward(x, values, slice(1, 3))
    d_x, d_values, d_index = ops.write_at.backward(saved, np.array([10.0, 20.0, 30.0]))

    assert_array_equal([1.0, 7.0, 8.0], out)
    assert_array_equal([10.0, 0.0, 0.0], d_x)
    assert_array_equal([20.0, 30.0], d_values)
    assert d_index is None


def test_add_at_gives_the_gradient_to_both():
    x, values = np.array([1.0, 2.0, 3.0]), np.array([7.0, 8.0])
    out, saved = ops.add_at.forward(x, values, np.array([1, 1]))
    d_x, d_values, d_index = ops.add_at.backward(saved, np.array([10.0, 20.0, 30.0]))

    assert_array_equal([1.0, 17.0, 3.0], out)
    assert_array_equal([10.0, 20.0, 30.0], d_x)
    assert_array_equal([20.0, 20.0], d_values)
    assert d_index is None


@pytest.mark.parametrize("op", [ops.write_at, ops.add_at])
def test_one_value_for_many_places_collects_from_all_of_them(op):
    _, saved = op.forward(X, np.array(5.0), slice(0, 2), slice(1, 3))
    d_values = op.backward(saved, X)[1]

    assert X[0:2, 1:3].sum() == d_values
    assert () == np.shape(d_values)


def test_values_with_more_axes_than_the_place_get_a_gradient_of_their_own_shape():
    _, saved = ops.write_at.forward(X, np.ones((1, 1, 4)), 0)

    assert_array_equal(X[0].reshape(1, 1, 4), ops.write_at.backward(saved, X)[1])


def test_value_that_is_overwritten_has_no_gradient():
    out, saved = ops.write_at.forward(np.zeros(2), np.array([7.0, 8.0, 9.0]), np.array([0, 1, 0]))
    d_x, d_values, _ = ops.write_at.backward(saved, np.array([10.0, 20.0]))

    assert_array_equal([9.0, 8.0], out)
    assert_array_equal([0.0, 0.0], d_x)
    assert_array_equal([0.0, 20.0, 10.0], d_values)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((1, slice(2), None, ...), True),
        ((np.array([True, False]),), True),
        ((np.array(1),), True),
        ((np.array([0, 0]),), False),
        ((slice(None), [0, 0]), False),
    ],
)
def test_only_arrays_of_whole_numbers_can_name_a_place_twice(entries, expected):
    assert expected == takes_once(entries)


def test_index_of_is_one_entry_or_a_tuple():
    assert 1 == index_of((1,))
    assert (1, 2) == index_of([1, 2])


def test_values_that_do_not_fit_are_an_error_that_names_the_op():
    with pytest.raises(ValueError, match=r"^write_at: .*values \(3,\)"):
        ops.write_at(X, np.ones(3), 0)
