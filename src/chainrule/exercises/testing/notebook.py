"""A run of tests in a notebook: a small table. Everything that a learner named or wrote is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from chainrule.checking.finding import Finding
from chainrule.checking.printing import wording
from chainrule.showing.text import printable

if TYPE_CHECKING:
    from chainrule.exercises.testing.report import TaskReport, TestReport, TestResult

__all__ = ["html"]

# The colours of `checking.printing.notebook`: white on them has a contrast of 4.5, on light and dark pages alike.
GREEN, RED = "#1e7f4f", "#cf2f2f"
CELL = "text-align:left;vertical-align:top;padding:3px 14px 3px 0"
BADGE = "color:#fff;border-radius:4px;padding:1px 8px;font-weight:600;white-space:nowrap;background:"


def html(report: TestReport) -> str:
    """A table with a row for each test, and the score."""
    rows = "".join(map(_task, report.tasks))
    return (
        f'<table style="font:14px/1.5 system-ui,sans-serif;max-width:52rem;overflow-wrap:anywhere">'
        f'<caption style="text-align:left;font-weight:600">{escape(printable(report.title))}: '
        f"{report.passed}/{report.total} tests passed, score {report.score}/100</caption>"
        f'<thead><tr><th scope="col" style="{CELL}">Test</th><th scope="col" style="{CELL}">Result</th>'
        f'<th scope="col" style="{CELL}">Why</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _task(task: TaskReport) -> str:
    return "".join(map(_row, task.tests))


def _row(test: TestResult) -> str:
    badge = f'<span style="{BADGE}{GREEN if test.passed else RED}">{escape(test.verdict)}</span>'
    said = f"<div>{escape(printable(test.said))}</div>" if test.said else ""
    why = said + "".join(map(_finding, test.findings))
    return (
        f'<tr><th scope="row" style="{CELL};font-weight:400">{escape(printable(test.name))}</th>'
        f'<td style="{CELL}">{badge}</td><td style="{CELL}">{why}</td></tr>'
    )


def _finding(finding: Finding) -> str:
    hint = f" <em>{escape(wording.one_line(finding.hint))}</em>" if finding.hint else ""
    message = escape(wording.one_line(finding.message))
    return f"<div><code>{escape(wording.label(finding))}</code> {message}{hint}</div>"
