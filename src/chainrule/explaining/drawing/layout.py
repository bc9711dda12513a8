"""Where everything of a picture stands: a layered drawing from the inputs on the left to the result on the right.

The messages on the edges are what an explanation is about, so each edge has a box for its label, in a column of its
own between the columns of nodes. Positions are pixels from the top left corner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from weakref import WeakKeyDictionary

from chainrule.explaining.drawing.layering import Columns, columns_of
from chainrule.explaining.drawing.ordering import count_crossings, ordered
from chainrule.explaining.drawing.placing import Ports, placed, ports_of
from chainrule.explaining.record import Edge, Node, Record

__all__ = ["LABEL", "NODE", "Box", "Layout", "Path", "Piece", "Point", "arrange"]

Point = tuple[float, float]
Piece = tuple[Point, ...]
Path = tuple[Piece, ...]
Size = tuple[float, float]

NODE: Size = (150.0, 96.0)
LABEL: Size = (206.0, 76.0)
GAP: Size = (40.0, 20.0)

MOST_TRIED = 16  # nodes; in larger graphs there is more than one crossing anyway
# A record is drawn several times, each in its own sizes: the order of its boxes is the same.
_ARRANGED: WeakKeyDictionary[Record, tuple[Columns, list[list[int]]]] = WeakKeyDictionary()

_MARGIN = 20.0
_POINT = 16.0  # the height that an edge needs where it passes between boxes
_SLOPE = 0.2  # how much wider than usual the space between columns is for each pixel that a line goes up or down
_APART = 4.0  # how far the forward line is above, and the backward line below, the middle between them


@dataclass(frozen=True)
class Box:
    """A rectangle; ``x`` and ``y`` are its top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """The left side."""
        return self.x

    @property
    def right(self) -> float:
        """The right side."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """The upper side."""
        return self.y

    @property
    def bottom(self) -> float:
        """The lower side."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """The point in the middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, eq=False)
class Layout:
    """A picture's boxes and lines.

    A path has two pieces, to the label's box and on from it. A piece is a start and then, for each cubic Bézier curve,
    two control points and an end.

    Args:
        width, height: of the whole picture.
        nodes: the box of each node, by its id.
        labels: the box of each edge's label.
        forward: the path of each edge's value, from child to parent.
        backward: the path of each edge's message, from parent to child, a few pixels below.
    """

    width: float
    height: float
    nodes: Mapping[int, Box]
    labels: Mapping[Edge, Box]
    forward: Mapping[Edge, Path]
    backward: Mapping[Edge, Path]


def arrange(
    record: Record,
    node_size: Size | Callable[[Node], Size] = NODE,
    label_size: Size | Callable[[Edge], Size] = LABEL,
    gap: Size = GAP,
) -> Layout:
    """Lay out the record's graph. The same record always gets the same layout.

    Args:
        record: what to lay out.
        node_size: width and height of each node's box, or a function that tells them.
        label_size: width and height of each label's box, or a function that tells them.
        gap: the least free space between two columns, and between two boxes in a column.
    """
    columns, order = _with_few_crossings(record)
    sizes = [node_size(node) if callable(node_size) else node_size for node in record.nodes]
    sizes += [label_size(edge) if callable(label_size) else label_size for edge in record.edges]
    sizes += [(0.0, _POINT)] * (len(columns.after) - len(sizes))
    heights = [height for _, height in sizes]
    ports = ports_of(order, columns, heights)
    centres = placed(order, columns, heights, ports, gap[1])
    boxes = _boxes(order, sizes, centres, _gaps(order, columns, centres, gap[0]))
    return _layout(record, columns, boxes, ports)


def _with_few_crossings(record: Record) -> tuple[Columns, list[list[int]]]:
    """Columns and their orders. In small graphs inputs stand further right where that takes all crossings away."""
    known = _ARRANGED.get(record)
    if known is None:
        known = _ARRANGED[record] = min(_tried(record), key=lambda found: count_crossings(found[1], found[0]))
    return known


def _tried(record: Record) -> Iterator[tuple[Columns, list[list[int]]]]:
    """The usual columns; then others with one or two inputs further right, until there are no crossings."""
    inputs = [node.id for node in record.nodes if not node.operands]
    subsets = [(), *((one,) for one in inputs), *combinations(inputs, 2)] if len(record.nodes) <= MOST_TRIED else [()]
    for late in subsets:
        if late and len(late) == len(inputs):
            continue
        columns = columns_of(record, late)
        order = ordered(columns)
        yield columns, order
        if not count_crossings(order, columns):
            return


