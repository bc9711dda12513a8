"""A diagnosis of results alone: somebody's code has been run elsewhere, and only arrays came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.arrays import no_array
from chainrule.checking.diagnosing.reference import Reference, references
from chainrule.checking.diagnosing.which import which_mistake
from chainrule.checking.evidence import EXACT, Evidence, Trial, distance
from chainrule.checking.finding import Finding
from chainrule.checking.running import attempt

__all__ = ["Answered", "diagnose_answers"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Answered:
    """One question and its answer.

    Args:
        arrays: that the op gets, without the incoming gradient.
        d_out: the incoming gradient; None where there is none.
        results: what came back, by name.
        expected: what is right, by the same names.
    """

    arrays: tuple[Any, ...]
    d_out: Any
    results: Mapping[str, Any]
    expected: Mapping[str, Any]


def diagnose_answers(
    answers: Sequence[Answered],
    *,
    like: str = "",
    reduction: str | None = None,
    forward: str = "",
    gradients: Sequence[str] = (),
    tolerance: float = EXACT,
) -> tuple[Finding, ...]:
    """One finding for each result that is wrong.

    Args:
        answers: at least one; the more, and the more different in size, the surer.
        like: the name of one of our ops, which knows what each mistake would give; empty for none.
        reduction: as for `chainrule.check`.
        forward: the name of forward's result.
        gradients: the names of the gradients, one for each array, "" for none.
        tolerance: how far a right result may be off, relative to its largest entry.
    """
    from chainrule import ops

    reference = references(getattr(ops, like), reduction)[0] if like else None
    trials = [_trial(one, reference, forward, gradients, tolerance) for one in answers]
    findings = []
    for name in answers[0].expected:
        place = list(gradients).index(name) if name in gradients else None
        finding = _of_result(name, answers, trials, place, reference, tolerance, is_forward=name == forward)
        if finding is not None:
            findings.append(finding)
    return tuple(findings)


def _trial(
    one: Answered, reference: Reference | None, forward: str, gradients: Sequence[str], tolerance: float
) -> Trial:
    """The question as a diagnosis asks it; what our op says of other incoming gradients counts only where it agrees."""
    expected = tuple(one.expected.get(name) if name else None for name in gradients)
    sizes = {"N": next((len(array) for array in one.arrays if np.ndim(array)), 1)}
    ran = attempt(reference.run, one.arrays) if reference else None
    words = reference.convention if reference else ""
    out, again, d_out = one.expected.get(forward), _nobody_knows, one.d_out
    if ran is not None and ran.error is None:
        value, back = ran.value
        if d_out is None and gradients:
            d_out = np.ones(np.shape(value))  # as for a loss, whose backward takes none
        if _agrees(value, back, out, expected, d_out):
            again = back
    return Trial(one.arrays, {}, d_out, out, expected, again, sizes, tolerance, words)


def _agrees(
    value: Any, back: Callable[[Any], tuple[Any, ...]], out: Any, expected: tuple[Any, ...], d_out: Any
) -> bool:
    """Whether our op gives what is right: forward's result, or where that was not asked for the gradients."""
    if out is not None:
        return distance(value, out) < 1e-6
    pulled = attempt(back, d_out)
    return pulled.error is None and all(
        right is None or distance(own, right) < 1e-6 for own, right in zip(pulled.value, expected, strict=False)
    )


def _nobody_knows(d_out: Any) -> tuple[Any, ...]:
    raise ValueError("there is no reference for another incoming gradient")


def _of_result(
    name: str,
    answers: Sequence[Answered],
    trials: Sequence[Trial],
    place: int | None,
    reference: Reference | None,
    tolerance: float,
    *,
    is_forward: bool,
) -> Finding | None:
    evidence = []
    for one, trial in zip(answers, trials, strict=True):
        if problem := no_array(one.results.get(name), name):
            return problem
        # A result that is neither forward's nor a gradient is compared by itself.
        asked = trial if is_forward or place is not None else _alone(trial, one.expected[name])
        evidence.append(Evidence(asked, name, np.asarray(one.results[name]), place))
    if all(distance(one.yours, one.expected) <= tolerance for one in evidence):
        return None
    return which_mistake(evidence, reference if is_forward or place is not None else None)


def _alone(trial: Trial, expected: Any) -> Trial:
    return Trial(trial.arrays, {}, trial.d_out, expected, (), _nobody_knows, trial.sizes, trial.tolerance)
