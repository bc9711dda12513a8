"""The slope of ``sum(d_out * out)`` along a direction, how well it is known, and whether there is a kink."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chainrule.checking.differences.repeated import Repeated

__all__ = ["Row", "Slope", "complex_change", "complex_slope", "resolution", "scales", "slope_along", "table"]

Array = npt.NDArray[Any]

# Relative to the entries: from so large that curved functions are far off to so small that rounding is.
STEPS = tuple(10.0**-power for power in range(1, 9))
USUAL_STEPS = STEPS[1:5]
# Only where these say nothing: functions that are linear may be small beside what is added to them.
WIDE_STEPS = (1e6, 1e4, 1e2, 10.0)
# Only where a kink is near, or numbers are large beside the differences that matter.
SMALL_STEPS = (1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
COMPLEX_STEP = 1e-30
SAFETY = 10.0


@dataclass(frozen=True)
class Row:
    """Differences with one step.

    Args:
        step: relative to the entries.
        left, right: the one-sided slopes.
        noise: how far rounding of ``out`` may put them off.
        lower, upper: sums of the smaller and of the larger of the two, one result entry at a time.
    """

    step: float
    left: float
    right: float
    noise: float
    lower: float
    upper: float

    @property
    def difference(self) -> float:
        """The central difference."""
        return (self.left + self.right) / 2

    @property
    def jump(self) -> float:
        """How far the one-sided slopes are apart."""
        return self.upper - self.lower


class _Candidate(NamedTuple):
    value: float
    error: float
    noise: float
    later: float


@dataclass(frozen=True)
class Slope:
    """The slope along a direction.

    Args:
        rows: from the largest step to the smallest; those without a finite difference left out.
        floor: what rounding of forward's own result is worth, where the entries move by as much as they are large. A
            careful backward may be off by as much: ``1 - y**2`` has no digits left where y is nearly 1.
        exact: by a complex step, where the function is analytic.
    """

    rows: tuple[Row, ...]
    floor: float = 0.0
    exact: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether there are differences at all."""
        return len(self.rows) >= 3

    @property
    def is_clear(self) -> bool:
        """Whether more steps would say nothing new: no kink, and known well enough to tell any formulas apart."""
        return len(self.rows) >= 4 and not self._steady_jump and self.accuracy < 1e-9 * abs(self.central)

    @cached_property
    def _best(self) -> tuple[float, float]:
        """Extrapolated, from the steps that agree best with smaller ones; and how far it may be off."""
        rows = self._inside
        if len(rows) < 3:
            last = rows[-1]
            return last.difference, 10 * last.noise + last.jump + abs(rows[0].difference - last.difference)
        if self._level:
            best = min(self._level, key=lambda one: one.error)
            return best.value, max(best.error, self._small_wave(best.value))
        best = min(self._candidates, key=lambda one: one.error + max(one.later, 0.0))
        return best.value, best.error + max(best.later, 0.0)

    @property
    def has_a_small_wave(self) -> bool:
        """Whether steps of two sizes agree on two slopes, so that nothing else can be compared with them."""
        return bool(self._level) and bool(self._small_wave(self.central))

    def _small_wave(self, value: float) -> float:
        """How far small steps agree on another slope, as they do where there is a small wave on a large one; else 0.

        Rounding makes them differ, too, but on each side in its own way.
        """
        # Where a step changes nothing at all, it is lost in rounding, too.
        others = [(abs(row.difference - value), row) for row in self._inside if row.left or row.right]
        if len(others) < 2:
            return 0.0
        sure = [apart for apart, row in others if apart > 30 * row.noise and row.jump < 0.3 * apart]
        apart, last = others[-1]
        is_another = apart > max(30 * last.noise, 0.03 * abs(value))
        return max(sure) if len(sure) > 1 and is_another else 0.0

    @cached_property
    def _candidates(self) -> tuple[_Candidate, ...]:
        """For each step what it and the next one give, and how far that is from what these two of the next one give."""
        values = [_extrapolated(one, two) for one, two in itertools.pairwise(self._inside)]
        return tuple(
            _Candidate(value, abs(value - other) + row.noise, row.noise, self._later(place + 2, value))
            for place, ((value, other), row) in enumerate(
                zip(itertools.pairwise(values), self._inside[1:], strict=False)
            )
        )

    def _later(self, place: int, value: float) -> float:
        """How far the slopes over smaller steps go away from a value."""
        return max((abs(row.difference - value) - 30 * row.noise for row in self._inside[place:]), default=0.0)

    @property
    def _level(self) -> tuple[_Candidate, ...]:
        """Those that do not go on changing with the step. Over steps that are too large, slopes only get small."""
        return tuple(one for one in self._candidates if one.error - one.noise <= 1e-3 * abs(one.value))

    @cached_property
    def _inside(self) -> tuple[Row, ...]:
        """The rows whose steps stay on this side of a kink that is near."""
        jump = self._steady_jump
        inside = tuple(row for row in self.rows if row.jump < max(0.2 * jump, 30 * row.noise)) if jump else self.rows
        return inside or self.rows[-1:]

    @cached_property
    def _steady_jump(self) -> float:
        """By how much the one-sided slopes part where that does not depend on the step; else 0."""
        sure = [row.jump for row in self.rows if row.jump > 30 * row.noise]
        for jumps in zip(sure, sure[1:], sure[2:], strict=False):
            # Where it is smooth, ten times less with every step; in rounding noise, ten times more.
            if max(jumps) < 2 * min(jumps):
                return min(jumps)
        return 0.0

    @property
    def value(self) -> float:
        """As well as it is known."""
        return self.exact if self.exact is not None else self._best[0]

    @property
    def central(self) -> float:
        """From central differences alone."""
        return self._best[0]

    @property
    def accuracy(self) -> float:
        """How far the central difference may be off."""
        return SAFETY * self._best[1]

    @property
    def largest(self) -> float:
        """The slope over the largest step; beside it, the slope of ``x**3`` at 0 is known to be 0."""
        return max(abs(self.rows[0].left), abs(self.rows[0].right))

    @cached_property
    def kink(self) -> Row | None:
        """The row with the one-sided slopes, where these do not come together however small the step is."""
        jump = self._steady_jump
        sure = [row for row in self.rows if row.jump > max(30 * row.noise, 0.5 * jump)]
        if not jump or self._beside:
            return None
        return sure[-1]

    @property
    def needs_smaller_steps(self) -> bool:
        """Whether a kink is in reach of most steps, or the slope still changes and rounding allows smaller ones."""
        if self._steady_jump:
            return len(self._inside) < 3
        return not self._level and self.rows[-1].noise < 1e-3 * abs(self.rows[-1].difference)

    @property
    def _beside(self) -> bool:
        """Whether some step is so small that the kink lies outside of it."""
        jump = self._steady_jump
        return any(row.jump < 0.2 * jump and row.noise < 0.02 * jump for row in self.rows)


