"""What a report says in so many words, the same in every medium; what authors named or wrote is made safe to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chainrule.checking.finding import Finding
from chainrule.checking.report import Report, Verdict
from chainrule.showing.text import counted, printable, shortened

__all__ = ["checked", "compared", "details", "heading", "label", "one_line", "outcome", "total", "where_they_part"]

LONGEST_NAME = 60
VERDICTS: tuple[Verdict, ...] = ("right", "wrong", "cannot tell")


def one_line(text: str) -> str:
    r"""Text in one line, with control characters spelled out.

    >>> one_line("x has\n  shape (3,)\x1b[2J")
    'x has shape (3,)\\x1b[2J'
    """
    return printable(" ".join(text.split()))


def heading(report: Report) -> str:
    """The subject's name."""
    return shortened(report.subject, LONGEST_NAME) or "subject"


def outcome(report: Report) -> str:
    """What stands behind the verdict: how many warnings a right subject has.

    >>> outcome(Report("relu", (Finding("WRITES_ARGUMENT", "backward writes into d_out.", "warning"),)))
    'right, 1 warning'
    """
    warnings = sum(finding.severity == "warning" for finding in report.all_findings)
    return f"right, {counted(warnings, 'warning')}" if report.passed and warnings else report.verdict


def compared(report: Report) -> str:
    """What it was compared with, in words; nothing where differences were the only reference."""
    return f"compared with {shortened(report.like, LONGEST_NAME)}" if report.like else ""


def label(finding: Finding) -> str:
    """The code, and the severity where it is not an error.

    >>> label(Finding("KINK", "x = 0 lies inside the step.", "unsure"))
    'unsure KINK'
    """
    code = printable(finding.code)
    return code if finding.severity == "error" else f"{finding.severity} {code}"


def where_they_part(finding: Finding) -> str:
    """Both sides and their place; nothing where the message names the place, or the shapes, already.

    >>> where_they_part(Finding("X", "", where="entry [2, 1]", expected="0.12", received="0.60"))
    'at entry [2, 1]: expected 0.12, received 0.60'
    """
    sides = [("expected", finding.expected), ("received", finding.received)]
    if finding.where and finding.where in finding.message:
        return ""
    if all(side.startswith("shape ") and side.removeprefix("shape ") in finding.message for _, side in sides):
        return ""
    said = ", ".join(f"{word} {one_line(side)}" for word, side in sides if side)
    return ": ".join(part for part in (finding.where and f"at {one_line(finding.where)}", said) if part)


def details(finding: Finding) -> list[str]:
    """The further lines, such as a table, with their spaces."""
    return [printable(line.expandtabs()).rstrip() for line in finding.details.splitlines()]


def total(report: Report) -> str:
    """How many of the parts are right, wrong, and neither.

    >>> total(Report("layers.py", parts=(Report("relu"), Report("affine"))))
    '2 right'
    """
    counts = Counter(part.verdict for part in report.parts)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])


def checked(report: Report) -> str:
    """The promises that were looked at, those of the parts included, each once."""
    return ", ".join(dict.fromkeys(map(one_line, _checked(report))))


def _checked(report: Report) -> Iterator[str]:
    yield from report.checked
    for part in report.parts:
        yield from _checked(part)
