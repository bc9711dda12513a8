"""The command line: ``chainrule train | predict | evaluate``. Words in, words out; the work is in `runs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from chainrule.runs import options

__all__ = ["app", "main"]


class _PlainErrors(TyperGroup):
    """Tells what is wrong with the input in one line, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of our output has gone, such as `head`: not an error
            raise
        except (ValueError, KeyError, OSError, FloatingPointError, MemoryError) as error:
            typer.echo(f"error: {_in_one_line(error)}", err=True)
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
        "chainrule evaluate runs/houses-network labelled.csv"
    ),
)


def main() -> None:
    """Run the command that the shell's arguments ask for."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character of some column's name shows its code instead.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # typed as any text stream
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
    from chainrule.runs.terminal import say
    from chainrule.runs.text import counted

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


def _in_one_line(error: BaseException) -> str:
    """The error's own words, with the library's arguments named as options."""
    from chainrule.runs.text import printable

    words = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    words = re.sub(r"\b(drop|categories)=\(('[^']*'),\)", r"--\1 \2", words or type(error).__name__)
    words = re.sub(r"\b(missing|task|unseen)='(\w+)'", r"--\1 \2", words)
    words = re.sub(r"\bclip=(\d)", r"--clip \1", words)
    return printable(" ".join(words.split()))
