"""A step written down with its values: what each value is made of, by which op, in which layer, on which line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import chainrule
from chainrule.checking.models.subject import Parameters, Subject
from chainrule.tracing.attempts import attempted
from chainrule.tracing.errors import unwrapped
from chainrule.tracing.names import collecting_names
from chainrule.tracing.program import Equation, Variable, primitive_name
from chainrule.tracing.recorder import Call, Recorder
from chainrule.tracing.tracer import Tracer
from chainrule.tracing.trees import map_tree

__all__ = ["Recording", "record"]

_PACKAGE = str(Path(chainrule.__file__).parent)

# What leaves the entries as they are, whatever their places and dtype.
_SAME_ENTRIES = {
    "mark",
    "astype",
    "copy",
    "reshape",
    "ravel",
    "squeeze",
    "expand_dims",
    "broadcast_to",
    "ascontiguousarray",
}


@dataclass(frozen=True, eq=False)
class Recording:
    """The forward half of one step, with all values.

    Args:
        recorder: has the equations, calls, values and names.
        parameters: their variables by name.
        x, y: the data's variables; y is None where it had to stay a plain array.
        output: the model's output; None where it is no traced value.
        loss: the number that training makes small; None likewise.
        rows: samples that were used.
    """

    recorder: Recorder
    parameters: Mapping[str, Variable]
    x: Variable
    y: Variable | None
    output: Variable | None
    loss: Variable | None
    rows: int
    made_by: Mapping[Variable, Equation] = field(default_factory=dict)

    @property
    def equations(self) -> list[Equation]:
        """In the order in which they ran."""
        return self.recorder.equations

    @property
    def calls(self) -> Mapping[Variable, Call]:
        """Calls of ops, by their result."""
        return self.recorder.calls

    def value(self, leaf: Any) -> Any:
        """The array that a variable stands for; a literal is itself."""
        return self.recorder.values[leaf] if isinstance(leaf, Variable) else leaf

    def equation(self, leaf: Any, *names: str) -> Equation | None:
        """The equation that made this value, if its function is one of these."""
        made = self.made_by.get(leaf) if isinstance(leaf, Variable) else None
        return made if made is not None and (not names or primitive_name(made.function) in names) else None

    def through(self, leaf: Any) -> Any:
        """The value that this one is only another form of: reshaped, cast, marked, one column of it."""
        while (made := self.equation(leaf)) is not None:
            name = primitive_name(made.function)
            plain = name in _SAME_ENTRIES or (name == "getitem" and _is_plain_index(made.operands[1]))
            if not plain:
                break
            leaf = made.operands[0]
        return leaf

    def ancestors(self, variables: Iterable[Variable | None]) -> set[Variable]:
        """Everything that these are made of, themselves included."""
        found = {variable for variable in variables if variable is not None}
        for equation in reversed(self.equations):
            if equation.output in found:
                found.update(equation.uses())
        return found

    def layer(self, variable: Variable) -> str:
        """The layer that made a value, ``"2 ReLU"``; empty where the model names none."""
        made = self.made_by.get(variable)
        return made.origin.group if made is not None else ""

    def name(self, leaf: Any) -> str:
        """What the author calls a value; else how it was made."""
        if not isinstance(leaf, Variable):
            return repr(leaf)
        names = self.recorder.names
        if leaf in names:
            return names[leaf]
        made = self.equation(leaf)
        if made is None:
            return "a constant"
        if primitive_name(made.function) in _SAME_ENTRIES:
            return self.name(made.operands[0])
        return f"the result of {primitive_name(made.function)}"

    def line(self, variable: Variable) -> str:
        """Where a value was made, as words to put behind a sentence: the layer, the author's line."""
        layer = self.layer(variable)
        source = self.source(variable)
        return (f" in layer {layer}" if layer else "") + (f" (`{source}`)" if source else "")

    def source(self, variable: Variable) -> str:
        """The author's line that made a value: for what an op makes, the line that calls the op."""
        made = [self.made_by.get(leaf) for leaf in (self._call_of(variable), variable)]
        lines = [one.origin.source for one in made if one is not None and not _is_own(one)]
        return lines[0] if lines else ""

    def _call_of(self, variable: Variable) -> Any:
        return next((out for out in self.calls if self.through(out) is self.through(variable)), None)

    def parameter_name(self, leaf: Any) -> str:
        """The parameter that this value is, or is another form of; empty for anything else."""
        leaf = self.through(leaf)
        while (made := self.equation(leaf, "transpose", "matrix_transpose", "swapaxes")) is not None:
            leaf = self.through(made.operands[0])
        return next((name for name, variable in self.parameters.items() if variable is leaf), "")

    def path(self, start: Variable, end: Variable | None) -> Iterator[Variable]:
        """The named values on the way from one value to another, both ends left out."""
        between = self.ancestors([end])
        reached = {start}
        for equation in self.equations:
            if equation.output in between and any(used in reached for used in equation.uses()):
                reached.add(equation.output)
                if equation.output in self.recorder.names and equation.output is not end:
                    yield equation.output


def record(subject: Subject, parameters: Parameters, x: Any, y: Any) -> Recording:
    """Write the forward half of a step down.

    Raises:
        TracingError: the code cannot be written down.
    """
    assert subject.traced is not None
    try:
        return _recorded(subject.traced, parameters, x, y, traced_labels=True)
    except Exception:
        # Labels that index an array made beforehand, np.eye(K)[y], can only be plain numbers.
        return _recorded(subject.traced, parameters, x, y, traced_labels=False)


def _recorded(
    function: Callable[..., Any], parameters: Parameters, x: Any, y: Any, *, traced_labels: bool
) -> Recording:
    def attempt(recorder: Recorder) -> Recording:
        inputs = {name: recorder.input(np.array(value)) for name, value in parameters.items()}
        data, labels = recorder.input(np.array(x)), recorder.input(np.array(y)) if traced_labels else np.array(y)
        names = {name: tracer.read() for name, tracer in inputs.items()}
        recorder.names.update({variable: name for name, variable in names.items()})
        recorder.names[data.read()] = "x"
        known_y = labels.read() if isinstance(labels, Tracer) else None
        if known_y is not None:
            recorder.names[known_y] = "y"
        own = dict(recorder.names)
        try:
            with recorder.recording(), collecting_names(recorder), unwrapped():
                output, loss = function(map_tree(recorder.snapshot, inputs), recorder.snapshot(data), labels)
        finally:
            recorder.restore()
        recorder.names.update(own)
        return Recording(
            recorder,
            names,
            data.read(),
            known_y,
            output.read() if isinstance(output, Tracer) else None,
            loss.read() if isinstance(loss, Tracer) else None,
            len(x),
            {equation.output: equation for equation in recorder.equations},
        )

    return attempted(attempt)


def _is_own(equation: Equation) -> bool:
    """Whether the package wrote the line, which says nothing to a model's author."""
    return equation.origin.code.co_filename.startswith(_PACKAGE)


def _is_plain_index(index: Any) -> bool:
    """Slices, new axes and single columns: the chosen entries stay what they are."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (slice, int)) for part in parts)
