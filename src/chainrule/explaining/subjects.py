"""What can be explained: each subject becomes a function of named arrays, is traced, and its record is built."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.explaining.build import build
from chainrule.explaining.compare import verdict
from chainrule.explaining.compare_graphs import alarms_of
from chainrule.explaining.record import Record
from chainrule.op import Op
from chainrule.tracing import group, trace
from chainrule.tracing.program import Variable
from chainrule.tracing.trees import leaves_with_names

__all__ = ["given_to_graph", "record_of"]

MOST_OPERATIONS = 2000
SUMMARISED = 64


def record_of(subject: Any, arguments: Sequence[Any], values: Mapping[str, Any]) -> Record:
    """The record of any subject. Infinite slopes are shown as such, without a warning."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return _record_of(subject, arguments, values)


def _record_of(subject: Any, arguments: Sequence[Any], values: Mapping[str, Any]) -> Record:
    if isinstance(subject, str):
        return _of_expression(subject, arguments, values)
    if hasattr(subject, "CompNodes"):
        return _of_graph(subject, values)
    if hasattr(subject, "forward") and hasattr(subject, "parameters") and not isinstance(subject, Op):
        return _of_model(subject, values)
    if callable(subject):
        return _of_function(subject, arguments, values)
    raise TypeError(
        f"explain: {subject!r} is no subject. Give an expression as text, a function, an Op, an EDF graph or a model."
    )


def _of_expression(text: str, arguments: Sequence[Any], values: Mapping[str, Any]) -> Record:
    if arguments:
        raise TypeError('explain: give an expression\'s values by name: explain("a * b", a=1, b=2)')
    from chainrule.explaining.expressions.expression import parse

    expression = parse(text)
    if not expression.names:
        raise ValueError(f"{expression.text} has no variables, so there is nothing to differentiate by. Write one: 2*a")
    bound = expression.bind(values)
    expression.function(*bound)  # which names the place where a value cannot be computed
    program = trace(expression.function, *bound)
    names = dict(zip(program.inputs, expression.names, strict=True))
    shown = expression.text.partition("=")[2].strip() or expression.text
    start = len(expression.text) - len(shown)
    return build(program, bound, name=expression.name, subject=shown, names=names, start=start)


def _of_function(function: Callable[..., Any], arguments: Sequence[Any], values: Mapping[str, Any]) -> Record:
    name = function.name if isinstance(function, Op) else getattr(function, "__name__", "f")
    given = _given(function, arguments, values)
    record = _traced(function, given, _result_name(name), name)
    return _with_own_backward(function, given, record) if isinstance(function, Op) else record


def _with_own_backward(op: Op, given: Mapping[str, Any], record: Record) -> Record:
    """The record, with a note for each gradient that the op's own backward gives otherwise."""
    parameters = inspect.signature(op.forward).parameters
    options = {name: value for name, value in given.items() if _is_option(parameters, name)}
    arrays = {name: _as_floats(name, value) for name, value in given.items() if name not in options}
    out, saved = op.call_forward(*arrays.values(), **options)
    try:
        own = dict(zip(arrays, op.call_backward(saved, np.ones_like(out)[()], len(arrays)), strict=True))
    except Exception as error:  # a learner's backward may fail in any way; the explanation does not need it
        return replace(record, notes=(*record.notes, f"{op.name}'s own backward fails: {error}"))
    gradients = {node.name: node.gradient for node in record.inputs}
    said = {name: verdict(own[name], gradients[name]) for name in arrays if name in gradients}
    notes = [
        f"{op.name}'s own backward sends another gradient to {name}: {how}."
        for name, how in said.items()
        if how and gradients[name] is not None
    ]
    return replace(record, notes=(*record.notes, *notes))


def _is_option(parameters: Mapping[str, inspect.Parameter], name: str) -> bool:
    return name in parameters and parameters[name].kind is inspect.Parameter.KEYWORD_ONLY


