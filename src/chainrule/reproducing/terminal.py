"""The table on a terminal, and what is said while experiments run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from chainrule.reproducing.experiment import Experiment, Outcome, Sheet
from chainrule.reproducing.sheets import run
from chainrule.showing.terminal import console
from chainrule.showing.text import printable

__all__ = ["show", "summary", "watched"]

WIDEST = 112  # columns; wider tables are harder to read along


def watched(sheets: Sequence[Sheet]) -> Iterator[Outcome]:
    """Run the experiments; a terminal is told which one is running."""
    screen = console()
    if not screen.is_terminal:
        yield from run(sheets)
        return
    with screen.status("") as status:

        def starting(sheet: Sheet, experiment: Experiment) -> None:
            status.update(f"{sheet.name}: {experiment.title}")

        yield from run(sheets, starting)


def show(outcomes: Sequence[Outcome]) -> None:
    """One table a sheet: what was measured, what the sheet printed, what came out, verdict."""
    screen = console()
    for _, group in groupby(outcomes, key=lambda outcome: outcome.sheet.name):
        table = _table(list(group))
        table.width = min(screen.width, WIDEST)
        screen.print(table)


def _table(outcomes: Sequence[Outcome]) -> Any:
    from rich import box
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    sheet = outcomes[0].sheet
    table = Table(
        title=f"{sheet.name}: {sheet.title}", title_justify="left", title_style="bold cyan", box=box.SIMPLE_HEAD
    )
    for heading, ratio in (("", 9), ("the sheet", 6), ("here", 6)):
        table.add_column(heading, ratio=ratio, overflow="fold")
    table.add_column("verdict", width=len("reproduced"))
    for outcome in outcomes:
        table.add_row(Text(printable(outcome.experiment.title), "bold"), *_why_not_run(outcome))
        for finding in outcome.results.findings:
            verdict = Text(finding.verdict, "green" if finding.reproduced else "bold red")
            what = Padding(printable(finding.what), (0, 0, 0, 2))
            table.add_row(what, *map(printable, (finding.printed, finding.got)), verdict)
        table.add_section()
    return table


def _why_not_run(outcome: Outcome) -> tuple[Any, ...]:
    from rich.text import Text

    if outcome.missing is None:
        return ()
    return f"needs {outcome.experiment.needs}", "", Text("not run", "yellow")


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many experiments were reproduced, in a sentence; what did not run is not among them."""
    reproduced = sum(outcome.reproduced for outcome in outcomes)
    absent = [outcome for outcome in outcomes if outcome.missing is not None]
    sentence = f"{reproduced} of {len(outcomes)} experiments reproduced"
    differing = len(outcomes) - reproduced - len(absent)
    if differing:
        sentence += f", {differing} differ"
    if absent:
        names = " ".join(dict.fromkeys(str(outcome.experiment.needs) for outcome in absent))
        sentence += f", {len(absent)} not run for want of data: chainrule data fetch {names}"
    return sentence
