"""What a teacher gets: the notebook with solutions, from which nbgrader makes a release, and the source."""

from __future__ import annotations

from chainrule.exercises.building.cells import setup_text
from chainrule.exercises.building.learner import tests_file
from chainrule.exercises.building.module import file_stem
from chainrule.exercises.building.notebook import notebook_text
from chainrule.exercises.building.recorded import recorded_text
from chainrule.exercises.building.verify import verify
from chainrule.exercises.source import Source

__all__ = ["teacher_files"]


def teacher_files(source: Source) -> dict[str, bytes]:
    """Contents by file name.

    Raises:
        SourceError: the source is no exercise that learners can work at.
    """
    exercise = verify(source)
    stem, tests = file_stem(exercise), tests_file(source)
    setup = setup_text(exercise, tests)
    files = {
        f"{stem}.ipynb": notebook_text(source, "teacher", setup, graded=True).encode(),
        f"{stem}.py": source.path.read_bytes(),
    }
    return files | ({tests: recorded_text(source).encode()} if tests else {})
