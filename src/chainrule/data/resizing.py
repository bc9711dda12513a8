"""Pictures with fewer pixels, so that a network is small enough to be looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["resized"]


def resized(images: npt.NDArray[Any], size: int) -> npt.NDArray[np.float64]:
    """Sample pictures at ``size`` by ``size`` points, bilinearly; a single point is the mean of all pixels.

    The old pixels lie at 0, 1, ... along each side, the new ones in the middle of ``size`` equal parts of it:
    at ``(o + 1/2) * old / size - 1/2``. Between two pixels lies their weighted mean. Nothing is smoothed first
    (no anti-aliasing), so pixels that no point is near are not seen at all.

    >>> resized(np.array([[[0, 10, 20, 30]] * 4]), 2)[0]
    array([[ 5., 25.],
           [ 5., 25.]])

    Args:
        images: N pictures, shape (N, H, W).
        size: pixels along each side of the new pictures.

    Returns:
        The new pictures, shape (N, size, size).
    """
    if images.ndim != 3 or 0 in images.shape[1:]:
        raise ValueError(f"images have shape {images.shape}; expected (N, H, W), with pixels")
    if size < 1:
        raise ValueError(f"size is {size}; expected at least 1 pixel")
    if size == 1:
        mean: npt.NDArray[np.float64] = images.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
        return mean
    # Picking the pixels before they become floats keeps the intermediate arrays small.
    low, high, share = _neighbours(images.shape[1], size)
    rows = images[:, low] * (1 - share)[:, None] + images[:, high] * share[:, None]
    low, high, share = _neighbours(images.shape[2], size)
    result: npt.NDArray[np.float64] = rows[:, :, low] * (1 - share) + rows[:, :, high] * share
    return result


def _neighbours(old: int, new: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """The two old pixels on either side of each new one, and the share of the second.

    >>> _neighbours(4, 2)
    (array([0, 2]), array([1, 3]), array([0.5, 0.5]))
    """
    position = ((np.arange(new) + 0.5) * old / new - 0.5).clip(min=0)
    low = position.astype(np.intp)
    return low, (low + 1).clip(max=old - 1), position - low
