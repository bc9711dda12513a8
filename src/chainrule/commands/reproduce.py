"""``chainrule reproduce``. Words in, words out; the work is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["EXAMPLES", "reproduce"]

EXAMPLES = "Examples:\n\nchainrule reproduce\n\nchainrule reproduce tum-ml-9 edf-1 --out sheets.html"


def reproduce(
    sheets: Annotated[
        list[str] | None, typer.Argument(metavar="[SHEET]...", help="i2dl-4, i2dl-5, tum-ml-9, edf-1; all if none.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the report goes, an HTML page.")] = Path("reproduction.html"),
) -> None:
    """Run the course sheets' experiments and print their numbers beside ours.

    The exit status is 0 only if everything was reproduced; what needs absent data does not count.
    """
    from chainrule.files import check_writable
    from chainrule.reproducing import chosen_sheets
    from chainrule.reproducing.report import write_report
    from chainrule.reproducing.terminal import show, summary, watched
    from chainrule.showing.terminal import say

    chosen = chosen_sheets(sheets or ())
    check_writable(out)
    outcomes = []
    for sheet in chosen:
        outcomes_of_sheet = list(watched([sheet]))
        show(outcomes_of_sheet)
        outcomes += outcomes_of_sheet
    write_report(out, outcomes)
    say("result", summary(outcomes))
    say("report", out)
    raise typer.Exit(0 if all(outcome.reproduced for outcome in outcomes) else 1)
