"""A table becomes ``x`` and ``y``: rows are shared out first, then training rows alone teach the scaling."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data.columns import Missing, NumericColumn, Scaling, TextColumn, Unseen, fit_columns
from chainrule.data.dataset import TASKS, Dataset, Split, Task, split_rows
from chainrule.data.reading import read_columns
from chainrule.data.table import Table
from chainrule.data.targets import ClassTarget, NumberTarget, fit_classes, fit_numbers, guess_task
from chainrule.data.wording import check_choice

__all__ = ["Preparation", "Prepared", "prepare", "prepare_dataset"]

_FORMAT = "chainrule preparation 1"
_COLUMN_KINDS = {"number": NumericColumn, "text": TextColumn}
_TARGET_KINDS = {"number": NumberTarget, "class": ClassTarget}


@dataclass(frozen=True)
class Preparation:
    """How raw columns became ``x`` and ``y``, to do the same to new tables.

    >>> area = NumericColumn("area", shift=60.0, scale=20.0)
    >>> preparation = Preparation((area,), NumberTarget("price", shift=300.0, scale=50.0))
    >>> preparation.features(Table("new", {"area": [80, 40]}))
    array([[ 1.],
           [-1.]])
    >>> preparation.original([1.0, -1.0])
    array([350., 250.])

    Args:
        columns: the columns of the table that are inputs, in the order of ``x``.
        output: the target.
        image_shape: ``(height, width)`` where a row of ``x`` is a picture.
    """

    columns: tuple[NumericColumn | TextColumn, ...]
    output: NumberTarget | ClassTarget
    image_shape: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not names or len({*names, self.output.name}) != len(names) + 1:
            raise ValueError(
                f"a preparation has the columns {names} and the target {self.output.name!r}; expected "
                "at least one column, all names different"
            )
        shape = self.image_shape
        features = len(self.feature_names)
        if shape is not None and not (
            len(shape) == 2 and all(type(n) is int for n in shape) and shape[0] * shape[1] == features
        ):
            raise ValueError(
                f"a preparation has image_shape {shape!r} and {features} features; expected None or a height "
                "and width whose product they are"
            )

    @property
    def task(self) -> Task:
        """What the target asks for."""
        return "classification" if isinstance(self.output, ClassTarget) else "regression"

    @property
    def classes(self) -> tuple[str, ...] | tuple[int, ...] | None:
        """The sorted labels; ``None`` in regression."""
        return self.output.classes if isinstance(self.output, ClassTarget) else None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns of ``x``: those of the table, and ``"kind=flat"`` for a category."""
        return tuple(name for column in self.columns for name in column.feature_names)

    def read(self, path: str | Path) -> Table:
        """Read a new table; what was text in training is text here, even if it looks like numbers."""
        numeric = {column.name for column in self.columns if isinstance(column, NumericColumn)}
        if not (self.classes and isinstance(self.classes[0], str)):
            numeric.add(self.output.name)
        # Text takes anything, so columns that are not used need not be clean either.
        return read_columns(path, is_text=lambda name: name not in numeric)

    def features(self, table: Table) -> npt.NDArray[np.float64]:
        """Give ``x``, shape (N, D). Columns that training did not use are ignored."""
        return np.concatenate([column.apply(table) for column in self.columns], axis=1)

    def target(self, table: Table) -> npt.NDArray[Any]:
        """Give ``y``, shape (N,): class numbers, or scaled targets."""
        return self.output.apply(table)

    def dataset(self, table: Table) -> Dataset:
        """Give ``x`` and ``y`` with their meaning."""
        return Dataset(
            name=table.name,
            x=self.features(table),
            y=self.target(table),
            task=self.task,
            feature_names=self.feature_names,
            classes=self.classes,
            image_shape=self.image_shape,
            target_name=self.output.name,
        )

    def original(self, predictions: npt.ArrayLike) -> npt.NDArray[Any]:
        """Give scaled predictions in the target's own unit, or the labels of class numbers."""
        return self.output.original(predictions)

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, numbers and text, from which ``from_json`` makes an equal preparation."""
        return {
            "format": _FORMAT,
            "columns": [_to_json(column, _COLUMN_KINDS) for column in self.columns],
            "target": _to_json(self.output, _TARGET_KINDS),
            "image_shape": None if self.image_shape is None else list(self.image_shape),
        }

    @classmethod
    def from_json(cls, record: object) -> Preparation:
        """Read what ``to_json`` gave; the error for anything else says what is wrong with it."""
        try:
            record = _checked(record, {"format", "columns", "target", "image_shape"})
            if record["format"] != _FORMAT:
                raise ValueError(f"its format is {record['format']!r}; expected {_FORMAT!r}")
            for part in ("columns", "image_shape"):
                if not isinstance(record[part], list) and not (part == "image_shape" and record[part] is None):
                    raise ValueError(f"{part} is {record[part]!r}; expected a list")
            return cls(
                columns=tuple(_from_json(column, _COLUMN_KINDS) for column in record["columns"]),
                output=_from_json(record["target"], _TARGET_KINDS),
                image_shape=record["image_shape"] and tuple(record["image_shape"]),
            )
        except ValueError as error:
            raise ValueError(f"not a saved preparation, or a damaged one: {error}") from error


def _to_json(record: Any, kinds: dict[str, Any]) -> dict[str, Any]:
    kind = next(kind for kind, record_type in kinds.items() if type(record) is record_type)
    values = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(record).items()}
    return {"kind": kind, **values}


def _from_json(record: object, kinds: dict[str, Any]) -> Any:
    kind = record.get("kind") if isinstance(record, dict) else None
    if not (isinstance(kind, str) and kind in kinds):
        raise ValueError(f"a part is {record!r:.80}; expected an object with a kind, one of {list(kinds)}")
    values = _checked(record, {"kind", *(field.name for field in fields(kinds[kind]))})
    del values["kind"]
    return kinds[kind](**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def _checked(record: object, names: set[str]) -> dict[str, Any]:
    """A copy of ``record`` if it is a dict with just these names."""
    if not isinstance(record, dict) or set(record) != names:
        found = list(record) if isinstance(record, dict) else type(record).__name__
        raise ValueError(f"found {found!s:.200}; expected an object with the names {sorted(names)}")
    return dict(record)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table ready to learn from, and how it was made so."""

    split: Split
    preparation: Preparation


