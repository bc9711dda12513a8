"""Data that models learn from: digits, houses, tables of your own, and how raw columns become numbers.

Read in this order:

1. ``dataset``: :class:`Dataset`, arrays with what they mean; :func:`split` into training, validation, test.
2. ``digits``: :func:`digits`, the handwritten digits that scikit-learn brings along.
3. ``table``: :class:`Table`, named columns of numbers or text. ``reading``: :func:`read_table` (.csv, .npz).
4. ``mnist``: :func:`mnist`, by way of ``idx`` and ``resizing``. ``housing``: :func:`housing`, a table.
5. ``sources``, ``fetching``, ``store``: which datasets can be fetched, how, and where they then are.
   ``listing``: the same in words, for the command.
6. ``columns`` and ``targets``: how one column becomes numbers, fitted on training rows, and back again.
7. ``preparation``: :func:`prepare`, a whole table; :class:`Preparation`, which does the same to new tables.
8. ``encoding``: :func:`one_hot`.  ``predictions``: :func:`write_predictions`.
"""

from chainrule.data.dataset import Dataset, Split, TrainTest, split
from chainrule.data.digits import digits
from chainrule.data.encoding import one_hot
from chainrule.data.housing import housing
from chainrule.data.mnist import mnist
from chainrule.data.predictions import write_predictions
from chainrule.data.preparation import Preparation, Prepared, prepare, prepare_dataset
from chainrule.data.reading import read_table
from chainrule.data.table import Table

__all__ = [
    "Dataset",
    "Preparation",
    "Prepared",
    "Split",
    "Table",
    "TrainTest",
    "digits",
    "housing",
    "mnist",
    "one_hot",
    "prepare",
    "prepare_dataset",
    "read_table",
    "split",
    "write_predictions",
]
