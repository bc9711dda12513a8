"""``chainrule grade``: a folder of submissions in, reports and an exit status out."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from chainrule.exercises.source import Source
from chainrule.files import check_writable
from chainrule.grading.executors import executor_named
from chainrule.grading.result import Grade
from chainrule.grading.running import RESULTS, grade_all
from chainrule.grading.secret import secret_from
from chainrule.grading.terminal import error, show_summary, watched

__all__ = ["GRADER_ERRORS", "SOUND", "STOPPED", "UNUSABLE", "run_grade"]

SOUND, GRADER_ERRORS, UNUSABLE, STOPPED = 0, 1, 2, 130


def run_grade(
    submissions: Path,
    *,
    exercise: str,
    out: Path,
    workers: int | None = None,
    executor: str | None = None,
    secret_file: Path | None = None,
    require_confinement: bool = False,
    regrade: bool = False,
) -> int:
    """Grade a class, print a summary, write the reports, and give the exit status.

    0: the grader was sound, whatever the points. 1: it failed at some submissions, or at the reports. 2: what was asked
    for cannot be done. 130: Ctrl-C; the same command goes on.

    Args:
        submissions: a folder with a folder, zip or file for each submission.
        exercise: one of ours by name, or a teacher's own by path.
        out: where ``results.jsonl`` and the reports go.
        workers: threads; as many as there are processors if not said.
        executor: ``module:factory`` of another executor.
        secret_file: the teacher's secret; ``secret`` in ``out`` if not said.
        require_confinement: refuse to run below the best level.
        regrade: grade again what has been graded.
    """
    started = time.monotonic()
    try:
        if executor and workers is not None:
            raise ValueError(
                "--workers is for threads of our own; what --executor makes has its own number. Choose one."
            )
        source = _find(exercise)
        out.mkdir(parents=True, exist_ok=True)
        check_writable(out / RESULTS)
        secret = secret_from(secret_file or out / "secret")
        with ExitStack() as stack:
            chosen = stack.enter_context(executor_named(executor)) if executor else None
            progress = stack.enter_context(watched())
            grades = grade_all(
                source,
                submissions,
                out,
                secret=secret,
                workers=workers,
                executor=chosen,
                progress=progress,
                regrade=regrade,
                require_confinement=require_confinement,
            )
    except (ValueError, OSError) as problem:
        error(problem)
        return UNUSABLE
    except KeyboardInterrupt:
        sys.stdout.flush()
        error(f"stopped; what was graded is in {out / RESULTS}, and the same command goes on from there")
        return STOPPED
    return _report(source, grades, out, time.monotonic() - started)


def _find(exercise: str) -> Source:
    from chainrule.exercises.shelf import find

    source = find(exercise)
    if not source.exercise.tasks:
        raise ValueError(f"{exercise} has no tasks, so there is nothing to grade")
    return source


def _report(source: Source, grades: Sequence[Grade], out: Path, seconds: float) -> int:
    from chainrule.grading.reports import write_reports

    failed = any(grade.grader_error for grade in grades)
    try:
        written = write_reports(source.exercise, grades, out)
    except Exception as problem:  # the grades are there; what went wrong with the pages is told beside them
        show_summary(source.exercise, grades, out, seconds)
        error(f"the reports were not written: {type(problem).__name__}: {problem}")
        return GRADER_ERRORS
    show_summary(source.exercise, grades, out, seconds, written)
    return GRADER_ERRORS if failed else SOUND
