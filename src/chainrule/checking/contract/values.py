"""Promises about results: how many, of which shapes and dtypes, and that they are the derivative."""

from __future__ import annotations

import numpy as np

from chainrule.checking.case import Case, is_float
from chainrule.checking.codes import found
from chainrule.checking.contract.calls import Broken, Calls, guarded
from chainrule.checking.differences import compare_with_differences
from chainrule.checking.evidence import EXACT, distance
from chainrule.checking.finding import Finding

__all__ = [
    "backward_is_linear_in_d_out",
    "float32_stays_float32",
    "gradients_are_floats",
    "gradients_have_the_shapes_of_their_arrays",
    "gradients_match_differences",
    "number_of_results_is_right",
]

_SEVERITIES = ("error", "unsure", "warning")


@guarded
def number_of_results_is_right(case: Case) -> Finding | None:
    """Backward returns one gradient for each array, and none of those that are due is None."""
    calls = Calls(case)
    out, saved = calls.forward()
    d_out = calls.d_out(out)
    try:
        given = case.op.backward(saved, d_out)
    except (Exception, SystemExit) as error:
        raise Broken(error, f"{case.op.name}: backward", {"d_out": d_out}) from error
    gradients = given if isinstance(given, tuple) else (given,)
    if len(gradients) != len(case.arrays):
        names = ", ".join(case.name(place) for place in range(len(case.arrays)))
        received = "1 value" if len(gradients) == 1 else f"{len(gradients)} values"
        facts = {"received_count": received, "expected_count": len(case.arrays), "names": names}
        return found("WRONG_COUNT", f"{case.op.name}: backward", facts)
    for place in case.places:
        if gradients[place] is None:
            return found("NO_GRADIENT", case.name(place), {"shape": np.shape(case.arrays[place])})
    return None


@guarded
def gradients_have_the_shapes_of_their_arrays(case: Case) -> Finding | None:
    """Each gradient has one entry for each entry of its array."""
    gradients = Calls(case).run().gradients
    for place, (array, gradient) in enumerate(zip(case.arrays, gradients, strict=True)):
        if gradient is None:
            if place in case.places:
                return found("NO_GRADIENT", case.name(place), {"shape": np.shape(array)})
        elif np.shape(array) != np.shape(gradient):
            facts = {"received_shape": np.shape(gradient), "expected_shape": np.shape(array)}
            return found("GRADIENT_SHAPE", case.name(place), facts)
    return None


@guarded
def gradients_match_differences(case: Case) -> Finding | None:
    """Each gradient is the slope of forward along random directions."""
    run = Calls(case).run()
    findings = [compare_with_differences(case, place, run.gradients[place], run.d_out).finding for place in case.places]
    given = [finding for finding in findings if finding is not None]
    return min(given, key=lambda finding: _SEVERITIES.index(finding.severity), default=None)


@guarded
def gradients_are_floats(case: Case) -> Finding | None:
    """No gradient is an array of integers."""
    gradients = Calls(case).run().gradients
    for place in case.places:
        gradient = gradients[place]
        if isinstance(gradient, (np.ndarray, np.generic)) and gradient.dtype.kind in "iub":
            return found("INTEGER_GRADIENT", case.name(place), received=str(gradient.dtype), expected="float64")
    return None


@guarded
def float32_stays_float32(case: Case) -> Finding | None:
    """Arrays of float32 give a result and gradients of float32."""
    arrays = tuple(array.astype(np.float32) if is_float(array) else array for array in case.arrays)
    if not any(is_float(array) for array in arrays):
        return None
    calls = Calls(case)
    d_out = np.asarray(calls.d_out(calls.out), np.float32)[()]
    run = calls.run(arrays, d_out)
    results = [("forward's result", run.out), *((case.name(place), run.gradients[place]) for place in case.places)]
    for name, result in results:
        # Python's own numbers adapt to what they meet.
        if isinstance(result, (np.ndarray, np.generic)) and result.dtype != np.float32:
            return found("FLOAT64_FROM_FLOAT32", name, received=str(result.dtype), expected="float32")
    return None


@guarded
def backward_is_linear_in_d_out(case: Case) -> Finding | None:
    """``3a + 2b`` gives three times what ``a`` gives, and twice what ``b`` gives."""
    calls = Calls(case)
    if not case.takes_upstream:
        return None
    a, b = (calls.d_out(calls.out, seed) for seed in (7, 8))
    # A forward for each: a backward that uses saved up is another promise's.
    from_a, from_b, from_both = (calls.run(d_out=d_out).gradients for d_out in (a, b, 3 * a + 2 * b))
    for place in case.places:
        if from_a[place] is None or from_b[place] is None:
            continue
        expected = 3 * np.asarray(from_a[place]) + 2 * np.asarray(from_b[place])
        tolerance = EXACT if expected.dtype != np.float32 else 1e-4
        if distance(from_both[place], expected) > tolerance and np.isfinite(expected).all():
            return found("NOT_LINEAR", case.name(place), {"d_out": upstream_name(case)})
    return None


def upstream_name(case: Case) -> str:
    """What the author calls the incoming gradient: the names of the others tell whether with a line below."""
    return "dout" if any(name[:1] == "d" and name[1:2] not in "_" for name in case.names) else "d_out"
