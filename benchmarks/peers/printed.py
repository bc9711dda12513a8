"""The result as tables on a terminal, and its numbers in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.peers.catalogue import HAND, peer

__all__ = ["megabytes", "notes", "once_table", "seconds", "step_table", "telling"]

Result = dict[str, Any]


def seconds(value: float) -> str:
    """Three digits in a unit that fits.

    >>> seconds(0.0000123), seconds(0.0456), seconds(12.3)
    ('12.3 us', '45.6 ms', '12.3 s')
    """
    for factor, unit in ((1e6, "us"), (1e3, "ms")):
        if value * factor < 999.5:
            return f"{value * factor:.3g} {unit}"
    return f"{value:.3g} s" if value < 999.5 else f"{value:.0f} s"


def megabytes(value: float) -> str:
    """Mebibytes.

    >>> megabytes(5 * 2**20), megabytes(0.3 * 2**20)
    ('5 MiB', '0.3 MiB')
    """
    size = value / 2**20
    return f"{size:,.0f} MiB" if size >= 1 else f"{size:.1f} MiB"


@contextmanager
def telling(console: Console) -> Iterator[Callable[[str], None]]:
    """A function that says how far it is: on one line of a terminal, elsewhere as lines with the minutes gone."""
    started = time.monotonic()

    def line(text: str) -> None:
        console.print(f"{(time.monotonic() - started) / 60:4.1f} min  {text}", highlight=False, style="dim")

    if not console.is_terminal:
        yield line
        return
    # Redrawn twice a second and not more: it would take the core that somebody's second thread is measured on.
    with console.status("...", refresh_per_second=2) as status:
        yield status.update


def step_table(result: Result) -> Table:
    """Time per step, and in brackets as a multiple of NumPy by hand."""
    table = Table("", *(record["title"] for record in result["workloads"]), title="time per step (x NumPy by hand)")
    names = dict.fromkeys(name for record in result["workloads"] for name in record["cells"])
    for name in names:
        known = peer(name)
        cells = [_step(record["cells"], name) for record in result["workloads"]]
        table.add_row(known.label, *cells, style="bold" if known.ours else "")
    return table


def _step(cells: dict[str, Any], name: str) -> str:
    cell = cells.get(name)
    if cell is None:
        return ""
    if "gap" in cell:
        return cell["gap"]
    median = cell["step"]["median"]
    hand = cells.get(HAND.name, {}).get("step")
    times = f" ({median / hand['median']:.2f})" if hand else ""
    return seconds(median) + times + (" *" if cell.get("scaled") else "")


def once_table(result: Result) -> Table:
    """What is paid once, and the time to an accuracy."""
    heads = ("import", "first step", "peak memory", "installed", "with requirements", "to 97 % on MNIST")
    table = Table("", *heads, title="paid once: 64-32-10, batch 32")
    for name, cell in result["once"].items():
        reached = _reached(result["accuracy"].get(name, {"gap": ""}))
        known = peer(name)
        if "gap" in cell:
            table.add_row(known.label, cell["gap"], "", "", "", "", reached)
            continue
        table.add_row(
            known.label,
            seconds(cell["import_seconds"]["median"]),
            seconds(cell["first_step"]["median"]),
            megabytes(cell["peak_memory"]["median"]),
            megabytes(cell["size"]),
            megabytes(cell["size_with_requirements"]),
            reached,
            style="bold" if known.ours else "",
        )
    return table


def _reached(cell: dict[str, Any]) -> str:
    if "gap" in cell:
        return cell["gap"]
    return f"{seconds(cell['seconds']['median'])}, {len(cell['accuracies'])} epochs"


def notes(result: Result) -> list[str]:
    """What the tables don't hold: where peers ran, and LogisticRegression, which solves another way."""
    devices = {
        f"{peer(name).label}: {cell['device']}"
        for record in result["workloads"]
        for name, cell in record["cells"].items()
        if cell.get("device")
    }
    found = [f"ran on  {'; '.join(sorted(devices))}"] if devices else []
    compared = result["logistic"]
    if "gap" in compared:
        return [*found, f"LogisticRegression: {compared['gap']}"]
    ours, theirs = compared["ours"], compared["theirs"]
    return [
        *found,
        f"784-10 on MNIST to a training loss of {ours['loss']:.4f}: chainrule, numpy engine, {compared['epochs']} "
        f"epochs, {seconds(ours['seconds'])}; LogisticRegression, {theirs['iterations']} iterations "
        f"to {theirs['loss']:.4f}, {seconds(theirs['seconds'])}",
    ]
