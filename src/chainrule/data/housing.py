"""House prices in Ames, Iowa: 1460 sales, 2006 to 2010, as a table of numbers and text."""

from __future__ import annotations

from chainrule.data.reading import read_table
from chainrule.data.store import locate
from chainrule.data.table import Table

__all__ = ["housing"]

SHAPE = (1460, 81)
CODES = ("MSSubClass",)  # 20, 60, 120 ... are kinds of houses, whose differences mean nothing


def housing(*, download: bool = False) -> Table:
    """Give the table: ``Id``, 79 columns that describe a house, and ``SalePrice`` in dollars.

    A cell NA is a missing value, also where the authors mean "none", as in ``Alley`` or ``PoolQC``; among
    text that is a category of its own, so nothing is lost. ``MSSubClass`` is read as text: it is a code.

    Args:
        download: whether the file may be fetched if it is not here, about 0.5 MB. See ``chainrule data fetch``.

    The data of Dean De Cock (Journal of Statistics Education 19(3), 2011), in the form of Kaggle's competition
    "House Prices: Advanced Regression Techniques".
    """
    path = locate("housing", download=download)["housing_train.csv"]
    table = read_table(path, categories=CODES)
    shape = len(table), len(table.columns)
    if shape != SHAPE:
        raise ValueError(
            f"{path.name} has {shape[0]} rows and {shape[1]} columns; expected {SHAPE[0]} and {SHAPE[1]}: the file "
            "was cut short, or is another table. Get it again, or read a table of your own with read_table."
        )
    return table
