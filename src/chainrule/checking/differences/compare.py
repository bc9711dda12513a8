"""A gradient beside differences of its forward: right, wrong, or nobody can tell, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.case import Case, copied, is_float, upstream
from chainrule.checking.codes import found
from chainrule.checking.differences.numeric import looks_numeric
from chainrule.checking.differences.repeated import Repeated
from chainrule.checking.differences.slopes import Row, Slope, resolution, scales, slope_along, table
from chainrule.checking.finding import Finding
from chainrule.checking.report import Verdict

__all__ = ["Comparison", "compare_with_differences", "directional"]

Array = npt.NDArray[Any]

DIRECTIONS = 2
# Relative errors: what rounding of a careful formula explains; what another formula does not; and how well the
# slope has to be known for either answer.
RIGHT, RIGHT_IN_FLOAT32 = 1e-8, 2e-5
NEARLY = 2e-4
KNOWN = 1e-3


@dataclass(frozen=True)
class Comparison:
    """What differences say about a gradient.

    Args:
        verdict: right, wrong, or cannot tell.
        finding: None where there is nothing to say; a warning where it is right at a kink, or imprecise; an error where
            it is right, but comes from differences itself.
        error: the largest relative error along a direction; nan where there are no differences.
        accuracy: how well the differences are known, relative to the gradient.
        rows: the sweep over step sizes along the direction that decided.
        gradient: the gradient's slope along it.
    """

    verdict: Verdict
    finding: Finding | None = None
    error: float = float("nan")
    accuracy: float = float("nan")
    rows: tuple[Row, ...] = ()
    gradient: float = float("nan")

    @property
    def table(self) -> str:
        """The sweep as text."""
        return table(self.rows, self.gradient)


def directional(case: Case, place: int, d_out: Any, rng: np.random.Generator) -> Slope:
    """The slope of ``sum(d_out * out)`` along a random direction that moves each entry by as much as it is large.

    Central differences with a sweep of steps; with a complex step where forward is analytic and both agree.
    """
    forward = Repeated.of(case)
    return slope_along(forward, place, _signs(rng, case.arrays[place]), _as_float(d_out))


def _signs(rng: np.random.Generator, array: Any) -> Array:
    """Of random sign, and between a half and one and a half times as large as the entries are."""
    shape = np.shape(array)
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape) * scales(array))


def _as_float(value: Any) -> Array:
    return np.asarray(value, dtype=np.float64)


def compare_with_differences(case: Case, place: int, gradient: Any, d_out: Any) -> Comparison:
    """Compare the gradient for one array with differences of the case's own forward.

    Args:
        case: with float32 arrays, forward is run on float64 copies.
        place: of the array.
        gradient: what backward gave for it.
        d_out: what backward was given.
    """
    if problem := _unusable(case, place, gradient):
        return Comparison("wrong", problem, float("inf"))
    forward = Repeated.of(case)
    if not forward.is_repeatable:
        return Comparison("cannot tell", found("RANDOM_FORWARD", f"{case.op.name}: forward"))
    coarse = is_float(gradient) and np.asarray(gradient).dtype.itemsize < 8
    question = _Question(case, forward, place, _as_float(gradient), _as_float(d_out), coarse)
    return question.answer()


def _unusable(case: Case, place: int, gradient: Any) -> Finding | None:
    name, expected = case.name(place), np.shape(case.arrays[place])
    try:
        array = np.asarray(gradient)
    except (TypeError, ValueError):
        array = np.asarray(None)  # rows of different lengths
    if gradient is None:
        return found("NO_GRADIENT", name, {"shape": expected})
    if array.dtype.kind not in "fiub":
        return found("NOT_AN_ARRAY", name, {"kind": f"a {type(gradient).__name__}", "remedy": "np.array(...)"})
    if array.shape != expected:
        return found("GRADIENT_SHAPE", name, {"received_shape": array.shape, "expected_shape": expected})
    if not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0].tolist()
        at = f" in entry {where}" if where else ""
        facts = {"value": f"{array[tuple(where)]}", "at": at, "because": "", "remedy": _REMEDY}
        return found("NOT_FINITE", name, facts)
    return None


_REMEDY = "Which operation gives it first: a division by 0, log(0), or exp of a large number?"


@dataclass(frozen=True, eq=False)
class _Question:
    case: Case
    forward: Repeated
    place: int
    gradient: Array
    d_out: Array
    is_coarse: bool

    @property
    def name(self) -> str:
        return self.case.name(self.place)

    def answer(self) -> Comparison:
        """The worst over all directions."""
        answers = []
        for direction in self._directions():
            answers.append(self._along(direction))
            if _is_at_kink(answers[-1]):
                # All one way: at a tie, both entries may not take the whole slope.
                answers.append(self._along(np.abs(direction)))
        order = {"wrong": 0, "cannot tell": 1, "right": 2}
        # `min` takes the first of those that are alike; an imprecise one says more than a right one.
        worst = min(answers, key=lambda one: (order[one.verdict], one.finding is None, -one.error), default=_NOTHING)
        return self._unless_numeric(worst)

    def _unless_numeric(self, answer: Comparison) -> Comparison:
        """The answer; with an error where backward does what is done here, and no formula was derived."""
        is_doubtful = answer.finding is None or answer.finding.code == "IMPRECISE"
        if answer.verdict != "right" or not is_doubtful or answer.error <= 1e-13:
            return answer
        try:
            run = self.case.run(d_out=self.d_out)
            is_numeric = looks_numeric(self.case, run, self.place, answer.error)
        except Exception:
            # It did run once. State is another promise, and not for differences to say.
            return answer
        if not is_numeric:
            return answer
        return self._found(answer, "right", "LOOKS_NUMERIC", {"error": f"{answer.error:.0e}"})

    def _directions(self) -> Iterator[Array]:
        """Random ones; entries whose parts of the slope differ by orders of magnitude are moved apart.

        A large part would hide a mistake in a small one.
        """
        rng = np.random.default_rng(11)
        array = self.case.arrays[self.place]
        parts = np.abs(self.gradient) * scales(array)
        if not parts.size:
            return
        with np.errstate(divide="ignore"):
            magnitudes = (
                np.floor((np.log10(parts.max()) - np.log10(parts)) / 4) if parts.max() else np.zeros(parts.shape)
            )
        magnitudes = np.minimum(magnitudes, 4)
        for magnitude in np.unique(magnitudes):
            for _ in range(DIRECTIONS):
                yield np.where(magnitudes == magnitude, _signs(rng, array), 0.0)

    def _along(self, direction: Array) -> Comparison:
        slope = slope_along(self.forward, self.place, direction, self.d_out)
        parts = self.gradient * direction
        yours, size = float(np.sum(parts)), float(np.linalg.norm(parts))
        if slope.is_known and slope.kink is None and abs(slope.value - yours) > RIGHT * size:
            slope = slope_along(self.forward, self.place, direction, self.d_out, all_steps=True)
        if not slope.is_known:
            return self._without_differences()
        if slope.kink is not None:
            return self._at_kink(slope, slope.kink, yours, size)
        return self._judged(direction, slope, yours, size)

    def _judged(self, direction: Array, slope: Slope, yours: float, size: float) -> Comparison:
        size = max(size, abs(slope.value))
        apart = abs(slope.value - yours)
        accuracy = 1e-12 * size if slope.exact is not None else slope.accuracy
        right = RIGHT_IN_FLOAT32 if self.is_coarse else RIGHT
        seen = Comparison("right", None, _ratio(apart, size), _ratio(accuracy, size), slope.rows, yours)
        scale = max(self._whole, slope.largest)
        if apart <= right * size + accuracy and accuracy <= KNOWN * max(size, scale):
            return seen
        floor = (slope.floor if not self._computes_in_float32 else self._float32_floor) + 1e-18 * slope.largest
        if apart <= right * size + accuracy + floor:
            return seen if accuracy + floor <= KNOWN * scale else self._too_coarse(seen, floor)
        if apart <= 3 * accuracy:
            return self._too_coarse(seen, floor)
        if seen.error < NEARLY:
            if np.count_nonzero(direction) > 1:
                return self._in_halves(direction)
            return self._found(seen, "right", "IMPRECISE", {"error": f"{seen.error:.0e}"})
        measured = f"along a random direction it gives {yours:.6g}, differences of forward give {slope.value:.6g}"
        sides = {"expected": f"{slope.value:.6g}", "received": f"{yours:.6g}"}
        return self._found(seen, "wrong", "DIFFERENCES_DISAGREE", {"measured": measured}, **sides)

    def _in_halves(self, direction: Array) -> Comparison:
        """The worse half: a mistake in one entry looks small among many."""
        moved = np.flatnonzero(direction)
        halves = [np.zeros(direction.shape), np.zeros(direction.shape)]
        for half, places in zip(halves, np.array_split(moved, 2), strict=True):
            half.reshape(-1)[places] = direction.reshape(-1)[places]
        slopes = [slope_along(self.forward, self.place, half, self.d_out) for half in halves]
        if not all(slope.is_known for slope in slopes):
            return self._without_differences()
        apart = [
            abs(slope.value - float(np.sum(self.gradient * half))) for slope, half in zip(slopes, halves, strict=True)
        ]
        return self._along(halves[int(np.argmax(apart))])

    @property
    def _whole(self) -> float:
        """The size of the slope if all entries are moved."""
        return float(np.linalg.norm(self.gradient * scales(self.case.arrays[self.place])))

    def _found(
        self, seen: Comparison, verdict: Verdict, code: str, facts: Mapping[str, Any], **further: Any
    ) -> Comparison:
        finding = found(code, self.name, facts, check="gradients match differences", details=seen.table, **further)
        return replace(seen, verdict=verdict, finding=finding)

    def _too_coarse(self, seen: Comparison, floor: float) -> Comparison:
        """Nobody can tell; how well the slope is known is said in its own units."""
        accuracy = max(seen.accuracy * max(abs(seen.gradient), _TINY), floor)
        code = "FLOAT32" if self._computes_in_float32 else "CANCELLATION"
        facts = {"accuracy": f"{accuracy:.0e}", "slope": f"{seen.gradient:.0e}"}
        return self._found(seen, "cannot tell", code, facts)

    @cached_property
    def _computes_in_float32(self) -> bool:
        """Whether it casts the arrays, which are in float64, or something on the way."""
        array, out = np.asarray(self.forward.arrays[self.place]), self.forward.out
        direction = _signs(np.random.default_rng(41), array)
        far = self.forward.moved(self.place, array + 0.1 * direction)
        if resolution(far) > 1e-10:
            return True
        with np.errstate(all="ignore"):
            change, size = (float(np.linalg.norm(np.ravel(one))) for one in (far - out, out))
        # So far that the result changes by 1e-11: float64 sees that, float32 does not.
        step = 0.1 * 1e-11 * _ratio(size, change)
        is_seen = not np.array_equal(self.forward.moved(self.place, array + step * direction), out)
        return bool(1e-14 < step < 1e-3) and not is_seen

    @property
    def _float32_floor(self) -> float:
        with np.errstate(all="ignore"):
            return float(100 * np.finfo(np.float32).eps * np.linalg.norm(np.ravel(self.d_out * self.forward.out)))

    def _without_differences(self) -> Comparison:
        out = self.forward.out
        kinds = out.dtype.kind not in "fiub" or np.isfinite(out).all()
        value = "other shapes, nan or errors" if kinds else "nan or inf"
        return Comparison("cannot tell", found("NO_DIFFERENCES", self.name, {"value": value}))

    # -- kinks -------------------------------------------------------------------------------------------

    def _at_kink(self, slope: Slope, row: Row, yours: float, size: float) -> Comparison:
        """Right beside the kink, and at it between the two slopes."""
        size = max(size, abs(row.lower), abs(row.upper))
        slack = 1e-5 * size + 10 * row.noise
        outside = max(row.lower - yours, yours - row.upper, 0.0)
        seen = Comparison("right", None, _ratio(outside, size), _ratio(slack, size), slope.rows, yours)
        if outside > slack:
            measured = (
                f"along a random direction it gives {yours:.6g}; forward has a kink here, and differences give "
                f"{row.left:.6g} on one side and {row.right:.6g} on the other"
            )
            sides = {"expected": f"{row.lower:.6g} to {row.upper:.6g}", "received": f"{yours:.6g}"}
            return self._found(seen, "wrong", "DIFFERENCES_DISAGREE", {"measured": measured}, **sides)
        beside = self._beside_the_kink()
        if beside is not None and beside.verdict == "wrong":
            return beside
        facts = {"left": f"{row.left:.6g}", "right": f"{row.right:.6g}", "yours": f"{yours:.6g}"}
        if beside is None or beside.verdict == "cannot tell":
            return self._found(seen, "cannot tell", "KINK", facts, severity="unsure")
        return self._found(seen, "right", "KINK", facts)

    def _beside_the_kink(self) -> Comparison | None:
        """The same question for arrays that are moved a little; None where that helps nothing."""
        rng = np.random.default_rng(17)
        arrays = tuple(
            array + 0.01 * _signs(rng, array).astype(array.dtype)
            if is_float(array) and np.ndim(array)
            else copied(array)
            for array in self.case.arrays
        )
        moved = Case(
            self.case.op, arrays, self.case.parameters, self.case.differentiable, self.case.kept, self.case.names
        )
        try:
            forward = Repeated.of(moved)
            forward.bring_back()
            run = moved.run(d_out=upstream(forward.out))
        except Exception:
            return None
        if _unusable(moved, self.place, run.gradients[self.place]):
            return None
        gradient, d_out = _as_float(run.gradients[self.place]), _as_float(run.d_out)
        question = _Question(moved, forward, self.place, gradient, d_out, self.is_coarse)
        slopes = [slope_along(forward, self.place, one, d_out) for one in question._directions()]
        if any(not slope.is_known or slope.kink is not None for slope in slopes):
            return None
        return question.answer()


def _is_at_kink(answer: Comparison) -> bool:
    return answer.finding is not None and answer.finding.code == "KINK"


_TINY = float(np.finfo(float).tiny)
_NOTHING = Comparison("right", error=0.0, accuracy=0.0)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else (0.0 if part == 0 else float("inf"))
