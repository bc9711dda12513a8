"""What is to be trained, and how: two frozen records, checked, and complete once they have seen the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, TypeVar, get_args

from chainrule.data import Dataset, Preparation, Prepared, digits, mnist, prepare, prepare_dataset, read_table
from chainrule.data.columns import Missing, Scaling, Unseen
from chainrule.data.dataset import Task
from chainrule.data.wording import check_choice, listed

__all__ = ["DataSettings", "TrainingSettings", "from_json", "parse_batch", "parse_hidden"]

ModelName = Literal["logistic", "linear", "network"]
ActivationName = Literal["relu", "leaky_relu", "sigmoid", "tanh", "softplus"]
LossName = Literal["softmax_cross_entropy", "binary_cross_entropy_with_logits", "squared_error", "absolute_error"]
OptimizerName = Literal["sgd", "rmsprop", "adam", "adamw"]
ScheduleName = Literal["constant", "step", "cosine", "warmup"]
DtypeName = Literal["float64", "float32"]
EngineName = Literal["numpy", "eager", "xla"]
RowsName = Literal["all", "own"]

# Datasets that bring their own columns. Of MNIST it is the 60,000 training rows: its test rows stay unseen.
DATASETS: dict[str, Callable[[], Dataset]] = {"digits": digits, "mnist": lambda: mnist().train}
LARGEST = 2**31  # more epochs, units or rows than anyone means


@dataclass(frozen=True)
class DataSettings:
    """What to learn from.

    Args:
        data: ``"digits"``, ``"mnist"`` (its 60,000 training rows), or the path of a .csv or .npz file.
        target: the column to predict; digits and MNIST bring their own.
        task: ``"classification"`` or ``"regression"``; guessed from the target where not given.
        drop: columns to leave out.
        categories: columns to read as text even if they look like numbers.
        scaling: how numbers are scaled; ``"image"`` for digits and MNIST and ``"standard"`` else.
        missing: what a missing number is, an ``"error"`` or the training rows' ``"mean"``.
        unseen: what a new category is at prediction, an ``"error"`` or ``"ignore"``.
        validation, test: fractions of all rows.
    """

    data: str = "digits"
    target: str | None = None
    task: Task | None = None
    drop: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    scaling: Scaling | None = None
    missing: Missing = "error"
    unseen: Unseen = "error"
    validation: float = 0.2
    test: float = 0.2

    def __post_init__(self) -> None:
        _check_types(self, str, "data", "target")
        for name, choices in (("task", Task), ("scaling", Scaling), ("missing", Missing), ("unseen", Unseen)):
            _check_choice(self, name, choices)
        for name in ("drop", "categories"):
            values = getattr(self, name)
            if not (isinstance(values, tuple) and all(isinstance(value, str) for value in values)):
                raise ValueError(f"{name} is {values!r}; expected names of columns")
        for name in ("validation", "test"):
            _check_number(self, name, above=0.0, below=1.0)
        if self.data in DATASETS:
            self._refuse_for_digits()

    def _refuse_for_digits(self) -> None:
        """The digits know their columns; an option that would do nothing is a mistake."""
        for name in ("target", "task", "drop", "categories"):
            if getattr(self, name):
                raise ValueError(f"{name} is for tables; the digits bring their own columns. Leave it out.")

    def prepare(self, seed: int) -> Prepared:
        """Read the data and share its rows out."""
        if self.data in DATASETS:
            dataset = DATASETS[self.data]()
            return prepare_dataset(dataset, scaling=self.scaling, validation=self.validation, test=self.test, rng=seed)
        table = read_table(self.data, categories=self.categories)
        if self.target is None:
            names = listed(list(table.columns))
            raise ValueError(f"{table.name}: name the column to predict with --target; the columns are {names}")
        return prepare(
            table,
            target=self.target,
            task=self.task,
            scaling=self.scaling or "standard",
            drop=self.drop,
            missing=self.missing,
            unseen=self.unseen,
            validation=self.validation,
            test=self.test,
            rng=seed,
        )

    def completed(self, preparation: Preparation) -> DataSettings:
        """The same with what was chosen where nothing was given."""
        if self.data in DATASETS:
            return replace(self, scaling=self.scaling or "image")
        return replace(self, scaling=self.scaling or "standard", task=preparation.task)

    def to_json(self) -> dict[str, Any]:
        """Names and plain values."""
        return asdict(self)


@dataclass(frozen=True)
class TrainingSettings:
    """What is trained, and how. ``None`` stands for what suits the data, until `completed` fills it in.

    Args:
        model: ``"logistic"`` or ``"linear"``, one affine layer; ``"network"``, with hidden layers.
        hidden: units of each hidden layer.
        activation: after each hidden layer.
        dropout: the share of each hidden layer's outputs that a step leaves out at random.
        loss: an op of `chainrule.ops`.
        optimizer, learning_rate, momentum, weight_decay, schedule: how gradients change weights.
        epochs: times that every row is seen.
        batch: rows a step; 0 for all of them.
        seed: of the split, the first weights, the order of the rows and what dropout leaves out.
        dtype: of weights and inputs.
        engine: how the step is run.
        patience: epochs without a better validation loss before training stops early.
        clip: largest norm of all gradients together.
    """

    model: ModelName | None = None
    hidden: tuple[int, ...] | None = None
    activation: ActivationName | None = None
    dropout: float = 0.0
    loss: LossName | None = None
    optimizer: OptimizerName | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    schedule: ScheduleName = "constant"
    epochs: int | None = None
    batch: int = 32
    seed: int = 0
    dtype: DtypeName = "float64"
    engine: EngineName = "numpy"
    patience: int | None = None
    clip: float | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            _check_choice(self, name, choices)
        for name in ("learning_rate", "clip"):
            _check_number(self, name, above=0.0)
        for name in ("momentum", "dropout"):
            _check_number(self, name, least=0.0, below=1.0)
        _check_number(self, "weight_decay", least=0.0)
        for name, least in (("epochs", 1), ("patience", 1), ("batch", 0), ("seed", 0)):
            _check_whole(name, getattr(self, name), least)
        if self.hidden is not None and not isinstance(self.hidden, tuple):
            raise ValueError(f"hidden is {self.hidden!r}; expected units of each layer, such as (64, 32)")
        for units in self.hidden or ():
            _check_whole("hidden", units, 1)
        if self.momentum is not None and self.optimizer not in (None, "sgd", "rmsprop"):
            raise ValueError(f"momentum is for sgd and rmsprop; {self.optimizer} has its own averages")
        self._refuse_network_options()

    def _refuse_network_options(self) -> None:
        if self.model in ("logistic", "linear"):
            for name in ("hidden", "activation", "dropout"):
                if getattr(self, name):
                    raise ValueError(f"{name} is for model network; {self.model} has no hidden layer")

    def completed(self, preparation: Preparation) -> TrainingSettings:
        """The same with every ``None`` that has a usual value replaced by it."""
        classes = preparation.classes
        model = self.model or "network"
        _check_fits(model, preparation)
        network = model == "network"
        adam = self.optimizer in ("adam", "adamw") or (
            self.optimizer is None and classes is None and self.momentum is None
        )
        return replace(
            self,
            model=model,
            hidden=() if not network else (32,) if self.hidden is None else self.hidden,
            activation=(self.activation or "relu") if network else None,
            loss=_checked_loss(self.loss, classes),
            optimizer=self.optimizer or ("adam" if adam else "sgd"),
            learning_rate=self.learning_rate or (0.1 if classes and not adam else 0.01),
            epochs=self.epochs or (100 if network else 200),
        )

    def to_json(self) -> dict[str, Any]:
        """Names and plain values."""
        return asdict(self)


Settings = TypeVar("Settings", DataSettings, TrainingSettings)
# Runs that were written before there were these settings had what is now their default.
LATER = {"dropout"}

_CHOICES: dict[str, Any] = {
    "model": ModelName,
    "activation": ActivationName,
    "loss": LossName,
    "optimizer": OptimizerName,
    "schedule": ScheduleName,
    "dtype": DtypeName,
    "engine": EngineName,
}


def parse_hidden(text: str) -> tuple[int, ...]:
    """Units of each hidden layer from ``"64,32"``.

    >>> parse_hidden("64,32")
    (64, 32)
    """
    units = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and part.isascii() and 0 < int(part[:12]) <= LARGEST for part in units):
        raise ValueError(f"hidden is {text!r}; expected units of each layer, such as 32 or 64,32")
    return tuple(map(int, units))


def parse_batch(text: str) -> int:
    """Rows a step from ``"32"``; 0, for all of them, from ``"full"``.

    >>> parse_batch("32"), parse_batch("full")
    (32, 0)
    """
    if text.strip().lower() == "full":
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        raise ValueError(f"batch is {text!r}; expected rows a step, such as 32, or full for all of them")
    return int(text)


def from_json(kind: type[Settings], record: object) -> Settings:
    """The settings that ``to_json`` gave, by way of JSON; anything else is a ValueError."""
    names = [field.name for field in fields(kind)]
    if not isinstance(record, dict) or not set(names) - LATER <= set(record) <= set(names):
        raise ValueError(f"found {record!r:.200}; expected an object with the names {listed(names)}")
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in record.items()}
    return kind(**values)


def _check_fits(model: str, preparation: Preparation) -> None:
    """Refuse a model for the other task."""
    wrong = {"logistic": "regression", "linear": "classification"}.get(model)
    if wrong == preparation.task:
        target, others = preparation.output.name, {"logistic": "linear", "linear": "logistic"}
        meant = "numbers" if wrong == "regression" else "classes"
        raise ValueError(
            f"model {model} is not for {wrong}: the target {target!r} holds {meant}. "
            f"Use {others[model]} or network, or set the task."
        )


def _checked_loss(loss: LossName | None, classes: Sequence[object] | None) -> LossName:
    """The loss, if it suits the target; the first one that does if none is given."""
    suitable: tuple[LossName, ...] = ("squared_error", "absolute_error")
    if classes is not None:
        suitable = ("softmax_cross_entropy",)
        if len(classes) == 2:
            suitable = ("binary_cross_entropy_with_logits", "softmax_cross_entropy")
    if loss is not None and loss not in suitable:
        what = "numbers" if classes is None else f"{len(classes)} classes"
        raise ValueError(f"loss {loss} is not for a target of {what}; choose one of {', '.join(suitable)}")
    return loss or suitable[0]


def _check_types(record: Any, kind: type, *names: str) -> None:
    for name in names:
        value = getattr(record, name)
        if not isinstance(value, kind) and not (value is None and name != "data"):
            raise ValueError(f"{name} is {value!r}; expected {kind.__name__}")


def _check_choice(record: Any, name: str, choices: Any) -> None:
    value = getattr(record, name)
    if value is not None:
        check_choice(name, value, get_args(choices))


def _check_whole(name: str, value: object, least: int) -> None:
    if value is not None and not (type(value) is int and least <= value <= LARGEST):
        raise ValueError(f"{name} is {value!r}; expected a whole number from {least} to {LARGEST}")


def _check_number(
    record: Any, name: str, *, least: float = -math.inf, above: float = -math.inf, below: float = math.inf
) -> None:
    value = getattr(record, name)
    if value is None:
        return
    if type(value) not in (int, float) or not (least <= value < below and above < value):
        at = f"at least {least}" if math.isfinite(least) else f"above {above}"
        upper = f" and below {below}" if math.isfinite(below) else ""
        raise ValueError(f"{name} is {value!r}; expected a number {at}{upper}")
