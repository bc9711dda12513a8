"""`check`: what it is asked, what it compares with, and what it says; the single mistakes are in the catalogue."""

import json

import numpy as np
import pytest

import chainrule
from chainrule import Op, check, ops
from chainrule.courses import edf
from chainrule.courses.i2dl import layers, losses, networks

RNG = np.random.default_rng(5)
X, W, B = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 7)), RNG.normal(size=7)


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(saved, d_out):
    x, w = saved
    return d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)


def averaging_backward(saved, d_out):
    dx, dw, db = affine_backward(saved, d_out)
    return dx, dw / len(saved[0]), db / len(saved[0])


def cube_forward(x):
    return x**3, x


def cube_backward(x, d_out):
    return 3 * x**2 * d_out


def raising_backward(saved, d_out):
    x, w = saved
    dx = d_out @ w
    return dx, x.T @ d_out, d_out.sum(axis=0)


RIGHT = affine_forward, affine_backward


# -- what it is compared with --------------------------------------------------------------------------------


def test_a_right_pair_passes_and_says_what_was_looked_at():
    report = check(RIGHT)

    assert ("right", True, ()) == (report.verdict, report.passed, report.findings)
    assert "affine" == report.like
    assert {"gradients match", "backward can run twice"} <= set(report.checked)


def test_the_name_says_what_is_meant_and_like_says_it_for_other_names():
    def dense_thing_forward(x, w, b):
        return affine_forward(x, w, b)

    assert "" == check((dense_thing_forward, affine_backward)).like
    assert "affine" == check((dense_thing_forward, affine_backward), like="affine").like
    assert "affine" == check((dense_thing_forward, affine_backward), like=ops.affine).like


def test_like_can_be_somebody_elses_op():
    cube = Op(cube_forward, cube_backward)
    doubled = Op(cube_forward, lambda saved, d_out: 6 * saved**2 * d_out, "mine")

    assert check(cube, like=cube, inputs=X).passed
    assert ("FACTOR_2",) == check(doubled, like=cube, inputs=X).codes


def test_without_a_reference_the_forward_says_what_is_right():
    assert check((cube_forward, cube_backward)).passed
    assert "" == check((cube_forward, cube_backward)).like
    assert ("FACTOR_HALF",) == check((cube_forward, lambda x, d_out: 1.5 * x**2 * d_out)).codes


def test_a_name_that_misleads_does_not_when_arrays_are_given():
    def relu_forward(x):
        return x**3, x

    assert check((relu_forward, cube_backward), inputs=X).passed


def test_like_that_is_no_op_lists_those_that_are_near():
    with pytest.raises(ValueError, match=r"there is no op 'afine'. Did you mean 'affine'"):
        check(RIGHT, like="afine")


# -- conventions -----------------------------------------------------------------------------------------------


def test_a_layer_that_averages_is_right_only_where_that_is_the_convention():
    pair = affine_forward, averaging_backward

    assert check(pair, reduction="mean").passed
    assert ("FACTOR_ONE_OVER_N",) == check(pair).codes
    assert ("FACTOR_N",) == check(RIGHT, reduction="mean").codes


def test_the_sentence_about_n_quotes_the_convention():
    message = check((affine_forward, averaging_backward)).findings[0].message

    assert "the mean is taken in the loss" in message
    assert "the layer averages" in check(RIGHT, reduction="mean").findings[0].message


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_a_loss_says_its_reduction_itself(reduction):
    loss = losses.MSE(edition={"none": "ss20", "mean": "ss23"}[reduction])

    assert f"squared_error, reduction {reduction!r}" == check(loss).like


def test_a_reduction_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="there is no reduction 'some'; there is 'none', 'sum', 'mean'"):
        check(RIGHT, reduction="some")
    with pytest.raises(ValueError, match="relu has no reduction 'mean'"):
        check(ops.relu, like="relu", reduction="mean")


def test_the_courses_own_code_is_right():
    subjects = [edf.Affine, edf.ReLU, edf.L2Loss, edf.LogLoss, layers.Sigmoid, losses.L1, losses.BCE]

    assert [] == [report for report in map(check, subjects) if not report.passed]
    assert check((layers.affine_forward, layers.affine_backward), reduction="mean").passed
    assert check(networks.RegressionNet, reduction="mean").passed


