"""From a subject to its report: lift it, find out what it is meant to be, diagnose, and look at its promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chainrule.checking.case import Case
from chainrule.checking.codes import GENERIC, STOPPING
from chainrule.checking.contract import CONTRACT
from chainrule.checking.diagnosing.diagnose import diagnose
from chainrule.checking.diagnosing.reference import Reference, references
from chainrule.checking.diagnosing.results import Names
from chainrule.checking.diagnosing.trials import Setting, setting_without, settings_for
from chainrule.checking.finding import Finding
from chainrule.checking.forms import Implementation, NotCheckable, guess_like, lift
from chainrule.checking.report import Report
from chainrule.checking.running import quiet
from chainrule.op import Op

__all__ = ["judge"]

ORDER = {"error": 0, "unsure": 1, "warning": 2}


def judge(
    subject: Any,
    *,
    like: Any = None,
    inputs: Sequence[tuple[Any, ...]] = (),
    reduction: str | None = None,
    seed: int = 0,
    name: str = "",
) -> Report:
    """The report on one subject; see `check`."""
    try:
        implementation = lift(subject, name=name)
    except NotCheckable as problem:
        return Report(name or str(getattr(subject, "__name__", type(subject).__name__)), (problem.finding,))
    with quiet():
        setting, values = _diagnosed(implementation, _settings(implementation, like, inputs, reduction, seed))
        promises, checked = _promises(implementation, setting, values)
    findings = sorted(_distinct((*promises, *values)), key=lambda one: ORDER[one.severity])
    return Report(implementation.name, tuple(findings), (*_values(setting), *checked), _like(setting))


def _values(setting: Setting) -> tuple[str, ...]:
    if not setting.trials:
        return ()
    return ("gradients match",) if setting.reference is None else ("forward gives the right values", "gradients match")


def _like(setting: Setting) -> str:
    if setting.reference is None:
        return ""
    reduction = f", reduction {setting.reference.reduction!r}" if setting.reference.is_loss else ""
    return f"{setting.reference.op.name}{reduction}"


def _settings(
    implementation: Implementation, like: Any, inputs: Sequence[tuple[Any, ...]], reduction: str | None, seed: int
) -> Iterator[Setting]:
    """What it is asked: by what it is like, by what its name says, or by its own forward alone."""
    if like is not None:
        yield from settings_for(implementation, references(_op(like), reduction), inputs, seed)
        return
    meant = [one for name in _names(implementation) for one in _possible(name, reduction)]
    settings = settings_for(implementation, meant, inputs, seed) if meant else iter(())
    first = next(settings, None)
    # A name alone says little: where the caller gives arrays, and the results are others, it means something else.
    if first is None or (inputs and not first.agrees):
        yield setting_without(implementation, inputs, seed, reduction)
        return
    yield first
    yield from settings


def _diagnosed(implementation: Implementation, settings: Iterator[Setting]) -> tuple[Setting, tuple[Finding, ...]]:
    """The first setting, and what is wrong there; one with simpler arrays where only that tells which mistake it is."""
    setting = next(settings)
    values = diagnose(implementation, setting)
    if not any(finding.code in GENERIC for finding in values):
        return setting, values
    for other in settings:
        found = diagnose(implementation, other)
        if found and not any(finding.code in GENERIC for finding in found):
            return other, found
    return setting, values


def _names(implementation: Implementation) -> list[str]:
    """The ops that a subject may be meant to be. A node of a graph works on every sample by itself, where ops of the
    same name reduce or move the axis of samples, too."""
    names = guess_like(implementation.name)
    return [name for name in names if implementation.form != "EDF node" or name not in _ACROSS_SAMPLES]


_ACROSS_SAMPLES = frozenset(
    ("sum", "mean", "max", "min", "prod", "var", "std", "norm", "reshape", "ravel", "transpose", "concatenate", "stack")
)


def _possible(name: str, reduction: str | None) -> tuple[Reference, ...]:
    """The op in that convention; none where it has no such convention, as its name was only guessed."""
    try:
        return references(_op(name), reduction)
    except ValueError:
        return ()


def _op(like: Any) -> Op:
    """One of ours by its name, or the caller's own.

    Raises:
        ValueError: there is none of that name.
    """
    import difflib

    from chainrule import ops

    if isinstance(like, Op):
        return like
    found = getattr(ops, like, None) if isinstance(like, str) and like in ops.__all__ else None
    if isinstance(found, Op):
        return found
    if not isinstance(like, str):
        return lift(like).op
    near = difflib.get_close_matches(like, ops.__all__, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(repr(one) for one in near)}? " if near else ""
    raise ValueError(f"check: there is no op {like!r}. {hint}All of them: {', '.join(ops.__all__)}")


def _promises(
    implementation: Implementation, setting: Setting, values: Sequence[Finding]
) -> tuple[list[Finding], list[str]]:
    """What is found about the promises, and which were looked at; none where it does not run."""
    if not setting.trials or any(finding.code in STOPPING for finding in values):
        return [], []
    trial = setting.trials[0]
    names = Names(implementation, setting)
    case = Case(
        implementation.op,
        trial.arrays,
        trial.parameters,
        differentiable=names.required,
        names=names.gradients,
        takes_upstream=implementation.takes_upstream,
    )
    is_wrong = any(finding.severity == "error" for finding in values)
    example = setting.reference.example if setting.reference else None
    findings, checked = [], []
    for promise in CONTRACT:
        if not promise.for_learners or (is_wrong and not promise.is_about_state):
            continue
        if promise.needs_upstream and not implementation.takes_upstream:
            continue
        checked.append(promise.name)
        extremes = example.extremes if example else ()
        finding = promise.check(case, extremes) if promise.takes_extremes else promise.check(case)
        if finding is not None:
            findings.append(finding)
    return findings, checked


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Each code once for each part."""
    return list({(finding.code, finding.part): finding for finding in findings}.values())
