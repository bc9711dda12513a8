"""How high each item stands: edges short and level, and everything in a column at its distance from the next.

Column by column each item wants to stand level with its neighbours. The nearest heights that also keep the order and
the distances are a weighted isotonic regression. Pooling adjacent violators solves it exactly, so nothing can overlap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from chainrule.explaining.drawing.layering import Columns

__all__ = ["placed", "pooled", "ports_of"]

Ports = Mapping[tuple[int, int], float]

_ROUNDS = 24
_LEVEL = 8.0  # how much more a bend in the middle of an edge counts than one beside a node
_NEAR = 12.0  # a line that is so little off the height of its end is made level
_PORT_DISTANCE = 24.0


def ports_of(order: Sequence[Sequence[int]], columns: Columns, heights: Sequence[float]) -> Ports:
    """How far below an item's centre the line to each neighbour begins, by (item, neighbour).

    On either side the lines leave in the order of their ends, so that they do not cross beside the item.
    """
    places = {item: place for column in order for place, item in enumerate(column)}
    ports: dict[tuple[int, int], float] = {}
    for item, height in enumerate(heights):
        for neighbours in (columns.before[item], columns.after[item]):
            ranked = sorted(neighbours, key=places.__getitem__)
            distance = min(_PORT_DISTANCE, 0.75 * height / max(1, len(ranked) - 1))
            for rank, other in enumerate(ranked):
                ports[item, other] = (rank - (len(ranked) - 1) / 2) * distance
    return ports


def placed(
    order: Sequence[Sequence[int]], columns: Columns, heights: Sequence[float], ports: Ports, gap: float
) -> list[float]:
    """The height of each item's centre."""
    centres = [0.0] * len(columns.after)
    shifts = [_shifts(column, columns, heights, gap) for column in order]
    for column, shift in zip(order, shifts, strict=True):
        for item, below in zip(column, shift, strict=True):
            centres[item] = below - shift[-1] / 2
    # Both neighbouring columns count from the start: following one side alone would let a long graph drift.
    for turn in range(_ROUNDS):
        for index in range(len(order)) if turn % 2 == 0 else range(len(order) - 1, -1, -1):
            _settle(order[index], shifts[index], columns, ports, centres)
    _straighten(order, columns, shifts, ports, centres)
    return centres


def _shifts(column: Sequence[int], columns: Columns, heights: Sequence[float], gap: float) -> list[float]:
    """How far below the first item's centre each one stands when all are as close as may be."""
    shifts = [0.0] * min(1, len(column))
    for upper, lower in pairwise(column):
        slim = columns.is_point(upper) and columns.is_point(lower)
        shifts.append(shifts[-1] + (heights[upper] + heights[lower]) / 2 + (0.0 if slim else gap))
    return shifts


def _settle(
    column: Sequence[int],
    shifts: Sequence[float],
    columns: Columns,
    ports: Ports,
    centres: list[float],
) -> None:
    """Move the items of one column as near as may be to where their neighbours want them."""
    wanted, weights = [], []
    for item, shift in zip(column, shifts, strict=True):
        total = pull = 0.0
        for side in (columns.before, columns.after):
            for other in side[item]:
                weight = _LEVEL if item >= columns.nodes and other >= columns.nodes else 1.0
                total += weight
                pull += weight * (centres[other] + ports[other, item] - ports[item, other])
        wanted.append((pull / total if total else centres[item]) - shift)
        weights.append(total or 1e-3)
    for item, height, shift in zip(column, pooled(wanted, weights), shifts, strict=True):
        centres[item] = height + shift


def _straighten(
    order: Sequence[Sequence[int]],
    columns: Columns,
    shifts: Sequence[Sequence[float]],
    ports: Ports,
    centres: list[float],
) -> None:
    """Make edges level for as long as nothing is in the way, where possible at the height of one of their ends."""
    place = {item: (index, row) for index, column in enumerate(order) for row, item in enumerate(column)}

    def room(item: int) -> tuple[float, float]:
        index, row = place[item]
        column, shift = order[index], shifts[index]
        low = centres[column[row - 1]] + shift[row] - shift[row - 1] if row else -math.inf
        high = centres[column[row + 1]] + shift[row] - shift[row + 1] if row + 1 < len(column) else math.inf
        return low, max(low, high)

    for chain in columns.chains.values():
        ends = [centres[a] + ports[a, b] for a, b in (chain[:2], chain[:-3:-1])]
        for part, low, high in _level_parts(chain[1:-1], room):
            mean = sum(centres[item] for item in part) / len(part)
            near = [end for end in ends if low <= end <= high and (len(part) > 1 or abs(end - mean) < _NEAR)]
            height = min(near, key=lambda end: abs(end - mean), default=min(max(mean, low), high))
            for item in part:
                centres[item] = height


def _level_parts(
    items: Sequence[int], room: Callable[[int], tuple[float, float]]
) -> Iterator[tuple[list[int], float, float]]:
    """The items in pieces as long as may be that can stand at one height, and the range of such heights."""
    part: list[int] = []
    low, high = -math.inf, math.inf
    for item in items:
        lowest, highest = room(item)
        if part and max(low, lowest) > min(high, highest):
            yield part, low, high
            part, low, high = [], -math.inf, math.inf
        part.append(item)
        low, high = max(low, lowest), min(high, highest)
    yield part, low, high


def pooled(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The numbers nearest to the wanted ones that never fall; weighted least squares.

    >>> pooled([1.0, 4.0, 2.0, 6.0], [1.0, 1.0, 1.0, 1.0])
    [1.0, 3.0, 3.0, 6.0]
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(wanted, weights, strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            upper = blocks.pop()
            together = upper[1] + block[1]
            block = ((upper[0] * upper[1] + block[0] * block[1]) / together, together, upper[2] + block[2])
        blocks.append(block)
    return [value for value, _, count in blocks for _ in range(count)]
