"""Grids: the confusion matrix, mistaken pictures, and weights as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.runs.plots import HALF, WIDE, new_figure
from chainrule.runs.svg import ACCENT, BRIGHT, FAULT, GRID, INK, MUTED, PAPER
from chainrule.runs.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_confusion", "draw_mistakes", "draw_weight_pictures"]

Array = npt.NDArray[Any]
MOST_NUMBERED = 25
COLUMNS = 8


def draw_confusion(counts: Array, labels: Sequence[object]) -> Figure:
    """True classes in rows, predicted ones in columns: blue for right, orange for wrong."""
    size = WIDE if len(labels) > 12 else HALF
    figure = new_figure(size, size * 0.96 if size == HALF else WIDE * 0.8)
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # The root lifts the few mistakes into view: 1 % of a row gets a tenth of the colour.
    strength = np.sqrt(shares)
    for colour, chosen in ((ACCENT, np.eye(len(counts), dtype=bool)), (FAULT, ~np.eye(len(counts), dtype=bool))):
        _cells(axes, np.where(chosen, strength, 0.0), colour)
    if len(labels) <= MOST_NUMBERED:
        _numbers(axes, counts, strength)
        texts = [shortened(label, 12) for label in labels]
        places = np.arange(len(texts))
        axes.set_yticks(places, texts)
        steep = max(map(len, texts)) > 3
        axes.set_xticks(places, texts, rotation=45 if steep else 0, ha="right" if steep else "center")
    axes.tick_params(length=0, labelcolor=INK)
    axes.grid(visible=False)
    axes.set(xlabel="predicted", ylabel="true", aspect="equal")
    axes.set_xlim(-0.5, len(counts) - 0.5)
    axes.set_ylim(len(counts) - 0.5, -0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _cells(axes: Axes, strength: Array, colour: str) -> None:
    """A square for each count above 0; thousands of them become one picture."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    if len(strength) > MOST_NUMBERED:
        rgba = np.tile(np.array(to_rgba(colour)), (*strength.shape, 1))
        rgba[..., 3] = strength
        axes.imshow(rgba, interpolation="none")
        return
    for row, column in np.argwhere(strength > 0):
        axes.add_patch(
            Rectangle(
                (column - 0.48, row - 0.48), 0.96, 0.96, facecolor=colour, alpha=float(strength[row, column]),
                linewidth=0,
            )
        )  # fmt: skip


def _numbers(axes: Axes, counts: Array, strength: Array) -> None:
    size = 9 if len(counts) <= 12 else 8
    for (row, column), count in np.ndenumerate(counts):
        colour = GRID if not count else BRIGHT if strength[row, column] > 0.62 else INK
        axes.text(
            column, row, str(count) if count else "·", ha="center", va="center_baseline", color=colour,
            fontsize=size,
        )  # fmt: skip


def draw_mistakes(
    pictures: Array, truth: Sequence[object], said: Sequence[object], sure: Sequence[float]
) -> Figure:
    """Pictures in dark ink, each with its true class, and what was said with which probability."""
    figure, grid = _grid(len(pictures), COLUMNS, extra=0.42)
    for place, axes in enumerate(grid):
        _picture(axes, pictures[place], cmap="gray_r", low=0.0, high=float(pictures.max()) or 1.0)
        axes.set_title(f"true {shortened(truth[place], 12)}", fontsize=9, color=INK, pad=4)
        axes.set_xlabel(
            f"said {shortened(said[place], 12)}, {sure[place]:.0%}", fontsize=8.5, color=FAULT, labelpad=4
        )
    return figure


def draw_weight_pictures(pictures: Array, labels: Sequence[object]) -> Figure:
    """Weights as pictures on one scale, with 0 in the middle: blue above, red below."""
    columns = 5 if len(pictures) <= 10 else 8
    figure, grid = _grid(len(pictures), columns, extra=0.22)
    # One outlier would leave all others pale, so the largest half per cent may go off the scale.
    limit = float(np.percentile(np.abs(pictures), 99.5)) or float(np.abs(pictures).max()) or 1.0
    for picture, label, axes in zip(pictures, labels, grid, strict=True):
        image = _picture(axes, picture, cmap="RdBu", low=-limit, high=limit)
        axes.set_title(shortened(label, 12), fontsize=8.5, color=MUTED, pad=3)
    bar = figure.colorbar(image, ax=grid, shrink=0.6, aspect=28, pad=0.015, extend="both", extendfrac=0.03)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(length=0, labelsize=8)
    return figure


def _grid(count: int, columns: int, extra: float) -> tuple[Figure, list[Any]]:
    """Axes in rows; ``extra`` inches of each are for words."""
    rows = -(-count // columns)
    figure = new_figure(WIDE, rows * (WIDE / columns * 0.92 + extra))
    figure.get_layout_engine().set(h_pad=0.07)  # type: ignore[union-attr, call-arg]
    axes = np.array(figure.subplots(rows, columns, squeeze=False)).ravel().tolist()
    for unused in axes[count:]:
        unused.set_axis_off()
    return figure, axes[:count]


def _picture(axes: Axes, values: Array, *, cmap: str, low: float, high: float) -> Any:
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=True, color=GRID)
    axes.set_facecolor(PAPER)
    return axes.imshow(values, cmap=cmap, vmin=low, vmax=high, interpolation="none")
