"""Results of another shape: transposed, an axis too many, not summed, broadcast."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import besides, multiple, shape

__all__ = ["FORWARD_SHAPES", "GRADIENT_SHAPES", "WRONG_SHAPES"]

Array = npt.NDArray[Any]


def _facts(evidence: Evidence, found: dict[str, Any] | None, **further: Any) -> Facts | None:
    """Both shapes in words, along with what was found."""
    if found is None:
        return None
    sizes = evidence.trial.sizes
    both = {"yours": shape(evidence.yours.shape, sizes), "wanted": shape(evidence.expected.shape, sizes)}
    return {"besides": "", **found, **both, **further}


def _of_another_shape(
    look: Callable[[Evidence], dict[str, Any] | None],
) -> Callable[[Evidence], Facts | None]:
    def holds(evidence: Evidence) -> Facts | None:
        if evidence.yours.shape == evidence.expected.shape:
            return None
        return _facts(evidence, look(evidence))

    return holds


def _is_transposed(evidence: Evidence) -> Facts | None:
    if evidence.expected.ndim < 2:
        return None
    return _facts(evidence, besides(evidence, evidence.expected.T))


def _long_axes(sizes: tuple[int, ...]) -> list[int]:
    return [size for size in sizes if size != 1]


def _has_extra_axis(evidence: Evidence) -> dict[str, Any] | None:
    yours, expected = evidence.yours, evidence.expected
    if yours.ndim <= expected.ndim or _long_axes(yours.shape) != _long_axes(expected.shape):
        return None
    return besides(evidence, expected, yours.reshape(expected.shape))


def _lacks_axis(evidence: Evidence) -> dict[str, Any] | None:
    yours, expected = evidence.yours, evidence.expected
    if yours.ndim >= expected.ndim or _long_axes(yours.shape) != _long_axes(expected.shape):
        return None
    return besides(evidence, expected, yours.reshape(expected.shape))


def _is_not_summed(evidence: Evidence) -> dict[str, Any] | None:
    yours, expected = evidence.yours, evidence.expected
    if yours.ndim <= expected.ndim or yours.shape[yours.ndim - expected.ndim :] != expected.shape:
        return None
    extra = tuple(range(yours.ndim - expected.ndim))
    return besides(evidence, expected, yours.sum(axis=extra))


def _needs_a_sum(evidence: Evidence) -> dict[str, Any] | None:
    """Summing over some axes gives what is expected."""
    yours, expected = evidence.yours, evidence.expected
    for axes in _some_axes(yours.ndim):
        summed = yours.sum(axis=axes)
        if summed.size == expected.size and (found := besides(evidence, expected, summed.reshape(expected.shape))):
            return {**found, "axes": _axes(axes)}
    return None


def _some_axes(count: int) -> Iterator[tuple[int, ...]]:
    for many in range(1, count + 1):
        yield from itertools.combinations(range(count), many)


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


def _is_summed_over_another_axis(evidence: Evidence) -> Facts | None:
    """The incoming gradient, summed or averaged over an axis; where that is right, nobody asks."""
    d_out = np.asarray(evidence.trial.d_out)
    if d_out.ndim < 2 or evidence.place is None:
        return None
    for axis, keep in itertools.product(range(d_out.ndim), (False, True)):
        summed = d_out.sum(axis=axis, keepdims=keep)
        for how, value in (("summed", summed), ("averaged", summed / d_out.shape[axis])):
            if evidence.equals(value) and multiple(value, evidence.expected, evidence.trial.tolerance) is None:
                return _facts(evidence, {"rule": (axis, how)}, axis=axis, how=how)
    return None


def _is_collapsed(evidence: Evidence) -> dict[str, Any] | None:
    yours, expected = evidence.yours, evidence.expected
    if yours.size != 1 or expected.size == 1:
        return None
    for how, value in (("sum", expected.sum()), ("mean", expected.mean())):
        found = besides(evidence, value, yours.reshape(()))
        if found and found["rule"] in (*_PLAIN, "N", "1/N"):
            return {**found, "rule": (how, found["rule"]), "how": how}
    return None


def _is_reduced(evidence: Evidence) -> dict[str, Any] | None:
    """Fewer numbers than expected: the sum or the mean over some axes of what is expected."""
    yours, expected = evidence.yours, evidence.expected
    if yours.size >= expected.size:
        return None
    for axes in _some_axes(expected.ndim):
        for how, value in (("mean", expected.mean(axis=axes)), ("sum", expected.sum(axis=axes))):
            found = besides(evidence, value.reshape(yours.shape)) if value.size == yours.size else None
            if found and found["rule"] in _PLAIN:
                return {**found, "rule": (how, axes, found["rule"]), "how": how, "amount": _amount(yours, evidence)}
    return None


# Other factors may be the size of an axis, which makes a mean of a sum.
_PLAIN = ("", "-1")


def _amount(values: Array, evidence: Evidence) -> str:
    if values.size == 1:
        return "one number"
    if values.size == evidence.trial.count:
        return "one number for each sample"
    return f"an array of shape {shape(values.shape, evidence.trial.sizes)}"


def _is_not_reduced(evidence: Evidence) -> dict[str, Any] | None:
    """More numbers than expected: their sum or mean over some axes is what is expected."""
    yours, expected = evidence.yours, evidence.expected
    if yours.size <= expected.size:
        return None
    for axes in _some_axes(yours.ndim):
        for how, value in (("mean", yours.mean(axis=axes)), ("sum", yours.sum(axis=axes))):
            if value.size == expected.size and (found := besides(evidence, expected, value.reshape(expected.shape))):
                if found["rule"] not in _PLAIN:
                    continue
                amount, wanted = _amount(yours, evidence), _amount(expected, evidence)
                return {**found, "rule": (how, axes, found["rule"]), "how": how, "amount": amount, "few": wanted}
    return None


def _is_n_by_n(evidence: Evidence) -> dict[str, Any] | None:
    count, yours = evidence.trial.count, evidence.yours
    return {} if yours.shape == (count, count) and evidence.expected.size in (1, count) and count > 1 else None


def _is_broadcast(evidence: Evidence) -> dict[str, Any] | None:
    """The right values, repeated along an axis."""
    yours, expected = evidence.yours, evidence.expected
    if yours.size <= expected.size:
        return None
    for axis in range(expected.ndim + 1):
        spread = np.expand_dims(expected, axis)
        if len(np.broadcast_shapes(spread.shape, yours.shape)) == yours.ndim:
            found = besides(evidence, np.broadcast_to(spread, yours.shape))
            if found:
                return found
    return besides(evidence, np.broadcast_to(expected, yours.shape))


def _is_reshaped(evidence: Evidence) -> dict[str, Any] | None:
    yours, expected = evidence.yours, evidence.expected
    return besides(evidence, expected, yours.reshape(expected.shape)) if yours.size == expected.size else None


def _is_row(which: int, words: str) -> Hypothesis:
    def look(evidence: Evidence) -> dict[str, Any] | None:
        expected = evidence.expected
        found = besides(evidence, expected[which]) or besides(evidence, np.expand_dims(expected[which], 0))
        return None if found is None else {**found, "which": words}

    return Hypothesis("ONE_ROW", _of_another_shape(look))


def _lacks_row(evidence: Evidence) -> dict[str, Any] | None:
    expected = evidence.expected
    for which, rows in (("last", expected[:-1]), ("first", expected[1:])):
        if found := besides(evidence, rows):
            return {**found, "rule": (which, found["rule"]), "which": which}
    return None


_ALIKE = (
    Hypothesis("TRANSPOSED", _is_transposed),
    Hypothesis("EXTRA_AXIS", _of_another_shape(_has_extra_axis)),
    Hypothesis("MISSING_AXIS", _of_another_shape(_lacks_axis)),
)
_REPEATED = (
    Hypothesis("BROADCAST_UP", _of_another_shape(_is_broadcast)),
    Hypothesis("BROADCAST_N_BY_N", _of_another_shape(_is_n_by_n)),
    Hypothesis("RESHAPED", _of_another_shape(_is_reshaped)),
    _is_row(0, "first"),
    _is_row(-1, "last"),
    Hypothesis("ROW_MISSING", _of_another_shape(_lacks_row)),
)

GRADIENT_SHAPES = (
    *_ALIKE,
    _REPEATED[0],
    Hypothesis("BIAS_NOT_SUMMED", _of_another_shape(_is_not_summed)),
    Hypothesis("SUMMED_OVER_WRONG_AXIS", _is_summed_over_another_axis),
    Hypothesis("COLLAPSED", _of_another_shape(_is_collapsed)),
    *_REPEATED[1:],
    Hypothesis("NOT_SUMMED", _of_another_shape(_needs_a_sum)),
)
FORWARD_SHAPES = (
    *_ALIKE,
    *_REPEATED[:2],
    Hypothesis("NOT_REDUCED", _of_another_shape(_is_not_reduced)),
    Hypothesis("REDUCED", _of_another_shape(_is_reduced)),
    *_REPEATED[2:],
)


# -- nothing else is known than the shapes -----------------------------------------------------------------


def _has_anothers_shape(evidence: Evidence) -> dict[str, Any] | None:
    if evidence.place is None:
        return None
    trial = evidence.trial
    if evidence.yours.shape == np.shape(trial.d_out):
        return {"rule": "d_out", "whose": "d_out"}
    for place, array in enumerate(trial.arrays):
        if evidence.yours.shape == np.shape(array):
            words = ("first", "second", "third", "fourth")[place]
            return {"rule": place, "whose": f"the {words} argument"}
    return None


def _has_one_for_each_row(evidence: Evidence) -> dict[str, Any] | None:
    """One number for each row of d_out, where one for each column is expected, or the reverse."""
    d_out = np.shape(evidence.trial.d_out)
    if evidence.place is None or len(d_out) != 2 or d_out[0] == d_out[1]:
        return None
    yours, expected = evidence.yours.shape, evidence.expected.shape
    for axis in (0, 1):
        if expected == (d_out[1 - axis],) and yours == (d_out[axis],):
            line, other = ("column", "row") if axis == 0 else ("row", "column")
            right = f"{axis}, which gives one number for each {line} and not for each {other}"
            return {"rule": axis, "axis": 1 - axis, "right": right, "besides": ""}
    return None


WRONG_SHAPES = (
    Hypothesis("WRONG_AXIS", _of_another_shape(_has_one_for_each_row)),
    Hypothesis("SHAPE_OF_ANOTHER", _of_another_shape(_has_anothers_shape)),
    Hypothesis("WRONG_SHAPE", _of_another_shape(lambda evidence: {})),
)