def _given(function: Callable[..., Any], arguments: Sequence[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name, as floats; a missing one is asked for."""
    code = function.forward if isinstance(function, Op) else function
    signature = inspect.signature(code)
    try:
        bound = signature.bind(*arguments, **values)
    except TypeError as error:
        name = getattr(code, "__name__", "f")
        raise ValueError(f"explain: {error}. Give each argument of {name}{signature} a value.") from error
    given: dict[str, Any] = {}
    for parameter, value in bound.arguments.items():
        if signature.parameters[parameter].kind is inspect.Parameter.VAR_POSITIONAL:
            given |= {f"{parameter}{number}": one for number, one in enumerate(value, 1)}
        elif signature.parameters[parameter].kind is inspect.Parameter.VAR_KEYWORD:
            given |= value
        else:
            given[parameter] = value
    return given


def _of_graph(graph: Any, values: Mapping[str, Any]) -> Record:
    given = given_to_graph(graph, values)
    count = len(graph.parameters())

    def mean_loss(*arrays: Any) -> Any:
        return graph(arrays[:count], arrays[count:])

    record = _traced(mean_loss, given, "loss", "an EDF graph")
    return replace(record, notes=(*record.notes, *_alarms(graph, given)))


def given_to_graph(graph: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a graph's parameters and inputs by name: those that are given, else those that it has."""
    parameters = values.get("parameters") or graph.parameters()
    inputs = values.get("inputs") or graph.inputs()
    return {**_named(parameters, graph.parameters()), **_named(inputs, graph.inputs())}


def _alarms(graph: Any, given: Mapping[str, Any]) -> Sequence[str]:
    """What the graph's own backward changes in place, or why it fails."""
    try:
        return alarms_of(graph, given)
    except Exception as error:  # a learner's backward may fail in any way; the explanation does not need it
        return [f"The graph's own backward fails: {error}"]


def _named(given: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in known} if isinstance(given, Mapping) else dict(zip(known, given, strict=True))


def _of_model(model: Any, values: Mapping[str, Any]) -> Record:
    missing = [name for name in ("x", "y", "loss") if name not in values]
    if missing:
        raise ValueError(f"explain: a model needs {', '.join(missing)} too: explain(model, x=x, y=y, loss=loss)")
    parameters, loss = dict(model.parameters), values["loss"]
    x, y = np.asarray(values["x"]), np.asarray(values["y"])

    def batch_loss(*arrays: Any) -> Any:
        *weights, batch = arrays
        output = model.forward(dict(zip(parameters, weights, strict=True)), batch)
        with group("loss"):
            return loss(output, y)

    return _traced(batch_loss, {**parameters, "x": x}, "loss", f"{type(model).__name__} with {loss.name}")


def _traced(function: Callable[..., Any], given: Mapping[str, Any], name: str, subject: str) -> Record:
    """Trace with the given arrays; a result that is no number is summed, which a note says."""
    arrays = [_as_floats(argument, value) for argument, value in given.items()]
    keys, notes = list(given), []
    example = np.asarray(_called(function, keys, arrays))
    if example.shape:
        notes.append(f"The result has shape {example.shape}; the sum of its entries is explained.")

    def summed(*values: Any) -> Any:
        result = _called(function, keys, values)
        return np.sum(result) if example.shape else result

    program = trace(summed, *arrays)
    if not isinstance(program.outputs, Variable):
        raise ValueError(f"explain: {subject} gives {program.outputs!r}, whatever its arguments are")
    if len(program.equations) > MOST_OPERATIONS:
        raise ValueError(
            f"explain: {subject} has {len(program.equations)} operations; at most {MOST_OPERATIONS} can be explained. "
            "Explain a part of it, or smaller arrays."
        )
    names = {variable: known for variable, known in program.names.items() if variable not in program.inputs}
    for variable, (path, _) in zip(program.inputs, _paths(keys, arrays), strict=True):
        if isinstance(variable, Variable):
            names[variable] = path
    record = build(program, arrays, name=name, subject=subject, names=names)
    if any(node.shape and np.size(node.value) > SUMMARISED for node in record.nodes):
        notes.append(f"Arrays of more than {SUMMARISED} entries are summarised: shape, range, a small picture.")
    return replace(record, notes=(*notes, *record.notes))


def _called(function: Callable[..., Any], keys: Sequence[str], values: Sequence[Any]) -> Any:
    parameters = inspect.signature(function.forward if isinstance(function, Op) else function).parameters
    by_name = {key: value for key, value in zip(keys, values, strict=True) if key in parameters}
    keyword_only = {key for key in by_name if _is_option(parameters, key)}
    positional = [value for key, value in zip(keys, values, strict=True) if key not in keyword_only]
    return function(*positional, **{key: by_name[key] for key in keyword_only})


def _paths(keys: Sequence[str], arrays: Sequence[Any]) -> list[tuple[str, Any]]:
    return [pair for key, array in zip(keys, arrays, strict=True) for pair in leaves_with_names(array, key)]


def _as_floats(name: str, value: Any) -> Any:
    """Numbers and lists as arrays of floats; integers stay, since they may be labels or indices."""
    if value is None or isinstance(value, (str, bool)):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"explain: {name} is {value!r}; expected numbers")
    if array.dtype.kind == "f" or (not array.shape and array.dtype.kind in "iu"):
        array = array.astype(np.float64)
    return array[()] if not array.shape else array


def _result_name(name: str) -> str:
    return name if name.isidentifier() else "f"
