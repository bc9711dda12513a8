"""EDF, the first sheets: derivations, a line through points, and the digits 1 and 8 at four resolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import chainrule
from chainrule import ops
from chainrule.courses import edf
from chainrule.data import TrainTest, mnist
from chainrule.reproducing import plots
from chainrule.reproducing.experiment import Experiment, Finding, Results, Sheet, equal, near, within

__all__ = ["SHEET"]

Array = npt.NDArray[Any]
BATCH, EPOCHS, RATE = 64, 10, 0.5
PRINTED = {1: 10.3, 4: 7.6, 8: 2.6, 28: 1.0}  # percent of the test digits misread after epoch 10
TOLERANCE = 0.15  # the sheet's weights start at random


# -- derivations -----------------------------------------------------------------------------------------


def derivations() -> Results:
    """What the sheet lets derive by hand, against central differences."""
    rng = np.random.default_rng(0)
    x, W, upstream = rng.uniform(0.5, 2, 3), rng.normal(size=(4, 3)), rng.normal(size=4)
    w, samples, labels = rng.normal(size=3), rng.normal(size=(8, 3)), rng.integers(0, 2, 8).astype(float)

    def A(v: Any) -> Any:
        a, b = v[0], v[1]
        return np.exp(a) / np.sqrt(b) * np.log(a + b)

    def B(v: Any) -> Any:
        a, b, c = v[0], v[1], v[2]
        return np.sqrt(a + b + c**2) + np.log(a + b + c**2) + (a + b + c**2) / (b * c**2)

    def C(v: Any) -> Any:
        return np.sum((v[0] + v[1] * samples[:3, 0] - labels[:3]) ** 2)

    findings = [
        near(f"the gradient of {name}", "central differences", _gradient_error(function, x), 1e-7)
        for name, function in (("A", A), ("B", B), ("C", C))
    ]
    jacobian = chainrule.jacobian(lambda v: np.stack([np.exp(v[0]) * np.sin(v[2]), np.sqrt(v[1] + v[2])]))(x)
    root = 0.5 / np.sqrt(x[1] + x[2])
    by_hand = [[np.exp(x[0]) * np.sin(x[2]), 0, np.exp(x[0]) * np.cos(x[2])], [0, root, root]]
    slopes = chainrule.jacobian(np.tanh)(x)
    product = chainrule.grad(lambda W: np.sum(upstream * (W @ x)))(W)
    logistic = chainrule.grad(edf.logistic_loss)(w, samples, labels)
    closed = edf.logistic_gradient(w, samples, labels)
    return Results(
        [
            *findings,
            near("the Jacobian of (exp x1 sin x3, sqrt(x2 + x3))", "by hand", _distance(jacobian, by_hand), 1e-12),
            near("off the diagonal of an elementwise Jacobian", "0", _distance(slopes, np.diag(np.diag(slopes))), 0),
            near("dy/dW of y = W x", "A x'", _distance(product, edf.vector_derivative_product(upstream, x)), 1e-12),
            near("the logistic gradient", "(1/B) sum (sigmoid(w.x) - y) x", _distance(logistic, closed), 1e-12),
        ]
    )


def _gradient_error(function: Callable[[Any], Any], x: Array, step: float = 1e-5) -> float:
    directions = step * np.eye(len(x))
    differences = [(function(x + move) - function(x - move)) / (2 * step) for move in directions]
    return _distance(chainrule.grad(function)(x), differences)


def _distance(a: Any, b: Any) -> float:
    return float(np.abs(np.asarray(a) - np.asarray(b)).max())


# -- a line ------------------------------------------------------------------------------------------------


def line() -> Results:
    """Batch gradient descent from slope 4 and offset 1, learning rate 1e-4: it approaches the closed form."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-20, 20, (100, 1))
    y = 2.5 * x - 7 + rng.normal(0, 8, x.shape)
    closed = edf.linear_regression.least_squares_line(x, y)
    slope, offset = 4.0, 1.0
    shown, distances = {"start": (slope, offset)}, [np.hypot(slope - closed[0], offset - closed[1])]
    for step in range(1, 60_001):
        d_slope, d_offset = _derivatives((slope, offset), x, y)
        slope, offset = slope - 1e-4 * d_slope, offset - 1e-4 * d_offset
        distances.append(np.hypot(slope - closed[0], offset - closed[1]))
        if step in (20, 2000, 8000):
            shown[f"step {step:,}"] = (slope, offset)
    monotone = bool(np.all(np.diff(distances) <= 1e-12))
    findings = [
        Finding(
            "every step is nearer to the closed form",
            "approaches it",
            str(monotone).lower(),
            monotone,
            "true",
            of_sheet=False,
        ),
        near("slope and offset after 60,000 steps", "the closed form", float(distances[-1]), 1e-3),
    ]
    title = "Gradient descent turns the line at once and lifts it slowly"
    note = "From slope 4 and offset 1, learning rate 0.0001; our own points, since the sheet's are unknown."
    figure = plots.lines(x, y, shown, closed)
    return Results(findings, [plots.plot("edf-1-line", title, note, figure)])


