"""Extreme input: which formulas overflow, at which input, and whether the value is still right."""

import numpy as np
import pytest

from chainrule import Op
from chainrule.checking.case import Case
from chainrule.checking.contract.extremes import extreme_input_gives_no_warning_nan_or_inf as check

FAR = (np.array([[-800.0, -30.0, 0.0], [30.0, 800.0, 1e-300]]),)
LOGITS = np.array([[1000.0, -1000.0, 0.0], [-1000.0, 0.0, 1000.0]])
LABELS = np.array([0, 2])
CERTAIN = (np.array([1.0, 0.0]), np.array([1.0, 0.0]))


def at(forward, backward, *extremes, name="sigmoid", places=(0,)):
    case = Case(Op(forward, backward, name), tuple(np.asarray(one) / 10 for one in extremes[0]), differentiable=places)
    return check(case, extremes)


def slope(x, d_out):
    small = np.exp(-np.abs(x))
    return d_out * small / (1 + small) ** 2


def test_careful_sigmoid_keeps_silent():
    def sigmoid(x):
        small = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, small) / (1 + small), x

    assert at(sigmoid, slope, FAR) is None


def test_overflow_of_a_right_value_is_a_warning():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x)), x

    finding = at(sigmoid, slope, FAR)

    assert ("OVERFLOWS", "warning") == (finding.code, finding.severity)
    assert "exp overflows for x = -800; the value is still right." == finding.message


def test_nan_is_an_error_and_names_the_input():
    def sigmoid(x):
        return np.exp(x) / (1 + np.exp(x)), x

    finding = at(sigmoid, slope, FAR)

    assert ("NOT_FINITE", "error") == (finding.code, finding.severity)
    assert "forward is NaN for x = 800: exp overflows." == finding.message


def test_infinity_is_found():
    finding = at(lambda x: (np.log(1 + np.exp(x)), x), lambda x, d_out: d_out * (1 - 1 / (1 + np.exp(x))), FAR)

    assert ("NOT_FINITE", "error") == (finding.code, finding.severity)
    assert "forward is inf for x = 800" in finding.message


def test_nan_of_backward_alone_is_found():
    def stable(x):
        return np.logaddexp(0, x), x

    finding = at(stable, lambda x, d_out: d_out * np.exp(x) / (1 + np.exp(x)), FAR)

    assert ("NOT_FINITE", "d_x") == (finding.code, finding.part)


def test_logarithm_of_certainty_is_a_warning_that_names_both():
    def bce(p, y):
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)), (p, y)

    def backward(saved, d_out):
        p, y = saved
        return d_out * ((1 - y) / (1 - p) - y / p), None

    finding = at(bce, backward, CERTAIN, name="bce")

    assert ("NOT_FINITE", "warning") == (finding.code, finding.severity)
    assert "p = 1 and y = 1" in finding.message
    assert "Clip p" in finding.hint


def softmax_loss(shift):
    def forward(z, y):
        powers = np.exp(z - (z.max(axis=1, keepdims=True) if shift else 0))
        p = powers / powers.sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(y)), y]).mean(), (p, y)

    def backward(saved, d_out):
        p, y = saved
        return d_out * (p - np.eye(p.shape[1])[y]) / len(y), None

    return forward, backward


def test_logits_without_the_row_maximum_are_an_error():
    finding = at(*softmax_loss(shift=False), (LOGITS, LABELS), name="softmax_loss")

    assert ("NOT_FINITE", "error") == (finding.code, finding.severity)
    assert "NaN" in finding.message


def test_logits_with_the_row_maximum_keep_silent():
    assert at(*softmax_loss(shift=True), (LOGITS, LABELS), name="softmax_loss") is None


def test_an_error_among_several_extremes_is_told_before_a_warning():
    def forward(x):
        return np.where(x > 900, np.nan, 1 / (1 + np.exp(-x))), x

    assert "NOT_FINITE" == at(forward, slope, FAR, (np.array([[1000.0]]),)).code


def test_overflow_that_numpy_is_told_to_ignore_is_still_seen():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x)), x

    with np.errstate(all="ignore"):
        assert "OVERFLOWS" == at(sigmoid, slope, FAR).code


def test_arrays_of_shapes_that_it_does_not_take_are_no_fault():
    def columns_only(x):
        n, d = x.shape
        return x, x

    assert at(columns_only, lambda x, d_out: d_out, (np.array([800.0, -800.0]),)) is None


def test_error_at_large_numbers_is_found():
    def forward(x):
        if np.any(x > 100):
            raise ValueError("too large")
        return x, x

    assert "RAISED" == at(forward, lambda x, d_out: d_out, FAR).code


def test_nothing_is_asked_without_extremes():
    assert check(Case(Op(lambda x: (x * np.nan, x), slope), (np.ones(3),))) is None


@pytest.mark.parametrize("result", [3.5, [1.0, 2.0], None, "text"])
def test_odd_results_do_not_break_the_check(result):
    finding = at(lambda x: (np.sum(x), x), lambda x, d_out: result, FAR)

    assert finding is None or finding.code in ("NOT_FINITE", "OVERFLOWS")
