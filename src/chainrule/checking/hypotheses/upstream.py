"""The incoming gradient: ignored, used twice, summed, added, or handed on as it came.

The reference's gradient is linear in the incoming one, so what a mistake with it gives can be asked of the reference:
its answer to ones, to the square, to the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts, is_close
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import besides

__all__ = ["SLOPES", "UPSTREAM"]

Array = npt.NDArray[Any]


def _incoming(evidence: Evidence) -> Array | None:
    """The incoming gradient where there is one; a backward that takes none is asked with ones."""
    d_out = np.asarray(evidence.trial.d_out, dtype=float)
    return None if evidence.place is None or not d_out.size or bool((d_out == 1).all()) else d_out


def _answer(code: str, candidate: Callable[[Evidence, Array], Any], **words: str) -> Hypothesis:
    """The result is this candidate, which is not what is expected, or that times a plain factor."""

    def holds(evidence: Evidence) -> Facts | None:
        d_out = _incoming(evidence)
        if d_out is None:
            return None
        found = besides(evidence, candidate(evidence, d_out))
        return None if found is None else {**found, **words}

    return Hypothesis(code, holds)


def _again(code: str, change: Callable[[Array], Array], **words: str) -> Hypothesis:
    """The reference's gradient for a changed incoming one."""
    return _answer(code, lambda evidence, d_out: evidence.again(change(d_out)), **words)


def _is_nothing_for_ones(evidence: Evidence) -> Facts | None:
    """Ones, or any equal numbers, change nothing in a softmax: then rounding errors are all that comes out."""
    d_out, scale = _incoming(evidence), float(np.abs(evidence.expected).max())
    if d_out is None or evidence.yours.shape != evidence.expected.shape:
        return None
    largest = max(np.abs(evidence.again(np.ones_like(d_out))).max(), np.abs(evidence.yours).max())
    return {"besides": ""} if largest <= max(1e-12, evidence.trial.tolerance) * scale else None


def _filled(value: Callable[[Array], Any]) -> Callable[[Array], Array]:
    return lambda d_out: np.broadcast_to(value(d_out), d_out.shape).astype(float)


def _rows(d_out: Array) -> Array:
    if d_out.ndim < 2:
        raise ValueError("there are no rows to be added up")
    return np.asarray(d_out.sum(axis=-1, keepdims=True))


def _columns(d_out: Array) -> Array:
    if d_out.ndim < 2:
        raise ValueError("there are no columns to be added up")
    return np.asarray(d_out.sum(axis=0, keepdims=True))


def _array(d_out: Array) -> Array:
    if d_out.size < 2:
        raise ValueError("one number has no rows and no order")
    return d_out


def _without(rows: slice) -> Callable[[Evidence, Array], Array]:
    """Of arrays that all samples share; where each sample has its own row, that row is what is wrong."""

    def candidate(evidence: Evidence, d_out: Array) -> Array:
        if len(_array(d_out)) < 3 or evidence.expected.shape[:1] == d_out.shape[:1]:
            raise ValueError("too few samples to tell, or each has its own row")
        kept = d_out.copy()
        kept[rows] = 0
        return evidence.again(kept)

    return candidate


def _without_columns(columns: slice) -> Callable[[Evidence, Array], Array]:
    """Of arrays whose entries reach every column of the result."""

    def candidate(evidence: Evidence, d_out: Array) -> Array:
        if d_out.ndim != 2 or d_out.shape[1] < 2 or evidence.expected.shape[-1:] == d_out.shape[-1:]:
            raise ValueError("too few columns to tell, or each has its own")
        kept = d_out.copy()
        kept[:, columns] = 0
        return evidence.again(kept)

    return candidate


def _handed_on(evidence: Evidence, d_out: Array) -> Array:
    expected = evidence.expected
    if d_out.shape == expected.shape:
        return d_out
    if d_out.ndim == 1 < expected.ndim and d_out.shape == expected.shape[:1]:
        d_out = d_out[:, None]
    return np.broadcast_to(d_out, expected.shape)


def _like_argument(evidence: Evidence, d_out: Array) -> Array:
    if d_out.shape != evidence.expected.shape:
        raise ValueError("only functions of single entries have a slope to add to")
    return d_out


