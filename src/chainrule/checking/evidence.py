"""What a diagnosis looks at: a result beside what it should be, and what the reference says to other questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EXACT", "Evidence", "Facts", "Trial", "distance", "is_close"]

Array = npt.NDArray[Any]
Facts = Mapping[str, Any]

# Two ways to write one formula in float64 part by less than this, relative to the largest entry.
EXACT = 1e-11


@dataclass(frozen=True, eq=False)
class Trial:
    """One set of arrays, one incoming gradient, and what the reference makes of them.

    Args:
        arrays: what both get.
        parameters: forward's keyword arguments.
        d_out: the incoming gradient, random; ones where the subject's backward takes none.
        out: the reference's result.
        gradients: the reference's, one for each array; None where there is none.
        again: the reference's gradients for another ``d_out``.
        sizes: what the letters stand for, ``{"N": 5, "D": 3}``; at least N, the batch size.
        tolerance: how far two right results may be apart, relative to the largest entry.
        convention: in words, where the 1/N is paid; quoted by sentences about factors.
        known: for each place, the entries whose gradient is known; empty where that is all.
        kinked: the places at which some entries have a kink: their gradients are bounded, and not known.
        bring_back: to be called before forward, for one that draws random numbers: it draws the same again.
    """

    arrays: tuple[Any, ...]
    parameters: Mapping[str, Any]
    d_out: Any
    out: Any
    gradients: tuple[Any, ...]
    again: Callable[[Any], tuple[Any, ...]]
    sizes: Mapping[str, int]
    tolerance: float = EXACT
    convention: str = ""
    known: Mapping[int, Array] = field(default_factory=dict)
    kinked: frozenset[int] = frozenset()
    bring_back: Callable[[], None] = field(default=lambda: None)

    @property
    def count(self) -> int:
        """N, the batch size."""
        return self.sizes["N"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """One result of the subject in one trial.

    Args:
        trial: the question.
        part: what the author calls the result, ``"dw"``; ``"forward"`` for forward's.
        yours: what came back, an array.
        place: the array that it is the gradient of; None for forward's result.
        others: all the subject's gradients, for those that were swapped.
    """

    trial: Trial
    part: str
    yours: Array
    place: int | None = None
    others: tuple[Any, ...] = field(default=())

    @property
    def expected(self) -> Array:
        """What the reference gives."""
        return np.asarray(self.trial.out if self.place is None else self.trial.gradients[self.place])

    @property
    def argument(self) -> Array:
        """The array that this is the gradient of."""
        if self.place is None:
            raise ValueError("forward's result is no array's gradient")
        return np.asarray(self.trial.arrays[self.place])

    def again(self, d_out: Any) -> Array:
        """The reference's gradient for another incoming one."""
        if self.place is None:
            raise ValueError("forward's result does not depend on d_out")
        return np.asarray(self.trial.again(d_out)[self.place])

    def equals(self, candidate: Any) -> bool:
        """Whether the result is this candidate, within the trial's tolerance."""
        return is_close(self.yours, candidate, self.trial.tolerance)


def distance(yours: Any, expected: Any) -> float:
    """The largest difference, relative to the largest expected entry; infinity for other shapes or nan.

    An infinite entry is right where the same one is expected.
    """
    a, b = np.asarray(yours), np.asarray(expected)
    if a.shape != b.shape or a.dtype.kind not in "fiubc":
        return float("inf")
    if not a.size:
        return 0.0
    a, b = a.astype(np.result_type(a, float), copy=False), b.astype(np.result_type(b, float), copy=False)
    with np.errstate(all="ignore"):
        apart = np.where(a == b, 0.0, np.abs(a - b))
        finite = np.abs(b[np.isfinite(b)])
        scale = float(finite.max()) if finite.size else 0.0
        largest = float(apart.max()) / (scale or 1.0)
    return largest if not np.isnan(largest) else float("inf")


def is_close(yours: Any, expected: Any, tolerance: float) -> bool:
    """Whether they have one shape and part nowhere by more than the tolerance; nan never does."""
    return distance(yours, expected) <= tolerance
