"""The finished graph as a picture: SVG that stands alone, in light and dark, and the same drawing as PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chainrule.explaining.drawing.drawing import Drawing, Group, Head, Line, Rectangle, Words, drawing
from chainrule.explaining.drawing.layout import Piece
from chainrule.explaining.drawing.lettering import SCALES, Run
from chainrule.explaining.printing.formulas import escape_xml
from chainrule.explaining.record import Record
from chainrule.showing.svg import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["png", "svg"]

# Name: light, dark. Blue and red differ in lightness and dashes, too.
COLOURS = {
    "paper": ("#ffffff", "#14171f"),
    "ink": ("#1c2333", "#e8ebf2"),
    "muted": ("#5b6475", "#a3adbf"),
    "border": ("#667085", "#8d97aa"),
    "forward": ("#0b4f9e", "#86bbff"),
    "backward": ("#a3221b", "#ff978d"),
    "input": ("#e7f2e9", "#1d3225"),
    "constant": ("#eef0f4", "#262b37"),
    "operation": ("#ffffff", "#1b1f2a"),
    "result": ("#fdf0dc", "#3c2f18"),
    "message": ("#fff8f7", "#2b1c1d"),
}
_FILLS = {"formula": "ink", "number": "backward"}  # of words; other roles have a colour of their own
_DASHES = (5.0, 3.0)
_DROP, _RISE = 0.24, 0.38  # how far a subscript is below the line, and a power above, in sizes of the text
_SPACES = "\u2002\u2003"
_RESOLUTION, _MOST_PIXELS = 2.0, 16_000


def svg(record: Record, *, backward: bool = True) -> str:
    """The graph as a picture that needs nothing else: no font, no script, no other file.

    Args:
        record: what to draw.
        backward: whether to draw the messages and gradients, too.
    """
    picture = drawing(record, backward=backward)
    width, height = _number(picture.width), _number(picture.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chainrule-graph" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">',
        f"<title>{escape_xml(picture.title)}</title>",
        f"<desc>{escape_xml(picture.description)}</desc>",
        f"<style>{_style()}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *(_group(group) for group in picture.groups),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


# -- SVG -----------------------------------------------------------------------------------------------------


def _style() -> str:
    """Variables for light and dark, and rules that also serve programs that know no variables."""
    own = ".chainrule-graph"
    light, dark = (";".join(f"--{name}:{pair[i]}" for name, pair in COLOURS.items()) for i in (0, 1))
    rules = [
        f"{own}{{{light}}}",
        f"@media (prefers-color-scheme:dark){{{own}{{{dark}}}}}",
        f"{own} text{{font-family:sans-serif}}",
        f"{own} .formula,{own} text.backward{{font-family:serif}}",
        f"{own} .i{{font-style:italic}}",
        f"{own} .b{{font-family:sans-serif;font-weight:bold}}",
        f"{own} .s{{font-family:sans-serif;{_paint('fill', 'muted')}}}",
        f"{own} path{{fill:none;stroke-width:1.6}}",
        f"{own} path.backward{{stroke-dasharray:{_DASHES[0]:g} {_DASHES[1]:g}}}",
        f"{own} .paper{{{_paint('fill', 'paper')}}}",
        *(f"{own} rect.{name}{{{_paint('fill', name)};{_edge_of(name)}}}" for name in _BOXES),
        *(f"{own} path.{name}{{{_paint('stroke', name)}}}" for name in ("forward", "backward")),
        *(f"{own} polygon.{name}{{{_paint('fill', name)}}}" for name in ("forward", "backward")),
        *(f"{own} text.{name}{{{_paint('fill', _FILLS.get(name, name))}}}" for name in _WORDS),
    ]
    return "".join(rules)


_BOXES = ("input", "constant", "operation", "result", "message")
_WORDS = ("formula", "muted", "forward", "backward", "number")


def _paint(what: str, name: str) -> str:
    return f"{what}:{COLOURS[name][0]};{what}:var(--{name})"


def _edge_of(box: str) -> str:
    return _paint("stroke", "backward" if box == "message" else "border")


def _group(group: Group) -> str:
    return f"<g><title>{escape_xml(group.title)}</title>{''.join(_element(shape) for shape in group.shapes)}</g>"


def _element(shape: Rectangle | Line | Head | Words) -> str:
    match shape:
        case Rectangle(box, radius, role):
            sides = f'x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}"'
            return f'<rect class="{role}" {sides} height="{_number(box.height)}" rx="{_number(radius)}"/>'
        case Line(points, role):
            return f'<path class="{role}" d="{_path(points)}"/>'
        case Head(points, role):
            return f'<polygon class="{role}" points="{" ".join(_pair(point) for point in points)}"/>'
        case Words():
            return _words(shape)


def _path(points: Piece) -> str:
    curves = (points[index : index + 3] for index in range(1, len(points), 3))
    return f"M{_pair(points[0])}" + "".join("C" + " ".join(_pair(point) for point in curve) for curve in curves)


def _words(words: Words) -> str:
    start = f'<text class="{words.role}" x="{_number(words.x)}" y="{_number(words.y)}"'
    anchor = "" if words.anchor == "start" else f' text-anchor="{words.anchor}"'
    return f'{start}{anchor} font-size="{_number(words.size)}">{"".join(_spans(words))}</text>'


def _spans(words: Words) -> Iterator[str]:
    at = 0.0
    for run in words.runs:
        lower = _below(run, words.size)
        dy = f' dy="{_number(lower - at)}"' if lower != at else ""
        script = f' font-size="{_number(_size(words, run))}"' if run.style in SCALES else ""
        style = {"name": ' class="i"', "strong": ' class="b"', "aside": ' class="s"'}.get(run.style, "")
        text = escape_xml(run.text)
        yield f"<tspan{style}{dy}{script}>{text}</tspan>" if style or dy or script else text
        at = lower


def _below(run: Run, size: float) -> float:
    """How far below the line a run stands."""
    return size * {"sub": _DROP, "sup": -_RISE}.get(run.style, 0.0)


def _pair(point: tuple[float, float]) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


# -- PNG -----------------------------------------------------------------------------------------------------


def png(record: Record) -> bytes:
    """The same picture in pixels, two for one of the SVG; a very large one has fewer."""
    picture = drawing(record)
    scale = min(_RESOLUTION, _MOST_PIXELS / max(picture.width, picture.height))
    file = io.BytesIO()
    with styled():
        figure = _figure(picture)
        # Without the program's version, the same picture is the same file.
        figure.savefig(file, format="png", dpi=96 * scale, metadata={"Software": None})
    return file.getvalue()


def _figure(picture: Drawing) -> Figure:
    """One pixel of the drawing is one unit, and 1/96 inch, of the figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(picture.width / 96, picture.height / 96))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, picture.width), ylim=(picture.height, 0))
    axes.set_axis_off()
    for order, group in enumerate(picture.groups):
        for shape in group.shapes:
            _draw(shape, axes, order)
    return figure


