"""The sheets' plots: losses, a fit on its data, errors by resolution, weights as pictures."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.showing.svg import ACCENT, FAULT, HALF, INK, MUTED, PAPER, Plot, new_figure, plain_log_ticks, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["errors", "fit", "lines", "losses", "pictures", "plot"]

Array = npt.NDArray[Any]
MOST_POINTS = 400  # of a curve: more cannot be seen


def plot(name: str, title: str, note: str, figure: Figure, wide: bool = False) -> Plot:
    """A figure with what is seen in it."""
    return Plot(name, title, note, figure, wide)


def _in_style(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    @functools.wraps(draw)
    def drawn(*arguments: Any, **options: Any) -> Figure:
        with styled():
            return draw(*arguments, **options)

    return drawn


@_in_style
def losses(
    curves: Mapping[str, Sequence[float]],
    printed: tuple[Sequence[int], Sequence[float]] | None = None,
    logarithmic: bool = False,
) -> Figure:
    """Losses by epoch; ``printed``: epochs and losses of the sheet, as dots. Many curves are drawn alike."""
    figure = new_figure(HALF, 3.3)
    axes = figure.subplots()
    many = len(curves) > 2
    for (label, values), colour in zip(curves.items(), _colours(len(curves)), strict=True):
        epochs = _thinned(len(values))
        width = 1.0 if many else 1.8
        axes.plot(epochs, np.asarray(values)[epochs], color=colour, linewidth=width, label=None if many else label)
    if printed is not None:
        axes.plot(
            *printed,
            "o",
            color=FAULT,
            markeredgecolor=PAPER,
            markersize=6,
            label="the sheet",
            linestyle="none",
            zorder=5,
        )
    if logarithmic:
        axes.set_yscale("log")
        plain_log_ticks(axes)
    axes.set(xlabel="epoch", ylabel="loss")
    if not many or printed is not None:
        axes.legend()
    return figure


@_in_style
def fit(x: Array, y: Array, curves: Mapping[str, Array], grid: Array, xlabel: str, ylabel: str) -> Figure:
    """Data as dots, and what a model says along the axis, before and after training."""
    figure = new_figure(HALF, 3.3)
    axes = figure.subplots()
    axes.plot(np.ravel(x), np.ravel(y), "o", color=INK, markersize=3.5, markeredgewidth=0, alpha=0.25, linestyle="none")
    styles = [(MUTED, (0, (4, 3))), (FAULT, "solid")]
    for (label, values), (colour, dashes) in zip(curves.items(), styles, strict=True):
        axes.plot(grid, values, color=colour, linestyle=dashes, label=label, linewidth=2.2)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return figure


@_in_style
def lines(x: Array, y: Array, steps: Mapping[str, tuple[float, float]], closed: tuple[float, float]) -> Figure:
    """Lines, slope and offset each, on their way to the closed form."""
    figure = new_figure(HALF, 3.3)
    axes = figure.subplots()
    axes.plot(np.ravel(x), np.ravel(y), "o", color=INK, markersize=4, markeredgewidth=0, alpha=0.4, linestyle="none")
    ends = np.array([x.min(), x.max()])
    for number, (label, (slope, offset)) in enumerate(steps.items()):
        alpha = 0.3 + 0.7 * (number + 1) / len(steps)
        axes.plot(ends, slope * ends + offset, color=ACCENT, alpha=alpha, linewidth=1.4, label=label)
    slope, offset = closed
    axes.plot(ends, slope * ends + offset, color=FAULT, linestyle=(0, (4, 3)), linewidth=2.2, label="closed form")
    axes.set(xlabel="x", ylabel="y")
    axes.legend()
    return figure


@_in_style
def errors(names: Sequence[str], printed: Sequence[float], got: Sequence[float], ylabel: str) -> Figure:
    """Two bars a name: the sheet's and ours."""
    figure = new_figure(HALF, 3.3)
    axes = figure.subplots()
    places = np.arange(len(names))
    for shift, values, colour, label in ((-0.2, printed, MUTED, "the sheet"), (0.2, got, ACCENT, "here")):
        bars = axes.bar(places + shift, values, width=0.36, color=colour, label=label)
        axes.bar_label(bars, fmt="%.1f", padding=2, fontsize=8, color=INK)
    axes.set_xticks(places, names)
    axes.set(xlabel="pixels", ylabel=ylabel)
    axes.grid(visible=False, axis="x")
    axes.tick_params(axis="x", length=0, labelcolor=INK)
    axes.legend()
    return figure


@_in_style
def pictures(images: Mapping[str, Array]) -> Figure:
    """Four square arrays as pictures: positive in one colour, negative in the other."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("signed", [FAULT, "#fefefe", ACCENT])
    figure = new_figure(HALF, 4.2)
    for axes, (label, image) in zip(np.ravel(figure.subplots(2, 2)), images.items(), strict=True):
        most = float(np.abs(image).max()) or 1.0
        axes.imshow(image, cmap=colours, vmin=-most, vmax=most, interpolation="nearest")
        axes.set_title(label, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def _colours(count: int) -> list[str]:
    return [ACCENT, FAULT][:count] if count <= 2 else [ACCENT] * count


def _thinned(count: int) -> npt.NDArray[np.intp]:
    """At most so many places, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))
