"""Running the text of a program on NumPy."""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.compiling.source import Source

__all__ = ["load"]

_numbers = itertools.count(1)


def load(source: Source) -> Callable[..., Any]:
    """The function that the text defines.

    The text is ours, made from a program; it is registered in ``linecache``, so tracebacks and debuggers show it.
    """
    filename = f"<chainrule {source.name} {next(_numbers)}>"
    namespace: dict[str, Any] = {"np": np, **source.references}
    exec(compile(source.text, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace[source.name]
    linecache.cache[filename] = (len(source.text), None, source.text.splitlines(keepends=True), filename)
    weakref.finalize(function, linecache.cache.pop, filename, None)
    return function
