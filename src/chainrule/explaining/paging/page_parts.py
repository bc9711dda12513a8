"""Small parts of a page: numbers with true minus signs, lines, heat maps. All are HTML that is safe as it stands."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.explaining.drawing.layout import Path
from chainrule.explaining.printing.values import shown
from chainrule.explaining.record import Value

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["factor", "heat", "is_formula", "minus", "number", "path_data", "plain", "safe", "signed"]

MOST_CELLS = 16  # of a heat map, to each side
SHADES = 6


def safe(text: str) -> Markup:
    """Text that is HTML already and must not be escaped again."""
    from markupsafe import Markup

    return Markup(text)


def is_formula(text: str) -> bool:
    """Whether Python can read it as an expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def minus(text: str) -> str:
    """With true minus signs and powers of ten, for text on the page."""
    return re.sub(r"-(?=[\d.( ]|inf)", "−", text)  # noqa: RUF001 a minus


def number(value: Value, digits: int = 4) -> Markup:
    """A value as HTML: ``1.2·10⁻⁵`` for 1.2e-05; of an array the shape, and the range as ``-0.1 … 0.32``."""
    text = shown(value, digits)
    if np.ndim(value):
        text = re.sub(r"from (\S+) to ", r"\1 … ", text)
    html = signed(text)
    shape = re.match(r"\([\d, ]+\), ", html)
    if shape is None:
        return safe(html)
    return safe(f'<span class="part">{shape[0].rstrip()}</span> <span class="part">{html[shape.end() :]}</span>')


def signed(text: str) -> Markup:
    """Text with numbers as HTML: true minus signs, and powers of ten as such."""
    from markupsafe import escape

    return safe(re.sub(r"(?<=\d)e([+−]?)0*(\d+)", _power, str(escape(minus(text)))))  # noqa: RUF001 a minus


def _power(found: re.Match[str]) -> str:
    return f"·10<sup>{found[1].replace('+', '')}{found[2]}</sup>"


def factor(value: Value) -> Markup:
    """A number as a factor or a term: a negative one in parentheses."""
    text = number(value)
    return safe(f"({text})") if text.startswith("−") else text  # noqa: RUF001 a minus


def plain(text: str) -> str:
    """HTML without its tags."""
    return re.sub("<[^>]*>", "", text)


def path_data(path: Path) -> str:
    """The ``d`` of an SVG path, in whole pixels."""
    return "".join(
        f"M{x:.0f} {y:.0f}C{' '.join(f'{x:.0f} {y:.0f}' for x, y in rest)}" for (x, y), *rest in path if rest
    )


def heat(array: np.ndarray[Any, Any]) -> Markup:
    """A grid of at most 16 x 16 cells: blue above 0, orange below, the stronger the larger."""
    cells = _averaged(_averaged(array.reshape(-1, array.shape[-1]), 0), 1)
    finite = np.abs(cells[np.isfinite(cells)])
    strength = np.abs(np.nan_to_num(cells, posinf=0, neginf=0)) / (finite.max(initial=0.0) or 1.0)
    shades = np.sign(np.nan_to_num(cells)) * np.ceil(strength * SHADES)
    paths = []
    for shade in (*range(-SHADES, 0), *range(1, SHADES + 1)):
        drawn = "".join(f"M{x} {y}h1v1h-1z" for y, x in np.argwhere(shades == shade))
        sign = "above" if shade > 0 else "below"
        paths += [f'<path class="{sign}" opacity="{abs(shade) / SHADES:.2f}" d="{drawn}"/>'] if drawn else []
    rows, columns = cells.shape
    return safe(
        f'<svg class="heat" viewBox="0 0 {columns} {rows}" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(paths)}</svg>"
    )


def _averaged(cells: np.ndarray[Any, Any], axis: int) -> np.ndarray[Any, Any]:
    """At most 16 along the axis, each the mean of its part."""
    parts = np.array_split(cells, min(MOST_CELLS, cells.shape[axis]), axis=axis)
    return np.concatenate([part.mean(axis=axis, keepdims=True) for part in parts], axis=axis)
