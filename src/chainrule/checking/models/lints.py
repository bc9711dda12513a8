"""Mistakes that the structure of a step shows, and that no error tells: the wrong neighbour, axis or shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import chainrule
from chainrule.checking.models.look import Look, Placed, placed
from chainrule.checking.models.patterns import Form
from chainrule.tracing.program import Variable, primitive_name

__all__ = [
    "find_activation_before_loss",
    "find_bias_before_normalization",
    "find_broadcast",
    "find_logarithm_of_probability",
    "find_mean_in_two_places",
    "find_missing_activation",
    "find_sigmoid_before_logits",
    "find_softmax_over_wrong_axis",
    "find_softmax_twice",
]

_OPS = str(Path(chainrule.__file__).parent / "ops")
_ENTRYWISE = {"add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "equal", "greater", "less"}


def find_softmax_twice(look: Look) -> Iterator[Placed]:
    """A softmax goes into a softmax, into a log_softmax, or into a cross-entropy that takes logits."""
    for outer in look.forms("softmax", "log_softmax"):
        inner = look.form(outer.source)
        if inner is not None and inner.name in ("softmax", "log_softmax"):
            facts = {"inner": inner.name, "outer": _outer(look, outer), "line": _line(look, inner)}
            harmless = inner.name == "log_softmax"
            facts["effect"] = (
                "the second one changes nothing" if harmless else "equal probabilities come out nearly whatever goes in"
            )
            severity = "warning" if harmless else "error"
            yield placed(
                _layer(look, inner), "SOFTMAX_BEFORE_SOFTMAX_CROSS_ENTROPY", "softmax", facts, severity=severity
            )
            return


def find_sigmoid_before_logits(look: Look) -> Iterator[Placed]:
    """A sigmoid goes into a loss, or another sigmoid or softmax, that takes logits."""
    for outer in look.forms("softplus", "sigmoid", "log_softmax", "softmax"):
        inner = look.form(outer.source)
        if inner is not None and inner.name == "sigmoid" and inner.variable is not outer.variable:
            facts = {"outer": _outer(look, outer), "line": _line(look, inner)}
            yield placed(_layer(look, inner), "SIGMOID_BEFORE_LOGITS_LOSS", "sigmoid", facts)
            return


def find_softmax_over_wrong_axis(look: Look) -> Iterator[Placed]:
    """A softmax that sums to one over the samples."""
    recording = look.recording
    if recording is None:
        return
    for known in look.forms("softmax", "log_softmax"):
        shape = np.shape(recording.value(known.variable))
        over_rows = known.axis is None or shape[known.axis] == recording.rows
        others = [size for place, size in enumerate(shape) if place != known.axis]
        if len(shape) >= 2 and over_rows and (known.axis is None or recording.rows not in others):
            axis = "all entries" if known.axis is None else f"axis {known.axis}, the samples"
            right = "axis 1" if len(shape) == 2 else "axis -1"
            facts = {"axis": axis, "right": right, "line": _line(look, known)}
            yield placed(_layer(look, known), "SOFTMAX_OVER_SAMPLES", known.name, facts)


def find_broadcast(look: Look) -> Iterator[Placed]:
    """(N, 1) against (N,) gives (N, N): every sample is compared with every other."""
    recording = look.recording
    if recording is None or recording.rows < 3:
        return
    rows = recording.rows
    for equation in recording.equations:
        if primitive_name(equation.function) not in _ENTRYWISE or equation.output.shape != (rows, rows):
            continue
        a, b = equation.operands[:2]
        if {np.shape(recording.value(a)), np.shape(recording.value(b))} == {(rows, 1), (rows,)}:
            shapes = ["(N, 1)" if np.ndim(recording.value(leaf)) == 2 else "(N,)" for leaf in (a, b)]
            remedy = f"Write {recording.name(a if shapes[0] == '(N,)' else b)}.reshape(-1, 1)"
            names = f"{recording.name(a)} {shapes[0]}", f"{recording.name(b)} {shapes[1]}"
            facts = {"a": names[0], "b": names[1], "result": "(N, N)", "line": "", "remedy": remedy}
            source = recording.source(equation.output)
            part = f"`{source}`" if source else recording.name(equation.output)
            yield placed(recording.layer(equation.output), "SHAPES_BROADCAST", part, facts)
            return


def find_activation_before_loss(look: Look) -> Iterator[Placed]:
    """An activation after the last layer keeps the outputs away from what they should reach."""
    recording = look.recording
    if recording is None or recording.output is None:
        return
    known = look.form(recording.output)
    if known is None or known.name not in ("relu", "tanh", "sigmoid", "softmax"):
        return
    y = np.asarray(look.subject.y)
    low, high = {"relu": (0.0, np.inf), "tanh": (-1.0, 1.0)}.get(known.name, (0.0, 1.0))
    facts = {"kind": known.name, "line": _line(look, known)}
    if _takes_logits(look, known):
        if known.name in ("relu", "tanh"):
            why = "the loss takes logits, which may be any numbers"
            yield placed(_layer(look, known), "ACTIVATION_AFTER_LAST_LAYER", known.name, {**facts, "why": why})
    elif y.shape == np.shape(look.subject.y) and y.dtype.kind == "f" and y.size and _is_regression(look):
        beyond = int(np.sum((y < low) | (y > high)))
        if beyond:
            why = f"{beyond} of {y.size} targets lie outside of {low:g} to {high:g}, where it can never get"
            yield placed(_layer(look, known), "ACTIVATION_AFTER_LAST_LAYER", known.name, {**facts, "why": why})


def _takes_logits(look: Look, last: Form) -> bool:
    if look.subject.loss.kind in ("classes", "yes or no"):
        return look.subject.loss.name not in ("categorical_cross_entropy", "CrossEntropyLoss")
    return any(outer.source is not None and _same(look, outer.source, last) for outer in look.forms("log_softmax"))


def _is_regression(look: Look) -> bool:
    return look.subject.loss.kind == "values" or (not look.subject.loss.kind and look.output.shape[1:] in ((), (1,)))


def find_missing_activation(look: Look) -> Iterator[Placed]:
    """Two affine layers in a row are one affine layer."""
    for second in look.forms("affine", of_model=True):
        first = look.form(second.source)
        if first is None or first.name != "affine" or not set(first.parameters).isdisjoint(second.parameters):
            continue
        whole = [one for one in look.forms("affine", of_model=True) if set(one.parameters) > set(second.parameters)]
        if whole:
            continue  # the same layer, its bias added: told there
        facts = {"first": ", ".join(first.parameters), "second": ", ".join(second.parameters)}
        yield placed(_layer(look, second), "NO_ACTIVATION_BETWEEN", "affine layers", facts)


def find_bias_before_normalization(look: Look) -> Iterator[Placed]:
    """A bias whose mean over the batch is subtracted right after it."""
    recording = look.recording
    if recording is None:
        return
    for equation in recording.equations:
        if recording.equation(equation.output, "subtract") is None:
            continue
        known = look.form(equation.operands[0])
        mean = recording.equation(recording.through(equation.operands[1]), "mean")
        if known is None or known.name != "affine" or len(known.parameters) < 2 or mean is None:
            continue
        axis = mean.keywords.get("axis", mean.operands[1] if len(mean.operands) > 1 else None)
        if axis in (0, (0,)) and recording.through(mean.operands[0]) is known.variable:
            facts = {"line": recording.line(equation.output)}
            yield placed(_layer(look, known), "BIAS_BEFORE_NORMALIZATION", known.parameters[-1], facts)


def find_logarithm_of_probability(look: Look) -> Iterator[Placed]:
    """``log(softmax(z))`` and ``log(sigmoid(z))`` as written by hand are minus infinity for a probability of 0."""
    recording = look.recording
    if recording is None:
        return
    alive = recording.ancestors([recording.loss])
    for equation in recording.equations:
        if equation.output not in alive or primitive_name(equation.function) != "log":
            continue
        if equation.origin.code.co_filename.startswith(_OPS) and not _is_bare_log(equation.origin.calls):
            continue
        known = look.form(_chosen(look, equation.operands[0]))
        if known is not None and known.name in ("softmax", "sigmoid"):
            better = "log_softmax" if known.name == "softmax" else "binary_cross_entropy_with_logits"
            facts = {"kind": known.name, "better": better, "line": recording.line(equation.output)}
            yield placed(_layer(look, known), "LOG_OF_SOFTMAX", f"log({known.name})", facts)
            return


def _is_bare_log(calls: Any) -> bool:
    return bool(calls) and calls[-1].op == "log"


def _chosen(look: Look, leaf: Any) -> Any:
    """The probabilities behind ``p[range(N), y]``, ``1 - p``, ``p + eps`` and ``clip(p)``."""
    recording = look.recording
    assert recording is not None
    while True:
        leaf = recording.through(leaf)
        made = recording.equation(leaf, "getitem", "add", "subtract", "clip", "maximum")
        if made is None or look.form(leaf) is not None:
            return leaf
        variables = [operand for operand in made.operands if isinstance(operand, Variable)]
        name = primitive_name(made.function)
        if name != "getitem" and (len(variables) != 1 or np.ndim(recording.value(variables[0])) == 0):
            return leaf
        leaf = variables[0]


def find_mean_in_two_places(look: Look) -> Iterator[Placed]:
    """A loss that is a mean, and is then divided by N once more."""
    recording = look.recording
    if recording is None or recording.loss is None:
        return
    rows, leaf, means = recording.rows, recording.loss, []
    while isinstance(leaf, Variable):
        leaf = recording.through(leaf)
        made = recording.equation(leaf)
        if made is None:
            break
        name = primitive_name(made.function)
        if (name == "mean" and _counts(recording.value(made.operands[0]), made, rows)) or _is_share(
            name, made.operands, rows
        ):
            means.append(leaf)
        elif name not in ("divide", "multiply", "negative", "sum"):
            break
        variables = [operand for operand in made.operands if isinstance(operand, Variable)]
        if len(variables) != 1:
            break
        leaf = variables[0]
    if len(means) >= 2:
        facts = {"verb": "are", "rows": rows}
        details = "\n".join(f"divided by N{recording.line(variable)}" for variable in reversed(means))
        yield placed("", "MEAN_IN_TWO_PLACES", "the loss and all gradients", facts, details=details)


def _counts(array: Any, made: Any, rows: int) -> bool:
    axis = made.keywords.get("axis", made.operands[1] if len(made.operands) > 1 else None)
    return np.ndim(array) > 0 and len(array) == rows and axis in (None, 0, (0,))


def _is_share(name: str, operands: Any, rows: int) -> bool:
    """Whether something is divided by N, or multiplied with 1/N."""
    if name == "divide":
        return isinstance(operands[1], (int, float, np.generic)) and bool(operands[1] == rows)
    return name == "multiply" and any(
        isinstance(one, (float, np.floating)) and np.isclose(one, 1 / rows) for one in operands
    )


def _same(look: Look, leaf: Any, known: Form) -> bool:
    return look.recording is not None and look.recording.through(leaf) is known.variable


def _outer(look: Look, outer: Form) -> str:
    """The op that the value belongs to, else what it is."""
    assert look.recording is not None
    made = look.recording.equation(outer.variable)
    calls = made.origin.calls if made is not None else ()
    return calls[-1].op if calls else {"softplus": "the loss for logits"}.get(outer.name, str(outer.name))


def _line(look: Look, known: Form) -> str:
    return look.recording.line(known.variable) if look.recording is not None else ""


def _layer(look: Look, known: Form) -> str:
    return look.recording.layer(known.variable) if look.recording is not None else ""
