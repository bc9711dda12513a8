"""The run folder: written whole or not at all, read strictly, and of use to new tables."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from chainrule.data import Preparation, Table
from chainrule.files import new_folder_atomically
from chainrule.learning import Sequential
from chainrule.runs.predictions import Predictions, output_count, predict
from chainrule.runs.scores import Scores, scores_from_json
from chainrule.runs.settings import DataSettings, TrainingSettings, from_json
from chainrule.runs.training import Trained, judge
from chainrule.showing.page import versions

__all__ = ["Run", "choose_place", "write_run"]

FORMAT = "chainrule run 1"
FILES = ("run.json", "model.safetensors", "history.csv", "step.py", "cost.json", "report.html", "plots")
KEYS = {"format", "data", "training", "preparation", "rows", "result", "scores", "versions"}


# ----------------------------------------------------------------------------------- where a run goes


def choose_place(out: str | Path, name: str | None, default: str, *, replace: bool = False) -> Path:
    """The folder for a new run, which can be written: told before the training and not after it.

    Args:
        out: the folder of runs.
        name: the run's own; must be free unless ``replace``.
        default: the name where none is given, with -2, -3, ... appended until it is free.
        replace: allow a run of that name, which `write_run` then replaces.
    """
    out = Path(out)
    place = out / (_checked_name(name) if name is not None else _as_name(default))
    if name is None and not replace:
        place = _first_free(place)
    if os.path.lexists(place):
        _check_taken(place, replace)
    trial = place.with_name(f".{place.name}.{secrets.token_hex(6)}.try") if place.exists() else place
    try:
        with new_folder_atomically(trial):
            raise _OnlyTrying
    except _OnlyTrying:
        return place


class _OnlyTrying(Exception):
    """Leaves nothing behind of a folder that was made to see whether it can be."""


def _checked_name(name: str) -> str:
    if (
        not name
        or name != Path(name).name
        or name.startswith(".")
        or not name.isprintable()
        or len(name.encode()) > 200
    ):
        raise ValueError(f"name is {name!r}; expected the name of a folder, such as first-try")
    return name


def _as_name(text: str) -> str:
    """``"my table-network"`` as a folder's name.

    >>> _as_name("my table-network")
    'my-table-network'
    """
    return re.sub(r"[^\w.-]+", "-", text).strip("-._")[:100] or "run"


def _first_free(place: Path) -> Path:
    number, free = 1, place
    while os.path.lexists(free):
        number += 1
        free = place.with_name(f"{place.name}-{number}")
    return free


def _check_taken(place: Path, replace: bool) -> None:
    """Refuse a name that is taken, and to replace anything but a run."""
    if not replace:
        raise FileExistsError(f"{place} exists already. Choose another name, or replace it with --replace.")
    if place.is_symlink() or not place.is_dir():
        raise FileExistsError(f"{place} is not a run's folder, so it is not replaced. Choose another name.")
    names = {path.name for path in place.iterdir()}
    others = sorted(names.difference(FILES))
    if others or (names and "run.json" not in names):
        what = f"holds {others[0]!r}, which" if others else "holds no run.json, which"
        end = "no run writes" if others else "every run has"
        raise FileExistsError(f"{place} {what} {end}, so it is not replaced. Choose another name.")


# -------------------------------------------------------------------------------------------- writing


def write_run(place: str | Path, trained: Trained, data: DataSettings, *, replace: bool = False) -> Path:
    """Write the run's folder, which appears when it is complete. Gives the report's path.

    Args:
        place: the folder, from `choose_place`.
        trained: what to write.
        data: what it was trained on.
        replace: put it in the place of the run that is there.
    """
    place = Path(place)
    with (_replacing if replace and place.exists() else new_folder_atomically)(place) as folder:
        _fill(folder, place, trained, data)
    return place / "report.html"


def _fill(folder: Path, place: Path, trained: Trained, data: DataSettings) -> None:
    from chainrule.runs.findings import draw_plots
    from chainrule.runs.report import render_report
    from chainrule.showing.svg import write_plots

    record = run_record(trained, data)
    text = json.dumps(record, indent=2, allow_nan=False)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")
    trained.model.save(folder / "model.safetensors")
    trained.history.to_csv(folder / "history.csv")
    if trained.step_source:
        (folder / "step.py").write_text(trained.step_source, encoding="utf-8")
    if trained.cost is not None:
        text = json.dumps({"engine": trained.settings.engine, **trained.cost.as_dict()}, indent=2, allow_nan=False)
        (folder / "cost.json").write_text(text + "\n", encoding="utf-8")
    (folder / "plots").mkdir()
    drawn = write_plots(folder / "plots", draw_plots(trained))
    (folder / "report.html").write_text(render_report(place, trained, data, record, drawn), encoding="utf-8")


@contextmanager
def _replacing(place: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes the place of the old one once it is complete."""
    mark = secrets.token_hex(6)
    new, old = (place.with_name(f".{place.name}.{mark}.{word}") for word in ("new", "old"))
    with new_folder_atomically(new) as folder:
        yield folder
    os.replace(place, old)
    try:
        os.replace(new, place)
    except BaseException:
        os.replace(old, place)
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def run_record(trained: Trained, data: DataSettings) -> dict[str, Any]:
    """What ``run.json`` holds."""

    parts = trained.prepared.split
    return {
        "format": FORMAT,
        "data": data.completed(trained.prepared.preparation).to_json(),
        "training": trained.settings.to_json(),
        "preparation": trained.prepared.preparation.to_json(),
        "rows": {"train": len(parts.train), "validation": len(parts.validation), "test": len(parts.test)},
        "result": {
            "epochs": len(trained.history),
            "best_epoch": trained.best_epoch,
            "interrupted": trained.history.interrupted,
        },
        "scores": trained.scores.to_json(),
        "versions": versions(),
    }


