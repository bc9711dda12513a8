"""A learner's answer beside ours: their values in one list, and whether two of them are the same number everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chainrule.explaining.expressions.expression import Expression, parse
from chainrule.explaining.marking.mark_values import Values, close, random_points

__all__ = ["Answer", "Line", "formula"]

POINTS = 3
_NAME = re.compile(r"\s*([^\W\d]\w*)\s*=")


@dataclass(eq=False)
class Line:
    """One definition of an answer: its text, and what is known of it so far."""

    number: int
    text: str
    name: str = ""
    expression: Expression | None = None
    place: int | None = None
    operations: list[int] = field(default_factory=list)

    @property
    def formula(self) -> str:
        """What stands on the right."""
        return self.text.partition("=")[2].strip()


class Answer:
    """Remembers the lines that were read, and every value in them and in ours.

    Args:
        expression: what was asked for.
        texts: the definitions, with their numbers.
    """

    def __init__(self, expression: str, texts: Sequence[tuple[int, str]]) -> None:
        self.wanted = parse(expression)
        self.values = Values()
        self.inputs = {name: self.values.input(name) for name in self.wanted.names}
        self.result, self.ours = self.values.written(self.wanted, self.inputs)
        self.texts = _texts(self.wanted, self.ours)
        self.points = random_points(self.values, self.result, self.wanted.names, POINTS)
        self.lines = [Line(number, text, named[1] if (named := _NAME.match(text)) else "") for number, text in texts]

    @property
    def last(self) -> Line:
        """The line that should be the whole expression."""
        return self.lines[-1]

    def before(self, line: Line) -> list[Line]:
        """The lines above."""
        return self.lines[: self.lines.index(line)]

    def known(self, line: Line) -> dict[str, int]:
        """The places of everything that a line may use."""
        earlier = {each.name: each.place for each in self.before(line) if each.place is not None}
        return {**self.inputs, **earlier}

    def same(self, left: int | None, right: int | None) -> bool:
        """Whether two values are the same number at every point."""
        if left is None or right is None:
            return False
        return all(close(numbers[left], numbers[right]) for numbers in map(self.values.numbers, self.points))

    def is_ours(self, line: Line) -> bool:
        """Whether the line's value is one of ours, or an input."""
        return any(self.same(line.place, each) for each in (*self.inputs.values(), *self.ours))

    def with_value(self, line: Line, place: int) -> bool:
        """Whether the result is right if a line has the value of ours at ``place``."""
        if line.place is None or self.last.place is None:
            return False
        for point in self.points:
            right = self.values.numbers(point)
            if not close(self.values.numbers(point, {line.place: right[place]})[self.last.place], right[self.result]):
                return False
        return True

    def formula_of(self, place: int) -> str:
        """One of our operations in the answer's names, as far as it has them."""
        recipe = self.values.recipes[place]
        if recipe.function is None:
            return recipe.name
        signs = {each.function: each.sign for each in self.wanted.unrolled.operations}
        return formula(signs[recipe.function], [self._name_of(operand) for operand in recipe.operands])

    def _name_of(self, place: int) -> str:
        recipe = self.values.recipes[place]
        if recipe.number is not None:
            return f"{recipe.number:.12g}"
        names = [line.name for line in self.lines if self.same(line.place, place)]
        return recipe.name or (names[0] if names else self.texts[place])


def _texts(expression: Expression, places: Sequence[int]) -> dict[int, str]:
    """What stands in the expression for each of its operations."""
    operations = [each for each in expression.unrolled.operations if not _of_numbers(each, expression)]
    return {place: operation.text for place, operation in zip(places, operations, strict=True)}


def _of_numbers(operation: Any, expression: Expression) -> bool:
    """Whether an operation uses numbers alone."""
    inner = expression.unrolled.operations
    return all(
        each.name is None and (each.place is None or _of_numbers(inner[each.place], expression))
        for each in operation.operands
    )


def formula(sign: str, operands: Sequence[str]) -> str:
    """One operation as text: ``"t1 / t2"``, ``"exp(a)"``, ``"-a"``."""
    if sign.isidentifier():
        return f"{sign}({', '.join(operands)})"
    simple = [text if re.fullmatch(r"[\w.]+", text) else f"({text})" for text in operands]
    return f"-{simple[0]}" if len(simple) == 1 else f"{simple[0]} {sign} {simple[1]}"
