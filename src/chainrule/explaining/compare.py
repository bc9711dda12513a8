"""Two backward passes side by side: the first edge at which they differ, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.op import Op

__all__ = ["Comparison", "Sent", "compare", "verdict"]

TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Sent:
    """What two backwards send back along one edge.

    Args:
        name: of the array that gets it.
        yours, ours: the gradients; None where none was given.
        verdict: in words; empty where they agree.
        parent: of the node that sends it; empty for an op, which is the only one.
    """

    name: str
    yours: Any
    ours: Any
    verdict: str
    parent: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """All edges, in order, and what else was noticed.

    Args:
        sent: one for each array.
        alarms: what was changed in place that others still read.
    """

    sent: tuple[Sent, ...]
    alarms: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether both send the same, and nothing was changed in place."""
        return self.first is None and not self.alarms

    @property
    def first(self) -> Sent | None:
        """The first edge at which they differ."""
        return next((one for one in self.sent if one.verdict), None)

    def __str__(self) -> str:
        lines = [f"alarm: {alarm}" for alarm in self.alarms]
        if self.first is None:
            names = ", ".join(dict.fromkeys(one.name for one in self.sent)) or "nobody"
            return "\n".join([*lines, f"both send the same to {names}"])
        start = f"from {self.first.parent} " if self.first.parent else ""
        edge = f"the first edge that differs leads {start}to {self.first.name}"
        return "\n".join([*lines, f"{edge}: {self.first.verdict}"])


def compare(yours: Op, ours: Op, *arrays: Any, **parameters: Any) -> Comparison:
    """Run both on the same arrays and the same gradient of the result.

    Args:
        yours: what is looked at.
        ours: what it is compared with.
        arrays: for both.
        parameters: keyword arguments of both.

    Raises:
        ValueError: the forwards do not give results of one shape.
    """
    out, saved = yours.call_forward(*_copies(arrays), **parameters)
    expected, known = ours.call_forward(*_copies(arrays), **parameters)
    if np.shape(out) != np.shape(expected):
        raise ValueError(
            f"compare: {yours.name} gives shape {np.shape(out)} and {ours.name} {np.shape(expected)}; backward passes "
            "can be compared where both compute the same"
        )
    d_out = np.random.default_rng(0).normal(size=np.shape(out))
    given = d_out.copy()
    mine = yours.call_backward(saved, given, len(arrays))
    alarms = [] if np.array_equal(given, d_out) else [
        f"{yours.name}'s backward writes into d_out, which the operations before it still read. Work on a copy."
    ]  # fmt: skip
    if not np.allclose(out, expected):
        alarms.append(f"{yours.name}'s forward gives other values than {ours.name}'s")
    again = yours.call_backward(saved, d_out.copy(), len(arrays))
    if any(_differs(first, second) for first, second in zip(mine, again, strict=True)):
        alarms.append(f"{yours.name}'s backward gives something else when it runs again: it changes what was saved.")
    theirs = ours.call_backward(known, d_out.copy(), len(arrays))
    names = _names(ours, len(arrays))
    sent = tuple(Sent(name, a, b, verdict(a, b)) for name, a, b in zip(names, mine, theirs, strict=True))
    return Comparison(sent, tuple(alarms))


def _copies(arrays: Sequence[Any]) -> list[Any]:
    return [array.copy() if isinstance(array, np.ndarray) else array for array in arrays]


def _names(op: Op, count: int) -> list[str]:
    import inspect

    names = [name for name, one in inspect.signature(op.forward).parameters.items() if one.kind is not one.KEYWORD_ONLY]
    return names if len(names) == count else [f"array {number}" for number in range(1, count + 1)]


def _differs(a: Any, b: Any) -> bool:
    return (a is None) != (b is None) or (a is not None and not np.array_equal(a, b, equal_nan=True))


def verdict(yours: Any, ours: Any) -> str:
    """How one gradient differs from another, in words."""
    if yours is None or ours is None:
        return "" if yours is ours else "yours gives None" if yours is None else "yours gives a gradient, ours None"
    a, b = np.asarray(yours, dtype=float), np.asarray(ours, dtype=float)
    if a.shape != b.shape:
        return f"yours has shape {a.shape}, ours {b.shape}"
    scale = float(np.abs(b).max()) if b.size else 0.0
    if np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE * (scale or 1)):
        return ""
    with np.errstate(all="ignore"):
        ratio = float(np.sum(a * b) / np.sum(b * b))
    if scale and np.allclose(a, ratio * b, rtol=TOLERANCE, atol=TOLERANCE * abs(ratio) * scale):
        return f"yours is {ratio:.6g} times ours"
    place = np.unravel_index(int(np.argmax(np.abs(a - b))), a.shape)
    where = f"entry {tuple(map(int, place))}" if a.shape else "it"
    return f"{where} is {float(a[place]):.6g} in yours and {float(b[place]):.6g} in ours"
