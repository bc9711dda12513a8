"""Every hypothesis names the mistake that it is about, and none holds on a right result."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis_trials import ARRAYS, asked, evidence, finding

from chainrule import ops
from chainrule.checking.codes.factors import FACTORS
from chainrule.checking.codes.particular import PARTICULAR
from chainrule.checking.codes.places import PLACES
from chainrule.checking.codes.shapes import SHAPES
from chainrule.checking.evidence import Evidence
from chainrule.checking.hypotheses import GENERIC, explain_by_change, holding


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def slope(x):
    return sigmoid(x) * (1 - sigmoid(x))


def only(array, which, other=0.0):
    changed = np.array(array)
    changed[which] = other
    return changed


def scaled_rows(array, scale):
    return array * scale(np.arange(len(array)))[:, None]


def log_loss(p, y):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def log_slope(p, y):
    return (1 - y) / (1 - p) - y / p


# code, op, the array whose gradient it is (None for forward), and a subject that is wrong in just that way.
MISTAKES = [
    ("TRANSPOSED", "affine", 1, lambda d, x, w, b: d.T @ x),
    ("EXTRA_AXIS", "affine", 2, lambda d, x, w, b: d.sum(axis=0, keepdims=True)),
    ("BIAS_NOT_SUMMED", "affine", 2, lambda d, x, w, b: d),
    ("SUMMED_OVER_WRONG_AXIS", "affine", 2, lambda d, x, w, b: d.sum(axis=1)),
    ("COLLAPSED", "affine", 2, lambda d, x, w, b: d.sum()),
    ("BROADCAST_UP", "affine", 2, lambda d, x, w, b: np.ones_like(d) * d.sum(axis=0)),
    ("RESHAPED", "affine", 0, lambda d, x, w, b: (d @ w.T).ravel()),
    ("ONE_ROW", "affine", 0, lambda d, x, w, b: d[0] @ w.T),
    ("ROW_MISSING", "affine", 0, lambda d, x, w, b: d[:-1] @ w.T),
    ("NOT_SUMMED", "affine", 0, lambda d, x, w, b: d[:, None, :] * w),
    ("SHAPE_OF_ANOTHER", "affine", 1, lambda d, x, w, b: np.tanh(x @ w * d)),
    ("WRONG_SHAPE", "affine", 1, lambda d, x, w, b: np.sin(x.T @ x)),
    ("NAN_OR_INF", "affine", 1, lambda d, x, w, b: only(x.T @ d, (0, 0), np.nan)),
    ("ALL_ZERO", "affine", 1, lambda d, x, w, b: np.zeros_like(w)),
    ("INTEGERS", "affine", 1, lambda d, x, w, b: (x.T @ d).astype(int)),
    ("ONE_NUMBER", "affine", 1, lambda d, x, w, b: np.ones_like(w)),
    ("ROUNDED", "affine", 1, lambda d, x, w, b: np.round(x.T @ d, 2)),
    ("SWAPPED", "affine", 0, lambda d, x, w, b: x.T @ d),
    ("WRONG_SIGN", "affine", 1, lambda d, x, w, b: -x.T @ d),
    ("FACTOR_N", "affine", 1, lambda d, x, w, b: x.T @ d * len(x)),
    ("FACTOR_ONE_OVER_N", "affine", 2, lambda d, x, w, b: d.mean(axis=0)),
    ("FACTOR_2", "affine", 1, lambda d, x, w, b: 2 * x.T @ d),
    ("FACTOR_HALF", "affine", 1, lambda d, x, w, b: x.T @ d / 2),
    ("FACTOR_SIZE", "affine", 1, lambda d, x, w, b: x.T @ d * x.size),
    ("FACTOR_ONE_OVER_SIZE", "affine", 1, lambda d, x, w, b: x.T @ d / x.size),
    ("FACTOR_AXIS", "affine", 1, lambda d, x, w, b: x.T @ d * w.shape[1]),
    ("FACTOR_ONE_OVER_AXIS", "affine", 0, lambda d, x, w, b: (d[:, None] * w).mean(axis=2)),
    ("FACTOR_COMBINED", "affine", 1, lambda d, x, w, b: -2 * x.T @ d / len(x)),
    ("FACTOR_CONSTANT", "affine", 1, lambda d, x, w, b: 0.3 * x.T @ d),
    ("FACTOR_VARIES", "affine", 1, lambda d, x, w, b: x.T @ d * d.sum()),
    ("UPSTREAM_IGNORED", "affine", 1, lambda d, x, w, b: x.T @ np.ones_like(d)),
    ("UPSTREAM_SUMMED", "affine", 1, lambda d, x, w, b: x.T @ np.full_like(d, d.sum())),
    ("UPSTREAM_SQUARED", "affine", 0, lambda d, x, w, b: (d * d) @ w.T),
    ("UPSTREAM_OF_ONE_ROW", "affine", 1, lambda d, x, w, b: x.T @ np.tile(d[0], (len(d), 1))),
    ("UPSTREAM_REORDERED", "affine", 1, lambda d, x, w, b: x.T @ d[::-1]),
    ("UPSTREAM_IS_SOMETHING_ELSE", "affine", 1, lambda d, x, w, b: x.T @ (x @ w + b)),
    ("UPSTREAM_CHANGED", "affine", 1, lambda d, x, w, b: x.T @ np.abs(d)),
    ("SAMPLES_LEFT_OUT", "affine", 1, lambda d, x, w, b: x[:-1].T @ d[:-1]),
    ("OTHER_ARRAY", "affine", 1, lambda d, x, w, b: np.abs(x).T @ d),
    ("RETURNS_ARGUMENT", "affine", 1, lambda d, x, w, b: w),
    ("CLIPPED", "affine", 1, lambda d, x, w, b: np.clip(x.T @ d, -1.5, 1.5)),
    ("ROW_WRONG", "affine", 0, lambda d, x, w, b: only(d @ w.T, 0)),
    ("ROW_ORDER", "affine", 1, lambda d, x, w, b: (x.T @ d)[::-1]),
    ("CENTERED", "affine", 0, lambda d, x, w, b: d @ w.T - (d @ w.T).mean(axis=0)),
    ("ACCUMULATED", "affine", 1, lambda d, x, w, b: np.cumsum(x.T @ d, axis=0)),
    ("SPREAD", "affine", 1, lambda d, x, w, b: np.ones_like(w) * (x.T @ d).sum(axis=0)),
    ("FUNCTION_OF_RESULT", "affine", 1, lambda d, x, w, b: np.abs(x.T @ d)),
    ("OFF_BY_CONSTANT", "affine", 1, lambda d, x, w, b: x.T @ d + 1),
    ("EXTRA_TERM", "affine", 1, lambda d, x, w, b: x.T @ d + 0.1 * w),
    ("EXTRA_FACTOR", "affine", 1, lambda d, x, w, b: x.T @ d * (1 - w)),
    ("FACTOR_LEFT_OUT", "affine", 1, lambda d, x, w, b: x.T @ d / b),
    ("FIRST_ROW_ONLY", "affine", 0, lambda d, x, w, b: only(d @ w.T, slice(1, None))),
    ("LAST_ROW_ONLY", "affine", 0, lambda d, x, w, b: only(d @ w.T, slice(None, -1))),
    ("ONE_ENTRY", "affine", 1, lambda d, x, w, b: only(x.T @ d, (0, 1), 3.0)),
    ("ROW_FACTOR", "affine", 0, lambda d, x, w, b: scaled_rows(d @ w.T, lambda n: 1 / (n + 2))),
    ("COLUMN_FACTOR", "affine", 0, lambda d, x, w, b: d @ w.T * np.arange(3, 3 + len(w))),
    ("ONLY_SIGN_OF_EXPECTED", "affine", 1, lambda d, x, w, b: np.maximum(x.T @ d, 0.001 * x.T @ d)),
    ("ONLY_DIAGONAL", "affine", 1, lambda d, x, w, b: x.T @ d * (1 - np.eye(*w.shape))),
    ("REARRANGED", "affine", 1, lambda d, x, w, b: np.sort(x.T @ d, axis=None).reshape(w.shape)),
    ("DIFFERS", "affine", 1, lambda d, x, w, b: np.sin(7 * (x.T @ d) + w)),
    ("REDUCED", "affine", None, lambda x, w, b: (x @ w + b).mean(axis=1)),
    ("NOT_REDUCED", "squared_error", None, lambda p, y: ((p - y) ** 2).mean(axis=1)),
    ("BROADCAST_N_BY_N", "squared_error", None, lambda p, y: p @ y.T),
    ("BIAS_MISSING", "affine", None, lambda x, w, b: x @ w),
    ("BIAS_SUBTRACTED", "affine", None, lambda x, w, b: x @ w - b),
    ("MASK_FROM_UPSTREAM", "relu", 0, lambda d, x: d * (d > 0)),
    ("INVERTED_MASK", "relu", 0, lambda d, x: d * (x < 0)),
    ("NO_MASK", "relu", 0, lambda d, x: d),
    ("MASK_RETURNED", "relu", 0, lambda d, x: x >= 0),
    ("OUTPUT_FOR_MASK", "relu", 0, lambda d, x: d * np.maximum(x, 0)),
    ("INPUT_FOR_MASK", "relu", 0, lambda d, x: d * x),
    ("RELU_OF_UPSTREAM", "relu", 0, lambda d, x: np.maximum(d, 0) * np.maximum(x, 0)),
    ("ONLY_AT_ZERO", "relu", 0, lambda d, x: d * (x >= 0)),
    ("ONLY_NEGATIVE", "relu", 0, lambda d, x: np.where(x >= 0, d * (x > 0), np.sin(d))),
    ("ONLY_POSITIVE", "relu", 0, lambda d, x: np.where(x > 0, np.sin(d), 0)),
    ("ONLY_UPSTREAM_SIGN", "sigmoid", 0, lambda d, x: np.where(d > 0, d * slope(x), np.sin(d))),
    ("ONLY_BEYOND", "sigmoid", 0, lambda d, x: np.where(x >= np.sort(x, axis=None)[-4], 0, d * slope(x))),
    ("LOCAL_SLOPE_MISSING", "sigmoid", 0, lambda d, x: d),
    ("UPSTREAM_DIVIDED", "sigmoid", 0, lambda d, x: slope(x) / d),
    ("UPSTREAM_ADDED", "sigmoid", 0, lambda d, x: slope(x) + d),
    ("UPSTREAM_TWICE", "sigmoid", 0, lambda d, x: slope(x) * d + d),
    ("SLOPE_CHANGED", "sigmoid", 0, lambda d, x: d / slope(x)),
    ("INPUT_FOR_OUTPUT", "sigmoid", 0, lambda d, x: d * x * (1 - x)),
    ("OUTPUT_TWICE", "sigmoid", 0, lambda d, x: d * slope(sigmoid(x))),
    ("WRONG_DERIVATIVE", "sigmoid", 0, lambda d, x: d * (1 - sigmoid(x))),
    ("SIGMOID_FALLS", "sigmoid", None, lambda x: 1 / (1 + np.exp(x))),
    ("OTHER_FUNCTION", "sigmoid", None, np.tanh),
    ("RETURNS_ARGUMENT", "sigmoid", None, lambda x: x),
    ("RETURNS_OUTPUT", "cosh", 0, lambda d, x: np.cosh(x)),
    ("LEAK_MISSING", "leaky_relu", 0, lambda d, x: d * (x > 0)),
    ("OTHER_LEAK", "leaky_relu", 0, lambda d, x: d * np.where(x > 0, 1, 0.1)),
    ("NOT_SQUARED", "squared_error", None, lambda p, y: (p - y).mean()),
    ("FACTOR_K", "squared_error", None, lambda p, y: ((p - y) ** 2).sum() / len(p)),
    ("FACTOR_ONE_OVER_K", "softmax_cross_entropy", None, lambda z, y: -(y * np.log(softmax(z))).mean()),
    ("ABSOLUTE_MISSING", "absolute_error", None, lambda p, y: (p - y).mean()),
    ("ONLY_AT_TIES", "absolute_error", 0, lambda d, p, y: d * np.where(p >= y, 1, -1) / p.size),
    ("GRADIENT_OF_LOGITS", "binary_cross_entropy", 0, lambda d, p, y: d * (p - y) / p.size),
    ("ONE_TERM_MISSING", "binary_cross_entropy", None, lambda p, y: -(y * np.log(p)).mean()),
    ("LABELS_FLIPPED", "binary_cross_entropy", 0, lambda d, p, y: d * log_slope(p, 1 - y) / p.size),
    (
        "PARENTHESES_MISSING",
        "binary_cross_entropy",
        None,
        lambda p, y: (-y * np.log(p) + (1 - y) * np.log(1 - p)).mean(),
    ),
    (
        "ONLY_LABEL_ONE",
        "binary_cross_entropy",
        0,
        lambda d, p, y: d * np.where(y == 1, -np.sin(p), 1 / (1 - p)) / p.size,
    ),
    ("ONLY_LABEL_ZERO", "binary_cross_entropy", 0, lambda d, p, y: d * np.where(y == 1, -1 / p, np.sin(p)) / p.size),
    ("LABEL_NOT_SUBTRACTED", "softmax_cross_entropy", 0, lambda d, z, y: d * softmax(z) / len(z)),
    ("LOGITS_FOR_PROBABILITIES", "softmax_cross_entropy", 0, lambda d, z, y: d * (z - y) / len(z)),
    ("SOFTMAX_AXIS", "softmax_cross_entropy", 0, lambda d, z, y: d * (softmax(z, 0) - y) / len(z)),
    ("TRUE_CLASS_ONLY", "softmax_cross_entropy", 0, lambda d, z, y: d * (softmax(z) - y) * y / len(z)),
    ("SUMMED_ALL", "softmax_cross_entropy", None, lambda z, y: -np.log(softmax(z)).sum() / len(z)),
    (
        "ONLY_TRUE_CLASS",
        "softmax_cross_entropy",
        0,
        lambda d, z, y: d * np.where(y == 1, np.sin(z), softmax(z)) / len(z),
    ),
    (
        "ONLY_OTHER_CLASSES",
        "softmax_cross_entropy",
        0,
        lambda d, z, y: d * (np.where(y == 1, softmax(z), np.sin(z)) - y) / len(z),
    ),
    ("DIAGONAL_ONLY", "softmax", 0, lambda d, x: d * softmax(x) * (1 - softmax(x))),
    ("WRONG_AXIS", "softmax", 0, lambda d, x: softmax(x) * (d - (d * softmax(x)).sum(axis=0))),
    ("TERM_MISSING", "softmax", 0, lambda d, x: softmax(x) * d),
    ("FACTOR_MISSING", "softmax", 0, lambda d, x: d - (d * softmax(x)).sum(axis=1, keepdims=True)),
    ("PLUS_FOR_MINUS", "softmax", 0, lambda d, x: softmax(x) * (d + (d * softmax(x)).sum(axis=1, keepdims=True))),
    ("CONSTANT_DIFFERS", "relu", 0, lambda d, x: d * (x > 1)),
    ("FUNCTION_REPLACED", "softmax", 0, lambda d, x: softmax(x) * (d - (d * softmax(x)).max(axis=1, keepdims=True))),
    ("COMPARISON_CHANGED", "relu", 0, lambda d, x: d * (x != 0)),
    ("OPERATION_CHANGED", "squared_error", 0, lambda d, p, y: 2 * d * p * y / p.size),
    ("UPSTREAM_OF_ONE_COLUMN", "affine", 0, lambda d, x, w, b: d[:, -1:] @ w[:, -1:].T),
    ("UPSTREAM_OF_ONE_COLUMN", "affine", 0, lambda d, x, w, b: d[:, 1:] @ w[:, 1:].T),
    ("FORWARD_OF_UPSTREAM", "sigmoid", 0, lambda d, x: sigmoid(d)),
    ("FORWARD_OF_UPSTREAM", "tanh", 0, lambda d, x: np.tanh(d)),
    ("WRONG_SIGN_IN_EXP", "softplus", 0, lambda d, x: d / (1 + np.exp(x))),
    ("SIGMOID_TWICE", "binary_cross_entropy_with_logits", 0, lambda d, z, y: d * (sigmoid(sigmoid(z)) - y) / z.size),
    ("WRONG_INDEX", "softmax_cross_entropy", 0, lambda d, z, y: d * (softmax(z) - y.any(axis=0)) / len(z)),
    ("NEW_MASK", "relu", 0, lambda d, x: d * (np.sin(9 * x) > 0)),
    ("MEAN_TERM", "relu", 0, lambda d, x: d * (x > 0) + d.mean(axis=0)),
    ("MEAN_TERM", "softmax", 0, lambda d, x: softmax(x) * (d - (d * softmax(x)).sum(1, keepdims=True)) + x[:, :1]),
    ("VARIANCE_TERM", "relu", 0, lambda d, x: d * (x > 0) + x * d.mean(axis=0) - d[0]),
]


@pytest.mark.parametrize(("code", "name", "place", "subject"), MISTAKES)
def test_the_mistake_gets_its_own_code(code, name, place, subject):
    assert code == finding(name, place, subject).code


# Those that need other trials than these; tested below and in test_hypotheses_changes.py.
ELSEWHERE = {
    "MISSING_AXIS",
    "SAME_SIGN_TWICE",
    "TRANSPOSE_MISSING",
    "BRANCHES_SWAPPED",
    "OPERANDS_SWAPPED",
    "REPEATED_INDEX",
    "NOT_USED",
}


@pytest.mark.parametrize("code", [code.name for code in (*SHAPES, *FACTORS, *PLACES, *PARTICULAR)])
def test_every_code_has_a_mistake_that_earns_it(code):
    assert code in {row[0] for row in MISTAKES} | ELSEWHERE


@pytest.mark.parametrize("name", [*ARRAYS, "sigmoid", "tanh", "softplus", "exp", "log", "sqrt", "square"])
def test_nothing_holds_on_a_right_result(name):
    for place, right in enumerate((None, *evidence(name, None, lambda *arrays: 0.0)[0].trial.gradients), -1):
        if place >= 0 and right is None:
            continue
        own = None if place < 0 else place
        given = [
            Evidence(one.trial, "dx", np.array(one.trial.out if own is None else one.trial.gradients[own]), own)
            for one in evidence(name, None, lambda *arrays: 0.0)
        ]
        holds = [hypothesis.code for hypothesis in (*asked(name, own), *GENERIC[:-1]) if holding(hypothesis, given)]

        assert [] == holds
        assert explain_by_change(given, getattr(ops, name)) is None


def test_one_of_two_opposite_gradients_given_for_both_is_named():
    given = [
        Evidence(one.trial, "dy", one.trial.gradients[0], 1, (one.trial.gradients[0],) * 2)
        for one in evidence("squared_error", None, lambda p, y: 0.0)
    ]
    first = next(one.code for one in asked("squared_error", 1) if holding(one, given) is not None)

    assert "SAME_SIGN_TWICE" == first


def test_an_axis_that_was_lost_is_named():
    given = []
    for one in evidence("affine", 2, lambda d, x, w, b: d.sum(axis=0)):
        column = replace(one.trial, gradients=(None, None, one.yours[:, None]))
        given.append(Evidence(column, "db", one.yours, 2))
    first = next(one.code for one in asked("affine", 2) if holding(one, given) is not None)

    assert "MISSING_AXIS" == first


def test_a_factor_n_says_where_the_mean_is_taken():
    message = finding("affine", 1, lambda d, x, w, b: x.T @ d * len(x)).message

    assert "dx is N = 5 times too large: the mean is taken in the loss." == message


def test_a_factor_n_reads_well_where_nobody_said_where_the_mean_is_taken():
    message = finding("affine", 1, lambda d, x, w, b: x.T @ d * len(x), convention="").message

    assert "dx is N = 5 times too large." == message


def test_shapes_are_told_in_letters_and_numbers():
    message = finding("affine", 1, lambda d, x, w, b: d.T @ x).message

    assert "dx comes out transposed: (H, D) = (7, 3) instead of (D, H) = (3, 7)." == message


def test_two_mistakes_at_once_are_both_told():
    message = finding("affine", 1, lambda d, x, w, b: d.T @ x / len(x)).message

    assert message.endswith("instead of (D, H) = (3, 7). It is only 1/N = 1/5 of that besides.")


def test_the_last_resort_tells_where_and_by_how_much():
    message = finding("relu", 0, lambda d, x: np.where(x > 0, d, 0) + 0.01 * np.cos(9 * d + x)).message

    assert "differs from what it should be in all 15 entries. It is furthest off at entry [" in message
    assert "nearly proportional" in message


@pytest.mark.parametrize("odd", [np.zeros(0), np.array("text"), np.array([None, 1]), np.array(1j), np.zeros((2, 0, 3))])
def test_odd_results_never_break_a_hypothesis(odd):
    assert finding("affine", 1, lambda d, x, w, b: odd).message
