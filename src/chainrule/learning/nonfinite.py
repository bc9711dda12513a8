"""Where a nan or an infinity came from: the first equation of a program whose result is not finite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.compiling import write_source
from chainrule.tracing.program import Equation, Program, Variable, primitive_name
from chainrule.tracing.trees import leaves

__all__ = ["first_nonfinite"]


def first_nonfinite(program: Program, inputs: list[Any]) -> str:
    """Say which value of the program is the first that is not finite, how it was made, and from what."""
    values = dict(program.constants) | dict(zip(program.input_variables, inputs, strict=True))
    names = write_source(program).names
    for variable in program.input_variables:
        if not _is_finite(values[variable]):
            return f"Already {names[variable]}, an input of the step, {_describe(values[variable])}."
    with np.errstate(all="ignore"):
        for equation in program.equations:
            values[equation.output] = equation.evaluate(
                lambda leaf: values.get(leaf, leaf) if _is(leaf) else leaf
            )
            if not _is_finite(values[equation.output]):
                return _describe_equation(equation, values, names)
    return "Run again by itself, every value is finite."


def _is(leaf: Any) -> bool:
    return isinstance(leaf, Variable)


def _describe_equation(equation: Equation, values: dict[Variable, Any], names: Mapping[Variable, str]) -> str:
    shown = []
    for leaf in leaves(equation.operands):
        if isinstance(leaf, Variable):
            shown.append(f"{names.get(leaf, 'a value')} ({_describe(values[leaf])})")
        elif isinstance(leaf, (int, float)):
            shown.append(repr(leaf))
    calls = equation.origin.calls
    within = f" in {calls[-1].op}'s {calls[-1].half}" if calls else ""
    name = names.get(equation.output, "a value without a name")
    return (
        f"First is {name} = {primitive_name(equation.function)} of {', '.join(shown)}{within}, "
        f"which {_describe(values[equation.output])} (`{equation.origin.source}`)."
    )


def _is_finite(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _describe(value: Any) -> str:
    array = np.asarray(value)
    bad = int(np.size(array) - np.isfinite(array).sum()) if array.dtype.kind == "f" else 0
    if bad:
        return f"has {bad} of {array.size} entries nan or infinite" if array.ndim else f"is {array}"
    return f"from {array.min():.3g} to {array.max():.3g}" if array.ndim and array.size else f"is {array}"
