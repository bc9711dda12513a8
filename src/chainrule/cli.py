"""The command line, put together: each command is written in a file of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from chainrule.commands import bench, check, explain, reproduce, training
from chainrule.commands.data import data_app
from chainrule.commands.errors import PlainErrors
from chainrule.exercises.command import exercise_app
from chainrule.grading.options import EXAMPLES as GRADE_EXAMPLES
from chainrule.grading.options import grade

__all__ = ["app", "main"]

app = typer.Typer(
    cls=PlainErrors,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Deep learning with its work shown.",
    epilog=(
        "Examples:\n\n"
        "chainrule train digits\n\n"
        "chainrule train houses.csv --target price\n\n"
        "chainrule predict runs/houses-network new.csv --out predictions.csv\n\n"
        "chainrule evaluate runs/houses-network labelled.csv\n\n"
        'chainrule explain "exp(a)/sqrt(b)*log(a+b)" a=1 b=2\n\n'
        "chainrule check my_layers.py\n\n"
        "chainrule exercise new i2dl-5\n\n"
        "chainrule grade handed-in --exercise i2dl-5 --out graded\n\n"
        "chainrule data fetch mnist\n\n"
        "chainrule bench\n\n"
        "chainrule reproduce"
    ),
)

# In the order in which --help lists them.
app.command(epilog=GRADE_EXAMPLES)(grade)
app.command(epilog=training.TRAIN_EXAMPLES)(training.train)
app.command(epilog=training.PREDICT_EXAMPLES)(training.predict)
app.command(epilog=training.EVALUATE_EXAMPLES)(training.evaluate)
app.command(epilog=reproduce.EXAMPLES)(reproduce.reproduce)
app.command(epilog=explain.EXAMPLES)(explain.explain)
app.command(epilog=check.EXAMPLES)(check.check)
app.command(epilog=bench.EXAMPLES)(bench.bench)
app.add_typer(data_app, name="data")
app.add_typer(exercise_app, name="exercise")


def main(notes: Sequence[str] = ()) -> None:
    """Run the command that the shell's arguments ask for; ``notes`` say which kernels were chosen before NumPy came."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character of some column's name shows its code instead.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # typed as any text stream
    for note in notes:
        from chainrule.showing.terminal import say

        say("kernels", note)
    app(prog_name="chainrule")


def _show_version(wanted: bool) -> None:
    if wanted:
        from chainrule import __version__

        typer.echo(f"chainrule {__version__}")
        raise typer.Exit


@app.callback()
def _before_any_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass
