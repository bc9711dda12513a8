"""What came out of a run of tests, and how the course prints it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from chainrule.checking.finding import Finding

__all__ = ["Counts", "TaskReport", "TestReport", "TestResult", "Verdict"]

Verdict = Literal["passed", "failed", "not implemented", "interrupted", "not run"]

WIDTH = 88
INDENT = 4
CONGRATULATION = "Congratulations you have passed all the unit tests!!! Tests passed: {passed}/{total}"
REGRET = "Some tests are still failing. Tests passed: {passed}/{total}"


class Counts(tuple[int, int]):
    """``(failed, total)``, as the course's tests give it; a notebook shows a table instead."""

    html = ""

    @staticmethod
    def of(report: TestReport) -> Counts:
        """Of all tests of a report."""
        from chainrule.exercises.testing.notebook import html

        counts = Counts((report.total - report.passed, report.total))
        counts.html = f"{html(report)}<pre>{tuple(counts)}</pre>"
        return counts

    def _repr_html_(self) -> str:
        return self.html


@dataclass(frozen=True)
class TestResult:
    """One test.

    Args:
        name: ``"BCEForwardTest"``.
        verdict: how it ended.
        findings: why it is not passed; of a passed test, warnings.
        said: in words where there is no finding, ``"not implemented yet"``.
        printed: what the work wrote to the terminal meanwhile.
    """

    __test__ = False  # it is none of pytest's

    name: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    said: str = ""
    printed: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is right."""
        return self.verdict == "passed"

    def lines(self) -> Iterator[str]:
        """The course's line, and below it the diagnosis."""
        from chainrule.showing.text import printable

        yield f"{printable(self.name)} {'passed' if self.passed else 'failed'}."
        if self.said:
            yield from _wrapped(self.said)
        yield from _diagnosis(self.findings)
        if self.printed.strip():
            yield from _wrapped(f"It printed: {' '.join(self.printed.split())[:300]}")


@dataclass(frozen=True)
class TaskReport:
    """One task.

    Args:
        name: ``"affine"``.
        title: for people.
        tests: in order.
        congratulation: of the exercise; empty for the course's usual one.
    """

    name: str
    title: str
    tests: tuple[TestResult, ...]
    congratulation: str = ""

    @property
    def passed(self) -> int:
        """Tests."""
        return sum(test.passed for test in self.tests)

    @property
    def total(self) -> int:
        """Tests."""
        return len(self.tests)

    def conclusion(self) -> Iterator[str]:
        """The congratulation, or how many are right; and ``(failed, total)``."""
        text = (self.congratulation or CONGRATULATION) if self.passed == self.total else REGRET
        yield text.replace("{passed}", str(self.passed)).replace("{total}", str(self.total))
        yield str((self.total - self.passed, self.total))

    def lines(self) -> Iterator[str]:
        """All that is printed of it."""
        for test in self.tests:
            yield from test.lines()
        yield from self.conclusion()


@dataclass(frozen=True)
class TestReport:
    """All tests of a run. ``print`` shows them as the course does.

    Args:
        exercise: its name.
        title: for people.
        tasks: in order.
        notes: worth knowing before: which file was tested, what of it could not be run.
        interrupted: whether somebody stopped it.
    """

    __test__ = False  # it is none of pytest's

    exercise: str
    title: str
    tasks: tuple[TaskReport, ...]
    notes: tuple[str, ...] = ()
    interrupted: bool = field(default=False)

    @property
    def passed(self) -> int:
        """Tests."""
        return sum(task.passed for task in self.tasks)

    @property
    def total(self) -> int:
        """Tests."""
        return sum(task.total for task in self.tasks)

    @property
    def score(self) -> int:
        """Of 100, as the course counts it: each test counts the same."""
        return int(100 * self.passed / self.total) if self.total else 0

    def with_notes(self, *notes: str) -> TestReport:
        """The same with other notes."""
        return replace(self, notes=notes)

    def lines(self) -> Iterator[str]:
        """All that is printed."""
        yield from note_lines(self.notes)
        for number, task in enumerate(self.tasks):
            if number:
                yield ""
            yield from task.lines()
        yield from self.conclusion()

    def conclusion(self) -> Iterator[str]:
        """The score."""
        yield ""
        yield f"Score: {self.score}/100"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        from chainrule.exercises.testing.notebook import html

        return html(self)


def note_lines(notes: tuple[str, ...]) -> Iterator[str]:
    """Notes, each wrapped, with an empty line below."""
    for note in notes:
        yield from _wrapped(note, indent=0)
    if notes:
        yield ""


def _diagnosis(findings: tuple[Finding, ...]) -> Iterator[str]:
    """The findings as `check` prints them, indented."""
    from chainrule.checking.printing.layout import layout
    from chainrule.checking.report import Report

    if not findings:
        return
    for line in layout(Report("", findings), WIDTH - INDENT + 2)[1:]:
        if text := str(line).rstrip():
            yield " " * (INDENT - 2) + text


def _wrapped(text: str, indent: int = INDENT) -> Iterator[str]:
    import textwrap

    from chainrule.showing.text import printable

    margin = " " * indent
    yield from textwrap.wrap(printable(text), WIDTH, initial_indent=margin, subsequent_indent=margin) or [margin]
