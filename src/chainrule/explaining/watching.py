"""A graph of nodes runs backwards, and every message is written down, with what was changed that should have stayed.

It needs of a graph no more than `courses.edf` gives, whose nodes may be a learner's own: ``CompNodes`` in order, each
with ``value``, ``grad``, ``forward()``, ``backward()`` and ``addgrad(delta)``; parameters have ``addsummed``, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Watched", "holders_of", "is_trained", "kept", "names_of", "put", "watched"]

Sums = dict[int, Any]  # what one node sent to each holder, by the holder's place


@dataclass(frozen=True, eq=False)
class Watched:
    """What was seen.

    Args:
        values: of the nodes, before anything ran backwards.
        sent: for each node that ran backwards, its place and what it sent to each holder, in order.
        theirs: what the nodes that stand beside some of them send for the same gradient, by place.
        alarms: what was changed in place that others still read.
    """

    values: tuple[Any, ...]
    sent: tuple[tuple[int, Sums], ...]
    theirs: dict[int, Sums]
    alarms: tuple[str, ...]


def holders_of(graph: Any) -> list[Any]:
    """The graph's nodes in order, then the parameters and inputs that they use, packages and lists looked into."""
    found = {id(node): node for node in graph.CompNodes}
    for node in graph.CompNodes:
        for held in _attributes(node):
            packed = [held] if hasattr(held, "addgrad") else _attributes(held)
            found |= {id(one): one for one in packed if hasattr(one, "addgrad") and id(one) not in found}
    return list(found.values())


def _attributes(owner: Any) -> list[Any]:
    values = vars(owner).values() if hasattr(owner, "__dict__") else ()
    return [one for value in values for one in (value if isinstance(value, list | tuple) else (value,))]


def is_trained(holder: Any) -> bool:
    """Whether gradients count: those for data are dropped."""
    return hasattr(holder, "clear_gradient")


def names_of(graph: Any, holders: Sequence[Any]) -> list[str]:
    """A name for each: of a node, its class, numbered where there are several; else the graph's own name for it."""
    known = {id(value): name for given in (graph.inputs(), graph.parameters()) for name, value in given.items()}
    classes = [type(node).__name__ for node in graph.CompNodes]
    count, number = Counter(classes), Counter[str]()
    names = []
    for name in classes:
        number[name] += 1
        names.append(f"{name}{number[name]}" if count[name] > 1 else name)
    return names + [known.get(id(one.value), type(one).__name__) for one in holders[len(names) :]]


def _started_at(graph: Any) -> Any:
    """The loss: the node that the graph's Backward started from, else the last one."""
    return graph.CompNodes[-1] if getattr(graph, "loss", None) is None else graph.loss


@contextmanager
def kept(holders: Sequence[Any]) -> Iterator[None]:
    """Give all holders back what they had. Arrays that are written into must be copies: see `put`."""
    states = [dict(vars(holder)) for holder in holders]
    try:
        yield
    finally:
        for holder, state in zip(holders, states, strict=True):
            vars(holder).clear()
            vars(holder).update(state)


def put(holders: Sequence[Any], values: Sequence[Any]) -> None:
    """Set copies of values, floats as float64: float32 is too coarse to compare."""
    for holder, value in zip(holders, values, strict=True):
        array = np.array(value)
        holder.value = array.astype(np.float64) if _floats(array) else array


def watched(graph: Any, names: Sequence[str], beside: dict[int, Any] | None = None) -> Watched:
    """Run the graph forwards and backwards. Its holders are changed; `kept` undoes it.

    Args:
        graph: which; its inputs have values.
        names: of its holders, for the alarms.
        beside: nodes that get the gradients of some of its nodes, too, by place; what they send is not added up.
    """
    watch = _Watch(graph, names, beside or {})
    graph.Forward()
    values = tuple(_copy(node.value) for node in graph.CompNodes)
    watch.backward()
    return Watched(values, tuple(watch.sent), watch.theirs, tuple(dict.fromkeys(watch.alarms)))


