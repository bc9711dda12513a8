"""Batches: every row once an epoch, in an order that only the generator decides."""

import numpy as np
import pytest

from chainrule.learning import batches
from chainrule.learning.batches import Batches
from chainrule.learning.samples import checked_samples

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10)


def test_a_full_batch_is_all_rows_in_their_own_order():
    [(x, y)] = Batches(X, Y, None).epoch(np.random.default_rng(0))

    assert X is x
    assert Y is y


def test_every_row_is_seen_once_with_its_own_target():
    batches = list(Batches(X, Y, 4).epoch(np.random.default_rng(0)))
    seen = np.concatenate([y for _, y in batches])

    assert [4, 4, 2] == [len(x) for x, _ in batches]
    assert list(Y) == sorted(seen)
    assert list(Y) != list(seen)
    assert np.array_equal(X[seen], np.concatenate([x for x, _ in batches]))


def test_the_order_is_the_generators_permutation():
    seen = np.concatenate([y for _, y in Batches(X, Y, 4).epoch(np.random.default_rng(3))])

    assert np.array_equal(np.random.default_rng(3).permutation(10), seen)


def test_an_epoch_can_begin_with_a_later_batch():
    whole = list(Batches(X, Y, 4).epoch(np.random.default_rng(0)))
    rest = list(Batches(X, Y, 4).epoch(np.random.default_rng(0), done=4))

    assert [list(y) for _, y in whole[1:]] == [list(y) for _, y in rest]


def test_batches_have_numbers():
    assert ["batch 0", "batch 1", "batch 2"] == [Batches(X, Y, 4).place(row) for row in (0, 4, 8)]
    assert "batch 0" == Batches(X, Y, None).place(0)


def test_samples_get_the_dtype_and_class_numbers_stay():
    x, y = checked_samples("training", X.astype(int), Y, np.float32)

    assert np.float32 == x.dtype
    assert Y.dtype == y.dtype


def test_samples_cannot_be_written_and_are_not_copied():
    x, _ = checked_samples("training", X, Y, float)

    assert np.shares_memory(X, x)
    assert not x.flags.writeable
    assert X.flags.writeable


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("block_bytes", [1, 100, 10**6])
def test_blocks_of_any_size_give_the_same_batches(block_bytes, order, monkeypatch):
    monkeypatch.setattr(batches, "BLOCK_BYTES", block_bytes)
    found = list(Batches(np.asarray(X, order=order), Y, 4).epoch(np.random.default_rng(3)))
    rows = np.random.default_rng(3).permutation(10)

    assert [4, 4, 2] == [len(x) for x, _ in found]
    assert np.array_equal(X[rows], np.concatenate([x for x, _ in found]))
    assert np.array_equal(Y[rows], np.concatenate([y for _, y in found]))


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x.T, lambda x: x[::2], lambda x: x[:, 1:]])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_found_in_any_layout(value, view):
    x = np.zeros((6, 6))
    x[4, 2] = value
    x = view(x)
    place = tuple(np.argwhere(x != 0)[0])

    with pytest.raises(ValueError, match=rf"x\[{place[0]}, {place[1]}\] is {value}"):
        checked_samples("training", x, np.zeros(len(x)), float)


def test_large_values_whose_squares_overflow_are_finite():
    x = np.array([[1e300], [-1e300]])

    assert np.array_equal(x, checked_samples("training", x, np.zeros(2), float)[0])
