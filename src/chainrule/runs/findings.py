"""What a run shows: each plot with a title that says what is seen in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data import Dataset, Preparation
from chainrule.data.columns import NumericColumn
from chainrule.runs import pictures, plots
from chainrule.runs.predictions import predict
from chainrule.runs.scores import ClassScores, percent
from chainrule.runs.training import Trained
from chainrule.showing.svg import Plot, styled
from chainrule.showing.text import figures, shortened

__all__ = ["draw_plots", "raw_row", "worst_rows"]

Array = npt.NDArray[Any]
MOST_PICTURES = 16
MOST_WEIGHT_PICTURES = 64
MOST_BARS = 24
MOST_SHUFFLED = 100


def draw_plots(trained: Trained) -> list[Plot]:
    """All plots of a run, in the order in which a reader wants them."""
    with styled():
        drawn = [_losses(trained)] if len(trained.history) else []
        if isinstance(trained.scores, ClassScores):
            drawn += [_confusion(trained, trained.scores), *_mistakes(trained)]
        else:
            drawn += _fit(trained)
        return [*drawn, _weights(trained)]


def _losses(trained: Trained) -> Plot:
    history, best = trained.history, trained.best_epoch
    figure = plots.draw_losses(history, best)
    last = len(history) - 1
    if best is None:
        title = "The loss of training and validation rows"
    elif best == last:
        title = "Validation loss is lowest in the last epoch: more epochs may help"
    elif best < 0.7 * last:
        title = f"After epoch {best} only the training loss falls; the weights of epoch {best} are kept"
    else:
        title = f"Validation loss is lowest in epoch {best}; the weights of that epoch are kept"
    note = "The training loss is the mean over an epoch's batches, each before its step."
    return Plot("loss", title, note, figure)


def _confusion(trained: Trained, scores: ClassScores) -> Plot:
    labels = trained.prepared.preparation.classes or ()
    counts = np.array(scores.confusion)
    figure = pictures.draw_confusion(counts, labels)
    wrong = counts * (1 - np.eye(len(counts), dtype=int))
    title = f"{scores.correct} of {scores.rows} test rows are right"
    if wrong.any():
        row, column = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        times = {1: "once", 2: "twice"}.get(int(wrong.max()), f"{wrong.max()} times")
        title += f"; most often {shortened(labels[row])} is taken for {shortened(labels[column])} ({times})"
    note = "Rows are true classes, columns predicted ones; the colour is the share of its row."
    return Plot("confusion", title, note, figure, wide=len(labels) > 12)


def worst_rows(trained: Trained, most: int) -> Array:
    """Row numbers of the test part, the worst first: mistakes by certainty, or the largest errors."""
    test, predictions = trained.prepared.split.test, trained.predictions
    if predictions.probabilities is None or predictions.numbers is None:
        truth = trained.prepared.preparation.original(test.y)
        return np.argsort(-np.abs(truth - predictions.values), kind="stable")[:most]
    wrong = np.flatnonzero(predictions.numbers != test.y)
    sure = predictions.probabilities[wrong, test.y[wrong]]
    return wrong[np.argsort(sure, kind="stable")][:most]


def _mistakes(trained: Trained) -> list[Plot]:
    test, predictions = trained.prepared.split.test, trained.predictions
    rows = worst_rows(trained, MOST_PICTURES)
    if test.image_shape is None or not len(rows) or predictions.probabilities is None:
        return []
    sure = predictions.probabilities[rows].max(axis=1)
    truth = trained.prepared.preparation.original(test.y[rows])
    figure = pictures.draw_mistakes(
        test.x[rows].reshape(-1, *test.image_shape),
        truth.tolist(),
        predictions.values[rows].tolist(),
        sure.tolist(),
    )
    count = int(np.count_nonzero(predictions.numbers != test.y))
    title = f"The {len(rows)} worst of {count} mistakes" if count > len(rows) else _every(count)
    note = "Least probability for the true class first; in per cent, how sure the model was of what it said."
    return [Plot("mistakes", title, note, figure)]


def _every(count: int) -> str:
    return "The one mistake" if count == 1 else f"All {count} mistakes"


def _fit(trained: Trained) -> list[Plot]:
    test, predicted = trained.prepared.split.test, trained.predictions.values
    truth = trained.prepared.preparation.original(test.y)
    errors = truth - predicted
    scores: Any = trained.scores
    explained = "" if scores.r2 is None else f"{percent(max(scores.r2, 0.0))} of the variance is explained"
    low, high = np.percentile(errors, [25, 75])
    return [
        Plot(
            "predicted",
            explained or "Predicted against true values",
            "Test rows; on the dashed line, both are equal.",
            plots.draw_fit(truth, predicted, test.target_name),
            wide=False,
        ),
        Plot(
            "residuals",
            f"Half of the errors lie between {figures(low, 3)} and {figures(high, 3)}".replace("-", plots.MINUS),
            "A pattern here is something that the model has not learned.",
            plots.draw_error(truth, predicted, test.target_name),
            wide=False,
        ),
    ]


def _weights(trained: Trained) -> Plot:
    """What was learned, in the form that shows it best."""
    weights = trained.model.parameters["w1"]
    data = trained.prepared.split.train
    if data.image_shape is not None:
        return _weight_pictures(trained, weights, data)
    if trained.settings.hidden or weights.shape[1] > 1:
        return _importance(trained)
    order = np.argsort(-np.abs(weights[:, 0]), kind="stable")[:MOST_BARS]
    names = [data.feature_names[number] for number in order]
    figure = plots.draw_bars(names, weights[order, 0], label="weight", signed=True)
    note = "Weights are for inputs as they were scaled for training, so that they can be compared."
    if len(names) < len(weights):
        note += f" The {len(names)} largest of {len(weights)}."
    return Plot("weights", f"{shortened(names[0], 32)} weighs most", note, figure)


def _importance(trained: Trained) -> Plot:
    """How much worse predictions get when a column's values are shuffled among the test rows.

    Breiman, "Random forests", 2001, section 10. The weights of a hidden layer themselves do not tell this.
    """
    losses = shuffling_losses(trained)
    names = sorted(losses, key=lambda name: -losses[name])[:MOST_BARS]
    values = np.array([losses[name] for name in names])
    classes = trained.prepared.preparation.classes is not None
    label = "accuracy lost, in percentage points" if classes else "root mean squared error gained"
    figure = plots.draw_bars(names, values, label=label, signed=True)
    title = f"Predictions rest most on {shortened(names[0], 32)}"
    note = "How much worse the test rows are predicted after one column's values are shuffled among them."
    if len(names) < len(trained.prepared.preparation.columns):
        note += f" The {len(names)} largest of {len(trained.prepared.preparation.columns)} columns."
    return Plot("importance", title, note, figure)


def shuffling_losses(trained: Trained) -> dict[str, float]:
    """For each column of the table: accuracy lost (percentage points) or error gained without it."""
    test = trained.prepared.split.test
    rng = np.random.default_rng(trained.settings.seed)
    before, losses = _score(trained, test.x), {}
    for name, part in _heaviest_columns(trained):
        x = test.x.copy()
        x[:, part] = x[rng.permutation(len(x)), part]
        losses[name] = before - _score(trained, x)
    return losses


def _heaviest_columns(trained: Trained) -> list[tuple[str, slice]]:
    """The columns whose first-layer weights are largest, and their places in ``x``: enough to find the best."""
    weights, start, columns = trained.model.parameters["w1"], 0, []
    for column in trained.prepared.preparation.columns:
        part = slice(start, start := start + len(column.feature_names))
        columns.append((column.name, part))
    columns.sort(key=lambda column: -float(np.square(weights[column[1]]).sum()))
    return columns[:MOST_SHUFFLED]


def _score(trained: Trained, x: Array) -> float:
    """Higher is better."""
    preparation, test = trained.prepared.preparation, trained.prepared.split.test
    predictions = predict(trained.model, preparation, x)
    if predictions.numbers is not None:
        return 100 * float(np.mean(predictions.numbers == test.y))
    return -float(np.sqrt(np.mean(np.square(predictions.values - preparation.original(test.y)))))


def _weight_pictures(trained: Trained, weights: Array, data: Dataset) -> Plot:
    order = np.argsort(-np.square(weights).sum(axis=0), kind="stable")[:MOST_WEIGHT_PICTURES]
    order = np.sort(order)
    shown = weights.T[order].reshape(-1, *(data.image_shape or (1, 1)))
    classes = trained.prepared.preparation.classes
    per_class = not trained.settings.hidden
    if per_class and classes is not None and len(classes) == weights.shape[1]:
        labels: list[object] = [classes[number] for number in order]
        title = "What speaks for each class: blue pixels for it, red ones against"
    else:
        labels = [f"unit {number + 1}" for number in order]
        title = "What the units of the first layer look for: ink on blue excites, ink on red inhibits"
    note = "First-layer weights at the place of their pixel, all on one scale around 0."
    if len(order) < weights.shape[1]:
        note += f" The {len(order)} strongest of {weights.shape[1]} units."
    return Plot("weights", title, note, pictures.draw_weight_pictures(shown, labels))


def raw_row(preparation: Preparation, x: Array) -> list[tuple[str, str]]:
    """A prepared row as a person wrote it: each column's name and value.

    >>> from chainrule.data.targets import NumberTarget
    >>> area = NumericColumn("area", shift=60.0, scale=20.0)
    >>> raw_row(Preparation((area,), NumberTarget("price", 300.0, 50.0)), np.array([1.0]))
    [('area', '80')]
    """
    values, start = [], 0
    for column in preparation.columns:
        part = x[start : start + len(column.feature_names)]
        start += len(part)
        if isinstance(column, NumericColumn):
            text = figures(float(part[0]) * column.scale + column.shift, 5)
        else:
            text = column.categories[int(np.argmax(part))] or "(missing)" if part.any() else "(other)"
        values.append((column.name, text))
    return values
