"""Expressions in terms of values that have a name: ``p (1 - p)`` for ``exp(-z) / (1 + exp(-z))^2``.

Every form is compared with what it replaces at random points, so one that holds only somewhere is never taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from chainrule.explaining.deriving.rewriting import agree, length, number_at, quickly

__all__ = ["in_names", "written_out"]

Point = Mapping[Any, Any]
Definitions = Mapping[Any, Any]


def written_out(expression: Any, definitions: Definitions) -> Any:
    """The expression with every name replaced by what it stands for."""
    for name, meaning in reversed(list(definitions.items())):
        expression = expression.subs(name, meaning)
    return expression


def in_names(expression: Any, definitions: Definitions, at: Sequence[Point]) -> Any:
    """The expression in terms of the named values, as long as that makes it shorter.

    >>> import sympy
    >>> z, p = sympy.symbols("z p", real=True)
    >>> point = {z: sympy.Integer(0), p: sympy.Rational(1, 2)}
    >>> in_names(sympy.exp(-z) / (1 + sympy.exp(-z)) ** 2, {p: 1 / (1 + sympy.exp(-z))}, [point])
    p*(1 - p)

    Args:
        expression: in names and inputs.
        definitions: what each name stands for.
        at: points at which both forms must have the same value.
    """

    def hides(form: Any) -> bool:
        return _hides(form, definitions)

    while True:
        forms = sorted(_renamed(expression, definitions), key=length)
        shorter = (form for form in forms if length(form)[:2] < length(expression)[:2])
        found = next(
            (form for form in shorter if hides(form) <= hides(expression) and _equal(expression, form, at)), None
        )
        if found is None:
            return expression
        expression = found


def _equal(left: Any, right: Any, at: Iterable[Point]) -> bool:
    try:
        return all(agree(number_at(left, point), number_at(right, point)) for point in at)
    except ValueError:
        return False


def _hides(expression: Any, names: Iterable[Any]) -> bool:
    """Whether a function is applied to a name: ``exp(z - L)`` says less than ``exp(z) / (exp(z) + exp(y))``."""
    import sympy

    return any(part.has(*names) for part in expression.atoms(sympy.Function))


def _renamed(expression: Any, definitions: Definitions) -> Iterator[Any]:
    used = {name: meaning for name, meaning in definitions.items() if meaning.free_symbols & expression.free_symbols}
    for name, meaning in used.items():
        yield quickly(expression.subs(meaning, name))
        for symbol in sorted(meaning.free_symbols & expression.free_symbols, key=str):
            for solution in _solutions(name, meaning, symbol):
                yield quickly(expression.subs(symbol, solution))
    yield from _quotients_named(expression, used)


def _quotients_named(expression: Any, definitions: Definitions) -> Iterator[Any]:
    """``a`` is ``p s`` where ``p = a / s``; if all the ``s`` cancel, it was worth it. Equal ``s`` go together."""
    import sympy

    divisor = sympy.Dummy("divisor", positive=True)
    shared: dict[Any, dict[Any, Any]] = {}
    for name, meaning in definitions.items():
        above, below = sympy.fraction(sympy.together(meaning))
        if not above.is_number and not below.is_number:
            shared.setdefault(below, {})[above] = name * divisor
    for below, names in shared.items():
        named = sympy.expand_power_exp(expression).subs(below, divisor)
        for replaced in (names, *({above: name} for above, name in names.items() if len(names) > 1)):
            yield quickly(quickly(named.subs(replaced)).subs(divisor, below))


@cache
def _solutions(name: Any, meaning: Any, symbol: Any) -> tuple[Any, ...]:
    """``z = log(p / (1 - p))`` where ``p = 1 / (1 + exp(-z))``: none, one, or one for each sign of a root."""
    import sympy

    # Free of assumptions, else SymPy keeps only what it can prove to be real.
    free = {each: sympy.Dummy(each.name) for each in (name, *meaning.free_symbols)}
    try:
        solutions = sympy.solve(sympy.Eq(meaning.subs(free), free[name]), free[symbol])
    except NotImplementedError:
        return ()
    bound = {dummy: each for each, dummy in free.items()}
    return tuple(solution.subs(bound) for solution in solutions) if len(solutions) <= 2 else ()
