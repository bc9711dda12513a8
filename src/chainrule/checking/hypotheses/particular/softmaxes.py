"""Likely mistakes in softmax, its logarithm, and the cross-entropies of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.checking.hypotheses.particular.candidates import (
    Array,
    Table,
    backward,
    forward,
    loss_backward,
    loss_forward,
)

__all__ = ["SOFTMAXES"]

Formula = Callable[[Array, Array], Any]


def _softmax(x: Array, axis: int | None = -1) -> Array:
    exponentials = np.exp(x - np.max(x))
    return np.asarray(exponentials / exponentials.sum(axis=axis, keepdims=True))


def _pulled(d: Array, p: Array, axis: int = -1) -> Array:
    return np.asarray(p * (d - (d * p).sum(axis=axis, keepdims=True)))


def _with_rows(formula: Formula) -> Formula:
    """The formula of rows and one-hot labels, for whole numbers as well."""

    def applied(rows: Array, labels: Array) -> Any:
        labels = np.asarray(labels)
        if labels.shape != rows.shape:
            labels = (labels[..., None] == np.arange(rows.shape[-1])).astype(float)
        return formula(rows, labels)

    return applied


_PULLED = "p (d_out - sum of d_out p over the row)"
_SOFTMAX = (
    backward("DIAGONAL_ONLY", lambda d, x: d * _softmax(x) * (1 - _softmax(x))),
    backward("WRONG_AXIS", lambda d, x: _pulled(d, _softmax(x), 0), axis="0", right="the last"),
    backward("WRONG_AXIS", lambda d, x: _softmax(x) * (d - (d * _softmax(x)).sum()), axis="all", right="the last"),
    backward("WRONG_AXIS", lambda d, x: _pulled(d, _softmax(x, 0), 0), axis="0", right="the last"),
    backward("TERM_MISSING", lambda d, x: d * _softmax(x), term="the sum over the row", formula=_PULLED),
    backward(
        "TERM_MISSING",
        lambda d, x: -_softmax(x) * (d * _softmax(x)).sum(-1, keepdims=True),
        term="d_out",
        formula=_PULLED,
    ),
    backward("FACTOR_MISSING", lambda d, x: d - (d * _softmax(x)).sum(-1, keepdims=True), factor="p", formula=_PULLED),
    backward(
        "FACTOR_MISSING",
        lambda d, x: _softmax(x) * (d - d.sum(-1, keepdims=True)),
        factor="p inside the sum",
        formula=_PULLED,
    ),
    backward(
        "PLUS_FOR_MINUS",
        lambda d, x: _softmax(x) * (d + (d * _softmax(x)).sum(-1, keepdims=True)),
        where="before the sum",
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: _softmax(x) * (d - (d * _softmax(x)).mean(-1, keepdims=True)),
        formula="that with a mean for the sum",
        right=_PULLED,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d - _softmax(x) * d.sum(-1, keepdims=True),
        formula="that of log softmax",
        right=_PULLED,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * (1 - _softmax(x)), formula="d_out (1 - p)", right=_PULLED),
    backward("WRONG_DERIVATIVE", lambda d, x: _pulled(d, x), formula="that with the logits for p", right=_PULLED),
    backward("WRONG_DERIVATIVE", lambda d, x: _softmax(x) - d, formula="p - d_out", right=_PULLED),
)
_SM = "e / e.sum(axis=-1, keepdims=True)"
_SOFTMAX_FORWARD = (
    forward("SOFTMAX_AXIS", lambda x: _softmax(x, 0), axis="axis 0, the batch"),
    forward("SOFTMAX_AXIS", lambda x: _softmax(x, None), axis="all entries at once"),
    forward("OTHER_FUNCTION", np.exp, other="the exponentials, not divided by their sum", formula=_SM),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(x - x.max(-1, keepdims=True)),
        other="the exponentials, not divided by their sum",
        formula=_SM,
    ),
    forward(
        "OTHER_FUNCTION", lambda x: x / x.sum(-1, keepdims=True), other="that without the exponentials", formula=_SM
    ),
    forward("OTHER_FUNCTION", lambda x: 1 / (1 + np.exp(-x)), other="a sigmoid of each entry", formula=_SM),
    forward("OTHER_FUNCTION", lambda x: np.log(_softmax(x)), other="its logarithm", formula=_SM),
    forward("OTHER_FUNCTION", lambda x: _softmax(-x), other="that of -x", formula=_SM),
    forward("OTHER_FUNCTION", lambda x: _softmax(_softmax(x)), other="softmax applied twice", formula=_SM),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(x) / np.exp(x).max(-1, keepdims=True),
        other="divided by the largest, not by the sum",
        formula=_SM,
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(x) / np.exp(x).mean(-1, keepdims=True),
        other="divided by the mean, not by the sum",
        formula=_SM,
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x).sum(-1, keepdims=True),
        other="shifted above the line only",
        formula=_SM,
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(x) / np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True),
        other="shifted below the line only",
        formula=_SM,
    ),
    forward(
        "OTHER_FUNCTION", lambda x: 2.0**x / (2.0**x).sum(-1, keepdims=True), other="that with base 2", formula=_SM
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: (x == x.max(-1, keepdims=True)) * 1.0,
        other="1 at the largest entry and 0 elsewhere",
        formula=_SM,
    ),
)

_LSM = "d_out - p times the sum of d_out over the row"
_LOG_SOFTMAX = (
    backward("TERM_MISSING", lambda d, x: -_softmax(x) * d.sum(-1, keepdims=True), term="d_out", formula=_LSM),
    backward("FACTOR_MISSING", lambda d, x: d - d.sum(-1, keepdims=True), factor="p", formula=_LSM),
    backward("DIAGONAL_ONLY", lambda d, x: d * (1 - _softmax(x))),
    backward("WRONG_AXIS", lambda d, x: d - _softmax(x) * d.sum(0), axis="0", right="the last"),
    backward("WRONG_AXIS", lambda d, x: d - _softmax(x) * d.sum(), axis="all", right="the last"),
    backward("PLUS_FOR_MINUS", lambda d, x: d + _softmax(x) * d.sum(-1, keepdims=True), where="before the softmax"),
    backward("WRONG_DERIVATIVE", lambda d, x: _pulled(d, _softmax(x)), formula="that of softmax", right=_LSM),
    backward("WRONG_DERIVATIVE", lambda d, x: d / _softmax(x), formula="d_out / p", right=_LSM),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d - np.log(_softmax(x)) * d.sum(-1, keepdims=True),
        formula="that with log p for p",
        right=_LSM,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d - _softmax(x), formula="d_out - p", right=_LSM),
)
_LSE = "x - np.log(np.exp(x).sum(axis=-1, keepdims=True))"
_LOG_SOFTMAX_FORWARD = (
    forward("SOFTMAX_AXIS", lambda x: np.log(_softmax(x, 0)), axis="axis 0, the batch"),
    forward("SOFTMAX_AXIS", lambda x: np.log(_softmax(x, None)), axis="all entries at once"),
    forward("OTHER_FUNCTION", _softmax, other="softmax, without the logarithm", formula=_LSE),
    forward(
        "OTHER_FUNCTION",
        lambda x: x - np.exp(x).sum(-1, keepdims=True),
        other="x minus the sum, without its logarithm",
        formula=_LSE,
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: x + np.log(np.exp(x).sum(-1, keepdims=True)),
        other="x plus the logarithm of the sum",
        formula=_LSE,
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: x - x.max(-1, keepdims=True),
        other="x minus the largest, without the logarithm of the sum",
        formula=_LSE,
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: x - np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True)),
        other="shifted in the sum only",
        formula=_LSE,
    ),
)


# -- cross-entropies ---------------------------------------------------------------------------------------

_entropy = _with_rows(lambda z, y: -(y * np.log(_softmax(z))).sum(-1))
_slope = _with_rows(lambda z, y: _softmax(z) - y)
_SLOPE = "(softmax(logits) - labels)"


def _of_logits(code: str, wrong: Formula, /, **words: str) -> Any:
    return loss_backward(code, _slope, _with_rows(wrong), **words)


_SOFTMAX_ENTROPY = (
    _of_logits("LABEL_NOT_SUBTRACTED", lambda z, y: _softmax(z)),
    _of_logits("LOGITS_FOR_PROBABILITIES", lambda z, y: z - y, right=_SLOPE),
    _of_logits("SOFTMAX_AXIS", lambda z, y: _softmax(z, 0) - y, axis="axis 0, the batch"),
    _of_logits("SOFTMAX_AXIS", lambda z, y: _softmax(z, None) - y, axis="all entries at once"),
    _of_logits("PLUS_FOR_MINUS", lambda z, y: _softmax(z) + y, where="before the labels"),
    _of_logits("TRUE_CLASS_ONLY", lambda z, y: (_softmax(z) - y) * y),
    _of_logits("TRUE_CLASS_ONLY", lambda z, y: _softmax(z) * y),
    _of_logits("TRUE_CLASS_ONLY", lambda z, y: -y / _softmax(z)),
    _of_logits("TRUE_CLASS_ONLY", lambda z, y: -y),
    _of_logits("WRONG_DERIVATIVE", lambda z, y: np.log(_softmax(z)) - y, formula="log p - y", right=_SLOPE),
    _of_logits(
        "WRONG_DERIVATIVE",
        lambda z, y: (_softmax(z) - y) * _softmax(z) * (1 - _softmax(z)),
        formula="multiplied by p (1 - p) once more",
        right=_SLOPE,
    ),
    _of_logits(
        "WRONG_DERIVATIVE",
        lambda z, y: (_softmax(z) - y) * _softmax(z),
        formula="multiplied by p once more",
        right=_SLOPE,
    ),
    _of_logits(
        "WRONG_DERIVATIVE",
        lambda z, y: (_softmax(z) - y) * z,
        formula="multiplied by the logits once more",
        right=_SLOPE,
    ),
    _of_logits(
        "WRONG_DERIVATIVE", lambda z, y: np.exp(z) - y, formula="e^z - y, not divided by the sum,", right=_SLOPE
    ),
    _of_logits(
        "WRONG_DERIVATIVE",
        lambda z, y: np.exp(z - z.max(-1, keepdims=True)) - y,
        formula="e^z - y, not divided by the sum,",
        right=_SLOPE,
    ),
    _of_logits("WRONG_DERIVATIVE", lambda z, y: 1 / (1 + np.exp(-z)) - y, formula="sigmoid(z) - y", right=_SLOPE),
    _of_logits("WRONG_DERIVATIVE", lambda z, y: _softmax(z) * (1 - _softmax(z)), formula="p (1 - p)", right=_SLOPE),
    _of_logits(
        "WRONG_DERIVATIVE", lambda z, y: _softmax(z) * (1 - y), formula="p with 0 at the true class", right=_SLOPE
    ),
    _of_logits("WRONG_INDEX", lambda z, y: _softmax(z) - y.any(axis=0)),
    _of_logits("WRONG_DERIVATIVE", lambda z, y: 1 - _softmax(z) - y, formula="1 - p - y", right=_SLOPE),
)


def _class_loss(code: str, wrong: Formula, /, **words: str) -> Any:
    return loss_forward(code, _entropy, _with_rows(wrong), **words)


_CE = "-np.sum(labels * np.log(softmax(logits)), axis=-1)"
_SOFTMAX_ENTROPY_FORWARD = (
    _class_loss("SOFTMAX_AXIS", lambda z, y: -(y * np.log(_softmax(z, 0))).sum(-1), axis="axis 0, the batch"),
    _class_loss("SOFTMAX_AXIS", lambda z, y: -(y * np.log(_softmax(z, None))).sum(-1), axis="all entries at once"),
    _class_loss("SUMMED_ALL", lambda z, y: -np.log(_softmax(z)).sum(-1)),
    _class_loss("WRONG_INDEX", lambda z, y: -(y.sum(axis=0) * np.log(_softmax(z))).sum(-1)),
    _class_loss("LOGITS_FOR_PROBABILITIES", lambda z, y: -(y * z).sum(-1), right=_CE),
    _class_loss("LABELS_FLIPPED", lambda z, y: -((1 - y) * np.log(_softmax(z))).sum(-1)),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: -(y * _softmax(z)).sum(-1),
        other="-p of the true class, without the logarithm",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: -(y * np.log(np.exp(z))).sum(-1),
        other="that without the division by the sum",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: np.log(np.exp(z).sum(-1)),
        other="log of the sum alone, the true class's logit is missing",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: -(y * np.log(_softmax(z)) + (1 - y) * np.log(1 - _softmax(z))).sum(-1),
        other="a binary cross-entropy of each class",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: ((_softmax(z) - y) ** 2).sum(-1),
        other="the squared error of the probabilities",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: -(y * np.log2(_softmax(z))).sum(-1),
        other="that with logarithms to base 2",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: -np.log(_softmax(_softmax(z)))[y == 1],
        other="softmax applied twice",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: -np.log(_softmax(z).max(-1)),
        other="that of the likeliest class, not of the true one",
        formula=_CE,
    ),
    _class_loss(
        "OTHER_FUNCTION",
        lambda z, y: np.log(np.exp(z - z.max(-1, keepdims=True)).sum(-1)) - (y * z).sum(-1),
        other="shifted in the sum only",
        formula=_CE,
    ),
)

_cross = _with_rows(lambda p, y: -(y * np.log(p)).sum(-1))
_cross_slope = _with_rows(lambda p, y: -y / p)
_RIGHT = "-labels / probabilities"


def _of_rows(code: str, wrong: Formula, /, **words: str) -> Any:
    return loss_backward(code, _cross_slope, _with_rows(wrong), **words)


def _row_loss(code: str, wrong: Formula, /, **words: str) -> Any:
    return loss_forward(code, _cross, _with_rows(wrong), **words)


_CATEGORICAL = (
    _of_rows("GRADIENT_OF_LOGITS", lambda p, y: p - y),
    _of_rows("WRONG_DERIVATIVE", lambda p, y: -1 / p, formula="-1 / p for all classes", right=_RIGHT),
    _of_rows("WRONG_DERIVATIVE", lambda p, y: -y * p, formula="-y p, multiplied and not divided,", right=_RIGHT),
    _of_rows("WRONG_DERIVATIVE", lambda p, y: -y, formula="-y, not divided by p,", right=_RIGHT),
    _of_rows("WRONG_DERIVATIVE", lambda p, y: -y * np.log(p), formula="the loss itself", right=_RIGHT),
    _of_rows("WRONG_DERIVATIVE", lambda p, y: -y / p**2, formula="-y / p^2", right=_RIGHT),
    _of_rows(
        "WRONG_DERIVATIVE", lambda p, y: (1 - y) / (1 - p) - y / p, formula="that of binary cross-entropy", right=_RIGHT
    ),
)
_CATEGORICAL_FORWARD = (
    _row_loss("SUMMED_ALL", lambda p, y: -np.log(p).sum(-1)),
    _row_loss("LABELS_FLIPPED", lambda p, y: -((1 - y) * np.log(p)).sum(-1)),
    _row_loss(
        "OTHER_FUNCTION",
        lambda p, y: -(y * p).sum(-1),
        other="that without the logarithm",
        formula="-np.sum(y * np.log(p), axis=-1)",
    ),
    _row_loss(
        "OTHER_FUNCTION",
        lambda p, y: -(y * np.log(_softmax(p))).sum(-1),
        other="that with a softmax of what are probabilities already",
        formula="-np.sum(y * np.log(p), axis=-1)",
    ),
    _row_loss(
        "OTHER_FUNCTION",
        lambda p, y: -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(-1),
        other="a binary cross-entropy of each class",
        formula="-np.sum(y * np.log(p), axis=-1)",
    ),
    _row_loss(
        "OTHER_FUNCTION",
        lambda p, y: -(y * np.log2(p)).sum(-1),
        other="that with logarithms to base 2",
        formula="-np.sum(y * np.log(p), axis=-1)",
    ),
)

SOFTMAXES: Table = {
    ("softmax", 0): _SOFTMAX,
    ("softmax", None): _SOFTMAX_FORWARD,
    ("log_softmax", 0): _LOG_SOFTMAX,
    ("log_softmax", None): _LOG_SOFTMAX_FORWARD,
    ("softmax_cross_entropy", 0): _SOFTMAX_ENTROPY,
    ("softmax_cross_entropy", None): _SOFTMAX_ENTROPY_FORWARD,
    ("categorical_cross_entropy", 0): _CATEGORICAL,
    ("categorical_cross_entropy", None): _CATEGORICAL_FORWARD,
}
