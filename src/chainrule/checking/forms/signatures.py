"""What functions take, as far as their signatures say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["array_names", "is_cache", "is_upstream", "plain", "positional", "required", "signed"]

_UPSTREAM = re.compile(
    r"d?(out|outs|outputs?|upstream|y|yhat|z|a|h|l|o|s|j|loss|next|top|above|value|vout)"
    r"|up(stream)?(grad|gradient|d)?|.*grad(ient)?s?|grads?(ient)?.*|g|gy|gout|delta|deltas?(out)?|error|incoming.*"
    r"|dl?d?(out|y|z|a|h|output)|cotangents?|ct|gbar|ybar|outbar|v"
)
_CACHE = re.compile(
    r".*(cache|saved|stored|kept|residuals?|memory|tape|intermediates?).*|ctx|context|res|mem|state|self"
)
_NOT_INCOMING = ("out", "outs", "output", "outputs", "y", "yhat", "z", "a", "h", "l", "o", "s", "j", "loss", "value")

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some builtins have no signature
        return None


def positional(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """The names of what it takes by position; None where that cannot be read, or for ``*arrays``."""
    parameters = _parameters(function)
    if parameters is None or any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return None
    return tuple(one.name for one in parameters if one.kind in _POSITIONAL)


def required(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of what it cannot do without, by position or by name."""
    parameters = _parameters(function) or []
    return tuple(
        one.name for one in parameters if one.default is one.empty and one.kind in (*_POSITIONAL, one.KEYWORD_ONLY)
    )


def array_names(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """The arrays that a forward takes: what has no default, or all if everything has one; None as in `positional`."""
    names = positional(function)
    if names is None:
        return None
    needed = required(function)
    return tuple(name for name in names if name in needed) or names


def plain(name: str) -> str:
    """A name without capitals and underscores."""
    return name.replace("_", "").lower()


def is_upstream(name: str) -> bool:
    """Whether an argument of backward called so is the incoming gradient."""
    short = plain(name)
    return short not in _NOT_INCOMING and bool(_UPSTREAM.fullmatch(short)) and not is_cache(name)


def is_cache(name: str) -> bool:
    """Whether an argument of backward called so is what forward kept."""
    return bool(_CACHE.fullmatch(plain(name)))


def signed(function: Callable[..., Any], like: Callable[..., Any] | None, name: str, first: Sequence[str] = ()) -> Any:
    """``function`` with the name, the docstring and the arguments that its author gave to ``like``.

    Args:
        function: one of ours.
        like: the author's.
        name: what messages call it.
        first: names of the arguments, where they are others than those of ``like``.
    """
    function.__name__ = function.__qualname__ = name
    function.__doc__ = getattr(like, "__doc__", None)
    function.__module__ = getattr(like, "__module__", None) or function.__module__
    try:
        if first:
            parameters = [inspect.Parameter(one, inspect.Parameter.POSITIONAL_OR_KEYWORD) for one in first]
            signature = inspect.Signature(parameters)
        else:
            assert like is not None
            signature = inspect.signature(like)
        function.__signature__ = signature  # type: ignore[attr-defined]
    except (AssertionError, TypeError, ValueError):  # nobody knows: then `*arrays`, as it stands
        pass
    return function
