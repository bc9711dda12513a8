"""The command line: ``chainrule train``, ``predict``, ``evaluate``. Words in, words out; the work is in `runs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.console import Console

    from chainrule.data import Dataset, Prepared
    from chainrule.learning import Sequential
    from chainrule.runs import Run, TrainingSettings
    from chainrule.runs.scores import ClassScores

__all__ = ["app", "main"]

# The choices stand here as well as in `runs.settings`, so that --help need not load the library.
Model = Literal["logistic", "linear", "network"]
Activation = Literal["relu", "leaky_relu", "sigmoid", "tanh", "softplus"]
Loss = Literal["softmax_cross_entropy", "binary_cross_entropy_with_logits", "squared_error", "absolute_error"]
Optimizer = Literal["sgd", "rmsprop", "adam", "adamw"]
Schedule = Literal["constant", "step", "cosine", "warmup"]
Dtype = Literal["float64", "float32"]
Engine = Literal["numpy", "eager"]
Task = Literal["classification", "regression"]
Scaling = Literal["standard", "minmax", "image", "none"]
Missing = Literal["error", "mean"]
Unseen = Literal["error", "ignore"]

MODEL, LEARNING, DATA, OUTPUT = "Model", "Learning", "Data", "Output"


class _PlainErrors(TyperGroup):
    """Tells what is wrong with the input in one line, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of our output has gone, such as `head`: not an error
            raise
        except (ValueError, TypeError, LookupError, OSError, FloatingPointError, MemoryError) as error:
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
        "chainrule evaluate runs/houses-network new.csv"
    ),
)


