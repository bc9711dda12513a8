"""What the command prints: lines with a label, and tables. Text from files is text and never markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainrule.data import Dataset, Preparation, Prepared
from chainrule.learning import Sequential
from chainrule.runs.placement import Placement
from chainrule.runs.report import described_model
from chainrule.runs.scores import ClassScores, Scores, percent
from chainrule.runs.settings import TrainingSettings
from chainrule.runs.training import Trained
from chainrule.showing.terminal import console, say
from chainrule.showing.text import counted, shortened

__all__ = ["show_data", "show_model", "show_placement", "show_results", "show_scores"]

MOST_COUNTED = 12


def show_data(prepared: Prepared) -> None:
    """What was read, and how it is shared out."""
    parts = (prepared.split.train, prepared.split.validation, prepared.split.test)
    rows = [len(part) for part in parts]
    say("data", f"{parts[0].name}: {sum(rows)} rows, {_features(parts[0])}, {_target(parts[0])}")
    say("split", "{} rows to train, {} to validate, {} to test".format(*rows))


def show_model(settings: TrainingSettings, model: Sequential, preparation: Preparation) -> None:
    """What is about to be trained, and how."""
    arrays = list(model.parameters.values())
    layers = described_model(settings, preparation, arrays[-1].size)
    batch = f"batches of {settings.batch}" if settings.batch else "full batches"
    count = sum(array.size for array in arrays)
    say("model", f"{settings.model}: {layers}, {counted(count, 'parameter')}, {settings.dtype}")
    say("train", f"{settings.loss}, {settings.optimizer} at {settings.learning_rate:g}, {batch}")


def show_placement(placement: Placement, done: int) -> None:
    """Where it is trained, if not by one process from the start; ``done`` epochs are resumed."""
    if placement.is_one_of_many:
        who = "writes the run" if placement.writes else f"trains with process 0 at {placement.coordinator}"
        say("process", f"{placement.process_id} of {placement.processes}, {who}")
    if placement.resume and placement.writes:
        say("resume", f"{placement.checkpoint}: {counted(done, 'epoch')} done" if done else "from the start")
    print(flush=True)


def show_results(trained: Trained, report: Path) -> None:
    """The best epoch, the test score, and where the report is."""
    print(flush=True)
    if trained.history.interrupted:
        say("stopped", f"by Ctrl-C after {counted(len(trained.history), 'epoch')}; what was learned is kept")
    if trained.best_epoch is not None:
        best = trained.history.rows[trained.best_epoch]["validation_loss"]
        say("best", f"epoch {trained.best_epoch}, validation loss {best:.4f}")
    say("test", trained.scores.summary())
    say("report", report)


def show_scores(scores: Scores, preparation: Preparation) -> None:
    """The scores of a table that was evaluated."""
    if isinstance(scores, ClassScores):
        console().print(_class_table(scores, preparation))
    say("score", scores.summary())


def _features(data: Dataset) -> str:
    count = len(data.feature_names)
    if data.image_shape is not None:
        return "{} features (pictures of {} x {})".format(count, *data.image_shape)
    return counted(count, "feature")


def _target(data: Dataset) -> str:
    if data.classes is None:
        return f"predicting the number {shortened(data.target_name)}"
    few = ", ".join(shortened(label) for label in data.classes[:10])
    return f"{len(data.classes)} classes: {few}{', ...' if len(data.classes) > 10 else ''}"


def _class_table(scores: ClassScores, preparation: Preparation) -> Any:
    """A row for each true class: how often each was predicted (if that fits), recall and precision."""
    from rich.table import Table
    from rich.text import Text

    labels = [shortened(label, 16) for label in preparation.classes or ()]
    counted = labels if len(labels) <= MOST_COUNTED else []
    table = Table("true", title="rows by true and predicted class" if counted else None, title_justify="left")
    for heading in (*counted, "rows", "recall", "precision"):
        table.add_column(Text(heading), justify="right")
    for number, (label, (rows, _, *parts)) in enumerate(zip(labels, scores.per_class(), strict=True)):
        counts = [
            Text(str(count), style="bold" if place == number else "red" if count else "dim")
            for place, count in enumerate(scores.confusion[number][: len(counted)])
        ]
        ratios = ["-" if part is None else percent(part) for part in parts]
        table.add_row(Text(label), *counts, str(rows), *ratios)
    return table