def _gaps(order: Sequence[Sequence[int]], columns: Columns, centres: Sequence[float], gap: float) -> list[float]:
    """The space after each column: more where a line has far to go up or down, so that lines stay apart."""
    gaps = []
    for column in order:
        far = max((abs(centres[item] - centres[other]) for item in column for other in columns.after[item]), default=0)
        gaps.append(gap + min(1.5 * gap, max(0.0, _SLOPE * far - gap / 2)))
    return gaps


def _boxes(
    order: Sequence[Sequence[int]], sizes: Sequence[Size], centres: Sequence[float], gaps: Sequence[float]
) -> list[Box]:
    """The box of each item, centred in its column; a point is as wide as its column."""
    boxes = [Box(0, 0, 0, 0)] * len(sizes)
    top = min((centre - size[1] / 2 for centre, size in zip(centres, sizes, strict=True)), default=0.0)
    left = _MARGIN
    for column, gap in zip(order, gaps, strict=True):
        column_width = max((sizes[item][0] for item in column), default=0.0)
        for item in column:
            width, height = sizes[item]
            width = width or column_width
            x = left + (column_width - width) / 2
            y = centres[item] - height / 2 - top + _MARGIN
            boxes[item] = Box(round(x, 2), round(y, 2), width, height)
        left += column_width + gap
    return boxes


def _layout(record: Record, columns: Columns, boxes: Sequence[Box], ports: Ports) -> Layout:
    right = _sides(columns, boxes)
    forward, backward = {}, {}
    for edge, chain in columns.chains.items():
        at = chain.index(columns.labels[edge])
        parts = (chain[: at + 1], chain[at:])
        apart = min(_apart(a, b, columns, boxes, ports) for part in parts for a, b in pairwise(part))
        forward[edge] = tuple(_piece(part, boxes, right, ports, -apart) for part in parts)
        backward[edge] = tuple(_piece(part, boxes, right, ports, apart)[::-1] for part in reversed(parts))
    return Layout(
        width=round(max((box.right for box in boxes), default=0.0) + _MARGIN, 2),
        height=round(max((box.bottom for box in boxes), default=0.0) + _MARGIN, 2),
        nodes={node.id: boxes[node.id] for node in record.nodes},
        labels={edge: boxes[item] for edge, item in columns.labels.items()},
        forward=forward,
        backward=backward,
    )


def _sides(columns: Columns, boxes: Sequence[Box]) -> list[tuple[float, float]]:
    """Of each item, the left and the right side of its column."""
    sides = [(0.0, 0.0)] * len(boxes)
    for column in columns.columns:
        left = min((boxes[item].left for item in column), default=0.0)
        right = max((boxes[item].right for item in column), default=0.0)
        for item in column:
            sides[item] = (left, right)
    return sides


def _apart(left: int, right: int, columns: Columns, boxes: Sequence[Box], ports: Ports) -> float:
    """How far a line may be from the middle of its port: less where many lines share the side of a box."""
    found = _APART
    for item, side in ((left, columns.after[left]), (right, columns.before[right])):
        offsets = sorted(ports[item, other] for other in side)
        found = min([found, *((b - a) / 4 for a, b in pairwise(offsets))])
    return found


def _piece(
    chain: Sequence[int],
    boxes: Sequence[Box],
    sides: Sequence[tuple[float, float]],
    ports: Ports,
    offset: float,
) -> Piece:
    """A line through the items of the chain, from the right side of the first to the left side of the last."""
    points: list[Point] = []
    for left, right in pairwise(chain):
        start = round(boxes[left].centre[1] + ports[left, right] + offset, 2)
        end = round(boxes[right].centre[1] + ports[right, left] + offset, 2)
        if not points:
            points.append((boxes[left].right, start))
        # Only between the columns a line may leave its height: beside a narrow box it runs straight on.
        for point in ((sides[left][1], start), (sides[right][0], end), (boxes[right].left, end)):
            points += _curve(points[-1], point)
    return tuple(points)


def _curve(start: Point, end: Point) -> list[Point]:
    """A cubic curve, level at both ends; none where the two are the same point."""
    if start == end:
        return []
    middle = round((start[0] + end[0]) / 2, 2)
    return [(middle, start[1]), (middle, end[1]), end]
