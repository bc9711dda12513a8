"""The table as a picture: a panel for each workload, a bar for each peer, from NumPy by hand to the left if faster.

All panels share one logarithmic scale of multiples, so that a bar's length means the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.peers.catalogue import HAND, peer
from benchmarks.peers.printed import seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["bars_of", "draw", "gaps_of"]

OURS, THEIRS, INK, QUIET, LINE = "#c8553d", "#c3c7cc", "#22262b", "#868d96", "#7d858f"
COLUMNS = 2
BAR, GAP, HEAD, TOP = 0.25, 0.16, 0.62, 0.95  # inches: of a bar, a line on a gap, a panel's title, the figure's
FARTHEST = 30.0  # times NumPy by hand; a longer bar is cut, and its label says how far it would go


class Bar(NamedTuple):
    """One peer's median, and how many times NumPy's by hand that is."""

    name: str
    seconds: float
    times: float


Panel = tuple[str, list[Bar], list[str]]


def draw(result: dict[str, Any]) -> Figure:
    """All panels: the workloads' steps, then the time to an accuracy."""
    from matplotlib.figure import Figure

    panels = panels_of(result)
    lines = [panels[first : first + COLUMNS] for first in range(0, len(panels), COLUMNS)]
    heights = [HEAD + max(len(bars) * BAR + len(gaps) * GAP for _, bars, gaps in line) for line in lines]
    figure = Figure(figsize=(12, TOP + sum(heights) + 0.25), facecolor="white")
    high = figure.get_figheight()
    top = high - TOP
    limits = limits_of([bar.times for _, bars, _ in panels for bar in bars])
    for line, height in zip(lines, heights, strict=True):
        for column, panel in enumerate(line):
            inner = height - HEAD
            place = (0.165 + 0.5 * column, (top - HEAD / 2 - inner) / high, 0.235, inner / high)
            _panel(figure.add_axes(place), panel, inner, limits)
        top -= height
    figure.text(0.02, 1 - 0.3 / high, "One training, everybody's time", size=17, weight="bold", color=INK, va="center")
    figure.text(0.02, 1 - 0.6 / high, _subtitle(result), size=9, color=QUIET, va="center")
    return figure


def panels_of(result: dict[str, Any]) -> list[Panel]:
    """Title, bars and gaps of each panel that has any bar."""
    panels = [(record["title"], bars_of(record["cells"]), gaps_of(record["cells"])) for record in result["workloads"]]
    accuracy = result["accuracy"]
    reached = {name: {**cell, "step": cell["seconds"]} for name, cell in accuracy.items() if "gap" not in cell}
    missing = {name: cell for name, cell in accuracy.items() if "gap" in cell}
    panels.append(("to 97 % on MNIST, imports included", bars_of(reached), gaps_of(missing)))
    return [panel for panel in panels if panel[1]]


def bars_of(cells: Mapping[str, Any]) -> list[Bar]:
    """Each who has a number, the fastest first; multiples of the fastest where nothing is done by hand."""
    found = sorted((cell["step"]["median"], name) for name, cell in cells.items() if "gap" not in cell)
    by_hand = next((value for value, name in found if name == HAND.name), found[0][0] if found else 1.0)
    return [Bar(name, value, value / by_hand) for value, name in found]


def gaps_of(cells: Mapping[str, Any]) -> list[str]:
    """Who has no number, and why, in few words."""
    gaps = [f"{peer(name).label}: {cell['gap']}" for name, cell in cells.items() if "gap" in cell]
    return [gap if len(gap) <= 70 else gap[:67] + "..." for gap in gaps]


def limits_of(times: list[float]) -> tuple[float, float]:
    """The scale of all panels, with 1 inside."""
    return min([*times, 0.7]) / 1.12, min(max([*times, 1.5]), FARTHEST)


def _panel(axes: Axes, panel: Panel, inches: float, limits: tuple[float, float]) -> None:
    title, bars, gaps = panel
    low, high = limits
    pad = (high / low) ** 0.013
    for number, bar in enumerate(bars):
        ours = peer(bar.name).ours
        end = min(bar.times, high)
        axes.barh(number, end - 1, left=1, height=0.7, color=OURS if ours else THEIRS, linewidth=0)
        axes.text(max(end, 1) * pad, number, _label(bar, high), va="center", size=8, color=OURS if ours else INK)
    axes.plot([1, 1], [-0.5, len(bars) - 0.5], color=LINE, linewidth=1, solid_capstyle="butt")
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(inches / BAR - 0.5, -0.5)
    axes.set_yticks(range(len(bars)), [peer(bar.name).label for bar in bars], size=8.5, color=INK)
    for text, bar in zip(axes.get_yticklabels(), bars, strict=True):
        if peer(bar.name).ours:
            text.set(color=OURS, weight="bold")
    axes.tick_params(length=0, which="both")
    axes.xaxis.set_visible(False)
    axes.patch.set_visible(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(title, loc="left", size=10.5, weight="bold", color=INK, pad=7)
    for number, gap in enumerate(gaps):
        axes.text(low, len(bars) - 0.1 + number * GAP / BAR, gap, size=7, color=QUIET, va="center")


def _label(bar: Bar, high: float) -> str:
    if bar.name == HAND.name:
        return seconds(bar.seconds)
    times = f"{bar.times:.2f}" if bar.times < 9.995 else f"{bar.times:.0f}"
    return f"{seconds(bar.seconds)}   {times} x" + (" →" if bar.times > high else "")


def _subtitle(result: dict[str, Any]) -> str:
    where = result["circumstances"]
    devices = {cell.get("device", "") for record in result["workloads"] for cell in record["cells"].values()}
    apart = sorted(device for device in devices if device and not device.lower().startswith("cpu"))
    return (
        "time per step, median of turns in one run, and as a multiple of NumPy by hand (the line); logarithmic.   "
        + ", ".join([where["processor"], f"{where['cores']} cores", *apart, f"NumPy {where['versions'].get('numpy')}"])
    )
