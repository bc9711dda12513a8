"""Promises about traces: a replay gives the same bits, and backward has a derivative in turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.checking.case import Case, copied, upstream
from chainrule.checking.codes import found
from chainrule.checking.contract.calls import Calls, guarded, same_bits
from chainrule.checking.finding import Finding

__all__ = ["backward_has_a_derivative_in_turn", "replayed_trace_gives_the_same_bits"]

STEP = 1e-5


@guarded
def replayed_trace_gives_the_same_bits(case: Case) -> Finding | None:
    """The Program of forward and backward gives to the last bit what forward and backward give."""
    import chainrule

    calls = Calls(case)
    places = [
        place
        for place, array in enumerate(case.arrays)
        if isinstance(array, (np.ndarray, np.generic)) and place not in case.kept
    ]

    def both(d_out: Any, *traced: Any) -> Any:
        arrays = list(case.arrays)
        for place, array in zip(places, traced, strict=True):
            arrays[place] = array
        out, saved = case.op.call_forward(*arrays, **case.parameters)
        return out, case.op.call_backward(saved, d_out, len(arrays))

    run = calls.run()
    arguments = copied((run.d_out, *(case.arrays[place] for place in places)))
    try:
        out, gradients = chainrule.trace(both, *arguments)(*arguments)
    except Exception as error:
        told = " ".join(str(error).split()) or type(error).__name__
        return found("NOT_TRACEABLE", case.op.name, {"error": told.rstrip(".")})
    if not same_bits(run.out, out):
        return found("REPLAY_DIFFERS", "result of forward")
    for place, (expected, actual) in enumerate(zip(run.gradients, gradients, strict=True)):
        if not same_bits(expected, actual):
            return found("REPLAY_DIFFERS", case.name(place))
    return None


@guarded
def backward_has_a_derivative_in_turn(case: Case) -> Finding | None:
    """The gradient's own gradient, along random directions, equals the central difference of the gradient."""
    import chainrule

    if not case.places:
        return None
    calls = Calls(case)
    rng = np.random.default_rng(13)
    d_out = upstream(calls.out)
    chosen = [case.arrays[place] for place in case.places]
    v, w = ([rng.standard_normal(np.shape(x)) for x in chosen] for _ in range(2))

    def objective(*moved: Any) -> Any:
        arrays = list(case.arrays)
        for place, array in zip(case.places, moved, strict=True):
            arrays[place] = array
        return np.sum(d_out * case.op(*arrays, **case.parameters))

    def along(*moved: Any) -> Any:
        gradients = chainrule.grad(objective, argnums=tuple(range(len(moved))))(*moved)
        return sum(np.sum(one * direction) for one, direction in zip(gradients, v, strict=True))

    def shifted(step: float) -> Any:
        return along(*(x + step * direction for x, direction in zip(chosen, w, strict=True)))

    try:
        second = chainrule.grad(along, argnums=tuple(range(len(chosen))))(*chosen)
        expected = (shifted(STEP) - shifted(-STEP)) / (2 * STEP)
    except Exception as error:
        told = " ".join(str(error).split()) or type(error).__name__
        return found("NOT_TRACEABLE", case.op.name, {"error": told.rstrip(".")})
    actual = sum(np.sum(one * direction) for one, direction in zip(second, w, strict=True))
    if np.isclose(expected, actual, rtol=1e-5, atol=1e-7):
        return None
    measured = f"along random directions it is {actual:.6g}, differences of the gradient give {expected:.6g}"
    sides = {"expected": f"{expected:.6g}", "received": f"{actual:.6g}"}
    return found("SECOND_DERIVATIVE_DIFFERS", f"{case.op.name}: backward", {"measured": measured}, **sides)
