"""The random generators that a function may use, and their states."""

from __future__ import annotations

import copy
import random
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

__all__ = ["States", "generators_of"]

# A subject that holds a data set or a module is not searched to its end.
_MOST = 3000


def generators_of(*roots: Any) -> tuple[Any, ...]:
    """Every generator that can be reached: from closures, defaults, attributes, containers, and globals that are used.

    NumPy's and Python's own global ones are among them.
    """
    found: dict[int, Any] = {id(one): one for one in (np.random.mtrand._rand, random._inst)}
    seen: dict[int, Any] = {}
    waiting = list(roots)
    while waiting and len(seen) < _MOST:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (np.ndarray, np.generic, types.ModuleType, str, bytes, int, float)):
            continue
        seen[id(one)] = one
        if isinstance(one, (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)):
            found[id(one)] = one
        else:
            waiting.extend(_held_by(one))
    return tuple(found.values())


def _held_by(value: Any) -> Iterator[Any]:
    if isinstance(value, types.FunctionType):
        yield from _held_by_function(value)
    elif isinstance(value, types.MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, (staticmethod, classmethod)):
        yield value.__func__
    elif isinstance(value, dict):
        yield from list(value.values())
    elif isinstance(value, (tuple, list, set, frozenset)):
        yield from value
    elif isinstance(value, type):
        yield from [one for base in value.__mro__[:-1] for one in list(vars(base).values())]
    else:
        for name in ("func", "args", "keywords", "__wrapped__"):
            yield from _attribute(value, name)
        yield from list(getattr(value, "__dict__", {}).values())
        yield type(value)


def _held_by_function(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from vars(function).values()
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]


def _names(code: types.CodeType) -> Iterable[str]:
    """The globals that a function uses, and the functions in it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _attribute(value: Any, name: str) -> Iterator[Any]:
    try:
        yield getattr(value, name)
    except Exception:
        return


class States:
    """Remembers the states of generators, and brings them back.

    Args:
        generators: from `generators_of`.
    """

    def __init__(self, generators: Iterable[Any]) -> None:
        self._restore = tuple(_restorer(one) for one in generators)

    def bring_back(self) -> None:
        """Set all of them to what they were."""
        for restore in self._restore:
            restore()


def _restorer(generator: Any) -> Callable[[], None]:
    if isinstance(generator, random.Random):
        plain = generator.getstate()
        return lambda: generator.setstate(plain)
    if isinstance(generator, np.random.RandomState):
        legacy = generator.get_state()
        return lambda: generator.set_state(legacy)
    bits = generator if isinstance(generator, np.random.BitGenerator) else generator.bit_generator
    state = copy.deepcopy(bits.state)

    def restore() -> None:
        bits.state = state

    return restore
