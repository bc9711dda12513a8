"""All reports of a class, written completely or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from chainrule.exercises.exercise import Exercise
from chainrule.grading.reports.classpage import class_page
from chainrule.grading.reports.feedback import feedback_page, feedback_text
from chainrule.grading.reports.gradescope import gradescope_results
from chainrule.grading.reports.ilias import multi_feedback
from chainrule.grading.reports.junit import junit_xml
from chainrule.grading.reports.names import folder_names
from chainrule.grading.reports.tables import canvas_csv, grades_csv
from chainrule.grading.reports.wording import is_graded
from chainrule.grading.result import Grade

__all__ = ["write_reports"]

_PARTS = ("submissions", "ilias-feedback.zip", "grades.csv", "canvas.csv", "class.html")


def write_reports(exercise: Exercise, grades: Sequence[Grade], out: Path) -> list[Path]:
    """Write the reports into the folder ``out``, replacing earlier ones there; other files there stay.

    ``submissions/NAME/`` (results.json, junit.xml, feedback.html, feedback.txt), ``grades.csv``, ``canvas.csv``,
    ``ilias-feedback.zip`` and ``class.html``. The same grades, in whatever order, give the same bytes. Where a
    submission's name is no safe name of a folder, ``grades.csv`` says which folder is its.

    Returns:
        What was written: the pages and tables first, then each submission's files.
    """
    grades = sorted(grades, key=lambda grade: (grade.submission.casefold(), grade.submission, grade.digest))
    folders = folder_names([grade.submission for grade in grades])
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    staged = out / f".reports-{secrets.token_hex(6)}.part"
    staged.mkdir()
    try:
        files = _write_all(exercise, grades, folders, staged)
        _move_into_place(staged, out)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return [out / name for name in files]


def _write_all(exercise: Exercise, grades: Sequence[Grade], folders: Sequence[str], place: Path) -> list[str]:
    """Fill ``place``, and give the names in it."""
    written = []
    back: dict[str, Mapping[str, str]] = {}
    (place / "submissions").mkdir()
    for grade, folder in zip(grades, folders, strict=True):
        texts = {
            "results.json": gradescope_results(exercise, grade),
            "junit.xml": junit_xml(exercise, grade),
            "feedback.html": feedback_page(exercise, grade),
            "feedback.txt": feedback_text(exercise, grade),
        }
        own = place / "submissions" / folder
        own.mkdir()
        for name, text in texts.items():
            (own / name).write_bytes(text.encode())
            written.append(f"submissions/{folder}/{name}")
        if is_graded(grade):  # who has no grade yet is told nothing by ILIAS
            back[folder] = {name: texts[name] for name in ("feedback.html", "feedback.txt")}
    (place / "ilias-feedback.zip").write_bytes(multi_feedback(back))
    (place / "grades.csv").write_bytes(grades_csv(exercise, grades, folders).encode())
    (place / "canvas.csv").write_bytes(canvas_csv(exercise, grades).encode())
    (place / "class.html").write_bytes(class_page(exercise, grades, folders).encode())
    return ["class.html", "grades.csv", "canvas.csv", "ilias-feedback.zip", *written]


def _move_into_place(staged: Path, out: Path) -> None:
    """Exchange the old reports for the new ones; if one cannot be moved, all old ones come back."""
    old = staged / "old"
    old.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for name in _PARTS:
            if (out / name).exists() or (out / name).is_symlink():
                os.replace(out / name, old / name)
                moved.append((old / name, out / name))
            os.replace(staged / name, out / name)
            moved.append((out / name, staged / name))
    except BaseException:
        for now, before in reversed(moved):
            with suppress(OSError):
                os.replace(now, before)
        raise
