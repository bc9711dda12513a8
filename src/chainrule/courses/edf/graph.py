"""A graph: nodes in the order of their construction, and the three passes over them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from chainrule.courses.edf.node import CompNode, Input, Parameter

Values = Mapping[str, Any] | Sequence[Any]

__all__ = ["Graph", "clear_compgraph", "current_graph"]


class Graph:
    """Nodes, parameters and inputs that belong together. What is constructed belongs to the current graph.

    There is one from the start; ``with edf.Graph() as graph:`` builds another one beside it. Its methods do what the
    functions of the same name do with the current graph. Called with arrays in place of the parameters' and inputs'
    values, a graph gives the mean of its loss, without changing a node, so it can be traced, compiled and
    differentiated; derivatives go through the nodes' own ``backward()``:

    >>> import numpy as np
    >>> import chainrule
    >>> from chainrule.courses import edf
    >>> with edf.Graph() as graph:
    ...     x, y = edf.Input(), edf.Input()
    ...     loss = edf.L2Loss(y, edf.Mul(edf.Parameter(2.0, name="slope"), x))
    >>> batch = np.array([[1.0], [3.0]]), np.array([[5.0], [3.0]])
    >>> float(graph(graph.parameters(), batch))
    9.0
    >>> chainrule.grad(graph)(graph.parameters(), batch)
    {'slope': np.float32(6.0)}
    """

    def __init__(self) -> None:
        self.CompNodes: list[Any] = []
        self.Parameters: list[Parameter] = []
        self.Inputs: list[Input] = []
        self.loss: CompNode | None = None
        self._checked = 0

    # -- the three passes ----------------------------------------------------------------------------

    def Forward(self) -> None:
        """Run ``forward()`` of every node, in the order of construction."""
        self._check_order()
        for place, node in enumerate(self.CompNodes):
            with _telling("forward", place, node):
                node.forward()

    def Backward(self, loss: CompNode) -> None:
        """Set all gradients to zero, start at ``loss``, and run every ``backward()`` in reverse order."""
        if not any(node is loss for node in self.CompNodes):
            raise RuntimeError(
                f"Backward: this graph has no such {type(loss).__name__}. It was built in another graph, or "
                "before clear_compgraph(); build it again."
            )
        if "value" not in vars(loss):
            raise RuntimeError("Backward: the loss has no value yet. Call edf.Forward() first.")
        self.loss = loss
        size = len(loss.value) if np.ndim(loss.value) else 1
        dtype = getattr(loss.value, "dtype", np.float64)
        self._send_back(loss, np.full(np.shape(loss.value), 1 / size, dtype))

    def UpdateParameters(self, learning_rate: float) -> None:
        """Take one step of gradient descent: ``value - learning_rate * grad`` for every parameter.

        The values are new arrays: whoever kept the old ones still has them.
        """
        if not self.Parameters:
            raise RuntimeError(
                "UpdateParameters: this graph has no parameters. Construct them after clear_compgraph(), in the "
                "graph whose nodes use them."
            )
        if not any("grad" in vars(parameter) for parameter in self.Parameters):
            raise RuntimeError(
                "UpdateParameters: no parameter has a gradient. Call edf.Backward(loss) first, with a loss that "
                "depends on parameters."
            )
        for parameter in self.Parameters:
            updated = parameter.value - learning_rate * parameter.grad
            parameter.value = updated.astype(parameter.value.dtype)

    def _send_back(self, loss: CompNode, d_loss: Any) -> None:
        """All gradients to zero, that of ``loss`` to ``d_loss``; then every ``backward()`` in reverse order."""
        for holder in (*self.CompNodes, *self.Parameters):
            holder.clear_gradient()
        loss.grad = d_loss
        for place, node in reversed(list(enumerate(self.CompNodes))):
            with _telling("backward", place, node):
                node.backward()

    def _check_order(self) -> None:
        """Each node once, and after the nodes that it uses; looked at only when nodes were added."""
        from chainrule.courses.edf.node import CompNode

        if self._checked == len(self.CompNodes):
            return
        places = {id(node): place for place, node in enumerate(self.CompNodes)}
        if len(places) < len(self.CompNodes):
            twice = next(node for place, node in enumerate(self.CompNodes) if places[id(node)] != place)
            raise RuntimeError(f"{_described(places[id(twice)], twice)} stands twice in CompNodes. Append it once.")
        for place, node in enumerate(self.CompNodes):
            for used in _used_by(node):
                if isinstance(used, CompNode) and places.get(id(used), len(places)) >= place:
                    raise RuntimeError(_out_of_order(place, node, places.get(id(used)), used))
        self._checked = len(self.CompNodes)

    # -- a graph as a function -------------------------------------------------------------------------

    def __call__(self, parameters: Values, inputs: Values) -> Any:
        """The mean of the loss, ``sum(loss.value) / len(loss.value)``, for these values; no node is changed.

        Args:
            parameters: values by name, as `parameters` gives them; or in the order of construction.
            inputs: values by name, as `inputs` gives them; or in the order of construction.
        """
        from chainrule.courses.edf.function import mean_loss

        return mean_loss(self, parameters, inputs)

    def parameters(self) -> dict[str, Any]:
        """The parameters' values by name: a parameter's own name, else the attribute that holds it."""
        from chainrule.courses.edf.naming import parameter_names

        return {name: parameter.value for name, parameter in parameter_names(self).items()}

    def inputs(self) -> dict[str, Any]:
        """The inputs' values by name; an input's name is the attribute that holds it, unless it has its own."""
        from chainrule.courses.edf.naming import input_names

        return {name: given.value for name, given in input_names(self).items()}

    # -- being the current graph -----------------------------------------------------------------------

    def __enter__(self) -> Graph:
        _building.graphs.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _building.graphs.pop()

    def __repr__(self) -> str:
        nodes, parameters = len(self.CompNodes), len(self.Parameters)
        return f"<edf.Graph, {nodes} nodes, {parameters} parameters, {len(self.Inputs)} inputs>"


class _Building(threading.local):
    """Remembers, for each thread, the graphs that are being built: the last is the current one."""

    def __init__(self) -> None:
        self.graphs = [Graph()]


_building = _Building()


def current_graph() -> Graph:
    """The graph that new nodes belong to."""
    return _building.graphs[-1]


def clear_compgraph() -> None:
    """Start a new graph. Nodes that were built before are no part of it."""
    _building.graphs[-1] = Graph()


def _used_by(node: Any) -> Iterator[Any]:
    """What a node's attributes hold, lists and tuples looked into."""
    for value in vars(node).values():
        yield from value if isinstance(value, (list, tuple)) else (value,)


def _described(place: int, node: Any) -> str:
    return f"node {place} of the graph, {type(node).__name__},"


def _out_of_order(place: int, node: Any, used_place: int | None, used: Any) -> str:
    what = type(used).__name__
    if used_place is None:
        return (
            f"{_described(place, node)} uses a node of type {what} that is not in this graph. It was built before "
            "clear_compgraph(), in another graph, or never appended: edf.CompNodes.append(self)."
        )
    return f"{_described(place, node)} uses node {used_place}, {what}, that comes after it. Construct {what} first."


@contextmanager
def _telling(what: str, place: int, node: Any) -> Iterator[None]:
    """Errors say which node they come from."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in {what}() of {_described(place, node).removesuffix(',')}")
        raise
