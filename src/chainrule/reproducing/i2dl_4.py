"""I2DL, exercise 4: linear and logistic regression on houses, with the sheet's losses, optimizer and solver."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl import exercise_04 as i2dl
from chainrule.data import housing
from chainrule.reproducing import plots
from chainrule.reproducing.experiment import Experiment, Finding, Results, Sheet, among, digits, equal, within

__all__ = ["SHEET"]

Array = npt.NDArray[Any]
EPOCHS = 25_000
SEED, SEEDS = 0, 20  # of the small random weights


def data() -> Results:
    """Shuffling, splitting, scaling and labelling."""
    table = housing()
    rows = np.random.RandomState(0).permutation(len(table))
    regression, labelled = i2dl.housing_data(table), i2dl.housing_classification_data(table)
    prices = np.concatenate([regression[f"y_{part}"] for part in ("train", "val", "test")])
    train = table.numbers("SalePrice")[rows[:876]]
    low, high = np.percentile(prices, [30, 70]) * (train.max() - train.min()) + train.min()
    area = table.numbers("GrLivArea")[rows[:876]]
    parts = ("train", "val", "test")
    return Results(
        [
            equal("first rows after shuffling", "529 491 459 279 655", " ".join(map(str, rows[:5]))),
            equal("rows to train, validate, test", "876 292 292", _joined(len(regression[f"X_{p}"]) for p in parts)),
            equal("training GrLivArea", "334..5642", f"{area.min():.0f}..{area.max():.0f}"),
            equal("training SalePrice", "34900..745000", f"{train.min():.0f}..{train.max():.0f}"),
            equal("30th and 70th percentile in USD", "135500 198620", f"{low:.0f} {high:.0f}"),
            equal("labelled rows", "533 167 177", _joined(len(labelled[f"X_{p}"]) for p in parts)),
            equal("of them expensive", "265 99 74", _joined(int(labelled[f"y_{p}"].sum()) for p in parts)),
        ]
    )


def linear_regression() -> Results:
    """Price from living area, mean squared error, learning rate 1e-3."""
    samples = i2dl.housing_data()
    before = _curve(_line_solver(samples, SEED, epochs=0).model)
    solver = _line_solver(samples, SEED, EPOCHS)
    starts = np.array([_losses(_line_solver(samples, seed, 1001), 1000) for seed in range(SEEDS)])
    findings = [
        among(f"train loss of epoch 1000, {SEEDS} seeds", "0.012885", starts[:, 0], ".6f"),
        among(f"val loss of epoch 1000, {SEEDS} seeds", "0.013159", starts[:, 1], ".6f"),
    ]
    area, price = samples["X_train"], samples["y_train"]
    line = plots.fit(
        area, price, {"before training": before, "after": _curve(solver.model)}, _GRID, _AREA, "price, scaled"
    )
    curves = plots.losses(_histories(solver), logarithmic=True)
    return Results(
        findings,
        [
            plots.plot("i2dl-4-line", "The line finds its houses", "Training houses; both axes as scaled.", line),
            plots.plot("i2dl-4-line-losses", "Linear regression: mean squared error", _HISTORY, curves),
        ],
    )


def _line_solver(samples: dict[str, Array], seed: int, epochs: int) -> i2dl.Solver:
    model = i2dl.LinearModel(num_features=1)
    model.initialize_weights(rng=seed)
    solver = i2dl.Solver(model, samples, i2dl.MSE(), learning_rate=1e-3, verbose=False)
    solver.train(epochs)
    return solver


def one_step() -> Results:
    """One step of the solver, from weights of 0.1."""
    model = i2dl.Classifier(num_features=1)
    model.initialize_weights(np.full((2, 1), 0.1))
    i2dl.Solver(model, i2dl.housing_classification_data(), i2dl.BCE(), learning_rate=0.5, verbose=False)._step()
    weights = model.W if model.W is not None else ()
    W = " ".join(np.format_float_positional(weight, 8, trim="-") for weight in np.ravel(weights))
    return Results([equal("W after one step from 0.1, 0.1", "0.11574258 0.0832162", W)])


def logistic_regression() -> Results:
    """Expensive or not, from living area; binary cross-entropy, learning rate 0.1."""
    samples = i2dl.housing_classification_data()
    model = i2dl.Classifier(num_features=1)
    model.initialize_weights(rng=SEED)
    before, first = _curve(model), i2dl.test_accuracy(model.forward(samples["X_test"]), samples["y_test"])
    solver = i2dl.Solver(model, samples, i2dl.BCE(), learning_rate=0.1, verbose=False)
    solver.train(EPOCHS)
    accuracy = i2dl.test_accuracy(model.forward(samples["X_test"]), samples["y_test"])
    untrained = f"{first:.1%}"
    findings = [
        digits("train / val loss of epoch 1000", "0.5800 0.5802", _losses(solver, 1000), ".4f"),
        digits("train / val loss of epoch 2000", "0.5133 0.5160", _losses(solver, 2000), ".4f"),
        *(
            _close(f"{part} loss of the last epoch", printed, loss)
            for part, printed, loss in zip(("train", "val"), (0.3290, 0.3449), _losses(solver, EPOCHS - 1), strict=True)
        ),
        Finding(
            "test accuracy before training", "58.2% or 41.8%", untrained, untrained in ("58.2%", "41.8%"), "one of them"
        ),
        within("test accuracy", "91.5 %", 100 * accuracy, 91.45, 91.55, ".2f"),
    ]
    area, label = samples["X_train"], samples["y_train"]
    curve = plots.fit(
        area, label, {"before training": before, "after": _curve(model)}, _GRID, _AREA, "probability of expensive"
    )
    return Results(
        findings,
        [
            plots.plot("i2dl-4-curve", "The curve stands up", "Training houses, 0: cheap, 1: expensive.", curve),
            plots.plot(
                "i2dl-4-losses", "Logistic regression: cross-entropy", _HISTORY, plots.losses(_histories(solver))
            ),
        ],
    )


def _close(what: str, printed: float, value: float) -> Finding:
    """After so many steps the fourth digit is one less here than on the sheet, whatever the first weights are."""
    got = f"{value:.4f}, within 0.0002"
    return Finding(what, f"{printed:.4f}", got, bool(abs(value - printed) <= 2e-4), "within 0.0002")


_GRID = np.linspace(-0.05, 1.05, 200)
_AREA = "living area, scaled"
_HISTORY = "After each epoch; the sheet prints one line of these now and then."


def _curve(model: Any) -> Array:
    """What the model says along the axis."""
    curve: Array = model.forward(_GRID[:, None])[:, 0]
    return curve


def _losses(solver: Any, epoch: int) -> tuple[float, float]:
    return solver.train_loss_history[epoch], solver.val_loss_history[epoch]


def _histories(solver: Any) -> dict[str, list[float]]:
    return {"training": solver.train_loss_history, "validation": solver.val_loss_history}


def _joined(numbers: Any) -> str:
    return " ".join(map(str, numbers))


_houses = functools.partial(Experiment, needs="housing")

SHEET = Sheet(
    "i2dl-4",
    "I2DL, exercise 4: linear and logistic regression",
    (
        _houses("the housing data", data),
        _houses("linear regression", linear_regression),
        _houses("one step of the solver", one_step),
        _houses("logistic regression", logistic_regression),
    ),
)
