"""``chainrule exercise``: list, new, test, build, lint. Words in, words out; the work is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["exercise_app"]

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="One of our exercises, or your_source.py.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]

exercise_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Exercises: work at them, test your work, make your own.",
    epilog=(
        "Examples:\n\nchainrule exercise list\n\nchainrule exercise new i2dl-5\n\n"
        "chainrule exercise test\n\nchainrule exercise build my_source.py class --gradescope"
    ),
)


@exercise_app.command("list", epilog="Example: chainrule exercise list")
def list_exercises() -> None:
    """Show the exercises: name, title, tasks and points."""
    from chainrule.exercises import shelf
    from chainrule.showing.terminal import console

    console().print(shelf.table(shelf.available()))


@exercise_app.command(epilog="Examples:\n\nchainrule exercise new i2dl-5\n\nchainrule exercise new my_source.py trial")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of our exercises, or your_source.py.")],
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where to; by default NAME.")] = None,
    force: ForceOption = False,
) -> None:
    """Write what a learner gets: a notebook, the same as a .py file, public tests, and a README."""
    from chainrule.exercises.building import learner_files, write_files
    from chainrule.exercises.shelf import find
    from chainrule.showing.terminal import say

    source = find(name)
    files = learner_files(source)
    place = folder or Path(source.exercise.name)
    for path in write_files(place, files, replace=force):
        say("written", path)
    say("next", f"read {place / 'README.md'}; test your work with: chainrule exercise test {place}")


@exercise_app.command(
    "test", epilog="Examples:\n\nchainrule exercise test\n\nchainrule exercise test affine.ipynb --task affine"
)
def try_work(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="A .py file, a notebook, or a folder.")] = Path("."),
    exercise: Annotated[
        str, typer.Option(metavar="NAME", help="Which exercise it is, or a source; by default the file says.")
    ] = "",
    task: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this task; may be repeated.")] = None,
) -> None:
    """Test your work as the course does, and say which mistake makes it wrong.

    Runs the file. The exit status is 0 if all tests pass, 1 if some do not, and 2 if the file could not be loaded.
    """
    from chainrule.exercises.building.own_tests import tests_beside, tests_of_own
    from chainrule.exercises.testing import test_program

    own = None if exercise else tests_beside(path)
    status = test_program(path, exercise, task or ()) if own is None else tests_of_own(path, own, task or ())
    raise typer.Exit(status)


@exercise_app.command(
    epilog=(
        "A source is a Python file in cells:\n\n"
        "# %% \\[markdown]      a text for learners, as comments\n\n"
        "# %% given           code that learners get as it is\n\n"
        "# %% task NAME       code with regions from # BEGIN SOLUTION to # END SOLUTION\n\n"
        '# %% public          a cell that runs a task\'s tests, test("NAME")\n\n'
        "# %% teacher         probes, inputs and EXERCISE = Exercise(...), for the grader alone\n\n"
        "Examples:\n\nchainrule exercise build my_source.py class\n\n"
        "chainrule exercise build i2dl-5 class --gradescope"
    )
)
def build(
    source: SourceArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to.")],
    gradescope: Annotated[bool, typer.Option("--gradescope", help="Make autograder.zip for Gradescope, too.")] = False,
    wheel: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A wheel of chainrule for the autograder; else from PyPI.")
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What the autograder's hidden inputs are drawn from.")
    ] = None,
    force: ForceOption = False,
) -> None:
    """Make a learner's and a teacher's version from a source, for nbgrader and otter as well."""
    from chainrule.exercises.building import autograder_zip, learner_files, teacher_files, write_files
    from chainrule.exercises.shelf import find
    from chainrule.showing.terminal import say

    if not gradescope and (wheel or secret_file):
        raise ValueError("--wheel and --secret-file are for the autograder: give --gradescope as well.")
    found = find(source)
    files = {f"learner/{name}": content for name, content in learner_files(found, graded=True).items()}
    files |= {f"teacher/{name}": content for name, content in teacher_files(found).items()}
    if gradescope:
        if secret_file is not None and not secret_file.is_file():
            raise FileNotFoundError(f"there is no secret {secret_file}. Write at least 16 random bytes into it.")
        secret = secret_file.read_bytes() if secret_file else b""
        files["autograder.zip"] = autograder_zip(found, wheel=wheel, secret=secret)
    for path in write_files(folder, files, replace=force):
        say("written", path)


@exercise_app.command(epilog="Example: chainrule exercise lint my_source.py")
def lint(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Our exercises, or your_source.py.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    seconds: Annotated[float, typer.Option(min=0.1, help="That one mutant may take.")] = 10.0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes side by side; one a processor.")] = None,
) -> None:
    """Examine an exercise: which wrong solutions would its tests accept?

    The exit status is 0 if it is sound, 1 if something is to be mended, and 2 if it could not be read.
    """
    from chainrule.exercises.linting import lint_program

    raise typer.Exit(lint_program(sources, json=json, seconds=seconds, workers=workers))
