"""`DataLoader`: minibatches, and what a batch may look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DataLoader", "batch_arrays"]

Array = npt.NDArray[Any]

# Inputs and targets under the names of the course's data sets, and under ours.
NAMES = (("X", "y"), ("image", "label"), ("features", "target"))


class DataLoader:
    """Cuts samples into minibatches, anew each time it is looped over.

    >>> loader = DataLoader((np.arange(5.0).reshape(5, 1), np.arange(5)), batch_size=2)
    >>> [batch["y"] for batch in loader]
    [array([0, 1]), array([2, 3]), array([4])]

    Args:
        dataset: a pair ``(X, y)``, a dict with "X" and "y", or a `chainrule.data.Dataset`, with as many rows in both.
        batch_size: rows in a batch; the last one may have less.
        shuffle: whether to take the rows in a new order each time.
        drop_last: whether to leave out a last batch with less rows.
        rng: a Generator or a seed, for the order.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"DataLoader: batch_size is {batch_size}; expected at least 1")
        pair = (dataset.x, dataset.y) if hasattr(dataset, "x") and hasattr(dataset, "y") else dataset
        X, y = batch_arrays("DataLoader: the dataset", pair)
        self.X, self.y = np.array(X), np.array(y)
        if self.X.ndim < 1 or self.y.ndim < 1 or len(self.X) != len(self.y):
            raise ValueError(
                f"DataLoader: X has shape {self.X.shape} and y {self.y.shape}; expected as many rows in both"
            )
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.rng = np.random.default_rng(rng)

    def __len__(self) -> int:
        """How many batches."""
        whole, rest = divmod(len(self.X), self.batch_size)
        return whole + (1 if rest and not self.drop_last else 0)

    def __iter__(self) -> Iterator[dict[str, Array]]:
        """Batches ``{"X": ..., "y": ...}``, arrays of their own."""
        rows = self.rng.permutation(len(self.X)) if self.shuffle else np.arange(len(self.X))
        for number in range(len(self)):
            chosen = rows[number * self.batch_size : (number + 1) * self.batch_size]
            yield {"X": self.X[chosen], "y": self.y[chosen]}


def batch_arrays(what: str, batch: Any) -> tuple[Any, Any]:
    """Inputs and targets of a batch: a pair, or a dict with one of the pairs of names.

    >>> batch_arrays("a batch", {"image": 1, "label": 2})
    (1, 2)
    """
    if isinstance(batch, Mapping):
        for inputs, targets in NAMES:
            if inputs in batch and targets in batch:
                return batch[inputs], batch[targets]
    elif isinstance(batch, (tuple, list)) and len(batch) == 2:
        return batch[0], batch[1]
    names = " or ".join(f"{inputs!r} and {targets!r}" for inputs, targets in NAMES)
    found = f"a dict with {', '.join(map(repr, batch))}" if isinstance(batch, Mapping) else f"a {type(batch).__name__}"
    raise ValueError(f"{what} is {found}; expected a pair (X, y), or a dict with {names}")
