"""Numbers and arrays for people: four digits of a number, all of a small array, shape and range of a large one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.explaining.record import Value

__all__ = [
    "in_product",
    "in_product_latex",
    "number_latex",
    "number_mathml",
    "shown",
    "shown_latex",
    "shown_mathml",
]

SMALL_ARRAY = 4  # entries that are written out


def shown(value: Value, digits: int = 4) -> str:
    """The value in plain text.

    Example:
        >>> print(shown(2.71828), shown(3.0), shown(1.23456e-5), shown(np.array([1, 2.5])))
        2.718 3 1.235e-05 [1, 2.5]
        >>> print(shown(np.linspace(-0.1, 0.32, 1280).reshape(128, 10)))
        (128, 10), from -0.1 to 0.32
    """
    return _shown(value, lambda number: _digits(number, digits))


def shown_latex(value: Value, digits: int = 4) -> str:
    r"""The value for LaTeX's math mode: ``1.235 \cdot 10^{-5}``."""

    def number(entry: Any) -> str:
        text = number_latex(_digits(entry, digits))
        # In braces, the minus after a comma is that of a number and no difference.
        return f"{{{text}}}" if np.ndim(value) and text.startswith("-") else text

    return _shown(value, number, lambda word: rf"\text{{{word}}}")


def shown_mathml(value: Value, digits: int = 4) -> str:
    """The value in MathML: of an array, its description as text."""
    text = shown(value, digits)
    return number_mathml(text) if np.ndim(value) == 0 else f"<mtext>{text.replace('-', '−')}</mtext>"  # noqa: RUF001 a minus


def in_product(value: Value, digits: int = 4) -> str:
    """The value as a factor: a negative number is in parentheses."""
    text = shown(value, digits)
    return f"({text})" if text.startswith("-") else text


def in_product_latex(value: Value, digits: int = 4) -> str:
    """The value as a factor in LaTeX: a negative number is in parentheses."""
    text = shown_latex(value, digits)
    return f"({text})" if text.startswith("-") else text


def number_latex(text: str) -> str:
    r"""A number's Python text for LaTeX: ``1.2e-05`` is ``1.2 \cdot 10^{-5}``, ``inf`` is ``\infty``."""
    mantissa, mark, exponent = text.partition("e")
    if text.lstrip("-") == "inf":
        return text.replace("inf", r"\infty")
    if text in ("nan", "True", "False"):
        return rf"\mathrm{{{text}}}"
    factor = "-" if mantissa == "-1" else "" if mantissa == "1" else rf"{mantissa} \cdot "
    return rf"{factor}10^{{{int(exponent)}}}" if mark else text


def number_mathml(text: str) -> str:
    """A number's Python text in MathML, with a true minus sign."""
    size = text.removeprefix("-")
    mantissa, _, exponent = size.partition("e")
    plain = "∞" if size == "inf" else size
    inner = f"<mn>{plain}</mn>"
    if exponent and mantissa.isascii() and mantissa[:1].isdigit():
        power = f"<msup><mn>10</mn>{number_mathml(str(int(exponent)))}</msup>"
        inner = power if mantissa == "1" else f"<mrow><mn>{mantissa}</mn><mo>·</mo>{power}</mrow>"
    return inner if size == text else f"<mrow><mo>−</mo>{inner}</mrow>"  # noqa: RUF001 a minus


def _digits(number: Any, digits: int) -> str:
    if isinstance(number, bool | np.bool_):
        return str(number)
    number = float(number)
    text = f"{number:.{digits}g}"
    if "e+" in text and abs(number) < 1e6:
        text = f"{number:.0f}"
    return "0" if text == "-0" else text


def _shown(value: Value, number: Callable[[Any], str], word: Callable[[str], str] = str) -> str:
    array = np.asarray(value)
    if array.ndim == 0:
        return number(array.item())
    if array.size == 0 or array.dtype.kind not in "biuf":
        return f"{array.shape}" + word(", empty" if array.size == 0 else "")
    if array.size <= SMALL_ARRAY:
        return _nested(array.tolist(), number)
    if array.dtype == bool:
        return f"{array.shape}" + word(f", true in {np.count_nonzero(array)} of {array.size}")
    return f"{array.shape}" + _range(array, number, word)


def _nested(entries: Any, number: Callable[[Any], str]) -> str:
    if isinstance(entries, list):
        return "[" + ", ".join(_nested(entry, number) for entry in entries) + "]"
    return number(entries)


def _range(array: npt.NDArray[Any], number: Callable[[Any], str], word: Callable[[str], str]) -> str:
    known = array[~np.isnan(array)]
    if known.size == 0:
        return word(", all ") + number(np.nan)
    low, high = number(known.min()), number(known.max())
    span = word(", all ") + low if low == high else word(", from ") + low + word(" to ") + high
    missing = array.size - known.size
    return span + word(f", {missing} ") + number(np.nan) if missing else span
