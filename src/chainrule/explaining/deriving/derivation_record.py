"""What a derivation is, line by line, and how it is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy

__all__ = ["Comparison", "Derivation", "DerivationStep", "formula_latex", "partial_latex"]


@dataclass(frozen=True)
class Comparison:
    """Both sides of a line at one random point.

    Args:
        point: the inputs' values.
        expected: the left side, by a central difference.
        actual: the right side.
        agrees: whether the two are equal in 15 digits.
    """

    point: Mapping[str, float]
    expected: float
    actual: float
    agrees: bool


@dataclass(frozen=True, eq=False)
class DerivationStep:
    """One line of a derivation.

    Args:
        words: what was done: ``"simplify"``.
        left: the derivative that it is about: ``"dloss/dz"``, or the partial derivative of one definition, ``"∂p/∂z"``.
        right: the formula as text; before any derivative is filled in, ``"∂loss/∂p * ∂p/∂z"``.
        right_latex: the same as LaTeX.
        expression: the right side for SymPy, in names and inputs.
        comparisons: both sides at random points.
    """

    words: str
    left: str
    right: str
    right_latex: str
    expression: sympy.Expr
    comparisons: Sequence[Comparison]

    @property
    def agrees(self) -> bool:
        """Whether both sides agree at every point."""
        return all(comparison.agrees for comparison in self.comparisons)

    @property
    def left_latex(self) -> str:
        """The left side as LaTeX."""
        sign = self.left[0]
        above, below = self.left[1:].split(f"/{sign}")
        return partial_latex(above, below, "d" if sign == "d" else r"\partial")

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


@dataclass(frozen=True, eq=False)
class Derivation:
    """A derivative from the chain rule to its simplest form. ``print`` shows every step.

    Args:
        name: what is differentiated, ``"loss"``.
        wrt: with respect to which input.
        definitions: what each name stands for, in order; the last one is ``name``.
        conditions: equations that hold, as they were given.
        given: what was put in for them, ``{y2: 1 - y1}``.
        steps: the lines, in order.
    """

    name: str
    wrt: str
    definitions: Mapping[sympy.Symbol, sympy.Expr]
    conditions: Sequence[str]
    given: Mapping[sympy.Symbol, sympy.Expr]
    steps: Sequence[DerivationStep]

    @property
    def result(self) -> sympy.Expr:
        """The simplest form, in names and inputs."""
        return self.steps[-1].expression

    @property
    def formula(self) -> str:
        """The result as a line: ``"dloss/dz = p - y"``."""
        return str(self.steps[-1])

    @property
    def agrees(self) -> bool:
        """Whether every step agrees with a central difference at every point."""
        return all(step.agrees for step in self.steps)

    def __str__(self) -> str:
        lines = [f"{name} = {meaning}" for name, meaning in self.definitions.items()]
        lines += [f"given {condition}" for condition in self.conditions]
        for number, step in enumerate(self.steps, 1):
            lines += ["", f"{number}. {step.words}", f"   {step}"]
        return "\n".join([*lines, "", self._verdict()])

    def _verdict(self) -> str:
        wrong = [str(step) for step in self.steps if not step.agrees]
        if wrong:
            return f"check  disagrees with a central difference: {'; '.join(wrong)}"
        return f"check  every line agrees with a central difference at {len(self.steps[0].comparisons)} random points"

    def latex(self) -> str:
        """The definitions and the steps as ``align*`` environments."""
        known = {**self.definitions, **self.given}
        defined = [f"{_symbol_latex(str(name))} &= {formula_latex(meaning)}" for name, meaning in known.items()]
        steps = [f"{step.left_latex} &= {step.right_latex} && {_words_latex(step.words)}" for step in self.steps]
        return "\n".join(_aligned(rows) for rows in (defined, steps))

    def _repr_latex_(self) -> str:
        return self.latex()


def formula_latex(expression: Any) -> str:
    """An expression of SymPy as LaTeX."""
    import sympy

    names = {symbol: _symbol_latex(str(symbol)) for symbol in expression.free_symbols}
    return str(sympy.latex(expression, symbol_names=names, ln_notation=False))


def _symbol_latex(name: str) -> str:
    r"""``loss`` upright, ``x1`` with an index, ``sigma`` as the letter: as SymPy does, but for words."""
    import sympy

    text = str(sympy.latex(sympy.Symbol(name)))
    return rf"\mathrm{{{text}}}" if re.fullmatch(r"[A-Za-z]{2,}", text) else text


def partial_latex(above: str, below: str, sign: str = r"\partial") -> str:
    r"""A derivative, ``\frac{\partial p}{\partial z}``."""
    return rf"\frac{{{sign} {_symbol_latex(above)}}}{{{sign} {_symbol_latex(below)}}}"


def _aligned(rows: Sequence[str]) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _words_latex(words: str) -> str:
    escaped = re.sub(r"[_&%#$^]", lambda sign: rf"\{sign[0]}{'{}' if sign[0] == '^' else ''}", words)
    return rf"\text{{{escaped}}}"
