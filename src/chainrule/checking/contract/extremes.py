"""The promise about extreme input: no warning, no nan, no infinity."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.case import Case, copied, is_float
from chainrule.checking.codes import found
from chainrule.checking.contract.calls import Broken, Calls, argument_name, guarded
from chainrule.checking.finding import Finding, Severity

__all__ = ["extreme_input_gives_no_warning_nan_or_inf"]

Array = npt.NDArray[Any]

_EDGE = "Clip {name} away from 0 and 1, or work with logits."
_FAR = "Choose a form that stays small: subtract the row maximum before np.exp, or use np.exp(-np.abs(x))."


@dataclass(frozen=True, eq=False)
class _Ran:
    """What a run gave, and what NumPy said about it."""

    results: tuple[tuple[str, Any], ...]
    warnings: tuple[str, ...]


@guarded
def extreme_input_gives_no_warning_nan_or_inf(case: Case, extremes: Sequence[tuple[Any, ...]] = ()) -> Finding | None:
    """Where the right value is finite, it is given, and silently.

    Args:
        case: its own arrays are not looked at.
        extremes: arrays for forward, at which careless formulas overflow or divide by 0.
    """
    worst = None
    for arrays in extremes:
        finding = _at(Case(case.op, arrays, case.parameters, _places(case, arrays), (), case.names), case)
        if finding is not None and finding.severity == "error":
            return finding
        worst = worst or finding
    return worst


def _places(case: Case, arrays: Sequence[Any]) -> tuple[int, ...]:
    return tuple(place for place in case.places if place < len(arrays) and is_float(arrays[place]))


def _at(extreme: Case, case: Case) -> Finding | None:
    try:
        ran = _run(extreme, case.takes_upstream)
    except Broken as problem:
        # It may expect arrays of another number of axes; then it was never asked.
        if isinstance(problem.error, (ValueError, IndexError)) and not _takes_shapes(extreme, case):
            return None
        raise
    for part, result in ran.results:
        if (finding := _not_finite(extreme, part, result, ran.warnings)) is not None:
            return finding
    return _overflow(extreme, ran) if ran.warnings else None


def _takes_shapes(extreme: Case, case: Case) -> bool:
    """Whether harmless numbers of these shapes are taken: then it is the size that was too much."""
    arrays = tuple(np.full_like(one, 0.5) if is_float(one) else copied(one) for one in extreme.arrays)
    try:
        _run(Case(case.op, arrays, case.parameters, extreme.places), case.takes_upstream)
    except Broken:
        return False
    return True


def _run(case: Case, takes_upstream: bool) -> _Ran:
    with warnings.catch_warnings(record=True) as said, np.errstate(over="warn", divide="warn", invalid="warn"):
        warnings.simplefilter("always")
        calls = Calls(Case(case.op, case.arrays, case.parameters, case.places, (), case.names, takes_upstream))
        out, saved = calls.forward()
        out = copied(out)
        gradients = calls.backward(saved, np.ones_like(np.asarray(out, dtype=float))[()])
    results = [("forward", out), *((case.name(place), gradients[place]) for place in case.places)]
    messages = [str(one.message) for one in said if issubclass(one.category, RuntimeWarning)]
    return _Ran(tuple(results), tuple(dict.fromkeys(messages)))


def _not_finite(case: Case, part: str, result: Any, said: Sequence[str]) -> Finding | None:
    try:
        array = np.asarray(result, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    bad = np.argwhere(~np.isfinite(array))
    if not len(bad):
        return None
    nan = np.argwhere(np.isnan(array))
    where = tuple(nan[0] if len(nan) else bad[0])
    value = "NaN" if len(nan) else str(array[where])
    single = _single(case, lambda ran: not all(_is_finite(one) for name, one in ran.results if name == part))
    values = single or _entries(case, where, array.shape)
    is_edge = all(0 <= one <= 1 for one in values.values())
    name = next(iter(values), "x")
    severity: Severity = "warning" if is_edge else "error"
    facts = {
        "value": value,
        "at": _for(values) or _between(case),
        "because": _because(said),
        "remedy": _EDGE.format(name=name) if is_edge else _FAR,
    }
    return found("NOT_FINITE", part, facts, severity=severity, where=_entry(where))


def _is_finite(result: Any) -> bool:
    try:
        return bool(np.isfinite(np.asarray(result, dtype=np.float64)).all())
    except (TypeError, ValueError):
        return True


def _overflow(case: Case, ran: _Ran) -> Finding:
    single = _single(case, lambda one: bool(one.warnings))
    what = _told(ran.warnings[0])
    return found("OVERFLOWS", "forward", {"what": what, "at": _for(single) or _between(case)})


def _told(message: str) -> str:
    """``overflow encountered in exp`` as a sentence about ``exp``."""
    kind, _, function = message.partition(" encountered in ")
    verb = {"overflow": "overflows", "divide by zero": "divides by zero", "invalid value": "meets an invalid value"}
    return f"{function} {verb.get(kind, kind)}" if function else message


def _because(said: Sequence[str]) -> str:
    return f": {_told(said[0])}" if said else ""


# -- at which input --------------------------------------------------------------------------------------


def _single(case: Case, shows: Callable[[_Ran], bool]) -> dict[str, float]:
    """The one value that shows it, if it fills the first array alone; for functions of single entries."""
    first = case.arrays[0]
    if len(case.arrays) != 1 or not is_float(first):
        return {}
    for value in np.unique(first)[np.argsort(-np.abs(np.unique(first)))]:
        filled = Case(case.op, (np.full_like(first, value),), case.parameters, case.places, (), case.names)
        try:
            if shows(_run(filled, case.takes_upstream)):
                return {argument_name(case, 0): float(value)}
        except Broken:
            continue
    return {}


def _entries(case: Case, where: tuple[Any, ...], shape: tuple[int, ...]) -> dict[str, float]:
    """The arguments' values at the same entry, where they have the result's shape."""
    if any(is_float(one) and np.shape(one) != shape for one in case.arrays):
        values = {argument_name(case, place): one for place, one in enumerate(case.arrays) if is_float(one)}
        inside = {name: np.asarray(one) for name, one in values.items()}
        # Of a loss, nobody knows which; what counts is whether all are probabilities.
        return {name: float(np.max(np.abs(one))) for name, one in inside.items() if one.size}
    named = ((argument_name(case, place), one) for place, one in enumerate(case.arrays) if is_float(one))
    return {name: float(np.asarray(one)[where]) for name, one in named}


def _for(values: dict[str, float]) -> str:
    return " for " + " and ".join(f"{name} = {value:g}" for name, value in values.items()) if values else ""


def _between(case: Case) -> str:
    first = case.arrays[0]
    if not is_float(first) or not np.size(first):
        return ""
    return f" for {argument_name(case, 0)} from {np.min(first):g} to {np.max(first):g}"


def _entry(where: tuple[Any, ...]) -> str:
    return f"entry [{', '.join(str(int(one)) for one in where)}]" if where else ""
