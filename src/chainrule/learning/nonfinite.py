"""Where a nan or an infinity came from: the training is repeated up to there, and looked at equation by equation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.compiling import write_source
from chainrule.learning.epochs import Source
from chainrule.learning.state import State, copied
from chainrule.learning.training_step import TrainingStep
from chainrule.tracing.program import Equation, Program, Variable, primitive_name
from chainrule.tracing.trees import leaves

__all__ = ["Origin", "all_finite", "find_origin", "first_nonfinite"]


@dataclass(frozen=True)
class Origin:
    """The step that made the first nan or infinity; ``state`` is the one from before it."""

    state: State
    description: str


def find_origin(
    snapshot: State,
    until: tuple[int, int],
    step: TrainingStep,
    batches: Source,
    rate: Callable[[int], float],
) -> Origin:
    """Repeat the training from ``snapshot`` to the first step whose loss or new parameters are not finite.

    The same text runs on the same batches, so the bits agree. ``until`` is the epoch and the row where the
    training stopped: no later step is to blame.
    """
    state = snapshot
    while True:
        order = state.rng.bit_generator.state
        for batch in batches.epoch(state.rng, state.epoch, state.rows):
            before = copied(state.parameters), copied(state.optimizer)
            given: tuple[Any, ...] = (rate(state.epoch), *batch)
            loss, *values = step.run_for(state, *given)(*state.values(), *given)
            state.take(values)
            if not (math.isfinite(loss) and all_finite(state.parameters)) or (state.epoch, state.rows) == until:
                state.parameters, state.optimizer = before
                state.rng.bit_generator.state = order
                program = step.program(state, *given)
                return Origin(state, first_nonfinite(program, [*state.values(), *given]))
            state.loss_sum += float(loss) * len(batch[0])
            state.rows += len(batch[0])
        state.epoch, state.rows, state.loss_sum = state.epoch + 1, 0, 0.0


def all_finite(parameters: Mapping[str, Any]) -> bool:
    """Whether no entry of any parameter is nan or infinite."""
    return all(map(_is_finite, parameters.values()))


def first_nonfinite(program: Program, inputs: list[Any]) -> str:
    """Say which value spoiled the program's results first, how it was made, and from what.

    An infinity that goes no further, such as a log(0) that is masked, is not it.
    """
    values = dict(program.constants) | dict(zip(program.input_variables, inputs, strict=True))
    with np.errstate(all="ignore"):
        for equation in program.equations:
            values[equation.output] = equation.evaluate(lambda leaf: _value(values, leaf))
    guilty = _guilty(program, values)
    for variable in program.input_variables:
        if variable in guilty:
            return f"{program.names[variable]}, which the step starts from, {_describe(values[variable])}."
    for equation in program.equations:
        if equation.output in guilty:
            return _describe_equation(program, equation, values)
    return "repeated by itself, the step gives finite values."


def _guilty(program: Program, values: Mapping[Variable, Any]) -> set[Variable]:
    """The values that are not finite and reached the first result that isn't, the loss if it is one."""
    spoiled = _not_finite(program.output_variables, values)
    guilty = set(spoiled[:1])
    for equation in reversed(program.equations):
        if equation.output in guilty:
            guilty.update(_not_finite(equation.uses(), values))
    return guilty


def _not_finite(variables: Iterable[Variable], values: Mapping[Variable, Any]) -> list[Variable]:
    return [variable for variable in variables if not _is_finite(values[variable])]


def _describe_equation(program: Program, equation: Equation, values: Mapping[Variable, Any]) -> str:
    """``p = exp(logits), in softmax's forward (`p = np.exp(x)`), has 2 of 9 entries nan or infinite: logits ...``."""
    names = write_source(program).names
    made_by = {earlier.output: earlier for earlier in program.equations}

    def called(leaf: Any, depth: int = 1) -> str:
        if not isinstance(leaf, Variable):
            return repr(leaf)
        return names.get(leaf) or (_call(made_by[leaf], lambda leaf: called(leaf, depth - 1)) if depth else "...")

    name = f"{names[equation.output]} = " if equation.output in names else ""
    operands = [f"{called(leaf)} {_describe(values[leaf])}" for leaf in dict.fromkeys(equation.uses())]
    return (
        f"{name}{_call(equation, called)}{_place(equation)}, {_describe(values[equation.output])}; "
        f"{', '.join(operands)}."
    )


def _call(equation: Equation, called: Callable[[Any], str]) -> str:
    operands = [called(leaf) for leaf in leaves(equation.operands)]
    return f"{primitive_name(equation.function)}({', '.join(operands)})"


def _place(equation: Equation) -> str:
    """The op and the layer that the equation belongs to, and the line that wrote it."""
    origin = equation.origin
    within = f", in {origin.calls[-1].op}'s {origin.calls[-1].half}" if origin.calls else ""
    layer = f", in layer {origin.group}" if origin.group else ""
    return f"{within}{layer} (`{origin.source}`)"


def _value(values: Mapping[Variable, Any], leaf: Any) -> Any:
    return values[leaf] if isinstance(leaf, Variable) else leaf


def _is_finite(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _describe(value: Any) -> str:
    array = np.asarray(value)
    bad = int(np.size(array) - np.isfinite(array).sum()) if array.dtype.kind == "f" else 0
    if bad:
        return f"has {bad} of {array.size} entries nan or infinite" if array.ndim else f"is {array}"
    return f"goes from {array.min():.3g} to {array.max():.3g}" if array.ndim and array.size else f"is {array}"
