"""A graph as a function of its parameters and inputs, for `chainrule.trace`, `grad` and `compile`.

The whole graph is one op: its forward is `Graph.Forward`, its backward the nodes' own, so the gradient of a graph
with a node of one's own is what that node's ``backward()`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import Op
from chainrule.courses.edf.naming import input_names, node_names, parameter_names
from chainrule.tracing import group, named

if TYPE_CHECKING:
    from chainrule.courses.edf.graph import Graph, Values
    from chainrule.courses.edf.node import CompNode

__all__ = ["borrowed", "forward", "loss_of", "mean_loss", "put"]


def mean_loss(graph: Graph, parameters: Values, inputs: Values) -> Any:
    """The mean over the batch of the graph's loss: of the node that `Backward` started from, else of the last one."""
    pairs = [*_paired("parameters", parameters, parameter_names(graph)), *_paired("inputs", inputs, input_names(graph))]
    holders = [holder for holder, _ in pairs]
    loss = loss_of(graph)

    def graph_forward(*arrays: Any) -> Any:
        with borrowed(graph):
            put(holders, arrays)
            forward(graph)
            # Forward's traces on the nodes are what backward needs.
            saved = [dict(vars(node)) for node in graph.CompNodes], arrays
            return _mean(loss.value), saved

    def graph_backward(saved: Any, d_out: Any) -> Any:
        states, arrays = saved
        with borrowed(graph):
            put(holders, arrays)
            for node, state in zip(graph.CompNodes, states, strict=True):
                vars(node).clear()
                vars(node).update(state)
            size = len(loss.value) if np.ndim(loss.value) else 1
            graph._send_back(loss, np.ones_like(loss.value) * (d_out / size))
            return tuple(vars(holder).get("grad", _zeros(holder)) for holder in holders)

    return Op(graph_forward, graph_backward, "edf")(*(value for _, value in pairs))


def _paired(what: str, given: Values, known: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Parameters or inputs with the values that are given for them, by name or in order.

    Raises:
        ValueError: a value is missing, or there is nothing of a name.
    """
    if isinstance(given, Mapping):
        fits, shown = given.keys() == known.keys(), str(list(given))
    else:
        fits, shown = len(given) == len(known), str(len(given))
    if not fits:
        raise ValueError(f"edf graph: {what} are {list(known)}, and values are given for {shown}. Give one for each.")
    values = [given[name] for name in known] if isinstance(given, Mapping) else given
    return list(zip(known.values(), values, strict=True))


def put(holders: list[Any], arrays: Any) -> None:
    """Set values, as tracers or arrays."""
    for holder, array in zip(holders, arrays, strict=True):
        holder.value = array


def forward(graph: Graph) -> None:
    """`Graph.Forward`, with names for what the nodes compute."""
    for name, node in node_names(graph).items():
        with group(name):
            node.forward()
        named(node.value, name)


def loss_of(graph: Graph) -> CompNode:
    """The node that `Backward` started from, else the last one.

    Raises:
        RuntimeError: there are no nodes, or one stands before another that it uses.
    """
    if not graph.CompNodes:
        raise RuntimeError("edf graph: it has no nodes. Construct a loss in it first.")
    graph._check_order()
    return graph.CompNodes[-1] if graph.loss is None else graph.loss


@contextmanager
def borrowed(graph: Graph) -> Iterator[None]:
    """Let nodes, parameters and inputs compute something else, and give them back their own values."""
    holders = [*graph.CompNodes, *parameter_names(graph).values(), *input_names(graph).values()]
    states = [(holder, dict(vars(holder))) for holder in holders]
    try:
        yield
    finally:
        for holder, state in states:
            vars(holder).clear()
            vars(holder).update(state)


def _mean(losses: Any) -> Any:
    return np.sum(losses) / len(losses) if np.ndim(losses) else losses


def _zeros(holder: Any) -> Any:
    """No gradient for inputs, which are not trained; zeros for a parameter that nothing arrived at."""
    from chainrule.courses.edf.node import Parameter

    return np.zeros_like(holder.value) if isinstance(holder, Parameter) else None