def main() -> None:
    """Run the command that the shell's arguments ask for."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character of some column's name shows another in its place.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="chainrule")


def _show_version(wanted: bool) -> None:
    if wanted:
        from chainrule import __version__

        typer.echo(f"chainrule {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


# ---------------------------------------------------------------------------------------------- train


@app.command(
    epilog=(
        "Examples:\n\n"
        "chainrule train digits --model network --hidden 64,32 --epochs 50\n\n"
        "chainrule train houses.csv --target price --drop address --missing mean"
    )
)
def train(
    data: Annotated[str, typer.Argument(help="digits, or a table: a .csv or .npz file.", show_default=False)],
    target: Annotated[
        str | None, typer.Option(help="Column of the table to predict.", rich_help_panel=DATA)
    ] = None,
    task: Annotated[
        Task | None, typer.Option(help="What the target asks for; guessed from its values.", rich_help_panel=DATA)
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(help="Column to leave out; may be repeated.", rich_help_panel=DATA)
    ] = None,
    categories: Annotated[
        list[str] | None,
        typer.Option(help="Column to read as text, such as postcodes; may be repeated.", rich_help_panel=DATA),
    ] = None,
    scaling: Annotated[
        Scaling | None,
        typer.Option(help="How numbers are scaled; image for the digits, else standard.", rich_help_panel=DATA),
    ] = None,
    missing: Annotated[
        Missing, typer.Option(help="Refuse missing numbers, or use the column's mean.", rich_help_panel=DATA)
    ] = "error",
    unseen: Annotated[
        Unseen, typer.Option(help="At prediction, refuse or ignore new categories.", rich_help_panel=DATA)
    ] = "error",
    validation: Annotated[
        float, typer.Option(help="Fraction of rows to choose the best epoch by.", rich_help_panel=DATA)
    ] = 0.2,
    test: Annotated[
        float, typer.Option(help="Fraction of rows to judge the model on.", rich_help_panel=DATA)
    ] = 0.2,
    model: Annotated[
        Model | None,
        typer.Option(help="logistic for classes, linear for numbers, network for both.", rich_help_panel=MODEL,
                     show_default="network"),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Units of each hidden layer: 32 or 64,32.", rich_help_panel=MODEL, show_default="32"),
    ] = None,
    activation: Annotated[
        Activation | None,
        typer.Option(help="After each hidden layer.", rich_help_panel=MODEL, show_default="relu"),
    ] = None,
    loss: Annotated[
        Loss | None, typer.Option(help="What is minimised; chosen by the target.", rich_help_panel=MODEL)
    ] = None,
    dtype: Annotated[Dtype, typer.Option(help="Of weights and inputs.", rich_help_panel=MODEL)] = "float64",
    optimizer: Annotated[
        Optimizer | None,
        typer.Option(help="How gradients change weights; sgd for classes, adam for numbers.",
                     rich_help_panel=LEARNING),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="0.1 for sgd on classes, else 0.01.", rich_help_panel=LEARNING),
    ] = None,
    momentum: Annotated[
        float | None, typer.Option(help="Of sgd and rmsprop, such as 0.9.", rich_help_panel=LEARNING)
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="Pulls weights to 0, such as 1e-4.", rich_help_panel=LEARNING)
    ] = None,
    schedule: Annotated[
        Schedule, typer.Option(help="How the learning rate changes.", rich_help_panel=LEARNING)
    ] = "constant",
    epochs: Annotated[
        int | None,
        typer.Option(help="Times that every row is seen; 200 for one layer.", rich_help_panel=LEARNING,
                     show_default="100"),
    ] = None,
    batch: Annotated[
        str, typer.Option(help="Rows a step; 0 or full for all of them.", rich_help_panel=LEARNING)
    ] = "32",
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after so many epochs without a better one.", rich_help_panel=LEARNING),
    ] = None,
    clip: Annotated[
        float | None, typer.Option(help="Largest norm of all gradients together.", rich_help_panel=LEARNING)
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Of split, first weights and order of rows.", rich_help_panel=LEARNING)
    ] = 0,
    engine: Annotated[
        Engine, typer.Option(help="Run the compiled step, or op by op.", rich_help_panel=LEARNING)
    ] = "numpy",
    out: Annotated[Path, typer.Option(help="Folder for runs.", rich_help_panel=OUTPUT)] = Path("runs"),
    name: Annotated[
        str | None,
        typer.Option(help="Of the run; from data and model by default.", rich_help_panel=OUTPUT),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the run of that name.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:  # fmt: skip
    """Train a model and write a run: report, plots, history and the model itself."""
    from chainrule.runs import DataSettings, TrainingSettings, choose_place, write_run
    from chainrule.runs import train as run_training
    from chainrule.runs.settings import parse_hidden

    source = DataSettings(
        data, target, task, tuple(drop or ()), tuple(categories or ()), scaling, missing, unseen, validation, test
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
        batch=_parse_batch(batch),
        seed=seed,
        dtype=dtype,
        engine=engine,
        patience=patience,
        clip=clip,
    )
    default = f"{Path(data).stem}-{model or 'network'}"
    place = choose_place(out, name, default, replace=replace)
    prepared = source.prepare(seed)
    console = _console()
    _show_data(console, prepared)
    trained = run_training(
        settings, prepared, started=lambda settings, model: _show_model(console, settings, model, prepared)
    )
    report = write_run(place, trained, source, replace=replace)
    console.print()
    if trained.history.interrupted:
        _say(console, "stopped", f"by Ctrl-C after {len(trained.history)} epochs; what was learned is kept")
    if trained.best_epoch is not None:
        best = trained.history.rows[trained.best_epoch]["validation_loss"]
        _say(console, "best", f"epoch {trained.best_epoch}, validation loss {best:.4f}")
    _say(console, "test", trained.scores.summary())
    _say(console, "report", report)


def _parse_batch(text: str) -> int:
    if text.strip().lower() in ("full", "all"):
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        raise ValueError(f"batch is {text!r}; expected rows a step, such as 32, or full for all of them")
    return int(text)


def _show_data(console: Console, prepared: Prepared) -> None:
    split = prepared.split
    parts = (split.train, split.validation, split.test)
    rows = [len(part) for part in parts]
    _say(console, "data", f"{parts[0].name}: {sum(rows)} rows, {_features(parts[0])}, {_target(parts[0])}")
    _say(console, "split", "{} rows to train, {} to validate, {} to test".format(*rows))


def _features(data: Dataset) -> str:
    count = len(data.feature_names)
    if data.image_shape is not None:
        return "{} features (pictures of {} x {})".format(count, *data.image_shape)
    return f"{count} feature{'s' if count > 1 else ''}"


def _target(data: Dataset) -> str:
    from chainrule.runs.text import shortened

    if data.classes is None:
        return f"predicting the number {shortened(data.target_name)}"
    few = ", ".join(shortened(label) for label in data.classes[:10])
    return f"{len(data.classes)} classes: {few}{', ...' if len(data.classes) > 10 else ''}"


def _show_model(console: Console, settings: TrainingSettings, model: Sequential, prepared: Prepared) -> None:
    from chainrule.runs.report import described_model

    arrays = list(model.parameters.values())
    layers = described_model(settings, prepared.preparation, arrays[-1].size)
    batch = f"batches of {settings.batch}" if settings.batch else "full batches"
    count = sum(array.size for array in arrays)
    _say(console, "model", f"{settings.model}: {layers}, {count:,} parameters, {settings.dtype}")
    _say(console, "train", f"{settings.loss}, {settings.optimizer} at {settings.learning_rate:g}, {batch}")
    console.print()


# --------------------------------------------------------------------------------- predict, evaluate


RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, such as runs/digits-network.")]
TableArgument = Annotated[Path, typer.Argument(metavar="TABLE", help="A .csv or .npz file.")]


@app.command(epilog="Example: chainrule predict runs/houses-network new.csv --out predictions.csv")
def predict(
    run: RunArgument,
    table: TableArgument,
    out: Annotated[
        Path | None, typer.Option(help="The .csv file to write; without it, predictions are printed.")
    ] = None,
) -> None:
    """Predict each row of a table with a run's model: classes and their probabilities, or values."""
    from chainrule.data import write_predictions
    from chainrule.data.predictions import csv_text
    from chainrule.runs import Run

    opened = Run.open(run)
    _refuse_overwriting(out, run, table)
    columns = opened.predict(opened.read(table)).columns(opened.preparation)
    if out is None:
        typer.echo(csv_text(columns), nl=False)
        return
    write_predictions(out, columns)
    _say(_console(), "written", f"{out}: {len(columns['predicted'])} rows")


