"""Likely mistakes in losses of single entries: squared and absolute error, binary cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.particular.candidates import Array, Table, loss_backward, loss_forward, sigmoid

__all__ = ["LOSSES"]


def _square(p: Array, t: Array) -> Any:
    return (p - t) ** 2


def _square_slope(p: Array, t: Array) -> Any:
    return 2 * (p - t)


def _absolute(p: Array, t: Array) -> Any:
    return np.abs(p - t)


def _absolute_slope(p: Array, t: Array) -> Any:
    return np.sign(p - t)


def _entropy(p: Array, t: Array) -> Any:
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def _entropy_slope(p: Array, t: Array) -> Any:
    return (1 - t) / (1 - p) - t / p


def _logits(z: Array, t: Array) -> Any:
    return np.logaddexp(0, z) - t * z


def _logits_slope(z: Array, t: Array) -> Any:
    return sigmoid(z) - t


def _loss(code: str, wrong: Any, **words: str) -> tuple[str, Any, dict[str, str]]:
    return code, wrong, words


def _all(make: Any, right: Any, *mistakes: tuple[str, Any, dict[str, str]]) -> tuple[Hypothesis, ...]:
    return tuple(make(code, right, wrong, **words) for code, wrong, words in mistakes)


def _of(other: str, formula: str) -> dict[str, str]:
    return {"other": other, "formula": formula}


_SQ = "(prediction - target) ** 2"
_SQUARED_FORWARD = _all(
    loss_forward,
    _square,
    _loss("NOT_SQUARED", lambda p, t: p - t),
    _loss("NOT_SQUARED", lambda p, t: t - p),
    _loss("OTHER_FUNCTION", _absolute, **_of("the absolute error", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: (p + t) ** 2, **_of("the square of the sum, a plus for a minus", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: p * p - t * t, **_of("the difference of the squares", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: (p - t) ** 4, **_of("the fourth power", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: (p - t) ** 3, **_of("the third power", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: p * p, **_of("without the target", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: p - t * t, **_of("the square of the target alone", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: p - t**2, **_of("only the target squared, parentheses are missing", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: (p * t) ** 2, **_of("the square of the product", _SQ)),
    _loss("OTHER_FUNCTION", lambda p, t: 2 * (p - t), **_of("its derivative", _SQ)),
)
_RIGHT_SQ = "2 (prediction - target)"
_SQUARED = _all(
    loss_backward,
    _square_slope,
    _loss("WRONG_DERIVATIVE", lambda p, t: (p - t) ** 2, formula="the loss itself", right=_RIGHT_SQ),
    _loss("WRONG_DERIVATIVE", lambda p, t: np.sign(p - t), formula="that of the absolute error", right=_RIGHT_SQ),
    _loss("WRONG_DERIVATIVE", lambda p, t: 2 * np.abs(p - t), formula="2 |prediction - target|", right=_RIGHT_SQ),
    _loss("WRONG_DERIVATIVE", lambda p, t: 2 * p, formula="2 prediction, without the target,", right=_RIGHT_SQ),
    _loss("WRONG_DERIVATIVE", lambda p, t: 2 * (p + t), formula="2 (prediction + target)", right=_RIGHT_SQ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: 2 * p - t,
        formula="2 prediction - target, parentheses are missing,",
        right=_RIGHT_SQ,
    ),
    _loss("WRONG_DERIVATIVE", lambda p, t: 2 * (p - t) ** 2, formula="2 (prediction - target)^2", right=_RIGHT_SQ),
    _loss(
        "WRONG_DERIVATIVE", lambda p, t: 2 * (p - t) * p, formula="2 (prediction - target) prediction", right=_RIGHT_SQ
    ),
    _loss("WRONG_DERIVATIVE", lambda p, t: 2 * (p - t) * t, formula="2 (prediction - target) target", right=_RIGHT_SQ),
    _loss("WRONG_DERIVATIVE", lambda p, t: 2 * t, formula="2 target", right=_RIGHT_SQ),
)
_SQUARED_TARGET = tuple(
    loss_backward("WRONG_DERIVATIVE", lambda p, t: 2 * (t - p), wrong, formula=formula, right="2 (target - prediction)")
    for wrong, formula in (
        (lambda p, t: (p - t) ** 2, "the loss itself"),
        (lambda p, t: 2 * p, "2 prediction"),
        (lambda p, t: 2 * t, "2 target"),
        (lambda p, t: 2 * (p + t), "2 (prediction + target)"),
    )
)

_ABS = "np.abs(prediction - target)"
_ABSOLUTE_FORWARD = _all(
    loss_forward,
    _absolute,
    _loss("ABSOLUTE_MISSING", lambda p, t: p - t),
    _loss("ABSOLUTE_MISSING", lambda p, t: t - p),
    _loss("OTHER_FUNCTION", _square, **_of("the squared error", _ABS)),
    _loss("OTHER_FUNCTION", lambda p, t: np.abs(p) - np.abs(t), **_of("the difference of the absolute values", _ABS)),
    _loss("OTHER_FUNCTION", lambda p, t: np.abs(p + t), **_of("|prediction + target|, a plus for a minus", _ABS)),
    _loss("OTHER_FUNCTION", lambda p, t: np.maximum(p - t, 0), **_of("max(prediction - target, 0)", _ABS)),
    _loss("OTHER_FUNCTION", lambda p, t: np.sqrt(np.abs(p - t)), **_of("the root of it", _ABS)),
)
_RIGHT_ABS = "sign(prediction - target)"
_ABSOLUTE = _all(
    loss_backward,
    _absolute_slope,
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: p - t,
        formula="prediction - target, without the sign function,",
        right=_RIGHT_ABS,
    ),
    _loss("WRONG_DERIVATIVE", _absolute, formula="the loss itself", right=_RIGHT_ABS),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: (p > t) * 1.0,
        formula="1 or 0",
        right="1 or -1, the sign of prediction - target",
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: (p >= t) * 1.0,
        formula="1 or 0",
        right="1 or -1, the sign of prediction - target",
    ),
    _loss("WRONG_DERIVATIVE", lambda p, t: np.ones_like(p), formula="1 everywhere", right=_RIGHT_ABS),
    _loss("WRONG_DERIVATIVE", lambda p, t: np.sign(p), formula="sign(prediction)", right=_RIGHT_ABS),
    _loss("WRONG_DERIVATIVE", _square_slope, formula="that of the squared error", right=_RIGHT_ABS),
)

_BCE = "-(y * np.log(p) + (1 - y) * np.log(1 - p))"
_ENTROPY_FORWARD = _all(
    loss_forward,
    _entropy,
    _loss("ONE_TERM_MISSING", lambda p, t: -t * np.log(p), term="(1 - y) log(1 - p)"),
    _loss("ONE_TERM_MISSING", lambda p, t: -(1 - t) * np.log(1 - p), term="y log p"),
    _loss("ONE_TERM_MISSING", lambda p, t: -np.log(p), term="(1 - y) log(1 - p), and the factor y,"),
    _loss("ONE_TERM_MISSING", lambda p, t: -np.log(1 - p), term="y log p, and the factor 1 - y,"),
    _loss("LABELS_FLIPPED", lambda p, t: _entropy(p, 1 - t)),
    _loss("PARENTHESES_MISSING", lambda p, t: -t * np.log(p) + (1 - t) * np.log(1 - p), formula=_BCE),
    _loss(
        "OTHER_FUNCTION",
        lambda p, t: -(t * np.log2(p) + (1 - t) * np.log2(1 - p)),
        **_of("that with logarithms to base 2", _BCE),
    ),
    _loss(
        "OTHER_FUNCTION",
        lambda p, t: -(t * np.log10(p) + (1 - t) * np.log10(1 - p)),
        **_of("that with logarithms to base 10", _BCE),
    ),
    _loss("OTHER_FUNCTION", _square, **_of("the squared error", _BCE)),
    _loss("OTHER_FUNCTION", lambda p, t: -(t * p + (1 - t) * (1 - p)), **_of("that without the logarithms", _BCE)),
    _loss(
        "OTHER_FUNCTION",
        lambda p, t: -(t * np.log(p) + (1 - t) * (1 - np.log(p))),
        **_of("1 - log p where log(1 - p) is meant", _BCE),
    ),
    _loss("OTHER_FUNCTION", lambda p, t: -(t * np.log(p) + (1 - t) * np.log(p)), **_of("log p in both terms", _BCE)),
    _loss(
        "OTHER_FUNCTION",
        lambda p, t: -(t * np.log(p) + (1 + t) * np.log(1 - p)),
        **_of("1 + y where 1 - y is meant", _BCE),
    ),
    _loss(
        "OTHER_FUNCTION",
        lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 + p)),
        **_of("log(1 + p) where log(1 - p) is meant", _BCE),
    ),
    _loss(
        "OTHER_FUNCTION",
        lambda p, t: -(t * np.log(p) * (1 - t) * np.log(1 - p)),
        **_of("the product of the two terms", _BCE),
    ),
    _loss("OTHER_FUNCTION", _logits, **_of("that of logits, not of probabilities", _BCE)),
)
_RIGHT_BCE = "(1 - y) / (1 - p) - y / p"
_ENTROPY = _all(
    loss_backward,
    _entropy_slope,
    _loss("GRADIENT_OF_LOGITS", lambda p, t: p - t),
    _loss("ONE_TERM_MISSING", lambda p, t: -t / p, term="(1 - y) / (1 - p)"),
    _loss("ONE_TERM_MISSING", lambda p, t: (1 - t) / (1 - p), term="-y / p"),
    _loss("ONE_TERM_MISSING", lambda p, t: -1 / p, term="(1 - y) / (1 - p), and the factor y,"),
    _loss("PLUS_FOR_MINUS", lambda p, t: t / p + (1 - t) / (1 - p), where="between the two terms"),
    _loss("LABELS_FLIPPED", lambda p, t: _entropy_slope(p, 1 - t)),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: 1 / (1 - p) - 1 / p,
        formula="1 / (1 - p) - 1 / p, without the labels,",
        right=_RIGHT_BCE,
    ),
    _loss("WRONG_DERIVATIVE", lambda p, t: (p - t) / p, formula="(p - y) / p", right="(p - y) / (p (1 - p))"),
    _loss(
        "WRONG_DERIVATIVE", lambda p, t: (p - t) / (1 - p), formula="(p - y) / (1 - p)", right="(p - y) / (p (1 - p))"
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: (p - t) * p * (1 - p),
        formula="(p - y) p (1 - p)",
        right="(p - y) / (p (1 - p))",
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: (p - t) / (p * (1 - p)) * p * (1 + p),
        formula="(p - y) (1 + p) / (1 - p)",
        right=_RIGHT_BCE,
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: t * np.log(p) + (1 - t) * np.log(1 - p),
        formula="the loss itself",
        right=_RIGHT_BCE,
    ),
    _loss("WRONG_DERIVATIVE", _entropy, formula="the loss itself", right=_RIGHT_BCE),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: -t * p + (1 - t) * (1 - p),
        formula="multiplied by p and 1 - p, not divided",
        right=_RIGHT_BCE,
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: (1 - t) / (1 + p) - t / p,
        formula="(1 - y) / (1 + p) - y / p",
        right=_RIGHT_BCE,
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: (1 - t) / p - t / (1 - p),
        formula="(1 - y) / p - y / (1 - p)",
        right=_RIGHT_BCE,
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda p, t: (p - t) / (p * (1 - p)) ** 2,
        formula="divided by p (1 - p) twice",
        right=_RIGHT_BCE,
    ),
    _loss("WRONG_DERIVATIVE", lambda p, t: 2 * (p - t), formula="that of the squared error", right=_RIGHT_BCE),
)

_RIGHT_LOGITS = "sigmoid(z) - y"
_LOGITS = _all(
    loss_backward,
    _logits_slope,
    _loss("SIGMOID_TWICE", lambda z, t: sigmoid(sigmoid(z)) - t),
    _loss("LOGITS_FOR_PROBABILITIES", lambda z, t: z - t, right=_RIGHT_LOGITS),
    _loss("LABEL_NOT_SUBTRACTED", lambda z, t: sigmoid(z)),
    _loss("LABELS_FLIPPED", lambda z, t: sigmoid(z) - (1 - t)),
    _loss("PLUS_FOR_MINUS", lambda z, t: sigmoid(z) + t, where="before the labels"),
    _loss(
        "WRONG_DERIVATIVE",
        lambda z, t: _entropy_slope(sigmoid(z), t),
        formula="that for the probability",
        right=_RIGHT_LOGITS,
    ),
    _loss(
        "WRONG_DERIVATIVE",
        lambda z, t: (sigmoid(z) - t) * sigmoid(z) * (1 - sigmoid(z)),
        formula="multiplied by p (1 - p) once more",
        right=_RIGHT_LOGITS,
    ),
    _loss("WRONG_DERIVATIVE", lambda z, t: sigmoid(-z) - t, formula="sigmoid(-z) - y", right=_RIGHT_LOGITS),
    _loss("WRONG_DERIVATIVE", lambda z, t: np.tanh(z) - t, formula="tanh(z) - y", right=_RIGHT_LOGITS),
)
_LOG = "np.log(1 + np.exp(z)) - y * z"
_LOGITS_FORWARD = _all(
    loss_forward,
    _logits,
    _loss("LABELS_FLIPPED", lambda z, t: _logits(z, 1 - t)),
    _loss("SIGMOID_TWICE", lambda z, t: _logits(sigmoid(z), t)),
    _loss("PLUS_FOR_MINUS", lambda z, t: np.logaddexp(0, z) + t * z, where="before y z"),
    _loss("ONE_TERM_MISSING", lambda z, t: np.logaddexp(0, z), term="-y z"),
    _loss("ONE_TERM_MISSING", lambda z, t: -t * z, term="log(1 + e^z)"),
    _loss("ONE_TERM_MISSING", lambda z, t: -t * np.log(sigmoid(z)), term="(1 - y) log(1 - p)"),
    _loss("ONE_TERM_MISSING", lambda z, t: np.maximum(z, 0) - t * z, term="log(1 + e^-|z|)"),
    _loss("ONE_TERM_MISSING", lambda z, t: -t * z + np.log1p(np.exp(-np.abs(z))), term="max(z, 0)"),
    _loss(
        "OTHER_FUNCTION", lambda z, t: np.logaddexp(0, -z) - t * z, **_of("log(1 + e^-z) - y z, a minus too many", _LOG)
    ),
)

LOSSES: Table = {
    ("squared_error", None): _SQUARED_FORWARD,
    ("squared_error", 0): _SQUARED,
    ("squared_error", 1): _SQUARED_TARGET,
    ("absolute_error", None): _ABSOLUTE_FORWARD,
    ("absolute_error", 0): _ABSOLUTE,
    ("binary_cross_entropy", None): _ENTROPY_FORWARD,
    ("binary_cross_entropy", 0): _ENTROPY,
    ("binary_cross_entropy_with_logits", None): _LOGITS_FORWARD,
    ("binary_cross_entropy_with_logits", 0): _LOGITS,
}
