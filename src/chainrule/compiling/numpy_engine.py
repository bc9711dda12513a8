"""Running the text of a program on NumPy."""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.compiling.source import Source

__all__ = ["load"]

_numbers = itertools.count(1)
# Files of functions that are gone. They leave linecache when the next one comes and not at once: a function may go at
# any time, also while somebody's traceback walks through linecache.
_finished: deque[str] = deque()


def load(source: Source, numpy: Any = np, references: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """The function that the text defines, with ``np`` bound to ``numpy``, or to what has the same functions.

    The text is ours, made from a program; it is registered in ``linecache``, so tracebacks and debuggers show it.
    """
    filename = f"<chainrule {source.name} {next(_numbers)}>"
    namespace: dict[str, Any] = {"np": numpy, **(source.references if references is None else references)}
    exec(compile(source.text, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace[source.name]
    while _finished:
        linecache.cache.pop(_finished.popleft(), None)
    linecache.cache[filename] = (len(source.text), None, source.text.splitlines(keepends=True), filename)
    weakref.finalize(function, _finished.append, filename)
    return function
