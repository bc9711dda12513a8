"""A machine as a table for the terminal."""

from __future__ import annotations

from typing import Any

from chainrule.measuring.record import Machine

__all__ = ["table"]


def table(machine: Machine) -> Any:
    """The facts and rates, and below them the advice."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, show_header=False)
    shown.add_column(style="bold cyan", no_wrap=True)
    shown.add_column(overflow="fold")
    for label, text in machine.rows():
        shown.add_row(label, Text(text))
    for advice in machine.advice or ("nothing to set: cores, threads and kernels fit one another",):
        shown.add_row("advice", Text(str(advice)))
    return shown
