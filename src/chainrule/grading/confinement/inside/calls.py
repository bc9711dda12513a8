"""One call: the probe is run beside the work, and what it gives becomes plain arrays, or a word for how it ended."""

from __future__ import annotations

import errno
import functools
import random
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.grading.confinement.inside.frames import describe, frame
from chainrule.grading.confinement.inside.modules import MissingName, Submitted, run_text

__all__ = ["answer", "reseed", "running_line"]

Array = npt.NDArray[Any]

_LONGEST_MESSAGE = 500
_WIDER = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}


class _NoArray(Exception):
    """A result that is no array of numbers; the message says which."""


def answer(call: Mapping[str, Any], arrays: list[Array], submitted: Submitted, most: int) -> bytes:
    """Ask the work, and make the frame that goes back."""
    try:
        results = _results(_asked(call, arrays, submitted))
        if sum(array.nbytes for array in results.values()) > most:
            raise MemoryError(f"the results take more than {most} bytes")
        out = [[name, *describe(array)] for name, array in results.items()]
        return frame({"call": call["call"], "status": "answered", "message": "", "out": out}, results.values())
    except BaseException as problem:
        return frame({"call": call["call"], "out": [], **_told(problem, submitted)})


def _asked(call: Mapping[str, Any], arrays: list[Array], submitted: Submitted) -> Mapping[str, Any]:
    probe = _probe(call["probe"], call["function"])
    reseed()
    results: Mapping[str, Any] = probe(submitted.work, *arrays)
    return results


@functools.cache
def _probe(text: str, function: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"__name__": "probe", "np": np, "numpy": np}
    run_text(text, "probe", namespace)
    probe: Callable[..., Any] = namespace[function]
    return probe


def reseed() -> None:
    """Children of one template would all draw the same numbers anyway; this way they do so for each call."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  # the state that submissions share with each other


def _results(results: Mapping[str, Any]) -> dict[str, Array]:
    return {str(name): _plain(str(name), value) for name, value in dict(results).items()}


def _plain(name: str, value: object) -> Array:
    """Numbers alone: no subclass, no mask, no object."""
    if isinstance(value, np.ma.MaskedArray):
        raise _NoArray(f"{name} is a masked array; expected a plain one")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise _NoArray(f"{name} is no array: {error}") from None
    if array.dtype.kind not in _WIDER:
        what = f"an array of {array.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
        raise _NoArray(f"{name} is {what}; expected an array of numbers")
    if array.dtype.str in ("<f4", "<i4"):
        return np.array(array, copy=True, subok=False)
    return np.array(array, _WIDER[array.dtype.kind], copy=True, subok=False)


def _told(problem: BaseException, submitted: Submitted) -> dict[str, str]:
    """Status and message for what was raised."""
    if isinstance(problem, MissingName):
        if not submitted.problems:
            return {"status": "not implemented", "message": str(problem)}
        problem = submitted.problems[0]  # most likely why it is missing
    if isinstance(problem, NotImplementedError):
        status = "not implemented"
    elif isinstance(problem, MemoryError):
        status = "memory"
    elif isinstance(problem, PermissionError) and problem.errno in (errno.EACCES, errno.EPERM):
        status = "forbidden"
    else:
        status = "crashed"
    return {"status": status, "message": _in_words(problem, submitted)}


def _in_words(problem: BaseException, submitted: Submitted) -> str:
    """``"ValueError: ... (layers.py, line 3: return x @ w)"``."""
    try:
        text = str(problem)
    except BaseException:
        text = "its message cannot be read"
    if isinstance(problem, _NoArray):
        return text[:_LONGEST_MESSAGE]
    message = f"{type(problem).__name__}: {text}"[:_LONGEST_MESSAGE].removesuffix(": ")
    where = ""
    step = problem.__traceback__
    while step is not None:
        where = _line_of(step.tb_frame, submitted.texts, step.tb_lineno) or where
        step = step.tb_next
    return f"{message} ({where})" if where else message


def running_line(texts: Mapping[str, str]) -> str:
    """The innermost line of the work that is being run, ``"layers.py, line 3: return x @ w"``."""
    step: types.FrameType | None = sys._getframe()
    while step is not None:
        if where := _line_of(step, texts, step.f_lineno):
            return where
        step = step.f_back
    return ""


def _line_of(running: types.FrameType, texts: Mapping[str, str], line: int) -> str:
    """Nothing if it is no line of the work."""
    name = running.f_code.co_filename
    if name not in texts:
        return ""
    lines = texts[name].splitlines()
    text = lines[line - 1].strip()[:120] if 0 < line <= len(lines) else ""
    return f"{name}, line {line}: {text}"
