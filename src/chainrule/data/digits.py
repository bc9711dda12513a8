"""1797 handwritten digits of 8 by 8 pixels, bundled with scikit-learn: no download."""

from __future__ import annotations

import numpy as np

from chainrule.data.dataset import Dataset

__all__ = ["digits"]


def digits() -> Dataset:
    """Give the digits as scikit-learn has them: pixels from 0 to 16 row by row, classes 0 to 9.

    >>> digits().x.shape
    (1797, 64)

    The test part of the UCI set "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998).
    """
    from sklearn.datasets import load_digits

    bundled = load_digits()
    return Dataset(
        name="digits",
        x=bundled.data.astype(np.float64),
        y=bundled.target.astype(np.int64),
        task="classification",
        feature_names=tuple(bundled.feature_names),
        classes=tuple(range(10)),
        image_shape=(8, 8),
    )
