"""Measures against numbers worked by hand."""

import numpy as np
import pytest

from chainrule.learning.metrics import accuracy, confusion_matrix, mean_absolute_error, mean_squared_error, r2


def test_accuracy_is_the_fraction_of_hits():
    assert 0.75 == accuracy(["a", "b", "a", "b"], ["a", "b", "b", "b"])


def test_rows_of_the_confusion_matrix_are_the_true_classes():
    counts = confusion_matrix([0, 0, 0, 1, 2], [0, 1, 1, 1, 0])

    assert [[1, 2, 0], [0, 1, 0], [1, 0, 0]] == counts.tolist()


def test_confusion_matrix_counts_classes_that_do_not_occur():
    assert [[0, 0], [0, 2]] == confusion_matrix(["b", "b"], ["b", "b"], classes=["a", "b"]).tolist()


def test_errors_by_hand():
    target, predicted = [1.0, 2.0, 3.0], [1.0, 4.0, 0.0]

    assert pytest.approx(13 / 3) == mean_squared_error(target, predicted)
    assert pytest.approx(5 / 3) == mean_absolute_error(target, predicted)
    # 13 against the 2 of always saying 2.
    assert pytest.approx(1 - 13 / 2) == r2(target, predicted)


@pytest.mark.parametrize("measure", [mean_squared_error, mean_absolute_error, r2])
def test_shapes_that_would_broadcast_are_refused(measure):
    with pytest.raises(ValueError, match=r"target has shape \(3, 1\) and predicted \(3,\). Reshape one"):
        measure(np.ones((3, 1)), np.ones(3))