def prepare(
    table: Table,
    *,
    target: str,
    task: Task | None = None,
    scaling: Scaling = "standard",
    drop: Collection[str] = (),
    missing: Missing = "error",
    unseen: Unseen = "error",
    validation: float = 0.2,
    test: float = 0.2,
    rng: np.random.Generator | int,
) -> Prepared:
    """Share the rows out, learn the scaling and the categories from the training rows, apply them to all.

    Numbers are scaled, text is one-hot; missing text is a category of its own.

    Args:
        target: the column to predict.
        task: ``"classification"`` or ``"regression"``; where not given, text and few whole numbers (at most
            20 different ones, each twice on average) are classes, and other numbers are regression targets.
            These are standardised.
        scaling: ``"standard"`` gives each numeric column mean 0 and deviation 1, ``"minmax"`` range 0 to 1,
            ``"image"`` divides all by the one largest value, so that pixels stay comparable; ``"none"``.
        drop: columns to leave out, such as names and numbers of rows.
        missing: refuse missing numbers, or put the training rows' ``"mean"`` in their place.
        unseen: refuse categories that the table does not have, or ``"ignore"`` them (all zeros).
        validation, test: fractions of all rows.
        rng: decides which rows go where.
    """
    names = _input_names(table, target, drop)
    task = guess_task(table, target) if task is None else task
    check_choice("task", task, TASKS)
    labels = fit_classes(table, target) if task == "classification" else None
    numbers = None if labels is None else labels.apply(table)
    parts = split_rows(len(table), validation=validation, test=test, rng=rng, labels=numbers)
    training = table.rows(parts[0])
    if labels:
        _refuse_one_class(training, labels)
    columns = fit_columns(training, table, names, scaling=scaling, missing=missing, unseen=unseen)
    preparation = Preparation(columns, labels or fit_numbers(training, table, target))
    return Prepared(Split(*(preparation.dataset(table.rows(part)) for part in parts)), preparation)


def prepare_dataset(
    dataset: Dataset,
    *,
    scaling: Scaling | None = None,
    validation: float = 0.2,
    test: float = 0.2,
    rng: np.random.Generator | int,
) -> Prepared:
    """The same for a dataset of numbers. Pictures are scaled as ``"image"``: the digits are divided by 16."""
    if scaling is None:
        scaling = "standard" if dataset.image_shape is None else "image"
    target = dataset.y if dataset.classes is None else np.array(dataset.classes)[dataset.y]
    columns = dict(zip(dataset.feature_names, dataset.x.T, strict=True)) | {dataset.target_name: target}
    prepared = prepare(
        Table(dataset.name, columns),
        target=dataset.target_name,
        task=dataset.task,
        scaling=scaling,
        validation=validation,
        test=test,
        rng=rng,
    )
    preparation = replace(prepared.preparation, image_shape=dataset.image_shape)
    parts = (prepared.split.train, prepared.split.validation, prepared.split.test)
    return Prepared(Split(*(replace(part, image_shape=dataset.image_shape) for part in parts)), preparation)


def _input_names(table: Table, target: str, drop: Collection[str]) -> list[str]:
    """The table's columns without the target and the dropped ones."""
    for name in (target, *drop):
        table.column(name)
    if target in drop:
        raise ValueError(f"{table.name}: {target!r} is the target and cannot be dropped")
    names = [name for name in table.columns if name != target and name not in drop]
    if not names:
        raise ValueError(f"{table.name}: no column is left to predict {target!r} from. Drop fewer columns.")
    return names


def _refuse_one_class(training: Table, output: ClassTarget) -> None:
    numbers = np.unique(output.apply(training))
    if len(numbers) < 2:
        raise ValueError(
            f"{training.name}: all {len(training)} training rows have the target "
            f"{output.classes[numbers[0]]!r}; expected at least two classes. Add rows of the others."
        )
