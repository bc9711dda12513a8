"""Expressions made shorter: without kinks that cancel, factored or not; and their numbers at random points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import sympy

__all__ = ["DIGITS", "agree", "length", "number_at", "points", "quickly", "shortest", "without_kinks"]

DIGITS = 50  # for comparing; what agrees in 20 of them is equal
LARGEST = 150  # operations; simplifying takes too long beyond
FLOOR = 1e-30  # what keeps a probability from being 0 is smaller: float32's smallest normal number is 1.2e-38

Point = Mapping[Any, Any]
Definitions = Mapping[Any, Any]


# -- numbers -----------------------------------------------------------------------------------------------


def number_at(expression: Any, point: Point) -> Any:
    """The expression's value with `DIGITS` digits.

    Raises:
        ValueError: it has no real value there.
    """
    value = expression.subs(dict(point)).evalf(DIGITS)
    if not (value.is_number and value.is_real and value.is_finite):
        raise ValueError(f"{expression} has no real value at {dict(point)}")
    return value


def agree(left: Any, right: Any) -> bool:
    """Whether two numbers with `DIGITS` digits are equal up to what a central difference loses."""
    return bool(abs(left - right) <= 1e-15 * (1 + abs(left)))


def points(
    inputs: Sequence[sympy.Symbol], definitions: Definitions, rng: np.random.Generator, count: int, given: Definitions
) -> list[dict[Any, Any]]:
    """Random values of all inputs and names at which every name has a value.

    Args:
        inputs: the symbols that are free.
        definitions: the names, in order.
        rng: where the numbers come from.
        count: how many points.
        given: symbols among the inputs that others determine.

    Raises:
        ValueError: none were found, for a logarithm of something negative, say.
    """
    found = []
    for free in _drawn(rng, [symbol for symbol in inputs if symbol not in given]):
        point = _point(free, {**given, **definitions})
        if point is not None:
            found.append(point)
        if len(found) == count:
            return found
    raise ValueError("found no point at which every value is a real number; is there a logarithm of a negative one?")


def _drawn(rng: np.random.Generator, symbols: Sequence[Any]) -> Iterator[dict[Any, Any]]:
    import sympy

    # Between 0 and 1 first: there probabilities are, and logarithms and roots have values.
    for low, high in ((0.15, 0.85), (1.1, 2.6), (-2.0, 2.0)):
        for _ in range(20):
            yield {symbol: sympy.Rational(round(rng.uniform(low, high) * 1000), 1000) for symbol in symbols}


def _point(free: dict[Any, Any], definitions: Definitions) -> dict[Any, Any] | None:
    """The point with a value for every name; None where one has none."""
    point = dict(free)
    try:
        for name, expression in definitions.items():
            point[name] = number_at(expression, point)
    except ValueError:
        return None
    return point


# -- length ------------------------------------------------------------------------------------------------


def length(expression: Any) -> tuple[int, int, str]:
    """Operations first, then letters; the text itself decides between equals, so that the choice is always the same."""
    import sympy

    # A power is repeated multiplication: `p (1 - p)` is shorter than `p - p^2`. A function is more than a name.
    parts = list(sympy.preorder_traversal(expression))
    powers = sum(1 for part in parts if part.is_Pow and part.exp.is_Integer and part.exp > 1)
    functions = sum(3 for part in parts if part.is_Function)
    text = str(expression)
    return int(expression.count_ops()) + powers + functions, len(text), text


def shortest(expression: Any) -> Any:
    """The shortest of SymPy's equivalent forms.

    >>> import sympy
    >>> p, x = sympy.symbols("p x")
    >>> shortest(p * x - p * x * p), shortest(sympy.exp(x) / sympy.exp(x) ** 2)
    (p*x*(1 - p), exp(-x))
    """
    if expression.is_Atom:
        return expression
    known = _functions(expression)
    # Half a hyperbolic cosine is no simpler than an exponential.
    return min((form for form in _forms(expression) if _functions(form) <= known), key=length)


def _functions(expression: Any) -> set[Any]:
    import sympy

    return {type(part) for part in expression.atoms(sympy.Function)}


def _forms(expression: Any) -> list[Any]:
    import sympy

    forms = _rational_forms(expression)
    if expression.count_ops() <= LARGEST:
        forms.append(sympy.simplify(expression))
        forms.append(sympy.factor(forms[-1]))
    return [form for each in forms for form in (each, *_signs_into_sums(each))]


def _rational_forms(expression: Any) -> list[Any]:
    import sympy

    cancelled = sympy.cancel(sympy.together(expression))
    return [expression, sympy.expand(expression), cancelled, sympy.factor(cancelled)]


def quickly(expression: Any) -> Any:
    """The shortest form that arithmetic alone finds, at a tenth of the time."""
    return min((form for each in _rational_forms(expression) for form in (each, *_signs_into_sums(each))), key=length)


def _signs_into_sums(expression: Any) -> Iterator[Any]:
    """``-p (p - 1)`` as ``p (1 - p)``: the sign put into sums in every way, those under a fraction, too."""
    if not expression.is_Mul:
        return
    sums = [factor for factor in expression.args if (factor.base if _is_inverse(factor) else factor).is_Add]
    for turned in (chosen for count in range(1, len(sums) + 1) for chosen in combinations(sums, count)):
        rest = [factor for factor in expression.args if factor not in turned]
        coefficient = (rest.pop(0) if rest and rest[0].is_number else 1) * (-1) ** len(turned)
        if coefficient > 0:
            yield expression.func(coefficient, *rest, *map(_negative, turned))


def _is_inverse(factor: Any) -> bool:
    return bool(factor.is_Pow and factor.exp == -1)


def _negative(factor: Any) -> Any:
    return factor.func(-factor.base, -1) if _is_inverse(factor) else -factor


# -- kinks -------------------------------------------------------------------------------------------------


def without_kinks(expression: Any) -> Any:
    """The expression without a maximum, minimum or absolute value that its value does not depend on.

    Stable forms have such: softmax subtracts the largest logit; the sigmoid uses ``-abs(x)``; a logarithm's argument is
    kept above the smallest number there is, which on paper is 0. Those that matter stay.

    >>> import sympy
    >>> x, y = sympy.symbols("x y", real=True)
    >>> m = sympy.Max(x, y)
    >>> without_kinks(sympy.exp(x - m) / (sympy.exp(x - m) + sympy.exp(y - m)))
    exp(x)/(exp(x) + exp(y))
    >>> without_kinks(sympy.log(sympy.Max(x, 2.2e-308)))
    log(x)
    >>> without_kinks(abs(x) + sympy.Max(x, 0))
    Abs(x) + Max(0, x)
    """
    import sympy

    expression = expression.replace(sympy.Max, _without_floor)
    for kink in sorted(expression.atoms(sympy.Max, sympy.Min, sympy.Abs), key=str):
        expression = _without(expression, kink)
    return expression


def _without_floor(*arguments: Any) -> Any:
    """The maximum without a tiny number among its arguments."""
    import sympy

    rest = [each for each in arguments if not (each.is_number and 0 < each < FLOOR)]
    return sympy.Max(*(rest or arguments))


def _without(expression: Any, kink: Any) -> Any:
    import sympy

    shift = sympy.Dummy("shift", real=True)
    shifted = expression.subs(kink, shift)
    if not shifted.has(*kink.free_symbols):
        return expression
    if sympy.simplify(shifted.diff(shift)) == 0:
        return shortest(shifted.subs(shift, 0))
    difference = kink.args[0] if len(kink.args) == 1 else kink.args[0] - kink.args[1]
    if len(kink.args) > 2:
        return expression
    above, below = (_one_sided(expression, sign * difference) for sign in (1, -1))
    return shortest(above) if sympy.simplify(above - below) == 0 else expression


def _one_sided(expression: Any, positive: Any) -> Any:
    """The expression where ``positive`` is positive, as far as its kinks are about that."""
    import sympy

    def larger(*arguments: Any) -> Any:
        if len(arguments) == 2 and sympy.expand(arguments[0] - arguments[1] - positive) == 0:
            return arguments
        if len(arguments) == 2 and sympy.expand(arguments[1] - arguments[0] - positive) == 0:
            return arguments[::-1]
        return None

    def replaced(kink: Any) -> Any:
        if isinstance(kink, sympy.Abs):
            found = larger(kink.args[0], sympy.Integer(0))
            return kink if found is None else found[0] - found[1]
        found = larger(*kink.args)
        return kink if found is None else found[0 if isinstance(kink, sympy.Max) else 1]

    return expression.replace(lambda part: isinstance(part, (sympy.Max, sympy.Min, sympy.Abs)), replaced)
