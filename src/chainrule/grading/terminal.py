"""What ``chainrule grade`` says: a bar while it runs, and a summary of the class."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.exercises.exercise import Exercise
from chainrule.grading.chunks import BEST
from chainrule.grading.result import Grade
from chainrule.showing.terminal import console, say
from chainrule.showing.text import counted, figures, printable, shortened

__all__ = ["LEVELS", "error", "show_summary", "watched"]

# From the best to the worst; whatever is not among them is taken for the worst.
LEVELS = (BEST, "seccomp+namespaces", "seccomp only", "rlimits only", "none")
_BINS = 5
_BAR = 30
_MOST_LISTED = 10


def error(problem: object) -> None:
    """One line on standard error."""
    sys.stderr.write(f"error: {printable(' '.join(str(problem).split()))}\n")
    sys.stderr.flush()


@contextmanager
def watched() -> Iterator[Callable[[int, int, Grade | None], None]]:
    """A bar on standard error, or none where it is no terminal; gives what to call after each submission."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    screen = Console(stderr=True)
    columns = (TextColumn("graded"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as progress:
        task = progress.add_task("graded", total=None)

        def show(done: int, total: int, _grade: Grade | None) -> None:
            progress.update(task, completed=done, total=total)

        yield show


def show_summary(
    exercise: Exercise, grades: Sequence[Grade], out: Path, seconds: float, written: Sequence[Path] = ()
) -> None:
    """Points, tasks, what a teacher should look at, and where all of it is.

    Args:
        exercise: that was graded.
        grades: of the class.
        out: the folder.
        seconds: that it took.
        written: the reports.
    """
    graded = [grade for grade in grades if not grade.grader_error]
    screen = console()
    say("graded", f"{counted(len(graded), 'submission')} of {exercise.name} in {figures(seconds, 3)} s")
    if graded:
        screen.print(_distribution(exercise, graded))
        screen.print(_tasks(exercise, graded))
    _show_confinement(grades)
    _show_named("noted", "handed in with a problem", [(one.submission, one.problems) for one in grades])
    _show_named("flags", "flagged", [(one.submission, one.flags) for one in grades])
    errors = [(one.submission, (one.grader_error,)) for one in grades if one.grader_error]
    if errors:
        _loud("GRADER ERRORS: these submissions have no grade. Run the command again to try once more.")
        _show_named("errors", "not graded", errors)
    for path in [path for path in written if path.parent == out]:
        say("written", path)


def _distribution(exercise: Exercise, grades: Sequence[Grade]) -> Any:
    """How many reached how many points."""
    from rich.text import Text

    most = exercise.points
    counts = Counter(min(int(_BINS * grade.points / most), _BINS - 1) if most else 0 for grade in grades)
    full = sum(grade.points >= most for grade in grades)
    table = _table("points", "submissions", "")
    for number in reversed(range(_BINS)):
        low, high = most * number / _BINS, most * (number + 1) / _BINS
        last = number == _BINS - 1
        name = f"{figures(low)} to {figures(high)}" if last else f"{figures(low)} to below {figures(high)}"
        count = counts[number]
        bar = "█" * round(_BAR * count / len(grades)) + (f" {full} with all points" if last and full else "")
        table.add_row(Text(name), Text(f"{count:,}"), Text(bar, "cyan"))
    return table


def _tasks(exercise: Exercise, grades: Sequence[Grade]) -> Any:
    from rich.text import Text

    table = _table("task", "passed in all tests", "mean points")
    for place, task in enumerate(exercise.tasks):
        reached = [grade.tasks[place] for grade in grades if place < len(grade.tasks)]
        solved = sum(all(test.passed for test in one.tests) for one in reached)
        mean = sum(one.points for one in reached) / max(len(reached), 1)
        words = (task.title or task.name, f"{solved:,} of {len(reached):,}", f"{mean:.2f} of {figures(task.points)}")
        table.add_row(*(Text(printable(word)) for word in words))
    return table


def _table(first: str, second: str, third: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(first)
    table.add_column(second, justify="right")
    table.add_column(third)
    return table


def _show_confinement(grades: Sequence[Grade]) -> None:
    """The lowest level that any submission ran at; loudly where it is not the best."""
    levels = {grade.confinement for grade in grades if grade.confinement}
    if levels == {BEST}:
        say("level", f"{BEST}: submissions could only compute")
    elif levels:
        lowest = max(levels, key=lambda level: LEVELS.index(level) if level in LEVELS else len(LEVELS))
        _loud(
            f"CONFINEMENT: {printable(lowest)}. Submissions could do more on this machine than compute. "
            "Use Linux 5.13 or later, or a container; --require-confinement refuses to run like this."
        )


def _show_named(label: str, what: str, named: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Who, with the first sentence; the pages have all."""
    those = [(name, sentences) for name, sentences in named if sentences]
    if not those:
        return
    say(label, f"{counted(len(those), 'submission')} {what}")
    for name, sentences in those[:_MOST_LISTED]:
        more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
        say("", f"{shortened(name, 40)}: {shortened(sentences[0], 160)}{more}")
    if len(those) > _MOST_LISTED:
        say("", f"and {counted(len(those) - _MOST_LISTED, 'more submission')}")


def _loud(line: str) -> None:
    from rich.text import Text

    console().print(Text(line, "bold red"))
