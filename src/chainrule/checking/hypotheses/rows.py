"""Rows and columns: each with a factor of its own, in another order, added up on the way, or off by a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts, is_close
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import besides, listed, named_number, number

__all__ = ["NAMED_UNEVEN", "ROWS", "TERMS", "UNEVEN"]

Array = npt.NDArray[Any]


def _factors(yours: Array, expected: Array, axis: int, tolerance: float) -> Array | None:
    """The factor of each row (axis 0) or column (axis 1); None where there is none, or too few entries to tell."""
    if yours.shape != expected.shape or yours.ndim != 2 or yours.shape[1 - axis] < 2:
        return None
    squares = np.sum(expected * expected, axis=1 - axis, keepdims=True)
    if not squares.any() or np.any(np.sum(expected != 0, axis=1 - axis) == 1):
        return None
    factors = np.sum(yours * expected, axis=1 - axis, keepdims=True) / np.where(squares == 0, 1, squares)
    if not is_close(yours, factors * expected, tolerance) or np.ptp(factors) <= 1e-9 * np.abs(factors).max():
        return None
    return np.asarray(factors.ravel())


def _vectors(evidence: Evidence, count: int, axis: int) -> Iterator[tuple[str, Array]]:
    """What a row or a column could have been multiplied by."""
    trial = evidence.trial
    arrays = {"d_out": trial.d_out} if evidence.place is not None else {}
    named = {"the first argument": trial.arrays[0], "the second argument": (*trial.arrays, None, None)[1]}
    for name, array in {**arrays, **named, "forward's result": trial.out}.items():
        array = np.asarray(array, dtype=float) if array is not None else np.zeros(())
        if array.shape == (count,):
            yield name, array
            yield f"1 - {name}", 1 - array
        if array.ndim == 2 and array.shape[axis] == count:
            word = "row" if axis == 0 else "column"
            yield f"the sum of each {word} of {name}", array.sum(axis=1 - axis)
            yield f"the mean of each {word} of {name}", array.mean(axis=1 - axis)
            yield f"the largest of each {word} of {name}", array.max(axis=1 - axis)
            yield f"the first entry of each {word} of {name}", np.take(array, 0, axis=1 - axis)
            yield f"the length of each {word} of {name}", np.sqrt((array * array).sum(axis=1 - axis))
    yield "its number, from 0", np.arange(count, dtype=float)
    yield "its number, from 1", np.arange(1.0, count + 1)
    yield "the number from the end", np.arange(float(count), 0, -1)


def _has_factors(code: str, axis: int) -> tuple[Hypothesis, Hypothesis]:
    def named(evidence: Evidence) -> Facts | None:
        factors = _factors(evidence.yours, evidence.expected, axis, evidence.trial.tolerance)
        if factors is None:
            return None
        for name, vector in _vectors(evidence, factors.size, axis):
            for over, values in (("", vector), ("1 over ", 1 / vector)):
                if is_close(factors, values, 1e-8):
                    return {"rule": over + name, "factors": listed(factors), "like": f": {over}{name}"}
        return None

    def unnamed(evidence: Evidence) -> Facts | None:
        factors = _factors(evidence.yours, evidence.expected, axis, evidence.trial.tolerance)
        return None if factors is None else {"factors": listed(factors), "like": ""}

    return Hypothesis(code, named), Hypothesis(code, unnamed)


# -- order ---------------------------------------------------------------------------------------------------


def _reordered(change: Callable[[Array], Array], how: str) -> Hypothesis:
    def holds(evidence: Evidence) -> Facts | None:
        found = besides(evidence, change(evidence.expected))
        return (
            None
            if found is None or np.array_equal(change(evidence.expected), evidence.expected)
            else {
                **found,
                "how": how,
            }
        )

    return Hypothesis("ROW_ORDER", holds)


def _is_shuffled(evidence: Evidence) -> Facts | None:
    """The right rows in some other order."""
    yours, expected = evidence.yours, evidence.expected
    if yours.shape != expected.shape or yours.ndim < 1 or len(yours) < 2 or evidence.equals(expected):
        return None
    apart = np.abs(yours[:, None] - expected[None]).reshape(len(yours), len(yours), -1).max(axis=2)
    fits = apart <= evidence.trial.tolerance * max(1e-300, float(np.abs(expected).max()))
    is_each = np.all(fits.any(axis=1)) and np.all(fits.any(axis=0))
    return {"how": "in another order", "besides": ""} if is_each else None


def _is_rearranged(evidence: Evidence) -> Facts | None:
    yours, expected = np.sort(evidence.yours, axis=None), np.sort(evidence.expected, axis=None)
    enough = evidence.yours.size == evidence.expected.size > 3 and not evidence.equals(evidence.expected)
    same = enough and is_close(yours, expected, evidence.trial.tolerance)
    return {} if same and np.unique(expected).size > 2 else None


# -- sums ------------------------------------------------------------------------------------------------


def _candidate(code: str, value: Callable[[Array], Array], how: str) -> Hypothesis:
    def holds(evidence: Evidence) -> Facts | None:
        candidate = value(evidence.expected)
        if is_close(candidate, evidence.expected, evidence.trial.tolerance):
            return None
        found = besides(evidence, candidate)
        return None if found is None else {**found, "how": how}

    return Hypothesis(code, holds)


def _is_off_by_constant(evidence: Evidence) -> Facts | None:
    if evidence.yours.shape != evidence.expected.shape or evidence.yours.size < 2:
        return None
    apart = evidence.yours - evidence.expected
    constant = float(apart.mean())
    even = np.all(np.abs(apart - constant) <= 1e-9 * max(abs(constant), float(np.abs(evidence.expected).max())))
    return {"constant": named_number(constant), "rule": f"{constant:.7g}"} if even and constant else None


def _is_off_by_some_constant(evidence: Evidence) -> Facts | None:
    facts = _is_off_by_constant(evidence)
    return None if facts is None else {"constant": f"{facts['constant']} here"}


ROWS = (
    _reordered(lambda rows: rows[::-1], "in reverse order"),
    _reordered(lambda rows: rows[:, ::-1], "with the columns in reverse order"),
    _reordered(lambda rows: np.roll(rows, 1, axis=0), "shifted by one"),
    _reordered(lambda rows: np.roll(rows, -1, axis=0), "shifted by one"),
    _reordered(lambda rows: rows.T.reshape(rows.shape), "transposed and reshaped, which mixes the entries"),
    Hypothesis("ROW_ORDER", _is_shuffled),
    _candidate("CENTERED", lambda a: a - a.mean(), "of all entries"),
    _candidate("CENTERED", lambda a: a - a.mean(axis=0), "of each column"),
    _candidate("CENTERED", lambda a: a - a.mean(axis=-1, keepdims=True), "of each row"),
    _candidate("ACCUMULATED", lambda a: np.cumsum(a, axis=0), "row after row"),
    _candidate("ACCUMULATED", lambda a: np.cumsum(a, axis=-1), "column after column"),
    _candidate("SPREAD", lambda a: np.broadcast_to(a.sum(axis=0), a.shape), "the sum over the rows"),
    _candidate("SPREAD", lambda a: np.broadcast_to(a.mean(axis=0), a.shape), "the mean over the rows"),
    _candidate("SPREAD", lambda a: np.broadcast_to(a.sum(axis=-1, keepdims=True), a.shape), "the sum of each row"),
    _candidate("SPREAD", lambda a: np.broadcast_to(a.mean(axis=-1, keepdims=True), a.shape), "the mean of each row"),
    _candidate("SPREAD", lambda a: np.full(a.shape, a.sum()), "the sum of all"),
    _candidate("FUNCTION_OF_RESULT", np.abs, "the absolute value"),
    _candidate("FUNCTION_OF_RESULT", np.square, "the square"),
    _candidate("FUNCTION_OF_RESULT", np.sqrt, "the root"),
    _candidate("FUNCTION_OF_RESULT", np.sign, "the sign"),
    _candidate("FUNCTION_OF_RESULT", np.reciprocal, "1 over it,"),
    _candidate("FUNCTION_OF_RESULT", np.exp, "the exponential"),
    _candidate("FUNCTION_OF_RESULT", np.log, "the logarithm"),
    _candidate("FUNCTION_OF_RESULT", lambda a: np.maximum(a, 0), "the positive part"),
    _candidate("FUNCTION_OF_RESULT", lambda a: np.minimum(a, 0), "the negative part"),
    _candidate("FUNCTION_OF_RESULT", lambda a: 1 - a, "1 minus it,"),
    Hypothesis("OFF_BY_CONSTANT", _is_off_by_constant),
)
_ROW_FACTORS, _COLUMN_FACTORS = _has_factors("ROW_FACTOR", 0), _has_factors("COLUMN_FACTOR", 1)
NAMED_UNEVEN = (_ROW_FACTORS[0], _COLUMN_FACTORS[0])
UNEVEN = (
    _ROW_FACTORS[1],
    _COLUMN_FACTORS[1],
    Hypothesis("REARRANGED", _is_rearranged),
    Hypothesis("OFF_BY_CONSTANT", _is_off_by_some_constant),
)


# -- a factor or a term that is an array ---------------------------------------------------------------------


def _values(evidence: Evidence) -> Iterator[tuple[str, Array]]:
    """Arrays that are at hand and broadcast with the result."""
    trial = evidence.trial
    words = ("the first argument", "the second argument", "the third argument")
    at_hand = [(words[place], array) for place, array in enumerate(trial.arrays[:3])]
    if evidence.place is not None:
        at_hand += [("d_out", trial.d_out), ("forward's result", trial.out)]
    for name, array in at_hand:
        values = np.asarray(array, dtype=float)
        if values.size > 1 and _fits(values.shape, evidence.expected.shape):
            yield name, values


def _fits(smaller: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    tail = larger[len(larger) - len(smaller) :]
    return len(smaller) <= len(larger) and all(one in (1, other) for one, other in zip(smaller, tail, strict=True))


def _has_extra_factor(evidence: Evidence) -> Facts | None:
    for name, values in _values(evidence):
        for words, factor in ((name, values), (f"1 - {name}", 1 - values)):
            if found := besides(evidence, evidence.expected * factor):
                return {**found, "rule": (words, found["rule"]), "factor": words}
    return None


def _lacks_factor(evidence: Evidence) -> Facts | None:
    for name, values in _values(evidence):
        for words, factor in ((name, values), (f"1 - {name}", 1 - values)):
            nonzero = np.broadcast_to(factor != 0, evidence.expected.shape)
            if nonzero.all() and (found := besides(evidence, evidence.expected / factor)):
                return {**found, "rule": (words, found["rule"]), "factor": words}
    return None


def _has_extra_term(evidence: Evidence) -> Facts | None:
    """What is too much is a multiple of something at hand, the same in every trial."""
    if evidence.yours.shape != evidence.expected.shape:
        return None
    apart = evidence.yours - evidence.expected
    scale = float(np.abs(evidence.expected).max())
    for name, values in _values(evidence):
        candidate = np.broadcast_to(values, apart.shape)
        squares = float(np.sum(candidate * candidate))
        ratio = float(np.sum(apart * candidate)) / squares if squares else 0.0
        if ratio and np.all(np.abs(apart - ratio * candidate) <= 1e-9 * max(scale, abs(ratio))):
            words = name if abs(ratio - 1) < 1e-9 else f"{named_number(ratio)} times {name}"
            return {"rule": (name, number(ratio)), "term": words}
    return None


TERMS = (
    Hypothesis("EXTRA_FACTOR", _has_extra_factor),
    Hypothesis("FACTOR_LEFT_OUT", _lacks_factor),
    Hypothesis("EXTRA_TERM", _has_extra_term),
)
