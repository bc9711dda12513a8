"""I2DL, exercise 5: layers as pairs of functions, and networks of two of them."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses import tum_ml
from chainrule.courses.i2dl import exercise_05 as i2dl
from chainrule.courses.i2dl import housing_data
from chainrule.reproducing import plots
from chainrule.reproducing.experiment import Experiment, Finding, Results, Sheet, near

__all__ = ["SHEET"]

Array = npt.NDArray[Any]
STEP = 1e-5


def layers() -> Results:
    """The gradients that the sheet lets its learners check, against central differences; and where 1/N is."""
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(6, 2, 2)), rng.normal(size=(4, 3)), rng.normal(size=3)
    d_out = rng.normal(size=(6, 3))
    _, cache = i2dl.affine_forward(x, w, b)
    dx, dw, db = i2dl.affine_backward(d_out, cache)
    wanted = [
        _differences(lambda x: np.sum(d_out * i2dl.affine_forward(x, w, b)[0]), x),
        _differences(lambda w: np.sum(d_out * i2dl.affine_forward(x, w, b)[0]), w) / len(x),
        _differences(lambda b: np.sum(d_out * i2dl.affine_forward(x, w, b)[0]), b) / len(x),
    ]
    _, out = i2dl.sigmoid_forward(w)
    d_squashed = rng.normal(size=w.shape)
    d_sigmoid = _differences(lambda w: np.sum(d_squashed * i2dl.sigmoid_forward(w)[0]), w)
    later = i2dl.affine_backward(d_out, cache, edition="ws22")[1]
    return Results(
        [
            near("affine_backward: dx, a sum", "central differences", _error(dx, wanted[0]), 1e-8),
            near("affine_backward: dw, divided by N", "central differences / N", _error(dw, wanted[1]), 1e-8),
            near("affine_backward: db, divided by N", "central differences / N", _error(db, wanted[2]), 1e-8),
            near("the later edition's dw, a sum", "N dw", _error(later, len(x) * dw), 1e-12),
            near(
                "sigmoid_backward",
                "central differences",
                _error(i2dl.sigmoid_backward(d_squashed, out), d_sigmoid),
                1e-8,
            ),
        ]
    )


def _differences(function: Callable[[Array], Any], x: Array) -> Array:
    """Central differences, entry by entry."""
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        moved = np.zeros_like(x)
        moved[place] = STEP
        gradient[place] = (function(x + moved) - function(x - moved)) / (2 * STEP)
    return gradient


def _error(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max() / np.abs(b).max())


def classification() -> Results:
    """The later edition's network, optimizer and solver with data loaders, on the digits."""
    X_train, X_test, Y_train, Y_test = tum_ml.digits_data()
    rng = np.random.default_rng(0)
    parts = (X_train[:1000], Y_train[:1000]), (X_train[1000:], Y_train[1000:])
    train, validation = (
        i2dl.DataLoader((X / 16, Y.argmax(axis=1)), batch_size=50, shuffle=True, rng=rng) for X, Y in parts
    )
    model = i2dl.ClassificationNet(i2dl.Relu(), input_size=64, hidden_size=32, std=0.1, rng=rng)
    solver = i2dl.Solver(model, train, validation, learning_rate=3e-3, optimizer=i2dl.Adam)
    with contextlib.redirect_stdout(io.StringIO()) as log:
        solver.train(epochs=30)
    line = log.getvalue().splitlines()[0]
    form = r"\(Epoch 1 / 30\) train loss: \d\.\d{6}; val loss: \d\.\d{6}"
    accuracy = float(np.mean(model.forward(X_test / 16).argmax(axis=1) == Y_test.argmax(axis=1)))
    findings = [
        Finding(
            "log line", "(Epoch 1 / 100) train loss: ...; val loss: ...", line, bool(re.fullmatch(form, line)), "form"
        ),
        Finding("test accuracy on the digits", "-", f"{accuracy:.1%}", accuracy > 0.9, "above 90 %", of_sheet=False),
    ]
    curves = {"training": solver.train_loss_history, "validation": solver.val_loss_history}
    title = "A two-layer network by Adam, with data loaders"
    figure = plots.losses(curves, logarithmic=True)
    return Results(findings, [plots.plot("i2dl-5-losses", title, "Digits, 64-32-10; mean loss of an epoch.", figure)])


def regression() -> Results:
    """`RegressionNet` on the houses: where the line is straight, it may bend."""
    samples = housing_data()
    X, y, grid = samples["X_train"], samples["y_train"], np.linspace(-0.05, 1.05, 200)
    model = i2dl.RegressionNet(1, 10, std=1.0, rng=0)
    before = model.forward(grid[:, None])[:, 0]
    optimizer = i2dl.SGD(model, i2dl.MSE(), learning_rate=0.1)
    losses = []
    for _ in range(5000):
        prediction = model.forward(X)
        losses.append(float(np.mean((prediction - y) ** 2)))
        optimizer.backward(prediction, y)
        optimizer.step()
    ones = np.hstack([X, np.ones_like(X)])
    line = float(np.mean((ones @ np.linalg.lstsq(ones, y, rcond=None)[0] - y) ** 2))
    curves = {"before training": before, "after": model.forward(grid[:, None])[:, 0]}
    figure = plots.fit(X, y, curves, grid, "living area, scaled", "price, scaled")
    rule = f"at most the best line's, {line:.6f}"
    finding = Finding("training loss of 1-10-1", "-", f"{losses[-1]:.6f}", losses[-1] <= line, rule, of_sheet=False)
    title = "A two-layer network on the houses"
    return Results([finding], [plots.plot("i2dl-5-fit", title, "Training houses; both axes as scaled.", figure)])


SHEET = Sheet(
    "i2dl-5",
    "I2DL, exercise 5: layers as pairs of functions, two-layer networks",
    (
        Experiment("affine and sigmoid, backwards", layers),
        Experiment("a network for classes", classification),
        Experiment("a network for prices", regression, needs="housing"),
    ),
)
