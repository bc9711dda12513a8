"""The sheet's data: living area and price of 1460 houses, scaled and split as the sheet does it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import chainrule.data
from chainrule.courses.i2dl.evaluation import binarize
from chainrule.data import Table

__all__ = ["housing_classification_data", "housing_data"]

Array = npt.NDArray[Any]


def housing_data(table: Table | None = None) -> dict[str, Array]:
    """The data for regression: price from living area, both scaled to [0, 1] on the training rows.

    The rows are shuffled with the sheet's random state and split 60 / 20 / 20.

    Args:
        table: has the columns GrLivArea and SalePrice; `chainrule.data.housing()` if not given.

    Returns:
        ``X_train``, ``X_val``, ``X_test``: float32, shape (N, 1), and ``y_train``, ``y_val``, ``y_test``: float64,
        shape (N, 1).
    """
    table = chainrule.data.housing() if table is None else table
    # The one that the sheet's numbers come from; it is seeded here, so the global generator is left alone.
    rows = np.random.RandomState(0).permutation(len(table))
    area, price = table.numbers("GrLivArea")[rows, None], table.numbers("SalePrice")[rows, None]
    ends = [int(0.6 * len(table)), int(0.8 * len(table))]
    X = np.split(_scaled(area, area[: ends[0]]).astype(np.float32), ends)
    y = np.split(_scaled(price, price[: ends[0]]), ends)
    data = {f"X_{part}": values for part, values in zip(("train", "val", "test"), X, strict=True)}
    return data | {f"y_{part}": values for part, values in zip(("train", "val", "test"), y, strict=True)}


def housing_classification_data(table: Table | None = None) -> dict[str, Array]:
    """The data for classification: the 30 % cheapest houses have label 0 and the 30 % most expensive 1.

    The percentiles are those of all prices together; houses between them are left out.

    Args:
        table: as for `housing_data`.

    Returns:
        the same keys, shapes and types as `housing_data`, with fewer rows.
    """
    data = housing_data(table)
    parts = ("train", "val", "test")
    prices = np.concatenate([data[f"y_{part}"] for part in parts])
    low, high = np.percentile(prices, [30, 70])
    for part in parts:
        data[f"X_{part}"], data[f"y_{part}"] = binarize(data[f"X_{part}"], data[f"y_{part}"], low, high)
    return data


def _scaled(values: Array, training: Array) -> Array:
    """0 for the least training value, 1 for the largest; values outside those become less than 0 or more than 1."""
    least, most = training.min(), training.max()
    scaled: Array = (values - least) / (most - least)
    return scaled