# -- what is asked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inputs", [(X, W, B), [(X, W, B), (X[:2], W, B)], (X.tolist(), W, B)])
def test_arrays_can_be_given_once_or_several_times(inputs):
    assert check(RIGHT, inputs=inputs).passed
    assert ("FACTOR_ONE_OVER_N", "FACTOR_ONE_OVER_N") == tuple(
        finding.code for finding in check((affine_forward, averaging_backward), inputs=inputs).findings
    )


def test_given_arrays_are_not_changed():
    def writing_forward(x):
        out = x**3
        x[:] = 0
        return out, x

    x = X.copy()
    check((writing_forward, cube_backward), inputs=x)

    assert np.array_equal(X, x)


def test_the_same_seed_gives_the_same_report():
    pair = affine_forward, averaging_backward
    reports = [str(check(pair, rng=seed)) for seed in (1, 1, np.random.default_rng(1))]

    assert 1 == len(set(reports))
    assert reports[0] != str(check(pair, rng=2))


def test_what_a_subject_prints_is_swallowed(capsys):
    def chatty_forward(x):
        print("forward")
        return x**3, x

    check((chatty_forward, cube_backward))

    assert "" == capsys.readouterr().out


# -- what is said ----------------------------------------------------------------------------------------------


def test_a_product_that_does_not_fit_is_named_with_its_line_and_shapes():
    finding = check((affine_forward, raising_backward)).findings[0]

    assert "SHAPES_DO_NOT_FIT" == finding.code
    assert "`dx = d_out @ w`: d_out (5, 7) @ w (3, 7)" in finding.message
    assert "shape (5, 3)" in finding.hint


def test_findings_show_both_sides_where_they_part():
    finding = check((affine_forward, averaging_backward), inputs=(X, W, B)).findings[0]
    received, expected = float(finding.received), float(finding.expected)

    assert ("dw" in finding.message, "entry [") == (True, finding.where[:7])
    assert expected == pytest.approx(5 * received, rel=1e-4)


def test_raise_if_failed_raises_with_the_report():
    check(RIGHT).raise_if_failed()
    with pytest.raises(AssertionError, match="FACTOR_ONE_OVER_N"):
        check((affine_forward, averaging_backward)).raise_if_failed()


def test_json_has_the_verdict_and_every_finding():
    report = check((affine_forward, averaging_backward))
    data = json.loads(report.json())

    assert ("wrong", False) == (data["verdict"], data["passed"])
    assert [finding.code for finding in report.findings] == [finding["code"] for finding in data["findings"]]


def test_warnings_alone_pass():
    def relu_forward(x):
        return np.maximum(x, 0), x

    def relu_backward(x, d_out):
        d_out[x <= 0] = 0
        return d_out

    report = check((relu_forward, relu_backward))

    assert report.passed
    assert "D_OUT_CHANGED" in report.codes
    assert {"warning"} == {finding.severity for finding in report.findings}


@pytest.mark.parametrize("subject", [3, None, "affine", (affine_forward,), object(), np.zeros(3), lambda x: x])
def test_what_cannot_be_checked_is_said(subject):
    report = check(subject)

    assert "wrong" == report.verdict
    assert report.findings[0].code in ("NOT_CHECKABLE", "INCOMPLETE")


@pytest.mark.parametrize(
    ("backward", "code"),
    [
        (lambda saved, d_out: None, "NO_RESULT"),
        (lambda saved, d_out: (d_out, d_out), "WRONG_COUNT"),
        (lambda saved, d_out: object(), "NOT_AN_ARRAY"),
        (lambda saved, d_out: np.ma.masked_array(3 * saved**2 * d_out), "NOT_AN_ARRAY"),
        (lambda saved, d_out: (3 * saved**2 * d_out).astype(object), "NOT_AN_ARRAY"),
        (lambda saved, d_out: 1 / 0, "DIVISION_BY_ZERO"),
        (lambda saved, d_out: exit(), "RAISED"),
    ],
)
def test_results_that_are_no_gradients_are_named(backward, code):
    assert (code,) == check((cube_forward, backward)).codes


def test_check_stands_at_the_top_of_the_package():
    assert check is chainrule.check
    assert "<function chainrule.check>" == repr(check)
