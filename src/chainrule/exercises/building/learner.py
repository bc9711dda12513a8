"""What a learner gets."""

from __future__ import annotations

from chainrule.exercises.building.cells import setup_text
from chainrule.exercises.building.module import file_stem, module_text, pytest_text
from chainrule.exercises.building.notebook import notebook_text
from chainrule.exercises.building.readme import readme_text
from chainrule.exercises.building.recorded import recorded_text
from chainrule.exercises.building.verify import verify
from chainrule.exercises.shelf import is_installed
from chainrule.exercises.source import Source

__all__ = ["learner_files", "tests_file"]


def learner_files(source: Source, *, graded: bool = False) -> dict[str, bytes]:
    """Contents by file name: notebook, module, tests, README. Nothing of a solution is in them.

    Args:
        source: of the exercise.
        graded: whether nbgrader shall count points; see `cells.made_cells`.

    Raises:
        SourceError: the source is no exercise that learners can work at.
    """
    exercise = verify(source)
    stem, tests = file_stem(exercise), tests_file(source)
    setup = setup_text(exercise, tests)
    texts = {
        f"{stem}.ipynb": notebook_text(source, "learner", setup, graded=graded),
        f"{stem}.py": module_text(source, setup_text(exercise, tests, in_module=True)),
        f"test_{stem}.py": pytest_text(source, tests),
        "README.md": readme_text(exercise, tests),
    }
    if tests:
        texts[tests] = recorded_text(source)
    return {name: text.encode() for name, text in texts.items()}


def tests_file(source: Source) -> str:
    """The file that holds the public tests of an exercise that is not installed with chainrule; empty for ours."""
    return "" if is_installed(source) else f"{file_stem(source.exercise)}.tests.json"
