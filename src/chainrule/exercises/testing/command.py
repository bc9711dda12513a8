"""``chainrule exercise test``: a learner's file in, the course's lines and an exit status out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from chainrule.exercises.shelf import find
from chainrule.exercises.testing.testing import run_tests

__all__ = ["FAILED", "INTERRUPTED", "PASSED", "UNUSABLE", "test_program"]

PASSED, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def test_program(path: Path | str = ".", exercise: str = "", tasks: Sequence[str] = ()) -> int:  # noqa: PT028
    """Print the tests' lines as they come, and give the exit status.

    Args:
        path: a ``.py`` file, a notebook, or a folder with one.
        exercise: its name; by default what the file says, or what its names fit. Or the path of a source.
        tasks: names of the tasks to test; by default all.

    Returns:
        0: all passed. 1: some did not. 2: the file cannot be loaded, or nobody knows such an exercise. 130: stopped
        by Ctrl-C.
    """
    from chainrule.checking.forms.implementation import NotCheckable
    from chainrule.checking.printing import wording

    try:
        report = run_tests(path, find(exercise) if exercise else None, tasks, _print)
    except NotCheckable as problem:
        finding = problem.finding
        return _cannot(finding.message, finding.hint, *wording.details(finding))
    except (ValueError, OSError) as problem:  # also `NoExercise` and `SourceError`
        return _cannot(str(problem))
    except KeyError as problem:
        return _cannot(str(problem.args[0]))
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.write(f"\nInterrupted while {path} was loaded.\n")
        return INTERRUPTED
    return INTERRUPTED if report.interrupted else PASSED if report.passed == report.total else FAILED


test_program.__test__ = False  # type: ignore[attr-defined]  # it is none of pytest's


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _cannot(*lines: str) -> int:
    from chainrule.showing.text import printable

    sys.stdout.flush()
    sys.stderr.write("\n".join(printable(line) for line in (f"error: {lines[0]}", *lines[1:]) if line) + "\n")
    return UNUSABLE