def _mean_squared_error(line: Any, x: Array, y: Array) -> Any:
    slope, offset = line
    return ops.squared_error(slope * x + offset, y)


_derivatives = chainrule.compile(chainrule.grad(_mean_squared_error))


# -- ones and eights -----------------------------------------------------------------------------------------


def data() -> Results:
    """The digits 1 and 8 at each resolution."""
    parts = {size: mnist(size, digits=(1, 8)) for size in PRINTED}
    full, small = (parts[size].train.x.reshape(-1, size, size) for size in (28, 4))
    means = full.mean(axis=(1, 2))
    return Results(
        [
            equal("training and test digits", "12593 2109", f"{len(parts[28].train)} {len(parts[28].test)}"),
            near("4x4 pixels", "img[3::7, 3::7]", _distance(small, full[:, 3::7, 3::7]), 0),
            near("1x1 pixel", "the mean", _distance(parts[1].train.x[:, 0], means), 1e-12),
        ]
    )


def resolutions() -> Results:
    """Logistic regression, batches of 64 in order, ten epochs, compiled."""
    errors, weights, curves = {}, {}, {}
    for size in PRINTED:
        error, graph, losses = trained(mnist(size, digits=(1, 8)), compiled=True)
        errors[size], curves[size] = 100 * error, losses
        weights[f"{size}x{size}"] = graph.parameters()["A"].reshape(size, size)
    findings = [
        within(
            f"test error at {size}x{size}",
            f"{printed} %",
            errors[size],
            printed - TOLERANCE,
            printed + TOLERANCE,
            ".2f",
        )
        for size, printed in PRINTED.items()
    ]
    names = [f"{size}x{size}" for size in PRINTED]
    bars = plots.errors(names, list(PRINTED.values()), list(errors.values()), "test error, percent")
    note = "Logistic regression on the digits 1 and 8, after ten epochs."
    return Results(
        findings,
        [
            plots.plot("edf-1-errors", "More pixels, fewer errors", note, bars),
            plots.plot(
                "edf-1-weights", "What the weights look at", "Blue speaks for 1, orange for 8.", plots.pictures(weights)
            ),
            plots.plot(
                "edf-1-losses",
                "The loss at 28x28",
                "Mean loss of the batches of an epoch.",
                plots.losses({"training": curves[28]}),
            ),
        ],
    )


def same_parameters() -> Results:
    """The compiled step and the graph node by node end at the same weights."""
    parts = mnist(28, digits=(1, 8))
    runs = [trained(parts, compiled=compiled)[1].parameters() for compiled in (True, False)]
    most = max(_distance(runs[0][name], runs[1][name]) for name in runs[0])
    return Results([near("parameters, compiled and node by node", "the same", most, 1e-6)])


def trained(parts: TrainTest, *, compiled: bool, epochs: int = EPOCHS) -> tuple[float, edf.Graph, list[float]]:
    """Test error, graph, and the mean loss of each epoch."""
    X, Y = parts.train.x.astype(np.float32), parts.train.y
    with edf.Graph() as graph:
        x, y = edf.Input(), edf.Input()
        weights = edf.AffineParams(X.shape[1], 1, rng=np.random.default_rng(0))
        p = edf.SingleProbToProbVector(edf.Sigmoid(edf.Affine(weights, x)))
        loss = edf.CrossEntropyLoss(p, y)
        epoch = edf.CompiledStep(loss).epoch if compiled else _node_by_node(loss, x, y)
        edf.learning_rate, usual = RATE, edf.learning_rate
        try:
            losses = [float(epoch(X, Y, batch_size=BATCH).mean()) for _ in range(epochs)]
        finally:
            edf.learning_rate = usual
    x.value, y.value = parts.test.x.astype(np.float32), parts.test.y
    graph.Forward()
    return float(np.mean(p.value.argmax(axis=1) != parts.test.y)), graph, losses


def _node_by_node(loss: Any, x: edf.Input, y: edf.Input) -> Callable[..., Array]:
    """An epoch of the three passes, batch by batch; gives the mean loss of each."""

    def epoch(X: Array, Y: Array, batch_size: int) -> Array:
        losses = []
        for start in range(0, len(X) - batch_size + 1, batch_size):
            x.value, y.value = X[start : start + batch_size], Y[start : start + batch_size]
            edf.Forward()
            edf.Backward(loss)
            edf.UpdateParameters()
            losses.append(np.mean(loss.value))
        return np.array(losses)

    return epoch


SHEET = Sheet(
    "edf-1",
    "EDF, the Educational Framework: derivations, a line, ones and eights",
    (
        Experiment("derivations", derivations),
        Experiment("a line by gradient descent", line),
        Experiment("the digits 1 and 8", data, needs="mnist"),
        Experiment("test error by resolution", resolutions, needs="mnist"),
        Experiment("compiled and node by node", same_parameters, needs="mnist"),
    ),
)
