"""`check_model`: a whole model with data and loss; what is wrong with it, and what to do."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import chainrule
from chainrule.checking.models import depth, fitting, gradients, labels, lints, origins, paths, units
from chainrule.checking.models.adapting import as_subject
from chainrule.checking.models.look import Look, Placed, placed
from chainrule.checking.report import Report
from chainrule.checking.running import quiet
from chainrule.tracing import TracingError

__all__ = ["check_model"]

Check = Callable[[Look], Iterator[Placed]]

_PACKAGE, _NUMPY = str(Path(chainrule.__file__).parent), str(Path(np.__file__).parent)

# What each check makes sure of, in words. The first ones decide whether the others can be asked at all.
DATA: Mapping[str, Check] = {
    "labels match the outputs": labels.compare_labels,
}
STRUCTURE: Mapping[str, Check] = {
    "no (N, 1) against (N,)": lints.find_broadcast,
    "one softmax before the loss": lints.find_softmax_twice,
    "no sigmoid before a loss for logits": lints.find_sigmoid_before_logits,
    "softmax over the classes": lints.find_softmax_over_wrong_axis,
    "outputs can reach the targets": lints.find_activation_before_loss,
    "activations between affine layers": lints.find_missing_activation,
    "no bias before a normalization": lints.find_bias_before_normalization,
    "no logarithm of rounded probabilities": lints.find_logarithm_of_probability,
    "one mean over the batch": lints.find_mean_in_two_places,
    "every parameter has a path to the loss": paths.find_missing_paths,
    "float32 stays float32": paths.find_float64,
}
NUMBERS: Mapping[str, Check] = {
    "loss and gradients are finite": origins.find_not_finite,
    "inputs are scaled": labels.compare_scales,
    "the loss knows nothing at the start": labels.compare_loss_at_the_start,
    "every parameter's gradient matches differences": gradients.compare_gradients,
    "hidden units differ": units.find_units_alike,
    "no dead units": units.find_dead_units,
    "no saturated units": units.find_saturated_units,
    "no gradient is exactly 0": origins.find_zero_gradients,
    "gradients are of like size in all layers": depth.compare_norms,
    "five samples can be learned by heart": fitting.fit_five_samples,
}
# What a finding explains already: the symptoms that need not be told as well.
EXPLAINED = {
    "UNITS_ALIKE": {"DEAD_UNITS", "ZERO_GRADIENT"},
    "DEAD_UNITS": {"ZERO_GRADIENT"},
    "NO_PATH_TO_LOSS": {"ZERO_GRADIENT"},
    "SATURATED": {"ZERO_GRADIENT"},
    "PARAMETER_GRADIENT": {"CANNOT_FIT_FIVE_SAMPLES"},
    "NOT_FINITE_GRADIENT": {"CANNOT_FIT_FIVE_SAMPLES"},
}
SEVERITIES = ("error", "unsure", "warning")


def check_model(
    model: Any,
    x: Any,
    y: Any,
    loss: Any = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    rng: np.random.Generator | int | None = None,
) -> Report:
    """Look for what makes a model's training go wrong; nothing of the model is changed.

    Args:
        model: a `Sequential`, an estimator, an object with ``params`` (or ``W``), ``forward`` and ``backward``, or with
            ``params`` and ``step``, an EDF graph, or a function ``(parameters, x)``.
        x: inputs, one row a sample.
        y: targets.
        loss: an op, its name, a function ``(output, y)``, or an object with ``forward`` and ``backward``; that which
            fits the targets if not given.
        parameters: of a function, by name.
        rng: a Generator or a seed, for the rows and directions that are chosen.

    Returns:
        a report with a part for each layer that has a name.
    """
    name = getattr(model, "__name__", type(model).__name__)
    with quiet():
        try:
            subject = as_subject(model, x, y, loss, parameters)
        except TypeError:
            raise
        except Exception as error:
            return _report(name, "", [_raised(error)], ["the model runs"], [])
        look = Look(subject, np.random.default_rng(0 if rng is None else rng))
        placed_findings, checked = _looked(look)
        layers = look.layers
    return _report(subject.name, subject.loss.name, placed_findings, checked, layers)


def _looked(look: Look) -> tuple[list[Placed], list[str]]:
    found: list[Placed] = []
    checked: list[str] = []
    if len(look.subject.x) == len(look.subject.y):
        try:
            _ = look.output
        except Exception as error:
            return [_raised(error)], ["the model runs"]
    _run(look, DATA, found, checked)
    if any(one.finding.severity == "error" for one in found):
        return found, checked
    try:
        _ = look.loss, look.gradients
    except Exception as error:
        return [*found, _raised(error)], [*checked, "the loss runs"]
    if look.recording is not None:
        _run(look, STRUCTURE, found, checked)
    _run(look, NUMBERS, found, checked)
    return _without_symptoms(found), checked


def _run(look: Look, checks: Mapping[str, Check], found: list[Placed], checked: list[str]) -> None:
    for promise, check in checks.items():
        if "NOT_FINITE_LOSS" in {one.finding.code for one in found}:
            return
        try:
            found.extend(check(look))
        except Exception:
            continue  # a fault of the check is never the model's; what was not looked at is not in `checked`
        checked.append(promise)


def _without_symptoms(found: list[Placed]) -> list[Placed]:
    codes = {one.finding.code for one in found}
    explained = set().union(*(symptoms for code, symptoms in EXPLAINED.items() if code in codes))
    seen: set[str] = set()
    kept = []
    for one in found:
        once = one.finding.code in ("MEAN_IN_TWO_PLACES", "SHAPES_BROADCAST")
        if one.finding.code not in explained and not (once and one.finding.code in seen):
            kept.append(one)
        seen.add(one.finding.code)
    return kept


def _raised(error: Exception) -> Placed:
    said = str(error) or type(error).__name__
    if isinstance(error, TracingError):
        return placed("", "CANNOT_BE_TRACED", "the model", {"reason": said})
    line = _line(error)
    at = f" (`{line}`)" if line else ""
    return placed("", "MODEL_RAISED", "the model", {"error": f"{type(error).__name__}: {said}{at}"})


def _line(error: Exception) -> str:
    """The innermost line of the author's own code that the error went through."""
    lines = [frame.line or "" for frame in traceback.extract_tb(error.__traceback__) if _is_authors(frame.filename)]
    return lines[-1] if lines else ""


def _is_authors(file: str) -> bool:
    return not file.startswith((_PACKAGE, _NUMPY))


def _report(name: str, loss: str, found: list[Placed], checked: list[str], layers: list[str]) -> Report:
    """Findings about the whole model, and a part for each layer."""
    ordered = sorted(found, key=lambda one: SEVERITIES.index(one.finding.severity))
    named = list(dict.fromkeys([*layers, *(one.layer for one in ordered if one.layer)]))
    parts = tuple(Report(layer, tuple(one.finding for one in ordered if one.layer == layer)) for layer in named)
    whole = tuple(one.finding for one in ordered if not one.layer)
    return Report(name, whole, tuple(checked), like=f"loss {loss}" if loss else "", parts=parts)
