"""Walks over a formula's syntax tree and writes it in given signs, with the parentheses that it needs and no others."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from chainrule.explaining.printing.names import is_gradient
from chainrule.explaining.printing.signs import Signs

__all__ = ["FRACTION", "UnknownSyntax", "Written", "write"]

# How strongly a piece holds together, from a comparison to a single letter.
COMPARISON, SUM, NEGATIVE, BIG, PRODUCT, MATRIX_PRODUCT, FRACTION, POWER, ATOM = range(9)

_SMALLER: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "≤", ast.Eq: "="}
_COMPARISONS = {**_SMALLER, ast.Gt: ">", ast.GtE: "≥", ast.NotEq: "≠"}
_FOUR: dict[str, type[ast.operator]] = {"add": ast.Add, "subtract": ast.Sub, "multiply": ast.Mult, "divide": ast.Div}
_OPERATORS = {**_FOUR, "true_divide": ast.Div, "power": ast.Pow, "float_power": ast.Pow, "matmul": ast.MatMult}
_BIG = {"sum", "prod"}
_ALONG = {"mean": "mean", "max": "max", "min": "min", "amax": "max", "amin": "min"}


class UnknownSyntax(Exception):
    """A piece of Python that is no formula: the whole is then shown as text."""


@dataclass(frozen=True)
class Written:
    """A piece of a formula in the signs of LaTeX or MathML, and how strongly it holds together."""

    text: str
    level: int = ATOM


def write(node: ast.expr, signs: Signs) -> Written:
    """The formula in the given signs."""
    match node:
        case ast.Name(id=name):
            return Written(signs.name(name), FRACTION if is_gradient(name) else ATOM)
        case ast.Constant(value=value):
            return _constant(value, signs)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Written(signs.negative(_at_least(BIG, operand, signs)), NEGATIVE)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return write(operand, signs)
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(left, op, right, signs)
        case ast.Compare():
            return _comparison(node, signs)
        case ast.Attribute(value=value, attr=attr):
            return _attribute(value, attr, signs)
        case ast.Call(func=func, args=args, keywords=keywords):
            name, args = _called(func, args)
            return _call(name, args, keywords, signs)
        case ast.Subscript(value=value, slice=index):
            return Written(signs.item(_at_least(ATOM, value, signs), _index(index, signs)))
        case ast.Tuple(elts=entries):
            return Written(signs.parentheses(_listed(entries, signs)))
        case ast.List(elts=entries):
            return Written(signs.brackets(_listed(entries, signs)))
    raise UnknownSyntax


def _at_least(level: int, node: ast.expr, signs: Signs) -> str:
    """The piece, in parentheses if it holds together less than ``level``."""
    written = write(node, signs)
    return written.text if written.level >= level else signs.parentheses(written.text)


def _first(node: ast.expr, levels: tuple[int, ...], signs: Signs) -> tuple[str, bool]:
    """The left factor, in parentheses unless it is strong or of a given level, and whether it begins with a minus."""
    written = write(node, signs)
    if written.level >= FRACTION or written.level in levels:
        return written.text, written.level == NEGATIVE
    return signs.parentheses(written.text), False


def _constant(value: object, signs: Signs) -> Written:
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = repr(value).removesuffix(".0")
        return Written(signs.number(text), PRODUCT if "e" in text else ATOM)
    if value is None or isinstance(value, bool | str):
        return Written(signs.word(value if isinstance(value, str) else str(value)))
    raise UnknownSyntax


def _binary(left: ast.expr, op: ast.operator, right: ast.expr, signs: Signs) -> Written:
    match op:
        case ast.Add() | ast.Sub():
            sign = "+" if isinstance(op, ast.Add) else "-"
            return Written(signs.infix(_at_least(SUM, left, signs), sign, _at_least(BIG, right, signs)), SUM)
        case ast.Mult():
            first, negative = _first(left, (NEGATIVE, PRODUCT), signs)
            product = signs.product(first, _at_least(FRACTION, right, signs))
            return Written(product, NEGATIVE if negative else PRODUCT)
        case ast.MatMult():
            first, negative = _first(left, (NEGATIVE, MATRIX_PRODUCT), signs)
            product = signs.matrix_product(first, _at_least(FRACTION, right, signs))
            return Written(product, NEGATIVE if negative else MATRIX_PRODUCT)
        case ast.Div():
            return _fraction(left, right, signs)
        case ast.Pow():
            exponent = write(right, signs).text
            return Written(signs.power(_at_least(ATOM, left, signs), exponent), POWER)
    raise UnknownSyntax


def _fraction(top: ast.expr, bottom: ast.expr, signs: Signs) -> Written:
    """``-x / b`` has its minus before the fraction."""
    if isinstance(top, ast.UnaryOp) and isinstance(top.op, ast.USub):
        return Written(signs.negative(_fraction(top.operand, bottom, signs).text), NEGATIVE)
    return Written(signs.fraction(write(top, signs).text, write(bottom, signs).text), FRACTION)


def _comparison(node: ast.Compare, signs: Signs) -> Written:
    text = _at_least(SUM, node.left, signs)
    for op, operand in zip(node.ops, node.comparators, strict=True):
        if type(op) not in _COMPARISONS:
            raise UnknownSyntax
        text = signs.infix(text, _COMPARISONS[type(op)], _at_least(SUM, operand, signs))
    return Written(text, COMPARISON)


def _attribute(value: ast.expr, attr: str, signs: Signs) -> Written:
    if _is_numpy(value):
        return Written(signs.number("inf") if attr == "inf" else signs.name(attr))
    if attr == "T":
        return Written(signs.transposed(_at_least(ATOM, value, signs)), POWER)
    return Written(signs.call(attr, write(value, signs).text))


# -- calls -----------------------------------------------------------------------------------------------


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")


def _called(func: ast.expr, args: list[ast.expr]) -> tuple[str, list[ast.expr]]:
    """The function's name and its arguments; of a method, its array comes first."""
    match func:
        case ast.Name(id=name):
            return name, args
        case ast.Attribute(value=value, attr=name):
            return name, args if _is_numpy(value) else [value, *args]
    raise UnknownSyntax


