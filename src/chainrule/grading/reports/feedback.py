"""Feedback for one learner: a page, and the same as plain text for platforms that take no page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from chainrule.exercises.exercise import Exercise
from chainrule.grading.reports.advice import next_steps
from chainrule.grading.reports.wording import BEST_LEVEL, ending, is_graded, line, points
from chainrule.grading.result import Grade, TestGrade
from chainrule.showing.page import render, versions

__all__ = ["feedback_page", "feedback_text"]

NOT_GRADED = "This submission could not be graded, which is not your fault. It has no points yet; the teacher is told."
_MOST = 20  # mistakes of one test, and problems, that anybody reads


def feedback_page(exercise: Exercise, grade: Grade) -> str:
    """The page: points, each test with what is wrong and what to do, what to try next."""
    return render(
        "chainrule.grading.reports",
        "feedback.html",
        [],
        exercise=exercise,
        grade=grade,
        graded=is_graded(grade),
        not_graded=NOT_GRADED,
        meaning=_meaning(grade),
        problems=[line(problem) for problem in grade.problems[:_MOST]],
        more_problems=len(grade.problems) - _MOST,
        steps=next_steps(grade) if is_graded(grade) else [],
        ending=lambda test: ending(test, exercise),
        most=_MOST,
        points=points,
        line=line,
        share=lambda part, whole: round(100 * max(0.0, min(1.0, part / whole))) if whole else 0,
        level="" if grade.confinement == BEST_LEVEL else line(grade.confinement or "unknown", 80),
        versions=versions(),
    )


def _meaning(grade: Grade) -> str:
    if grade.passed == grade.total:
        return f"All {grade.total} tests passed." if grade.total > 1 else "The test passed."
    if not grade.passed:
        return f"None of {grade.total} tests passed yet. What to do about each is below."
    return f"{grade.passed} of {grade.total} tests passed. What to do about the others is below."


def feedback_text(exercise: Exercise, grade: Grade) -> str:
    """The page's content as text of at most 100 columns."""
    return "\n".join(_lines(exercise, grade)).rstrip() + "\n"


def _lines(exercise: Exercise, grade: Grade) -> Iterator[str]:
    yield from (exercise.title, line(grade.submission, 96), "")
    if not is_graded(grade):
        yield from _wrapped(NOT_GRADED)
        return
    yield f"{points(grade.points)} of {points(grade.most)} points. {_meaning(grade)}"
    if grade.problems:
        yield from ("", "How it was handed in")
        for problem in grade.problems[:_MOST]:
            yield from _wrapped(f"- {line(problem)}", "  ")
    for task in grade.tasks:
        title = task.title or task.name
        yield from ("", f"{title}: {points(task.points)} of {points(task.most)} points")
        for test in task.tests:
            yield from _of_test(exercise, test)
    if steps := next_steps(grade):
        yield from ("", "What to try next")
        for number, step in enumerate(steps, 1):
            yield from _wrapped(f"{number}. {step}", "   ")
    if grade.confinement != BEST_LEVEL:
        yield from ("", f"Confinement: {line(grade.confinement or 'unknown', 80)}")


def _of_test(exercise: Exercise, test: TestGrade) -> Iterator[str]:
    yield f"  [{'passed' if test.passed else 'failed'}] {line(test.name, 80)}"
    if how := ending(test, exercise):
        yield from _wrapped(f"    {how}", "    ")
    for mistake in test.mistakes[:_MOST]:
        yield from _wrapped(f"    {line(mistake.code, 80)}: {line(mistake.message)}", "    ")
        if mistake.hint:
            yield from _wrapped(f"      {line(mistake.hint)}", "      ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, 100, subsequent_indent=indent, break_on_hyphens=False)
