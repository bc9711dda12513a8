"""``chainrule exercise test`` where the public tests came with the work, as those of a teacher's own exercise do."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from chainrule.exercises.building.recorded import public_tests
from chainrule.exercises.testing.known import marked_exercise

__all__ = ["tests_beside", "tests_of_own"]

ENDING = ".tests.json"


def tests_beside(path: Path) -> Path | None:
    """The file of public tests that belongs to a learner's file or folder; None where there is none, or several."""
    if path.is_dir():
        found = sorted(path.glob(f"*{ENDING}"))
        return found[0] if len(found) == 1 else None
    stems = (path.stem, re.sub(r"\W", "_", marked_exercise(path)))
    return next((own for stem in stems if (own := path.with_name(stem + ENDING)).is_file()), None)


def tests_of_own(path: Path, tests: Path, tasks: Sequence[str]) -> int:
    """Print the tests' lines as they come, and give the exit status of `testing.test_program`."""
    from chainrule.checking.forms.implementation import NotCheckable
    from chainrule.exercises.testing import run_tests
    from chainrule.exercises.testing.command import FAILED, INTERRUPTED, PASSED, UNUSABLE
    from chainrule.showing.text import printable

    def show(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        report = run_tests(path, public_tests(tests), tasks, show)
    except (NotCheckable, ValueError, OSError, KeyError) as problem:
        said = problem.args[0] if isinstance(problem, KeyError) else problem
        sys.stderr.write(f"error: {printable(said)}\n")
        return UNUSABLE
    return INTERRUPTED if report.interrupted else PASSED if report.passed == report.total else FAILED
