"""The line of a program that was changed, as text before and after: ``1 - out`` and ``out - 1``."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from chainrule.checking.hypotheses.changes import Change, same
from chainrule.compiling import write_source
from chainrule.tracing import Equation, Program, Variable

__all__ = ["told"]


def told(program: Program, change: Change) -> dict[str, Any]:
    """The facts that the sentence about a change needs."""
    right_equation = next(one for one in program.equations if one.output is change.equation.output)
    right = text(program, right_equation)
    yours = text(program, change.equation)
    yours = f"-({yours})" if change.negated else yours
    facts = {"yours": yours, "right": right, "formula": right, "where": f"in `{right}`"}
    if change.code == "WRONG_AXIS":
        facts["axis"] = str(change.equation.keywords.get("axis"))
        facts["right"] = f"axis {right_equation.keywords.get('axis')}, `{right}`"
    if change.code in ("TERM_MISSING", "FACTOR_MISSING"):
        facts["term"] = facts["factor"] = f"`{_of(program, change.dropped, right_equation)}`"
    return facts


def text(program: Program, equation: Equation) -> str:
    """An equation's right-hand side, with names for what has one, and the rest written out."""
    if equation.function is same:
        return _of(program, equation.operands[0], equation)
    if " @ " in getattr(equation.function, "__name__", ""):
        left, right = (_of(program, operand, equation) for operand in equation.operands)
        return str(equation.function.__name__).replace("a", _wrapped(left), 1).replace(" b", f" {_wrapped(right)}")
    return _written(program, equation)


def _wrapped(expression: str) -> str:
    return expression if expression.replace("_", "").replace(".", "").isalnum() else f"({expression})"


def _of(program: Program, operand: Any, equation: Equation) -> str:
    """One operand as text."""
    if not isinstance(operand, Variable):
        return f"{operand:g}" if isinstance(operand, float) else str(operand)
    if operand in program.names:
        return program.names[operand]
    made = next((one for one in program.equations if one.output is operand), None)
    return _written(program, made) if made is not None else f"a constant {operand.shape}"


def _written(program: Program, equation: Equation) -> str:
    """The expression, through the writer of compiled steps: named values stand for themselves."""
    needed, waiting = [equation], list(equation.uses())
    free: dict[Variable, None] = {}
    by_output = {one.output: one for one in program.equations}
    while waiting:
        variable = waiting.pop()
        if variable in program.names or variable not in by_output:
            free[variable] = None
        elif by_output[variable] not in needed:
            needed.append(by_output[variable])
            waiting += by_output[variable].uses()
    inputs = tuple(variable for variable in free if variable not in program.constants)
    equations = tuple(one for one in program.equations if one in needed and one is not equation)
    names = {variable: program.names[variable] for variable in inputs if variable in program.names}
    part = replace(
        program,
        name="text",
        inputs=inputs,
        equations=(*(one for one in equations if one.output is not equation.output), equation),
        outputs=equation.output,
        names=names,
    )
    return _in_one_line(write_source(part).text)


def _in_one_line(text: str) -> str:
    """What the source returns, with the names that only the writer made up replaced by what they stand for."""
    *assigned, returned = ast.parse(text).body[-1].body  # type: ignore[attr-defined]
    expressions = {
        one.targets[0].id: one.value
        for one in assigned
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
    }

    class Inlined(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return self.visit(expressions[node.id]) if node.id in expressions else node

    return ast.unparse(Inlined().visit(returned.value)).replace("numpy.", "np.")
