"""Parameters that the loss does not depend on, and float64 in a float32 model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.checking.models.look import Look, Placed, placed
from chainrule.checking.models.recording import Recording, record
from chainrule.tracing.program import Variable, primitive_name
from chainrule.tracing.recorder import mark

__all__ = ["find_float64", "find_missing_paths"]


def find_missing_paths(look: Look) -> Iterator[Placed]:
    """Parameters without a path to the loss, or with one that an operation without slope cuts."""
    recording = look.recording
    if recording is None:
        return
    if recording.loss is None:
        facts = {"reason": "the loss is a plain number, which depends on no parameter"}
        for name in recording.parameters:
            yield placed(look.layer_of(name), "NO_PATH_TO_LOSS", name, facts)
        return
    reaching = recording.ancestors([recording.loss])
    flowing = _with_slope(recording) if look.subject.is_functional else reaching
    for name, variable in recording.parameters.items():
        if variable not in reaching:
            used = any(variable in equation.uses() for equation in recording.equations)
            reason = "what is computed from it is not used afterwards" if used else "the model does not use it"
        elif variable not in flowing:
            reason = _cut(recording, variable, reaching, flowing)
        else:
            continue
        yield placed(look.layer_of(name), "NO_PATH_TO_LOSS", name, {"reason": reason})


def _with_slope(recording: Recording) -> set[Variable]:
    """Everything that the loss depends on by way of operations that have a derivative."""
    from chainrule.ops.rules import RULES

    assert recording.loss is not None
    found = {recording.loss}
    for equation in reversed(recording.equations):
        if equation.output not in found:
            continue
        call = recording.calls.get(equation.output)
        if call is not None:
            found.update(leaf for leaf in call.arrays if isinstance(leaf, Variable))
        elif equation.function is mark or equation.function in RULES:
            found.update(leaf for leaf in equation.uses() if leaf.is_float)
    return found


def _cut(recording: Recording, start: Variable, reaching: set[Variable], flowing: set[Variable]) -> str:
    """The operation that has no slope, on the way from a parameter to the loss."""
    reached = {start}
    for equation in recording.equations:
        if equation.output in reaching and any(used in reached for used in equation.uses()):
            reached.add(equation.output)
            if equation.output in flowing or not equation.output.is_float:
                name = primitive_name(equation.function)
                return f"the path ends at {name}{recording.line(equation.output)}, which is flat: its slope is 0"
    return "the path to the loss has an operation without slope"


def find_float64(look: Look) -> Iterator[Placed]:
    """The first float64 value in a step whose parameters are all float32."""
    subject = look.subject
    kinds = {np.asarray(value).dtype for value in subject.parameters.values()}
    if kinds != {np.dtype(np.float32)} or subject.traced is None:
        return
    rows = look.rows(50)
    x, y = subject.x[rows], subject.y[rows]
    if x.dtype == np.float64:
        yield _creeping("", "x", "x is float64", "Write x.astype(np.float32)")
        return
    try:
        with np.errstate(all="ignore"):
            recording = record(subject, subject.parameters, x, y)
    except Exception:
        return
    alive = recording.ancestors([recording.loss])
    for equation in recording.equations:
        if equation.output not in alive or not _is_double(equation.output):
            continue
        layer, name = recording.layer(equation.output), recording.name(equation.output)
        doubles = [leaf for leaf in equation.uses() if _is_double(leaf)]
        if recording.y in doubles:
            yield _creeping(layer, name, "y is float64", "Write y.astype(np.float32)")
        else:
            line = recording.line(equation.output)
            made = _constants(recording, doubles) or f"{primitive_name(equation.function)} makes float64"
            remedy = "Give the constant the dtype of x, or make it a plain Python number, which adapts"
            yield _creeping(layer, name, f"{made}{line}", remedy)
        return


def _constants(recording: Recording, doubles: list[Variable]) -> str:
    names = [recording.name(leaf) for leaf in doubles if leaf in recording.recorder.constants]
    return f"{', '.join(names)} is a float64 array" if names else ""


def _is_double(leaf: Any) -> bool:
    return isinstance(leaf.dtype, np.dtype) and leaf.dtype == np.float64


def _creeping(layer: str, part: str, sentence: str, remedy: str) -> Placed:
    return placed(layer, "FLOAT64_IN_FLOAT32_MODEL", part, {"sentence": sentence, "remedy": remedy})
