"""MNIST: 70,000 handwritten digits of 28 by 28 pixels, or of fewer, all ten digits or some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chainrule.data.dataset import Dataset, TrainTest
from chainrule.data.idx import read_idx
from chainrule.data.resizing import resized
from chainrule.data.store import locate

__all__ = ["mnist"]

SIDE = 28
RESOLUTIONS = (28, 8, 4, 1)


def mnist(
    resolution: int = SIDE,
    digits: Sequence[int] | None = None,
    *,
    dtype: npt.DTypeLike = np.float64,
    download: bool = False,
) -> TrainTest:
    """Give MNIST's own training and test part, pixels from 0 to 1 row by row, rows in the order of the files.

    The files are looked for in the folder that CHAINRULE_DATA names and in the user's cache folder.
    ``mnist(8, (1, 8))`` is a task for two classes with 64 inputs: 12,593 rows to train and 2,109 to test.

    Args:
        resolution: pixels along each side: 28; or 8 or 4, sampled by `resized`; or 1, the mean of all pixels.
        digits: only these: y is 0 for the first one named, 1 for the second, and so on. All ten, if None.
        dtype: of ``x``, float64 or float32.
        download: whether files that are not here may be fetched, about 12 MB. See ``chainrule data fetch``.

    The set of Yann LeCun, Corinna Cortes and Christopher Burges, made from NIST's special databases 1 and 3.
    """
    if not isinstance(resolution, int | np.integer) or resolution not in RESOLUTIONS:
        raise ValueError(f"resolution is {resolution!r}; expected one of {', '.join(map(str, RESOLUTIONS))}")
    if np.dtype(dtype) not in (np.float64, np.float32):
        raise ValueError(f"dtype is {np.dtype(dtype)}; expected float64 or float32")
    classes = tuple(range(10)) if digits is None else _checked(digits)
    paths = locate("mnist", download=download)
    train, test = (_part(paths, start, resolution, classes, dtype) for start in ("train", "t10k"))
    return TrainTest(train, test)


def _checked(digits: Sequence[int]) -> tuple[int, ...]:
    """The digits as a tuple, if they are at least two different ones from 0 to 9."""
    chosen = () if isinstance(digits, str | bytes) or not np.iterable(digits) else tuple(digits)
    whole = all(isinstance(digit, int | np.integer) and not isinstance(digit, bool) for digit in chosen)
    if not (whole and len(chosen) >= 2 and len(set(chosen)) == len(chosen) and set(chosen) <= set(range(10))):
        raise ValueError(f"digits is {digits!r}; expected at least two different ones from 0 to 9, such as (1, 8)")
    return tuple(map(int, chosen))


def _part(
    paths: Mapping[str, Path], start: str, resolution: int, classes: tuple[int, ...], dtype: npt.DTypeLike
) -> Dataset:
    """The part whose files' names begin with ``start``."""
    images, labels = _read(paths[f"{start}-images-idx3-ubyte.gz"], paths[f"{start}-labels-idx1-ubyte.gz"])
    number = np.full(256, -1)  # of each digit among the classes
    number[list(classes)] = np.arange(len(classes))
    y = number[labels]
    # Chosen while they are bytes: floats take eight times the memory.
    images, y = images[y >= 0], y[y >= 0]
    pixels = images if resolution == SIDE else resized(images, resolution)
    flat = pixels.reshape(len(y), resolution**2)
    return Dataset(
        name="mnist",
        # Rounded once: bytes are divided as `dtype`, samples and means as the float64 that they are.
        x=np.divide(flat, 255, dtype=np.result_type(flat, dtype)).astype(dtype, copy=False),
        y=y,
        task="classification",
        feature_names=tuple(f"pixel_{row}_{column}" for row in range(resolution) for column in range(resolution)),
        classes=classes,
        image_shape=(resolution, resolution),
    )


def _read(image_file: Path, label_file: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Pictures, shape (N, 28, 28), and their digits, shape (N,), in bytes."""
    images, labels = read_idx(image_file, dimensions=3), read_idx(label_file, dimensions=1)
    if len(images) != len(labels):
        raise ValueError(
            f"{image_file.name} holds {len(images)} pictures and {label_file.name} {len(labels)} labels; "
            "expected one label for each picture. Get both files from one place."
        )
    if images.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"{image_file.name} holds pictures of shape {images.shape[1:]}; expected (28, 28)")
    if labels.max(initial=0) > 9:
        raise ValueError(f"{label_file.name} holds the label {labels.max()}; expected digits from 0 to 9")
    return images, labels
