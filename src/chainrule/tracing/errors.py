"""What can't be written down: the line, the reason, and what to write instead."""

from __future__ import annotations

import contextlib
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

__all__ = ["PlainArrayError", "TracingError", "unwrapped"]

_PACKAGE = str(Path(__file__).parents[1])
_NUMPY = str(Path(np.__file__).parent)


class TracingError(TypeError):
    """Code that can't be traced. The message begins with the line of the user's code that did it."""

    def __init__(self, message: str) -> None:
        super().__init__(_user_line() + message)


class PlainArrayError(TracingError):
    """A traced value is written into a plain array, or turned into one."""


@contextlib.contextmanager
def unwrapped() -> Iterator[None]:
    """Let a `TracingError` out that NumPy has taken for an error of its own, in ``array[0] = traced`` say."""
    try:
        yield
    except ValueError as error:
        if isinstance(error.__cause__, TracingError):
            raise error.__cause__ from None
        raise


def _user_line() -> str:
    """``file.py, line 3: `if x > 0:` `` for the innermost line outside this package and NumPy."""
    frame = sys._getframe(2)
    innermost = frame
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_PACKAGE, _NUMPY)):
            break
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    frame = frame or innermost
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    quoted = f" `{text}`" if text else ""
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}:{quoted}\n  "