def _extrapolated(row: Row, next_row: Row) -> float:
    """Without the error that goes with the square of the step."""
    ratio = (row.step / next_row.step) ** 2
    return next_row.difference + (next_row.difference - row.difference) / (ratio - 1)


def slope_along(forward: Repeated, place: int, direction: Array, d_out: Array, *, all_steps: bool = False) -> Slope:
    """Differences, and the complex step where it agrees with them.

    Args:
        forward: of which.
        place: of the array that is moved.
        direction: along which, for a step of 1.
        d_out: weighs the result's entries.
        all_steps: whether to take all steps, for people to look at, even where fewer say enough.
    """
    sweep = _Sweep(forward, place, direction, d_out)
    slope = sweep.slope(USUAL_STEPS)
    if all_steps or not slope.is_clear:
        slope = sweep.slope(STEPS)
        if slope.is_known and slope.needs_smaller_steps:
            slope = sweep.slope((*STEPS, *SMALL_STEPS))
    if not slope.is_known or slope.kink is not None:
        return slope
    exact = None if slope.has_a_small_wave else complex_slope(forward, place, direction, d_out)
    if exact is not None and abs(exact - slope.central) <= slope.accuracy + 1e-9 * abs(slope.central):
        return replace(slope, exact=exact)
    if slope.accuracy > 1e-6 * abs(slope.central) and not slope.has_a_small_wave:
        wide = sweep.slope(WIDE_STEPS)
        if _is_straight(wide):
            return wide
    return slope


def _is_straight(slope: Slope) -> bool:
    """Whether the steps, far apart as they are, give one slope, and the same on both sides."""
    slopes = [side for row in slope.rows for side in (row.left, row.right)]
    return len(slope.rows) == len(WIDE_STEPS) and np.ptp(slopes) <= 1e-6 * np.max(np.abs(slopes))


