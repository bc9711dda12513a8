"""What a class has in common: how each test went, which mistakes were made by how many, and which together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from chainrule.grading.result import Grade, TestGrade

__all__ = ["Made", "Pair", "Rate", "mistakes_made", "pairs_made", "test_rates"]


@dataclass(frozen=True)
class Rate:
    """How one test went.

    Args:
        task, test: their names.
        passed, asked: how many submissions.
        endings: how the others ended, ``(("wrong", 12), ("timeout", 1))``, the most frequent first.
    """

    task: str
    test: str
    passed: int
    asked: int
    endings: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        """Of those who passed."""
        return self.passed / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Made:
    """One mistake in the whole class.

    Args:
        code: of the mistake.
        by: the places, among the grades, of the submissions that made it.
        tests: where, with how many submissions, the most first.
        example: what most of them read, and its hint.
        severity: the worst.
    """

    code: str
    by: frozenset[int]
    tests: tuple[tuple[str, int], ...]
    example: str
    hint: str
    severity: str


@dataclass(frozen=True)
class Pair:
    """Two mistakes that were made by the same submissions.

    Args:
        first, second: their codes; the first is made by at least as many.
        both: how many submissions made both.
        of_first, of_second: how many made each.
        by_chance: how many would have made both if one had nothing to do with the other.
    """

    first: str
    second: str
    both: int
    of_first: int
    of_second: int
    by_chance: float


def test_rates(grades: Sequence[Grade]) -> list[Rate]:
    """How each test went, in the order of the exercise. ``grades`` are those that the grader did not fail on."""
    asked: dict[tuple[str, str], list[TestGrade]] = {}
    for grade in grades:
        for task in grade.tasks:
            for test in task.tests:
                asked.setdefault((task.name, test.name), []).append(test)
    return [
        Rate(
            *names,
            sum(test.passed for test in tests),
            len(tests),
            _ordered(Counter(_ending(test) for test in tests if not test.passed)),
        )
        for names, tests in asked.items()
    ]


test_rates.__test__ = False  # type: ignore[attr-defined] # it is none of pytest's


def _ending(test: TestGrade) -> str:
    return "wrong" if test.status == "answered" else test.status


def mistakes_made(grades: Sequence[Grade]) -> list[Made]:
    """Each mistake once, what most submissions made first; a submission counts once, however often it made it."""
    by: dict[str, set[int]] = {}
    tests: dict[str, Counter[str]] = {}
    texts: dict[str, Counter[tuple[str, str]]] = {}
    severities: dict[str, set[str]] = {}
    for place, grade in enumerate(grades):
        for test in (test for task in grade.tasks for test in task.tests):
            for code in {mistake.code for mistake in test.mistakes}:
                tests.setdefault(code, Counter())[test.name] += 1
            for mistake in test.mistakes:
                by.setdefault(mistake.code, set()).add(place)
                texts.setdefault(mistake.code, Counter())[mistake.message, mistake.hint] += 1
                severities.setdefault(mistake.code, set()).add(mistake.severity)
    return [
        Made(
            code,
            frozenset(by[code]),
            _ordered(tests[code]),
            *min(texts[code], key=lambda text: (-texts[code][text], text)),
            next(one for one in ("error", "unsure", "warning", *severities[code]) if one in severities[code]),
        )
        for code in sorted(by, key=lambda code: (-len(by[code]), code))
    ]


def pairs_made(made: Sequence[Made], number: int) -> list[Pair]:
    """Each two mistakes that some submission made both of, the most frequent first.

    Args:
        made: from `mistakes_made`.
        number: of submissions.
    """
    pairs = [
        Pair(
            first.code,
            second.code,
            len(first.by & second.by),
            len(first.by),
            len(second.by),
            len(first.by) * len(second.by) / number,
        )
        for first, second in combinations(made, 2)
        if first.by & second.by
    ]
    return sorted(pairs, key=lambda pair: (-pair.both, pair.by_chance, pair.first, pair.second))


def _ordered(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
