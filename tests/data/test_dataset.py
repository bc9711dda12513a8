"""Datasets refuse what does not fit; rows are shared out once each."""

import numpy as np
import pytest

from chainrule.data import Dataset, digits, split


def classified(counts, rng=0):
    """A dataset with ``counts[k]`` rows of class k; x holds the row's number."""
    y = np.repeat(np.arange(len(counts)), counts)
    x = np.arange(len(y), dtype=np.float64)[:, None]
    return Dataset("letters", x, y, "classification", ("x",), tuple("abcdefghijkl"[: len(counts)]))


def regression(rows):
    x = np.arange(rows, dtype=np.float64)[:, None]
    return Dataset("line", x, 2.0 * x[:, 0], "regression", ("x",))


def parts(dataset, **options):
    shared = split(dataset, **options)
    return shared.train, shared.validation, shared.test


@pytest.mark.parametrize("dataset", [regression(50), classified([30, 20])])
def test_every_row_is_in_exactly_one_part(dataset):
    rows = np.concatenate([part.x[:, 0] for part in parts(dataset, validation=0.2, test=0.3, rng=1)])

    np.testing.assert_array_equal(np.arange(50), np.sort(rows))


def test_sizes_are_fractions_of_all_rows():
    assert [25, 10, 15] == [len(part) for part in parts(regression(50), validation=0.2, test=0.3, rng=1)]


def test_rows_keep_their_targets():
    for part in parts(regression(20), rng=3):
        np.testing.assert_array_equal(2.0 * part.x[:, 0], part.y)


def test_classes_keep_their_proportions():
    train, validation, test = parts(classified([60, 30, 10]), rng=0)

    assert [36, 18, 6] == np.bincount(train.y).tolist()
    assert [12, 6, 2] == np.bincount(validation.y).tolist()
    assert [12, 6, 2] == np.bincount(test.y).tolist()


def test_a_class_with_a_single_row_is_still_shared_out():
    shared = parts(classified([30, 1]), rng=0)

    assert 31 == sum(len(part) for part in shared)
    assert {("a", "b")} == {part.classes for part in shared}


def test_more_classes_than_test_rows_are_shared_out_plainly():
    assert [8, 2, 2] == [len(part) for part in parts(classified([2] * 6), validation=0.2, test=0.2, rng=0)]


def test_the_same_seed_gives_the_same_parts():
    first, again, other = (split(digits(), rng=seed).train.x for seed in (5, 5, 6))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_generator_is_used_and_moves_on():
    generator = np.random.default_rng(5)
    first, second = (split(regression(50), rng=generator).train.x for _ in range(2))

    np.testing.assert_array_equal(split(regression(50), rng=np.random.default_rng(5)).train.x, first)
    assert not np.array_equal(first, second)


def test_the_global_random_state_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    split(regression(20), rng=0)

    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_four_rows_are_enough():
    assert [2, 1, 1] == [len(part) for part in parts(regression(4), rng=0)]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_too_few_rows_are_refused(rows):
    with pytest.raises(ValueError, match=f"{rows} rows are too few .* expected at least 2"):
        split(regression(rows), rng=0)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, 10, float("nan")])
def test_fractions_outside_0_and_1_are_refused(fraction):
    with pytest.raises(ValueError, match=f"validation is {fraction}; expected a fraction between 0 and 1"):
        split(regression(20), validation=fraction, rng=0)
    with pytest.raises(ValueError, match=f"test is {fraction}; expected a fraction between 0 and 1"):
        split(regression(20), test=fraction, rng=0)


def test_fractions_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="leave no rows to train with"):
        split(regression(20), validation=0.5, test=0.5, rng=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.zeros(3)}, r"x has shape \(3,\)"),
        ({"y": np.zeros(4)}, r"x has shape \(3, 2\) and y \(4,\)"),
        ({"y": np.zeros((3, 1))}, r"y \(3, 1\)"),
        ({"feature_names": ("a",)}, "1 feature names for 2 columns"),
        ({"feature_names": ("a", "a")}, "two features, or a feature and the target, have the same name"),
        ({"feature_names": ("a", "target")}, "have the same name"),
        ({"image_shape": (2, 2)}, r"image_shape \(2, 2\) does not fit 2 columns"),
        ({"x": np.array([[0.0, np.nan]] * 3)}, "x holds nan or inf"),
        ({"y": np.array([0.0, np.inf, 1.0])}, "y holds nan or inf"),
        ({"task": "ranking"}, "task is 'ranking'; expected one of 'classification', 'regression'"),
        ({"task": "clasification"}, "Did you mean 'classification'"),
        ({"task": "classification"}, "y has dtype float64 and classes is None"),
        (
            {"task": "classification", "y": np.array([0, 1, 2]), "classes": ("a", "b")},
            "y holds 2, outside the classes 0 to 1",
        ),
    ],
)
def test_a_dataset_that_does_not_fit_is_refused(change, message):
    fitting = {
        "name": "d",
        "x": np.zeros((3, 2)),
        "y": np.zeros(3),
        "task": "regression",
        "feature_names": ("a", "b"),
    }

    with pytest.raises(ValueError, match=message):
        Dataset(**(fitting | change))
