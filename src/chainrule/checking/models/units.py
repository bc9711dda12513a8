"""Units that do nothing: off for all samples, saturated, or all alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.checking.models.look import Look, Placed, placed
from chainrule.checking.models.patterns import Form

__all__ = ["find_dead_units", "find_saturated_units", "find_units_alike"]

# A few units may be off by chance, and the network learns without them.
DEAD_SHARE = 0.4
SATURATED_SHARE = 0.5
FEWEST_ROWS = 10


def find_dead_units(look: Look) -> Iterator[Placed]:
    """ReLU units that are off for all samples."""
    for known, before, _ in _activations(look, "relu"):
        if not _is_only_way(look, known):
            continue
        off = np.all(before <= 0, axis=0)
        dead, units = int(off.sum()), off.size
        if dead >= max(3, DEAD_SHARE * units) or dead == units:
            layer = _layer(look, known)
            facts = {"dead": dead, "units": units, "rows": len(before), "cause": _cause_of_death(look, known, off)}
            yield placed(
                layer, "DEAD_UNITS", _name(look, known), facts, details=_listed("off for all samples: unit", off)
            )


def find_saturated_units(look: Look) -> Iterator[Placed]:
    """Sigmoid and tanh units whose slope is nearly 0 for most samples; those of the output may be sure."""
    for known, _, after in _activations(look, "sigmoid", "tanh"):
        if look.recording is not None and look.recording.through(look.recording.output) is known.variable:
            continue
        slope = after * (1 - after) if known.name == "sigmoid" else 1 - after * after
        share = float(np.mean(slope < 1e-3))
        if share > SATURATED_SHARE:
            before = look.recording.value(known.source) if look.recording is not None else after
            facts = {"kind": known.name, "share": f"{100 * share:.0f} %", "size": f"{np.abs(before).mean():.3g}"}
            yield placed(_layer(look, known), "SATURATED", _name(look, known), facts)


def find_units_alike(look: Look) -> Iterator[Placed]:
    """Hidden units that all compute the same, and get the same gradient, so that they stay alike forever."""
    recording = look.recording
    if recording is None:
        return
    end = recording.through(recording.output) if recording.output is not None else None
    for known in look.forms("affine", of_model=True):
        if known.variable is end or len(known.parameters) < 2:
            continue
        name = next(one for one in known.parameters if np.ndim(look.parameters[one]) == 2)
        values = np.asarray(recording.value(known.variable))
        gradient = look.gradients.get(name)
        weights = np.asarray(look.parameters[name])
        if gradient is None or values.ndim != 2 or values.shape[1] < 2 or weights.shape != gradient.shape:
            continue
        axis = 1 if weights.shape[1] == values.shape[1] else 0
        if _is_constant(values, 1) and _is_constant(weights, axis) and _is_constant(gradient, axis):
            how = "all zero" if not weights.any() else "the same for every unit"
            facts = {"units": values.shape[1], "how": how, "weights": name}
            yield placed(_layer(look, known), "UNITS_ALIKE", _name(look, known), facts)


def _activations(look: Look, *names: str) -> Iterator[tuple[Form, Any, Any]]:
    """The model's activations, with what comes in and what goes out; one row a sample."""
    recording = look.recording
    if recording is None:
        return
    for known in look.forms(*names, of_model=True):
        before, after = np.asarray(recording.value(known.source)), np.asarray(recording.value(known.variable))
        if before.ndim == 2 and len(before) == recording.rows >= FEWEST_ROWS and before.shape == after.shape:
            yield known, before, after


def _is_only_way(look: Look, known: Form) -> bool:
    """Whether what comes in goes nowhere else: in softplus, in a leaky relu and around a residual block it does."""
    recording = look.recording
    assert recording is not None
    source = recording.through(known.source)
    for equation in recording.equations:
        output = equation.output
        is_other = output is not known.variable and output.is_float and recording.through(output) is output
        if is_other and any(recording.through(used) is source for used in equation.uses()):
            return False
    return True


def _cause_of_death(look: Look, known: Form, off: Any) -> str:
    """The likely cause, from the sizes of bias, inputs and weights."""
    recording = look.recording
    affine = look.form(known.source)
    if recording is None or affine is None or affine.name != "affine":
        return "what comes in is negative for every sample"
    source = np.asarray(recording.value(affine.source))
    biases = [look.parameters[name] for name in affine.parameters if np.ndim(look.parameters[name]) == 1]
    spread = float(np.std(np.asarray(recording.value(known.source)) - (biases[0] if biases else 0.0)))
    if biases and float(np.mean(np.asarray(biases[0])[off])) < -max(2 * spread, 1e-12):
        return (
            "their biases are far below 0, as after steps with too large a learning rate, or from the start; start "
            "biases at 0 and take a smaller learning rate"
        )
    if recording.through(affine.source) is recording.x and source.size and source.min() >= 0:
        return "no input is negative, so units with negative weights are always off; subtract each feature's mean"
    if source.size and np.abs(source.mean(axis=0)).max() > 3 * source.std(axis=0).max():
        return "the inputs of the layer are far from 0 beside how much they vary; subtract each feature's mean"
    if spread == 0:
        return "their weights are 0; draw them at random, He's initialization suits relu"
    return (
        "the weights point away from all samples: too large a learning rate, or an unlucky start; draw new weights "
        "(He's initialization suits relu), or use leaky_relu, whose units come back"
    )


def _listed(words: str, chosen: Any) -> str:
    numbers = [str(int(one)) for one in np.flatnonzero(chosen)]
    return f"{words} {', '.join(numbers[:20])}{' ...' if len(numbers) > 20 else ''} (counted from 0)"


def _is_constant(values: Any, axis: int) -> bool:
    spread = np.max(values, axis=axis) - np.min(values, axis=axis)
    return bool(np.all(spread <= 1e-12 * max(float(np.abs(values).max(initial=0.0)), 1e-300)))


def _layer(look: Look, known: Form) -> str:
    return look.recording.layer(known.variable) if look.recording is not None else ""


def _name(look: Look, known: Form) -> str:
    layer = _layer(look, known)
    return f"layer {layer}" if layer and not layer.startswith("layer") else layer or str(known.name)
