"""A picture as boxes, lines and words, before it is known whether it becomes SVG or PNG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.explaining.drawing.captions import (
    Caption,
    description,
    given,
    heading,
    message_lines,
    node_lines,
    tooltip,
)
from chainrule.explaining.drawing.layout import LABEL, NODE, Box, Layout, Piece, Point, arrange
from chainrule.explaining.drawing.lettering import Run, fitted, formula_runs, plain, text_width
from chainrule.explaining.record import Edge, Message, Node, Record

__all__ = ["Drawing", "Group", "Head", "Line", "Rectangle", "Words", "drawing"]

Runs = tuple[Run, ...]

HEADER = 50.0  # the height of the line with what is explained and what the lines mean
_PADDING = 7.0
_LABEL = (LABEL[0], 58.0)  # the least; a label of arrays has a line more
_WIDEST = 280.0
_THROUGH = (60.0, 12.0)  # where there is no message, the line runs straight on
_HEAD = (9.0, 4.5)  # an arrow's length and half its height
_LEADING = 1.42  # from line to line, in sizes of the text


@dataclass(frozen=True)
class Rectangle:
    """A box; ``role`` is input, constant, operation, result or message, and decides its colours."""

    box: Box
    radius: float
    role: str


@dataclass(frozen=True)
class Line:
    """A line along Bézier curves; ``role`` is forward or backward."""

    points: Piece
    role: str


@dataclass(frozen=True)
class Head:
    """The head of an arrow as the three points of a triangle."""

    points: Piece
    role: str


@dataclass(frozen=True)
class Words:
    """A line of text; ``anchor`` says whether ``x`` is its start, middle or end. ``y`` is the line it stands on."""

    x: float
    y: float
    runs: Runs
    size: float
    role: str
    anchor: str = "middle"


Shape = Rectangle | Line | Head | Words


@dataclass(frozen=True)
class Group:
    """Shapes that belong together; ``title`` says all of it in words."""

    title: str
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Drawing:
    """A whole picture; ``title`` and ``description`` are its alternative in words."""

    width: float
    height: float
    title: str
    description: str
    groups: tuple[Group, ...]


def drawing(record: Record, *, backward: bool = True) -> Drawing:
    """The record's graph with all values; with ``backward``, also all messages and gradients."""
    messages = {message.edge: message for message in record.messages} if backward else {}

    inside = {node.id: node_lines(record, node, backward) for node in record.nodes}
    along = {edge: message_lines(record, message) for edge, message in messages.items()}
    layout = arrange(
        record,
        node_size=lambda node: _size(inside[node.id], NODE, _PADDING if node.kind == "input" else 0.0),
        label_size=lambda edge: _size(along[edge], _LABEL) if edge in along else _THROUGH,
    )
    legend = _legend_width(backward)
    width = max(layout.width, legend + 200.0)
    shift = ((width - layout.width) / 2, HEADER)
    groups = [*_header(record, width, legend, backward)]
    groups += [_edge(record, layout, edge, messages.get(edge), shift) for edge in record.edges]
    groups += [_label(record, edge, lines, layout.labels[edge], shift) for edge, lines in along.items()]
    groups += [_node(record, node, inside[node.id], layout.nodes[node.id], shift) for node in record.nodes]
    return Drawing(width, layout.height + HEADER, heading(record), description(record, backward), tuple(groups))


def _size(lines: Sequence[Caption], least: tuple[float, float], round_off: float = 0.0) -> tuple[float, float]:
    """A box for these lines; long ones make it wider, within reason. Round corners need room, too."""
    width = max(text_width(line.runs, line.size) * _broader(line) for line in lines) + 2 * (_PADDING + round_off)
    height = sum(line.size for line in lines) * _LEADING + 2 * _PADDING
    return max(least[0], min(float(math.ceil(width)), _WIDEST)), max(least[1], float(math.ceil(height)))


# -- header --------------------------------------------------------------------------------------------------


