"""I2DL's exercise 5: its solution against hand-worked numbers, central differences and the best line."""

import numpy as np
import pytest
from solved_sources import (
    array_tests_of,
    cases_of,
    central_difference,
    findings,
    learners_text,
    mistaken,
    probed,
    solution_lines,
    source_of,
    work_of,
)

from real_data import needs_housing

SOURCE = source_of("i2dl_5")
SOLVED = SOURCE.solved
TESTS = array_tests_of(SOURCE)


# -- the solution --------------------------------------------------------------------------------------------


def test_affine_is_right_by_hand_with_means_for_the_parameters():
    x, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    out, cache = SOLVED.affine_forward(x, w, np.array([10, 20, 30]))
    dx, dw, db = SOLVED.affine_backward(np.array([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]), cache)

    np.testing.assert_array_equal([[11, 22, 30], [13, 24, 32]], out)
    np.testing.assert_array_equal([[3, -1], [0, 2]], dx)
    np.testing.assert_array_equal([[0.5, 3, 0.5], [1, 4, 1]], dw)
    np.testing.assert_array_equal([0.5, 1, 0.5], db)


@pytest.mark.parametrize("name", ["AffineBackwardTest", "AffinePicturesTest"])
def test_affine_gradients_are_central_differences_those_of_the_parameters_over_n(name):
    for x, w, b, dout in cases_of(TESTS[name]):
        _, cache = SOLVED.affine_forward(x, w, b)
        dx, dw, db = SOLVED.affine_backward(dout, cache)

        def loss(x, w, b, dout=dout):
            return float(np.sum(dout * (np.reshape(x, (len(x), -1)) @ w + b)))

        slopes = central_difference(lambda one, w=w, b=b, loss=loss: loss(one, w, b), x)
        np.testing.assert_allclose(slopes, dx, atol=1e-7)
        slopes = central_difference(lambda one, x=x, b=b, loss=loss: loss(x, one, b), w)
        np.testing.assert_allclose(slopes / len(x), dw, atol=1e-7)
        slopes = central_difference(lambda one, x=x, w=w, loss=loss: loss(x, w, one), b)
        np.testing.assert_allclose(slopes / len(x), db, atol=1e-7)


def test_the_sigmoid_is_right_by_hand():
    out, cache = SOLVED.sigmoid_forward(np.log(np.array([[3.0, 1.0]])))

    np.testing.assert_allclose([[0.75, 0.5]], out, rtol=1e-15)
    np.testing.assert_allclose([[1.5, 1.0]], SOLVED.sigmoid_backward(np.array([[8.0, 4.0]]), cache), rtol=1e-15)


def test_the_sigmoids_gradient_is_its_central_difference():
    for x, dout in cases_of(TESTS["SigmoidBackwardTest"]):
        slopes = central_difference(lambda one, dout=dout: float(np.sum(dout / (1 + np.exp(-one)))), x)

        np.testing.assert_allclose(slopes, probed(TESTS["SigmoidBackwardTest"], SOLVED, (x, dout))["dx"], atol=1e-8)


def network_output(X, W1, b1, W2, b2):
    return 1 / (1 + np.exp(-(X @ W1 + b1))) @ W2 + b2


def test_the_network_and_the_means_of_its_gradients_are_right():
    for X, *params, dy in cases_of(TESTS["RegressionNetBackwardTest"]):
        y = probed(TESTS["RegressionNetForwardTest"], SOLVED, (X, *params))["y"]
        results = probed(TESTS["RegressionNetBackwardTest"], SOLVED, (X, *params, dy))

        np.testing.assert_allclose(network_output(X, *params), y, rtol=1e-12)
        for place, name in enumerate(["dW1", "db1", "dW2", "db2"]):
            slopes = central_difference(
                lambda one, place=place, X=X, params=params, dy=dy: float(
                    np.sum(dy * network_output(X, *params[:place], one, *params[place + 1 :]))
                ),
                params[place],
            )
            np.testing.assert_allclose(slopes / len(X), results[name], atol=1e-8)


# -- the houses ----------------------------------------------------------------------------------------------


@needs_housing
def test_the_network_ends_below_the_best_line():
    X, y, X_val, y_val = SOLVED.housing_data()
    net = SOLVED.RegressionNet(1, 10, std=1.0, rng=3)
    losses, _ = SOLVED.train(net, X, y, X_val, y_val, epochs=1500)
    ones = np.hstack([X, np.ones_like(X)])
    line = np.mean((ones @ np.linalg.lstsq(ones, y, rcond=None)[0] - y) ** 2)

    assert (876, 292) == (len(X), len(X_val))
    assert f"{line:.5f}" == "0.00678"
    assert losses[-1] < 0.0066


