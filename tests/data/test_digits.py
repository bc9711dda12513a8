"""The bundled digits, against scikit-learn's own."""

import numpy as np
from sklearn.datasets import load_digits

from chainrule.data import digits


def test_digits_are_scikit_learns():
    bundled, dataset = load_digits(), digits()

    np.testing.assert_array_equal(bundled.data, dataset.x)
    np.testing.assert_array_equal(bundled.target, dataset.y)
    assert tuple(bundled.feature_names) == dataset.feature_names


def test_digits_say_what_they_are():
    dataset = digits()

    assert (1797, 64) == dataset.x.shape
    assert np.float64 == dataset.x.dtype
    assert (0.0, 16.0) == (dataset.x.min(), dataset.x.max())
    assert "iu".find(dataset.y.dtype.kind) >= 0
    assert ("classification", (8, 8), tuple(range(10))) == (
        dataset.task,
        dataset.image_shape,
        dataset.classes,
    )
