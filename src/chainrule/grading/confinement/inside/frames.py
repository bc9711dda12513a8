"""The form in which arrays go to a submission's process and come back: two lengths, a JSON header, raw bytes.

Used on both sides; the reading side trusts nothing: sizes are compared with the bytes that are there before anything
is allocated, and there is no way to name a type, a function or a file.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DTYPES", "ProtocolError", "describe", "frame", "read_arrays", "read_named", "read_text", "receive"]

Array = npt.NDArray[Any]

DTYPES = ("<f8", "<f4", "<i8", "<i4", "|b1")
_LENGTHS = struct.Struct("<II")
_MOST_ARRAYS = 64
_MOST_AXES = 32
_LONGEST_NAME = 200


class ProtocolError(ValueError):
    """What came is no frame; the message says why."""


def frame(header: Mapping[str, object], arrays: Iterable[Array] = ()) -> bytes:
    """A header and arrays as bytes. The header has to describe the arrays, by `describe`."""
    text = json.dumps(header).encode()
    body = b"".join(array.tobytes() for array in arrays)
    return _LENGTHS.pack(len(text), len(body)) + text + body


def describe(array: Array) -> list[Any]:
    """``[dtype, shape]``.

    Raises:
        TypeError: the dtype is none of `DTYPES`.
    """
    if array.dtype.str not in DTYPES:
        raise TypeError(f"an array of {array.dtype} cannot be sent; expected one of {', '.join(DTYPES)}")
    return [array.dtype.str, list(array.shape)]


def _read_lengths(data: bytes, header: int, body: int) -> tuple[int, int]:
    """The two lengths, each no more than allowed."""
    lengths: tuple[int, int] = _LENGTHS.unpack(data)
    for name, length, most in zip(("header", "body"), lengths, (header, body), strict=True):
        if length > most:
            raise ProtocolError(f"a {name} of {length} bytes; at most {most} are allowed")
    return lengths


def _read_header(data: bytes) -> dict[str, Any]:
    """The header: a JSON object."""
    try:
        header = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"a header that is no JSON: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise ProtocolError(f"a header that is a {type(header).__name__}, not an object")
    return header


def read_arrays(described: object, body: bytes) -> list[Array]:
    """The arrays in a frame's body, as ``[[dtype, shape], ...]`` describes them; copies, each of its own memory."""
    if not isinstance(described, list) or len(described) > _MOST_ARRAYS:
        raise ProtocolError(f"no list of at most {_MOST_ARRAYS} arrays")
    pieces = [_piece(one) for one in described]
    there = sum(size for _, _, size in pieces)
    if there != len(body):
        raise ProtocolError(f"{len(body)} bytes came for arrays of {there}")
    arrays, start = [], 0
    for dtype, shape, size in pieces:
        arrays.append(_array(body[start : start + size], dtype, shape))
        start += size
    return arrays


def _piece(described: object) -> tuple[str, tuple[int, ...], int]:
    """Dtype, shape and size of one array. Python's integers do not overflow."""
    if not isinstance(described, list) or len(described) != 2:
        raise ProtocolError("an array that is not described by [dtype, shape]")
    dtype, shape = described
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ProtocolError(f"an array of dtype {str(dtype)[:40]!r}; expected one of {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > _MOST_AXES or not all(_is_length(axis) for axis in shape):
        raise ProtocolError(f"a shape that is none: {str(shape)[:100]}")
    size = int(dtype[-1])
    for axis in shape:
        size *= axis
    return dtype, tuple(shape), size


def _is_length(axis: object) -> bool:
    return type(axis) is int and 0 <= axis < 2**40


def _array(data: bytes, dtype: str, shape: tuple[int, ...]) -> Array:
    try:
        if dtype == "|b1":  # a byte that is neither 0 nor 1 is no bool
            return np.frombuffer(data, np.uint8).reshape(shape).astype(np.bool_)
        return np.frombuffer(data, dtype).reshape(shape).copy()
    except ValueError as error:  # no entries, and axes whose product is too large
        raise ProtocolError(f"a shape that NumPy refuses: {error}") from None


def read_text(value: object, longest: int) -> str:
    """A text that came: no longer than that, and without halves of characters, which no file could hold."""
    if not isinstance(value, str):
        raise ProtocolError(f"a {type(value).__name__} where a text was expected")
    return value[:longest].encode("utf-8", "replace").decode()


def read_named(header: Mapping[str, Any], body: bytes) -> dict[str, Array]:
    """The results of an answer: ``"out": [[name, dtype, shape], ...]``, each name once."""
    described = header.get("out")
    if not isinstance(described, list) or not all(isinstance(one, list) and len(one) == 3 for one in described):
        raise ProtocolError("no list of [name, dtype, shape]")
    names = [read_text(one[0], _LONGEST_NAME) for one in described]
    if len(set(names)) != len(names):
        raise ProtocolError("two results of one name")
    return dict(zip(names, read_arrays([one[1:] for one in described], body), strict=True))


def receive(read: Callable[[int], bytes], header: int, body: int) -> tuple[dict[str, Any], bytes]:
    """One frame from ``read(at_most)``, which gives at least one byte or raises."""
    lengths = _read_lengths(_exactly(read, _LENGTHS.size), header, body)
    return _read_header(_exactly(read, lengths[0])), _exactly(read, lengths[1])


def _exactly(read: Callable[[int], bytes], length: int) -> bytes:
    """So many bytes; memory is taken as they arrive, not as they are announced."""
    data = bytearray()
    while len(data) < length:
        data += read(min(length - len(data), 1 << 18))
    return bytes(data)
