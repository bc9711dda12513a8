"""Likely mistakes in functions of single entries and of two operands, and in maxima."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.particular.candidates import Array, Table, backward

__all__ = ["FUNCTIONS"]

Slope = Callable[..., Any]


def _slopes(right: str, **slopes: tuple[str, Slope]) -> tuple[Hypothesis, ...]:
    """Wrong slopes of a function, each with its formula in words."""
    return tuple(_slope(right, formula, slope) for formula, slope in slopes.values())


def _slope(right: str, formula: str, slope: Slope) -> Hypothesis:
    return backward("WRONG_DERIVATIVE", lambda d, *arrays: d * slope(*arrays), formula=formula, right=right)


_EXP = _slopes(
    "e^x, the output",
    power=("x e^(x - 1), as if it were a power of x,", lambda x: x * np.exp(x - 1)),
    input=("x", lambda x: x),
    twice=("e^(e^x)", lambda x: np.exp(np.exp(x))),
    inverse=("1/x, that of log,", lambda x: 1 / x),
    negative=("e^-x", lambda x: np.exp(-x)),
    times=("x e^x", lambda x: x * np.exp(x)),
)
_LOG = _slopes(
    "1 / x",
    output=("1 / log(x)", lambda x: 1 / np.log(x)),
    itself=("log(x)", np.log),
    input=("x, multiplied and not divided,", lambda x: x),
    exp=("e^x", np.exp),
    square=("1 / x^2", lambda x: 1 / x**2),
    negative=("-1 / x^2", lambda x: -1 / x**2),
)
_SQUARE = _slopes(
    "2 x", itself=("x^2", np.square), constant=("2", lambda x: 2 + 0 * x), input=("x, the 2 is missing,", lambda x: x)
)
_SQRT = _slopes(
    "1 / (2 sqrt(x))",
    itself=("sqrt(x)", np.sqrt),
    inverse=("1 / (2 x), the root is missing,", lambda x: 0.5 / x),
    times=("sqrt(x) / 2, multiplied and not divided,", lambda x: np.sqrt(x) / 2),
    power=("x^(-3/2) / 2", lambda x: 0.5 * x**-1.5),
)
_RECIPROCAL = _slopes(
    "-1 / x^2",
    sign=("1 / x^2, the minus is missing,", lambda x: 1 / x**2),
    itself=("1 / x", lambda x: 1 / x),
    negative=("-1 / x", lambda x: -1 / x),
    log=("log(x)", np.log),
    power=("-1 / x^3", lambda x: -1 / x**3),
)
_SIN = _slopes("cos(x)", itself=("sin(x)", np.sin), sign=("-cos(x)", lambda x: -np.cos(x)), tan=("tan(x)", np.tan))
_COS = _slopes("-sin(x)", sign=("sin(x), the minus is missing,", np.sin), itself=("cos(x)", np.cos))
_TAN = _slopes(
    "1 + tan(x)^2",
    minus=("1 - tan(x)^2", lambda x: 1 - np.tan(x) ** 2),
    cos=("1 / cos(x), the square is missing,", lambda x: 1 / np.cos(x)),
    square=("tan(x)^2", lambda x: np.tan(x) ** 2),
)
_ABSOLUTE = _slopes(
    "sign(x)",
    itself=("|x|", np.abs),
    one=("1 or 0", lambda x: (x > 0) * 1.0),
    input=("x", lambda x: x),
    other=("1 everywhere", np.ones_like),
)
_LOG1P = _slopes(
    "1 / (1 + x)", log=("1 / x, that of log(x),", lambda x: 1 / x), exp=("1 / (1 + e^x)", lambda x: 1 / (1 + np.exp(x)))
)

_MULTIPLY = (
    _slopes(
        "b",
        own=("a, its own value,", lambda a, b: a),
        both=("a b", lambda a, b: a * b),
        sum=("a + b", lambda a, b: a + b),
        one=("1", lambda a, b: 1.0),
    ),
    _slopes(
        "a",
        own=("b, its own value,", lambda a, b: b),
        both=("a b", lambda a, b: a * b),
        sum=("a + b", lambda a, b: a + b),
        one=("1", lambda a, b: 1.0),
    ),
)
_DIVIDE = (
    _slopes(
        "1 / b",
        times=("b, multiplied and not divided,", lambda a, b: b),
        own=("1 / a", lambda a, b: 1 / a),
        both=("a / b", lambda a, b: a / b),
        square=("1 / b^2", lambda a, b: 1 / b**2),
    ),
    _slopes(
        "-a / b^2",
        sign=("a / b^2, the minus is missing,", lambda a, b: a / b**2),
        square=("-a / b, the square is missing,", lambda a, b: -a / b),
        one=("-1 / b^2, the a is missing,", lambda a, b: -1 / b**2),
        plain=("1 / b", lambda a, b: 1 / b),
        minus=("-1 / b", lambda a, b: -1 / b),
        swapped=("-b / a^2", lambda a, b: -b / a**2),
        own=("a", lambda a, b: a),
    ),
)
_POWER = (
    _slopes(
        "b a^(b - 1)",
        itself=("b a^b", lambda a, b: b * a**b),
        factor=("a^(b - 1), the factor b is missing,", lambda a, b: a ** (b - 1)),
        log=("a^b log(a)", lambda a, b: a**b * np.log(a)),
        plus=("b a^(b + 1)", lambda a, b: b * a ** (b + 1)),
    ),
    _slopes(
        "a^b log(a)",
        itself=("a^b, the logarithm is missing,", lambda a, b: a**b),
        power=("b a^(b - 1)", lambda a, b: b * a ** (b - 1)),
        log=("a^b log(b)", lambda a, b: a**b * np.log(b)),
        only=("log(a)", lambda a, b: np.log(a)),
    ),
)


def _larger(a: Array, b: Array) -> Any:
    return (a > b) + 0.5 * (a == b)


_MAXIMUM = (
    (
        backward("MASK_FROM_UPSTREAM", lambda d, a, b: d * (d > 0)),
        backward("INVERTED_MASK", lambda d, a, b: d * _larger(b, a)),
        backward("NO_MASK", lambda d, a, b: d),
    ),
    (
        backward("MASK_FROM_UPSTREAM", lambda d, a, b: d * (d > 0)),
        backward("INVERTED_MASK", lambda d, a, b: d * _larger(a, b)),
        backward("NO_MASK", lambda d, a, b: d),
    ),
)

FUNCTIONS: Table = {
    ("exp", 0): _EXP,
    ("log", 0): _LOG,
    ("log1p", 0): _LOG1P,
    ("square", 0): _SQUARE,
    ("sqrt", 0): _SQRT,
    ("reciprocal", 0): _RECIPROCAL,
    ("sin", 0): _SIN,
    ("cos", 0): _COS,
    ("tan", 0): _TAN,
    ("absolute", 0): _ABSOLUTE,
    ("multiply", 0): _MULTIPLY[0],
    ("multiply", 1): _MULTIPLY[1],
    ("divide", 0): _DIVIDE[0],
    ("divide", 1): _DIVIDE[1],
    ("power", 0): _POWER[0],
    ("power", 1): _POWER[1],
    ("maximum", 0): _MAXIMUM[0],
    ("maximum", 1): _MAXIMUM[1],
    ("minimum", 0): (_MAXIMUM[0][0], _MAXIMUM[1][1], _MAXIMUM[0][2]),
    ("minimum", 1): (_MAXIMUM[1][0], _MAXIMUM[0][1], _MAXIMUM[1][2]),
}
