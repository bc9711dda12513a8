"""What is wrong with a layout: boxes and lines on one another, lines that cross."""

from itertools import combinations

import numpy as np


def crossings(layout):
    """How many times the forward lines of two edges cross, as they are drawn."""
    lines = [_polyline(path) for path in layout.forward.values()]
    return sum(_times_crossed(a, b) for a, b in combinations(lines, 2))


def overlaps(layout):
    """What stands on something else: two boxes, or a line on a box that is not at one of its ends."""
    boxes = [(f"node {node}", box) for node, box in layout.nodes.items()]
    boxes += [(f"label {edge}", box) for edge, box in layout.labels.items()]
    found = [f"{a} and {b}" for (a, one), (b, other) in combinations(boxes, 2) if _overlap(one, other)]
    for paths in (layout.forward, layout.backward):
        for edge, path in paths.items():
            points = _polyline(path)
            found += [f"line {edge} and {name}" for name, box in boxes if _passes(points, box)]
    return found


def _overlap(one, other):
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom


def _passes(points, box):
    x, y = points.T
    inside = (box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)
    return bool(inside.any())


def _polyline(path):
    return np.array([point for piece in path for point in _points_along(piece)])


def _points_along(piece, count=16):
    """Points on the curves of a piece."""
    yield piece[0]
    for index in range(0, len(piece) - 1, 3):
        curve = np.array(piece[index : index + 4])
        for t in np.linspace(0, 1, count + 1)[1:]:
            x, y = np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]) @ curve
            yield float(x), float(y)


def _times_crossed(one, other):
    """How often the one line is now above and then below the other; both run from left to right."""
    left, right = max(one[0, 0], other[0, 0]), min(one[-1, 0], other[-1, 0])
    across = np.unique(np.concatenate([one[:, 0], other[:, 0]]))
    across = across[(across >= left) & (across <= right)]
    above = np.sign(np.interp(across, one[:, 0], one[:, 1]) - np.interp(across, other[:, 0], other[:, 1]))
    above = above[above != 0]
    return int((above[1:] != above[:-1]).sum())
