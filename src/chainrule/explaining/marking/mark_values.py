"""Values of a computation, known by what they are: the same operation on the same operands is one value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.explaining.expressions.expression import Expression

__all__ = ["Numbers", "Recipe", "Values", "close", "random_points"]

_COMMUTATIVE = frozenset({np.add, np.multiply, np.maximum, np.minimum})
Numbers = Sequence[float]  # the number of each value, by its place in `Values.recipes`


@dataclass(frozen=True)
class Recipe:
    """How a value comes about: an input's name, a number, or a function of earlier values."""

    name: str = ""
    number: float | None = None
    function: Callable[..., float] | None = None
    operands: tuple[int, ...] = ()


class Values:
    """Remembers every value that was written down, each once: ``b + a`` is ``a + b``."""

    def __init__(self) -> None:
        self.recipes: list[Recipe] = []
        self._places: dict[Recipe, int] = {}

    def input(self, name: str) -> int:
        """The place of an input."""
        return self._place(Recipe(name=name))

    def written(self, expression: Expression, names: Mapping[str, int]) -> tuple[int, list[int]]:
        """The place of an expression's value, and those of its operations in order; numbers alone are none.

        Args:
            expression: what is written.
            names: the places of the values that it uses.
        """
        results: list[int] = []

        def place_of(name: str | None, place: int | None, number: float | None) -> int:
            if name is not None:
                return names[name]
            return self._place(Recipe(number=number)) if place is None else results[place]

        for operation in expression.unrolled.operations:
            operands = tuple(place_of(each.name, each.place, each.number) for each in operation.operands)
            results.append(self._operation(operation.function, operands))
        last = expression.unrolled.result
        return place_of(last.name, last.place, last.number), [
            place for place in results if self.recipes[place].function is not None
        ]

    def _operation(self, function: Callable[..., float], operands: tuple[int, ...]) -> int:
        recipe = Recipe(function=function, operands=operands)
        if all(self.recipes[operand].number is not None for operand in operands):
            return self._place(Recipe(number=_applied(recipe, [each.number or 0.0 for each in self.recipes])))
        if function in _COMMUTATIVE and tuple(sorted(operands)) != operands:
            # Told apart by what they are, but computed in the learner's order.
            twin = self._places.get(Recipe(function=function, operands=tuple(sorted(operands))))
            if twin is None:
                twin = self._place(recipe)
                self._places[Recipe(function=function, operands=tuple(sorted(operands)))] = twin
            return twin
        return self._place(recipe)

    def _place(self, recipe: Recipe) -> int:
        if recipe not in self._places:
            self._places[recipe] = len(self.recipes)
            self.recipes.append(recipe)
        return self._places[recipe]

    def numbers(self, point: Mapping[str, float], replaced: Mapping[int, float] | None = None) -> list[float]:
        """Every value's number at a point, nan where it has none; those in ``replaced`` are set."""
        found: list[float] = []
        for place, recipe in enumerate(self.recipes):
            if replaced and place in replaced:
                found.append(replaced[place])
            elif recipe.function is not None:
                found.append(_applied(recipe, found))
            else:
                found.append(point.get(recipe.name, math.nan) if recipe.number is None else recipe.number)
        return found

    def needed(self, place: int) -> set[int]:
        """The places of all values that one is computed from, and its own."""
        found: set[int] = set()
        waiting = [place]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += self.recipes[current].operands
        return found

    def operations(self, place: int) -> list[int]:
        """Those of them that are operations, in order."""
        return sorted(each for each in self.needed(place) if self.recipes[each].function is not None)

    def structure(self, place: int) -> tuple[object, ...]:
        """What a value is, for comparing expressions: its operations in nested form, without their order."""
        recipe = self.recipes[place]
        operands = [self.structure(each) for each in recipe.operands]
        if recipe.function in _COMMUTATIVE:
            operands.sort(key=repr)
        return (recipe.name, recipe.number, getattr(recipe.function, "__name__", ""), *operands)

    def local(self, place: int, slot: int, numbers: Numbers) -> float:
        """The derivative of an operation with respect to one of its operands, by a central difference."""
        recipe = self.recipes[place]
        middle = numbers[recipe.operands[slot]]
        step = 1e-6 * max(1.0, abs(middle))

        def moved(by: float) -> float:
            operands = [numbers[operand] for operand in recipe.operands]
            operands[slot] = middle + by
            return _called(recipe.function, operands)

        return (moved(step) - moved(-step)) / (2 * step)

    def gradients(self, place: int, numbers: Numbers) -> dict[int, float]:
        """The derivative of one value with respect to each that it is computed from."""
        found = dict.fromkeys(self.needed(place), 0.0)
        found[place] = 1.0
        for parent in sorted(found, reverse=True):
            for slot, child in enumerate(self.recipes[parent].operands):
                found[child] += found[parent] * self.local(parent, slot, numbers)
        return found


def _applied(recipe: Recipe, numbers: Sequence[float]) -> float:
    return _called(recipe.function, [numbers[operand] for operand in recipe.operands])


def _called(function: Callable[..., float] | None, operands: Iterable[float]) -> float:
    assert function is not None  # only operations are computed
    with np.errstate(all="ignore"):
        value = float(function(*map(np.float64, operands)))
    return value if math.isfinite(value) else math.nan


def close(left: float, right: float, tolerance: float = 1e-9) -> bool:
    """Whether two numbers are equal up to rounding; nan is equal to nothing."""
    return abs(left - right) <= tolerance * max(1.0, abs(left), abs(right))


def random_points(values: Values, place: int, names: Sequence[str], count: int) -> list[dict[str, float]]:
    """Points at which everything that ``place`` needs has a value; always the same ones.

    Raises:
        ValueError: none were found.
    """
    found = []
    for point in _drawn(names):
        numbers = values.numbers(point)
        if not any(math.isnan(numbers[each]) for each in values.needed(place)):
            found.append(point)
        if len(found) == count:
            return found
    raise ValueError("mark: the expression has no value at any of 120 random points; is there a mistake in it?")


def _drawn(names: Sequence[str]) -> Iterator[dict[str, float]]:
    rng = np.random.default_rng(0)
    for low, high in ((0.3, 2.5), (0.05, 0.95), (-3.0, 3.0)):
        for _ in range(40):
            yield {name: float(rng.uniform(low, high)) for name in names}