def _call(name: str, args: list[ast.expr], keywords: list[ast.keyword], signs: Signs) -> Written:
    if name == "sum" and len(args) == 1 and isinstance(args[0], ast.GeneratorExp):
        return _counted(args[0], signs)
    if name in _BIG or name in _ALONG:
        return _along(name, args, keywords, signs)
    if keywords:
        return _plain_call(name, args, keywords, signs)
    match name, args:
        case "exp", [x]:
            return Written(signs.power(signs.name("e"), write(x, signs).text), POWER)
        case "sqrt", [x]:
            return Written(signs.root(write(x, signs).text))
        case "abs" | "absolute" | "fabs", [x]:
            return Written(signs.bars(write(x, signs).text))
        case "negative", [x]:
            return write(ast.UnaryOp(ast.USub(), x), signs)
        case "square", [x]:
            return write(ast.BinOp(x, ast.Pow(), ast.Constant(2)), signs)
        case "reciprocal", [x]:
            return write(ast.BinOp(ast.Constant(1), ast.Div(), x), signs)
        case "transpose", [x]:
            return _attribute(x, "T", signs)
        case _, [x, y] if name in _OPERATORS:
            return _binary(x, _OPERATORS[name](), y, signs)
    return _plain_call(name, args, keywords, signs)


def _plain_call(name: str, args: list[ast.expr], keywords: list[ast.keyword], signs: Signs) -> Written:
    written = [write(arg, signs).text for arg in args]
    for keyword in keywords:
        if keyword.arg is None:
            raise UnknownSyntax
        written.append(signs.infix(signs.word(keyword.arg), "=", write(keyword.value, signs).text))
    return Written(signs.call(name, signs.listed(written)))


def _along(name: str, args: list[ast.expr], keywords: list[ast.keyword], signs: Signs) -> Written:
    """A sum, a mean or a maximum, over all entries or along axes."""
    known = {keyword.arg: keyword.value for keyword in keywords if keyword.arg != "keepdims"}
    axis = known.pop("axis", args[1] if len(args) == 2 else None)
    if known or not args or len(args) > 2:
        return _plain_call(name, args, keywords, signs)
    below = "" if axis is None or _is_none(axis) else _axes(axis)
    if name in _BIG:
        return Written(signs.big(name, below, _at_least(PRODUCT, args[0], signs)), BIG)
    return Written(signs.call(_ALONG[name], write(args[0], signs).text, below))


def _counted(terms: ast.GeneratorExp, signs: Signs) -> Written:
    """A sum from here to there, as expressions have it: ``x[i]**2 for i in 1 | 3``, or ``in range(1, 4)``."""
    match terms.generators:
        case [ast.comprehension(target=ast.Name(id=counter), iter=ast.BinOp(left=first, op=ast.BitOr(), right=last))]:
            pass
        case [ast.comprehension(target=ast.Name(id=counter), iter=ast.Call(args=[first, end]))]:
            last = _one_less(end)
        case _:
            raise UnknownSyntax
    start = signs.infix(signs.name(counter), "=", write(first, signs).text)
    return Written(signs.counted(start, write(last, signs).text, _at_least(PRODUCT, terms.elt, signs)), BIG)


def _one_less(end: ast.expr) -> ast.expr:
    """The last number of a range that ends before ``end``."""
    match end:
        case ast.Constant(value=int() as number):
            return ast.Constant(number - 1)
        case ast.BinOp(left=last, op=ast.Add(), right=ast.Constant(value=1)):
            return last
    return ast.BinOp(end, ast.Sub(), ast.Constant(1))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _axes(axis: ast.expr) -> str:
    """``axis 0`` or ``axes 0, 1``."""
    if isinstance(axis, ast.Tuple):
        return "axes " + ", ".join(ast.unparse(entry) for entry in axis.elts)
    return f"axis {ast.unparse(axis)}"


def _listed(entries: list[ast.expr], signs: Signs) -> str:
    return signs.listed([write(entry, signs).text for entry in entries])


def _index(index: ast.expr, signs: Signs) -> str:
    """What stands between the brackets: numbers, names, slices."""
    if isinstance(index, ast.Tuple):
        return signs.listed([_index(entry, signs) for entry in index.elts])
    if isinstance(index, ast.Slice):
        bounds = [index.lower, index.upper, *([index.step] if index.step else [])]
        return signs.slice(["" if bound is None else write(bound, signs).text for bound in bounds])
    if isinstance(index, ast.Constant) and index.value is ...:
        return signs.dots
    return write(index, signs).text
