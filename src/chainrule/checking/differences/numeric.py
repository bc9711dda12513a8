"""Whether a backward takes differences of its forward, instead of a formula."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.case import Case, Run, copied, is_float
from chainrule.checking.differences.reference import numeric_reference

__all__ = ["looks_numeric"]

Array = npt.NDArray[Any]

EXACT, NEARLY = 1e-13, 2e-4
# Moved by a few units in the last place, a formula moves by about as many; a difference by 1e-16 / h and more.
NOISE = 3e-14
_OWN = str(Path(__file__).parents[2])


def looks_numeric(case: Case, run: Run, place: int, error: float) -> bool:
    """Whether a nearly right gradient comes from differences.

    A formula with a small constant in it, ``1 / (p + 1e-8)``, is as far off, but it is smooth: where the arrays move
    by a few units in the last place, so does its value. A difference divides the rounding of forward by its step.

    Args:
        case: the op with its arrays.
        run: one of it; its ``d_out`` is used again.
        place: of the gradient.
        error: its largest difference from the right one, relative to the largest entry.
    """
    if not EXACT < error < NEARLY:
        return False
    gradient = np.asarray(run.gradients[place])
    if gradient.dtype != np.float64 or _is_float32(gradient):
        return False
    if _calls_of_forward(case, run) >= 2:
        return True
    beside = [tuple(_moved(array, rng) for array in case.arrays) for rng in map(np.random.default_rng, range(3))]
    noise = _noise(gradient, [case.run(arrays, run.d_out).gradients[place] for arrays in beside])
    return noise > NOISE and noise > 10 * _condition(case, run, place, beside)


def _is_float32(gradient: Array) -> bool:
    """Whether float32 holds every entry: then rounding to it is what makes it imprecise."""
    with np.errstate(all="ignore"):
        return gradient.size > 1 and bool(np.array_equal(gradient.astype(np.float32), gradient))


def _noise(gradient: Array, beside: Sequence[Any]) -> float:
    """How far a gradient moves with the last places of the arrays, relative to its largest entry."""
    size = float(np.max(np.abs(gradient), initial=0.0))
    moves = [float(np.max(np.abs(np.asarray(one) - gradient), initial=0.0)) for one in beside]
    return float(np.median(moves)) / size if size else 0.0


def _condition(case: Case, run: Run, place: int, beside: Sequence[tuple[Any, ...]]) -> float:
    """How far the right gradient moves with them; 0 where only differences say what it is."""
    references = [numeric_reference(case.op, arrays, case.parameters, (place,)) for arrays in (case.arrays, *beside)]
    if any(one.method == "central differences" for one in references):
        return 0.0
    first, *others = (np.asarray(one.gradients(run.d_out)[place]) for one in references)
    return _noise(first, others)


def _moved(array: Any, rng: np.random.Generator) -> Any:
    if not is_float(array):
        return copied(array)
    ulps = rng.integers(2, 6, np.shape(array)) * rng.choice([-1.0, 1.0], np.shape(array))
    return array * (1 + ulps * np.finfo(array.dtype).eps / 2)


def _calls_of_forward(case: Case, run: Run) -> int:
    """How often backward runs the function that is forward: most often, as one is called from the other."""
    arrays = copied(case.arrays)
    kept: list[Any] = []
    codes = _calls(lambda: kept.append(case.op.forward(*arrays, **case.parameters)))
    author = next((code for code in codes if code.co_name not in ("__init__", "__new__")), None)
    if author is None:
        return 0
    again = _calls(lambda: case.op.backward(kept[0][1], copied(run.d_out)))
    return again.get(author, 0)


def _calls(function: Callable[[], Any]) -> dict[CodeType, int]:
    """How often which function ran, in the order in which they were first called; none of this package."""
    counts: dict[CodeType, int] = {}

    def count(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and not code.co_filename.startswith((_OWN, str(Path(np.__file__).parent), "<__array")):
            counts[code] = counts.get(code, 0) + 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return counts