def _refuse_overwriting(out: Path | None, run: Path, table: Path) -> None:
    """Predictions must not take the place of what they are made from."""
    if out is not None and out.exists() and table.exists() and out.samefile(table):
        raise ValueError(f"{out} is the table itself. Write the predictions to another file.")
    if out is not None and out.resolve().is_relative_to(run.resolve()):
        raise ValueError(f"{out} is inside the run's folder. Write the predictions somewhere else.")


@app.command(epilog="Example: chainrule evaluate runs/digits-network labelled.csv")
def evaluate(run: RunArgument, table: TableArgument) -> None:
    """Judge a run's model on a table that has the target as well."""
    from chainrule.runs import Run
    from chainrule.runs.scores import ClassScores

    opened = Run.open(run)
    scores, _ = opened.evaluate(opened.read(table))
    console = _console()
    if isinstance(scores, ClassScores):
        console.print(_class_table(opened, scores))
    _say(console, "score", scores.summary())


def _class_table(run: Run, scores: ClassScores) -> Any:
    """A row for each true class: how often each was predicted (if that fits), recall and precision."""
    from rich.table import Table
    from rich.text import Text

    from chainrule.runs.scores import percent
    from chainrule.runs.text import shortened

    labels = [shortened(label, 16) for label in run.preparation.classes or ()]
    shown = labels if len(labels) <= 12 else []
    table = Table("true", title="rows by true and predicted class" if shown else None, title_justify="left")
    for heading in (*shown, "rows", "recall", "precision"):
        table.add_column(Text(heading), justify="right")
    for number, (label, (rows, _, *parts)) in enumerate(zip(labels, scores.per_class(), strict=True)):
        counts = [
            Text(str(count), style="bold" if place == number else "red" if count else "dim")
            for place, count in enumerate(scores.confusion[number][: len(shown)])
        ]
        ratios = ["-" if part is None else percent(part) for part in parts]
        table.add_row(Text(label), *counts, str(rows), *ratios)
    return table


# ---------------------------------------------------------------------------------------------- words


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _say(console: Console, label: str, text: object) -> None:
    """A label and a line; the line is text and never markup, and is not wrapped."""
    from rich.text import Text

    from chainrule.runs.text import printable

    console.print(Text.assemble((f"{label:8}", "bold cyan"), printable(text)), soft_wrap=True)


def _in_one_line(error: BaseException) -> str:
    """The error's own words, with the library's arguments named as options."""
    from chainrule.runs.text import printable

    words = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    words = re.sub(r"\b(drop|categories)=\(('[^']*'),\)", r"--\1 \2", words or type(error).__name__)
    words = re.sub(r"\b(missing|task|unseen)='(\w+)'", r"--\1 \2", words)
    words = re.sub(r"\bclip=(\d)", r"--clip \1", words)
    return printable(" ".join(words.split()))
