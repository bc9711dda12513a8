"""A report in a notebook: a piece of HTML without script, whose colours fit light and dark pages alike.

A notebook's theme is not the system's, so nothing here asks for the system's: text takes the page's own colour, and
only badges and rules have one of theirs. White on a badge has a contrast of 4.5, a rule on either page one of 3.
"""

from __future__ import annotations

from html import escape

from chainrule.checking.finding import Finding
from chainrule.checking.printing import wording
from chainrule.checking.report import Report

__all__ = ["html"]

RED, GREEN, VIOLET, AMBER = "#cf2f2f", "#1e7f4f", "#9150c8", "#a86400"
COLOURS = {"right": GREEN, "wrong": RED, "cannot tell": VIOLET, "error": RED, "warning": AMBER, "unsure": VIOLET}
SIGNS = {"right": "✓", "wrong": "✗", "cannot tell": "?"}

FRAME = "font:14px/1.5 system-ui,sans-serif;max-width:46rem;overflow-wrap:anywhere"
BADGE = "color:#fff;border-radius:4px;padding:1px 8px;font-weight:600;white-space:nowrap;background:"
FINDING = "margin:.6rem 0 .6rem .2rem;padding:0 0 0 .8rem;border-left:3px solid "
QUIET = "opacity:.75;font-size:13px"
MONO = "font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12.5px"


def html(report: Report) -> str:
    """A piece of a page; everything that an author named or wrote is escaped."""
    said = wording.checked(report)
    last = f'<div style="{QUIET}">checked: {escape(said)}</div>' if said else ""
    return f'<div style="{FRAME}">{_report(report)}{last}</div>'


def _report(report: Report) -> str:
    findings = sorted(report.findings, key=lambda finding: ("error", "unsure", "warning").index(finding.severity))
    return f"{_head(report)}{''.join(map(_finding, findings))}{_parts(report)}"


def _head(report: Report) -> str:
    badge = f"{SIGNS[report.verdict]} {escape(wording.outcome(report))}"
    said = wording.compared(report)
    beside = f' <span style="{QUIET}">{escape(said)}</span>' if said else ""
    return (
        f'<div style="margin:.35rem 0"><strong>{escape(wording.heading(report))}</strong> '
        f'<span style="{BADGE}{COLOURS[report.verdict]}">{badge}</span>{beside}</div>'
    )


def _finding(finding: Finding) -> str:
    colour = COLOURS[finding.severity]
    label = f'<div style="{MONO};font-weight:700">{escape(wording.label(finding))}</div>'
    lines = [label, f"<div>{escape(wording.one_line(finding.message))}</div>"]
    if sides := wording.where_they_part(finding):
        lines.append(f'<div style="{MONO}">{escape(sides)}</div>')
    if finding.hint:
        lines.append(f"<div><em>Hint:</em> {escape(wording.one_line(finding.hint))}</div>")
    if table := wording.details(finding):
        lines.append(f'<pre style="{MONO};overflow-x:auto;margin:.3rem 0">{escape(chr(10).join(table))}</pre>')
    return f'<div style="{FINDING}{colour}">{"".join(lines)}</div>'


def _parts(report: Report) -> str:
    if not report.parts:
        return ""
    parts = "".join(map(_report, report.parts))
    total = f"<div><strong>{escape(wording.total(report))}</strong></div>" if len(report.parts) > 1 else ""
    return f'<div style="margin-left:1.2rem">{parts}{total}</div>'
