"""Which mistake it is: the questions, in order, from "does it run" to "where is the largest difference"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.checking.arrays import no_array
from chainrule.checking.case import Case, copied
from chainrule.checking.codes import found
from chainrule.checking.diagnosing.results import Names, gradients_of
from chainrule.checking.diagnosing.trials import SAME_VALUE, Setting
from chainrule.checking.diagnosing.which import which_mistake
from chainrule.checking.evidence import Evidence, Trial, distance, is_close
from chainrule.checking.finding import Finding
from chainrule.checking.forms import Implementation
from chainrule.checking.running import Attempt, attempt, raised

__all__ = ["diagnose"]

# Between what rounding explains and what only another formula does.
NEARLY = 2e-4


@dataclass(frozen=True, eq=False)
class _Subject:
    """The subject in one trial."""

    trial: Trial
    out: Any
    gradients: tuple[Any, ...]


def diagnose(implementation: Implementation, setting: Setting) -> tuple[Finding, ...]:
    """Everything that is wrong with the values: forward's first, then one finding for each gradient."""
    names = Names(implementation, setting)
    if not setting.trials:
        return (_nothing_ran(setting, names),)
    outs, ran = _runs(implementation, setting.trials)
    if problem := _forward_problem(outs, setting.trials, names):
        return (problem,)
    forward = _forward_finding(implementation, setting, [one.value[0] for one in outs])
    results = _collected(ran, setting, names)
    if isinstance(results, Finding):
        return (*forward, results)
    subjects = [
        _Subject(trial, one.value[0], gradients)
        for trial, one, gradients in zip(setting.trials, outs, results, strict=True)
    ]
    findings = [
        finding
        for place in names.places
        if (finding := _gradient_finding(implementation, setting, names, subjects, place)) is not None
    ]
    return (*forward, *findings)


def _runs(implementation: Implementation, trials: Sequence[Trial]) -> tuple[list[Attempt], list[Attempt]]:
    """Forward and backward of every trial, one trial after the other: whether runs mix is a question of its own."""
    outs, ran = [], []
    for trial in trials:
        trial.bring_back()
        outs.append(attempt(implementation.op.forward, *copied(trial.arrays)))
        if _is_pair(outs[-1].value):
            ran.append(attempt(implementation.op.backward, outs[-1].value[1], copied(trial.d_out)))
    return outs, ran


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2


# -- does it run -----------------------------------------------------------------------------------------


def _nothing_ran(setting: Setting, names: Names) -> Finding:
    failure = setting.failure
    if failure is None:
        return found("NO_INPUTS", names.forward)
    if failure.error is not None:
        return raised(failure.error, names.forward, names.arguments(setting.tried), {})
    return _no_result(failure, names) or found("NO_INPUTS", names.forward)


def _forward_problem(outs: Sequence[Attempt], trials: Sequence[Trial], names: Names) -> Finding | None:
    for ran, trial in zip(outs, trials, strict=True):
        if ran.error is not None:
            return raised(ran.error, names.forward, names.arguments(trial.arrays), {})
        if problem := _no_result(ran, names):
            return problem
    return None


def _no_result(ran: Attempt, names: Names) -> Finding | None:
    """What forward gave, where that is no pair of a result and what backward needs."""
    if not _is_pair(ran.value) or ran.value[0] is None:
        return found("NO_RESULT", names.forward)
    return no_array(ran.value[0], names.forward)


def _collected(ran: Sequence[Attempt], setting: Setting, names: Names) -> list[tuple[Any, ...]] | Finding:
    """The gradients of every trial, or what keeps them from being looked at."""
    collected = []
    for one, trial in zip(ran, setting.trials, strict=True):
        if one.error is not None:
            arrays = {"d_out": trial.d_out, **names.arguments(trial.arrays)}
            return raised(one.error, names.backward, arrays, names.wanted(trial))
        gradients = gradients_of(one.value, trial, names)
        if isinstance(gradients, Finding):
            return gradients
        collected.append(gradients)
    return collected


