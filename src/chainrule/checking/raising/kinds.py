"""Errors about kinds of values: a tuple where an array is meant, a truth that an array has not, a division by zero."""

from __future__ import annotations

import ast
import re

import numpy as np

from chainrule.checking.raising.telling import Failure, Told
from chainrule.checking.raising.values import MISSING, described, kind_of, looked_up, names_in, written

__all__ = ["TELLERS"]


def _plain(failure: Failure) -> Told | None:
    """Errors whose type or text alone says it."""
    error, text = failure.error, failure.text
    if isinstance(error, ZeroDivisionError | FloatingPointError):
        return Told("DIVISION_BY_ZERO", {})
    if isinstance(error, RecursionError):
        return Told("RECURSION", {})
    if isinstance(error, AssertionError):
        return Told("OWN_ASSERTION", {"what": f": {text[:80]}" if text else "", "shapes": failure.given})
    if "truth value of an array" in text:
        return Told("TRUTH_OF_ARRAY", {})
    if "math domain error" in text:
        return Told("OUTSIDE_DOMAIN", {})
    if "numpy boolean" in text:
        return Told("NO_MINUS_FOR_MASKS", {})
    return None


def _not_called(failure: Failure) -> Told | None:
    said = re.search(r"'([\w.]+)' object is not callable", failure.text)
    if not said:
        return None
    node = failure.place.expression
    function = node.func if isinstance(node, ast.Call) else None
    held = looked_up(failure.place, function)
    name = written(function) if function is not None else "it"
    what = f"{name} is {kind_of(held)}" if held is not MISSING else f"{name} is of type {said[1]}"
    return Told("NOT_A_FUNCTION", {"what": what})


_KINDS = {
    "tuple": "a tuple", "list": "a list", "dict": "a dict", "NoneType": "None", "str": "a text", "float": "a number",
    "int": "a whole number", "function": "a function that is not called", "method": "a method that is not called",
    "builtin_function_or_method": "a function that is not called", "numpy.ndarray": "an array", "numpy.float64":
    "a number", "Saved": "what forward keeps, all of it", "StandIn": "a node of the graph, its array is in .value",
    "vectorize": "a function that is not called", "float64": "a number", "ndarray": "an array", "type": "a class",
    "ufunc": "a function that is not called", "numpy.ufunc": "a function that is not called", "slice": "a slice",
    "ellipsis": "...", "_ArrayFunctionDispatcher": "a function that is not called", "generator": "a generator",
}  # fmt: skip


def _wrong_type(failure: Failure) -> Told | None:
    if not isinstance(failure.error, TypeError):
        return None
    place, node = failure.place, failure.place.expression
    nodes = names_in(node if node is not None else place.statement)
    known = [one for one in nodes if looked_up(place, one) is not MISSING]
    odd = [one for one in known if not _is_ordinary(looked_up(place, one))]
    if isinstance(node, ast.UnaryOp | ast.Subscript | ast.Attribute):
        inner = node.operand if isinstance(node, ast.UnaryOp) else node.value
        if isinstance(inner, ast.Name | ast.Attribute) and looked_up(place, inner) is not MISSING:
            odd = [inner]
    what = described(place, odd)
    kinds = [one for one in re.findall(r"'([\w.]+)'", failure.text) if one in _KINDS]
    if not what and kinds:
        kind = next((one for one in kinds if "array" not in one and "float" not in one), kinds[0])
        what = f"{written(_operand(node)) if node is not None else 'it'} is {_KINDS[kind]}"
    what = what or described(place, known[:3])
    if not what and not failure.text:
        return None
    return Told("WRONG_TYPE", {"what": what or failure.text[:120], "remedy": _remedy(what, failure.text)})


def _operand(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.UnaryOp):
        return node.operand
    return node.value if isinstance(node, ast.Subscript | ast.Attribute) else node


def _is_ordinary(value: object) -> bool:
    return isinstance(value, np.ndarray | np.generic | int | float) and getattr(value, "dtype", 0.0) != np.dtype(object)


def _remedy(what: str, text: str) -> str:
    if "a tuple" in what or "a list" in what:
        return "Unpack it first, or take one of its members: it is no array."
    if "None" in what:
        return "Was it never set, or does the function that made it return nothing?"
    if "not called" in what:
        return "Call it, with parentheses, or use what it was given."
    if ".value" in what:
        return "Take its array, .value."
    if "integer" in text:
        return "A whole number is needed there: a size, a count or an axis, and not a float or an array."
    if "invert" in text:
        return "~ turns a mask of True and False round; for numbers it is not defined."
    return "Print the types before that line: which one is not the array or number that is meant?"


TELLERS = (_plain, _not_called, _wrong_type)
