"""Numbers, strings and dtypes as Python text with exactly their value."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["PlainNumber", "literal"]


@dataclass(frozen=True)
class PlainNumber:
    """A NumPy scalar that may be written as a Python number."""

    value: np.floating[Any]


def literal(value: Any) -> ast.expr:
    """A Python or NumPy number, a string, None, Ellipsis or a dtype as an expression with exactly that value."""
    if isinstance(value, PlainNumber):
        return _plain_number(value.value)
    if isinstance(value, np.generic):
        if isinstance(value, np.bool_):
            return literal(bool(value))
        return ast.Call(ast.Name(f"np.{value.dtype.name}", ast.Load()), [literal(value.item())], [])
    if isinstance(value, np.dtype):
        return ast.Name(f"np.{value.name}", ast.Load())
    if isinstance(value, type):
        return ast.Name(f"np.{value.__name__}" if issubclass(value, np.generic) else value.__name__, ast.Load())
    if isinstance(value, float) and not math.isfinite(value):
        known = ast.Name("np.nan" if math.isnan(value) else "np.inf", ast.Load())
        return ast.UnaryOp(ast.USub(), known) if value < 0 else known
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.copysign(1, value) < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    if value is None or value is Ellipsis or isinstance(value, (bool, int, float, str)):
        return ast.Constant(value)
    raise TypeError(f"{value!r} ({type(value).__name__}) can't be written as text")


def _plain_number(value: np.floating[Any]) -> ast.expr:
    """A NumPy scalar as a Python number of the same effect; 1/n as such, since it reads better than its digits."""
    number = float(value)
    if number and abs(number) < 1:
        denominator = round(1 / number)
        if value.dtype.type(1 / denominator) == value and repr(number) != repr(round(number, 6)):
            return ast.BinOp(ast.Constant(1), ast.Div(), literal(denominator))
    return literal(number)
