"""First-order mutants: right solutions with one small change each in their syntax trees, without those that change
nothing.
"""

import ast
import copy
import re
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from catalogue.arrays import arrays_for, with_one_hot
from catalogue.entry import Right, made, subject_of
from catalogue.running import run

OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
COMPARISONS = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
}
NEIGHBOURS = {
    "exp": "log", "log": "exp", "maximum": "minimum", "minimum": "maximum", "sum": "mean", "mean": "sum", "max": "min",
    "min": "max", "argmax": "argmin", "sqrt": "square", "square": "sqrt", "sign": "abs", "abs": "sign", "log1p": "log",
    "expm1": "exp", "tanh": "sin", "zeros": "ones", "zeros_like": "ones_like", "ones_like": "zeros_like", "var": "std",
    "hstack": "vstack",
}  # fmt: skip
REFUSALS = ("TypeError", "AttributeError", "NameError", "UnboundLocalError")
REDUCING = ("sum", "mean", "max", "min")


@dataclass(frozen=True, eq=False)
class Mutant:
    """A right solution with one change.

    Args:
        right: the solution.
        change: what was changed, and the line.
        text: the whole module.
        refused: whether Python itself refuses it, since a value is of the wrong type or a name or attribute is not
            there, on all arrays; Python says the line, and there is no mathematics to diagnose.
    """

    right: Right
    change: str
    text: str
    refused: bool = False

    @property
    def name(self):
        return f"{self.right.name}: {self.change}"

    @property
    def subject(self) -> Any:
        """What is handed to `check`, new each time."""
        return subject_of(made(self.text, self.name))


def mutants_of(right):
    """All that behave differently, each once, in the order of the text."""
    tree = ast.parse(right.text)
    nodes = list(ast.walk(tree))
    known, found = {ast.unparse(tree)}, []
    for number, node in enumerate(nodes):
        for change, make in _changes(node, tree):
            mutated = copy.deepcopy(tree)
            make(list(ast.walk(mutated))[number], mutated)
            text = "\n" + ast.unparse(ast.fix_missing_locations(mutated)) + "\n"
            # A list that contains itself becomes an array of 64 axes.
            if text not in known and not re.search(r"(\w+)\.append\(\1\)", text):
                known.add(text)
                found.append(Mutant(right, f"{change}, line {getattr(node, 'lineno', 0)}", text))
    questions = questions_for(right)
    expected = [behaviour(right.subject, arrays) for arrays in questions]
    return [judged for one in found if (judged := _judged(one, questions, expected)) is not None]


def _judged(mutant, questions, expected):
    """The mutant, or None where it does the same as the right one."""
    shown = [behaviour(mutant.subject, arrays) for arrays in questions]
    if all(alike(own, wanted) for own, wanted in zip(shown, expected, strict=True)):
        return None
    return replace(mutant, refused=all(isinstance(one, str) and one in REFUSALS for one in shown))


def questions_for(right):
    """The arrays on which a right one and its mutants are compared."""
    questions = arrays_for(right)
    if right.inputs is None and right.like == "softmax_cross_entropy":
        try:
            run(right.subject, questions[0])
        except (ValueError, IndexError, TypeError):
            return [with_one_hot(arrays) for arrays in questions]
    return questions


# -- what changes -----------------------------------------------------------------------------------------


def _changes(node, tree):
    """Each change of one node: what to call it, and a function that makes it in a copy."""
    if isinstance(node, ast.BinOp):
        yield from _operators(node)
    elif isinstance(node, ast.AugAssign):
        for other in OPERATORS.get(type(node.op), ()):
            yield f"{_sign(node.op)}= became {_sign(other())}=", _setting("op", other())
        yield f"{_sign(node.op)}= became =", _replacing(lambda own: ast.Assign([own.target], own.value))
        yield "statement removed", _replacing(lambda own: ast.Pass())
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield f"comparison became {other.__name__}", _setting("ops", [other()])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "minus removed", _replacing(lambda own: own.operand)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from _constants(node)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from _attributes(node)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _names(node, tree)
    elif isinstance(node, ast.Assign | ast.Return) and node.value is not None:
        yield from _statements(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "statement removed", _replacing(lambda own: ast.Pass())


def _operators(node):
    for other in OPERATORS.get(type(node.op), ()):
        yield f"{_sign(node.op)} became {_sign(other())}", _setting("op", other())
    if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow):
        yield f"operands of {_sign(node.op)} swapped", _replacing(lambda own: ast.BinOp(own.right, own.op, own.left))
    if isinstance(node.op, ast.MatMult):
        for side in ("left", "right"):
            if isinstance(getattr(node, side), ast.Name):
                yield f"{side} of @ transposed", _wrapping(side, lambda own: ast.Attribute(own, "T", ast.Load()))


