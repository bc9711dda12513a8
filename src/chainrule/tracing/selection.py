"""Entries chosen by a traced condition: how many there are depends on values, so a trace keeps them all, with the mask.

``x[x < 0] *= 0.01`` and ``d_x[mask] = d_out[mask]`` take entries out, change them one by one and put them back where
they were; that is ``np.where(mask, changed, x)`` on whole arrays, which is what gets written down.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule.tracing.errors import TracingError

__all__ = ["COUNT_DEPENDS", "Nonzero", "Selection"]

COUNT_DEPENDS = (
    "how many entries a traced condition selects depends on its values, so a program can't have an array of just "
    "those. Keep the whole array: `np.where(mask, x, 0)`, and `np.where(mask, x, 0).sum()` for a sum."
)

# Defined everywhere, so the entries that were not chosen can go through them unchanged.
_TOTAL = frozenset({np.add, np.subtract, np.multiply, np.negative, np.positive, np.absolute, np.square, np.sign})


class Nonzero:
    """What ``np.where(mask)`` gives along one axis: good as an index, for nothing else."""

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def __getattr__(self, name: str) -> Any:
        raise TracingError(COUNT_DEPENDS)

    def __len__(self) -> int:
        raise TracingError(COUNT_DEPENDS)


class Selection(NDArrayOperatorsMixin):
    """``source[mask]`` for a traced mask; arithmetic goes on entry by entry."""

    def __init__(self, source: Any, mask: Any) -> None:
        self.source = source
        self.mask = mask

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", ())
        if method != "__call__" or kwargs or any(value is not self for value in out):
            raise TracingError(COUNT_DEPENDS)
        return Selection(ufunc(*(self._whole(value, guarded=ufunc not in _TOTAL) for value in inputs)), self.mask)

    def _whole(self, value: Any, *, guarded: bool) -> Any:
        """The whole array behind an operand, with 1 where not chosen if the function might not be defined there."""
        if isinstance(value, Selection):
            if value.mask.read() is not self.mask.read():
                raise TracingError("two selections by different conditions meet. " + COUNT_DEPENDS)
            return np.where(self.mask, value.source, 1) if guarded else value.source
        if np.ndim(value):
            raise TracingError("an array meets a selection by a traced condition. " + COUNT_DEPENDS)
        return value

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is np.sum and not kwargs and len(args) == 1:
            return np.sum(np.where(self.mask, self.source, 0))
        raise TracingError(COUNT_DEPENDS)

    def sum(self) -> Any:
        """The sum of the chosen entries."""
        return np.sum(self)

    def copy(self) -> Selection:
        """Itself: a selection is never written."""
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise TracingError(COUNT_DEPENDS)
