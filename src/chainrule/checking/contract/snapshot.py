"""What forward keeps, before and after backward: which of its arrays was written into."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.checking.contract.calls import same_bits

__all__ = ["Snapshot"]

_DEEPEST = 4


class Snapshot:
    """Remembers the contents of all arrays and lists in ``saved``.

    Attributes that are set anew are no change, and neither are new entries of an attribute that is a dict: backward may
    keep its results on the instance. Of a list or a dict that forward returns, they are.

    Args:
        saved: from forward; a tuple, a dict, an instance, or one array.
    """

    def __init__(self, saved: Any) -> None:
        self._held = [(path, value, _content(value)) for path, value in _walk(saved, "", _DEEPEST, set())]

    def changed(self) -> str:
        """The path of the first one that has changed, ``"saved[0]"`` or ``"self.probs"``; empty where none has."""
        for path, value, content in self._held:
            if not same_bits(content, _content(value)):
                return path
        return ""

    def value(self, path: str) -> Any:
        """What is there; None where nothing is."""
        return next((content for name, _, content in self._held if name == path), None)


def _content(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    # Of a container, what it holds; arrays in it are looked at on their own.
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [(str(key), id(one) if not isinstance(one, (int, float, str)) else one) for key, one in items]


def _walk(value: Any, path: str, deepest: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if deepest < 0 or id(value) in seen:
        return
    seen.add(id(value))
    in_object = path.startswith("self")
    if isinstance(value, np.ndarray):
        yield path or "saved", value
    elif isinstance(value, (tuple, list, dict)):
        if not isinstance(value, tuple) and not in_object:
            yield path or "saved", value
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in list(items):
            yield from _walk(one, f"{path or 'saved'}[{key!r}]", deepest - 1, seen)
    elif hasattr(value, "__dict__") and not isinstance(value, type) and not inspect.isroutine(value):
        for key, one in list(vars(value).items()):
            yield from _walk(one, f"{path if in_object else 'self'}.{key}", deepest - 1, seen)
