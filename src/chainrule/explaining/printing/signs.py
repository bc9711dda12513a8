"""How LaTeX and MathML write each piece of a formula. Which pieces there are, and the parentheses, is `writing`'s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chainrule.explaining.printing.names import escape_latex, escape_xml, name_latex, name_mathml
from chainrule.explaining.printing.values import number_latex, number_mathml

__all__ = ["LATEX", "MATHML", "Signs"]

_SAME = ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "max", "min")
_LATEX_FUNCTIONS = {name: rf"\{name}" for name in _SAME}
_LATEX_FUNCTIONS |= {"maximum": r"\max", "minimum": r"\min", "log2": r"\log_{2}", "log10": r"\log_{10}"}
_LATEX_SIGNS = {"≤": r"\le", "≥": r"\ge", "≠": r"\ne"}
_MATHML_FUNCTIONS = {"maximum": "max", "minimum": "min"}
_MATHML_BASES = {"log2": "2", "log10": "10"}


class Signs(Protocol):
    """What a notation has a sign for; every argument but names and texts is already written."""

    dots: str

    def name(self, name: str) -> str:
        """A variable."""

    def number(self, text: str) -> str:
        """A number, from its Python text."""

    def word(self, text: str) -> str:
        """A word inside of a formula."""

    def plain(self, text: str) -> str:
        """A text instead of a formula."""

    def infix(self, left: str, sign: str, right: str) -> str:
        """A sum, a difference or a comparison."""

    def product(self, left: str, right: str) -> str:
        """A product of numbers, or entry by entry."""

    def matrix_product(self, left: str, right: str) -> str:
        """A product of matrices."""

    def fraction(self, top: str, bottom: str) -> str:
        """A fraction."""

    def power(self, base: str, exponent: str) -> str:
        """A power."""

    def negative(self, x: str) -> str:
        """A minus before something."""

    def transposed(self, x: str) -> str:
        """A matrix with rows and columns exchanged."""

    def root(self, x: str) -> str:
        """The square root."""

    def bars(self, x: str) -> str:
        """The absolute value."""

    def parentheses(self, x: str) -> str:
        """Something in parentheses."""

    def brackets(self, x: str) -> str:
        """Something in square brackets."""

    def big(self, name: str, below: str, x: str) -> str:
        """A sum or product of all entries, or along axes."""

    def counted(self, start: str, end: str, x: str) -> str:
        """A sum from a start to an end."""

    def call(self, name: str, x: str, below: str = "") -> str:
        """A function of something."""

    def item(self, x: str, index: str) -> str:
        """Entries of an array."""

    def slice(self, bounds: Sequence[str]) -> str:
        """From here to there."""

    def listed(self, entries: Sequence[str]) -> str:
        """One after another, with commas."""


class _Latex:
    """LaTeX's math mode with amsmath."""

    dots = r"\ldots"

    def name(self, name: str) -> str:
        return name_latex(name)

    def number(self, text: str) -> str:
        return number_latex(text)

    def word(self, text: str) -> str:
        return rf"\text{{{escape_latex(text)}}}"

    def plain(self, text: str) -> str:
        return self.word(" ".join(text.split()))

    def infix(self, left: str, sign: str, right: str) -> str:
        return f"{left} {_LATEX_SIGNS.get(sign, sign)} {right}"

    def product(self, left: str, right: str) -> str:
        return rf"{left} \cdot {right}"

    def matrix_product(self, left: str, right: str) -> str:
        return rf"{left} \, {right}"

    def fraction(self, top: str, bottom: str) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def negative(self, x: str) -> str:
        return f"-{x}"

    def transposed(self, x: str) -> str:
        return rf"{x}^{{\top}}"

    def root(self, x: str) -> str:
        return rf"\sqrt{{{x}}}"

    def bars(self, x: str) -> str:
        return rf"\left|{x}\right|"

    def parentheses(self, x: str) -> str:
        return rf"\left({x}\right)"

    def brackets(self, x: str) -> str:
        return rf"\left[{x}\right]"

    def big(self, name: str, below: str, x: str) -> str:
        return rf"\{name}{self._below(below)} {x}"

    def counted(self, start: str, end: str, x: str) -> str:
        return rf"\sum_{{{start}}}^{{{end}}} {x}"

    def call(self, name: str, x: str, below: str = "") -> str:
        function = _LATEX_FUNCTIONS.get(name, rf"\operatorname{{{escape_latex(name)}}}")
        return f"{function}{self._below(below)}{self.parentheses(x)}"

    def item(self, x: str, index: str) -> str:
        return f"{x}{self.brackets(index)}"

    def slice(self, bounds: Sequence[str]) -> str:
        return "{:}".join(bounds)

    def listed(self, entries: Sequence[str]) -> str:
        return ", ".join(entries)

    def _below(self, text: str) -> str:
        """``\\text{axis } 0``: words as text, the rest as numbers."""
        word, _, numbers = text.partition(" ")
        return rf"_{{\text{{{word} }} {escape_latex(numbers)}}}" if text else ""


