"""Other arrays than a test draws: of the same shapes and kinds, but with values that tell more solutions apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "SERIOUS", "changed"]

Array = npt.NDArray[Any]
Make = Callable[[np.random.Generator, Array], Array]


def _is_free(array: Array) -> bool:
    """Whether its numbers can be others: floats that are no labels."""
    return array.dtype.kind == "f" and array.size > 0 and not np.isin(array, (0.0, 1.0)).all()


def _is_share(array: Array) -> bool:
    """Whether all lie from 0 to 1, as probabilities do."""
    return bool((array >= 0).all() and (array <= 1).all())


def _is_distribution(array: Array) -> bool:
    is_long = array.ndim > 0 and array.shape[-1] > 1
    return is_long and bool((array >= 0).all() and np.allclose(array.sum(axis=-1), 1))


def ordinary(rng: np.random.Generator, array: Array) -> Array:
    """Other numbers of the same range."""
    if not array.ndim:
        return np.asarray(array * rng.uniform(0.5, 2), array.dtype)
    if _is_distribution(array):
        return np.asarray(rng.dirichlet(np.ones(array.shape[-1]), array.shape[:-1]), array.dtype)
    if _is_share(array):
        return rng.uniform(0.02, 0.98, array.shape).astype(array.dtype)
    drawn = negative(rng, array)
    return np.abs(drawn) if (array >= 0).all() else drawn


def negative(rng: np.random.Generator, array: Array) -> Array:
    """Numbers of both signs, where the test draws only one; probabilities stay what they are."""
    if not array.ndim or _is_share(array):
        return array
    return np.asarray(rng.normal(size=array.shape) * (np.abs(array).max() / 2), array.dtype)


def zeros(rng: np.random.Generator, array: Array) -> Array:
    """Some entries are exactly 0; probabilities stay what they are."""
    return array if not array.ndim or _is_share(array) else np.where(rng.random(array.shape) < 0.3, 0, array)


def ties(rng: np.random.Generator, array: Array) -> Array:
    """Many entries are equal."""
    return array if not array.ndim or _is_share(array) else np.round(array)


def large(rng: np.random.Generator, array: Array) -> Array:
    """A thousand times as large."""
    return array if not array.ndim or _is_share(array) else array * 1000


KINDS: Mapping[str, Make] = {
    "other random numbers": ordinary,
    "negative entries": negative,
    "entries that are exactly 0": zeros,
    "equal entries": ties,
    "large entries": large,
}
# A solution that is wrong for these is wrong; of the others one can have different opinions.
SERIOUS = ("other random numbers", "negative entries")


def changed(
    kind: str, rng: np.random.Generator, arrays: tuple[Array, ...], d_out: int | None = None
) -> tuple[Array, ...]:
    """The arrays with other numbers of that kind; labels, one-hot rows and integers stay.

    Args:
        kind: one of `KINDS`.
        rng: for the numbers.
        arrays: of a case.
        d_out: the place of the incoming gradient, which may be anything, also where the test has only ones.
    """
    return tuple(
        np.asarray(rng.normal(size=array.shape), array.dtype)
        if place == d_out and array.dtype.kind == "f"
        else KINDS[kind](rng, array)
        if _is_free(array)
        else array
        for place, array in enumerate(arrays)
    )
