"""The command line: words in, words out; the work is elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from chainrule.exercises.command import exercise_app
from chainrule.grading.options import EXAMPLES, grade
from chainrule.runs import options

__all__ = ["app", "main"]


class _PlainErrors(TyperGroup):
    """Tells what is wrong with the input in one line, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of our output has gone, such as `head`: not an error
            raise
        except (ValueError, KeyError, OSError, FloatingPointError, MemoryError, ImportError) as error:
            if isinstance(error, ImportError) and error.name != "jax":  # nobody's missing extra, but a fault
                raise
            typer.echo(f"error: {_pointing(error) or _in_one_line(error)}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=_PlainErrors,
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


data_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Datasets that can be fetched: which there are, where they are.",
    epilog="Example: chainrule data fetch mnist",
)
app.add_typer(data_app, name="data")
app.add_typer(exercise_app, name="exercise")
app.command(epilog=EXAMPLES)(grade)


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


@app.command(
    epilog=(
        "Examples:\n\n"
        "chainrule train digits --model network --hidden 64,32 --epochs 50\n\n"
        "chainrule train houses.csv --target price --drop address --missing mean"
    )
)
def train(
    data: options.DataArgument,
    target: options.TargetOption = None,
    task: options.TaskOption = None,
    drop: options.DropOption = None,
    categories: options.CategoriesOption = None,
    scaling: options.ScalingOption = None,
    missing: options.MissingOption = "error",
    unseen: options.UnseenOption = "error",
    validation: options.ValidationOption = 0.2,
    test: options.TestOption = 0.2,
    model: options.ModelOption = None,
    hidden: options.HiddenOption = None,
    activation: options.ActivationOption = None,
    loss: options.LossOption = None,
    dtype: options.DtypeOption = "float64",
    optimizer: options.OptimizerOption = None,
    learning_rate: options.LearningRateOption = None,
    momentum: options.MomentumOption = None,
    weight_decay: options.WeightDecayOption = None,
    schedule: options.ScheduleOption = "constant",
    epochs: options.EpochsOption = None,
    batch: options.BatchOption = "32",
    patience: options.PatienceOption = None,
    clip: options.ClipOption = None,
    seed: options.SeedOption = 0,
    engine: options.EngineOption = "numpy",
    out: options.OutOption = Path("runs"),
    name: options.NameOption = None,
    replace: options.ReplaceOption = False,
) -> None:
    """Train a model and write a run: report, plots, history and the model itself."""
    from chainrule.runs import DataSettings, TrainingSettings, choose_place, write_run
    from chainrule.runs import train as run_training
    from chainrule.runs.settings import parse_batch, parse_hidden
    from chainrule.runs.terminal import show_data, show_model, show_results

    source = DataSettings(
        data=data,
        target=target,
        task=task,
        drop=tuple(drop or ()),
        categories=tuple(categories or ()),
        scaling=scaling,
        missing=missing,
        unseen=unseen,
        validation=validation,
        test=test,
    )
    settings = TrainingSettings(
        model=model,
        hidden=None if hidden is None else parse_hidden(hidden),
        activation=activation,
        loss=loss,
        optimizer=optimizer,
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        schedule=schedule,
        epochs=epochs,
        batch=parse_batch(batch),
        seed=seed,
        dtype=dtype,
        engine=engine,
        patience=patience,
        clip=clip,
    )
    # Before training, so that nobody waits for a run that cannot be written.
    place = choose_place(out, name, f"{Path(data).stem}-{model or 'network'}", replace=replace)
    prepared = source.prepare(seed)
    show_data(prepared)
    trained = run_training(
        settings,
        prepared,
        started=lambda settings, model: show_model(settings, model, prepared.preparation),
    )
    show_results(trained, write_run(place, trained, source, replace=replace))


@app.command(epilog="Example: chainrule predict runs/houses-network new.csv --out predictions.csv")
def predict(run: options.RunArgument, table: options.TableArgument, out: options.PredictionsOption = None) -> None:
    """Predict each row of a table with a run's model: classes and their probabilities, or values."""
    from chainrule.data import write_predictions
    from chainrule.data.predictions import csv_text
    from chainrule.runs import Run
    from chainrule.showing.terminal import say
    from chainrule.showing.text import counted

    opened = Run.open(run)
    if out is not None:
        _refuse_overwriting(out, run, table)
    columns = opened.predict(opened.read(table)).columns(opened.preparation)
    if out is None:
        typer.echo(csv_text(columns), nl=False)
    else:
        write_predictions(out, columns)
        say("written", f"{out}: {counted(len(columns['predicted']), 'row')}")


def _refuse_overwriting(out: Path, run: Path, table: Path) -> None:
    """Predictions must not take the place of what they are made from."""
    if out.exists() and table.exists() and out.samefile(table):
        raise ValueError(f"{out} is the table itself. Write the predictions to another file.")
    if out.resolve().is_relative_to(run.resolve()):
        raise ValueError(f"{out} is inside the run's folder. Write the predictions somewhere else.")


@app.command(epilog="Example: chainrule evaluate runs/digits-network labelled.csv")
def evaluate(run: options.RunArgument, table: options.TableArgument) -> None:
    """Judge a run's model on a table that has the target as well."""
    from chainrule.runs import Run
    from chainrule.runs.terminal import show_scores

    opened = Run.open(run)
    scores, _ = opened.evaluate(opened.read(table))
    show_scores(scores, opened.preparation)


