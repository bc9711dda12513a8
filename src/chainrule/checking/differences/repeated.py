"""A forward that can be repeated: on copies, in float64, from the same random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.case import Case, copied, is_float
from chainrule.checking.differences.generators import States, generators_of
from chainrule.op import Op

__all__ = ["Repeated", "same_values"]

Array = npt.NDArray[Any]


class Repeated:
    """Remembers the generators' states, so that a forward gives the same result for the same arrays.

    Args:
        op: whose forward.
        arrays: floats are taken in float64.
        parameters: forward's keyword arguments.
    """

    def __init__(self, op: Op, arrays: Sequence[Any], parameters: Mapping[str, Any]) -> None:
        self._op, self._parameters = op, parameters
        self._states: States | None = None
        self.arrays = tuple(array.astype(np.float64) if is_float(array) else array for array in arrays)
        self.calls = 0
        self.out = self._at(self.arrays)
        self.is_repeatable = self._becomes_repeatable()

    @classmethod
    def of(cls, case: Case) -> Repeated:
        """A case's forward."""
        return cls(case.op, case.arrays, case.parameters)

    def _becomes_repeatable(self) -> bool:
        """Whether a second call gives the same, if need be with the generators brought back before."""
        if same_values(self.out, self._at(self.arrays)):
            return True
        self._states = States(generators_of(self._op.forward, self._op.backward, dict(self._parameters), self.arrays))
        self.out = self._at(self.arrays)
        return same_values(self.out, self._at(self.arrays))

    def bring_back(self) -> None:
        """Set the generators to the states from which ``out`` was drawn."""
        if self._states is not None:
            self._states.bring_back()

    def moved(self, place: int, array: Any) -> Array:
        """Forward's result with another array at one place; all nan where it raises."""
        try:
            out = self._at((*self.arrays[:place], array, *self.arrays[place + 1 :]))
        except Exception:
            # Beside the given arrays, a forward may well say that they are out of range.
            return np.full(self.out.shape, np.nan)
        return out if out.shape == self.out.shape else np.full(self.out.shape, np.nan)

    def _at(self, arrays: Sequence[Any]) -> Array:
        self.bring_back()
        self.calls += 1
        with np.errstate(all="ignore"):
            return np.asarray(self._op.forward(*copied(tuple(arrays)), **self._parameters)[0])


def same_values(one: Array, other: Array) -> bool:
    """Whether two arrays are equal to the last bit; nan equals nan."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
