"""The pieces of a rule's text: which function is called of what, along which axes, and what an expression gives."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["INFIX", "Unreadable", "axes_of", "call_of", "computed"]

INFIX: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Unreadable(ValueError):
    """A rule that cannot be written as one sum over entries."""


def call_of(tree: ast.expr) -> tuple[str, ast.expr, dict[str, Any]]:
    """Which function is called, of what, and its options; of a function of entries ``"each"``."""
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute)):
        raise Unreadable(type(tree).__name__)
    is_function = isinstance(tree.func.value, ast.Name) and tree.func.value.id == "np"
    name, options = tree.func.attr, {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in tree.keywords}
    value, *more = tree.args if is_function else [tree.func.value, *tree.args]
    if name in ("reshape", "broadcast_to"):
        options["shape"] = ast.literal_eval(more[0])
    elif name == "sum" and more:
        options["axis"] = ast.literal_eval(more[0])
    elif name not in ("sum", "astype", "copy"):
        if not is_function or not (name == "where" or isinstance(getattr(np, name, None), np.ufunc)) or options:
            raise Unreadable(name)
        return "each", value, options
    return name, value, options


def axes_of(options: Mapping[str, Any], count: int) -> set[int]:
    """The axes that a sum runs along, of so many."""
    axis = options.get("axis")
    axes = range(count) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return {one % count for one in axes}


def computed(tree: ast.expr, values: Mapping[str, Any]) -> Any:
    """What an expression of entries gives, with a value for each name."""
    match tree:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return INFIX[type(op)](computed(left, values), computed(right, values))
        case ast.UnaryOp(operand=operand):
            return -computed(operand, values)
        case ast.Call(func=ast.Attribute(attr=name), args=arguments):
            return getattr(np, name)(*(computed(argument, values) for argument in arguments))
    raise Unreadable(type(tree).__name__)
