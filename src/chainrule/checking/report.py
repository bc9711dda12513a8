"""A report: what was checked, the verdict, and the findings."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from chainrule.checking.finding import Finding

__all__ = ["Report", "Verdict"]

Verdict = Literal["right", "wrong", "cannot tell"]


@dataclass(frozen=True)
class Report:
    """What `check` found out about one subject.

    Args:
        subject: its name.
        findings: errors first.
        checked: the promises that were looked at, in words.
        like: what it was compared with; empty where differences were the only reference.
        parts: reports of the parts of a composite, or of the subjects of a file.
    """

    subject: str
    findings: tuple[Finding, ...] = ()
    checked: tuple[str, ...] = ()
    like: str = ""
    parts: tuple[Report, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """Right, wrong, or cannot tell; that of the worst part."""
        severities = {finding.severity for finding in self.all_findings}
        return "wrong" if "error" in severities else "cannot tell" if "unsure" in severities else "right"

    @property
    def passed(self) -> bool:
        """Whether everything was found to be right; warnings do not count."""
        return self.verdict == "right"

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """The parts' too."""
        return (*self.findings, *(finding for part in self.parts for finding in part.all_findings))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings, each once."""
        return tuple(dict.fromkeys(finding.code for finding in self.all_findings))

    def raise_if_failed(self) -> None:
        """For tests.

        Raises:
            AssertionError: something is wrong, or nobody could tell; the message is the report.
        """
        if not self.passed:
            raise AssertionError(f"\n{self}")

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        data: dict[str, Any] = {"subject": self.subject, "verdict": self.verdict, "passed": self.passed}
        if self.like:
            data["like"] = self.like
        data["findings"] = [finding.as_dict() for finding in self.findings]
        data["checked"] = list(self.checked)
        if self.parts:
            data["parts"] = [part.as_dict() for part in self.parts]
        return data

    def json(self) -> str:
        """The report as JSON text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)

    def __str__(self) -> str:
        from chainrule.checking.printing import text

        return text(self)

    def __repr__(self) -> str:
        return str(self)  # what an interactive session shows, and pytest where ``assert check(op).passed`` fails

    def __rich__(self) -> Any:
        from chainrule.checking.printing import rich_report

        return rich_report(self)

    def _repr_html_(self) -> str:
        from chainrule.checking.printing import html

        return html(self)
