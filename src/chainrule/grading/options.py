"""The options of ``chainrule grade``: their types, and what --help says about them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "EXAMPLES",
    "ExecutorOption",
    "ExerciseOption",
    "OutOption",
    "RegradeOption",
    "RequireConfinementOption",
    "SecretFileOption",
    "SubmissionsArgument",
    "WorkersOption",
    "grade",
]

EXAMPLES = (
    "Examples:\n\nchainrule grade handed-in --exercise i2dl-5 --out graded\n\n"
    "chainrule grade handed-in --exercise ./my_exercise.py --out graded --require-confinement\n\n"
    "chainrule grade handed-in --exercise i2dl-5 --out graded --executor chainrule.grading.executors:dask_local"
)

SubmissionsArgument = Annotated[
    Path, typer.Argument(metavar="SUBMISSIONS", help="Folder with a folder, zip or file for each submission.")
]
ExerciseOption = Annotated[str, typer.Option(help="One of our exercises by name, or your own source by its path.")]
OutOption = Annotated[Path, typer.Option(help="Folder for the reports; a stopped run goes on where it was.")]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="Submissions at a time.", show_default="one for each processor")
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(metavar="MODULE:FACTORY", help="Run on what this gives, any concurrent.futures.Executor."),
]
SecretFileOption = Annotated[
    Path | None, typer.Option(help="Decides the hidden cases; written if missing.", show_default="secret in --out")
]
RequireConfinementOption = Annotated[
    bool, typer.Option("--require-confinement", help="Refuse to run where submissions cannot be fully confined.")
]
RegradeOption = Annotated[bool, typer.Option("--regrade", help="Grade again what has been graded.")]


def grade(
    submissions: SubmissionsArgument,
    exercise: ExerciseOption,
    out: OutOption,
    workers: WorkersOption = None,
    executor: ExecutorOption = None,
    secret_file: SecretFileOption = None,
    require_confinement: RequireConfinementOption = False,
    regrade: RegradeOption = False,
) -> None:
    """Grade a class: each submission is run where it can do no harm, compared, diagnosed and scored.

    The exit status is 0 if the grader was sound, whatever the points, 1 if it failed at some submissions, and 2 if
    nothing could be graded.
    """
    from chainrule.grading.command import run_grade

    raise typer.Exit(
        run_grade(
            submissions,
            exercise=exercise,
            out=out,
            workers=workers,
            executor=executor,
            secret_file=secret_file,
            require_confinement=require_confinement,
            regrade=regrade,
        )
    )
