"""``chainrule check``. Words in, words out; the work is elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from chainrule.commands.errors import in_one_line

__all__ = ["EXAMPLES", "check"]

EXAMPLES = (
    "Examples:\n\nchainrule check my_layers.py\n\n"
    "chainrule check my_layers.py::Affine my_notebook.ipynb::Softmax\n\n"
    "chainrule check my_layers.py::Linear --like affine --watch"
)


def check(
    where: Annotated[
        list[str], typer.Argument(metavar="WHERE...", help="my_layers.py, notebook.ipynb::Affine or package.module.")
    ],
    like: Annotated[
        str | None, typer.Option(help="Op to compare with: affine, relu ... By its name if not given.")
    ] = None,
    reduction: Annotated[
        str | None, typer.Option(help="Where 1/N is paid: none, sum, mean, solver mean.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="For everything random.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Run again whenever the file is saved.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only a verdict for each subject.")] = False,
) -> None:
    """Check layers and losses: which are right, and which mistake makes the others wrong.

    Runs the file. The exit status is 0 if all is right, 1 if something is wrong or nobody can tell, and 2 if a file
    could not be loaded.
    """
    from chainrule.checking.command import UNUSABLE, run_command

    try:
        status = run_command(where, json=json, watch=watch, quiet=quiet, like=like, reduction=reduction, seed=seed)
    except ValueError as error:  # an op or a reduction that there is not
        typer.echo(f"error: {in_one_line(error).removeprefix('check: ')}", err=True)
        status = UNUSABLE
    raise typer.Exit(status)
