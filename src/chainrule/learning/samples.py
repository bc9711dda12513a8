"""What is trained on, as arrays that can be computed with, or one clear error that names the entry at fault."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Seen", "checked_kinds", "checked_samples", "finite_samples", "is_mapped", "surely_finite"]

Array = np.ndarray[Any, Any]


def checked_samples(what: str, x: Any, y: Any, dtype: npt.DTypeLike) -> tuple[Array, Array]:
    """Both as finite arrays with a row for each sample; one clear error for what can't be trained on.

    All numbers get the dtype, except integer targets, which may be class numbers. The arrays are read-only: nobody's
    layer can write into the user's own.
    """
    return finite_samples(what, *checked_kinds(what, x, y), dtype)


def checked_kinds(what: str, x: Any, y: Any) -> tuple[Array, Array]:
    """Both as arrays of numbers with a row for each sample; none of the numbers is read."""
    x, y = _numbers(f"{what} x", x), _numbers(f"{what} y", y)
    if len(x) != len(y):
        raise ValueError(f"Solver: {what} x has {len(x)} rows and y has {len(y)}; they must be the same samples")
    if not len(x):
        raise ValueError(f"Solver: the {what} data has no rows")
    return x, y


def finite_samples(
    what: str, x: Array, y: Array, dtype: npt.DTypeLike, rows: Array | None = None
) -> tuple[Array, Array]:
    """Both in the dtype, but for integer targets, and read-only; ``rows`` are the numbers by which errors name them."""
    return (
        _read_only(_finite(f"{what} x", x, dtype, rows)),
        _read_only(y if y.dtype.kind in "iu" else _finite(f"{what} y", y, dtype, rows)),
    )


class Seen:
    """Remembers the arrays that were looked at last, so that a training in many short calls looks at them once.

    Only arrays that are trained on as they are: of others there is a copy, and the array may have changed since. A
    nan that was put in since is found where it spoils a step.
    """

    def __init__(self) -> None:
        self._given: tuple[Any, ...] = ()
        self._checked: tuple[Array, Array] | None = None

    def find(self, x: Any, y: Any) -> tuple[Array, Array] | None:
        """What these very arrays were found to be; None for others."""
        same = bool(self._given) and self._given[0]() is x and self._given[1]() is y
        return self._checked if same else None

    def note(self, x: Any, y: Any, checked: tuple[Array, Array]) -> None:
        """These were looked at."""
        if all(map(_is_itself, (x, y), checked)):
            self._given, self._checked = (weakref.ref(x), weakref.ref(y)), checked


def _is_itself(given: Any, checked: Array) -> bool:
    """Whether the entries that were found fit are the given array's own."""
    return (
        isinstance(given, np.ndarray)
        and (given.dtype, given.shape, given.strides) == (checked.dtype, checked.shape, checked.strides)
        and given.__array_interface__["data"][0] == checked.__array_interface__["data"][0]
    )


def is_mapped(*arrays: Any) -> bool:
    """Whether one of the arrays lies in a file, as ``np.load(path, mmap_mode="r")`` gives it."""
    return any(isinstance(array, np.memmap) for array in arrays)


def _numbers(name: str, values: Any) -> Array:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"Solver: {name} can't be made an array: {error}") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"Solver: {name} has dtype {array.dtype}; expected numbers, text encoded as such")
    if not array.ndim:
        raise ValueError(f"Solver: {name} is a single number; expected an array with a row for each sample")
    return array


def _finite(name: str, array: Array, dtype: npt.DTypeLike, rows: Array | None) -> Array:
    with np.errstate(over="ignore"):  # what is too large for float32 becomes inf, and is reported as such
        converted = array.astype(dtype, copy=False)
    if not surely_finite(converted) and not np.isfinite(converted).all():
        place = tuple(map(int, np.argwhere(~np.isfinite(converted))[0]))
        named = [place[0] if rows is None else int(rows[place[0]]), *place[1:]]
        raise ValueError(f"Solver: {name}{named} is {converted[place]}; remove or fill in missing values first")
    return converted


def surely_finite(array: Array) -> bool:
    """Whether the sum of all squares is finite: half the time of looking at each entry (benchmarks/gathering.py)."""
    if not array.flags.forc:
        return False
    entries = array.ravel(order="K")
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.dot(entries, entries)))


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
