"""First-order changes of a solution's syntax tree: what somebody may get wrong at one place.

Every change replaces one expression or statement by another, so that both can be shown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "changes_of"]

OPERATORS: Mapping[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
NEIGHBOURS = {
    "exp": "log", "log": "exp", "maximum": "minimum", "minimum": "maximum", "sum": "mean", "mean": "sum", "max": "min",
    "min": "max", "argmax": "argmin", "argmin": "argmax", "sqrt": "square", "square": "sqrt", "sign": "abs",
    "abs": "sign", "log1p": "log", "expm1": "exp", "tanh": "sin", "sin": "cos", "cos": "sin", "zeros": "ones",
    "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like", "var": "std", "std": "var",
    "hstack": "vstack", "vstack": "hstack",
}  # fmt: skip
REDUCING = ("sum", "mean", "max", "min", "prod", "var", "std")
LONGEST_CONTEXT = 40
UPSTREAM = ("dout", "d_out", "grad_out", "grad_output", "upstream", "dy", "grad")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Change:
    """One replacement.

    Args:
        old: the expression or statement, a node of the tree.
        new: what stands there instead.
        shown: the node around ``old`` that makes the change readable; ``old`` itself where it does.
        known: the name of a well-known mistake; empty for a change that anybody may make.
    """

    old: ast.AST
    new: ast.AST
    shown: ast.AST
    known: str = ""


def changes_of(statement: ast.stmt, is_inside: Callable[[ast.AST], bool]) -> Iterator[Change]:
    """Every change of a statement at the top level of a module, in the order of the text.

    Args:
        statement: a function, a class, or any other.
        is_inside: whether a node stands inside a region that learners fill in; others are left alone.
    """
    parents = {child: parent for parent in ast.walk(statement) for child in ast.iter_child_nodes(parent)}
    inside = [node for node in ast.walk(statement) if hasattr(node, "lineno") and is_inside(node)]
    for node in sorted(inside, key=_position):
        for old, new, known in _changes(node, parents, statement):
            yield Change(old, new, _shown(old, parents), known)


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _shown(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.AST:
    """A short expression or statement around a node: a name alone says little."""
    shown = node
    while shown in parents:
        larger = parents[shown]
        is_small = isinstance(shown, ast.Name | ast.Constant | ast.Attribute | ast.keyword | ast.UnaryOp)
        is_text = isinstance(larger, ast.expr | ast.keyword | ast.Return | ast.Assign | ast.AugAssign | ast.Expr)
        if not is_text or isinstance(shown, ast.stmt):
            break
        if not is_small and (len(ast.unparse(larger)) > LONGEST_CONTEXT or isinstance(larger, ast.Tuple)):
            break
        shown = larger
    return shown


Replacement = tuple[ast.AST, ast.AST, str]


def _changes(node: ast.AST, parents: Mapping[ast.AST, ast.AST], top: ast.stmt) -> Iterator[Replacement]:
    match node:
        case ast.BinOp():
            yield from _operations(node)
        case ast.AugAssign():
            yield from _augmented(node)
        case ast.Compare(ops=[operator]):
            for other in COMPARISONS.get(type(operator), ()):
                yield node, ast.Compare(node.left, [other()], node.comparators), ""
        case ast.BoolOp():
            yield node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values), ""
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield node, node.operand, ""
        case ast.Constant() if type(node.value) in (int, float, bool):
            yield from _constants(node, parents)
        case ast.Attribute(ctx=ast.Load()):
            yield from _attributes(node)
        case ast.Call():
            yield from _calls(node)
        case ast.Name(ctx=ast.Load()):
            yield from _names(node, parents)
        case ast.IfExp():
            yield node, node.body, ""
            yield node, node.orelse, ""
        case ast.Assign() | ast.Return() | ast.AnnAssign() if node.value is not None:
            yield from _values(node, parents)
        case ast.Expr(value=ast.Call()):
            yield node, ast.Pass(), ""
        case ast.If():
            yield node, ast.If(ast.Constant(True), node.body, node.orelse), ""
            yield node, ast.If(ast.Constant(False), node.body, node.orelse), ""


def _operations(node: ast.BinOp) -> Iterator[Replacement]:
    for other in OPERATORS.get(type(node.op), ()):
        yield node, ast.BinOp(node.left, other(), node.right), ""
    if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow):
        yield node, ast.BinOp(node.right, node.op, node.left), ""
    if isinstance(node.op, ast.MatMult):
        for side in (node.left, node.right):
            if isinstance(side, ast.Name):
                yield side, ast.Attribute(side, "T", ast.Load()), "transposed"
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
        yield node, node.left, ""  # the other one is forgotten


def _augmented(node: ast.AugAssign) -> Iterator[Replacement]:
    for other in OPERATORS.get(type(node.op), ()):
        yield node, ast.AugAssign(node.target, other(), node.value), ""
    yield node, ast.Assign([node.target], node.value), "stored instead of added"
    yield node, ast.Pass(), ""


def _constants(node: ast.Constant, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Replacement]:
    if isinstance(node.value, bool):
        yield node, ast.Constant(not node.value), ""
        return
    if isinstance(parents.get(node), ast.Expr):
        return
    value: Any = node.value
    yield node, ast.Constant(value + 1), ""
    if value:
        yield node, ast.Constant(type(value)(0)), ""
    if isinstance(value, float):
        yield node, ast.Constant(value * 2), ""


def _attributes(node: ast.Attribute) -> Iterator[Replacement]:
    if node.attr == "T":
        yield node, node.value, "transposed"
    elif node.attr in NEIGHBOURS:
        yield node, ast.Attribute(node.value, NEIGHBOURS[node.attr], node.ctx), ""


def _calls(node: ast.Call) -> Iterator[Replacement]:
    starred = any(isinstance(one, ast.Starred) for one in node.args[:2])
    if len(node.args) >= 2 and not starred:
        yield node, ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords), ""
    for place, keyword in enumerate(node.keywords):
        if keyword.arg in ("axis", "keepdims"):
            others = [*node.keywords[:place], *node.keywords[place + 1 :]]
            yield node, ast.Call(node.func, node.args, others), f"{keyword.arg} forgotten"
    if not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr in REDUCING and "keepdims" not in [one.arg for one in node.keywords]:
        kept = ast.keyword("keepdims", ast.Constant(True))
        yield node, ast.Call(node.func, node.args, [*node.keywords, kept]), ""
    if node.func.attr in ("clip", "exp", "log", "maximum", "abs", "copy", "square") and node.args and not starred:
        yield node, node.args[0], ""  # the call is forgotten


def _names(node: ast.Name, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Replacement]:
    """Another name of the same function that has a value already; a gradient that arrives and is not used."""
    function = _function(node, parents)
    parent = parents.get(node)
    if function is None or (isinstance(parent, ast.Call) and parent.func is node):
        return
    arguments = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    stored = [one for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    known = sorted({*arguments, *(one.id for one in stored if one.lineno < node.lineno)} - {"self"})
    if node.id in known and len(known) > 1:
        other = known[(known.index(node.id) + 1) % len(known)]
        yield node, ast.Name(other, ast.Load()), ""
    if node.id in UPSTREAM and node.id in arguments:
        ones = ast.BinOp(ast.BinOp(node, ast.Mult(), ast.Constant(0)), ast.Add(), ast.Constant(1))
        yield node, ones, "incoming gradient ignored"


def _function(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Function | None:
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node
    return None


def _values(node: ast.Assign | ast.Return | ast.AnnAssign, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Replacement]:
    value = node.value
    if isinstance(value, ast.Tuple) and isinstance(node, ast.Return):
        results: Sequence[ast.expr] = value.elts
        if len(results) >= 2:
            yield value, ast.Tuple([results[1], results[0], *results[2:]], ast.Load()), "results swapped"
    else:
        results = [value] if value is not None else []
    for one in results:
        if isinstance(one, ast.Tuple | ast.List | ast.Dict | ast.Set | ast.Lambda | ast.ListComp) or _is_text(one):
            continue
        if not (isinstance(one, ast.Constant) and one.value is None):
            yield one, ast.UnaryOp(ast.USub(), one), "sign"
            yield from _scaled(one, node, parents)
    if isinstance(node, ast.Return):
        yield node, ast.Expr(value or ast.Constant(None)), "return forgotten"
    elif isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple):
        yield node, ast.Pass(), ""


def _scaled(one: ast.expr, node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Replacement]:
    """A mean instead of a sum, and the other way round: by the length of the function's first array."""
    function = _function(node, parents)
    if not isinstance(node, ast.Return) or function is None:
        return
    names = [argument.arg for argument in function.args.args if argument.arg not in ("self", "cache", "saved")]
    if names:
        length = ast.Call(ast.Name("len", ast.Load()), [ast.Name(names[0], ast.Load())], [])
        yield one, ast.BinOp(one, ast.Div(), length), "divided by N"
        yield one, ast.BinOp(one, ast.Mult(), length), "not divided by N"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
