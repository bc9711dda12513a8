"""``chainrule train``, ``predict`` and ``evaluate``. Words in, words out; the work is elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from chainrule.runs import options

if TYPE_CHECKING:
    from chainrule.learning import Sequential
    from chainrule.runs import TrainingSettings

__all__ = ["EVALUATE_EXAMPLES", "PREDICT_EXAMPLES", "TRAIN_EXAMPLES", "evaluate", "predict", "train"]

TRAIN_EXAMPLES = (
    "Examples:\n\n"
    "chainrule train digits --model network --hidden 64,32 --epochs 50\n\n"
    "chainrule train houses.csv --target price --drop address --missing mean\n\n"
    "chainrule train mnist --coordinator 10.0.0.1:4567 --processes 2 --process-id 0 --checkpoint state.safetensors"
)
PREDICT_EXAMPLES = "Example: chainrule predict runs/houses-network new.csv --out predictions.csv"
EVALUATE_EXAMPLES = "Example: chainrule evaluate runs/digits-network labelled.csv"


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
    dropout: options.DropoutOption = 0.0,
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
    engine: options.EngineOption = None,
    devices: options.DevicesOption = None,
    coordinator: options.CoordinatorOption = None,
    processes: options.ProcessesOption = None,
    process_id: options.ProcessIdOption = None,
    rows: options.RowsOption = "all",
    checkpoint: options.CheckpointOption = None,
    checkpoint_every: options.CheckpointEveryOption = 10,
    resume: options.ResumeOption = False,
    out: options.OutOption = Path("runs"),
    name: options.NameOption = None,
    replace: options.ReplaceOption = False,
) -> None:
    """Train a model and write a run: report, plots, history and the model itself."""
    from chainrule.runs import DataSettings, Placement, TrainingSettings, choose_place, write_run
    from chainrule.runs import train as run_training
    from chainrule.runs.placement import parse_devices
    from chainrule.runs.settings import parse_batch, parse_hidden
    from chainrule.runs.supervising import follow_parent, is_child, say_met, supervise
    from chainrule.runs.terminal import show_data, show_model, show_placement, show_results

    placement = Placement(
        devices=parse_devices(devices),
        coordinator=coordinator,
        processes=processes,
        process_id=process_id,
        rows=rows,
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        resume=resume,
    )
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
        dropout=dropout,
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
        engine=placement.name_of_engine(engine),
        patience=patience,
        clip=clip,
    )
    # Before training, so that nobody waits for a run that cannot be written.
    place = choose_place(out, name, f"{Path(data).stem}-{model or 'network'}", replace=replace)
    if placement.is_one_of_many:
        if not is_child():
            raise typer.Exit(supervise(sys.argv[1:]))
        follow_parent()
    prepared = source.prepare(seed)
    if placement.writes:
        show_data(prepared)
    placement.join()
    if placement.is_one_of_many:
        say_met()

    def show_start(settings: TrainingSettings, model: Sequential, done: int) -> None:
        if placement.writes:
            show_model(settings, model, prepared.preparation)
        show_placement(placement, done)

    trained = run_training(settings, prepared, placement=placement, started=show_start)
    if placement.writes:
        show_results(trained, write_run(place, trained, source, replace=replace))


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


def evaluate(run: options.RunArgument, table: options.TableArgument) -> None:
    """Judge a run's model on a table that has the target as well."""
    from chainrule.runs import Run
    from chainrule.runs.terminal import show_scores

    opened = Run.open(run)
    scores, _ = opened.evaluate(opened.read(table))
    show_scores(scores, opened.preparation)
