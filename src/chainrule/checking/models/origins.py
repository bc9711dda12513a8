"""Where nan, infinity and gradients of exactly 0 come from: the first operation, operands, and the path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import chainrule
from chainrule.checking.models.look import Look, Placed, placed
from chainrule.tracing import trace, value_and_grad
from chainrule.tracing.program import Equation, Program, Variable, primitive_name

__all__ = ["find_not_finite", "find_zero_gradients"]

LONGEST_PATH = 12
_OPS = str(Path(chainrule.__file__).parent / "ops")


@dataclass(frozen=True, eq=False)
class Step:
    """Loss and gradients written down, with all values."""

    program: Program
    inputs: list[Any]
    values: Mapping[Variable, Any]
    gradients: Mapping[str, Variable]

    def name(self, leaf: Any) -> str:
        """What a value is called; else how it was made."""
        if not isinstance(leaf, Variable):
            return repr(leaf)
        if leaf is self.program.outputs[0]:
            return "the loss"
        if leaf in self.program.names:
            return self.program.names[leaf]
        made = next((one for one in self.program.equations if one.output is leaf), None)
        return f"{primitive_name(made.function)}(...)" if made is not None else "a constant"


def find_not_finite(look: Look) -> Iterator[Placed]:
    """A loss, or gradients, that are nan or infinite."""
    if not np.isfinite(look.loss):
        step = _step(look)
        described = _first(step) if step is not None else _first_recorded(look)
        facts = {"value": f"{look.loss}", "origin": described[0]}
        yield placed("", "NOT_FINITE_LOSS", "the loss", facts, where=described[1], details=described[2])
        return
    bad = [name for name, gradient in look.gradients.items() if not np.isfinite(gradient).all()]
    if not bad:
        return
    step = _step(look)
    described = _first(step) if step is not None else ("It is made in the model's own backward.", "", "")
    count = {name: int(np.sum(~np.isfinite(look.gradients[name]))) for name in bad}
    shown = ", ".join(f"{name} ({count[name]} of {look.gradients[name].size} entries)" for name in bad)
    layer = look.layer_of(bad[-1])
    facts = {"names": shown, "origin": described[0]}
    yield placed(layer, "NOT_FINITE_GRADIENT", bad[-1], facts, where=described[1], details=described[2])


def find_zero_gradients(look: Look) -> Iterator[Placed]:
    """Parameters whose gradient is exactly 0 although there is a path to the loss, and the factor that is 0."""
    zero = [name for name, gradient in look.gradients.items() if gradient.size and not gradient.any()]
    if not zero or not np.isfinite(look.loss) or look.loss == 0:
        return
    step = _step(look)
    if step is None:
        return
    told: dict[Variable, list[str]] = {}
    for name in zero:
        variable = step.gradients.get(name)
        killer = _killer(step, variable) if variable is not None else None
        if killer is not None:
            told.setdefault(killer.output, []).append(name)
    made_by = {equation.output: equation for equation in step.program.equations}
    for output, names in told.items():
        equation = made_by[output]
        layer = equation.origin.group or look.layer_of(names[0])
        facts = {"names": ", ".join(names), "verb": "are" if len(names) > 1 else "is", "cause": _cause(step, equation)}
        details = _path(step, output, step.gradients[names[0]])
        yield placed(layer, "ZERO_GRADIENT", names[0], facts, details=details)


def _step(look: Look) -> Step | None:
    """The step with gradients; None where it cannot be written down, or the gradients are the model's own."""
    subject = look.subject
    if subject.traced is None or not subject.is_functional:
        return None
    traced = subject.traced
    x, y = look.data()

    def step(parameters: Any, x: Any) -> Any:
        return value_and_grad(lambda given: traced(given, x, y)[1])(parameters)

    def step_with_y(parameters: Any, x: Any, y: Any) -> Any:
        return value_and_grad(lambda given: traced(given, x, y)[1])(parameters)

    parameters = {name: np.array(value) for name, value in look.parameters.items()}
    for function, data in ((step_with_y, (x, y)), (step, (x,))):
        try:
            with np.errstate(all="ignore"):
                program = trace(function, parameters, *data)
                inputs = [*parameters.values(), *data]
                values: dict[Variable, Any] = {**program.constants, **program.bind((parameters, *data))}
                for equation in program.equations:
                    values[equation.output] = equation.evaluate(_reader(values))
        except Exception:
            continue
        gradients = {name: leaf for name, leaf in program.outputs[1].items() if isinstance(leaf, Variable)}
        return Step(program, inputs, values, gradients)
    return None


def _reader(values: Mapping[Variable, Any]) -> Any:
    return lambda leaf: values[leaf] if isinstance(leaf, Variable) else leaf


# -- nan and infinity ------------------------------------------------------------------------------------


def _first(step: Step) -> tuple[str, str, str]:
    """What `learning` says of the first value that is not finite; the entry; and its path."""
    from chainrule.learning.nonfinite import first_nonfinite

    with np.errstate(all="ignore"):
        said = first_nonfinite(step.program, step.inputs)
    guilty = _spoiled(step)
    if guilty is None:
        return said, "", ""
    value = np.asarray(step.values[guilty])
    place = [int(one) for one in np.argwhere(~np.isfinite(value))[0]] if value.ndim else []
    made = next((one for one in step.program.equations if one.output is guilty), None)
    lines = []
    if made is not None:
        for leaf in dict.fromkeys(made.uses()):
            lines.append(f"there {step.name(leaf)} is {_entry(step.values[leaf], place, value.shape)}")
    end = next((leaf for leaf in step.program.output_variables if not np.isfinite(step.values[leaf]).all()), guilty)
    lines.append(_path(step, guilty, end))
    return said, f"entry {place}" if place else "", "\n".join(line for line in lines if line)


