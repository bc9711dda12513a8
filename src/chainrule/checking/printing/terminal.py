"""A report on a terminal: the same lines, in colours that are legible on light and on dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chainrule.checking.printing.layout import layout
from chainrule.checking.report import Report

__all__ = ["rich_report"]

WIDEST = 100  # columns; longer lines are harder to read

STYLES = {
    "name": "bold",
    "right": "bold green",
    "wrong": "bold red",
    "cannot tell": "bold magenta",
    "error": "bold red",
    "warning": "bold yellow",
    "unsure": "bold magenta",
    "sides": "cyan",
    "hint": "italic",
    "quiet": "dim",
}


def rich_report(report: Report) -> Any:
    """What rich prints for the report; every word is text there, never markup."""
    return _Printed(report)


@dataclass(frozen=True)
class _Printed:
    report: Report

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        for line in layout(self.report, min(options.max_width, WIDEST)):
            pieces = [(piece.text, STYLES.get(piece.role, "")) for piece in line.pieces]
            yield Text.assemble(*pieces, overflow="fold")
