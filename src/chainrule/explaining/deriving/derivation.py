"""Derivatives on paper: the matrix of partial derivatives, and a gradient carried through to its simplest form.

Each line is compared with a central difference of 50 digits at random points, so that what is printed holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.explaining.deriving.derivation_record import (
    Comparison,
    Derivation,
    DerivationStep,
    formula_latex,
    partial_latex,
)
from chainrule.explaining.deriving.jacobian_matrix import JacobianMatrix, jacobian
from chainrule.explaining.deriving.renaming import in_names, written_out
from chainrule.explaining.deriving.rewriting import agree, length, number_at, points, shortest, without_kinks
from chainrule.explaining.deriving.symbols import chain, written
from chainrule.explaining.expressions.expression import parse
from chainrule.tracing import trace

__all__ = ["Comparison", "Derivation", "DerivationStep", "JacobianMatrix", "gradient", "jacobian"]

POINTS = 3
MOST_PATHS = 24

Edge = tuple[Any, Any]  # a value and one that it is computed from
Path = list[Edge]  # from the result down to an input


def gradient(
    subject: str | Callable[..., Any],
    *examples: Any,
    wrt: str | None = None,
    given: Sequence[str] | str = (),
    seed: int = 0,
) -> Derivation:
    """A derivative, step by step: chain rule, local derivatives, product, and simpler as long as something helps.

    >>> print(gradient("sigma = 1/(1+exp(-z))").formula)
    dsigma/dz = sigma*(1 - sigma)
    >>> print(gradient("p = 1/(1+exp(-z)); loss = -(y*log(p) + (1-y)*log(1-p))", wrt="z"))
    p = 1/(1 + exp(-z))
    loss = -y*log(p) - (1 - y)*log(1 - p)
    ...

    Args:
        subject: text, one definition for each name, with semicolons or line ends between them; or a NumPy function,
            whose local variables become the names. The last definition, or what is returned, is differentiated.
        examples: of a function, an example for each argument, for its shape; numbers if left out. The entries of
            an array ``x`` are called ``x1, x2, ...``.
        wrt: with respect to which input; may be left out where there is only one.
        given: equations that hold, such as ``"y1 + y2 = 1"`` for labels in one-hot form.
        seed: of the random points.

    Raises:
        ValueError: the text cannot be read, or ``wrt`` is no input, or the result is no single number.
    """
    definitions = _from_text(subject) if isinstance(subject, str) else _from_function(subject, examples)
    definitions = _without_kinks(definitions)
    conditions = [given] if isinstance(given, str) else list(given)
    return _Work(definitions, wrt, conditions, seed).derivation()


# -- where the chain comes from ------------------------------------------------------------------------------


def _from_text(text: str) -> dict[Any, Any]:
    definitions: dict[Any, Any] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        name, expression = _read(part)
        if _symbol(name) in definitions:
            raise ValueError(f"gradient: {name} is defined twice; give each value its own name")
        early = [str(known) for known, meaning in definitions.items() if meaning.has(_symbol(name))]
        if early or expression.has(_symbol(name)):
            raise ValueError(f"gradient: {', '.join(early) or name} uses {name} before it is defined")
        definitions[_symbol(name)] = expression
    if not definitions:
        raise ValueError('gradient: the text is empty; expected a definition, such as "s = 1/(1+exp(-z))"')
    return definitions


def _read(text: str) -> tuple[str, Any]:
    """The name and the SymPy expression of one definition."""
    parsed = parse(text)
    return parsed.name, written(parsed)


def _symbol(name: str) -> Any:
    import sympy

    return sympy.Symbol(name, real=True)


def _difference(condition: str) -> Any:
    """``y1 + y2 - 1`` for ``"y1 + y2 = 1"``."""
    left, sign, right = condition.partition("=")
    if not sign:
        raise ValueError(f'given: {condition!r} is no equation; expected one such as "y1 + y2 = 1"')
    return _read(f"{left.strip()} - ({right.strip()})")[1]


def _from_function(function: Callable[..., Any], examples: Sequence[Any]) -> dict[Any, Any]:
    import inspect

    count = len(inspect.signature(function).parameters)
    program = trace(function, *(examples or [0.5] * count))
    steps = chain(program)
    if isinstance(steps.result, np.ndarray) or not hasattr(steps.result, "free_symbols"):
        raise ValueError(f"gradient: {program.name} must return a single number; for an array ask for the jacobian")
    definitions = dict(steps.definitions)
    if steps.result not in definitions:
        name = program.name if program.name.isidentifier() else "f"
        definitions[_symbol(name)] = steps.result
    return definitions


def _without_kinks(definitions: Mapping[Any, Any]) -> dict[Any, Any]:
    """Each definition without its kinks, and none that is another name for a value once they are gone."""
    found: dict[Any, Any] = {}
    others: dict[Any, Any] = {}
    for name, meaning in definitions.items():
        plain = without_kinks(meaning.subs(others))
        if plain.is_Symbol and not meaning.is_Symbol and name != list(definitions)[-1]:
            others[name] = plain
        else:
            found[name] = plain
    return found


# -- the work --------------------------------------------------------------------------------------------


class _Work:
    """One derivation in the making: the definitions, the random points, and the steps so far."""

    def __init__(self, definitions: dict[Any, Any], wrt: str | None, conditions: list[str], seed: int) -> None:
        self.definitions = definitions
        self.result = list(definitions)[-1]
        used = {symbol for meaning in definitions.values() for symbol in meaning.free_symbols}
        self.inputs = sorted(used - definitions.keys(), key=lambda symbol: str(symbol))
        self.wrt = self._chosen(wrt)
        self.conditions = conditions
        self.given = self._solved(conditions)
        self.points = points(self.inputs, definitions, np.random.default_rng(seed), POINTS, self.given)
        self.steps: list[DerivationStep] = []
        self.has_many_edges = False

    def _chosen(self, wrt: str | None) -> Any:
        names = [str(symbol) for symbol in self.inputs]
        if wrt is None and len(names) == 1:
            return self.inputs[0]
        if wrt not in names:
            said = "say" if wrt is None else f"wrt is {wrt!r}; say"
            raise ValueError(f"gradient: {said} with respect to which input: wrt= one of {', '.join(names) or 'none'}")
        return self.inputs[names.index(wrt)]

    def _solved(self, conditions: Sequence[str]) -> dict[Any, Any]:
        """Each condition, solved for the last of its symbols."""
        import sympy

        solved: dict[Any, Any] = {}
        for condition in conditions:
            difference = _difference(condition).subs(solved)
            symbols = sorted(difference.free_symbols & set(self.inputs) - {self.wrt}, key=str)
            solutions = sympy.solve(difference, symbols[-1]) if symbols else []
            if len(solutions) != 1:
                raise ValueError(f"given: {condition!r} does not determine one of the inputs")
            solved[symbols[-1]] = solutions[0]
        return solved

    def derivation(self) -> Derivation:
        """All steps in order."""
        paths = self._paths()
        edges = list(dict.fromkeys(edge for path in paths for edge in path))
        self.has_many_edges = len(edges) > 1
        if self.has_many_edges:
            self._chain_rule(paths)
        total = self._product(paths, {edge: self._local(*edge) for edge in edges})
        if self.given:
            words = f"with {' and '.join(self.conditions)}"
            total = self._then(words, total, shortest(total.subs(self.given)))
        total = self._then("simplify", total, self._in_names(total))
        self._from_the_inputs(total)
        name, wrt = str(self.result), str(self.wrt)
        return Derivation(name, wrt, self.definitions, tuple(self.conditions), self.given, tuple(self.steps))

    def _paths(self) -> list[Path]:
        """The ways from the result down to the input, each as its edges ``(value, what it depends on)``."""
        found = [path for path, _ in zip(self._ways(self.result), range(MOST_PATHS + 1), strict=False)]
        if not found:
            raise ValueError(f"gradient: {self.result} does not depend on {self.wrt}")
        if len(found) > MOST_PATHS:
            raise ValueError(f"gradient: there are more than {MOST_PATHS} paths to {self.wrt}; name fewer values")
        return found

    def _ways(self, value: Any) -> Iterator[Path]:
        used = self.definitions[value].free_symbols
        for child in (each for each in (*reversed(self.definitions), self.wrt) if each in used):
            if child == self.wrt:
                yield [(value, child)]
            elif child != value:
                yield from ([(value, child), *rest] for rest in self._ways(child))

    def _local(self, value: Any, child: Any) -> Any:
        """The derivative of one definition, and in names where this is shorter."""
        edge = (value, child)
        raw = self.definitions[value].diff(child)
        self._add(f"differentiate {value} with respect to {child}", raw, edge)
        named = self._in_names(shortest(raw), edge)
        return self._then("simplify", raw, named, edge)

    def _chain_rule(self, paths: Sequence[Path]) -> None:
        """The sum over all paths, in partial derivatives."""
        import sympy

        partials = [[self.definitions[value].diff(child) for value, child in path] for path in paths]
        text = " + ".join(" * ".join(f"∂{above}/∂{below}" for above, below in path) for path in paths)
        latex = " + ".join(r" \cdot ".join(partial_latex(*map(str, edge)) for edge in path) for path in paths)
        total = sympy.Add(*(sympy.prod(factors) for factors in partials))
        self._add("chain rule", total, None, text, latex)

    def _product(self, paths: Sequence[Path], found: Mapping[Any, Any]) -> Any:
        """The chain rule with the local derivatives filled in, multiplied out."""
        import sympy

        if len(found) == 1:
            return next(iter(found.values()))
        shown = [[found[edge] for edge in path] for path in paths]
        total = sympy.Add(*(sympy.prod(factors) for factors in shown))
        text = " + ".join(" * ".join(map(_factor, factors)) for factors in shown)
        latex = " + ".join(r" \cdot ".join(map(_factor_latex, factors)) for factors in shown)
        self._add("put the local derivatives in", total, None, text, latex)
        self._add("simplify", shortest(total))
        return shortest(total)

    def _in_names(self, expression: Any, edge: Edge | None = None) -> Any:
        """In terms of the values computed up to the one that is differentiated."""
        known = list(self.definitions)
        last = known.index(self.result if edge is None else edge[0])
        named = in_names(expression, {name: self.definitions[name] for name in known[: last + 1]}, self.points)
        new = sorted({str(symbol) for symbol in named.free_symbols - expression.free_symbols})
        if new:
            return self._then(f"write it with {' and '.join(new)}", expression, named, edge)
        return named

    def _from_the_inputs(self, total: Any) -> None:
        """A last try: everything written out in inputs, simplified, and then named again."""
        whole = shortest(written_out(total, self.definitions).subs(self.given))
        named = in_names(whole, self.definitions, self.points)
        if length(named)[:2] < length(total)[:2]:
            self._then("write everything in inputs and simplify", total, whole)
            self._in_names(whole)

    def _then(self, words: str, before: Any, after: Any, edge: Edge | None = None) -> Any:
        """A further step, unless nothing changed."""
        if after != before:
            self._add(words, after, edge)
        return after

    def _add(self, words: str, right: Any, edge: Edge | None = None, text: str = "", latex: str = "") -> None:
        """A step about the whole derivative, or about one edge: a partial derivative, as long as there are others."""
        left = f"∂{edge[0]}/∂{edge[1]}" if edge and self.has_many_edges else f"d{self.result}/d{self.wrt}"
        if text or not self.steps or (left, str(right)) != (self.steps[-1].left, self.steps[-1].right):
            compared = tuple(self._comparison(right, edge, point) for point in self.points)
            self.steps.append(
                DerivationStep(words, left, text or str(right), latex or formula_latex(right), right, compared)
            )

    # -- the check ---------------------------------------------------------------------------------------

    def _comparison(self, right: Any, edge: Edge | None, point: Mapping[Any, Any]) -> Comparison:
        import sympy

        # From the result to an input, everything between moves along; along one edge, nothing else does.
        value, child = edge or (self.result, self.wrt)
        step = sympy.Rational(1, 10**15)
        moved = ({**point, child: point[child] + by} for by in (step, -step))
        above, below = (self._moved(value, each, everything=edge is None) for each in moved)
        expected, actual = (above - below) / (2 * step), number_at(right, point)
        shown = {str(symbol): float(point[symbol]) for symbol in self.inputs}
        return Comparison(shown, float(expected), float(actual), agree(expected, actual))

    def _moved(self, value: Any, point: dict[Any, Any], everything: bool) -> Any:
        if everything:
            for name, meaning in self.definitions.items():
                point[name] = number_at(meaning, point)
        return number_at(self.definitions[value], point)


def _factor(expression: Any) -> str:
    return f"({expression})" if expression.is_Add or str(expression).startswith("-") else str(expression)


def _factor_latex(expression: Any) -> str:
    text = formula_latex(expression)
    return rf"\left({text}\right)" if expression.is_Add or text.startswith("-") else text