def _first_recorded(look: Look) -> tuple[str, str, str]:
    recording = look.recording
    if recording is None:
        return "The step cannot be written down, so its origin is not known.", "", ""
    alive = recording.ancestors([recording.loss])
    for equation in recording.equations:
        value = np.asarray(recording.value(equation.output))
        if equation.output in alive and value.dtype.kind == "f" and not np.isfinite(value).all():
            name = recording.name(equation.output)
            count = int(np.sum(~np.isfinite(value)))
            said = f"{name}{recording.line(equation.output)} is the first: {count} of {value.size} entries."
            return said, "", ""
    return "An input or a parameter is not finite to begin with.", "", ""


def _spoiled(step: Step) -> Variable | None:
    """The value that `first_nonfinite` describes: the first among those that reached the first spoiled result."""

    def bad(variables: Any) -> list[Variable]:
        return [one for one in variables if not _is_finite(step.values[one])]

    guilty = set(bad(step.program.output_variables)[:1])
    for equation in reversed(step.program.equations):
        if equation.output in guilty:
            guilty.update(bad(equation.uses()))
    order = [*step.program.input_variables, *(equation.output for equation in step.program.equations)]
    return next((variable for variable in order if variable in guilty), None)


def _is_finite(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _entry(value: Any, place: list[int], shape: tuple[int, ...]) -> str:
    array = np.asarray(value)
    if not array.ndim:
        return f"{array:.6g}" if array.dtype.kind == "f" else str(array)
    try:
        return f"{np.broadcast_to(array, shape)[tuple(place)]:.6g}"
    except ValueError:
        return f"of shape {array.shape}, from {array.min():.6g} to {array.max():.6g}"


# -- exactly zero ----------------------------------------------------------------------------------------


def _killer(step: Step, gradient: Variable) -> Equation | None:
    """The equation that made a gradient 0 by a factor of 0; None where terms only cancelled.

    Of the zeros behind a gradient it is the first: all that it is made of is not 0, or is 0 from the start.
    """
    made_by = {equation.output: equation for equation in step.program.equations}
    found: Equation | None = None
    variable: Any = gradient
    while (equation := made_by.get(variable)) is not None:
        found = equation
        zeros = [leaf for leaf in equation.uses() if _is_zero(step.values[leaf]) and leaf in made_by]
        # A mask of booleans is where the zeros come from, and the equation that used it says more.
        zeros = [leaf for leaf in zeros if np.asarray(step.values[leaf]).dtype.kind == "f"]
        if not zeros:
            break
        variable = zeros[0]
    if found is None or primitive_name(found.function) == "zeros_like":
        return None
    factors = [leaf for leaf in found.uses() if _is_zero(step.values[leaf])]
    literal = any(
        not isinstance(leaf, Variable) and isinstance(leaf, (int, float)) and leaf == 0 for leaf in found.operands
    )
    entrywise = primitive_name(found.function) in ("multiply", "where", "maximum", "minimum", "clip")
    return found if factors or literal or entrywise else None


def _is_zero(value: Any) -> bool:
    array = np.asarray(value)
    return bool(array.size) and array.dtype.kind in "fb" and not array.any()


def _cause(step: Step, equation: Equation) -> str:
    """Which factor is 0, in words."""
    origin = equation.origin
    calls = origin.calls
    layer = f" in layer {origin.group}" if origin.group else ""
    op = calls[-1].op if calls else ""
    source = _source(step, equation)
    line = f" (`{source}`)" if source else ""
    if op in ("relu", "maximum", "minimum", "clip") or "relu" in op.lower():
        words = "cuts off" if op in ("maximum", "minimum", "clip") else "is off for"
        return f"{op}{layer} {words} every entry of every sample{line}"
    if op in ("sigmoid", "tanh"):
        return f"{op}{layer} is saturated: its slope is exactly 0 for every sample{line}"
    zero = [step.name(leaf) for leaf in equation.uses() if _is_zero(step.values[leaf])]
    call = f"{primitive_name(equation.function)}({', '.join(step.name(leaf) for leaf in equation.operands)})"
    if zero:
        return f"{' and '.join(dict.fromkeys(zero))} is all zero in {call}{layer}{line}"
    return f"{call}{layer} multiplies every entry with 0{line}"


def _source(step: Step, equation: Equation) -> str:
    """The author's line: for the backward of a bare NumPy call, that of the call."""
    origin = equation.origin
    if origin.calls and origin.calls[-1].half == "backward":
        number = origin.calls[-1].number
        forward = next((one for one in step.program.equations if one.output.number == number), None)
        if forward is not None and primitive_name(forward.function) == origin.calls[-1].op:
            return forward.origin.source
    return "" if origin.code.co_filename.startswith(_OPS) else origin.source


def _path(step: Step, start: Variable, end: Variable) -> str:
    """The named values from one to the other, as ``path: a -> b -> c``."""
    before = {end}
    for equation in reversed(step.program.equations):
        if equation.output in before:
            before.update(equation.uses())
    made = next((one for one in step.program.equations if one.output is start), None)
    calls = made.origin.calls if made is not None and start not in step.program.names else ()
    first = f"{calls[-1].op}'s {calls[-1].half}" if calls else step.name(start)
    reached, names = {start}, [first]
    for equation in step.program.equations:
        if equation.output in before and any(used in reached for used in equation.uses()):
            reached.add(equation.output)
            if equation.output in step.program.names or equation.output is end:
                names.append(step.name(equation.output))
    if len(names) > LONGEST_PATH:
        names = [*names[: LONGEST_PATH - 2], "...", names[-1]]
    return f"path: {' -> '.join(dict.fromkeys(names))}" if len(names) > 1 else ""
