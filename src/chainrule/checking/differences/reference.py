"""What the gradient of a forward is, by nothing but the forward: differences, and its trace where both agree."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.case import upstream
from chainrule.checking.differences.repeated import Repeated
from chainrule.checking.differences.slopes import Slope, complex_change, scales, slope_along
from chainrule.checking.evidence import EXACT
from chainrule.op import Op

__all__ = ["NumericReference", "numeric_reference"]

Array = npt.NDArray[Any]
Gradients = tuple[Any, ...]

MOST_CALLS = 2000
MOST_NUMBERS = 4_000_000


@dataclass(frozen=True, eq=False)
class NumericReference:
    """The gradients of a forward.

    Args:
        gradients: from a ``d_out`` to one gradient for each array; None for places that were not asked for.
        tolerance: how far they may be off, relative to the largest entry.
        kinks: for each place, the entries at which the one-sided slopes differ.
        known: for each place, the entries whose slopes were taken; the others are nan, as the array is too large.
        method: ``"trace"``, ``"complex step"`` or ``"central differences"``; the coarsest that was needed.
        is_repeatable: whether forward gives the same result twice; if not, nothing here says anything.
        bounds: from a ``d_out`` to the smallest and the largest gradients that a choice of slopes at kinks gives.
        bring_back: sets random generators to the states from which all this was drawn.
    """

    gradients: Callable[[Any], Gradients]
    tolerance: float
    kinks: Mapping[int, Array]
    known: Mapping[int, Array]
    method: str
    is_repeatable: bool = True
    bounds: Callable[[Any], tuple[Gradients, Gradients]] = field(default=lambda d_out: ((), ()))
    bring_back: Callable[[], None] = field(default=lambda: None)


@dataclass(frozen=True, eq=False)
class _Partials:
    """For one place, the change of each result entry with each entry of the array: entries of the array first."""

    values: Array
    error: float
    kinks: Array
    known: Array
    left: Mapping[int, Array]
    right: Mapping[int, Array]


def numeric_reference(
    op: Op, arrays: Sequence[Any], parameters: Mapping[str, Any], places: Sequence[int]
) -> NumericReference:
    """The gradients by nothing but forward.

    The traced forward's where it agrees with differences as well as these are known; else by a complex step for each
    entry, where that agrees; else by central differences, extrapolated.

    Args:
        op: whose forward; its backward is not called.
        arrays: for forward.
        parameters: forward's keyword arguments.
        places: the arrays whose gradients are wanted; of floats.
    """
    forward = Repeated(op, arrays, parameters)
    shape = forward.out.shape
    d_out = np.asarray(upstream(np.zeros(shape), seed=23))
    slopes = {place: _slopes(forward, place, d_out) for place in places}
    has_kink = any(slope.kink is not None for several in slopes.values() for _, slope in several)
    traced = _traced(forward, op, parameters, places)
    if traced is not None and _agree(traced(d_out), slopes):
        near = {place: _kinks_by_entry(forward, place) if has_kink else None for place in places}
        partials = {place: one for place, one in near.items() if one is not None}
        masks = {place: one.kinks for place, one in partials.items()}
        masks |= {place: np.zeros(np.shape(arrays[place]), bool) for place in places if place not in masks}
        every = {place: np.ones(np.shape(arrays[place]), bool) for place in places}
        bounds = _bounds(traced, partials)
        return NumericReference(traced, EXACT, masks, every, "trace", forward.is_repeatable, bounds, forward.bring_back)
    partials = {place: _partials(forward, place, [slope for _, slope in slopes[place]]) for place in places}
    tolerance = max((one.error for one in partials.values()), default=EXACT)
    gradients = _from_partials(partials, len(arrays), [np.shape(array) for array in arrays])
    return NumericReference(
        gradients,
        max(tolerance, EXACT),
        {place: one.kinks for place, one in partials.items()},
        {place: one.known for place, one in partials.items()},
        "complex step" if tolerance <= EXACT else "central differences",
        forward.is_repeatable,
        _bounds(gradients, partials),
        forward.bring_back,
    )


def _slopes(forward: Repeated, place: int, d_out: Array) -> list[tuple[Array, Slope]]:
    """Along two random directions."""
    rng = np.random.default_rng(29)
    x = forward.arrays[place]
    directions = [np.asarray(rng.standard_normal(np.shape(x)) * scales(x)) for _ in range(2)]
    return [(direction, slope_along(forward, place, direction, d_out)) for direction in directions]


# -- by the trace ----------------------------------------------------------------------------------------


def _traced(
    forward: Repeated, op: Op, parameters: Mapping[str, Any], places: Sequence[int]
) -> Callable[[Any], Gradients] | None:
    """The function that pulls a gradient back through the traced forward; None where it cannot be traced."""
    import chainrule

    places = tuple(places)

    def out_of(*chosen: Any) -> Any:
        forward.bring_back()
        arrays = list(forward.arrays)
        for place, array in zip(places, chosen, strict=True):
            arrays[place] = array
        return op.forward(*arrays, **parameters)[0]

    def gradients_of(d_out: Any) -> Any:
        return chainrule.vjp(out_of, *(forward.arrays[place] for place in places))[1](d_out)

    try:
        with np.errstate(all="ignore"):
            program = chainrule.trace(gradients_of, np.asarray(upstream(np.zeros(forward.out.shape)))[()])
    except Exception:
        # Loops over entries, branches on values, plain buffers: right, but no program.
        return None

    def gradients(d_out: Any) -> Gradients:
        with np.errstate(all="ignore"):
            pulled = iter(program(np.asarray(d_out, dtype=np.float64)[()]))
        return tuple(next(pulled) if place in places else None for place in range(len(forward.arrays)))

    return gradients


def _agree(gradients: Gradients, slopes: Mapping[int, list[tuple[Array, Slope]]]) -> bool:
    for place, several in slopes.items():
        for direction, slope in several:
            if not slope.is_known or not np.isfinite(gradients[place]).all():
                return False
            parts = gradients[place] * direction
            yours, size = float(np.sum(parts)), float(np.linalg.norm(parts))
            if slope.kink is not None:
                slack = 1e-5 * size + 10 * slope.kink.noise
                if not slope.kink.lower - slack <= yours <= slope.kink.upper + slack:
                    return False
            elif abs(yours - slope.value) > slope.accuracy + slope.floor + 1e-9 * size or slope.accuracy > 1e-3 * size:
                return False
    return True


# -- entry by entry --------------------------------------------------------------------------------------


def _partials(forward: Repeated, place: int, slopes: Sequence[Slope]) -> _Partials:
    x = np.asarray(forward.arrays[place])
    if all(slope.exact is not None for slope in slopes):
        return _analytic(forward, place) or _central(forward, place, slopes)
    return _central(forward, place, slopes) if x.size else _empty(forward, x)


def _empty(forward: Repeated, x: Array) -> _Partials:
    values = np.zeros((x.size, *forward.out.shape))
    return _Partials(values, 0.0, np.zeros(x.shape, bool), np.ones(x.shape, bool), {}, {})


def _entries(forward: Repeated, x: Array, calls_each: int) -> Array:
    """The entries that are looked at: all, or as many random ones as the calls allow."""
    most = min(MOST_CALLS // calls_each, MOST_NUMBERS // max(forward.out.size, 1))
    if x.size <= most:
        return np.arange(x.size)
    return np.sort(np.random.default_rng(31).choice(x.size, max(most, 1), replace=False))


def _unit(x: Array, entry: int, size: float) -> Array:
    direction = np.zeros(x.shape)
    direction.reshape(-1)[entry] = size
    return direction


def _analytic(forward: Repeated, place: int) -> _Partials | None:
    x, steps = np.asarray(forward.arrays[place]), scales(forward.arrays[place]).reshape(-1)
    values = np.full((x.size, *forward.out.shape), np.nan)
    for entry in _entries(forward, x, 1):
        change = complex_change(forward, place, _unit(x, entry, steps[entry]))
        if change is None:
            return None
        values[entry] = change / steps[entry]
    known = np.asarray(np.isfinite(values).reshape(x.size, -1).all(axis=1)).reshape(x.shape)
    return _Partials(values, EXACT, np.zeros(x.shape, bool), known, {}, {})


def _central(forward: Repeated, place: int, slopes: Sequence[Slope]) -> _Partials:
    """Extrapolated from two steps; at kinks the mean of both sides, taken from small steps."""
    x, steps = np.asarray(forward.arrays[place]), scales(forward.arrays[place]).reshape(-1)
    values = np.full((x.size, *forward.out.shape), np.nan)
    kinks, left, right, errors = np.zeros(x.size, bool), {}, {}, [0.0]
    for entry in _entries(forward, x, 2 * len(_STEPS)):
        unit = _unit(x, entry, steps[entry])
        sides = [_sides(forward, place, unit, step) for step in _STEPS]
        values[entry], error, is_kink = _settled(sides, steps[entry])
        if is_kink:
            kinks[entry] = True
            left[int(entry)], right[int(entry)] = (side / steps[entry] for side in sides[-1])
        errors.append(error)
    largest = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 0.0
    known = np.asarray(np.isfinite(values).reshape(x.size, -1).all(axis=1)).reshape(x.shape)
    error = 10 * float(np.max(errors)) / (float(largest) or 1.0)
    return _Partials(values, max(error, 1e-10), kinks.reshape(x.shape), known, left, right)


# Far enough apart to tell a kink from curvature, and close enough to extrapolate.
_STEPS = (1e-2, 1e-3, 1e-4, 1e-6)


def _sides(forward: Repeated, place: int, unit: Array, step: float) -> tuple[Array, Array]:
    x = np.asarray(forward.arrays[place])
    with np.errstate(all="ignore"):
        below = (forward.out - forward.moved(place, x - step * unit)) / step
        return below, (forward.moved(place, x + step * unit) - forward.out) / step


def _settled(sides: Sequence[tuple[Array, Array]], scale: float) -> tuple[Array, float, bool]:
    """The slopes of one entry, how well they are known, and whether its one-sided slopes stay apart."""
    with np.errstate(all="ignore"):
        middles = [(below + above) / 2 for below, above in sides]
        jumps = [np.abs(above - below) for below, above in sides]
        size = max(float(np.max(np.abs(middles[-1]), initial=0.0)), float(np.max(jumps[-1], initial=0.0)))
        if float(np.max(jumps[-1], initial=0.0)) > 1e-3 * size and _steady(jumps):
            return middles[-1] / scale, 1e-6 * size / scale, True
        choices = [
            (
                next_one + (next_one - one) / ((step / next_step) ** 2 - 1),
                float(np.max(np.abs(next_one - one), initial=0)),
            )
            for (one, step), (next_one, next_step) in _pairs(middles)
        ]
        best = _best(choices)
    return best[0] / scale, best[1] / scale, False


def _pairs(middles: Sequence[Array]) -> list[tuple[tuple[Array, float], tuple[Array, float]]]:
    with_steps = list(zip(middles, _STEPS, strict=True))
    return list(itertools.pairwise(with_steps))


def _best(choices: Sequence[tuple[Array, float]]) -> tuple[Array, float]:
    """The extrapolated slope that agrees best with the next one."""
    apart = [float(np.max(np.abs(one - other), initial=0.0)) for (one, _), (other, _) in itertools.pairwise(choices)]
    if not np.isfinite(apart).any():
        return choices[-1]
    place = int(np.nanargmin(apart))
    return choices[place][0], apart[place]


def _steady(jumps: Sequence[Array]) -> bool:
    """Whether the one-sided slopes are as far apart with a small step as with one a hundred times larger."""
    last, before = float(np.max(jumps[-1], initial=0.0)), float(np.max(jumps[-2], initial=0.0))
    return 0.5 * before < last < 2 * before


def _kinks_by_entry(forward: Repeated, place: int) -> _Partials | None:
    x = np.asarray(forward.arrays[place])
    return _central(forward, place, ()) if x.size else None


def _from_partials(
    partials: Mapping[int, _Partials], count: int, shapes: Sequence[tuple[int, ...]]
) -> Callable[[Any], Gradients]:
    def gradients(d_out: Any) -> Gradients:
        d_out = np.asarray(d_out, dtype=np.float64)
        return tuple(
            _summed(partials[place].values * d_out).reshape(shapes[place])[()] if place in partials else None
            for place in range(count)
        )

    return gradients


def _summed(products: Array) -> Array:
    return np.asarray(products.reshape(len(products), -1).sum(axis=1))


def _bounds(
    gradients: Callable[[Any], Gradients], partials: Mapping[int, _Partials]
) -> Callable[[Any], tuple[Gradients, Gradients]]:
    """The gradients, and at kinks the smallest and the largest that a choice of slopes gives."""

    def bounds(d_out: Any) -> tuple[Gradients, Gradients]:
        lower = [None if one is None else np.array(one, dtype=np.float64) for one in gradients(d_out)]
        upper = [None if one is None else np.array(one, dtype=np.float64) for one in gradients(d_out)]
        d_out = np.asarray(d_out, dtype=np.float64)
        for place, one in partials.items():
            for entry, left in one.left.items():
                sides = np.stack([d_out * left, d_out * one.right[entry]])
                low, high = lower[place], upper[place]
                if low is not None and high is not None:
                    low.reshape(-1)[entry] = np.sum(sides.min(axis=0))
                    high.reshape(-1)[entry] = np.sum(sides.max(axis=0))
        return tuple(lower), tuple(upper)

    return bounds