class _MathML:
    """MathML as browsers have it; everything that has more than one part is in a row of its own."""

    dots = "<mo>…</mo>"

    def name(self, name: str) -> str:
        return name_mathml(name)

    def number(self, text: str) -> str:
        return number_mathml(text)

    def word(self, text: str) -> str:
        return f"<mtext>{escape_xml(text)}</mtext>"

    def plain(self, text: str) -> str:
        return self.word(" ".join(text.split()))

    def infix(self, left: str, sign: str, right: str) -> str:
        shown = "−" if sign == "-" else escape_xml(sign)  # noqa: RUF001 a minus
        return f"<mrow>{left}<mo>{shown}</mo>{right}</mrow>"

    def product(self, left: str, right: str) -> str:
        return f"<mrow>{left}<mo>·</mo>{right}</mrow>"

    def matrix_product(self, left: str, right: str) -> str:
        return f'<mrow>{left}<mspace width="0.17em"/>{right}</mrow>'

    def fraction(self, top: str, bottom: str) -> str:
        return f"<mfrac>{top}{bottom}</mfrac>"

    def power(self, base: str, exponent: str) -> str:
        return f"<msup>{base}{exponent}</msup>"

    def negative(self, x: str) -> str:
        return f"<mrow><mo>−</mo>{x}</mrow>"  # noqa: RUF001 a minus

    def transposed(self, x: str) -> str:
        return f"<msup>{x}<mo>⊤</mo></msup>"  # noqa: RUF001 the sign for it

    def root(self, x: str) -> str:
        return f"<msqrt>{x}</msqrt>"

    def bars(self, x: str) -> str:
        return f"<mrow><mo>|</mo>{x}<mo>|</mo></mrow>"

    def parentheses(self, x: str) -> str:
        return f"<mrow><mo>(</mo>{x}<mo>)</mo></mrow>"

    def brackets(self, x: str) -> str:
        return f"<mrow><mo>[</mo>{x}<mo>]</mo></mrow>"

    def big(self, name: str, below: str, x: str) -> str:
        sign = f"<mo>{'∑' if name == 'sum' else '∏'}</mo>"
        if below:
            sign = f"<munder>{sign}{self.word(below)}</munder>"
        return f"<mrow>{sign}{x}</mrow>"

    def counted(self, start: str, end: str, x: str) -> str:
        return f"<mrow><munderover><mo>∑</mo>{start}{end}</munderover>{x}</mrow>"

    def call(self, name: str, x: str, below: str = "") -> str:
        base = _MATHML_BASES.get(name, "")
        shown = "log" if base else _MATHML_FUNCTIONS.get(name, name)
        function = f'<mi mathvariant="normal">{escape_xml(shown)}</mi>'
        if base:
            function = f"<msub>{function}<mn>{base}</mn></msub>"
        if below:
            function = f"<munder>{function}{self.word(below)}</munder>"
        return f"<mrow>{function}<mo>&#x2061;</mo>{self.parentheses(x)}</mrow>"

    def item(self, x: str, index: str) -> str:
        return f"<mrow>{x}{self.brackets(index)}</mrow>"

    def slice(self, bounds: Sequence[str]) -> str:
        return f"<mrow>{'<mo>:</mo>'.join(bounds)}</mrow>"

    def listed(self, entries: Sequence[str]) -> str:
        return entries[0] if len(entries) == 1 else f"<mrow>{'<mo>,</mo>'.join(entries)}</mrow>"


LATEX: Signs = _Latex()
MATHML: Signs = _MathML()
