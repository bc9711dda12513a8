"""How training is followed: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Protocol, Self

from chainrule.learning.history import History

__all__ = ["Progress", "choose_progress", "log_line"]


class Progress(Protocol):
    """Shown the history after every epoch."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, history: History) -> None: ...


def choose_progress(wanted: bool | None, epochs: int, print_every: int | None) -> Progress:
    """A bar where somebody can see it, lines where the output goes to a file, nothing where it isn't wanted."""
    every = print_every or max(1, epochs // 10)
    if wanted is False:
        return Silent()
    return Bar(epochs, every) if sys.stdout.isatty() else Lines(epochs, every)


def log_line(row: dict[str, Any], epochs: int) -> str:
    """One epoch as the course sheets log it.

    >>> log_line({"epoch": 50, "train_loss": 0.2275, "validation_loss": None}, 501)
    'Epoch  50, loss = 0.2275'
    """
    line = f"Epoch {row['epoch']:{len(str(epochs - 1))}d}, loss = {row['train_loss']:.4f}"
    if row["validation_loss"] is not None:
        line += f", validation loss = {row['validation_loss']:.4f}"
    return line


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: Any) -> None:
        pass

    def show(self, history: History) -> None:
        pass


class Lines(Silent):
    """A line every few epochs, and one for the last."""

    def __init__(self, epochs: int, every: int) -> None:
        self.epochs = epochs
        self.every = every

    def show(self, history: History) -> None:
        row = history.rows[-1]
        if row["epoch"] % self.every == 0 or row["epoch"] == self.epochs - 1:
            print(log_line(row, self.epochs), flush=True)


class Bar:
    """Rich's progress bar, with the log's lines above it."""

    def __init__(self, epochs: int, every: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.epochs = epochs
        self.every = every
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            transient=True,
        )
        self.task = self.bar.add_task("training", total=epochs, loss="-")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *details: Any) -> None:
        self.bar.stop()

    def show(self, history: History) -> None:
        row = history.rows[-1]
        self.bar.update(self.task, completed=row["epoch"] + 1, loss=f"{row['train_loss']:.4f}")
        if row["epoch"] % self.every == 0 or row["epoch"] == self.epochs - 1:
            self.bar.console.print(log_line(row, self.epochs), highlight=False)
