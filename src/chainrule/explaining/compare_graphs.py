"""Two graphs, or a graph's nodes and others in their places: the first message that differs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from chainrule.explaining.compare import Comparison, Sent, verdict
from chainrule.explaining.watching import Sums, Watched, holders_of, is_trained, kept, names_of, put, watched

__all__ = ["alarms_of", "compare_graphs"]


def compare_graphs(graph: Any, other: Any, given: Mapping[str, Any]) -> Comparison:
    """Each message of a graph beside another one, in the order in which they are sent.

    Args:
        graph: what is looked at.
        other: a graph with the same nodes in the same order, which gets the first one's values; or for some classes of
            nodes (or single nodes) what to compare them with, ``{MySigmoid: edf.Sigmoid}``: a class, which is given the
            attributes that its constructor asks for, or a function of the node, ``lambda node: edf.Sigmoid(node.z)``.
            Both then get the same gradients, so a difference is that node's own.
        given: values of parameters and inputs by name; of others, those that they have.

    Raises:
        ValueError: the graphs differ in their nodes, or there is no node of a class.
    """
    with _with_values(graph, given) as (holders, names):
        return (_with_others if isinstance(other, Mapping) else _two)(graph, other, holders, names)


def alarms_of(graph: Any, given: Mapping[str, Any]) -> tuple[str, ...]:
    """What the graph's nodes change in place while they run backwards."""
    with _with_values(graph, given) as (_, names):
        return watched(graph, names).alarms


@contextmanager
def _with_values(graph: Any, given: Mapping[str, Any]) -> Iterator[tuple[list[Any], list[str]]]:
    """The graph's holders and their names, for as long as they have the given values."""
    holders, nodes = holders_of(graph), len(graph.CompNodes)
    names = names_of(graph, holders)
    with kept(holders):
        outside = zip(names[nodes:], holders[nodes:], strict=True)
        put(holders[nodes:], [given.get(name, holder.value) for name, holder in outside])
        yield holders, names


# -- other nodes in their places -------------------------------------------------------------------------------


def _with_others(graph: Any, others: Mapping[Any, Any], holders: Sequence[Any], names: Sequence[str]) -> Comparison:
    beside = {
        place: _built(node, others[key], graph)
        for place, node in enumerate(graph.CompNodes)
        for key in (type(node), node)
        if key in others
    }
    missing = [key for key in others if not any(key in (node, type(node)) for node in graph.CompNodes)]
    if missing:
        shown = missing[0].__name__ if isinstance(missing[0], type) else repr(missing[0])
        known = ", ".join(dict.fromkeys(_classes(graph)))
        raise ValueError(f"compare: the graph has no node {shown}; its nodes are {known}")
    seen = watched(graph, names, beside)
    sent = [
        message
        for place, sums in seen.sent
        if place in beside
        for message in _pairs(names, place, sums, seen.theirs.get(place, {}), holders)
    ]
    return Comparison(tuple(sent), seen.alarms)


def _built(node: Any, make: Any, graph: Any) -> Any:
    """Another node on the same inputs, in a graph of its own."""
    with type(graph)():
        if not isinstance(make, type):
            return make(node)
        wanted = inspect.signature(make).parameters
        missing = [name for name, one in wanted.items() if one.default is one.empty and name not in vars(node)]
        if missing:
            raise ValueError(
                f"compare: {make.__name__} needs {' and '.join(missing)}, and {type(node).__name__} has no such "
                f"attribute. Give a function that makes it: {{{type(node).__name__}: lambda node: "
                f"{make.__name__}(node. ...)}}"
            )
        return make(**{name: vars(node)[name] for name in wanted if name in vars(node)})


# -- two graphs ------------------------------------------------------------------------------------------------


def _two(graph: Any, other: Any, mine: Sequence[Any], names: Sequence[str]) -> Comparison:
    its, nodes = holders_of(other), len(graph.CompNodes)
    if nodes != len(other.CompNodes) or len(mine) != len(its):
        raise ValueError(
            f"compare: yours has the nodes {', '.join(_classes(graph))} and {len(mine) - nodes} parameters and inputs, "
            f"ours {', '.join(_classes(other))} and {len(its) - len(other.CompNodes)}; graphs are compared where both "
            "have the same nodes in the same order"
        )
    with kept(its):
        put(its[nodes:], [holder.value for holder in mine[nodes:]])
        first, second = watched(graph, names), watched(other, names_of(other, its))
        alarms = [*first.alarms, *_other_values(first, second, names)]
    yours, ours = dict(first.sent), dict(second.sent)
    places = sorted(yours.keys() | ours.keys(), reverse=True)
    sent = [
        message for place in places for message in _pairs(names, place, yours.get(place, {}), ours.get(place, {}), mine)
    ]
    return Comparison(tuple(sent), tuple(alarms))


def _other_values(mine: Watched, its: Watched, names: Sequence[str]) -> list[str]:
    """The first node whose value is another one in the other graph; all that come after it may be, too."""
    for name, one, two in zip(names, mine.values, its.values, strict=False):  # nodes are named first
        how = verdict(one, two)
        if how:
            return [f"the first value that differs is that of {name}: {how}"]
    return []


def _classes(graph: Any) -> list[str]:
    return [type(node).__name__ for node in graph.CompNodes]


def _pairs(names: Sequence[str], place: int, yours: Sums, ours: Sums, holders: Sequence[Any]) -> list[Sent]:
    """What two nodes send to each holder; what one of them alone sends to data does not count."""
    return [
        Sent(names[to], yours.get(to), ours.get(to), verdict(yours.get(to), ours.get(to)), names[place])
        for to in {**yours, **ours}
        if is_trained(holders[to]) or (to in yours and to in ours)
    ]
