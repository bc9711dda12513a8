"""How an author's backward is called: what its arguments stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chainrule.checking.forms.reading import unpacks
from chainrule.checking.forms.signatures import array_names, is_cache, is_upstream, plain, positional, required

__all__ = ["Arguments", "Call", "call_of"]

_RESULT = ("out", "output", "y", "yhat", "z", "a")
_COMPARED = ("out", "pred", "prob", "hat", "truth", "true", "target", "label", "logit", "score")
_COMPARED_WHOLE = ("y", "t", "p", "yp", "yt", "z")


class Arguments(NamedTuple):
    """What is kept of a forward that returns its result alone."""

    arrays: tuple[Any, ...]
    out: Any


@dataclass(frozen=True)
class Call:
    """What to give to backward.

    Args:
        backward: the author's; read for its arguments, not called.
        roles: what its arguments are: ``"d_out"``, ``"saved"``, or the name of one of forward's arrays or ``"out"``.
        arrays: what forward takes, where known.
    """

    backward: Callable[..., Any]
    roles: tuple[str, ...]
    arrays: tuple[str, ...] | None

    @property
    def takes_upstream(self) -> bool:
        """Whether the incoming gradient is among the arguments."""
        return "d_out" in self.roles

    @property
    def is_loss(self) -> bool:
        """Whether the arguments are those of forward again, and no incoming gradient."""
        return bool(self.roles) and not {"d_out", "saved"} & set(self.roles)

    def kept(self, result: Any, arrays: Sequence[Any]) -> tuple[Any, Any]:
        """What came from forward, taken apart: the result, and what to keep for backward."""
        if "saved" in self.roles and type(result) is tuple and len(result) == 2:
            return result
        if self._spreads and type(result) is tuple and len(result) == 2 and not self.is_loss:
            return result
        return result, Arguments(tuple(arrays), result)

    @property
    def _spreads(self) -> bool:
        return len(self.roles) > 1

    def arguments(self, saved: Any, d_out: Any) -> list[Any]:
        """For backward, in its order."""
        if isinstance(saved, Arguments):
            return [self._from_arguments(role, saved, d_out) for role in self.roles]
        others = [role for role in self.roles if role != "d_out"]
        given = [saved] if len(others) == 1 else list(saved) if isinstance(saved, tuple | list) else [saved]
        if len(given) != len(others):
            given = [saved]
        rest = iter(given)
        arguments = [d_out if role == "d_out" else next(rest, _NOTHING) for role in self.roles]
        return [one for one in arguments if one is not _NOTHING]  # one missing is for Python to say

    def _from_arguments(self, role: str, saved: Arguments, d_out: Any) -> Any:
        if role == "d_out":
            return d_out
        if role == "out":
            return saved.out
        if self.arrays and role in self.arrays:
            return saved.arrays[self.arrays.index(role)]
        name = (positional(self.backward) or ("",) * len(self.roles))[self.roles.index(role)]
        alone = len(saved.arrays) == 1 and not unpacks(self.backward, name)
        return saved.arrays[0] if alone else saved.arrays


_NOTHING = object()


def call_of(forward: Callable[..., Any], backward: Callable[..., Any], *, methods: bool = False) -> Call:
    """Read from the arguments' names how backward is to be called.

    Args:
        forward: the author's.
        backward: the author's.
        methods: whether they belong to an object that remembers, so that one argument is the incoming gradient.
    """
    arrays = array_names(forward)
    names = positional(backward)
    if names is None:
        return Call(backward, ("d_out",) if methods else ("saved", "d_out"), arrays)
    needed = tuple(name for name in names if name in required(backward)) or names[:1]
    if len(needed) == 1 and len(names) > 1 and not methods:
        needed = names[:2]
    if not needed:
        return Call(backward, (), arrays)
    if len(needed) == 1 and methods and not is_cache(needed[0]):
        return Call(backward, ("d_out",), arrays)
    if _is_loss(needed, arrays):
        return Call(backward, arrays[: len(needed)] if arrays else needed, arrays)
    return Call(backward, _roles(needed, arrays or ()), arrays)


def _roles(needed: tuple[str, ...], arrays: tuple[str, ...]) -> tuple[str, ...]:
    known = {plain(name): name for name in arrays}
    roles = [known.get(plain(name), "") or ("saved" if is_cache(name) else "") for name in needed]
    incoming = next((place for place, name in enumerate(needed) if not roles[place] and is_upstream(name)), None)
    if incoming is None:
        free = [place for place, role in enumerate(roles) if not role]
        # Without a name that tells, the order is that of ops: (saved, d_out).
        incoming = free[-1] if free else None
    if incoming is not None:
        roles[incoming] = "d_out"
    left = [place for place, role in enumerate(roles) if not role]
    for place in left:
        roles[place] = "out" if len(needed) > 2 and plain(needed[place]) in _RESULT else "saved"
    return tuple(roles)


def _is_loss(needed: tuple[str, ...], arrays: tuple[str, ...] | None) -> bool:
    """Whether backward gets what forward got, and nothing else."""
    if any(is_cache(name) for name in needed) or arrays is None or len(needed) != len(arrays):
        return False
    if tuple(map(plain, needed)) == tuple(map(plain, arrays)):
        return True
    return len(needed) == 2 and all(_is_compared(name) for name in (*needed, *arrays))


def _is_compared(name: str) -> bool:
    short = plain(name)
    return not is_upstream(name) and (short in _COMPARED_WHOLE or any(part in short for part in _COMPARED))