class _Sweep:
    """Differences with one step after another; remembers which entries of the result have moved so far.

    Args:
        forward: of which.
        place: of the array that is moved.
        direction: along which.
        d_out: weighs the result's entries.
    """

    def __init__(self, forward: Repeated, place: int, direction: Array, d_out: Array) -> None:
        self._forward, self._place, self._direction, self._d_out = forward, place, direction, d_out
        self._touched = np.zeros(forward.out.shape, bool)
        self._rows: dict[float, Row | None] = {}
        self._resolution = 0.0

    def slope(self, steps: Sequence[float]) -> Slope:
        """With these steps."""
        for step in steps:
            if step not in self._rows:
                self._rows[step] = self._row(step)
        rows = tuple(row for step in steps if (row := self._rows[step]) is not None)
        with np.errstate(all="ignore"):
            size = float(np.linalg.norm(np.ravel(self._d_out * self._forward.out)))
        return Slope(rows, 100 * self._resolution * size)

    def _row(self, step: float) -> Row | None:
        x, out = np.asarray(self._forward.arrays[self._place]), self._forward.out
        above, below = (self._forward.moved(self._place, x + sign * step * self._direction) for sign in (1, -1))
        self._resolution = self._resolution or resolution(above)
        with np.errstate(all="ignore"):
            self._touched |= (above != out) | (below != out)
            right, left = self._d_out * (above - out) / step, self._d_out * (out - below) / step
            sizes = np.abs(self._d_out) * np.maximum(np.maximum(np.abs(above), np.abs(below)), np.abs(out))
            slopes = np.sum(np.abs(left)) + np.sum(np.abs(right))
            # Rounding of the results that move at all, and of the arrays where the step is added.
            rounding = np.sum(sizes, where=self._touched) * self._resolution + slopes * np.finfo(float).eps
            row = Row(
                step,
                float(np.sum(left)),
                float(np.sum(right)),
                float(rounding) / step,
                float(np.sum(np.minimum(left, right))),
                float(np.sum(np.maximum(left, right))),
            )
        return row if np.isfinite(row.left) and np.isfinite(row.right) else None


def resolution(out: Array) -> float:
    """Relative, of the numbers that forward gives; float32's where that holds all of them."""
    with np.errstate(all="ignore"):
        single = out.astype(np.float32)
    is_single = out.dtype.kind == "f" and bool(np.array_equal(single, out, equal_nan=True))
    return float(np.finfo(np.float32 if is_single else np.float64).eps)


def complex_slope(forward: Repeated, place: int, direction: Array, d_out: Array) -> float | None:
    """The slope by a complex step, which rounds nothing off; None where forward does not take complex numbers.

    It is wrong where forward is not analytic, `np.abs` say, so it counts only beside a central difference.
    """
    jacobian = complex_change(forward, place, direction)
    return None if jacobian is None else float(np.sum(d_out * jacobian))


def complex_change(forward: Repeated, place: int, direction: Array) -> Array | None:
    """The change of every result entry for one step along the direction."""
    import warnings

    x = np.asarray(forward.arrays[place])
    with warnings.catch_warnings():
        # A cast that discards the imaginary part is a warning of NumPy's; what it leaves is no derivative.
        warnings.simplefilter("error")
        out = forward.moved(place, x + 1j * COMPLEX_STEP * direction)
    if out.dtype.kind != "c":
        return None
    change = np.asarray(out.imag / COMPLEX_STEP)
    return change if np.isfinite(change).all() else None


def scales(array: Any) -> Array:
    """For each entry what a step is relative to: its own size.

    Columns may have very different units; an entry that is 0 has those of its column.
    """
    sizes = np.abs(np.asarray(array, dtype=np.float64))
    sizes = np.where(np.isfinite(sizes), sizes, 0.0)
    if not sizes.size or sizes.all():
        return sizes
    column = sizes.mean(axis=0, keepdims=True) if sizes.ndim else sizes
    usual = np.where(column > 0, column, sizes.mean() or 1.0)
    return np.asarray(np.where(sizes > 0, sizes, usual))


def table(rows: Sequence[Row], gradient: float) -> str:
    """The sweep over step sizes, for people: where the error is smallest, and what grows on both sides."""
    lines = ["     step      difference        gradient   relative error"]
    for row in rows:
        apart = abs(row.difference - gradient)
        size = max(abs(row.difference), abs(gradient))
        error = apart / size if size else 0.0
        lines.append(f"{row.step:9.0e} {row.difference:15.8g} {gradient:15.8g} {error:16.1e}")
    return "\n".join(lines)
