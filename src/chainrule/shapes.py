"""Shapes as docstrings state them: ``x: inputs, shape (..., D).``

Ops are unannotated and their formulas do not check shapes. When NumPy refuses one, the shapes in the
forward's docstring say which rule was broken, so that the message can name it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

_LINE = re.compile(r"^\s*(\w+): [^\n]*?shape \(([^)]*)\)", re.MULTILINE)


def documented_shapes(function: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    """The shape of each argument as the function's docstring states it.

    >>> def scale(x, w):
    ...     '''Multiply each column.
    ...
    ...     x: inputs, shape (..., D).  w: weights, shape (D,).
    ...     w: weights, shape (D,).
    ...     '''
    >>> documented_shapes(scale)
    {'x': ('...', 'D'), 'w': ('D',)}
    """
    found = _LINE.findall(inspect.getdoc(function) or "")
    return {name: tuple(part.strip() for part in shape.split(",") if part.strip()) for name, shape in found}


def explain_shapes(function: Callable[..., Any], arrays: Sequence[Any], error: Exception) -> str:
    """Say which documented shape rule ``arrays`` break, or else NumPy's own message and the shapes."""
    names = _argument_names(function, len(arrays))
    shapes = {name: tuple(getattr(array, "shape", ())) for name, array in zip(names, arrays, strict=False)}
    documented = documented_shapes(function)
    sizes: dict[str, tuple[str, int]] = {}
    for name, shape in shapes.items():
        for place, letter, size in _named_sizes(documented.get(name.partition("[")[0], ()), shape):
            where = f"{name}.shape[{place}]"
            if letter in sizes and sizes[letter][1] != size:
                first, expected = sizes[letter]
                return f"expected {first} == {where}, got {expected} != {size}"
            sizes.setdefault(letter, (where, size))
    listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    return f"{error} (shapes: {listed})" if listed else str(error)


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """A name for each of ``count`` positional arguments; those of ``*arrays`` are ``arrays[0]``, ``arrays[1]``."""
    names: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{number}]" for number in range(count - len(names))]
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            names.append(parameter.name)
    return names


def _named_sizes(documented: tuple[str, ...], shape: tuple[int, ...]) -> list[tuple[int, str, int]]:
    """Each named axis with its place and size: documented ``(..., D)`` is read from the right."""
    if not documented:
        return []
    if "..." in documented:
        documented = documented[documented.index("...") + 1 :]
        if len(shape) < len(documented):
            return []
        first = len(shape) - len(documented)
        places = range(first, len(shape))
    elif len(documented) == len(shape):
        places = range(len(shape))
    else:
        return []
    return [
        (place, letter, shape[place]) for place, letter in zip(places, documented, strict=True) if not letter.isdigit()
    ]
