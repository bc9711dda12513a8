"""What a teacher should look at: attempts on the boundary, flags, problems of intake, failures of the grader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chainrule.grading.reports.outliers import outliers
from chainrule.grading.reports.wording import is_graded, line, why_not_graded
from chainrule.grading.result import Grade

__all__ = ["Noticed", "Section", "attention"]

_ROWS, _NAMES = 25, 8
_TRIED = "tried what is not allowed"  # so begins the flag that `grading` sets


@dataclass(frozen=True)
class Noticed:
    """One thing, and the submissions that it is about.

    Args:
        text: the sentence.
        places: of the submissions among the grades.
        more: how many others are not listed.
    """

    text: str
    places: tuple[int, ...]
    more: int = 0


@dataclass(frozen=True)
class Section:
    """Things of one kind.

    Args:
        name: for links.
        title, note: for people.
        places: of all submissions that are concerned, among the grades.
        rows: the things, those of the most submissions first.
        more: how many others are not listed.
    """

    name: str
    title: str
    note: str
    places: frozenset[int]
    rows: tuple[Noticed, ...]
    more: int = 0

    @property
    def number(self) -> int:
        """How many submissions are concerned."""
        return len(self.places)


def attention(grades: Sequence[Grade]) -> list[Section]:
    """The kinds of which there is something."""
    graded = [place for place, grade in enumerate(grades) if is_graded(grade)]
    unlike = [(graded[place], text) for place, text in outliers([grades[place] for place in graded])]
    sections = [
        _section(
            "errors",
            "Not graded: errors of the grader",
            "These have no score. It is not the learners' fault; grade them again.",
            [(place, line(why_not_graded(grade), 400)) for place, grade in enumerate(grades) if not is_graded(grade)],
        ),
        _section(
            "attempts",
            "Attempts on the boundary",
            "They tried what is not allowed where submissions run. They were stopped, and got nothing by it.",
            [(place, text) for place, grade in enumerate(grades) for text in _attempts(grade)],
        ),
        _section(
            "flags",
            "Flagged",
            "Nothing is taken off for these: they may have a good reason. Look before you judge.",
            [(place, text) for place, grade in enumerate(grades) for text in _flags(grade)],
        ),
        _section(
            "outliers",
            "Unlike the others",
            "Often an oversight, in the submission or in a test.",
            unlike,
        ),
        _section(
            "intake",
            "Problems with what was handed in",
            "What could be read was graded.",
            [(place, line(text, 300)) for place, grade in enumerate(grades) for text in grade.problems[:_ROWS]],
        ),
    ]
    return [section for section in sections if section.rows]


def _attempts(grade: Grade) -> list[str]:
    """What was tried, where the grader's flags say so; the tests that were stopped otherwise."""
    said = [line(flag, 300) for flag in grade.flags if flag.startswith(f"{_TRIED}:")]
    stopped = [test.name for task in grade.tasks for test in task.tests if test.status == "forbidden"]
    return said or ([line(f"{_TRIED}, in {_tests(stopped)}", 300)] if stopped else [])


def _tests(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _flags(grade: Grade) -> list[str]:
    flags = [line(flag, 300) for flag in grade.flags if not flag.startswith(_TRIED)]
    if "LOOKS_NUMERIC" in grade.codes and not any("numeric" in flag for flag in flags):
        flags.append("gradients that look like numeric differences (LOOKS_NUMERIC)")
    return flags


def _section(name: str, title: str, note: str, found: Iterable[tuple[int, str]]) -> Section:
    """What is said alike stands once, with all whom it is about."""
    by_text: dict[str, list[int]] = {}
    for place, text in found:
        places = by_text.setdefault(text, [])
        if place not in places:
            places.append(place)
    rows = [
        Noticed(text, tuple(places[:_NAMES]), max(0, len(places) - _NAMES))
        for text, places in sorted(by_text.items(), key=lambda item: -len(item[1]))
    ]
    concerned = frozenset(place for places in by_text.values() for place in places)
    return Section(name, title, note, concerned, tuple(rows[:_ROWS]), max(0, len(rows) - _ROWS))