@data_app.command("list", epilog="Example: chainrule data list")
def list_data() -> None:
    """Show the datasets: what each is, how large, and whether it is here."""
    from chainrule.data import listing
    from chainrule.showing.terminal import console

    console().print(listing.table(listing.entries()))


@data_app.command("fetch", epilog="Example: chainrule data fetch mnist housing")
def fetch_data(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Dataset; without names, all.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is here already.")] = False,
) -> None:
    """Fetch datasets into the cache, compared with their checksums; what is here already stays."""
    from chainrule.data.listing import fetch_named
    from chainrule.showing.terminal import say

    for label, line in fetch_named(names or [], force=force):
        say(label, line)


@data_app.command("where", epilog="Example: chainrule data where")
def where_data() -> None:
    """Print the places that are looked at: name, path, and exists, missing or not set, with tabs between."""
    from chainrule.data.listing import places
    from chainrule.showing.text import printable

    for place in places():
        typer.echo("\t".join(map(printable, place)))


@app.command(
    epilog="Examples:\n\nchainrule reproduce\n\nchainrule reproduce tum-ml-9 edf-1 --out sheets.html",
)
def reproduce(
    sheets: Annotated[
        list[str] | None, typer.Argument(metavar="[SHEET]...", help="i2dl-4, i2dl-5, tum-ml-9, edf-1; all if none.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the report goes, an HTML page.")] = Path("reproduction.html"),
) -> None:
    """Run the course sheets' experiments and print their numbers beside ours.

    The exit status is 0 only if everything was reproduced; what needs absent data does not count.
    """
    from chainrule.files import check_writable
    from chainrule.reproducing import chosen_sheets
    from chainrule.reproducing.report import write_report
    from chainrule.reproducing.terminal import show, summary, watched
    from chainrule.showing.terminal import say

    chosen = chosen_sheets(sheets or ())
    check_writable(out)
    outcomes = []
    for sheet in chosen:
        outcomes_of_sheet = list(watched([sheet]))
        show(outcomes_of_sheet)
        outcomes += outcomes_of_sheet
    write_report(out, outcomes)
    say("result", summary(outcomes))
    say("report", out)
    raise typer.Exit(0 if all(outcome.reproduced for outcome in outcomes) else 1)


@app.command(
    epilog=(
        'Examples:\n\nchainrule explain "exp(a)/sqrt(b)*log(a+b)" a=1 b=2\n\n'
        'chainrule explain "sum((w*x[i] - y[i])^2 for i in 1..3)" w=2 x=1,2,3 y=1,3,5 --save c.html'
    )
)
def explain(
    expression: Annotated[str, typer.Argument(help="An expression, such as 'exp(a)/sqrt(b)'.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="A value for each name: a=1, or x=1,2,3.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(help="chain: products of partials; rule: local derivatives; numbers; both: chain, numbers."),
    ] = "both",
    save: Annotated[
        Path | None, typer.Option(help="Write it too: .html, .txt, .tex, .tikz, .svg, .png, .dot, .mmd or .json.")
    ] = None,
) -> None:
    """Explain a derivative: one operation each, what is sent back along each edge, the sums, and a check."""
    from chainrule import explain as explained
    from chainrule.explaining.typed import read_values
    from chainrule.showing.terminal import say

    answer = explained(expression, **read_values(values or ()))
    typer.echo(answer.text(form))
    if save is not None:
        answer.save(save)
        say("written", save)


@app.command(
    epilog=(
        "Examples:\n\nchainrule check my_layers.py\n\n"
        "chainrule check my_layers.py::Affine my_notebook.ipynb::Softmax\n\n"
        "chainrule check my_layers.py::Linear --like affine --watch"
    )
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
        typer.echo(f"error: {_in_one_line(error).removeprefix('check: ')}", err=True)
        status = UNUSABLE
    raise typer.Exit(status)


@app.command(epilog="Examples:\n\nchainrule bench\n\nchainrule bench --json --save machine.json")
def bench(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    save: Annotated[Path | None, typer.Option(help="Write that document to a file, too.")] = None,
) -> None:
    """Measure this machine: its matrix products, its memory, and what to set so that NumPy is as fast as it can be."""
    from json import dumps

    from chainrule.files import check_writable, write_text_atomically
    from chainrule.measuring import machine
    from chainrule.measuring.terminal import table
    from chainrule.showing.terminal import console, say

    if save is not None:
        check_writable(save)
    found = machine(measure=True)
    document = dumps(found.as_dict(), indent=2)
    if json:
        typer.echo(document)
    else:
        console().print(table(found))
    if save is not None:
        write_text_atomically(save, document + "\n")
        if not json:
            say("written", save)


def _pointing(error: BaseException) -> str:
    """The words of an error that points at a column of an expression, line by line; nothing for others."""
    from chainrule.showing.text import printable

    return "\n".join(map(printable, str(error).splitlines())) if hasattr(error, "column") else ""


def _in_one_line(error: BaseException) -> str:
    """The error's own words, with the library's arguments named as options."""
    from chainrule.showing.text import printable

    words = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    words = re.sub(r"\b(drop|categories)=\(('[^']*'),\)", r"--\1 \2", words or type(error).__name__)
    words = re.sub(r"\b(missing|task|unseen)='(\w+)'", r"--\1 \2", words)
    words = re.sub(r"\bclip=(\d)", r"--clip \1", words)
    return printable(" ".join(words.split()))
