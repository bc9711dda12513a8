"""Exercise sheets: random expressions with values, without or with solutions, as LaTeX, HTML or PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

import numpy as np

from chainrule.explaining.explain import explain
from chainrule.explaining.explanation import Explanation
from chainrule.explaining.expressions.expression import Expression
from chainrule.explaining.marking.mark_values import Values
from chainrule.explaining.marking.sheet_expressions import ATTEMPTS, LEVELS, random_expression, random_values
from chainrule.files import write_bytes_atomically

__all__ = ["Exercise", "Sheet", "sheet"]


@dataclass(frozen=True)
class Exercise:
    """One expression to work on.

    Args:
        text: ``"A = exp(a)/sqrt(b)*log(a + b)"``.
        values: of its variables.
    """

    text: str
    values: Mapping[str, float]

    @property
    def solution(self) -> Explanation:
        """The whole answer."""
        return explain(self.text, **self.values)

    def __str__(self) -> str:
        return f"{self.text}   at {', '.join(f'{name} = {value:g}' for name, value in self.values.items())}"


@dataclass(frozen=True)
class Sheet:
    """What `sheet` gives. ``print`` shows the expressions.

    Args:
        seed, level: which sheet it is; the same ones give the same sheet.
        exercises: in order.
    """

    seed: int
    level: int
    exercises: Sequence[Exercise]

    @property
    def title(self) -> str:
        """What stands at the top."""
        return f"Computation graphs, level {self.level}, sheet {self.seed}"

    def __str__(self) -> str:
        shown = [self.title, f"({LEVELS[self.level].words})"]
        return "\n".join([*shown, *(f"{number}. {each}" for number, each in enumerate(self.exercises, 1))])

    def latex(self, solutions: bool = False) -> str:
        """A document for pdflatex."""
        from chainrule.explaining.marking.sheet_printing import latex

        return latex(self, solutions)

    def html(self, solutions: bool = False) -> str:
        """One page that needs no network and no script."""
        from chainrule.explaining.marking.sheet_printing import html

        return html(self, solutions)

    def save(self, path: str | Path, solutions: bool = False) -> None:
        """Write a file whose ending says in which form: .tex, .html or .pdf.

        Raises:
            ValueError: there is no form of that ending.
            RuntimeError: pdflatex, which a .pdf needs, is missing or failed; the message says what to do.
        """
        from chainrule.explaining.marking.sheet_printing import pdf

        forms = {
            ".tex": lambda: self.latex(solutions).encode(),
            ".html": lambda: self.html(solutions).encode(),
            ".pdf": lambda: pdf(self.latex(solutions), str(path)),
        }
        ending = Path(path).suffix.lower()
        if ending not in forms:
            raise ValueError(f"{path}: no form has the ending {ending!r}; there are {', '.join(forms)}")
        write_bytes_atomically(path, forms[ending]())


def sheet(seed: int, level: int = 1, count: int = 4) -> Sheet:
    """A sheet of random exercises in which every value and gradient is of moderate size.

    >>> print(sheet(seed=1, level=2, count=2))
    Computation graphs, level 2, sheet 1
    ...

    Args:
        seed: the same seed gives the same sheet.
        level: 1: two variables, three or four operations. 2: five to seven operations and a shared part.
            3: three variables, eight to ten operations. 4: sums over data.
        count: how many exercises; no two are equal.

    Raises:
        ValueError: there is no such level, or ``count`` is not from 1 to 26.
    """
    if level not in LEVELS:
        raise ValueError(f"sheet: level is {level!r}; expected one of {', '.join(map(str, LEVELS))}")
    if not 1 <= count <= len(ascii_uppercase):
        raise ValueError(f"sheet: count is {count!r}; expected a number from 1 to {len(ascii_uppercase)}")
    rng = np.random.default_rng(seed)
    exercises: list[Exercise] = []
    known: set[object] = set()
    for name in ascii_uppercase[:count]:
        exercises.append(_new_exercise(rng, name, level, known))
    return Sheet(seed, level, tuple(exercises))


def _new_exercise(rng: np.random.Generator, name: str, level: int, known: set[object]) -> Exercise:
    """The next one that is good and not ``known`` yet, to which it is added."""
    for _ in range(ATTEMPTS):
        expression = random_expression(rng, name, level)
        essence = _essence(expression)
        values = None if essence in known else random_values(rng, expression, level)
        if values is not None:
            known.add(essence)
            return Exercise(expression.text, values)
    raise ValueError(f"sheet: found no further expression of level {level} that differs; take a smaller count")


def _essence(expression: Expression) -> object:
    """What an expression computes, whatever it is called and in whichever order its sums are written."""
    values = Values()
    inputs = {name: values.input(name) for name in sorted(expression.names)}
    result, _ = values.written(expression, inputs)
    return values.structure(result)
