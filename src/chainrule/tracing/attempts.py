"""Trying to trace: once as the code stands, and where it fills arrays of its own, again with these traced as well.

``p = np.zeros((n, 2)); p[:, 0] = z`` writes a traced ``z`` into a plain array, and ``np.array([a, b])`` makes one of
it, which NumPy can't let us see. On the second try ``np.zeros``, ``np.array`` and their like give tracers. Not on the
first: most arrays that a function makes are just numbers to it, which it may branch on and which are better constants.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from chainrule.tracing.errors import PlainArrayError
from chainrule.tracing.recorder import HIDDEN, Recorder, active_recorder
from chainrule.tracing.tracer import Tracer
from chainrule.tracing.trees import leaves

__all__ = ["attempted"]

Result = TypeVar("Result")

_MAKERS = ("zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like")
_CONVERTERS = ("array", "asarray")
# Undefined entries would be other constants in every run.
_DEFINED: dict[str, Callable[..., Any]] = {"empty": np.zeros, "empty_like": np.zeros_like}


def attempted(attempt: Callable[[Recorder], Result]) -> Result:
    """``attempt(recorder)``; if that writes traced values into plain arrays, once more with arrays that can take them.

    Raises:
        TracingError: of the first try, where the second fails as well.
    """
    try:
        return attempt(Recorder())
    except PlainArrayError as first:
        recorder = Recorder()
        try:
            with _MAKING.tracers(recorder):
                return attempt(recorder)
        except Exception:
            raise first from None


class _Making:
    """Remembers NumPy's own functions while their replacements stand in the module, and for whom they do.

    The replacements are there for as long as any thread needs them, and do what NumPy's functions do for all others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorders: list[Recorder] = []
        self._own: dict[str, Any] = {}

    @contextmanager
    def tracers(self, recorder: Recorder) -> Iterator[None]:
        """Let arrays that are made while ``recorder`` is active be traced."""
        with self._lock:
            if not self._recorders:
                self._own = {name: getattr(np, name) for name in _MAKERS + _CONVERTERS}
                for name, function in self._own.items():
                    setattr(np, name, self._replacement(name, function))
            self._recorders.append(recorder)
        try:
            yield
        finally:
            with self._lock:
                self._recorders.remove(recorder)
                if not self._recorders:
                    for name, function in self._own.items():
                        setattr(np, name, function)

    def _replacement(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        making = _made if name in _MAKERS else _converted
        defined = _DEFINED.get(name, function)

        @functools.wraps(function)
        def make(*arguments: Any, **options: Any) -> Any:
            recorder = active_recorder()
            if recorder not in self._recorders or sys._getframe(1).f_code.co_filename.startswith(HIDDEN):
                return function(*arguments, **options)
            return making(recorder, defined, *arguments, **options)

        return make


def _made(recorder: Recorder, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """``np.zeros(shape)`` as a constant of the trace, which can be written to."""
    array = function(*arguments, **options)
    return array if isinstance(array, Tracer) else Tracer(recorder, recorder.capture(array))


def _converted(recorder: Recorder, function: Callable[..., Any], value: Any, dtype: Any = None, **options: Any) -> Any:
    """``np.array(value)`` for lists that hold tracers; everything else stays plain."""
    if not any(isinstance(leaf, Tracer) for leaf in leaves(value)):
        return function(value, dtype, **options)
    array = _stacked(value)
    return array if dtype is None else array.astype(dtype)


def _stacked(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return np.stack([_stacked(entry) for entry in value])
    return value.copy() if isinstance(value, Tracer) else np.asarray(value)


_MAKING = _Making()
