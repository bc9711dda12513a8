"""``chainrule exercise lint``: sources in, what is wrong with them and an exit status out."""

from __future__ import annotations

import json as documents
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["NOT_SOUND", "SOUND", "UNUSABLE", "lint_program"]

SOUND, NOT_SOUND, UNUSABLE = 0, 1, 2


def lint_program(
    paths: Sequence[Path | str],
    *,
    json: bool = False,
    mutants: bool = True,
    seconds: float = 10.0,
    workers: int | None = None,
) -> int:
    """Print what is wrong with exercises, and give the exit status.

    Args:
        paths: of sources, or names of installed exercises.
        json: print one JSON document and nothing else.
        mutants, seconds, workers: as for `lint`.

    Returns:
        0: all are sound. 1: something is wrong with one. 2: one cannot be read.
    """
    from chainrule.exercises.linting.lint import lint
    from chainrule.exercises.shelf import find
    from chainrule.showing.text import printable

    status, reports = SOUND, []
    for path in paths:
        try:
            source = find(path)
        except (ValueError, OSError) as error:
            sys.stderr.write(f"error: {printable(error)}\n")
            status = UNUSABLE
            continue
        with _Progress(source.path.name) as progress:
            report = lint(source, mutants=mutants, seconds=seconds, workers=workers, progress=progress.show)
        reports.append(report)
        status = max(status, SOUND if report.passed else NOT_SOUND)
        if not json:
            sys.stdout.write(f"{report}\n")
    if json:
        sys.stdout.write(documents.dumps([report.as_dict() for report in reports], indent=2) + "\n")
    sys.stdout.flush()
    return status


class _Progress:
    """A bar on a terminal; nothing where standard error is none."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self.bar = Progress(console=console, transient=True, disable=not console.is_terminal)
        self.task = self.bar.add_task(name.replace("[", r"\["), total=None)

    def __enter__(self) -> _Progress:
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def show(self, done: int, count: int) -> None:
        """So many of so many are done."""
        self.bar.update(self.task, completed=done, total=count)
