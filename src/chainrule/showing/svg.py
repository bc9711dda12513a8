"""One style for all plots, and plots as files and as part of a page.

A figure is drawn once for each medium. In a page its colours become the page's CSS variables, so that the
same picture is dark on light paper and light on dark.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "ACCENT",
    "BRIGHT",
    "FAULT",
    "GRID",
    "HALF",
    "INK",
    "MUTED",
    "PAPER",
    "WIDE",
    "Drawn",
    "Plot",
    "draw",
    "new_figure",
    "plain_log_ticks",
    "styled",
    "write_plots",
]

# Blue and orange keep apart for every kind of colour vision; the page has a dark and a light form of each.
INK, MUTED, GRID, PAPER = "#1c2333", "#667085", "#e4e7ec", "#ffffff"
ACCENT, FAULT, BRIGHT = "#1769c2", "#d9630b", "#fefefe"
WIDE, HALF = 9.6, 4.7  # inches; a page's column and half of it
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "line", PAPER: "paper", ACCENT: "accent", FAULT: "fault"}

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # a column named "a$b$" is a name and not a formula
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "chainrule",
}


@dataclass(frozen=True, eq=False)
class Plot:
    """A figure and what is seen in it.

    Args:
        name: of its files.
        title: what is seen, as a sentence.
        note: how to read it.
        figure: without the title, which a page sets itself.
        wide: whether it wants the whole width of a page.
    """

    name: str
    title: str
    note: str
    figure: Figure
    wide: bool = True


@dataclass(frozen=True)
class Drawn:
    """A plot as part of a page: ``svg`` is safe to stand in HTML as it is."""

    name: str
    title: str
    note: str
    svg: str
    wide: bool


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the one style, whatever the user's own configuration says."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type] # its keys are an enumeration
        # Names may hold letters that the font lacks; the page uses the reader's own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in the style that is in force."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def plain_log_ticks(axes: Axes) -> None:
    """1, 0.3, 0.1: numbers, and not powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="minor", length=0)


def draw(plots: Sequence[Plot]) -> list[Drawn]:
    """Each plot as part of a page."""
    with styled():
        return [_drawn(plot) for plot in plots]


def _drawn(plot: Plot) -> Drawn:
    return Drawn(plot.name, plot.title, plot.note, inlined(plot, _svg(plot.figure)), plot.wide)


def write_plots(folder: Path, plots: Sequence[Plot]) -> list[Drawn]:
    """Write each plot as .svg and .png, and give it as part of a page."""
    drawn = []
    with styled():
        for plot in plots:
            drawn.append(_drawn(plot))
            _put_title(plot.figure, plot.title)
            (folder / f"{plot.name}.svg").write_text(_svg(plot.figure), encoding="utf-8")
            plot.figure.savefig(folder / f"{plot.name}.png", dpi=160, metadata={"Software": None})
    return drawn


def _put_title(figure: Figure, title: str) -> None:
    """Add a title above the figure, which grows by its height and keeps its layout otherwise."""
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(title, int(width * 11))
    grown = height + 0.12 + 0.22 * len(lines)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        x0, y0, across, up = axes.get_position().bounds
        axes.set_position((x0, y0 * height / grown, across, up * height / grown))
    figure.set_size_inches(width, grown)
    figure.text(0.12 / width, 1 - 0.1 / grown, "\n".join(lines), ha="left", va="top", fontsize=10.5, fontweight="bold")


def _svg(figure: Figure) -> str:
    file = io.StringIO()
    # Without date and creator, the same picture is the same text.
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def inlined(plot: Plot, svg: str) -> str:
    """The SVG without what only a file needs, in the page's own colours and font."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'\bid="', f'id="{plot.name}-', svg)
    svg = re.sub(r'xlink:href="#', f'href="#{plot.name}-', svg).replace("xlink:href=", "href=")
    svg = svg.replace("url(#", f"url(#{plot.name}-")
    svg = re.sub(r"font: ([\w.% -]*?)([\d.]+px) [^;\"]*", r"font-size: \2; --weight: \1", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg.replace("<svg", '<svg role="img"', 1)
