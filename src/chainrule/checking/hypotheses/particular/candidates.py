"""A candidate: what one mistake gives, as a formula of the trial's arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts, is_close
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import besides, multiple

__all__ = ["Array", "Table", "backward", "forward", "loss_backward", "loss_forward", "sigmoid"]

Array = npt.NDArray[Any]
Table = Mapping[tuple[str, int | None], tuple[Hypothesis, ...]]
Formula = Callable[..., Any]


def _hypothesis(code: str, candidate: Callable[[Evidence], Any], words: Mapping[str, str]) -> Hypothesis:
    def holds(evidence: Evidence) -> Facts | None:
        found = _compared(evidence, candidate(evidence))
        return None if found is None else {**found, **words}

    return Hypothesis(code, holds)


def _compared(evidence: Evidence, value: Any) -> dict[str, Any] | None:
    value = np.asarray(value)
    if is_close(value, evidence.expected, evidence.trial.tolerance):
        return None
    return besides(evidence, value)


def _of_upstream(code: str, candidate: Callable[[Evidence, Array], Any], words: Mapping[str, str]) -> Hypothesis:
    """With the incoming gradient, or with ones where it is ignored as well."""

    def holds(evidence: Evidence) -> Facts | None:
        d_out = np.asarray(evidence.trial.d_out, float)
        found = _compared(evidence, candidate(evidence, d_out))
        if found is None:
            found = _compared(evidence, candidate(evidence, np.ones_like(d_out)))
            if found is None:
                return None
            found = {"rule": ("ignored", found["rule"]), "besides": found["besides"] + _IGNORED}
        return {**found, **words}

    return Hypothesis(code, holds)


_IGNORED = " The incoming gradient is ignored besides."


def forward(code: str, formula: Formula, /, **words: str) -> Hypothesis:
    """A wrong result: ``formula(*arrays)``."""
    return _hypothesis(code, lambda evidence: formula(*evidence.trial.arrays), words)


def backward(code: str, formula: Formula, /, **words: str) -> Hypothesis:
    """A wrong gradient: ``formula(d_out, *arrays)``."""
    return _of_upstream(code, lambda evidence, d_out: formula(d_out, *evidence.trial.arrays), words)


def loss_forward(code: str, right: Formula, wrong: Formula, /, **words: str) -> Hypothesis:
    """A wrong loss of single entries, reduced as the right one is.

    Args:
        code: of the finding.
        right: the losses before they are reduced, of the arrays.
        wrong: what the mistake makes of them.
        words: facts for the sentence.
    """

    def candidate(evidence: Evidence) -> Array:
        arrays, out = evidence.trial.arrays, evidence.expected
        return _reduced(np.asarray(wrong(*arrays)), np.asarray(right(*arrays)), out)

    return _hypothesis(code, candidate, words)


def _reduced(wrong: Array, right: Array, out: Array) -> Array:
    """The wrong losses, added up and scaled as the right ones were to give the result."""
    if out.shape == right.shape:
        return wrong
    axes = None if not out.ndim else tuple(range(out.ndim, right.ndim))
    summed = np.asarray(right.sum(axis=axes))
    scale = multiple(out, summed, 1e-9)
    if scale is None:
        raise ValueError("the result is no sum or mean of single losses")
    return np.asarray(wrong.sum(axis=axes) * scale)


def loss_backward(code: str, right: Formula, wrong: Formula, /, **words: str) -> Hypothesis:
    """A wrong gradient of a loss: another slope, times the share of the incoming gradient that each entry gets.

    Args:
        code: of the finding.
        right: the slope of one loss, of the arrays.
        wrong: what the mistake makes of it.
        words: facts for the sentence.
    """

    def candidate(evidence: Evidence, d_out: Array) -> Array:
        arrays, incoming = evidence.trial.arrays, np.asarray(evidence.trial.d_out, float)
        slope = np.asarray(right(*arrays))
        share = _share(slope, evidence.expected, incoming) * _spread(d_out / incoming, slope)
        return np.asarray(wrong(*arrays) * share)

    return _of_upstream(code, candidate, words)


def _share(slope: Array, gradient: Array, d_out: Array) -> Any:
    """What each entry gets of the incoming gradient: d_out itself, its sample's, or a part of the one number."""
    spread = _spread(d_out, slope)
    scale = multiple(gradient, slope * spread, 1e-9)
    if scale is None:
        raise ValueError("the gradient is not the slope times d_out")
    return spread * scale


def _spread(d_out: Array, slope: Array) -> Array:
    return np.asarray(d_out).reshape(np.shape(d_out) + (1,) * (slope.ndim - np.ndim(d_out)))


def sigmoid(x: Array) -> Array:
    """``1 / (1 + e^-x)``."""
    return np.asarray(1 / (1 + np.exp(-x)))