# -- is it right, and if not, how is it wrong --------------------------------------------------------------


def _forward_finding(implementation: Implementation, setting: Setting, outs: Sequence[Any]) -> tuple[Finding, ...]:
    if setting.reference is None:
        return ()
    evidence = [Evidence(trial, "forward", np.asarray(out)) for trial, out in zip(setting.trials, outs, strict=True)]
    if all(is_close(one.yours, one.expected, SAME_VALUE) for one in evidence):
        return ()
    return (which_mistake(evidence, setting.reference),)


def _gradient_finding(
    implementation: Implementation, setting: Setting, names: Names, subjects: Sequence[_Subject], place: int
) -> Finding | None:
    evidence = [
        Evidence(one.trial, names.gradient(place), _known(one, place), place, one.gradients)
        for one in subjects
        if one.gradients[place] is not None
    ]
    if place not in names.required and not any(np.any(one.yours) for one in evidence):
        return None  # nobody needs the gradient of a target, and zeros say so, too
    is_right = all(one.equals(one.expected) for one in evidence)
    if setting.reference is None and evidence and not (is_right and place not in evidence[0].trial.kinked):
        gradients = [one.gradients[place] for one in subjects]
        return _against_differences(implementation, names, evidence, gradients)
    if is_right:
        return None
    apart = max(distance(one.yours, one.expected) for one in evidence)
    own = (
        _by_own_forward(implementation, evidence[0], subjects[0]) if apart < NEARLY or not setting.agrees else _UNASKED
    )
    if own.error is None and (own.value is None or apart < NEARLY):
        return own.value if isinstance(own.value, Finding) else None
    return which_mistake(evidence, setting.reference)


_UNASKED = Attempt(error=ValueError("its forward is that of the reference"))


def _known(subject: _Subject, place: int) -> Any:
    """The gradient, with 0 where nobody knows what it should be."""
    gradient = np.asarray(subject.gradients[place])
    mask = subject.trial.known.get(place)
    return gradient if mask is None or mask.shape != gradient.shape else np.where(mask, gradient, 0.0)


def _against_differences(
    implementation: Implementation, names: Names, evidence: Sequence[Evidence], gradients: Sequence[Any]
) -> Finding | None:
    """The verdict of differences, where they are the only reference: of the trial that says most.

    Entries at kinks are not in the evidence, as any slope between two is right there; differences look at them, too.
    """
    from chainrule.checking.differences import compare_with_differences

    doubts = []
    for one, gradient in zip(evidence, gradients, strict=True):
        trial, place, is_right = one.trial, one.place, one.equals(one.expected)
        if place is None or (is_right and place not in trial.kinked):
            continue
        if place in trial.known and not trial.known[place].any() and place not in trial.kinked:
            return found("NO_DIFFERENCES", one.part, {"value": "nan or inf"})
        case = Case(implementation.op, trial.arrays, trial.parameters, names=names.gradients)
        compared = attempt(compare_with_differences, case, place, gradient, trial.d_out)
        if compared.error is not None or compared.value.verdict == "wrong" or trial.convention:
            finding: Finding | None = compared.value.finding if is_right and compared.error is None else None
            return finding or which_mistake(evidence, None)
        doubts.append(compared.value)
    doubts.sort(key=lambda compared: compared.verdict != "cannot tell")
    return doubts[0].finding if doubts else None


def _by_own_forward(implementation: Implementation, evidence: Evidence, subject: _Subject) -> Attempt:
    """None where the gradient is that of the subject's own forward, which is a little or altogether another one."""
    from chainrule.checking.diagnosing.precision import against_own_forward

    if np.shape(subject.out) != np.shape(evidence.trial.out):
        return _UNASKED
    return attempt(against_own_forward, implementation, evidence)
