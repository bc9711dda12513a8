"""Marking messages and sums: what is sent back along each edge, and what arrives at each value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.explaining.expressions.expression import Expression, ExpressionError, parse
from chainrule.explaining.marking.mark_terms import BackwardLine, agrees, slack, terms
from chainrule.explaining.marking.mark_values import Values

__all__ = ["Problem", "backward_problems"]

_PARTIAL = re.compile(r"\bd(\w+)\s*/\s*d(\w+)\b")

_WORD = re.compile(r"[^\W\d]\w*")

Problem = tuple[int, str, str]  # line, code, message
Point = Mapping[str, float]


def backward_problems(
    lines: Sequence[BackwardLine],
    values: Values,
    names: Mapping[str, int],
    result: str,
    settings: tuple[Sequence[Point], Point | None],
) -> list[Problem]:
    """What is wrong with messages and sums, by line; what is missing comes last, as line 0.

    Args:
        lines: the messages and sums.
        values: all values of the answer.
        names: what the answer calls them.
        result: the name of the last one.
        settings: random points, and the point for numbers, if one is given.
    """
    return list(_Backward(values, names, result, *settings).problems(lines))


@dataclass(frozen=True)
class _Setting:
    """A point with everything that may be used there."""

    numbers: Sequence[float]
    gradients: Mapping[int, float]


class _Backward:
    """The graph of an answer that is right so far, and its derivatives at some points."""

    def __init__(
        self, values: Values, names: Mapping[str, int], result: str, points: Sequence[Point], given: Point | None
    ) -> None:
        self.values, self.names, self.result = values, names, result
        self.random = [self._setting(point) for point in points]
        self.given = None if given is None else self._setting(given)
        self.operations = values.operations(names[result])
        self.partials: dict[str, tuple[str, str]] = {}  # what stands for dA/dt3: "d_A_d_t3"

    def _setting(self, point: Point) -> _Setting:
        numbers = self.values.numbers(point)
        return _Setting(numbers, self.values.gradients(self.names[self.result], numbers))

    def problems(self, lines: Sequence[BackwardLine]) -> Iterator[Problem]:
        """Line by line; then what is missing."""
        for line in lines:
            try:
                yield from self._message(line) if line.parent else self._sum(line)
            except ExpressionError as error:
                yield line.number, "syntax", error.problem
        yield from self._missing_messages([line for line in lines if line.parent])
        yield from self._missing_sums([line for line in lines if not line.parent])

    # -- messages --------------------------------------------------------------------------------------------

    def _message(self, line: BackwardLine) -> Iterator[Problem]:
        unknown = [name for name in (line.parent, line.child) if name not in self.names]
        if unknown:
            yield line.number, "undefined", f"{unknown[0]} is not defined"
            return
        parent, child = self.names[line.parent], self.names[line.child]
        if child not in self.values.recipes[parent].operands:
            used = " and ".join(map(self._name, dict.fromkeys(self.values.recipes[parent].operands))) or "nothing"
            yield line.number, "edge", f"{line.parent} does not use {line.child}; it uses {used}"
            return
        settings = self._settings(line.text)
        text = line.text.split("=")[-1].strip()
        if settings and not any(self._matches(text, settings, kind, parent, child) for kind in range(4)):
            yield line.number, "product", self._expected(line, parent, child)
        elif not settings:
            yield line.number, "values", _GIVE_VALUES

    def _settings(self, text: str) -> list[_Setting]:
        """Where a text can be compared: numbers at the given point, formulas anywhere.

        Raises:
            ExpressionError: one of its sides is no expression of the answer's names.
        """
        used = {name for side in text.split("=") for name in self._read(side).names}
        if used and "." not in text:
            return self.random
        if self.given is not None:
            return [self.given]
        return self.random if re.fullmatch(r"[\s\d+*()-]*", text) else []

    def _matches(self, text: str, settings: Sequence[_Setting], kind: int, parent: int, child: int) -> bool:
        """Whether the text is the local derivative (0, 1: of all slots, of one) or the product (2, 3)."""

        def expected(setting: _Setting) -> float:
            slots = [slot for slot, each in enumerate(self.values.recipes[parent].operands) if each == child]
            locals_ = [self.values.local(parent, slot, setting.numbers) for slot in slots]
            local = sum(locals_) if kind % 2 == 0 else locals_[0]
            return local * (setting.gradients[parent] if kind > 1 else 1.0)

        return all(agrees(text, self._value(text, setting), expected(setting)) for setting in settings)

    def _expected(self, line: BackwardLine, parent: int, child: int) -> str:
        local = self._local_text(parent, child)
        shown = f"expected d{line.parent}/d{line.child} = {local}, or its product with d{self.result}/d{line.parent}"
        if self.given is not None:
            number = sum(
                self.values.local(parent, slot, self.given.numbers)
                for slot, each in enumerate(self.values.recipes[parent].operands)
                if each == child
            )
            shown += f"; in numbers {number:.4g}, or {number * self.given.gradients[parent]:.4g}"
        return shown

    def _local_text(self, parent: int, child: int) -> str:
        """The local derivative in the answer's names."""
        import sympy

        from chainrule.explaining.deriving.symbol_meanings import meaning
        from chainrule.explaining.deriving.symbols import entry_symbols, exact

        recipe = self.values.recipes[parent]
        assert recipe.function is not None  # a parent is an operation
        numbers = {each: self.values.recipes[each].number for each in recipe.operands}
        symbols = {
            each: entry_symbols(self._name(each), ()) if number is None else exact(number)
            for each, number in numbers.items()
        }
        formula = meaning(recipe.function)(*(symbols[each] for each in recipe.operands))
        return str(sympy.simplify(formula.diff(symbols[child])))

    def _missing_messages(self, lines: Sequence[BackwardLine]) -> Iterator[Problem]:
        sent = {(self.names.get(line.parent), self.names.get(line.child)) for line in lines}
        for parent in reversed(self.operations) if lines else ():
            for child in dict.fromkeys(self.values.recipes[parent].operands):
                if self.values.recipes[child].number is None and (parent, child) not in sent:
                    text = f"the message {self._name(parent)} -> {self._name(child)} is missing"
                    yield 0, "missing product", text

    # -- sums ------------------------------------------------------------------------------------------------

    def _sum(self, line: BackwardLine) -> Iterator[Problem]:
        if line.child not in self.names:
            yield line.number, "undefined", f"{line.child} is not defined"
            return
        first, *totals = (part.strip() for part in line.text.split("="))
        settings = self._settings(line.text)
        if not settings:
            yield line.number, "values", _GIVE_VALUES
            return
        place = self.names[line.child]
        for text in (first, *totals):
            if not all(self._is_total(text, setting, place) for setting in settings):
                yield line.number, "sum", self._wrong_sum(line.child, text, settings[0])
                return

    def _is_total(self, text: str, setting: _Setting, place: int) -> bool:
        # Each term is rounded by itself.
        rounding = sum(slack(term) for term in terms(self._plain(text)))
        return agrees(text, self._value(text, setting), setting.gradients.get(place, 0.0), rounding)

    def _wrong_sum(self, name: str, text: str, setting: _Setting) -> str:
        """Which message is missing from a sum, and which term is none."""
        messages = self._arriving(self.names[name], setting)
        found = [(term, self._value(term, setting)) for term in terms(self._plain(text))]
        strange = []
        for term, number in found:
            match = next((each for each in messages if agrees(term, number, each[1])), None)
            if match is None:
                strange.append(self._shown(term))
            else:
                messages.remove(match)
        total = setting.gradients.get(self.names[name], 0.0)
        shown = f"{text} is not the sum of the messages to {name}"
        shown += f", {total:.4g}" if setting is self.given else ""
        if messages and len(strange) < len(found):
            missing = " and ".join(
                f"{parent} ({number:.4g})" if setting is self.given else parent for parent, number in messages
            )
            shown += f"; the message from {missing} is missing"
        if strange and len(found) > 1:
            shown += f"; {', '.join(strange)} is no message to {name}"
        return shown

    def _arriving(self, place: int, setting: _Setting) -> list[tuple[str, float]]:
        """The messages to a value: who sends it, and the product."""
        return [
            (self._name(parent), setting.gradients[parent] * self.values.local(parent, slot, setting.numbers))
            for parent in reversed(self.operations)
            for slot, child in enumerate(self.values.recipes[parent].operands)
            if child == place
        ]

    def _missing_sums(self, lines: Sequence[BackwardLine]) -> Iterator[Problem]:
        given = {self.names.get(line.child) for line in lines}
        used = self.values.needed(self.names[self.result])
        for place in sorted(used, reverse=True) if lines else ():
            recipe = self.values.recipes[place]
            arriving = len(self._arriving(place, self.random[0]))
            if place not in given and recipe.number is None and (recipe.name or arriving > 1):
                yield 0, "missing sum", f"the sum at {self._name(place)} is missing: d {self._name(place)} = ..."

    # -- reading -----------------------------------------------------------------------------------------------

    def _name(self, place: int) -> str:
        found = [name for name, each in self.names.items() if each == place]
        number = self.values.recipes[place].number
        return found[0] if found else f"{number:.12g}"

    def _plain(self, text: str) -> str:
        """``dA/dt3 * dt3/dt1`` with a name for each partial derivative."""

        def named(found: re.Match[str]) -> str:
            if not {found[1], found[2]} <= self.names.keys():
                return found[0]
            name = f"d_{found[1]}_d_{found[2]}"
            self.partials[name] = (found[1], found[2])
            return name

        return _PARTIAL.sub(named, text)

    def _shown(self, plain: str) -> str:
        """The same with partial derivatives as they were written."""
        return _WORD.sub(
            lambda found: "d{}/d{}".format(*self.partials[found[0]]) if found[0] in self.partials else found[0], plain
        )

    def _read(self, text: str) -> Expression:
        """The text as an expression of known names.

        Raises:
            ExpressionError: it is none.
        """
        expression = parse(self._plain(text))
        for name in expression.names:
            if name not in self.names and name not in self.partials:
                raise ExpressionError(f"{name} is not defined", text, max(0, text.find(name)))
        return expression

    def _value(self, text: str, setting: _Setting) -> float:
        """The text's number at a point."""
        expression = self._read(text)
        known = {name: setting.numbers[place] for name, place in self.names.items()}
        for name in set(expression.names) & self.partials.keys():
            known[name] = self._partial(*self.partials[name], setting)
        return float(expression.function(*(known[name] for name in expression.names)))

    def _partial(self, above: str, below: str, setting: _Setting) -> float:
        parent, child = self.names[above], self.names[below]
        if parent == self.names[self.result]:
            return setting.gradients.get(child, 0.0)
        slots = [slot for slot, each in enumerate(self.values.recipes[parent].operands) if each == child]
        return sum(self.values.local(parent, slot, setting.numbers) for slot in slots)


_GIVE_VALUES = 'numbers can be compared only where the values are known: mark("...", "...", a=1, b=2)'
