"""What to try next: the few things that would bring the most."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.grading.reports.wording import line
from chainrule.grading.result import Grade, Mistake, TestGrade
from chainrule.showing.text import counted

__all__ = ["next_steps"]

_MOST = 4


def next_steps(grade: Grade) -> list[str]:
    """At most four sentences, the most useful first; none if nothing is left to do."""
    return list(_steps(grade))[:_MOST]


def _steps(grade: Grade) -> Iterator[str]:
    tests = [test for task in grade.tasks for test in task.tests]
    failed = [test for test in tests if not test.passed]
    if grade.problems and failed:
        yield "Mend how it was handed in first, as listed above: what could not be read could not be graded."
    for status, advice in (
        ("forbidden", "Leave out what reaches beyond the exercise: files, processes, the network, the grader."),
        ("timeout", "Find what takes so long: run that test alone, on small arrays, and look at the loops."),
    ):
        if named := [test.name for test in failed if test.status == status]:
            yield f"{advice} It concerns {_listed(named)}."
    yield from _mend(failed)
    if named := [test.name for test in failed if test.status == "not implemented"]:
        yield f"Write what is still missing: {_listed(named)}."
    if not failed:
        for mistake in {one.code: one for test in tests for one in test.mistakes}.values():
            yield f"Not needed for points, but good to know: {line(mistake.message)} {line(mistake.hint)}".strip()


def _mend(failed: list[TestGrade]) -> Iterator[str]:
    """The mistakes, those first that cost the most tests: one cause is often behind several."""
    first: dict[str, Mistake] = {}
    where: dict[str, list[str]] = {}
    for test in failed:
        for mistake in test.mistakes:
            if mistake.severity == "error" and mistake.code != "NOT_IMPLEMENTED":
                first.setdefault(mistake.code, mistake)
                names = where.setdefault(mistake.code, [])
                if test.name not in names:
                    names.append(test.name)
    for code in sorted(where, key=lambda code: -len(where[code])):
        names, mistake = where[code], first[code]
        if len(names) > 1:
            yield (
                f"Look for one cause behind {counted(len(names), 'test')} that fail alike: {_listed(names)}. "
                f"{line(mistake.hint or mistake.message)}"
            )
        else:
            yield f"{line(names[0], 80)}: {line(mistake.hint or mistake.message)}"


def _listed(names: list[str]) -> str:
    shown = [line(name, 80) for name in names[:3]]
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
