"""The report: the table with the sheets' plots, one page that needs nothing but itself."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from chainrule.files import write_text_atomically
from chainrule.reproducing.experiment import Outcome
from chainrule.reproducing.terminal import summary
from chainrule.showing.page import render, versions
from chainrule.showing.svg import draw

__all__ = ["render_report", "write_report"]


def write_report(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the page, whole or not at all, in an existing folder."""
    write_text_atomically(path, render_report(outcomes))


def render_report(outcomes: Sequence[Outcome]) -> str:
    """The page's text."""
    sheets = [(group[0].sheet, group) for group in _by_sheet(outcomes)]
    plots = [plot for outcome in outcomes for plot in outcome.results.plots]
    return render(
        "chainrule.reproducing",
        "reproduction.html",
        draw(plots),
        date=datetime.date.today().isoformat(),
        reproduced=sum(outcome.reproduced for outcome in outcomes),
        count=len(outcomes),
        summary=summary(outcomes),
        sheets=sheets,
        seconds=sum(outcome.seconds for outcome in outcomes),
        versions=versions(),
    )


def _by_sheet(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    return [list(group) for _, group in groupby(outcomes, key=lambda outcome: outcome.sheet.name)]
