"""Curves, bars and clouds: how training went, which features count, how far predictions are off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.learning import History
from chainrule.runs.svg import ACCENT, FAULT, GRID, INK, MUTED, PAPER
from chainrule.runs.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["WIDE", "draw_error", "draw_fit", "draw_losses", "draw_weights", "new_figure"]

Array = npt.NDArray[Any]
WIDE, HALF = 9.6, 4.7  # inches; a page's column and half of it
MOST_POINTS = 2000


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in the style that is in force."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def draw_losses(history: History, best_epoch: int | None) -> Figure:
    """Train and validation loss by epoch, with the best epoch marked."""
    figure = new_figure(WIDE, 3.4)
    axes = figure.subplots()
    epochs = thinned(np.array(history.column("epoch")), 1000)
    for name, label, colour in (("train_loss", "training", ACCENT), ("validation_loss", "validation", FAULT)):
        losses = thinned(np.array(history.column(name), dtype=float), 1000)
        marker = "o" if len(epochs) <= 15 else None
        axes.plot(epochs, losses, color=colour, label=label, marker=marker, markersize=4)
    if best_epoch is not None:
        _mark_best(axes, best_epoch, float(history.rows[best_epoch]["validation_loss"]))
    if _spans_decades(history):
        axes.set_yscale("log")
        _plain_log_ticks(axes)
    axes.set(xlabel="epoch", ylabel="loss")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.margins(x=0.015)
    axes.legend(loc="upper right", ncols=3)
    return figure


def _mark_best(axes: Axes, epoch: int, loss: float) -> None:
    axes.axvline(epoch, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    axes.plot(
        [epoch], [loss], "o", color=FAULT, markeredgecolor=PAPER, markeredgewidth=1.5, markersize=8, zorder=5,
        label=f"best: epoch {epoch}", linestyle="none",
    )  # fmt: skip


def _spans_decades(history: History) -> bool:
    losses = np.array(history.column("train_loss") + history.column("validation_loss"), dtype=float)
    return bool(losses.min() > 0 and losses.max() > 15 * losses.min())


def _plain_log_ticks(axes: Axes) -> None:
    """1, 0.3, 0.1: numbers, and not powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="minor", length=0)


def draw_fit(truth: Array, predicted: Array, name: str) -> Figure:
    """Predicted against true values, with the line where both are equal."""
    figure = new_figure(HALF, 4.2)
    axes = figure.subplots()
    low, high = float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))
    axes.plot([low, high], [low, high], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.text(high, high, "perfect ", ha="right", va="top", color=MUTED, fontsize=8)
    _cloud(axes, truth, predicted)
    axes.set(xlabel=f"true {shortened(name)}", ylabel=f"predicted {shortened(name)}")
    return figure


def draw_error(truth: Array, predicted: Array, name: str) -> Figure:
    """What is left over: true minus predicted, against predicted."""
    figure = new_figure(HALF, 4.2)
    axes = figure.subplots()
    axes.axhline(0, color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    _cloud(axes, predicted, truth - predicted)
    axes.set(xlabel=f"predicted {shortened(name)}", ylabel="true − predicted")
    return figure


def _cloud(axes: Axes, x: Array, y: Array) -> None:
    x, y = thinned(x, MOST_POINTS), thinned(y, MOST_POINTS)
    alpha = 0.75 if len(x) < 200 else 0.4
    axes.plot(x, y, "o", color=ACCENT, markersize=5, markeredgewidth=0, alpha=alpha, linestyle="none")


def draw_weights(names: tuple[str, ...], weights: Array, *, signed: bool, most: int = 24) -> Figure:
    """A bar for each feature, the largest first; at most ``most`` of them."""
    order = np.argsort(-np.abs(weights), kind="stable")[:most]
    figure = new_figure(WIDE, 0.9 + 0.27 * len(order))
    axes = figure.subplots()
    values = weights[order]
    places = np.arange(len(order))
    axes.barh(places, values, height=0.68, color=[ACCENT if value >= 0 else FAULT for value in values])
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            f"{value:+.3g}" if signed else f"{value:.3g}", (value, place), xytext=(4 if value >= 0 else -4, 0),
            textcoords="offset points", va="center", ha="left" if value >= 0 else "right", fontsize=8, color=INK,
        )  # fmt: skip
    axes.set_yticks(places, [shortened(names[number], 32) for number in order])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=GRID, linewidth=1.2, zorder=0)
    axes.margins(x=0.12 if signed else 0.08, y=0.02)
    axes.set_xlabel("weight" if signed else "length of the feature's weights")
    return figure


def thinned(values: Array, most: int) -> Array:
    """At most ``most`` of the values, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return values
    chosen: Array = values[np.linspace(0, len(values) - 1, most).round().astype(int)]
    return chosen
