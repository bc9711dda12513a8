"""Names for people: a subscript in ``t1``, a letter for ``sigma``, a gradient in ``d_logits``; and their escaping."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import escape

__all__ = [
    "escape_latex",
    "escape_xml",
    "is_gradient",
    "name_latex",
    "name_mathml",
    "partial_latex",
    "partial_mathml",
    "partial_text",
]

_SMALL = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu "
_SMALL += "nu xi pi rho sigma tau upsilon phi chi psi omega"
_CAPITAL = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"  # the others look Latin and have no command


def _letter(name: str) -> str:
    size = "SMALL" if name.islower() else "CAPITAL"
    return unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")


GREEK = {name: _letter(name) for name in (*_SMALL.split(), *_CAPITAL.split())}
_GREEK_COMMANDS = {letter: f"\\{name}" for name, letter in GREEK.items()}
_GREEK_COMMANDS |= {GREEK["epsilon"]: r"\varepsilon", GREEK["phi"]: r"\varphi", "ς": r"\varsigma", "µ": r"\mu"}
_SPECIAL = {sign: f"\\{sign}" for sign in "_%&#${}"}
_SPECIAL |= {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}", '"': "''"}
_SPECIAL |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}"}
_SPECIAL |= {"ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}"}
_SPECIAL |= {"ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}"}
_ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u"}
_ACCENTS |= {"\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c"}


@dataclass(frozen=True)
class _Name:
    """A name taken apart: how often it says "gradient of", the word, and the number behind it."""

    gradients: int
    stem: str
    number: str


def _parts(name: str) -> _Name:
    """``d_w1`` is the gradient of ``w`` with the subscript 1; what is no such name stays whole."""
    prefix = re.match(r"(?:d_)*(?=.*[^\W_])", name)
    gradients = len(prefix[0]) // 2 if prefix else 0
    rest = name[2 * gradients :]
    found = re.fullmatch(r"(.*[^\W\d_])_?([0-9]+)", rest, re.DOTALL)
    return _Name(gradients, found[1], found[2]) if found else _Name(gradients, rest, "")


def is_gradient(name: str) -> bool:
    """Whether the name is printed in two parts, ``d`` and what it is the gradient of."""
    return _parts(name).gradients > 0


# -- names ---------------------------------------------------------------------------------------------


def name_latex(name: str) -> str:
    r"""The name for LaTeX's math mode.

    Example:
        >>> print(name_latex("t1"), name_latex("d_logits"), name_latex("sigma"))
        t_{1} \mathrm{d}\,\mathit{logits} \sigma
    """
    parts = _parts(name)
    subscript = f"_{{{parts.number}}}" if parts.number else ""
    return r"\mathrm{d}\," * parts.gradients + _stem_latex(parts.stem) + subscript


def name_mathml(name: str) -> str:
    """The name in MathML.

    Example:
        >>> name_mathml("t1")
        '<msub><mi>t</mi><mn>1</mn></msub>'
    """
    parts = _parts(name)
    word = f"<mi>{escape_xml(GREEK.get(parts.stem, parts.stem))}</mi>"
    if parts.number:
        word = f"<msub>{word}<mn>{parts.number}</mn></msub>"
    prefix = '<mi mathvariant="normal">d</mi><mspace width="0.17em"/>' * parts.gradients
    return f"<mrow>{prefix}{word}</mrow>" if prefix else word


def _stem_latex(stem: str) -> str:
    letter = GREEK.get(stem, stem)
    if letter in _GREEK_COMMANDS:
        return _GREEK_COMMANDS[letter]
    if re.fullmatch("[A-Za-z]", stem):
        return stem
    plain = re.fullmatch("[A-Za-z0-9_]+", stem)
    return rf"\mathit{{{escape_latex(stem)}}}" if plain else rf"\textit{{{escape_latex(stem)}}}"


# -- partial derivatives ---------------------------------------------------------------------------------


def partial_text(of: str, by: str) -> str:
    """``dA/dt1``."""
    return f"d{of}/d{by}"


def partial_latex(of: str, by: str) -> str:
    r"""``\frac{\partial A}{\partial t_{1}}``."""
    return rf"\frac{{\partial {name_latex(of)}}}{{\partial {name_latex(by)}}}"


def partial_mathml(of: str, by: str) -> str:
    """The fraction in MathML."""
    top, bottom = (f"<mrow><mo>∂</mo>{name_mathml(name)}</mrow>" for name in (of, by))
    return f"<mfrac>{top}{bottom}</mfrac>"


# -- escaping --------------------------------------------------------------------------------------------


def escape_latex(text: str) -> str:
    """Any text for LaTeX's text mode, with nothing that pdflatex and its standard fonts cannot set."""
    return "".join(_character_latex(sign) for sign in unicodedata.normalize("NFC", _visible(text)))


def escape_xml(text: str) -> str:
    """Any text for HTML and XML, as content or in a quoted attribute."""
    return escape(_visible(text))


def _visible(text: str) -> str:
    """The text without what no document may hold: control characters are blanks, halves of characters ``?``."""
    kinds = {"Cc": " ", "Cs": "?", "Co": "?", "Cn": "?"}
    return "".join(kinds.get(unicodedata.category(sign), sign) for sign in text)


def _character_latex(sign: str) -> str:
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    if sign.isascii():
        return sign
    if sign in _GREEK_COMMANDS:
        return rf"\ensuremath{{{_GREEK_COMMANDS[sign]}}}"
    base, *marks = list(unicodedata.normalize("NFD", sign))
    if len(marks) == 1 and base.isascii() and marks[0] in _ACCENTS:
        return rf"\{_ACCENTS[marks[0]]}{{{base}}}"
    return f"({unicodedata.name(sign, 'character').lower()})"
