"""From a model of any kind to a `Subject`: functions, `Sequential`, estimators, EDF graphs. Objects: `networks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.checking.models.losses import Loss, as_loss, guessed_loss
from chainrule.checking.models.networks import is_network, network_subject
from chainrule.checking.models.subject import Parameters, Subject
from chainrule.tracing import value_and_grad

__all__ = ["as_subject"]


def as_subject(model: Any, x: Any, y: Any, loss: Any, parameters: Parameters | None) -> Subject:
    """The model with its data and its loss.

    Raises:
        TypeError: it is nothing that can be trained.
    """
    if hasattr(model, "CompNodes"):
        return _graph_subject(model, x, y)
    if hasattr(model, "_layers") and hasattr(model, "task"):
        return _estimator_subject(model, x, y, loss)
    if callable(getattr(model, "forward", None)) and isinstance(getattr(model, "parameters", None), Mapping):
        dtype = getattr(model, "dtype", None)
        x, y = _in_dtype(_as_floats(x, dtype), dtype), _in_dtype(y, dtype)
        return _functional(type(model).__name__, model.forward, dict(model.parameters), x, y, loss)
    if is_network(model):
        return network_subject(model, np.asarray(x), np.asarray(y), loss)
    if isinstance(model, tuple) and len(model) == 2 and callable(model[0]):
        model, parameters = model
    if callable(model):
        if parameters is None:
            raise TypeError(
                "check.model: a function needs its parameters: check.model(f, x, y, loss, parameters={...})"
            )
        name = getattr(model, "__name__", type(model).__name__)
        return _functional(name, model, dict(parameters), np.asarray(x), np.asarray(y), loss)
    raise TypeError(
        f"check.model: {model!r} is no model; expected a Sequential, an estimator, an object with params, forward and "
        "backward, an EDF graph, or a function (parameters, x)"
    )


def _in_dtype(values: Any, dtype: Any) -> Any:
    """Floats in the model's own dtype, as the Solver brings them; whole numbers stay."""
    array = np.asarray(values)
    return array.astype(dtype) if dtype is not None and array.dtype.kind == "f" else array


def _as_floats(x: Any, dtype: Any) -> Any:
    array = np.asarray(x)
    return array.astype(dtype or np.float64) if array.dtype.kind in "iub" else array


def _functional(name: str, forward: Callable[..., Any], parameters: Parameters, x: Any, y: Any, loss: Any) -> Subject:
    x = _as_floats(x, None)
    chosen = guessed_loss(forward(parameters, x[:2].copy()), y[:2]) if loss is None else as_loss(loss)
    traceable = _traceable(chosen)

    def traced(parameters: Parameters, x: Any, y: Any) -> Any:
        output = forward(parameters, x)
        return output, traceable(output, y)

    def value(parameters: Parameters, x: Any, y: Any) -> Any:
        return chosen(np.asarray(forward(parameters, x.copy())), y.copy())

    def gradients(parameters: Parameters, x: Any, y: Any) -> Mapping[str, Any]:
        found: Mapping[str, Any] = value_and_grad(lambda given: traced(given, x, y)[1])(dict(parameters))[1]
        return found

    return Subject(name, dict(parameters), x, y, chosen, forward, value, gradients, traced, is_functional=True)


def _traceable(loss: Loss) -> Loss:
    """An object's loss by way of its op, where it has one: its own methods convert to arrays."""
    return Loss(loss.name, loss.op, None, loss.kind, loss.op) if loss.op is not None else loss


def _estimator_subject(model: Any, x: Any, y: Any, loss: Any) -> Subject:
    from chainrule.learning import Sequential
    from chainrule.learning.targets import Labels, Values

    dtype = np.dtype(model.dtype)
    x = np.asarray(x).astype(dtype)
    targets = Labels.of(y) if model.task == "classification" else Values.of(y, dtype)
    encoded = targets.encode(y, dtype)
    network = getattr(model, "network_", None)
    if network is None:
        layers = model._layers(x.shape[1], targets.outputs)
        network = Sequential(layers, rng=np.random.default_rng(model.seed), dtype=dtype)
    chosen = targets.loss if loss is None else loss
    return _functional(type(model).__name__, network.forward, network.parameters, x, encoded, chosen)


def _graph_subject(graph: Any, x: Any, y: Any) -> Subject:
    from chainrule.courses.edf.function import borrowed, forward, loss_of, put
    from chainrule.courses.edf.naming import input_names, parameter_names
    from chainrule.tracing import grad

    names = list(input_names(graph))
    second = names.index("y") if "y" in names else 1
    node = loss_of(graph)

    def inputs(x: Any, y: Any) -> list[Any]:
        return [y, x] if second == 0 else [x, y][: len(names)]

    def traced(parameters: Parameters, x: Any, y: Any) -> Any:
        with borrowed(graph):
            holders = [*parameter_names(graph).values(), *input_names(graph).values()]
            put(holders, [*parameters.values(), *inputs(x, y)])
            forward(graph)
            value = node.value
            mean = np.sum(value) / len(value) if np.ndim(value) else value
            before = [one for one in vars(node).values() if any(one is other for other in graph.CompNodes)]
            return (before[-1].value if before else mean), mean

    def value(parameters: Parameters, x: Any, y: Any) -> Any:
        return graph(dict(parameters), inputs(x, y))

    def gradients(parameters: Parameters, x: Any, y: Any) -> Mapping[str, Any]:
        found: Mapping[str, Any] = grad(graph)(dict(parameters), inputs(x, y))
        return found

    loss = Loss(type(node).__name__, lambda output, y: None, None, "")
    return Subject(
        "edf.Graph",
        graph.parameters(),
        np.asarray(x),
        np.asarray(y),
        loss,
        lambda parameters, x: traced(parameters, x, np.asarray(y)[: len(x)])[0],
        value,
        gradients,
        traced,
    )
