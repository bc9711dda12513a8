"""The curves of growth as a picture: one panel a sweep, both axes logarithmic, beside the machine's own limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from benchmarks.peers.catalogue import HAND, NUMPY, TORCH, XLA
from benchmarks.peers.printed import seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["apart", "draw"]

INK, QUIET, FLOOR, OURS = "#22262b", "#868d96", "#eef0f2", "#c8553d"
STYLES = {
    NUMPY: (OURS, "-", 2.4),
    XLA: (OURS, (0, (4, 1.6)), 2.4),
    HAND: ("#7d858f", "-", 1.5),
    TORCH: ("#b3b8be", "-", 1.5),
}
APART = 0.055  # of a panel's height, between two labels


def draw(result: dict[str, Any]) -> Figure:
    """All sweeps, side by side, on one scale of time."""
    from matplotlib.figure import Figure

    sweeps = {name: points for name, points in result["sweeps"].items() if points}
    figure = Figure(figsize=(1.2 + 4.7 * len(sweeps), 5.8), facecolor="white")
    panels = figure.subplots(1, len(sweeps), squeeze=False)[0]
    limits = limits_of([point for points in sweeps.values() for point in points])
    for axes, (name, points) in zip(panels, sweeps.items(), strict=True):
        _panel(axes, name, points, limits)
        axes.tick_params(labelleft=axes is panels[0])  # one scale for all
        _label_ends(axes, _ends(points), limits)
    figure.subplots_adjust(left=0.05, right=0.885, top=0.79, bottom=0.08, wspace=0.58)
    figure.text(0.02, 0.945, "How the cost of a step grows", size=17, weight="bold", color=INK, va="center")
    for height, line in zip((0.9, 0.866), _subtitle(result), strict=True):
        figure.text(0.02, height, line, size=9, color=QUIET, va="center")
    return figure


def limits_of(points: list[dict[str, Any]]) -> tuple[float, float]:
    """Powers of ten around all steps."""
    steps = [cell["step"]["median"] for point in points for cell in point["cells"].values() if "gap" not in cell]
    low, high = (math.log10(value) for value in (min(steps), max(steps)))
    return 10 ** math.floor(low), 10 ** (math.ceil(high * 2) / 2)


def _panel(axes: Axes, name: str, points: list[dict[str, Any]], limits: tuple[float, float]) -> None:
    across = [point[name] for point in points]
    least = [max(point["least"].values()) for point in points]
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.plot(across, least, color=INK, linewidth=1.1, linestyle=(0, (1, 1.5)), zorder=3)
    if "least_on_device" in points[0]:
        on_device = [max(point["least_on_device"].values()) for point in points]
        axes.plot(across, on_device, color=OURS, linewidth=1.1, linestyle=(0, (1, 1.5)), zorder=3)
    axes.fill_between(across, [limits[0] / 10] * len(least), least, color=FLOOR, linewidth=0, zorder=0)
    for peer, (colour, line, width) in STYLES.items():
        found = [(point[name], point["cells"][peer.name]["step"]["median"]) for point in points
                 if "gap" not in point["cells"].get(peer.name, {"gap": ""})]  # fmt: skip
        if found:
            axes.plot(*zip(*found, strict=True), color=colour, linestyle=line, linewidth=width, zorder=4 + width)
    axes.set_xlim(across[0], across[-1])
    axes.set_xticks(across, [_count(value) for value in across], size=8, color=QUIET)
    axes.minorticks_off()
    axes.set_ylim(*limits)
    axes.yaxis.set_major_formatter(lambda value, _: seconds(value))
    axes.tick_params(length=0, labelcolor=QUIET, labelsize=8)
    axes.grid(axis="y", color="#dfe2e6", linewidth=0.7, zorder=1)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(name, loc="left", size=11, weight="bold", color=INK)


def _ends(points: list[dict[str, Any]]) -> list[tuple[str, float, str, bool]]:
    """Label, height, colour and boldness of each line where it ends, from below."""
    last = points[-1]
    found = [("the least", max(last["least"].values()), INK, False)]
    for peer, (colour, _, _) in STYLES.items():
        cell = last["cells"].get(peer.name, {"gap": ""})
        if "gap" not in cell:
            short = peer.label.removeprefix("chainrule, ").replace("NumPy by hand", "by hand")
            found.append((short, cell["step"]["median"], QUIET if peer is TORCH else colour, peer.ours))
    return sorted(found, key=lambda end: end[1])


def _label_ends(axes: Axes, ends: list[tuple[str, float, str, bool]], limits: tuple[float, float]) -> None:
    """Write each label at its line's end, pushed apart where lines end together."""
    low, high = map(math.log, limits)
    heights = apart([(math.log(value) - low) / (high - low) for _, value, _, _ in ends])
    for height, (label, value, colour, bold) in zip(heights, ends, strict=True):
        axes.text(1.025, height, f"{label}  {seconds(value)}", transform=axes.transAxes, size=8.5, color=colour,
                  va="center", weight="bold" if bold else "normal")  # fmt: skip


def apart(heights: list[float]) -> list[float]:
    """Heights from below, moved until no two are closer than a label is high, about where they were, none above 1."""
    moved = list(heights)
    for number in range(1, len(moved)):
        moved[number] = max(moved[number], moved[number - 1] + APART)
    down = max((sum(moved) - sum(heights)) / len(heights), moved[-1] - 1)
    return [height - down for height in moved]


def _count(value: int) -> str:
    return str(value) if value < 10_000 else f"{value // 1024}k"


def _subtitle(result: dict[str, Any]) -> tuple[str, str]:
    base, rates, where = result["base"], result["rates"], result["circumstances"]
    device = f"; in colour the same of {rates['device']['name']}" if "device" in rates else ""
    product = max(rates["products"]["float32"].values())
    return (
        f"time per step of a network with batch {base['batch']}, width {base['width']} and {base['depth']} hidden "
        "layers, where nothing else is said; float32, both scales logarithmic",
        f"dotted: the least that {product:,.0f} GFLOP/s in matrix products and {rates['copy']:.0f} GB/s of memory "
        f"allow, both measured here: {where['processor']}, {where['cores']} cores{device}",
    )
