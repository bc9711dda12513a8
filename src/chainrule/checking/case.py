"""A case: an op with example arrays, and the runs that checks make of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.op import Op

__all__ = ["Case", "Run", "by_array", "copied", "is_float", "upstream"]


@dataclass(frozen=True, eq=False)
class Run:
    """One forward and one backward."""

    out: Any
    saved: Any
    d_out: Any
    gradients: tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """An op with example arguments.

    Args:
        op: what is looked at.
        arrays: for forward; never handed out themselves, always as copies.
        parameters: forward's keyword arguments.
        differentiable: the places of the arrays that have a gradient; by default all of floats.
        kept: the places of arrays that a trace keeps as they are: indices whose values decide a shape.
        names: what the author calls the gradients; ``d_x`` and so on by default.
        takes_upstream: whether backward gets an incoming gradient; the losses of some courses do not, it is 1 then.
    """

    op: Op
    arrays: tuple[Any, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    differentiable: tuple[int, ...] | None = None
    kept: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    takes_upstream: bool = True

    @property
    def places(self) -> tuple[int, ...]:
        """The arrays that have a gradient."""
        if self.differentiable is not None:
            return self.differentiable
        return tuple(place for place, array in enumerate(self.arrays) if is_float(array))

    def name(self, place: int) -> str:
        """What to call an array's gradient."""
        return self.names[place] if place < len(self.names) else self._named[place]

    @cached_property
    def _named(self) -> tuple[str, ...]:
        import inspect

        try:
            parameters = inspect.signature(self.op.forward).parameters.values()
        except (TypeError, ValueError):
            parameters = []  # type: ignore[assignment]
        known = [f"d_{one.name}" for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        fallback = [f"gradient {number}" for number in range(1, len(self.arrays) + 1)]
        return tuple([*known, *fallback[len(known) :]][: len(self.arrays)])

    def run(self, arrays: Sequence[Any] | None = None, d_out: Any = None) -> Run:
        """Forward and backward on copies, with a random ``d_out`` where none is given."""
        arrays = copied(self.arrays if arrays is None else arrays)
        out, saved = self.op.call_forward(*arrays, **self.parameters)
        if d_out is None:
            d_out = upstream(out) if self.takes_upstream else np.ones_like(upstream(out))[()]
        d_out = copied(d_out)
        return Run(out, saved, d_out, by_array(self, self.op.backward(saved, copied(d_out))))

    def value(self, arrays: Sequence[Any]) -> Any:
        """Forward's result on copies."""
        return self.op.call_forward(*copied(arrays), **self.parameters)[0]

    def __str__(self) -> str:
        shapes = "-".join("x".join(map(str, np.shape(array))) or "0d" for array in map(_shown, self.arrays))
        options = ",".join(f"{name}={value}" for name, value in self.parameters.items())
        return " ".join(part for part in (self.op.name, shapes, options) if part)


def _shown(array: Any) -> Any:
    return array if isinstance(array, np.ndarray) else 0.0


def is_float(array: Any) -> bool:
    """Whether it is an array of floats; Python's own numbers are parameters."""
    return isinstance(array, (np.ndarray, np.floating)) and array.dtype.kind == "f"


def copied(value: Any) -> Any:
    """A deep copy; of the usual things, arrays and tuples of them, a quick one."""
    if isinstance(value, np.ndarray):
        return value.copy() if value.dtype != object else copy.deepcopy(value)
    if type(value) in (tuple, list):
        return type(value)(copied(one) for one in value)
    if value is None or isinstance(value, (int, float, str, np.generic)):
        return value
    return copy.deepcopy(value)


def by_array(case: Case, given: Any) -> tuple[Any, ...]:
    """Gradients, one for each array; those that are left out are None, as targets have none."""
    count = len(case.arrays)
    is_rows = isinstance(given, list) and len(case.places) == 1 and len(given) not in (1, count)
    gradients = list(given) if isinstance(given, (tuple, list)) and not is_rows else [given]
    if len(gradients) == count:
        return tuple(gradients)
    if len(gradients) == len(case.places):
        placed = dict(zip(case.places, gradients, strict=True))
        return tuple(placed.get(place) for place in range(count))
    return tuple([*gradients, *[None] * count][:count])


def upstream(out: Any, seed: int = 7) -> Any:
    """A random gradient for ``out``, of its shape and dtype; never all ones, which would hide mistakes."""
    out = np.asarray(out)
    dtype = out.dtype if out.dtype.kind == "f" else float
    return np.random.default_rng(seed).standard_normal(out.shape).astype(dtype)[()]