def _constants(node):
    yield f"{node.value} became {node.value + 1}", _setting("value", node.value + 1)
    if node.value:
        yield f"{node.value} became 0", _setting("value", type(node.value)(0))


def _attributes(node):
    if node.attr == "T":
        yield ".T removed", _replacing(lambda own: own.value)
    elif node.attr in NEIGHBOURS:
        yield f"{node.attr} became {NEIGHBOURS[node.attr]}", _setting("attr", NEIGHBOURS[node.attr])


def _calls(node):
    if len(node.args) >= 2 and not any(isinstance(one, ast.Starred | ast.Constant) for one in node.args[:1]):
        yield "arguments swapped", lambda own, _: own.args.__setitem__(slice(0, 2), own.args[1::-1])
    for place, keyword in enumerate(node.keywords):
        if keyword.arg in ("axis", "keepdims"):
            yield f"{keyword.arg} removed", lambda own, _, place=place: own.keywords.pop(place)
    reduces = isinstance(node.func, ast.Attribute) and node.func.attr in REDUCING
    if reduces and "keepdims" not in [one.arg for one in node.keywords]:
        keyword = ast.keyword("keepdims", ast.Constant(True))
        yield "keepdims added", lambda own, _: own.keywords.append(keyword)


def _names(node, tree):
    """Another name of the same function that has a value already."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or node not in list(ast.walk(function)):
            continue
        known = {one.arg for one in function.args.args} - {"self"}
        stored = [one for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
        known |= {one.id for one in stored if one.lineno < node.lineno}
        if node.id in known and len(known) > 1:
            names = sorted(known)
            other = names[(names.index(node.id) + 1) % len(names)]
            yield f"{node.id} became {other}", _setting("id", other)


def _statements(node):
    if isinstance(node.value, ast.Tuple) and isinstance(node, ast.Return):
        for place in range(len(node.value.elts)):
            yield (
                f"minus in result {place + 1}",
                lambda own, _, place=place: own.value.elts.__setitem__(
                    place, ast.UnaryOp(ast.USub(), own.value.elts[place])
                ),
            )
        yield "results swapped", lambda own, _: own.value.elts.__setitem__(slice(0, 2), own.value.elts[1::-1])
    elif not isinstance(node.value, ast.Tuple | ast.Dict | ast.Constant):
        yield "minus added", _wrapping("value", lambda own: ast.UnaryOp(ast.USub(), own))
    if isinstance(node, ast.Return):
        yield "return removed", _replacing(lambda own: ast.Expr(own.value))
    elif not isinstance(node.targets[0], ast.Name | ast.Tuple):
        yield "statement removed", _replacing(lambda own: ast.Pass())


def _setting(field, value):
    return lambda own, tree: setattr(own, field, value)


def _wrapping(field, wrap):
    return lambda own, tree: setattr(own, field, wrap(getattr(own, field)))


def _replacing(make):
    def replaced(own, tree):
        for parent in ast.walk(tree):
            for field, value in ast.iter_fields(parent):
                if value is own:
                    setattr(parent, field, make(own))
                    return
                if isinstance(value, list) and any(one is own for one in value):
                    value[[one is own for one in value].index(True)] = make(own)
                    return

    return replaced


def _sign(operator):
    return ast.unparse(ast.BinOp(ast.Name("a"), operator, ast.Name("b")))[2:-2]


# -- what it does ------------------------------------------------------------------------------------------


def behaviour(subject, arrays):
    """All that a run shows: results, gradients twice, what became of the arguments, warnings; or the error's type."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn"):
        warnings.simplefilter("always")
        try:
            shown = run(subject, arrays)
        except Exception as error:  # whatever a mutant raises is what it does
            return type(error).__name__
    return *shown, sorted({str(one.message) for one in caught if one.category is RuntimeWarning})


def alike(first, second):
    """Whether two runs show the same, to 1e-12."""
    if isinstance(first, str) or isinstance(second, str):
        return isinstance(first, str) and first == second
    return _same(list(first), list(second))


def _same(a, b):
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, list | tuple) or isinstance(b, list | tuple):
        return False
    if a is None or b is None or isinstance(a, str):
        return a is b or (isinstance(a, str) and a == b)
    try:
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return bool(np.allclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True))
    except (TypeError, ValueError):
        return False
