"""IDX files, the form in which MNIST is handed on: a few numbers that say the shape, then one byte for each entry.

The header is two zero bytes, a code for the type (8: unsigned bytes), the number of dimensions, and each
dimension as a big-endian 32-bit number. The entries follow, the last dimension fastest, and then nothing.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["read_idx"]

UNSIGNED_BYTES = 8
_GZIP = b"\x1f\x8b"


def read_idx(path: str | Path, *, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or compressed with gzip.

    Args:
        path: the file; its content says whether it is compressed, not its name.
        dimensions: 1 for labels, shape (N,); 3 for pictures, shape (N, H, W).

    Raises:
        ValueError: the file is no IDX file of that kind, was cut short, or goes on where it should end.
    """
    path = Path(path)
    content = _unpacked(path)
    shape = _shape(path, content, dimensions)
    start, entries = 4 + 4 * dimensions, math.prod(shape)
    if len(content) - start != entries:
        happened = "the file was cut short" if len(content) - start < entries else "something follows that is no entry"
        raise ValueError(
            f"{path.name}: the header says shape {shape}, which is {entries} bytes, and {len(content) - start} "
            f"follow: {happened}. Get the file again."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _unpacked(path: Path) -> bytes:
    content: bytes = path.read_bytes()
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path.name} cannot be unpacked, it was cut short or damaged: {error}. Get the file again."
        ) from error


def _shape(path: Path, content: bytes, dimensions: int) -> tuple[int, ...]:
    """The shape that the header says, once the header is what it should be."""
    length = 4 + 4 * dimensions
    if content[:2] != b"\0\0":
        raise ValueError(
            f"{path.name} begins with the bytes {content[:4].hex(' ') or '(none)'}; an IDX file of "
            f"{dimensions}-D unsigned bytes begins with 00 00 08 {dimensions:02x}. This is another kind of file."
        )
    if len(content) < length:
        raise ValueError(
            f"{path.name} ends after {len(content)} bytes, inside its header of {length}. Get the file again."
        )
    if content[2] != UNSIGNED_BYTES:
        raise ValueError(
            f"{path.name} holds entries of the type with code {content[2]:#04x}; expected 0x08, unsigned bytes. "
            "Write it again with bytes from 0 to 255."
        )
    if content[3] != dimensions:
        raise ValueError(
            f"{path.name} has {content[3]} dimensions; expected {dimensions} ({_KINDS.get(dimensions, 'entries')}). "
            "Have files of pictures and of labels been exchanged?"
        )
    return tuple(np.frombuffer(content, dtype=">u4", count=dimensions, offset=4).tolist())


_KINDS = {1: "labels", 3: "pictures"}