UPSTREAM = (
    _again("UPSTREAM_IGNORED", np.ones_like),
    Hypothesis("UPSTREAM_IGNORED", _is_nothing_for_ones),
    _again("UPSTREAM_SQUARED", np.square),
    _again("UPSTREAM_SUMMED", _filled(np.sum), how="sum over all entries"),
    _again("UPSTREAM_SUMMED", _filled(lambda d_out: np.mean(_array(d_out))), how="mean over all entries"),
    _again("UPSTREAM_SUMMED", _filled(_rows), how="sum over each row"),
    _again("UPSTREAM_SUMMED", _filled(_columns), how="sum over each column"),
    _again("UPSTREAM_DIVIDED", np.reciprocal),
    _again("UPSTREAM_CHANGED", np.abs, how="its absolute value"),
    _again("UPSTREAM_CHANGED", np.sign, how="its sign alone"),
    _again("UPSTREAM_CHANGED", lambda d_out: np.maximum(d_out, 0), how="its positive entries alone"),
    _again("UPSTREAM_CHANGED", lambda d_out: np.minimum(d_out, 0), how="its negative entries alone"),
    _again("UPSTREAM_CHANGED", lambda d_out: (d_out > 0).astype(float), how="a mask, d_out > 0"),
    _again("UPSTREAM_CHANGED", lambda d_out: d_out - _array(d_out).mean(), how="d_out less its mean"),
    _again("UPSTREAM_CHANGED", lambda d_out: _array(d_out) / d_out.sum(), how="d_out divided by its sum"),
    _again("UPSTREAM_CHANGED", lambda d_out: _array(d_out) / np.sqrt((d_out**2).sum()), how="d_out scaled to length 1"),
    _again("UPSTREAM_CHANGED", np.exp, how="exp(d_out)"),
    _again("UPSTREAM_CHANGED", lambda d_out: d_out + 1, how="d_out + 1"),
    _again("UPSTREAM_CHANGED", lambda d_out: 1 - d_out, how="1 - d_out"),
    _again("UPSTREAM_OF_ONE_ROW", _filled(lambda d_out: _array(d_out)[0]), which="first"),
    _again("UPSTREAM_OF_ONE_ROW", _filled(lambda d_out: _array(d_out)[-1]), which="last"),
    _again("UPSTREAM_REORDERED", lambda d_out: _array(d_out)[::-1], how="its rows are reversed"),
    _again("UPSTREAM_REORDERED", lambda d_out: d_out[:, ::-1], how="its columns are reversed"),
    _again(
        "UPSTREAM_REORDERED", lambda d_out: _array(d_out).T.reshape(d_out.shape), how="it is transposed, then reshaped"
    ),
    _answer("UPSTREAM_IS_SOMETHING_ELSE", lambda e, d: e.again(np.asarray(e.trial.out, float)), how="forward's result"),
    _answer("UPSTREAM_IS_SOMETHING_ELSE", lambda e, d: e.again(_fitting(e.trial.arrays[0], d)), how="forward's input"),
    _answer("SAMPLES_LEFT_OUT", _without(slice(-1, None)), which="leaves out the last sample"),
    _answer("SAMPLES_LEFT_OUT", _without(slice(0, 1)), which="leaves out the first sample"),
    _answer("SAMPLES_LEFT_OUT", _without(slice(1, None)), which="counts the first sample alone"),
    _answer("SAMPLES_LEFT_OUT", _without(slice(None, -1)), which="counts the last sample alone"),
    _answer("UPSTREAM_OF_ONE_COLUMN", _without_columns(slice(None, -1)), which="counts the last column of d_out alone"),
    _answer("UPSTREAM_OF_ONE_COLUMN", _without_columns(slice(1, None)), which="counts the first column of d_out alone"),
    _answer("UPSTREAM_OF_ONE_COLUMN", _without_columns(slice(-1, None)), which="leaves out the last column of d_out"),
    _answer("UPSTREAM_OF_ONE_COLUMN", _without_columns(slice(0, 1)), which="leaves out the first column of d_out"),
    _answer(
        "UPSTREAM_IS_SOMETHING_ELSE", lambda e, d: e.again(_fitting(e.trial.arrays[1], d)), how="the second argument"
    ),
)


