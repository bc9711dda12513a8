"""one_hot, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.preprocessing import label_binarize

from chainrule.data import one_hot


def test_equals_scikit_learns_label_binarize():
    labels = np.random.default_rng(0).integers(0, 7, size=50)

    np.testing.assert_array_equal(label_binarize(labels, classes=range(7)), one_hot(labels, 7))


def test_has_the_dtype_that_is_asked_for():
    assert np.float32 == one_hot([0, 1], 2, np.float32).dtype
    assert np.float64 == one_hot([0, 1], 2).dtype


def test_no_labels_give_no_rows():
    assert (0, 3) == one_hot([], 3).shape


@pytest.mark.parametrize(("labels", "bad"), [([0, 3], 3), ([-1, 0], -1)])
def test_a_label_outside_the_classes_is_named(labels, bad):
    with pytest.raises(ValueError, match=f"label {bad} is outside the classes 0 to 2"):
        one_hot(labels, 3)


@pytest.mark.parametrize("labels", [[0.0, 1.0], [[0], [1]], ["a"], 1])
def test_what_is_no_row_of_class_numbers_is_refused(labels):
    with pytest.raises(ValueError, match=r"expected whole numbers of shape \(N,\)"):
        one_hot(labels, 3)
