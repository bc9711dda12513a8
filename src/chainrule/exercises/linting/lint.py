"""`lint`: the exam of an exercise."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from chainrule.exercises.exercise import Test
from chainrule.exercises.linting.children import CannotStart, catches_any, try_all
from chainrule.exercises.linting.mutants import Mutant, mutants_of
from chainrule.exercises.linting.places import Places
from chainrule.exercises.linting.report import LintReport, Remark
from chainrule.exercises.linting.rules import reading
from chainrule.exercises.linting.running import trying
from chainrule.exercises.linting.trial import Verdict
from chainrule.exercises.source import Source, SourceError

__all__ = ["lint"]

ORDER = ("error", "warning", "note")
# The solution does not get through its own tests, so nothing can be said of its mutants.
STOPPING = ("SOLUTION_FAILS", "INPUTS_FAIL", "NO_EXERCISE", "DOES_NOT_RUN")
FINE = "# lint: fine"


def lint(
    source: Source,
    *,
    mutants: bool = True,
    seconds: float = 10.0,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> LintReport:
    """Look for what is wrong with an exercise, and for wrong work that its tests would accept.

    A line of a solution that ends in ``# lint: fine`` may be written in the other ways that would be accepted.

    Args:
        source: of the exercise, read from a file.
        mutants: whether wrong work is tried; without, the rest takes a moment.
        seconds: that one mutant may take; one that takes longer counts as caught.
        workers: processes side by side; by default one for each processor.
        progress: is called with how many mutants are done, and of how many.
    """
    remarks = list(_remarks(source))
    if any(remark.code in STOPPING for remark in remarks):
        return LintReport(source.path.name, _sorted(remarks))
    made = mutants_of(source) if mutants and any(isinstance(test, Test) for test in _tests(source)) else []
    if not made:
        return LintReport(source.path.name, _sorted(remarks))
    try:
        verdicts = try_all(source.path, len(made), seconds, workers or os.cpu_count() or 1, progress)
    except CannotStart as error:
        return LintReport(source.path.name, _sorted([*remarks, Remark(0, "SOLUTION_FAILS", f"{error}.")]))
    remarks += _accepted(source, made, verdicts)
    catches = _catches(source, verdicts)
    remarks += _idle(source, made, catches, seconds)
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    return LintReport(
        source.path.name,
        _sorted(remarks),
        len(made),
        outcomes["caught"],
        outcomes["equivalent"],
        sum(verdict.outcome == "caught" and not verdict.by for verdict in verdicts),
        tuple(catches.items()),
    )


def _remarks(source: Source) -> Iterator[Remark]:
    try:
        assert source.exercise
    except SourceError as error:
        yield Remark(0, "NO_EXERCISE", str(error))
        return
    except Exception as error:  # whatever the teacher's cells raise
        yield Remark(_line_of(error, source), "DOES_NOT_RUN", f"a teacher's cell: {type(error).__name__}: {error}")
        return
    try:
        assert source.solved
    except Exception as error:
        yield Remark(_line_of(error, source), "DOES_NOT_RUN", f"the solution: {type(error).__name__}: {error}")
        return
    yield from reading(source)
    yield from trying(source)


def _line_of(error: BaseException, source: Source) -> int:
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(source.path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _tests(source: Source) -> list[object]:
    return [test for task in source.exercise.tasks for test in task.tests]


def _accepted(source: Source, mutants: Sequence[Mutant], verdicts: Sequence[Verdict]) -> Iterator[Remark]:
    unreached: dict[int, int] = defaultdict(int)
    fine = _fine_lines(source)
    for mutant, verdict in zip(mutants, verdicts, strict=True):
        if verdict.outcome == "unreached":
            unreached[mutant.line] += 1
        elif verdict.outcome in ("accepted", "noted"):
            known = f" ({mutant.known})" if mutant.known else ""
            said = f"{mutant.text}{known} passes: {verdict.how}."
            is_wrong = verdict.outcome == "accepted" and mutant.line not in fine
            code = "ACCEPTS_MUTANT" if is_wrong else "ACCEPTS_VARIANT"
            yield Remark(mutant.line, code, said, "error" if is_wrong else "note")
        elif verdict.outcome == "equivalent":
            yield Remark(mutant.line, "SAME_AS_SOLUTION", f"{mutant.text} gives the same everywhere.", "note")
    for line in unreached:
        said = "no test runs this line of the solution, so it may as well be left out."
        yield Remark(line, "NOT_TESTED", said, "note" if line in fine else "error")


def _fine_lines(source: Source) -> set[int]:
    return {
        number
        for cell in source.texts("task")
        for number, line in enumerate(cell.text.splitlines(), cell.line)
        if line.rstrip().endswith(FINE)
    }


def _catches(source: Source, verdicts: Sequence[Verdict]) -> dict[str, int]:
    caught = Counter(name for verdict in verdicts for name in verdict.by)
    return {test.name: caught[test.name] for test in _tests(source) if isinstance(test, Test)}


def _idle(source: Source, mutants: Sequence[Mutant], catches: dict[str, int], seconds: float) -> Iterator[Remark]:
    places, lines = Places(source), [mutant.line for mutant in mutants]
    for name, number in catches.items():
        if not number and not catches_any(source.path, name, lines, seconds):
            yield Remark(places.call("Test", name), "CATCHES_NOTHING", f"{name} catches no mutant.", "warning")


def _sorted(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(dict.fromkeys(remarks), key=lambda one: (ORDER.index(one.severity), one.line)))
