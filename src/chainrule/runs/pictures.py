"""Grids: the confusion matrix, mistaken pictures, and weights as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.showing.svg import ACCENT, BRIGHT, FAULT, GRID, HALF, INK, MUTED, WIDE, new_figure
from chainrule.showing.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_confusion", "draw_mistakes", "draw_weight_pictures"]

Array = npt.NDArray[Any]
MOST_NUMBERED = 25
COLUMNS = 8


def draw_confusion(counts: Array, labels: Sequence[object]) -> Figure:
    """True classes in rows, predicted ones in columns: blue for right, orange for wrong."""
    few = len(labels) <= 12
    figure = new_figure(HALF, min(4.5, 1.6 + 0.6 * len(labels))) if few else new_figure(WIDE, 7.7)
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # The root lifts the few mistakes into view: 1 % of a row gets a tenth of the colour.
    strength = np.sqrt(shares)
    for colour, chosen in (
        (ACCENT, np.eye(len(counts), dtype=bool)),
        (FAULT, ~np.eye(len(counts), dtype=bool)),
    ):
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


def draw_mistakes(pictures: Array, truth: Sequence[object], said: Sequence[object], sure: Sequence[float]) -> Figure:
    """Pictures in dark ink, each with its true class, and what was said with which probability."""
    figure, axes, places = _mosaic(len(pictures), COLUMNS, WIDE, above=0.24, below=0.34)
    for place, picture, true, wrong, share in zip(places, pictures, truth, said, sure, strict=True):
        _picture(axes, picture, place, cmap="gray_r", low=0.0, high=float(pictures.max()) or 1.0)
        left, right, bottom, top = place
        middle = (left + right) / 2
        axes.text(middle, top - 0.06, f"true {shortened(true, 12)}", ha="center", va="bottom")
        words = f"said {shortened(wrong, 12)}, {share:.0%}"
        axes.text(middle, bottom + 0.06, words, ha="center", va="top", color=FAULT)
    return figure


def draw_weight_pictures(pictures: Array, labels: Sequence[object]) -> Figure:
    """Weights as pictures on one scale, with 0 in the middle: blue above, red below."""
    columns = 5 if len(pictures) <= 10 else COLUMNS
    figure, axes, places = _mosaic(len(pictures), columns, WIDE - 0.7, above=0.24, below=0.06)
    # One outlier would leave all others pale, so the largest half per cent may go off the scale.
    limit = float(np.percentile(np.abs(pictures), 99.5)) or float(np.abs(pictures).max()) or 1.0
    for place, picture, label in zip(places, pictures, labels, strict=True):
        image = _picture(axes, picture, place, cmap="RdBu", low=-limit, high=limit)
        axes.text((place[0] + place[1]) / 2, place[3] - 0.05, shortened(label, 12), ha="center", color=MUTED)
    height = figure.get_figheight()
    length = min(height - 0.5, 3.2)
    scale = figure.add_axes((1 - 0.55 / WIDE, 1 - (0.3 + length) / height, 0.1 / WIDE, length / height))
    bar = figure.colorbar(image, cax=scale)
    bar.outline.set_visible(False)
    scale.tick_params(length=0, labelsize=8)
    return figure


def _mosaic(
    count: int, columns: int, width: float, *, above: float, below: float
) -> tuple[Figure, Axes, list[tuple[float, float, float, float]]]:
    """One axes in inches, y downwards, and the extent of each picture in it; room for words above and below.

    One axes for each picture would be simpler, and takes ten times as long to draw.
    """
    from matplotlib.figure import Figure

    step = (width - 0.06) / columns
    side, rows = step - 0.14, -(-count // columns)
    height = rows * (above + side + below)
    figure = Figure(figsize=(WIDE, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    places = []
    for number in range(count):
        row, column = divmod(number, columns)
        left, top = 0.1 + column * step, above + row * (above + side + below)
        places.append((left, left + side, top + side, top))
    axes.set(xlim=(0, WIDE), ylim=(height, 0), autoscale_on=False)
    return figure, axes, places


def _picture(
    axes: Axes, values: Array, place: tuple[float, float, float, float], *, cmap: str, low: float, high: float
) -> Any:
    from matplotlib.patches import Rectangle

    left, right, bottom, top = place
    axes.add_patch(
        Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=GRID, linewidth=1, zorder=3)
    )
    return axes.imshow(values, cmap=cmap, vmin=low, vmax=high, interpolation="none", extent=place, aspect="auto")
