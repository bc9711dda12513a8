"""Forms that overflow or cancel give way to forms that do neither, and notes say which and why.

The values change in their last bits, so this is no part of `simplify`, and `compile` does it only when asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.tracing.forms import Form, find_forms
from chainrule.tracing.program import Equation, Program, Variable
from chainrule.tracing.strip import drop_unused, share
from chainrule.tracing.trace import trace
from chainrule.tracing.trees import leaves, map_tree

__all__ = ["hints", "safer"]


def safer(program: Program, differentiated: Iterable[Form] = ()) -> tuple[Program, tuple[str, ...]]:
    """The program with every unsafe form replaced, and a note for each; the same program if there is none.

    >>> x = np.array([-1000.0, 0.0, 1000.0])
    >>> program, notes = safer(trace(lambda x: np.log(1 + np.exp(x)), np.zeros(3)))
    >>> program(x).round(6).tolist()
    [0.0, 0.693147, 1000.0]
    >>> print(*notes)
    safer: log(1 + exp(x)) overflows for large x; written np.logaddexp(0, x)

    Args:
        program: any program. Derivatives in it are safe only if it was traced within `safer_derivatives`, since they
            are made from the form as it was.
        differentiated: the forms that were differentiated so, for the notes.
    """
    forms, needed = _forms_in_use(program)
    notes = [_note(form, needed) for form in forms.values()]
    notes += [
        f"safer: {_reason(form)}; its derivative is taken from {form.instead}"
        for form in _others(differentiated, forms)
    ]
    if not forms:
        return program, tuple(dict.fromkeys(notes))
    return _rewritten(program, forms), tuple(dict.fromkeys(notes))


def hints(program: Program) -> tuple[str, ...]:
    """What `safer` would replace in the program."""
    forms, _ = _forms_in_use(program)
    lines = [f"{_reason(form)}; compile(..., safer=True) writes {form.instead}" for form in forms.values()]
    return tuple(dict.fromkeys(lines))


def _reason(form: Form) -> str:
    return f"{form.written} {form.why}"


def _note(form: Form, needed: set[Variable]) -> str:
    remains = "" if needed.isdisjoint(form.unsafe) else "; its exp is needed elsewhere too and can still overflow"
    return f"safer: {_reason(form)}; written {form.instead}{remains}"


def _others(differentiated: Iterable[Form], forms: dict[Variable, Form]) -> Iterator[Form]:
    """The forms of which the program needs only the derivatives."""
    written = {form.written for form in forms.values()}
    return (form for form in differentiated if form.written not in written)


def _forms_in_use(program: Program) -> tuple[dict[Variable, Form], set[Variable]]:
    """The forms that the outputs need, and all that is needed once these are replaced."""
    found = find_forms(program.equations)
    needed = set(program.output_variables)
    used: dict[Variable, Form] = {}
    for equation in reversed(program.equations):
        if equation.output in needed:
            form = found.get(equation.output)
            if form is not None:
                used[equation.output] = form
            arrays = equation.uses() if form is None else leaves(form.arrays)
            needed.update(leaf for leaf in arrays if isinstance(leaf, Variable))
    return dict(reversed(used.items())), needed


def _rewritten(program: Program, forms: dict[Variable, Form]) -> Program:
    """The program with the forms' outputs made by their ops' equations."""
    equations: list[Equation] = []
    names = dict(program.names)
    authors: dict[Variable, str] = {}
    replaced: dict[Variable, Variable] = {}
    number = 1 + max(variable.number for variable in _variables(program))
    for equation in program.equations:
        form = forms.get(equation.output)
        written = None if form is None else _written(form)
        if form is None or written is None:
            equations.append(equation)
            continue
        own: dict[Variable, Any] = dict(
            zip(written.input_variables, filter(_is_variable, leaves(form.arrays)), strict=True)
        )
        for inner in written.equations:
            own[inner.output] = Variable(number, inner.output.shape, inner.output.dtype)
            number += 1
            if inner.output in written.names:
                names[own[inner.output]] = written.names[inner.output]
            equations.append(_with(inner, own, equation))
        replaced[equation.output] = own[written.outputs]
        names.pop(own[written.outputs], None)
        if equation.output in program.names:
            authors[own[written.outputs]] = program.names[equation.output]

    def settled(leaf: Any) -> Any:
        return replaced.get(leaf, leaf) if isinstance(leaf, Variable) else leaf

    settled_equations = tuple(_with(equation, replaced, equation) for equation in equations)
    outputs = map_tree(settled, program.outputs)
    shared = share(Program(program.name, program.inputs, program.constants, settled_equations, outputs, names))
    # What the author called a form stays its name, whatever the op's backward calls it.
    return drop_unused(replace(shared, names={**shared.names, **authors}))


def _with(equation: Equation, own: dict[Variable, Any], origin: Equation) -> Equation:
    """The equation with other variables, on the line of the author's code that it comes from."""

    def settled(leaf: Any) -> Any:
        return own.get(leaf, leaf) if isinstance(leaf, Variable) else leaf

    operands = map_tree(settled, equation.operands)
    keywords = {name: map_tree(settled, value) for name, value in equation.keywords.items()}
    return Equation(settled(equation.output), equation.function, operands, keywords, origin.origin)


def _written(form: Form) -> Program | None:
    """The op's forward as a program of the form's arrays; None if it gives something else than the form."""

    def forward(*arrays: Any) -> Any:
        return form.op.forward(*arrays, **form.parameters)[0]

    examples = [map_tree(_example, array) for array in form.arrays]
    written = trace(forward, *examples)
    constant = written.constants or not isinstance(written.outputs, Variable)
    return None if constant or not form.gives(written.outputs) else written


def _example(leaf: Any) -> Any:
    """Zeros like a variable; literals stand for themselves."""
    if not isinstance(leaf, Variable):
        return leaf
    return leaf.dtype(0) if isinstance(leaf.dtype, type) else np.zeros(leaf.shape, leaf.dtype)


def _is_variable(leaf: Any) -> bool:
    return isinstance(leaf, Variable)


def _variables(program: Program) -> Iterator[Variable]:
    yield from program.input_variables
    yield from program.constants
    yield from (equation.output for equation in program.equations)
