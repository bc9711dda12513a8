"""What remains of a recording: marks dropped, equal equations shared, unused ones left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.tracing.program import Equation, Program, Variable
from chainrule.tracing.recorder import mark, sharing_key
from chainrule.tracing.trees import leaves, map_tree

__all__ = ["drop_unused", "share", "strip"]


def strip(program: Program) -> Program:
    """The program without marks, repetitions and dead ends; its values keep their bits."""
    return drop_unused(share(program))


def share(program: Program, rewrite: Callable[[Equation], Any] = lambda equation: equation) -> Program:
    """One equation for each value: marks, and equations equal to an earlier one, give way to it.

    ``rewrite`` sees each equation with its operands settled, and gives another equation for the same output, or the
    variable or literal that the output is equal to.
    """
    replaced: dict[Variable, Any] = {}
    known: dict[Any, Variable] = {}
    equations = []

    def settle(leaf: Any) -> Any:
        return replaced.get(leaf, leaf) if isinstance(leaf, Variable) else leaf

    for original in program.equations:
        equation = rewrite(_with_operands(original, settle))
        if isinstance(equation, Equation):
            key = sharing_key(equation.function, equation.operands, equation.keywords)
            earlier = equation.operands[0] if equation.function is mark else known.get(key) if key else None
            if earlier is None:
                equations.append(equation)
                if key is not None:
                    known[key] = equation.output
                continue
        else:
            earlier = equation
        replaced[original.output] = earlier
    names = _names_of_heirs(program, replaced)
    outputs = map_tree(settle, program.outputs)
    return Program(program.name, program.inputs, program.constants, tuple(equations), outputs, names)


def _with_operands(equation: Equation, settle: Callable[[Any], Any]) -> Equation:
    operands = map_tree(settle, equation.operands)
    keywords = {name: map_tree(settle, value) for name, value in equation.keywords.items()}
    return Equation(equation.output, equation.function, operands, keywords, equation.origin)


def _names_of_heirs(program: Program, replaced: dict[Variable, Any]) -> dict[Variable, str]:
    """What gave way leaves its name, which was given later, unless the heir is an input."""
    names = dict(program.names)
    inputs = set(program.input_variables)
    for variable, heir in replaced.items():
        if variable in names and isinstance(heir, Variable) and heir not in inputs:
            names[heir] = names[variable]
    return names


def drop_unused(program: Program) -> Program:
    """The program without equations and constants that no output needs."""
    needed = set(program.output_variables)
    kept: list[Equation] = []
    for equation in reversed(program.equations):
        if equation.output in needed:
            needed.update(equation.uses())
            kept.append(equation)
    constants = {variable: value for variable, value in program.constants.items() if variable in needed}
    alive = needed.union(leaf for leaf in leaves(program.inputs) if isinstance(leaf, Variable))
    names = {variable: name for variable, name in program.names.items() if variable in alive}
    return Program(program.name, program.inputs, constants, tuple(reversed(kept)), program.outputs, names)
