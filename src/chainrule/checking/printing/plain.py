"""A report as plain text."""

from __future__ import annotations

from chainrule.checking.printing.layout import layout
from chainrule.checking.report import Report

__all__ = ["text"]


def text(report: Report, width: int = 80) -> str:
    """The report as text, without colour.

    >>> print(text(Report("relu", checked=("gradients match", "backward can run twice"), like="relu")))
    relu: right (compared with relu)
      checked: gradients match, backward can run twice

    Args:
        report: to be shown.
        width: of the lines, in characters.
    """
    return "\n".join(str(line).rstrip() for line in layout(report, width))
