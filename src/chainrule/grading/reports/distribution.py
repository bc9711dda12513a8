"""The distribution of points as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from chainrule.grading.reports.wording import points
from chainrule.showing.svg import ACCENT, FAULT, WIDE, Drawn, Plot, draw, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["distribution"]

_MOST_BARS = 20


def distribution(reached: Sequence[float], most: float) -> list[Drawn]:
    """How many submissions reached how many points; nothing for an empty class.

    Args:
        reached: points of each submission.
        most: that could be reached.
    """
    if not reached or most <= 0:
        return []
    title = f"Half of the submissions have {points(median(reached))} points or more"
    note = f"Submissions by points, of {points(most)}; the dashed line is the median."
    with styled():
        plots = [Plot("points", title, note, _bars(reached, most))]
    # A picture without a name is silent in a screen reader.
    return [
        Drawn(one.name, one.title, one.note, one.svg.replace("<svg", f'<svg aria-label="{title}"', 1), one.wide)
        for one in draw(plots)
    ]


def _bars(reached: Sequence[float], most: float) -> Figure:
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(WIDE, 2.9)
    axes = figure.subplots()
    values, counts = np.unique(np.round(reached, 6), return_counts=True)
    step = most / _MOST_BARS
    if len(values) < 2 or np.diff(values).min() < step:  # too close for a bar each
        edges = np.linspace(0, most, _MOST_BARS + 1)
        counts, _ = np.histogram(np.clip(reached, 0, most), edges)
        values = edges[:-1] + step / 2
    bars = axes.bar(values, counts, width=0.86 * step, color=ACCENT)
    axes.bar_label(bars, labels=[str(count) if count else "" for count in counts], padding=2, fontsize=8)
    axes.axvline(median(reached), color=FAULT, linewidth=1.6, linestyle=(0, (4, 3)))
    axes.set(xlabel="points", ylabel="submissions", xlim=(-step, most + step))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.margins(y=0.14)
    axes.grid(visible=False, axis="x")
    return figure
