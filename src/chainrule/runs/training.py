"""Settings and data become a trained model and what came of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

import chainrule.ops as ops
from chainrule.data import Dataset, Preparation, Prepared
from chainrule.learning import (
    ACTIVATIONS,
    OPTIMIZERS,
    SCHEDULES,
    Affine,
    Cosine,
    Dropout,
    History,
    Sequential,
    Solver,
    WarmUp,
)
from chainrule.runs.placement import Placement
from chainrule.runs.predictions import Predictions, encode, output_count, predict
from chainrule.runs.scores import Scores, class_scores, value_scores
from chainrule.runs.settings import TrainingSettings

if TYPE_CHECKING:
    from chainrule.compiling import Cost

__all__ = ["Trained", "build_model", "judge", "train"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model and what came of it.

    Args:
        settings: complete.
        prepared: the data, shared out.
        model: has the weights of the best epoch.
        history: one row an epoch.
        best_epoch: the epoch with the lowest validation loss; ``None`` if no epoch was finished.
        step_source: the text of the step that trained; ``""`` with the eager engine.
        predictions: for the test rows.
        scores: of these.
        cost: what each line of that step costs; only counted with the XLA engine, and none with the eager one.
    """

    settings: TrainingSettings
    prepared: Prepared
    model: Sequential
    history: History
    best_epoch: int | None
    step_source: str
    predictions: Predictions
    scores: Scores
    cost: Cost | None = None


def train(
    settings: TrainingSettings,
    prepared: Prepared,
    *,
    placement: Placement = Placement(),  # noqa: B008 - it is frozen
    progress: bool | None = None,
    started: Callable[[TrainingSettings, Sequential, int], None] = lambda settings, model, done: None,
) -> Trained:
    """Train on training rows, keep the weights that are best on validation rows, judge on test rows.

    Args:
        settings: what is trained, and how.
        prepared: the data.
        placement: devices, processes, and a checkpoint.
        progress: as in `Solver`.
        started: called before training with the complete settings, the model, and how many epochs are resumed.
    """
    settings = settings.completed(prepared.preparation)
    rng = np.random.default_rng(settings.seed)
    model = build_model(settings, prepared.preparation, rng)
    solver = _solver(settings, model, rng, placement, progress)
    placement.go_on(solver)
    started(settings, model, solver.epoch)
    data = prepared.split
    goes_on = solver.epoch < (settings.epochs or 1)
    history = solver.train(
        *_pair(placement.share(data.train), model),
        validation=_pair(data.validation, model),
        epochs=settings.epochs or 1,
    )
    written = settings.engine != "eager" and goes_on
    predictions = predict(model, prepared.preparation, data.test.x)
    return Trained(
        settings=settings,
        prepared=prepared,
        model=model,
        history=history,
        best_epoch=solver.best_epoch,
        step_source=solver.step_source if written else "",
        predictions=predictions,
        scores=judge(prepared.preparation, data.test.y, predictions),
        cost=_cost(solver) if written else None,
    )


def _cost(solver: Solver) -> Cost | None:
    """After training, so that it can't disturb it; a model that is trained is not lost for its table of costs."""
    try:
        return solver.cost()
    except MemoryError:
        return None


def build_model(settings: TrainingSettings, preparation: Preparation, rng: np.random.Generator) -> Sequential:
    """The layers that complete settings ask for. A single layer starts from zeros, as its loss is convex."""
    classes = preparation.classes
    outputs = output_count(settings.loss or "", None if classes is None else len(classes))
    widths = [len(preparation.feature_names), *(settings.hidden or ())]
    layers: list[Any] = []
    for inputs, units in itertools.pairwise(widths):
        weights = "he_normal" if settings.activation in ("relu", "leaky_relu") else "glorot_uniform"
        layers += [Affine(inputs, units, weights), ACTIVATIONS[settings.activation or "relu"]()]
        layers += [Dropout(settings.dropout)] if settings.dropout else []
    layers.append(Affine(widths[-1], outputs, "glorot_uniform" if layers else "zeros"))
    return Sequential(layers, rng=rng, dtype=settings.dtype)


def judge(preparation: Preparation, y: Any, predictions: Predictions) -> Scores:
    """How well ``predictions`` fit prepared targets ``y``."""
    if preparation.classes is not None and predictions.numbers is not None:
        return class_scores(y, predictions.numbers, len(preparation.classes))
    return value_scores(preparation.original(y), predictions.values)


def _solver(
    settings: TrainingSettings,
    model: Sequential,
    rng: np.random.Generator,
    placement: Placement,
    progress: bool | None,
) -> Solver:
    return Solver(
        model,
        getattr(ops, settings.loss or ""),
        make_optimizer(settings),
        schedule=make_schedule(settings),
        batch_size=settings.batch or None,
        rng=rng,
        engine=placement.engine(settings),
        clip=settings.clip,
        patience=settings.patience,
        checkpoint=placement.checkpoint,
        checkpoint_every=placement.checkpoint_every,
        progress=progress,
    )


def make_optimizer(settings: TrainingSettings) -> Any:
    """The optimizer, with what the settings say about it."""
    kind = OPTIMIZERS[settings.optimizer or "sgd"]
    given = {
        name: getattr(settings, name)
        for name in ("learning_rate", "momentum", "weight_decay")
        if getattr(settings, name) is not None
    }
    unknown = given.keys() - {field.name for field in fields(kind)}
    if unknown:
        raise ValueError(f"{settings.optimizer} has no setting {', '.join(sorted(unknown))}; leave it out")
    return kind(**given)


def make_schedule(settings: TrainingSettings) -> Any:
    """The schedule, fitted to the epochs: three steps; a warm-up of a tenth, then a cosine."""
    epochs = settings.epochs or 1
    if settings.schedule == "step":
        return SCHEDULES["step"](every=max(1, -(-epochs // 3)))
    if settings.schedule == "warmup":
        return WarmUp(epochs=max(1, epochs // 10), then=Cosine())
    return SCHEDULES[settings.schedule]()


def _pair(part: Dataset, model: Sequential) -> tuple[Any, Any]:
    """Inputs and encoded targets, in the model's dtype."""
    outputs: int = list(model.parameters.values())[-1].size  # the last bias
    with np.errstate(over="ignore"):  # what is too large for float32 becomes inf, which the Solver reports
        x = part.x.astype(model.dtype)
    return x, encode(part.y, outputs, model.dtype)
