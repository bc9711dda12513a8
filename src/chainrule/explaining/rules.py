"""What one operation computes, and what it sends back to each operand: taken from its op's own forward and backward.

An equation is traced with its pull-back, and the program is written as text in placeholder names. For numbers the
pull-back starts from 1, so the text is the local derivative; for arrays it starts from ``d``, and is the whole rule.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.compiling.simplify import simplify
from chainrule.compiling.source import write_source
from chainrule.ops.rules import RULES
from chainrule.tracing import vjp
from chainrule.tracing.program import Equation, Program, Variable
from chainrule.tracing.trace import trace
from chainrule.tracing.trees import leaves, map_tree

__all__ = ["Rule", "renamed", "rule_of", "slots_of"]


@dataclass(frozen=True, eq=False)
class Rule:
    """An operation and its pull-back, for operands of certain shapes.

    Args:
        formula: the operation in placeholders ``x0``, ``x1`` ...
        locals: for each slot the local derivative or pull-back, in these, ``out`` and ``d``; None where there is none.
        program: takes ``d`` where arrays are involved, then the slots; gives the result and one gradient for each slot
            that has one.
        is_array: whether arrays are involved.
    """

    formula: str
    locals: tuple[str | None, ...]
    program: Program
    is_array: bool

    def gradients(self, d_out: Any, values: Sequence[Any]) -> tuple[Any, ...]:
        """One for each slot: factors of numbers, messages of arrays; None where there is none."""
        _, *computed = self.program(*([d_out] if self.is_array else []), *values)
        found = iter(computed)
        return tuple(None if local is None else next(found) for local in self.locals)


def slots_of(equation: Equation) -> list[Variable]:
    """The variables that the equation uses, one entry a slot."""
    return list(equation.uses())


def rule_of(equation: Equation, values: Sequence[Any], output: Any) -> Rule:
    """The rule of an equation whose slots have these values.

    Args:
        equation: one operation.
        values: of its slots.
        output: what came out.
    """
    is_array = np.ndim(output) > 0 or any(np.ndim(value) for value in values)
    chosen = [number for number, value in enumerate(values) if _has_gradient(equation, value, output)]

    def pulled(*arguments: Any) -> Any:
        d_out, slots = (arguments[0], arguments[1:]) if is_array else (np.float64(1), arguments)
        if not chosen:
            return (_evaluated(equation, slots),)

        def operation(*differentiated: Any) -> Any:
            filled = list(slots)
            for number, value in zip(chosen, differentiated, strict=True):
                filled[number] = value
            return _evaluated(equation, filled)

        out, pull = vjp(operation, *(slots[number] for number in chosen))
        return out, *pull(d_out)

    arguments = [*([np.ones_like(output)] if is_array else []), *values]
    program = simplify(trace(pulled, *arguments))
    formula, *texts = _texts(program, is_array)
    by_slot = dict(zip(chosen, texts, strict=True))
    return Rule(formula, tuple(by_slot.get(number) for number in range(len(values))), program, is_array)


def _has_gradient(equation: Equation, value: Any, output: Any) -> bool:
    return equation.function in RULES and _is_float(value) and _is_float(output)


def _is_float(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def _evaluated(equation: Equation, slots: Sequence[Any]) -> Any:
    """The equation's function with the slots filled in, in the order of `slots_of`."""
    remaining = iter(slots)

    def filled(leaf: Any) -> Any:
        return next(remaining) if isinstance(leaf, Variable) else leaf

    operands = map_tree(filled, equation.operands)
    keywords = {name: map_tree(filled, value) for name, value in equation.keywords.items()}
    return equation.function(*operands, **keywords)


def _texts(program: Program, is_array: bool) -> list[str]:
    """The results as expressions in ``x0``, ``x1`` ..., ``d`` and, but for the first, ``out``."""
    inputs = program.input_variables
    names = ["d"] if is_array else []
    names += [f"x{number}" for number in range(len(inputs) - len(names))]
    results = leaves(program.outputs)
    called: dict[Variable, str] = dict(zip(inputs, names, strict=True))
    if isinstance(results[0], Variable):
        called.setdefault(results[0], "out")
    written = iter(_results(write_source(replace(program, names=called)).text))
    # A gradient that is the same for all values is a number in the outputs, which the text leaves out.
    return [next(written) if isinstance(result, Variable) else f"{float(result):g}" for result in results]


def _results(text: str) -> list[str]:
    """What the text returns, with all names but ``out`` replaced by what they stand for; ``out`` itself comes first."""
    function = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    known: dict[str, ast.expr] = {}
    for statement in function.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            known[statement.targets[0].id] = _inlined(statement.value, known, keep="out")
    last = function.body[-1]
    assert isinstance(last, ast.Return)
    assert last.value is not None
    first, *rest = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
    own = known.get("out", first)
    return [_shown(own), *(_shown(_inlined(expression, known, keep="out")) for expression in rest)]


def _shown(expression: ast.expr) -> str:
    """As text, with 1 for 1.0, ``a ** b`` for a power, and without the copy that a result gets that is there twice."""
    if isinstance(expression, ast.Call) and not expression.args and isinstance(expression.func, ast.Attribute):
        expression = expression.func.value if expression.func.attr == "copy" else expression

    class Plain(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.expr:
            self.generic_visit(node)
            is_power = ast.unparse(node.func) == "np.power" and not node.keywords
            return ast.BinOp(node.args[0], ast.Pow(), node.args[1]) if is_power else node

        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            whole = isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 1e15
            return ast.Constant(int(node.value)) if whole else node  # type: ignore[arg-type]

    return ast.unparse(Plain().visit(expression))


def _inlined(expression: ast.expr, known: Mapping[str, ast.expr], keep: str) -> ast.expr:
    class Inlining(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return known[node.id] if node.id in known and node.id != keep else node

    result: ast.expr = Inlining().visit(expression)
    return result


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A formula with other names in it.

    >>> renamed("d / x1", {"x1": "t2", "d": "d_t3"})
    'd_t3 / t2'
    """

    class Renaming(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.Name(names.get(node.id, node.id), ast.Load())

    return ast.unparse(Renaming().visit(ast.parse(text, mode="eval")))
