"""Promises about state: nothing is written in place, and nothing is remembered from one call to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.checking.case import Case, copied, is_float
from chainrule.checking.codes import found
from chainrule.checking.contract.calls import Broken, Calls, argument_name, guarded, same_bits
from chainrule.checking.contract.snapshot import Snapshot
from chainrule.checking.contract.values import upstream_name
from chainrule.checking.finding import Finding

__all__ = [
    "backward_can_run_twice",
    "earlier_calls_do_not_matter",
    "nothing_is_changed_in_place",
    "results_are_deterministic",
    "results_do_not_alias",
    "two_instances_do_not_mix",
]


@guarded
def nothing_is_changed_in_place(case: Case) -> Finding | None:
    """Forward leaves its arguments as they are; backward leaves these, ``d_out``, ``saved`` and ``out``."""
    calls = Calls(case)
    arrays = copied(case.arrays)
    out, saved = calls.forward_on(arrays)
    if (changed := _changed_argument(case, arrays)) is not None:
        return _argument_changed(case, "forward", changed)
    d_out = calls.d_out(out)
    before_d_out, before_out, snapshot = copied(d_out), copied(out), Snapshot(saved)
    calls.backward_on(saved, d_out)
    if (changed := _changed_argument(case, arrays)) is not None:
        return _argument_changed(case, "backward", changed)
    if not same_bits(before_d_out, d_out):
        facts = {"d_out": upstream_name(case), "op": case.op.name}
        return found("D_OUT_CHANGED", f"{case.op.name}: backward", facts)
    what = snapshot.changed() or ("its result" if not same_bits(before_out, out) else "")
    if not what or _is_a_buffer(calls, saved, what):
        return None
    return _second_call(calls, what) or found("SAVED_CHANGED", f"{case.op.name}: backward", {"what": what})


def _changed_argument(case: Case, arrays: Sequence[Any]) -> int | None:
    for place, (before, after) in enumerate(zip(case.arrays, arrays, strict=True)):
        if not same_bits(before, after):
            return place
    return None


def _argument_changed(case: Case, part: str, place: int) -> Finding:
    return found("ARGUMENT_CHANGED", f"{case.op.name}: {part}", {"argument": argument_name(case, place)})


def _is_a_buffer(calls: Calls, saved: Any, what: str) -> bool:
    """Whether it is an attribute for backward's own results: forward leaves it alike, whatever the arrays are."""
    if not what.startswith("self."):
        return False
    (_, one), (_, other) = calls.forward(), calls.forward(others(calls.case))
    return same_bits(Snapshot(one).value(what), Snapshot(other).value(what))


@guarded
def backward_can_run_twice(case: Case) -> Finding | None:
    """A second backward gives the same gradients to the last bit."""
    return _second_call(Calls(case))


def _second_call(calls: Calls, what: str = "") -> Finding | None:
    out, saved = calls.forward()
    d_out, snapshot = calls.d_out(out), Snapshot(saved)
    first = copied(calls.backward(saved, d_out))
    part = f"{calls.case.op.name}: backward"
    try:
        second = calls.backward(saved, d_out)
    except Broken as problem:
        reason = f"the second call raises {type(problem.error).__name__}: {problem.error}"
        return found("SECOND_CALL_DIFFERS", part, {"reason": reason})
    if same_bits(first, second):
        return None
    what = what or snapshot.changed()
    reason = f"backward writes into {what}" if what else "something is accumulated or overwritten"
    return found("SECOND_CALL_DIFFERS", part, {"reason": reason}, **_sides(calls.case, first, second))


def _sides(case: Case, first: Sequence[Any], second: Sequence[Any]) -> dict[str, str]:
    """The first entry in which two results part."""
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        a, b = np.asarray(one), np.asarray(other)
        if a.shape != b.shape or a.dtype.kind not in "fiub" or same_bits(a, b):
            continue
        where = tuple(np.argwhere((a != b) & ~((a != a) & (b != b)))[0]) if a.ndim else ()
        entry = f" entry [{', '.join(str(int(index)) for index in where)}]" if where else ""
        return {"expected": f"{a[where]:.6g}", "received": f"{b[where]:.6g}", "where": f"{case.name(place)}{entry}"}
    return {}


