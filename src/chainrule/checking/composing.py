"""Several subjects of one file, and those that are made of others: the blame falls on the part that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from chainrule.checking.case import copied, upstream
from chainrule.checking.codes import found
from chainrule.checking.finding import Finding
from chainrule.checking.forms import lift
from chainrule.checking.judging import judge
from chainrule.checking.loading.subjects import Namespace, Subject, subjects_in
from chainrule.checking.neighbours import right_neighbours
from chainrule.checking.report import Report
from chainrule.checking.running import attempt, quiet

__all__ = ["check_module", "check_subjects", "parts_of"]


def check_module(module: ModuleType, **options: Any) -> Report:
    """The report on everything in a module that has a forward and a backward; see `check` for the options."""
    subjects = subjects_in(Namespace(module.__name__, module.__name__, vars(module)))
    return check_subjects(module.__name__, subjects, **options)


def check_subjects(name: str, subjects: Sequence[Subject], *, like: Any = None, **options: Any) -> Report:
    """One report with a part for each subject; those that use others come after them.

    Args:
        name: of the file or module.
        subjects: all of them.
        like: for every subject; by its name if not given.
        options: as for `check`.
    """
    reports: dict[str, Report] = {}
    for subject in sorted(subjects, key=lambda one: len(parts_of(one, subjects))):
        parts = parts_of(subject, subjects)
        reports[subject.name] = judge(subject.value, like=like, name=subject.name, **options)
        if parts and not reports[subject.name].passed:
            reports[subject.name] = _blamed(subject, parts, reports, options)
    return Report(name, parts=tuple(reports[subject.name] for subject in subjects))


def _blamed(subject: Subject, parts: Sequence[Subject], reports: dict[str, Report], options: Any) -> Report:
    """What is the composite's own mistake: it is judged once more with backwards of its parts that are right."""
    wrong = [part.name for part in parts if not reports[part.name].passed]
    first = reports[subject.name]
    skipped = _skipped(subject, parts, options)
    if not wrong:
        return Report(first.subject, (*skipped, *first.findings), first.checked, first.like)
    with right_neighbours(parts):
        again = judge(subject.value, name=subject.name, **options)
    listed = " and ".join(wrong)
    if again.passed:
        finding = found("PARTS_ARE_WRONG", subject.name, {"parts": listed})
        return Report(first.subject, (finding,), first.checked, first.like)
    return Report(again.subject, (*skipped, *again.findings), again.checked, again.like)


def _skipped(subject: Subject, parts: Sequence[Subject], options: Any) -> list[Finding]:
    """The layers whose forward is called more often than their backward."""
    implementation = lift(subject.value, name=subject.name)
    given = options.get("inputs") or [implementation.example(0) if implementation.example else None]
    if given[0] is None:
        return []
    with right_neighbours(parts) as calls, quiet():
        ran = attempt(implementation.op.forward, *copied(given[0]))
        if ran.error is not None or not isinstance(ran.value, tuple):
            return []
        attempt(implementation.op.backward, ran.value[1], upstream(ran.value[0]))
    return [
        found(
            "PART_SKIPPED",
            subject.name,
            {"layer": one.name, "forward": _often(one.forward), "backward": _often(one.backward)},
        )
        for one in calls
        if one.backward < one.forward
    ]


def _often(count: int) -> str:
    return ("never", "once", "twice")[count] if count < 3 else f"{count} times"


def parts_of(subject: Subject, subjects: Sequence[Subject]) -> list[Subject]:
    """The other subjects that its code uses, and those that they use."""
    by_name = {name: one for one in subjects for name in _names_of(one)}
    found: dict[str, Subject] = {}
    waiting = [subject]
    while waiting:
        for name in _used(waiting.pop()):
            one = by_name.get(name)
            if one is not None and one.name != subject.name and one.name not in found:
                found[one.name] = one
                waiting.append(one)
    return list(found.values())


def _names_of(subject: Subject) -> Iterable[str]:
    """What other code calls it."""
    if isinstance(subject.value, tuple):
        return [function.__name__ for function in subject.value if hasattr(function, "__name__")]
    return [subject.name, getattr(subject.value, "__name__", subject.name)]


def _used(subject: Subject) -> Iterator[str]:
    """The global names in the code of a subject."""
    value = subject.value
    if isinstance(value, type):
        functions: Iterable[Any] = (
            getattr(one, "__func__", one) for base in value.__mro__ for one in vars(base).values()
        )
    else:
        functions = (
            value if isinstance(value, tuple) else (getattr(value, "forward", None), getattr(value, "backward", None))
        )
    for function in functions:
        if isinstance(function, FunctionType):
            yield from _names(function.__code__)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
