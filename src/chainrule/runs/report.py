"""The report: one page that needs nothing but itself."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from chainrule.data import Preparation
from chainrule.runs.costs import cost_table
from chainrule.runs.findings import raw_row, worst_rows
from chainrule.runs.scores import ClassScores, percent
from chainrule.runs.settings import DataSettings, TrainingSettings
from chainrule.runs.training import Trained
from chainrule.showing.code import highlighted
from chainrule.showing.page import render
from chainrule.showing.svg import Drawn
from chainrule.showing.text import counted, figures, printable, shortened

__all__ = ["described_model", "render_report", "train_command"]

Rows = list[tuple[str, str]]
NOTHING = "\N{EN DASH}"
MOST_LISTED = 10
MOST_COLUMNS = 8


def render_report(
    place: Path, trained: Trained, data: DataSettings, record: dict[str, Any], drawn: Sequence[Drawn]
) -> str:
    """The page's text. Everything that came from a file or a user is escaped by the template."""
    from markupsafe import Markup

    score, measure = trained.scores.headline()
    return render(
        "chainrule.runs",
        "report.html",
        drawn,
        name=place.name,
        date=datetime.date.today().isoformat(),
        score=score,
        measure=measure,
        meaning=_meaning(trained),
        facts=_facts(trained, data),
        warnings=_warnings(trained),
        classes=_class_table(trained),
        worst=_worst_table(trained),
        step=Markup(highlighted(trained.step_source)),
        cost=None if trained.cost is None else cost_table(trained.step_source, trained.cost),
        settings=[
            ("Data", _settings(data.completed(trained.prepared.preparation))),
            ("Training", _settings(trained.settings)),
        ],
        versions=record["versions"],
        commands=_commands(place, trained, data),
    )


def described_model(settings: TrainingSettings, preparation: Preparation, outputs: int) -> str:
    """The layers in a line.

    >>> from chainrule.data.columns import NumericColumn
    >>> from chainrule.data.targets import NumberTarget
    >>> one = Preparation((NumericColumn("area", 60.0, 20.0),), NumberTarget("price", 300.0, 50.0))
    >>> described_model(TrainingSettings(hidden=(8,), activation="relu"), one, 1)
    '1 → 8 relu → 1'
    >>> described_model(TrainingSettings(hidden=(8,), activation="relu", dropout=0.2), one, 1)
    '1 → 8 relu, dropout 0.2 → 1'
    """
    dropout = f", dropout {settings.dropout:g}" if settings.dropout else ""
    widths = [f"{units} {settings.activation}{dropout}" for units in settings.hidden or ()]
    return " → ".join([str(len(preparation.feature_names)), *widths, str(outputs)])


def _meaning(trained: Trained) -> str:
    """The main score in a sentence."""
    scores = trained.scores
    if isinstance(scores, ClassScores):
        return (
            f"{scores.correct} of {counted(scores.rows, 'test row')}, never seen in training, get the right class. "
            f"Always the most frequent class would be right for {percent(scores.baseline)}."
        )
    return (
        f"Predictions for {counted(scores.rows, 'test row')}, never seen in training, are off by "
        f"{figures(scores.rmse)} (root mean square; {figures(scores.mae)} on average). "
        f"Always the mean would be off by {figures(scores.spread)}."
    )


def _facts(trained: Trained, data: DataSettings) -> list[tuple[str, str, str]]:
    """Name, value, details."""
    parts, preparation = trained.prepared.split, trained.prepared.preparation
    rows = len(parts.train) + len(parts.validation) + len(parts.test)
    classes = f", {len(preparation.classes)} classes" if preparation.classes else ""
    count = sum(array.size for array in trained.model.parameters.values())
    outputs = list(trained.model.parameters.values())[-1].size
    seconds = sum(trained.history.column("seconds") or [0.0])  # type: ignore[arg-type]  # all floats
    best = "" if trained.best_epoch is None else f"best: epoch {trained.best_epoch}"
    layers = described_model(trained.settings, preparation, outputs)
    facts = [
        (
            "Data",
            f"{rows:,} rows",
            f"{Path(data.data).name}: {counted(len(preparation.feature_names), 'feature')}{classes}",
        ),
        (
            "Split",
            f"{len(parts.train)}/{len(parts.validation)}/{len(parts.test)}",
            "rows to train, validate, test",
        ),
        ("Model", counted(count, "parameter"), f"{trained.settings.model}: {layers}"),
        ("Training", counted(len(trained.history), "epoch"), f"{seconds:.2g} s; {best}".rstrip("; ")),
    ]
    return facts