@guarded
def two_instances_do_not_mix(case: Case) -> Finding | None:
    """Forward a, forward b, backward a, backward b gives what forward a, backward a, forward b, backward b gives."""
    calls, second = Calls(case), others(case)
    if not calls.repeats:
        return None
    try:
        expected = calls.run(), calls.run(second)
    except Broken:
        if second is case.arrays:
            raise
        second = case.arrays  # the other arrays may be none that it takes
        expected = calls.run(), calls.run(second)
    (_, saved_a), (_, saved_b) = calls.forward(), calls.forward(second)
    try:
        a = copied(calls.backward(saved_a, expected[0].d_out))
        b = copied(calls.backward(saved_b, expected[1].d_out))
    except Broken as problem:
        told = f"{type(problem.error).__name__}: {problem.error}"
        reason = f"forward a, forward b, backward a, backward b raises {told}"
        return found("INSTANCES_SHARE_STATE", case.op.name, {"op": case.op.name, "reason": reason})
    if same_bits((expected[0].gradients, expected[1].gradients), (a, b)):
        return None
    which = "first" if not same_bits(expected[0].gradients, a) else "second"
    reason = f"after forward a and forward b, the backward of the {which} gives another result"
    sides = _sides(case, (*expected[0].gradients, *expected[1].gradients)[: len(a)], a)
    return found("INSTANCES_SHARE_STATE", case.op.name, {"op": case.op.name, "reason": reason}, **sides)


@guarded
def earlier_calls_do_not_matter(case: Case) -> Finding | None:
    """The same arrays give the same bits after calls with other arrays, of other shapes too."""
    calls = Calls(case)
    if not calls.repeats:
        return None
    first = calls.run()
    for arrays in (fewer(case), others(case)):
        try:
            calls.run(arrays)
        except Broken:
            continue  # not every op takes them
    after = calls.run()
    if not same_bits(first.out, after.out):
        return found("DEPENDS_ON_EARLIER_CALLS", "forward")
    if not same_bits(first.gradients, after.gradients):
        return found("DEPENDS_ON_EARLIER_CALLS", "backward", {}, **_sides(case, first.gradients, after.gradients))
    return None


@guarded
def results_are_deterministic(case: Case) -> Finding | None:
    """Two runs give the same bits, once random generators are brought back to where they were."""
    calls = Calls(case)
    if not calls.repeats:
        return found("RANDOM_FORWARD", f"{case.op.name}: forward")
    one, other = calls.run(), calls.run()
    for place, (first, second) in enumerate(zip(one.gradients, other.gradients, strict=True)):
        if not same_bits(first, second):
            return found("NOT_DETERMINISTIC", case.name(place))
    return None if same_bits(one.out, other.out) else found("NOT_DETERMINISTIC", "result of forward")


@guarded
def results_do_not_alias(case: Case) -> Finding | None:
    """A later call does not write into what an earlier one gave."""
    calls = Calls(case)
    (out_a, saved_a), (out_b, saved_b) = calls.forward(), calls.forward(others(case))
    if _share(out_a, out_b):
        return found("SHARES_MEMORY", "forward")
    d_out = calls.d_out(out_a)
    first, second = calls.backward(saved_a, d_out), calls.backward(saved_b, calls.d_out(out_b))
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        if _share(one, other):
            return found("SHARES_MEMORY", case.name(place))
    return None


def _share(one: Any, other: Any) -> bool:
    return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and bool(np.may_share_memory(one, other))


# -- other arrays ----------------------------------------------------------------------------------------


def others(case: Case) -> tuple[Any, ...]:
    """Other arrays of the same shapes: the floats in the other order, so that they stay in their range."""
    return tuple(_reversed(array) for array in case.arrays)


def _reversed(array: Any) -> Any:
    if not is_float(array) or not np.ndim(array):
        return copied(array)
    return np.ascontiguousarray(array.reshape(-1)[::-1].reshape(array.shape))


def fewer(case: Case) -> tuple[Any, ...]:
    """The arrays without the last row, of all that have as many rows as the first one."""
    count = next((len(array) for array in case.arrays if isinstance(array, np.ndarray) and array.ndim), 0)
    if count < 2:
        return tuple(copied(array) for array in case.arrays)
    return tuple(
        array[:-1].copy() if isinstance(array, np.ndarray) and array.ndim and len(array) == count else copied(array)
        for array in case.arrays
    )