def _header(record: Record, width: float, legend: float, backward: bool) -> Iterator[Group]:
    """What is explained, and what the lines mean."""
    values = f"\u2003{given(record)}" if record.inputs else ""
    runs, size = fitted((*formula_runs(heading(record)), Run(values, "aside")), 18, width - 3 * 20 - legend)
    yield Group(f"{heading(record)} {given(record)}".strip(), (Words(20, 34, runs, size, "formula", "start"),))
    x = width - legend - 20
    for role, text in _legend(backward):
        line = ((x, 29.0), (x + 10, 29.0), (x + 20, 29.0), (x + 25, 29.0))
        words = Words(x + 40, 34, plain(text), 13, "muted", "start")
        yield Group(text, (Line(line, role), _head((x + 33, 29.0), 1, role), words))
        x += 40 + text_width(plain(text), 13) + 20


def _legend(backward: bool) -> list[tuple[str, str]]:
    return [("forward", "forward value"), ("backward", "backward message")][: 1 + backward]


def _legend_width(backward: bool) -> float:
    return sum(60 + text_width(plain(text), 13) for _, text in _legend(backward)) - 20


# -- boxes ---------------------------------------------------------------------------------------------------


def _node(record: Record, node: Node, lines: Sequence[Caption], box: Box, shift: Point) -> Group:
    box = _moved(box, shift)
    role = "result" if node.id == record.output else node.kind
    radius = box.height / 2.6 if role == "input" else 8.0
    return Group(tooltip(lines), (Rectangle(box, radius, role), *_stacked(lines, box)))


def _label(record: Record, edge: Edge, lines: Sequence[Caption], box: Box, shift: Point) -> Group:
    box = _moved(box, shift)
    title = f"From {record.nodes[edge.parent].name} to {record.nodes[edge.child].name}: {tooltip(lines)}"
    return Group(title, (Rectangle(box, 6.0, "message"), *_stacked(lines, box)))


def _stacked(lines: Sequence[Caption], box: Box) -> Iterator[Words]:
    """The lines below each other, in the middle of the box."""
    heights = [line.size * _LEADING for line in lines]
    y = box.centre[1] - sum(heights) / 2
    for line, height in zip(lines, heights, strict=True):
        runs, size = fitted(line.runs, line.size, (box.width - 2 * _PADDING) / _broader(line))
        yield Words(box.centre[0], y + height / 2 + 0.36 * line.size, runs, size, line.role)
        y += height


def _broader(line: Caption) -> float:
    """How much wider a line may be than is estimated: formulas have serifs."""
    return 1.07 if line.role in ("formula", "backward") else 1.0


def _moved(box: Box, shift: Point) -> Box:
    return Box(box.x + shift[0], box.y + shift[1], box.width, box.height)


# -- lines ---------------------------------------------------------------------------------------------------


def _edge(record: Record, layout: Layout, edge: Edge, message: Message | None, shift: Point) -> Group:
    """The line of the value, and that of the message where there is one."""
    child, parent = record.nodes[edge.child], record.nodes[edge.parent]
    to_label, to_parent = (_shifted(piece, shift) for piece in layout.forward[edge])
    title = f"{child.name} goes into {parent.name}"
    if message is None:
        shapes = _arrow((*to_label, to_label[-1], to_parent[0], *to_parent), "forward")
        return Group(title, shapes)
    back_to_label, to_child = (_shifted(piece, shift) for piece in layout.backward[edge])
    forward = (Line(to_label, "forward"), *_arrow(to_parent, "forward"))
    backward = (Line(back_to_label, "backward"), *_arrow(to_child, "backward"))
    return Group(f"{title}; a message comes back", (*forward, *backward))


def _shifted(piece: Piece, shift: Point) -> Piece:
    return tuple((x + shift[0], y + shift[1]) for x, y in piece)


def _arrow(points: Piece, role: str) -> tuple[Shape, ...]:
    """A line with a head; lines are level at their ends, so the head points to the right or the left."""
    (x, y), way = points[-1], 1 if points[-1][0] > points[-2][0] else -1
    return Line((*points[:-1], (x - way * _HEAD[0] * 0.8, y)), role), _head((x, y), way, role)


def _head(tip: Point, way: int, role: str) -> Head:
    x, y = tip
    back = x - way * _HEAD[0]
    return Head(((x, y), (back, y - _HEAD[1]), (back, y + _HEAD[1])), role)