def test_without_the_data_houses_are_made_up_and_it_is_said(monkeypatch, tmp_path, capsys):
    import matplotlib.pyplot as plt

    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    monkeypatch.setattr(plt, "show", lambda: None)
    figure = SOLVED.houses_experiment(epochs=3)
    fit, losses = figure.axes

    assert ["houses", "before training", "after training", "best line"] == fit.get_legend_handles_labels()[1]
    assert [3, 3] == [len(line.get_xdata()) for line in losses.get_lines()]
    assert "These houses are made up" in capsys.readouterr().out
    plt.close(figure)


# -- the tests -----------------------------------------------------------------------------------------------


def test_the_convention_of_the_edition_is_told_to_the_tests_and_to_the_learner():
    assert ["layer mean"] * 2 == [TESTS[name].reduction for name in ("AffineForwardTest", "AffineBackwardTest")]
    assert "*means* over the N samples" in next(SOURCE.texts("[markdown]")).markdown


@pytest.mark.parametrize(
    ("right", "wrong", "test", "said"),
    [
        (
            "rows.T @ dout / len(x)",
            "rows.T @ dout",
            "AffineBackwardTest",
            "dw is N = 5 times too large: here the layer averages the gradients of its parameters",
        ),
        (
            "rows.T @ dout / len(x)",
            "dout.T @ rows / len(x)",
            "AffineBackwardTest",
            "dw comes out transposed: (7, 3) instead of (3, 7)",
        ),
        ("np.mean(dout, axis=0)", "np.sum(dout, axis=0)", "AffineBackwardTest", "db is N = 5 times too large"),
        ("np.mean(dout, axis=0)", "dout", "AffineBackwardTest", "db has one row for each sample"),
        ("np.mean(dout, axis=0)", "np.mean(dout, axis=1)", "AffineBackwardTest", "averaged over axis 1"),
        (
            "(dout @ w.T).reshape(x.shape)",
            "(dout @ w.T).reshape(x.shape) / len(x)",
            "AffineBackwardTest",
            "dx is only 1/N = 1/5 of what it should be",
        ),
        ("(dout @ w.T).reshape(x.shape)", "dout @ w.T", "AffinePicturesTest", "the right entries in the wrong shape"),
        ("return rows @ w + b, (x, w)", "return rows @ w, (x, w)", "AffineForwardTest", "the bias is missing"),
        ("np.exp(-x)", "np.exp(x)", "SigmoidForwardTest", "falls where it should rise"),
        ("return dout * out * (1 - out)", "return out * (1 - out)", "SigmoidBackwardTest", "gradient is ignored"),
        ("return dout * out * (1 - out)", "return dout * (1 - out)", "SigmoidBackwardTest", "yours is 1 - y"),
        ("return out, out", "return out, x", "SigmoidBackwardTest", "x (1 - x) with x the input"),
        (
            "return dout * out * (1 - out)",
            "dout *= out * (1 - out); return dout",
            "SigmoidBackwardTest",
            "change of dx when asked again differs",
        ),
        (
            "_, dW1, db1 = affine_backward(d_hidden, first)",
            "_, dW1, db1 = affine_backward(d_hidden / len(dy), first)",
            "RegressionNetBackwardTest",
            "dW1 is only 1/N = 1/5 of what it should be",
        ),
        (
            '"W2": dW2, "b2": db2}',
            '"W2": dW2.T, "b2": db2}',
            "RegressionNetBackwardTest",
            "dW2 comes out transposed",
        ),
    ],
)
def test_a_typical_mistake_is_named(right, wrong, test, said):
    assert said in findings(SOURCE, test, mistaken(SOURCE, right, wrong))[0].message


# -- what a learner gets -------------------------------------------------------------------------------------


def test_the_stubs_parse_hold_no_solution_and_raise():
    text = learners_text(SOURCE)
    work = work_of(text)
    net = work.RegressionNet(1, 2)
    net.cache = ()

    assert [] == [line for line in solution_lines(SOURCE) if line in {each.strip() for each in text.splitlines()}]
    calls = [
        lambda: work.affine_forward(np.ones((2, 3)), np.ones((3, 1)), np.ones(1)),
        lambda: work.affine_backward(np.ones((2, 1)), ()),
        lambda: work.sigmoid_forward(np.ones(2)),
        lambda: work.sigmoid_backward(np.ones(2), ()),
        lambda: net.forward(np.ones((2, 1))),
        lambda: net.backward(np.ones((2, 1))),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError):
            call()
