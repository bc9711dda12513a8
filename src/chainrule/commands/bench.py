"""``chainrule bench``. Words in, words out; the work is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["EXAMPLES", "bench"]

EXAMPLES = "Examples:\n\nchainrule bench\n\nchainrule bench --json --save machine.json"


def bench(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    save: Annotated[Path | None, typer.Option(help="Write that document to a file, too.")] = None,
) -> None:
    """Measure this machine: its matrix products, its memory, and what to set so that NumPy is as fast as it can be."""
    from json import dumps

    from chainrule.files import check_writable, write_text_atomically
    from chainrule.measuring import machine
    from chainrule.measuring.terminal import table
    from chainrule.showing.terminal import console, say

    if save is not None:
        check_writable(save)
    found = machine(measure=True)
    document = dumps(found.as_dict(), indent=2)
    if json:
        typer.echo(document)
    else:
        console().print(table(found))
    if save is not None:
        write_text_atomically(save, document + "\n")
        if not json:
            say("written", save)
