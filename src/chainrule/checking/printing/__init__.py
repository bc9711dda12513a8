"""A report in every form: `layout` decides the lines; `plain`, `terminal` and `notebook` put them into a medium."""

from __future__ import annotations

from chainrule.checking.printing.notebook import html
from chainrule.checking.printing.plain import text
from chainrule.checking.printing.terminal import rich_report

__all__ = ["html", "rich_report", "text"]