def _fitting(array: Any, d_out: Array) -> Array:
    values: Array = np.asarray(array, dtype=float)
    if values.shape != d_out.shape:
        raise ValueError("it has not the shape of d_out")
    return values


# -- the local slope: asked after the candidates that are particular to an op -----------------------------------


def _slope(evidence: Evidence, d_out: Array) -> Array:
    """The local slope, of functions of single entries."""
    slope: Array = evidence.again(np.ones_like(d_out))
    if slope.shape != d_out.shape or not is_close(slope * d_out, evidence.expected, evidence.trial.tolerance):
        raise ValueError("each entry depends on several")
    return slope


def _other_entries(evidence: Evidence, d_out: Array) -> Array:
    """What a mask gives that is the wrong way round."""
    slope = _slope(evidence, d_out)
    scale = np.abs(slope).max()
    if not np.all((np.abs(slope) <= 1e-6 * scale) | (np.abs(slope - scale) <= 1e-6 * scale)) or np.ptp(slope) == 0:
        raise ValueError("the slope is no mask")
    known = evidence.trial.known.get(evidence.place or 0, np.ones(d_out.shape, bool))
    return np.asarray(d_out * ((slope < 0.5 * scale) & known) * scale)


def _own_mask(evidence: Evidence, d_out: Array) -> Array:
    """What comes out where the mask is that of d_out."""
    _other_entries(evidence, d_out)
    known = np.where(evidence.trial.known.get(evidence.place or 0, np.ones(d_out.shape, bool)), 1.0, 0.0)
    return np.asarray(np.maximum(d_out, 0) * known * np.abs(_slope(evidence, d_out)).max())


def _with_slope(code: str, change: Callable[[Array, Array], Any], **words: str) -> Hypothesis:
    return _answer(code, lambda evidence, d_out: change(_slope(evidence, d_out), d_out), **words)


SLOPES = (
    _answer("UPSTREAM_ADDED", lambda e, d: e.again(np.ones_like(d)) + _like_argument(e, d), sign="added to it"),
    _answer("UPSTREAM_ADDED", lambda e, d: e.again(np.ones_like(d)) - _like_argument(e, d), sign="subtracted from it"),
    _answer("INVERTED_MASK", _other_entries),
    _answer("MASK_FROM_UPSTREAM", _own_mask),
    _with_slope("SLOPE_CHANGED", lambda slope, d: d * (1 - slope), how="taken from 1", formula="d_out * (1 - slope)"),
    _answer("UPSTREAM_TWICE", lambda e, d: e.expected + _like_argument(e, d)),
    _answer("UPSTREAM_TWICE", lambda e, d: e.expected - _like_argument(e, d)),
    _answer("LOCAL_SLOPE_MISSING", _handed_on),
    _with_slope("SLOPE_CHANGED", lambda slope, d: d * slope * slope, how="used twice", formula="d_out * slope ** 2"),
    _with_slope("SLOPE_CHANGED", lambda slope, d: d / slope, how="divided by", formula="d_out / slope"),
    _with_slope("SLOPE_CHANGED", lambda slope, d: d * (1 + slope), how="added to 1", formula="d_out * (1 + slope)"),
    _with_slope("SLOPE_CHANGED", lambda slope, d: d * np.abs(slope), how="made positive", formula="d_out * abs(slope)"),
    _with_slope(
        "SLOPE_CHANGED", lambda slope, d: d * np.sign(slope), how="reduced to its sign", formula="d_out * sign(slope)"
    ),
    _with_slope(
        "SLOPE_CHANGED", lambda slope, d: d * np.sqrt(slope), how="under a root", formula="d_out * sqrt(slope)"
    ),
    _with_slope("SLOPE_CHANGED", lambda slope, d: d * slope.mean(), how="averaged", formula="d_out * slope.mean()"),
    _with_slope("SLOPE_CHANGED", lambda slope, d: d * slope.sum(), how="summed", formula="d_out * slope.sum()"),
)