def _draw(shape: Rectangle | Line | Head | Words, axes: Axes, order: int) -> None:
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
    from matplotlib.path import Path

    match shape:
        case Rectangle(box, radius, role):
            style = f"round,pad=0,rounding_size={radius}"
            edge = _light("backward" if role == "message" else "border")
            sides = {"facecolor": _light(role), "edgecolor": edge, "linewidth": 0.75}
            axes.add_patch(
                FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=style, zorder=order, **sides)  # type: ignore[arg-type]
            )
        case Line(points, role):
            path = Path(points, [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)])
            dashes = (0, (_DASHES[0] / 1.6, _DASHES[1] / 1.6)) if role == "backward" else "solid"
            pen = {"edgecolor": _light(role), "linewidth": 1.2, "linestyle": dashes}
            axes.add_patch(PathPatch(path, facecolor="none", zorder=order, **pen))
        case Head(points, role):
            axes.add_patch(Polygon(points, facecolor=_light(role), edgecolor="none", zorder=order))
        case Words():
            _write(shape, axes, order)


def _light(name: str) -> str:
    return COLOURS[_FILLS.get(name, name)][0]


def _write(words: Words, axes: Axes, order: int) -> None:
    """Each run after the one before, as wide as its font says."""
    runs = [Run(_visible(run.text), run.style) for run in words.runs]
    advances = [_advance(words, run) for run in runs]
    x = words.x - sum(advances) * {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor]
    for run, advance in zip(runs, advances, strict=True):
        y = words.y + _below(run, words.size)
        font = {**_font(words, run), "size": 0.75 * _size(words, run)}
        color = _light("muted" if run.style == "aside" else words.role)
        axes.text(x, y, run.text, color=color, va="baseline", zorder=order, **font)  # type: ignore[arg-type]
        x += advance


def _visible(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign in _SPACES else " " for sign in text)


def _font(words: Words, run: Run) -> dict[str, str]:
    serif = words.role in ("formula", "backward") and run.style not in ("strong", "aside")
    slant = "italic" if run.style == "name" else "normal"
    weight = "bold" if run.style == "strong" else "normal"
    return {"family": "DejaVu Serif" if serif else "DejaVu Sans", "style": slant, "weight": weight}


def _size(words: Words, run: Run) -> float:
    return words.size * SCALES.get(run.style, 1.0)


def _advance(words: Words, run: Run) -> float:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(**_font(words, run))))  # type: ignore[arg-type]
    font.set_size(100, 72)
    ems = sum(font.load_char(ord(sign)).linearHoriAdvance for sign in run.text) / 65536 / 100
    return ems * _size(words, run)