# -------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True, eq=False)
class Run:
    """A written run: its model, and how raw columns become the model's inputs."""

    path: Path
    data: DataSettings
    training: TrainingSettings
    preparation: Preparation
    scores: Scores
    model: Sequential

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Read a run's folder; what is not exactly a run is an error that says so."""
        path = Path(path)
        if not path.is_dir():
            raise FileNotFoundError(f"{path}: there is no such run. Name the folder that train wrote.")
        record = _read_record(path / "run.json")
        try:
            data = from_json(DataSettings, record["data"])
            training = from_json(TrainingSettings, record["training"])
            preparation = Preparation.from_json(record["preparation"])
            scores = scores_from_json(record["scores"])
            _check_notes(record)
        except (ValueError, TypeError, OverflowError) as error:
            _refuse(path / "run.json", error)
        model = Sequential.load(path / "model.safetensors")
        _check_model(path, model, training, preparation)
        return cls(path, data, training, preparation, scores, model)

    def read(self, path: str | Path) -> Table:
        """Read a table as the training table was read."""
        return self.preparation.read(path)

    def predict(self, table: Table) -> Predictions:
        """What the model says about each row; the target may be missing."""
        return predict(self.model, self.preparation, self.preparation.features(table))

    def evaluate(self, table: Table) -> tuple[Scores, Predictions]:
        """How well the model predicts the table's target."""
        target = self.preparation.target(table)
        predictions = self.predict(table)
        return judge(self.preparation, target, predictions), predictions


def _read_record(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"{path.parent} holds no run.json. Name the folder that train wrote.")
    try:
        record = json.loads(path.read_bytes(), parse_constant=_no_constant)
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            found = record.get("format") if isinstance(record, dict) else type(record).__name__
            raise ValueError(f"its format is {found!r:.80}; expected {FORMAT!r}")
        if set(record) != KEYS:
            raise ValueError(f"it has the entries {sorted(record)!s:.200}; expected {sorted(KEYS)}")
    except (ValueError, RecursionError) as error:
        _refuse(path, error)
    return record


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}; expected finite numbers")


def _refuse(path: Path, error: Exception) -> NoReturn:
    raise ValueError(f"{path}: not a run of chainrule, or a damaged one: {error}") from error


def _check_notes(record: dict[str, Any]) -> None:
    """The entries that predicting does not use: a file that lies about one may lie about others."""
    rows, result, versions = record["rows"], record["result"], record["versions"]
    for name, found, keys, kinds in (
        ("rows", rows, {"train", "validation", "test"}, (int,)),
        ("result", result, {"epochs", "best_epoch", "interrupted"}, (int, bool, type(None))),
        ("versions", versions, {"chainrule", "python", "numpy"}, (str,)),
    ):
        if not isinstance(found, dict) or set(found) != keys or any(type(v) not in kinds for v in found.values()):
            raise ValueError(f"{name} is {found!r:.200}; expected an object with the names {sorted(keys)}")


def _check_model(path: Path, model: Sequential, training: TrainingSettings, preparation: Preparation) -> None:
    """Refuse a model that is not the one which ``run.json`` describes."""
    classes = preparation.classes
    expected = (
        len(preparation.feature_names),
        output_count(training.loss or "", None if classes is None else len(classes)),
    )
    first, last = model.layers[0], model.layers[-1]
    found = getattr(first, "inputs", None), getattr(last, "outputs", None)
    if found != expected:
        raise ValueError(
            f"{path / 'model.safetensors'}: the model takes {found[0]} features and gives {found[1]} "
            f"values a row, but run.json asks for {expected[0]} and {expected[1]}. The files are not of the same run."
        )
