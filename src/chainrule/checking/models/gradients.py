"""Each parameter's gradient beside differences of the loss, along random directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.checking.judging import judge
from chainrule.checking.models.look import Look, Placed, placed
from chainrule.tracing.recorder import Call

__all__ = ["compare_gradients"]

STEPS = (1e-5, 1e-6, 1e-4, 1e-7)
TOLERANCE = 1e-4
DIRECTIONS = 3
ROWS = 23
ENTRIES = 12


@dataclass(frozen=True)
class Slope:
    """What differences say of the slope in one direction: one number, or two where there is a kink at the point.

    Args:
        lower, upper: the slopes to both sides, the smaller first.
        noise: how far rounding may have moved them.
    """

    lower: float
    upper: float
    noise: float

    @property
    def middle(self) -> float:
        """The central difference."""
        return (self.lower + self.upper) / 2

    def allows(self, slope: float, scale: float) -> bool:
        """Whether a gradient with this slope can be right."""
        margin = TOLERANCE * max(abs(self.middle), scale) + self.noise
        return self.lower - margin <= slope <= self.upper + margin


def compare_gradients(look: Look) -> Iterator[Placed]:
    """Findings for parameters whose gradient is not the derivative of the loss."""
    subject = look.subject
    x, y = look.data(ROWS)
    with np.errstate(all="ignore"):
        value = float(subject.value(look.parameters, x, y))
        given = subject.gradients(look.parameters, x, y)
    if not np.isfinite(value):
        return
    wrong: dict[str, tuple[float | None, str]] = {}
    for name, parameter in look.parameters.items():
        layer = look.layer_of(name)
        if name not in given or given[name] is None:
            yield placed(layer, "PARAMETER_HAS_NO_GRADIENT", name, {"shape": np.shape(parameter)})
            continue
        gradient = np.asarray(given[name])
        if gradient.shape != np.shape(parameter):
            facts = {"shape": np.shape(parameter), "received": gradient.shape}
            yield placed(layer, "PARAMETER_GRADIENT_SHAPE", name, facts)
            continue
        if not np.isfinite(gradient).all():
            continue  # its origin is told elsewhere
        if not _is_right(look, name, gradient, x, y):
            wrong[name] = _described(look, name, gradient, x, y)
    yield from _told(look, wrong, len(x))


def _is_right(look: Look, name: str, gradient: Any, x: Any, y: Any) -> bool:
    scale = float(np.sqrt(np.sum(np.square(gradient))) / max(np.sqrt(gradient.size), 1))
    return all(
        any(slope.allows(float(np.sum(gradient * direction)), scale) for slope in _slopes(look, name, direction, x, y))
        for direction in _directions(look, gradient)
    )


def _directions(look: Look, gradient: Any) -> Iterator[Any]:
    for _ in range(DIRECTIONS):
        yield look.rng.standard_normal(gradient.shape)
    if gradient.size > 1:
        # The entry with the largest gradient, and another one: a mistake in one row hides among many.
        for place in {int(np.argmax(np.abs(gradient))), int(look.rng.integers(gradient.size))}:
            unit = np.zeros(gradient.shape)
            unit.flat[place] = 1.0
            yield unit


def _slopes(look: Look, name: str, direction: Any, x: Any, y: Any) -> Iterator[Slope]:
    """With one step size after the other: a kink between the points spoils some, never all of them."""
    parameter = np.asarray(look.parameters[name])
    size = max(1e-3, float(np.sqrt(np.mean(np.square(parameter)))) if parameter.size else 1.0)

    def value(step: float) -> float:
        with np.errstate(all="ignore"):
            changed = {**look.parameters, name: parameter + step * direction}
            return float(look.subject.value(changed, x, y))

    middle = value(0.0)
    for relative in STEPS:
        step = relative * min(size, 1.0) if size < 1 else relative
        above, below = value(step), value(-step)
        sides = sorted([(above - middle) / step, (middle - below) / step])
        curvature = 0.0
        noise = 8 * np.finfo(float).eps * max(abs(middle), abs(above)) / step
        central = (above - below) / (2 * step)
        # Where the loss bends smoothly both sides part by the step times the curvature, and halving it halves that.
        half = step / 2
        inner = sorted([(value(half) - middle) / half, (middle - value(-half)) / half])
        if sides[1] - sides[0] > 0 and (inner[1] - inner[0]) < 0.75 * (sides[1] - sides[0]):
            yield Slope(central, central, noise + curvature)
        else:
            yield Slope(inner[0], inner[1], 2 * noise)


def _described(look: Look, name: str, gradient: Any, x: Any, y: Any) -> tuple[float | None, str]:
    """The ratio of the gradient to what is right, if it is the same in all directions; and a sentence."""
    pairs = []
    for _ in range(5):
        direction = look.rng.standard_normal(gradient.shape)
        slope = next(_slopes(look, name, direction, x, y)).middle
        pairs.append((float(np.sum(gradient * direction)), slope))
    yours, right = np.array(pairs).T
    if not np.any(yours):
        return 0.0, "it is zero, and the loss does change"
    if np.all(np.abs(right) < 1e-9 * np.abs(yours).max()):
        return None, "it should be zero: the loss does not change with it"
    ratio = float(np.sum(yours * right) / np.sum(right * right))
    if np.allclose(yours, ratio * right, rtol=1e-3, atol=1e-4 * np.abs(yours).max()):
        return ratio, f"it is {_called(ratio, len(x), gradient)} what differences of the loss give"
    return None, _worst(look, name, gradient, x, y)


def _worst(look: Look, name: str, gradient: Any, x: Any, y: Any) -> str:
    """The entry that is furthest off, among the largest ones and some others."""
    size = gradient.size
    largest = np.argsort(-np.abs(gradient), axis=None)[:ENTRIES]
    places = dict.fromkeys(int(one) for one in (*largest, *look.rng.permutation(size)[:ENTRIES]))
    furthest, sentence = -1.0, ""
    for place in places:
        unit = np.zeros(gradient.shape)
        unit.flat[place] = 1.0
        slope = next(_slopes(look, name, unit, x, y)).middle
        if abs(gradient.flat[place] - slope) > furthest:
            furthest = float(abs(gradient.flat[place] - slope))
            index = [int(one) for one in np.unravel_index(place, gradient.shape)]
            sentence = f"entry {index} is {gradient.flat[place]:.6g}, and differences of the loss give {slope:.6g}"
    return sentence


def _called(ratio: float, rows: int, gradient: Any) -> str:
    """A factor in words.

    >>> _called(0.5, 7, np.zeros((3, 4))), _called(7.0, 7, np.zeros((3, 4))), _called(0.3, 7, np.zeros(3))
    ('half', '7 times (N times)', '0.3 times')
    """
    known = {rows: f"{rows} times (N times)", 1 / rows: f"1/{rows} (1/N) of", -1: "minus", 2: "twice", 0.5: "half"}
    sizes = {size: f"{size} times" for size in gradient.shape} | {1 / size: f"1/{size} of" for size in gradient.shape}
    for factor, words in {**sizes, **known}.items():
        if abs(ratio - factor) <= 1e-3 * abs(factor):
            return words
    return f"{ratio:.4g} times"


def _told(look: Look, wrong: Mapping[str, tuple[float | None, str]], rows: int) -> Iterator[Placed]:
    """One finding for each parameter, or one for all where the mean is taken twice."""
    if not wrong:
        return
    ratios = {name: ratio for name, (ratio, _) in wrong.items()}
    shared = {round(ratio * rows, 3) for ratio in ratios.values() if ratio is not None}
    if None not in ratios.values() and shared == {1.0} and rows > 1:
        names = ", ".join(wrong)
        facts = {"verb": "are" if len(wrong) > 1 else "is", "rows": rows}
        layers = {look.layer_of(name) for name in wrong}
        yield placed(layers.pop() if len(layers) == 1 else "", "MEAN_IN_TWO_PLACES", names, facts)
        return
    blame, findings = _blamed(look)
    yield from findings
    for name, (_, sentence) in wrong.items():
        layer = look.layer_of(name)
        at = f" of layer {layer}" if layer else ""
        facts = {"layer": at, "difference": sentence, "blame": blame or _likely(look, wrong)}
        yield placed(layer, "PARAMETER_GRADIENT", name, facts)


def _likely(look: Look, wrong: Mapping[str, Any]) -> str:
    """Where to begin: with the wrong layer that is closest to the loss."""
    last = look.layer_of(list(wrong)[-1])
    names = [name for name in wrong if look.layer_of(name) == last] if last else [list(wrong)[-1]]
    return f"Gradients come from the loss, so begin with the wrong one that is closest to it, {', '.join(names)}"


def _blamed(look: Look) -> tuple[str, list[Placed]]:
    """The op whose own backward is not the derivative of its forward, and which mistake it is.

    It is looked at on the values that it met in this step.
    """
    recording = look.recording
    if recording is None or not look.subject.is_functional:
        return "", []
    for output, call in recording.calls.items():
        arrays = [np.array(recording.value(leaf)) for leaf in call.arrays]
        if _wrong_place(call, arrays, recording.value(output), look.rng) is not None:
            layer = recording.layer(output)
            at = f" in layer {layer}" if layer else ""
            findings = [Placed(layer, finding) for finding in judge(call.op, inputs=[tuple(arrays)]).findings]
            return f"The backward of {call.op.name}{at} is wrong: mend that first", findings
    return "", []


def _wrong_place(call: Call, arrays: list[Any], value: Any, rng: np.random.Generator) -> int | None:
    """The place of the array whose gradient is wrong; None where all are right, or the op cannot be run again alone."""
    forward: Callable[..., Any] = call.op.call_forward
    try:
        with np.errstate(all="ignore"):
            out, saved = forward(*arrays)
            if not np.allclose(out, value, equal_nan=True):
                return None  # it had options that are not known here
            d_out = rng.standard_normal(np.shape(out))
            gradients = call.op.call_backward(saved, d_out.copy(), len(arrays))
            for place, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
                if gradient is None or array.dtype.kind != "f":
                    continue
                direction, step = rng.standard_normal(array.shape), 1e-6
                above, below = ([*arrays[:place], array + s * direction, *arrays[place + 1 :]] for s in (step, -step))
                slope = float(np.sum((forward(*above)[0] - forward(*below)[0]) / (2 * step) * d_out))
                yours = float(np.sum(np.asarray(gradient) * direction))
                size = float(np.sqrt(np.sum(np.square(gradient)))) + abs(slope)
                if not abs(yours - slope) <= 2e-4 * size:
                    return place
    except Exception:
        return None
    return None
