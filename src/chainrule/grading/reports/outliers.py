"""Submissions that are unlike the others, each with the reason in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median, quantiles

from chainrule.grading.reports.patterns import Rate, test_rates
from chainrule.grading.reports.wording import line, points
from chainrule.grading.result import Grade

__all__ = ["outliers"]

# Of so few nobody can say what is usual.
_FEW = 8
_EASY, _HARD = 0.85, 0.5


def outliers(grades: Sequence[Grade]) -> list[tuple[int, str]]:
    """Places among the grades, and reasons. ``grades`` are those that the grader did not fail on."""
    return [*_nearly(grades), *_far(grades), *_upside_down(grades)]


def _nearly(grades: Sequence[Grade]) -> Iterator[tuple[int, str]]:
    """One test from full marks: worth a look at whether it is the test."""
    for place, grade in enumerate(grades):
        if grade.total > 2 and grade.passed == grade.total - 1:
            failed = next(test.name for task in grade.tasks for test in task.tests if not test.passed)
            yield place, f"all passed but {line(failed, 80)}"


def _far(grades: Sequence[Grade]) -> Iterator[tuple[int, str]]:
    """Outside of Tukey's fences, one and a half times the distance of the quartiles beyond them."""
    if len(grades) < _FEW:
        return
    reached = [grade.points for grade in grades]
    low, _, high = quantiles(reached, n=4, method="inclusive")
    # Where nearly all have the same points, the fences would lie on top of them.
    reach = max(1.5 * (high - low), 0.1 * max(grade.most for grade in grades))
    middle = points(median(reached))
    for place, value in enumerate(reached):
        if value < low - reach:
            yield place, f"far below the others: {points(value)} points, where half have {middle} or more"
        elif value > high + reach:
            yield place, f"far above the others: {points(value)} points, where half have {middle} or fewer"


def _upside_down(grades: Sequence[Grade]) -> Iterator[tuple[int, str]]:
    """An easy test failed and a hard one passed: an oversight, or work of two hands."""
    if len(grades) < _FEW:
        return
    rates = {(rate.task, rate.test): rate for rate in test_rates(grades)}
    for place, grade in enumerate(grades):
        passed = {(task.name, test.name): test.passed for task in grade.tasks for test in task.tests}
        failed = [rates[key] for key, right in passed.items() if not right and rates[key].share >= _EASY]
        hard = [rates[key] for key, right in passed.items() if right and rates[key].share <= _HARD]
        if failed and hard:
            easiest = max(failed, key=lambda rate: rate.share)
            hardest = min(hard, key=lambda rate: rate.share)
            yield place, f"fails {_told(easiest)}, but passes {_told(hardest)}"


def _told(rate: Rate) -> str:
    return f"{line(rate.test, 80)}, which {round(100 * rate.share)} % pass"
