"""Formulas for pictures: short pieces of text, each in one style, and an estimate of how wide they are.

SVG cannot measure text, so widths come from a small table that is right for DejaVu Sans, the widest of the usual
fonts. What does not fit is set smaller, then shortened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Run", "fitted", "formula_runs", "name_runs", "partial_runs", "plain", "spoken", "strong", "text_width"]

Style = Literal["plain", "name", "sub", "sup", "strong", "aside"]


@dataclass(frozen=True)
class Run:
    """A piece of text in one style: plain, italic as a name, below or above the line, bold, or small and pale."""

    text: str
    style: Style = "plain"


Runs = tuple[Run, ...]

SCALES = {"sub": 0.72, "sup": 0.72, "aside": 0.75}  # in sizes of the text around it
_SMALLEST = 0.8  # how far text is made smaller before it is shortened

_WIDTHS = {
    **dict.fromkeys("ijlIJ'", 0.29),
    **dict.fromkeys("ft/\\|:;,. ·", 0.34),
    **dict.fromkeys("r()[]-!", 0.41),
    **dict.fromkeys('csz"*_`?^∂', 0.54),
    **dict.fromkeys("mwMW%@…", 0.96),
    **dict.fromkeys("+=<>~#−×&OQNDGHU", 0.82),  # noqa: RUF001 a minus, a product
}
_TOKEN = re.compile(
    r"""(?P<string>"[^"]*"|'[^']*')
    |(?P<number>\d+\.?\d*(?:e[+-]?\d+)?)
    |\s*(?:\*\*|\^)\s*(?P<power>-?[\w.]+)(?!\()
    |(?:np\.)?(?P<function>[^\W\d]\w*)(?=\()
    |(?P<attribute>\.[^\W\d]\w*)
    |(?P<name>[^\W\d]\w*)
    |(?P<other>\*\*|.)""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"*": "·", "-": "−", "**": "^"}  # noqa: RUF001 a minus


def plain(text: str) -> Runs:
    """Text as it is, with a true minus sign."""
    return (Run(text.replace("-", "−")),)  # noqa: RUF001 a minus


def strong(text: str) -> Runs:
    """Bold text, with a true minus sign."""
    return (Run(text.replace("-", "−"), "strong"),)  # noqa: RUF001 a minus


def name_runs(name: str) -> Runs:
    """A name in italics; digits at its end become a subscript.

    >>> name_runs("t1")
    (Run(text='t', style='name'), Run(text='1', style='sub'))
    """
    found = re.fullmatch(r"(.*[^\W\d_])_?(\d+)", name, re.DOTALL)
    return (Run(found[1], "name"), Run(found[2], "sub")) if found else (Run(name, "name"),)


def partial_runs(of: str, by: str) -> Runs:
    """``∂A/∂t1``."""
    return (Run("∂"), *name_runs(of), Run("/∂"), *name_runs(by))


def formula_runs(formula: str) -> Runs:
    """A formula: names in italics, a simple power above the line, a dot for the product.

    >>> spoken(formula_runs("np.exp(t1) * c**2"))
    'exp(t1) · c2'
    """
    runs: list[Run] = []
    for found in _TOKEN.finditer(formula):
        text = found[found.lastgroup or 0]
        match found.lastgroup:
            case "name":
                runs += name_runs(text)
            case "power":
                runs.append(Run(text.replace("-", "−"), "sup"))  # noqa: RUF001 a minus
            case _:
                runs.append(Run(_SIGNS.get(text, text)))
    return tuple(_joined(runs))


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Neighbours of the same style as one."""
    joined: list[Run] = []
    for run in runs:
        if joined and joined[-1].style == run.style == "plain":
            joined[-1] = Run(joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined


def spoken(runs: Sequence[Run]) -> str:
    """The text without its styles."""
    return "".join(run.text for run in runs)


def text_width(runs: Sequence[Run], size: float) -> float:
    """About how many pixels wide the text is."""
    return size * sum(_ems(sign, run.style) for run in runs for sign in run.text)


def _ems(sign: str, style: Style) -> float:
    wide = unicodedata.east_asian_width(sign) in "WF"
    ems = 1.0 if wide else _WIDTHS.get(sign, 0.72 if sign.isupper() else 0.64)
    return ems * SCALES.get(style, 1.09 if style == "strong" else 1.0)


def fitted(runs: Runs, size: float, room: float) -> tuple[Runs, float]:
    """The text and its size, made smaller and then shortened with an ellipsis until it is no wider than ``room``.

    >>> fitted(plain("a long name"), 10, 30)
    ((Run(text='a lon…', style='plain'),), 8.0)
    """
    needed = text_width(runs, size)
    smaller = size if needed <= room else round(max(size * room / needed, size * _SMALLEST) - 0.05, 1)
    smaller = max(smaller, size * _SMALLEST)
    return (runs, smaller) if text_width(runs, smaller) <= room else (_shortened(runs, smaller, room), smaller)


def _shortened(runs: Runs, size: float, room: float) -> Runs:
    kept: list[Run] = []
    left = room - text_width(plain("…"), size)
    for run in runs:
        text = ""
        for sign in run.text:
            left -= size * _ems(sign, run.style)
            if left < 0:
                return (*kept, Run(text.rstrip() + "…", run.style))
            text += sign
        kept.append(run)
    return tuple(kept)
