"""Grades as tables: all that is known of each submission, and what Canvas takes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from chainrule.exercises.exercise import Exercise
from chainrule.grading.reports.wording import cell, is_graded, points, why_not_graded
from chainrule.grading.result import Grade

__all__ = ["canvas_csv", "grades_csv"]

# As in an archive of all submissions from Canvas: "leeann_4711_90210_sheet.zip", "leeann_LATE_4711_90210_sheet.zip".
_FROM_CANVAS = re.compile(r"[^_]+_(?:LATE_)?(\d+)_\d+(?:_|\Z)")


def grades_csv(exercise: Exercise, grades: Sequence[Grade], folders: Sequence[str]) -> str:
    """One row for each submission. The cells for points are empty where the grader failed."""
    tasks = [task.name for task in exercise.tasks]
    names = ["submission", "folder", "points", "most", *tasks, "tests passed", "tests"]
    names += ["codes", "flags", "problems", "tests stopped", "confinement", "digest", "grader error"]
    rows = [_row(grade, folder, tasks) for grade, folder in zip(grades, folders, strict=True)]
    return _csv([names, *rows])


def _row(grade: Grade, folder: str, tasks: Sequence[str]) -> list[str]:
    graded = is_graded(grade)
    reached = {task.name: points(task.points) for task in grade.tasks} if graded else {}
    stopped = [
        f"{test.name}: {test.status}"
        for task in grade.tasks
        for test in task.tests
        if test.status in ("timeout", "memory", "protocol", "forbidden")
    ]
    return [
        grade.submission,
        folder,
        points(grade.points) if graded else "",
        points(grade.most),
        *(reached.get(name, "") for name in tasks),
        str(grade.passed) if graded else "",
        str(grade.total),
        " ".join(grade.codes),
        " | ".join(grade.flags),
        " | ".join(grade.problems),
        " | ".join(stopped),
        grade.confinement,
        grade.digest,
        why_not_graded(grade),
    ]


def canvas_csv(exercise: Exercise, grades: Sequence[Grade]) -> str:
    """Canvas's gradebook, to be imported there.

    ``Student`` is the submission's name, and ``ID`` is Canvas's own number of the student where the submission's name
    has it, as in an archive that Canvas made. ``SIS User ID``, ``SIS Login ID`` and ``Section`` are not known here and
    stay empty; rows without an ``ID`` need one of the first two filled in before Canvas can tell whose they are.
    A submission that the grader failed on has an empty score, which Canvas takes as none.
    """
    names = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", exercise.title]
    most = ["    Points Possible", "", "", "", "", points(exercise.points)]
    rows = [
        [grade.submission, _canvas_id(grade.submission), "", "", "", points(grade.points) if is_graded(grade) else ""]
        for grade in grades
    ]
    return _csv([names, most, *rows])


def _canvas_id(name: str) -> str:
    found = _FROM_CANVAS.match(name)
    return found[1] if found else ""


def _csv(rows: Sequence[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
    return file.getvalue()
