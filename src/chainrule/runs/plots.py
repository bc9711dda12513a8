"""Curves, bars and clouds: how training went, which features count, how far predictions are off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.learning import History
from chainrule.showing.svg import ACCENT, FAULT, GRID, HALF, INK, MUTED, PAPER, WIDE, new_figure, plain_log_ticks
from chainrule.showing.text import figures, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MINUS", "draw_bars", "draw_error", "draw_fit", "draw_losses", "thinned"]

Array = npt.NDArray[Any]
MOST_POINTS = 1000
MINUS = "\N{MINUS SIGN}"


def draw_losses(history: History, best_epoch: int | None) -> Figure:
    """Train and validation loss by epoch, with the best epoch marked."""
    from matplotlib.ticker import MaxNLocator

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
        plain_log_ticks(axes)
    axes.set(xlabel="epoch", ylabel="loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.margins(x=0.015)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, ncols=3)
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


def draw_fit(truth: Array, predicted: Array, name: str) -> Figure:
    """Predicted against true values, with the line where both are equal."""
    figure = new_figure(HALF, 4.2)
    axes = figure.subplots()
    low, high = float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))
    axes.plot([low, high], [low, high], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    _cloud(axes, truth, predicted)
    axes.set(xlabel=f"true {shortened(name)}", ylabel=f"predicted {shortened(name)}")
    return figure


def draw_error(truth: Array, predicted: Array, name: str) -> Figure:
    """What is left over: true minus predicted, against predicted."""
    figure = new_figure(HALF, 4.2)
    axes = figure.subplots()
    axes.axhline(0, color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    _cloud(axes, predicted, truth - predicted)
    axes.set(xlabel=f"predicted {shortened(name)}", ylabel="true minus predicted")
    return figure


def _cloud(axes: Axes, x: Array, y: Array) -> None:
    x, y = thinned(x, MOST_POINTS), thinned(y, MOST_POINTS)
    alpha = 0.75 if len(x) < 200 else 0.4
    axes.plot(x, y, "o", color=ACCENT, markersize=5, markeredgewidth=0, alpha=alpha, linestyle="none")


def draw_bars(names: Sequence[str], values: Array, *, label: str, signed: bool) -> Figure:
    """A bar for each name, in the order given; signed ones say their sign."""
    figure = new_figure(WIDE, 0.9 + 0.27 * len(names))
    axes = figure.subplots()
    places = np.arange(len(names))
    axes.barh(places, values, height=0.68, color=[ACCENT if value >= 0 else FAULT for value in values])
    for place, value in zip(places, values, strict=True):
        text = ("+" if signed and value > 0 else "") + figures(value, 3).replace("-", MINUS)
        shift, side = (4, "left") if value >= 0 else (-4, "right")
        axes.annotate(
            text,
            (value, place),
            (shift, 0),
            textcoords="offset points",
            va="center",
            ha=side,
            fontsize=8,
            color=INK,
        )
    axes.set_yticks(places, [shortened(name, 32) for name in names])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=GRID, linewidth=1.2, zorder=0)
    axes.margins(x=0.12 if (values < 0).any() else 0.08, y=0.02)
    axes.set_xlabel(label)
    return figure


def thinned(values: Array, most: int) -> Array:
    """At most ``most`` of the values, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return values
    chosen: Array = values[np.linspace(0, len(values) - 1, most).round().astype(int)]
    return chosen