class _Watch:
    """Remembers every message, what each gradient should be by now, and what it says of nodes that changed more."""

    def __init__(self, graph: Any, names: Sequence[str], beside: dict[int, Any]) -> None:
        self.graph = graph
        self.names = names
        self.beside = beside
        self.holders = holders_of(graph)
        self.sent: list[tuple[int, Sums]] = []
        self.theirs: dict[int, Sums] = {}
        self.alarms: list[str] = []
        self.values: list[Any] = []  # of all holders, copies
        self.gradients: list[Any] = []
        self.arrays: list[tuple[int, int, Any, Any]] = []  # sender, receiver, what was sent and a copy of it
        self.current = (0, Sums(), True)  # the place of the node that runs, its messages, whether they are added up

    def backward(self) -> None:
        """As the graph's own Backward, node by node."""
        for holder in filter(is_trained, self.holders):
            holder.clear_gradient()
        loss = _started_at(self.graph)
        loss.grad = np.full(np.shape(loss.value), 1 / (len(loss.value) if np.ndim(loss.value) else 1))
        for place, holder in enumerate(self.holders):
            for way in _ways(holder):
                vars(holder)[way] = self._listening(place, getattr(holder, way))
        self.values = [_copy(holder.value) for holder in self.holders]
        self.gradients = [_copy(_gradient(holder)) for holder in self.holders]
        for place, node in reversed(list(enumerate(self.graph.CompNodes))):
            self._run(place, node)
        for holder in self.holders:
            for way in _ways(holder):
                del vars(holder)[way]

    def _run(self, place: int, node: Any) -> None:
        if place in self.beside and "grad" in vars(node):
            other = self.beside[place]
            other.forward()
            other.grad = _copy(node.grad)
            self.current = (place, self.theirs.setdefault(place, {}), False)
            other.backward()
            if not (np.shape(other.value) == np.shape(node.value) and np.allclose(other.value, node.value)):
                name = type(other).__name__
                self.alarms.append(f"{self.names[place]}'s forward gives other values than {name}'s")
        self.current = (place, {}, True)
        node.backward()
        if self.current[1] or place in self.theirs:
            self.sent.append((place, self.current[1]))
        self._look(place)

    def _listening(self, place: int, method: Callable[..., None]) -> Callable[..., None]:
        """The method, which also writes the message down."""
        holder = self.holders[place]

        def listening(delta: Any, *more: Any) -> None:
            sender, sums, is_added = self.current
            message = _fitted(np.array(delta), np.shape(holder.value))
            sums[place] = sums[place] + message if place in sums else message
            if is_added:
                self._check_gradient(place)
                self.arrays.append((sender, place, delta, _copy(delta)))
                method(delta, *more)
                self.gradients[place] = _copy(_gradient(holder))

        return listening

    # -- alarms --------------------------------------------------------------------------------------------

    def _look(self, place: int) -> None:
        """What the node that just ran has changed, apart from sending messages."""
        name = self.names[place]
        for number, holder in enumerate(self.holders):
            self._check_gradient(number)
            if not _same(holder.value, self.values[number]):
                self.values[number] = _copy(holder.value)
                what = "its own value" if number == place else f"the value of {self.names[number]}"
                self.alarms.append(f"{name}'s backward changes {what}. Work on a copy.")
        for number, (sender, receiver, sent, copy) in enumerate(self.arrays):
            if not _same(sent, copy):
                self.arrays[number] = (sender, receiver, sent, _copy(sent))
                whose = "its message" if sender == place else f"{self.names[sender]}'s message"
                text = f"{name}'s backward changes {whose} to {self.names[receiver]} after it was sent. Work on a copy."
                self.alarms.append(text)

    def _check_gradient(self, number: int) -> None:
        place = self.current[0]
        gradient = _gradient(self.holders[number])
        if not _same(gradient, self.gradients[number]):
            advice = "Work on a copy." if number == place else "Send it by addgrad."
            what = "its own grad" if number == place else f"the gradient of {self.names[number]} by itself"
            self.alarms.append(f"{self.names[place]}'s backward changes {what}. {advice}")
            self.gradients[number] = _copy(gradient)


def _ways(holder: Any) -> list[str]:
    """The methods that messages arrive by. A parameter's ``addgrad`` ends in its ``addsummed``."""
    ways = ["addgrad", "addsummed"] if hasattr(holder, "addsummed") else ["addgrad"]
    return ways[-1:] if is_trained(holder) else ways


def _gradient(holder: Any) -> Any:
    return vars(holder).get("grad")


def _copy(value: Any) -> Any:
    return np.copy(value) if isinstance(value, np.ndarray) else value


def _same(left: Any, right: Any) -> bool:
    return (left is None) == (right is None) and (left is None or np.array_equal(left, right, equal_nan=_floats(left)))


def _floats(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def _fitted(message: Any, shape: tuple[int, ...]) -> Any:
    """The message in the shape of what it is for, as the graph will have it; as it is where it does not fit."""
    if np.size(message) == int(np.prod(shape)):
        return np.reshape(message, shape)
    try:
        return np.broadcast_to(message, shape)
    except ValueError:
        return message