def _warnings(trained: Trained) -> list[str]:
    """What a reader must know before believing the score."""
    warnings = []
    if trained.history.interrupted:
        warnings.append(
            f"Training was stopped by Ctrl-C after {len(trained.history)} of {trained.settings.epochs} "
            "epochs. What was learned until then is kept."
        )
    rows = len(trained.prepared.split.test)
    if rows < 30:
        warnings.append(f"Only {counted(rows, 'test row')}: another split may give quite another score.")
    return warnings


def _class_table(trained: Trained) -> list[tuple[str, int, int, str, str]]:
    """Label, rows, found, recall, precision of each class; nothing in regression."""
    if not isinstance(trained.scores, ClassScores):
        return []
    labels = trained.prepared.preparation.classes or ()
    return [
        (str(label), rows, found, *(NOTHING if part is None else percent(part) for part in parts))  # type: ignore[misc]
        for label, (rows, found, *parts) in zip(labels, trained.scores.per_class(), strict=True)
    ]


def _worst_table(trained: Trained) -> tuple[list[str], list[list[str]]]:
    """The rows with the worst predictions as a table, for data without pictures."""
    test, preparation = trained.prepared.split.test, trained.prepared.preparation
    rows = worst_rows(trained, MOST_LISTED)
    if test.image_shape is not None or not len(rows):
        return [], []
    truth, predictions = preparation.original(test.y), trained.predictions
    table = []
    for row in rows:
        said = [_value(truth[row]), _value(predictions.values[row])]
        if predictions.probabilities is not None:
            said.append(percent(float(predictions.probabilities[row].max())))
        table.append(said + [shortened(value) for _, value in raw_row(preparation, test.x[row])[:MOST_COLUMNS]])
    names = [shortened(column.name) for column in preparation.columns[:MOST_COLUMNS]]
    sure = [] if predictions.probabilities is None else ["probability"]
    return ["true", "predicted", *sure, *names], table


def _value(value: Any) -> str:
    return figures(value, 5) if isinstance(value, float) else shortened(value)


def _settings(record: DataSettings | TrainingSettings) -> Rows:
    return [(field.name.replace("_", " "), _setting(getattr(record, field.name))) for field in fields(record)]


def _setting(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(printable, value)) or NOTHING
    return NOTHING if value is None else printable(value)


def _commands(place: Path, trained: Trained, data: DataSettings) -> list[tuple[str, str]]:
    run = shlex.quote(printable(place))
    preparation = trained.prepared.preparation
    return [
        ("Predict a new table", f"chainrule predict {run} new.csv --out predictions.csv"),
        ("Evaluate on labelled rows", f"chainrule evaluate {run} new.csv"),
        ("Train it again", train_command(data, trained.settings, preparation)),
    ]


def train_command(data: DataSettings, settings: TrainingSettings, preparation: Preparation) -> str:
    """The command that trains this again: what differs from the defaults."""
    usual = TrainingSettings(model=settings.model, optimizer=settings.optimizer).completed(preparation)
    words = ["chainrule", "train", data.data]
    words += _options(data, DataSettings(), leave_out={"data"})
    words += ["--model", str(settings.model)] if settings.model != "network" else []
    usual_optimizer = TrainingSettings(model=settings.model).completed(preparation).optimizer
    words += ["--optimizer", str(settings.optimizer)] if settings.optimizer != usual_optimizer else []
    words += _options(settings, usual, leave_out={"model", "optimizer"})
    return shlex.join(map(printable, words))


def _options(record: Any, usual: Any, leave_out: set[str]) -> list[str]:
    words = []
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in leave_out or value is None or value == getattr(usual, field.name):
            continue
        option = f"--{field.name.replace('_', '-')}"
        if field.name == "hidden":
            words += [option, ",".join(map(str, value)) or "0"]
        else:
            for part in value if isinstance(value, tuple) else (value,):
                words += [option, str(part)]
    return words
