"""TUM machine learning, exercise 9: softmax regression and a two-layer network on the digits."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np

from chainrule.courses import tum_ml
from chainrule.reproducing import plots
from chainrule.reproducing.experiment import Experiment, Finding, Results, Sheet, among, digits, near, within

__all__ = ["SHEET"]

LOSSES = "2.3026 0.2275 0.1599 0.1306 0.1130 0.1009 0.0918 0.0846 0.0788 0.0738 0.0696"
SEEDS = 8


def _trained(model: Any) -> tuple[list[float], float, str]:
    """Losses, test accuracy, and what was printed."""
    X_train, X_test, Y_train, Y_test = tum_ml.digits_data()
    with contextlib.redirect_stdout(io.StringIO()) as log:
        losses = tum_ml.train(model, X_train, Y_train)
        accuracy = tum_ml.test_accuracy(model, X_test, Y_test)
    return losses, accuracy, log.getvalue()


def logistic_regression() -> Results:
    """From zero weights nothing is random but the split, so every digit has to agree."""
    losses, accuracy, log = _trained(tum_ml.LogisticRegression(64, 10))
    lines = log.splitlines()
    findings = [
        digits("losses of epochs 0, 50 ... 500", LOSSES, losses[::50], ".4f"),
        digits("test accuracy", "0.953", accuracy, ".3f"),
        Finding("first line of the log", "Epoch    0, loss = 2.3026", lines[0], lines[0].endswith("2.3026"), "equal"),
    ]
    title = "Softmax regression: the loss falls from log 10"
    note = "Loss of all training digits before each step, and what the sheet printed."
    shown = [float(loss) for loss in LOSSES.split()]
    figure = plots.losses({"here": losses}, printed=(range(0, 501, 50), shown))
    return Results(findings, [plots.plot("tum-ml-9-losses", title, note, figure)])


def network() -> Results:
    """The sheet's random state is unknown: the shape of its run is reproduced, over several seeds."""
    runs = {}
    for seed in range(SEEDS):
        model = tum_ml.FeedforwardNeuralNet(64, 32, 10, rng=np.random.default_rng(seed))
        runs[seed] = _trained(model)
    accuracies = [accuracy for _, accuracy, _ in runs.values()]
    firsts = [losses[0] for losses, _, _ in runs.values()]
    lasts = [losses[-1] for losses, _, _ in runs.values()]
    median, last = float(np.median(accuracies)), float(np.median(lasts))
    findings = [
        within(f"test accuracy, median of {SEEDS} seeds", "0.940", median, 0.93, 0.96, ".3f"),
        among("loss of epoch 0, over the seeds", "11.4709", firsts, ".4f"),
        within("loss of epoch 500, median", "0.0994", last, 0.04, 0.16, ".4f"),
    ]
    title = f"A 64-32-10 network from {SEEDS} random starts"
    note = "The sheet's own start is unknown, so its losses (dots: first and last) are compared in their shape alone."
    curves = {f"seed {seed}": losses for seed, (losses, _, _) in runs.items()}
    figure = plots.losses(curves, printed=((0, 500), (11.4709, 0.0994)), logarithmic=True)
    return Results(findings, [plots.plot("tum-ml-9-network", title, note, figure)])


def identities() -> Results:
    """``logsumexp(x) = a + logsumexp(x - a)`` and ``softmax(x) = softmax(x - a)``."""
    rng = np.random.default_rng(0)
    x, shifts = rng.normal(0, 3, (100, 5)), rng.normal(0, 10, 20)
    logsumexp = max(np.abs(tum_ml.logsumexp(x) - tum_ml.logsumexp(x, a)).max() for a in shifts)
    softmax = max(np.abs(tum_ml.softmax(x) - tum_ml.softmax(x, a)).max() for a in shifts)
    huge = np.array([1000.0, 1000.0])
    return Results(
        [
            near("logsumexp(x), a + logsumexp(x - a)", "equal for every a", float(logsumexp), 1e-12),
            near("softmax(x), softmax(x - a)", "equal for every a", float(softmax), 1e-12),
            digits("logsumexp of 1000, 1000: 1000 + log 2", "1000.693147", tum_ml.logsumexp(huge), ".6f"),
        ]
    )


SHEET = Sheet(
    "tum-ml-9",
    "TUM machine learning, exercise 9: softmax regression and a two-layer network",
    (
        Experiment("softmax regression on the digits", logistic_regression),
        Experiment("a two-layer network on the digits", network),
        Experiment("log-sum-exp and softmax do not see a shift", identities),
    ),
)
