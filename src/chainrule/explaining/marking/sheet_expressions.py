"""Random expressions for exercises, with values at which nothing is tiny, huge or undefined."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.explaining.expressions.expression import Expression, parse
from chainrule.explaining.marking.mark_values import Values

__all__ = ["LEVELS", "Level", "random_expression", "random_values"]

ATTEMPTS = 2000
LOW, HIGH = 0.3, 3.0  # of the variables


@dataclass(frozen=True)
class Level:
    """How hard an exercise is.

    Args:
        words: what it is like.
        names: the variables.
        shared: how many operations the shared part has; 0 for none.
        repeats: how often it stands in the text.
        operations: the fewest and the most, with the shared part counted once.
    """

    words: str
    names: tuple[str, ...]
    shared: tuple[int, ...]
    repeats: tuple[int, ...]
    operations: tuple[int, int]


LEVELS: Mapping[int, Level] = {
    1: Level("two variables", ("a", "b"), (0,), (0,), (3, 4)),
    2: Level("two variables, one shared part", ("a", "b"), (1,), (2,), (5, 7)),
    3: Level("three variables, one shared part", ("a", "b", "c"), (2, 3), (2, 3), (8, 10)),
    4: Level("a sum over data", ("w0", "w1"), (1,), (2, 3), (0, 0)),
}

_FUNCTIONS = ("exp", "log", "sqrt", "sin", "tanh", "square")
_SIGNS = "++-**/"  # sums and products more often
_SUM, _PRODUCT, _POWER, _ATOM = range(4)  # how strongly a piece of text holds together


@dataclass(frozen=True)
class _Piece:
    """A part of an expression: its text, how strongly it holds together, and whether a function was applied last."""

    text: str
    strength: int = _ATOM
    is_called: bool = False

    def at_least(self, strength: int) -> str:
        return self.text if self.strength >= strength else f"({self.text})"


def random_expression(rng: np.random.Generator, name: str, level: int) -> Expression:
    """An expression of a level; its result is called ``name``."""
    return parse(f"{name} = {_text(rng, level)}")


def _text(rng: np.random.Generator, level: int) -> str:
    return _sum_over_data(rng) if level == 4 else _formula(rng, LEVELS[level]).text


def _formula(rng: np.random.Generator, level: Level) -> _Piece:
    """Combine pieces until one is left: each variable, the shared part as often as it stands there, and some more."""
    count = int(rng.integers(level.operations[0], level.operations[1] + 1))
    inner, repeats = int(rng.choice(level.shared)), int(rng.choice(level.repeats))
    pieces = [_Piece(name) for name in level.names]
    if inner:
        shared = _combined(rng, _some(rng, pieces, min(inner + 1, len(pieces))), max(0, inner + 1 - len(pieces)))
        pieces = [*[shared] * repeats, *_some(rng, pieces, int(rng.integers(1, len(pieces) + 1)))]
    else:
        pieces += _some(rng, pieces, int(rng.integers(0, 2)))
    return _combined(rng, pieces, max(0, count - inner - len(pieces) + 1))


def _some(rng: np.random.Generator, pieces: Sequence[_Piece], count: int) -> list[_Piece]:
    return [pieces[index] for index in rng.permutation(len(pieces))[:count]]


def _combined(rng: np.random.Generator, pieces: Sequence[_Piece], calls: int) -> _Piece:
    """All pieces in one, with so many functions applied on the way."""
    left = list(pieces)
    while len(left) > 1 or calls:
        plain = [index for index, piece in enumerate(left) if not piece.is_called]
        if calls and plain and (len(left) == 1 or rng.random() < calls / (calls + len(left) - 1)):
            index = plain[int(rng.integers(len(plain)))]
            left[index] = _called(str(rng.choice(_FUNCTIONS)), left[index])
            calls -= 1
        elif len(left) > 1:
            first, second = (left.pop(int(rng.integers(len(left)))) for _ in range(2))
            left.append(_joined(str(rng.choice(list(_SIGNS))), first, second))
        else:
            break
    return left[0]


def _called(function: str, piece: _Piece) -> _Piece:
    if function == "square":
        return _Piece(f"{piece.at_least(_ATOM)}^2", _POWER, True)
    return _Piece(f"{function}({piece.text})", _ATOM, True)


def _joined(sign: str, first: _Piece, second: _Piece) -> _Piece:
    # The right operand stays together: in `a + b + c` there is no `b + c` that could be shared.
    if sign in "+-":
        return _Piece(f"{first.text} {sign} {second.at_least(_PRODUCT)}", _SUM)
    return _Piece(f"{first.at_least(_PRODUCT)}{sign}{second.at_least(_POWER)}", _PRODUCT)


def _sum_over_data(rng: np.random.Generator) -> str:
    """``sum((exp(w0)*x[i] + w1 - y[i])^2 for i in 1..3)``: what holds no ``i`` is shared by all terms."""
    shared = str(rng.choice(["exp(w0)", "w0^2", "w0*w1", "sqrt(w0)", "log(w0)", "sin(w0)", "tanh(w0)", "w0/w1"]))
    model = str(
        rng.choice(["{s}*x[i] + w1", "w1*x[i] + {s}", "{s}*x[i] - w1", "w1*x[i]^2 + {s}", "{s} + w1*sin(x[i])"])
    )
    cost = str(
        rng.choice(["({m} - y[i])^2", "({m} - y[i])^2/2", "log(1 + ({m} - y[i])^2)", "sqrt(1 + ({m} - y[i])^2)"])
    )
    count = int(rng.choice(LEVELS[4].repeats))
    return f"sum({cost.format(m=model.format(s=shared))} for i in 1..{count})"


# -- is it a good exercise? --------------------------------------------------------------------------------


def random_values(rng: np.random.Generator, expression: Expression, level: int) -> dict[str, float] | None:
    """Values at which every part is of moderate size, and so is every gradient; None if the expression is no good."""
    values = Values()
    inputs = {name: values.input(name) for name in expression.names}
    result, operations = values.written(expression, inputs)
    if not _is_fitting(values, result, operations, level) or not set(LEVELS[level].names) <= inputs.keys():
        return None
    for point in _drawn(rng, expression.names):
        numbers = values.numbers(point)
        # First whether there is a value at all: the derivatives need one.
        if _moderate(numbers[place] for place in values.operations(result)):
            gradients = values.gradients(result, numbers)
            if _moderate(gradients[place] for place in inputs.values()) and _defined(gradients, values):
                return point
    return None


def _is_fitting(values: Values, result: int, operations: Sequence[int], level: int) -> bool:
    needed = values.operations(result)
    fewest, most = LEVELS[level].operations
    used = [operand for place in needed for operand in values.recipes[place].operands]
    shared = any(used.count(place) > 1 for place in needed)
    # `s - s`, `s / s` or `s * s` would be no exercise.
    twins = any(len(set(recipe.operands)) < len(recipe.operands) for recipe in values.recipes)
    if twins or (level > 1 and not shared) or _has_detour(values, needed):
        return False
    # At level 1 everything is written once and used once.
    return level == 4 or (fewest <= len(needed) <= most and (level > 1 or len(needed) == len(operations)))


def _has_detour(values: Values, operations: Sequence[int]) -> bool:
    """Whether something cancels: ``a + b - b`` is ``a`` again, and ``a / (a * b) * b`` always 1."""
    names = [recipe.name for recipe in values.recipes if recipe.name]
    points = ({name: 0.4 + step * 0.37 * number for number, name in enumerate(names, 1)} for step in (1, 1.3))
    both = list(zip(*map(values.numbers, points), strict=True))
    known = [both[place] for place, recipe in enumerate(values.recipes) if recipe.name]
    for place in operations:
        if math.isclose(*both[place]) or any(np.allclose(both[place], each, rtol=1e-9) for each in known):
            return True
        known.append(both[place])
    return False


def _drawn(rng: np.random.Generator, names: Sequence[str]) -> Iterator[dict[str, float]]:
    for _ in range(20):
        yield {name: round(float(rng.uniform(LOW, HIGH)), 1) for name in sorted(names)}


def _moderate(numbers: Iterator[float]) -> bool:
    return all(math.isfinite(number) and 0.05 <= abs(number) <= 30 for number in numbers)


def _defined(gradients: Mapping[int, float], values: Values) -> bool:
    return all(math.isfinite(gradient) for place, gradient in gradients.items() if values.recipes[place].number is None)
