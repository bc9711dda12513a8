"""The order of the items in each column, so that few edges cross (Sugiyama, Tagawa and Toda, 1981).

Sweeps to and fro put each item at the mean or median place of its neighbours, then neighbours in a column change
places wherever that takes crossings away. The record's own order is the start; then nodes are moved at random, the
same ones every time. The fewest crossings win, then the order that is nearest to the record's.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from statistics import median

from chainrule.explaining.drawing.layering import Columns

__all__ = ["count_crossings", "ordered"]

Order = list[list[int]]

_WORK = 12_000  # items times moves: small graphs are improved for longer than large ones
_MOST_MOVES = 150
_PATIENCE = 4  # sweeps without improvement


def ordered(columns: Columns) -> Order:
    """The columns, each in an order with few crossings. The same columns always get the same order."""
    start = [list(column) for column in columns.columns]
    turned = [list(reversed(column)) for column in columns.columns]
    found = min((_improved(order, columns) for order in (start, turned)), key=lambda order: _cost(order, columns))
    if all(len(column) < 2 for column in found[::2]):
        return found
    return _improved(_wandered(found, columns), columns)


def _wandered(order: Order, columns: Columns) -> Order:
    """The best order come by when nodes are moved one after another, unless that adds crossings."""
    draw = random.Random(0)
    cost = _cost(order, columns)
    best, best_cost = order, cost
    for _ in range(min(_MOST_MOVES, _WORK // len(columns.after))):
        if best_cost == (0, 0):
            break
        moved = _moved(order, columns, draw)
        new_cost = _cost(moved, columns)
        if new_cost[0] <= cost[0]:
            order, cost = moved, new_cost
        if new_cost < best_cost:
            best, best_cost = moved, new_cost
    return best


def mean(values: Sequence[float]) -> float:
    """Of whole numbers, without the care that statistics.mean takes: it is called very often."""
    return sum(values) / len(values)


def count_crossings(order: Order, columns: Columns) -> int:
    """How many pairs of edges change sides between two columns."""
    places = _places(order, len(columns.after))
    return sum(_inversions(column, columns.after, places) for column in order[:-1])


def _inversions(column: Sequence[int], after: list[list[int]], places: list[int]) -> int:
    passed: list[int] = []
    count = 0
    for item in column:
        targets = sorted(places[other] for other in after[item])
        for target in targets:
            count += len(passed) - bisect_right(passed, target)
        for target in targets:
            insort(passed, target)
    return count


def _cost(order: Order, columns: Columns) -> tuple[int, int]:
    """Crossings, then pairs of nodes in another order than the record's."""
    unlike = sum(
        column[j] < column[i]
        for column in order[::2]
        for i in range(len(column))
        for j in range(i + 1, len(column))
        if column[j] < columns.nodes and column[i] < columns.nodes
    )
    return count_crossings(order, columns), unlike


def _moved(order: Order, columns: Columns, draw: random.Random) -> Order:
    """The order with one node somewhere else in its column and all other columns in order after that one."""
    order = [list(column) for column in order]
    index = draw.choice([index for index in range(0, len(order), 2) if len(order[index]) > 1])
    item = order[index].pop(draw.randrange(len(order[index])))
    order[index].insert(draw.randrange(len(order[index]) + 1), item)
    _sweep(order, columns, range(index + 1, len(order)), columns.before, mean)
    _sweep(order, columns, range(index - 1, -1, -1), columns.after, mean)
    _exchange(order, columns)
    return order


def _improved(order: Order, columns: Columns) -> Order:
    """The best order that sweeps from this one come by."""
    best, best_cost = order, _cost(order, columns)
    order = [list(column) for column in order]
    idle = sweep = 0
    while idle < _PATIENCE and best_cost[0]:
        forwards, middle = sweep % 2 == 0, (mean, median)[sweep // 2 % 2]
        along = range(len(order)) if forwards else range(len(order) - 1, -1, -1)
        _sweep(order, columns, along, columns.before if forwards else columns.after, middle)
        _exchange(order, columns)
        cost = _cost(order, columns)
        idle = 0 if cost < best_cost else idle + 1
        if cost < best_cost:
            best, best_cost = [list(column) for column in order], cost
        sweep += 1
    return best


def _sweep(
    order: Order,
    columns: Columns,
    along: range,
    neighbours: list[list[int]],
    middle: Callable[[list[int]], float],
) -> None:
    """Put each item of these columns at the middle of its neighbours in the column that was put in order before."""
    places = _places(order, len(columns.after))
    for index in along:
        column = order[index]
        keys = {item: middle([places[other] for other in neighbours[item]]) for item in column if neighbours[item]}
        sorted_items = iter(sorted(keys, key=lambda item: (keys[item], places[item])))
        order[index] = [next(sorted_items) if item in keys else item for item in column]
        for place, item in enumerate(order[index]):
            places[item] = place


def _exchange(order: Order, columns: Columns) -> None:
    """Let items next to each other change places until no such change takes a crossing away."""
    places = _places(order, len(columns.after))
    pending = set(range(len(order)))
    while pending:
        index = min(pending)
        pending.remove(index)
        if _exchange_in(order[index], columns, places):
            pending |= {index - 1, index + 1} & set(range(len(order)))


def _exchange_in(column: list[int], columns: Columns, places: list[int]) -> bool:
    """Whether anything has changed in this column."""
    before = {item: sorted(places[other] for other in columns.before[item]) for item in column}
    after = {item: sorted(places[other] for other in columns.after[item]) for item in column}
    changed, again = False, True
    while again:
        again = False
        for place in range(len(column) - 1):
            upper, lower = column[place], column[place + 1]
            if _gain(before[upper], before[lower]) + _gain(after[upper], after[lower]) > 0:
                column[place], column[place + 1] = lower, upper
                places[upper], places[lower] = place + 1, place
                changed = again = True
    return changed


def _gain(upper: list[int], lower: list[int]) -> int:
    """How many crossings fewer there are when the upper item goes below the lower one; both lists are sorted."""
    if not upper or not lower:
        return 0
    if len(upper) == 1 == len(lower):
        return (upper[0] > lower[0]) - (upper[0] < lower[0])
    now = sum(len(upper) - bisect_right(upper, place) for place in lower)
    then = sum(bisect_left(upper, place) for place in lower)
    return now - then


def _places(order: Order, count: int) -> list[int]:
    places = [0] * count
    for column in order:
        for place, item in enumerate(column):
            places[item] = place
    return places
