"""How training is followed: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self

__all__ = ["Progress", "choose_progress", "log_line"]

Row = dict[str, Any]  # of a history


class Progress(Protocol):
    """Shown the rows that come to the history: one after each epoch, or several after short ones."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *details: Any) -> None: ...
    def show(self, rows: Sequence[Row]) -> None: ...


def choose_progress(wanted: bool | None, epochs: int, print_every: int | None) -> Progress:
    """A bar where somebody can see it, lines where the output goes to a file, nothing where it isn't wanted."""
    if wanted is False:
        return Silent()
    every = print_every or max(1, epochs // 10)
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    return Bar(epochs, every) if on_terminal else Lines(epochs, every)


def log_line(row: Row, epochs: int) -> str:
    """One epoch as the course sheets log it.

    >>> log_line({"epoch": 50, "train_loss": 0.22749, "validation_loss": None}, 501)
    'Epoch   50, loss = 0.2275'
    >>> log_line({"epoch": 3, "train_loss": 2.5e-6, "validation_loss": 0.31}, 10)
    'Epoch    3, loss = 2.5000e-06, validation loss = 0.3100'
    """
    line = f"Epoch {row['epoch']:{max(4, len(str(epochs - 1)))}d}, loss = {_shown(row['train_loss'])}"
    if row["validation_loss"] is not None:
        line += f", validation loss = {_shown(row['validation_loss'])}"
    return line


def _shown(loss: float) -> str:
    """Four decimals, as on the sheets, where they say something."""
    return f"{loss:.4f}" if loss == 0 or 1e-3 <= abs(loss) < 1e6 else f"{loss:.4e}"


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: Any) -> None:
        pass

    def show(self, rows: Sequence[Row]) -> None:
        pass


class Lines:
    """A line every few epochs, and one for the last, whichever that turns out to be."""

    def __init__(self, epochs: int, every: int, write: Callable[[str], None] | None = None) -> None:
        self.epochs = epochs
        self.every = every
        self.write = functools.partial(print, flush=True) if write is None else write
        self.waiting: Row | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: Any) -> None:
        if self.waiting is not None:
            self.write(log_line(self.waiting, self.epochs))

    def show(self, rows: Sequence[Row]) -> None:
        for row in rows:
            due = row["epoch"] % self.every == 0
            self.waiting = None if due else row
            if due:
                self.write(log_line(row, self.epochs))


class Bar:
    """Rich's progress bar, with the log's lines above it."""

    def __init__(self, epochs: int, every: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            transient=True,
        )
        self.task = self.bar.add_task("training", total=epochs, loss="-")
        self.lines = Lines(epochs, every, functools.partial(self.bar.console.print, highlight=False))

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *details: Any) -> None:
        self.lines.__exit__()
        self.bar.stop()

    def show(self, rows: Sequence[Row]) -> None:
        self.bar.update(self.task, completed=rows[-1]["epoch"] + 1, loss=_shown(rows[-1]["train_loss"]))
        self.lines.show(rows)
