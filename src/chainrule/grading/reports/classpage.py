"""One page about the whole class: points, tasks, mistakes and which go together, and what to look at."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from chainrule.checking.codes import CODES
from chainrule.exercises.exercise import Exercise
from chainrule.grading.reports.attention import Section, attention
from chainrule.grading.reports.distribution import distribution
from chainrule.grading.reports.patterns import Made, Pair, mistakes_made, pairs_made, test_rates
from chainrule.grading.reports.wording import BEST_LEVEL, is_graded, level_warning, line, points
from chainrule.grading.result import Grade
from chainrule.showing.page import render, versions
from chainrule.showing.text import counted

__all__ = ["class_page"]

_MISTAKES, _PAIRS, _MATRIX, _LISTED = 40, 12, 8, 60


def class_page(exercise: Exercise, grades: Sequence[Grade], folders: Sequence[str]) -> str:
    """The page as text.

    Args:
        exercise: that was graded.
        grades: of the class.
        folders: of each grade, under ``submissions/`` beside the page.
    """
    graded = [grade for grade in grades if is_graded(grade)]
    made = mistakes_made(graded)
    pairs = pairs_made(made, len(graded)) if graded else []
    repeated = [pair for pair in pairs if pair.both > 1]  # what one submission did once is no pattern
    reached = [grade.points for grade in graded]
    sections = attention(grades)
    listed = sorted(range(len(grades)), key=lambda place: (-_rank(grades[place]), place))
    return render(
        "chainrule.grading.reports",
        "class.html",
        distribution(reached, exercise.points),
        exercise=exercise,
        number=len(grades),
        graded=len(graded),
        middle=points(median(reached)) if reached else "-",
        facts=_facts(exercise, graded, sections),
        warnings=_warnings(grades),
        levels=_levels(grades),
        tasks=_tasks(exercise, graded),
        made=[_told(one, len(graded)) for one in made[:_MISTAKES]],
        more_made=max(0, len(made) - _MISTAKES),
        pairs=(repeated or pairs)[:_PAIRS],
        pair_words=_pair_words,
        more_pairs=max(0, len(repeated or pairs) - _PAIRS),
        matrix=_matrix(made[:_MATRIX]) if len(made) > 2 and repeated else [],
        matrix_of=min(len(made), _MATRIX),
        sections=sections,
        people=[(line(grade.submission, 48), f"submissions/{quote(name)}/feedback.html") for grade, name in
                zip(grades, folders, strict=True)],
        roster=[(place, grades[place], is_graded(grades[place])) for place in listed[:_LISTED]],
        more_listed=max(0, len(grades) - _LISTED),
        meanings=[_meaning(one) for one in made[:_MISTAKES] if one.code in CODES],
        points=points,
        line=line,
        counted=counted,
        versions=versions(),
    )  # fmt: skip


def _rank(grade: Grade) -> float:
    return grade.points if is_graded(grade) else -1.0


def _facts(exercise: Exercise, graded: Sequence[Grade], sections: Sequence[Section]) -> list[tuple[str, str, str]]:
    if not graded:
        return []
    reached = [grade.points for grade in graded]
    full = sum(grade.passed == grade.total for grade in graded)
    none = sum(not grade.passed for grade in graded)
    return [
        ("graded", f"{len(graded):,}", f"each {counted(graded[0].total, 'test')}"),
        ("mean", points(mean(reached)), f"of {points(exercise.points)} points"),
        ("all tests passed", f"{full:,}", _percent(full, len(graded))),
        ("no test passed", f"{none:,}", _percent(none, len(graded))),
        (
            "to look at",
            f"{len(frozenset().union(*(section.places for section in sections))):,}",
            "for the reasons below" if sections else "nothing noticed",
        ),
    ]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""


def _levels(grades: Sequence[Grade]) -> str:
    counts = Counter(grade.confinement or "unknown" for grade in grades)
    if len(counts) == 1:
        return line(next(iter(counts)), 80)
    return ", ".join(f"{line(level, 80)} ({number:,})" for level, number in sorted(counts.items()))


def _warnings(grades: Sequence[Grade]) -> list[tuple[str, str]]:
    found = []
    for level, number in sorted(Counter(grade.confinement for grade in grades).items()):
        if said := level_warning(level):
            found.append(
                (
                    f"Confinement below {BEST_LEVEL}: {line(level or 'unknown', 80)}",
                    f"{said} {counted(number, 'submission')} ran like this. Trust these grades, and this machine, "
                    "only if you trust every one of them; or grade on Linux 5.13 or later.",
                )
            )
    if failed := sum(not is_graded(grade) for grade in grades):
        verb = "was" if failed == 1 else "were"
        found.append(
            (
                f"{counted(failed, 'submission')} {verb} not graded: the grader failed",
                "No numbers on this page count them. They are listed below; grade them again.",
            )
        )
    return found


def _tasks(exercise: Exercise, graded: Sequence[Grade]) -> list[dict[str, Any]]:
    rates = test_rates(graded)
    rows = []
    for task in exercise.tasks:
        reached = [one.points for grade in graded for one in grade.tasks if one.name == task.name]
        middle = mean(reached) if reached else 0.0
        rows.append(
            {
                "title": line(task.title or task.name, 80),
                "mean": points(middle),
                "most": points(task.points),
                "share": round(100 * middle / task.points) if task.points else 0,
                "tests": [
                    (rate, round(100 * rate.share), ", ".join(f"{how} {number:,}" for how, number in rate.endings))
                    for rate in rates
                    if rate.task == task.name
                ],
            }
        )
    return rows


def _told(one: Made, number: int) -> dict[str, Any]:
    return {
        "code": line(one.code, 80),
        "known": one.code in CODES,
        "sentence": line(one.example, 300),
        "by": len(one.by),
        "share": round(100 * len(one.by) / number),
        "severity": one.severity,
        "tests": ", ".join(f"{line(name, 60)} {count:,}" for name, count in one.tests[:3])
        + (f" and {len(one.tests) - 3} more" if len(one.tests) > 3 else ""),
    }


def _pair_words(pair: Pair) -> str:
    """How much more often than by chance, where the numbers are large enough to say so."""
    if pair.both < 2:
        return ""
    if pair.both == pair.of_first == pair.of_second:
        return "always together"
    if pair.both == pair.of_second:
        return f"{line(pair.second, 60)} never without the other"
    times = pair.both / pair.by_chance
    if pair.both < 3 or 0.67 < times < 1.5:
        return ""
    return f"{times:.1f} times as often as by chance" if times > 1 else "less often than by chance"


def _matrix(made: Sequence[Made]) -> list[tuple[str, list[tuple[int, int, bool]]]]:
    """Rows of how many made both, with a strength of 0 to 100 of the row's own; on the diagonal how many made it."""
    return [
        (
            line(row.code, 40),
            [
                (len(row.by & column.by), round(100 * len(row.by & column.by) / len(row.by)), row is column)
                for column in made
            ],
        )
        for row in made
    ]


def _meaning(one: Made) -> tuple[str, list[tuple[str, str]], str, str]:
    """The code's own sentence, in pieces of which the fields are told apart, and its wrong and right line."""
    code = CODES[one.code]
    hint = [("text", " "), *_pieces(code.hint)] if re.search("[a-z]", re.sub("{.*?}", "", code.hint)) else []
    return code.name, [*_pieces(code.sentence), *hint], code.wrong, code.right


def _pieces(text: str) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    before = ""
    for literal, field, _, _ in string.Formatter().parse(text):
        pieces.append(("text", literal))
        before += literal
        if field and not re.search(r"[\w.)]$", before):  # else an addition that is often empty: "too large{because}."
            pieces.append(("field", field.replace("_", " ")))
        before += "x" if field else ""
    return pieces
