"""Words and numbers of the reports, and what nobody trusts made safe to stand in them."""

from __future__ import annotations

import re

from chainrule.exercises.exercise import Exercise
from chainrule.grading.outcome import Status
from chainrule.grading.result import Grade, TestGrade
from chainrule.showing.text import printable, shortened

__all__ = ["BEST_LEVEL", "capped", "cell", "ending", "is_graded", "level_warning", "line", "points", "why_not_graded"]

BEST_LEVEL = "landlock+seccomp"
_LEVELS = {
    "seccomp+namespaces": "System calls were filtered and namespaces kept files apart, but there was no Landlock.",
    "rlimits only": "Only time and memory were limited: a submission could read and write this user's files.",
    "none": "Nothing held submissions back: they could read and write this user's files.",
}

_LINE, _CELL = 2_000, 8_000

# A cell that begins so is run by spreadsheets, the wide forms too; one that expects semicolons would split the cell
# again, and run what follows.
_FORMULA = re.compile(r"(?:\A|(?<=[;|\t\r\n]))(?=\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])")


def line(text: object, limit: int = _LINE) -> str:
    r"""One line without control characters, cut in the middle where it is longer than ``limit``.

    >>> line("dw\x1b[2J")
    'dw\\x1b[2J'
    """
    start = str(text)[: 8 * limit]
    # Most lines are harmless and short; to see that is some twenty times as fast as to go through their characters.
    return start if len(start) <= limit and start.isprintable() else shortened(start, limit)


def cell(text: object) -> str:
    """A cell of a CSV file that no spreadsheet runs.

    >>> cell("=cmd()"), cell("a;=cmd()"), cell("Ann")
    ("'=cmd()", "a;'=cmd()", 'Ann')
    """
    return printable(_FORMULA.sub("'", str(text)[:_CELL]))


def points(value: float) -> str:
    """At most two digits after the point, and none that say nothing.

    >>> points(40.0), points(100 / 3), points(2.5)
    ('40', '33.33', '2.5')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def capped(names: list[str], most: int, where: str = "grades.csv") -> str:
    """The first names, and how many more there are.

    >>> capped(["a", "b", "c"], 2)
    'a, b ... 1 more in grades.csv'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" ... {rest:,} more in {where}" if rest > 0 else "")


def is_graded(grade: Grade) -> bool:
    """Whether nothing of ours went wrong: otherwise there is no score."""
    return not why_not_graded(grade)


def why_not_graded(grade: Grade) -> str:
    """What went wrong in the grader, for the teacher; empty where nothing did."""
    if grade.grader_error:
        return grade.grader_error
    ours = [test.name for task in grade.tasks for test in task.tests if test.status == "grader error"]
    return f"the grader failed in {', '.join(ours)}" if ours else ""


def ending(test: TestGrade, exercise: Exercise) -> str:
    """How a test ended, where its mistakes do not say so: a sentence for the learner, or nothing."""
    limits = exercise.limits
    sentences: dict[Status, str] = {
        "not implemented": "This part is not written yet.",
        "crashed": "It ended with an error.",
        "timeout": f"It was stopped: all tests together may take {limits.seconds:g} s. Does a loop never end?",
        "memory": f"It needed more than {limits.megabytes:,} MB of memory. Is an array larger than it has to be?",
        "protocol": "What came back was no array of numbers.",
        "forbidden": "It tried what is not allowed where submissions run, and was stopped. Nothing is scored for that.",
    }
    if test.passed or any(mistake.severity != "warning" for mistake in test.mistakes):
        return ""
    return sentences.get(test.status, "The result is not the expected one.")


def level_warning(level: str) -> str:
    """What the confinement that was reached leaves open; empty where it leaves nothing open."""
    if level == BEST_LEVEL:
        return ""
    return _LEVELS.get(level, "It is not known what held submissions back.")
