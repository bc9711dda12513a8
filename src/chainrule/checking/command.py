"""``chainrule check``: places in, reports and an exit status out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from json import dumps
from pathlib import Path
from typing import Any

from chainrule.checking.finding import Finding
from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.report import Report

__all__ = ["RIGHT", "UNUSABLE", "WRONG", "Checked", "check_places", "run_command"]

RIGHT, WRONG, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Checked:
    """What came out.

    Args:
        places: a report for each, whose parts are its subjects; of one that could not be loaded, with the reason.
    """

    places: tuple[Report, ...]

    @property
    def loaded(self) -> list[Report]:
        """The places that could be loaded; a subject alone stands without its file."""
        return [place.parts[0] if len(place.parts) == 1 else place for place in self.places if place.parts]

    @property
    def problems(self) -> list[Finding]:
        """Why the others could not."""
        return [finding for place in self.places if not place.parts for finding in place.findings]

    @property
    def status(self) -> int:
        """0: all is right. 1: something is wrong, or nobody can tell. 2: a place could not be loaded."""
        return UNUSABLE if self.problems else RIGHT if self.report.passed else WRONG

    @property
    def report(self) -> Report:
        """All of it: the place's report, or one with a part for each place."""
        name = " ".join(place.subject for place in self.places)
        return self.places[0] if len(self.places) == 1 else Report(name, parts=self.places)


def check_places(places: Sequence[str], **options: Any) -> Checked:
    """Check everything at these places.

    Args:
        places: ``my_layers.py``, ``my_notebook.ipynb::Affine``, ``package.module::name``.
        options: ``like``, ``reduction`` and ``seed``, for every subject.

    Raises:
        ValueError: an option has a value that there is not.
    """
    from chainrule.checking.composing import check_subjects
    from chainrule.checking.diagnosing.reference import REDUCTIONS
    from chainrule.checking.loading import load

    reduction = options.get("reduction")
    if reduction is not None and reduction.removeprefix("loss ") not in REDUCTIONS:
        raise ValueError(f"there is no reduction {reduction!r}; there is {', '.join(map(repr, REDUCTIONS))}.")
    reports = []
    for place in places:
        try:
            reports.append(check_subjects(place, load(place), **options))
        except NotCheckable as problem:
            reports.append(Report(place, (problem.finding,)))
    return Checked(tuple(reports))


def run_command(
    places: Sequence[str],
    *,
    json: bool = False,
    watch: bool = False,
    quiet: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], time.struct_time] = time.localtime,
    **options: Any,
) -> int:
    """Check, print, and give the exit status.

    Args:
        places: as for `check_places`.
        json: print one JSON document and nothing else.
        watch: run again whenever a file is saved.
        quiet: print a line for each subject.
        sleep: waits so many seconds.
        clock: tells the time.
        options: as for `check_places`.
    """
    if json and watch:
        raise ValueError("--watch prints a report after every save, and --json one document. Choose one of them.")
    from chainrule.checking.watching import files_behind
    from chainrule.checking.watching import watch as run_again

    def files() -> list[Path]:
        return [path for place in places for path in files_behind(place)]

    if watch and any(path.is_file() for path in files()):
        status = run_again(partial(_run_watched, places, options, quiet, clock), files, sleep=sleep)
        sys.stdout.write("\n" if sys.stdout.isatty() else "")  # after the ^C that a terminal shows
        return status
    return _run(places, options, json, quiet)  # a wrong name is told at once; there is nothing to wait for


def _run(places: Sequence[str], options: dict[str, Any], json: bool, quiet: bool) -> int:
    checked = check_places(places, **options)
    if json:
        # In ASCII, so that it is JSON in whatever encoding the stream has.
        sys.stdout.write(dumps(checked.report.as_dict(), indent=2) + "\n")
        return checked.status
    return _show(checked, quiet)


def _run_watched(
    places: Sequence[str], options: dict[str, Any], quiet: bool, clock: Callable[[], time.struct_time]
) -> int:
    from rich.text import Text

    from chainrule.showing.terminal import console

    checked = check_places(places, **options)
    screen = console()
    if screen.is_terminal:
        screen.clear()
    status = _show(checked, quiet)
    told = f"{time.strftime('%H:%M:%S', clock())}  runs again when the file is saved; Ctrl-C ends"
    screen.print(Text(told, "dim"))
    return status


def _show(checked: Checked, quiet: bool) -> int:
    """Reports on standard output; on standard error why a place could not be loaded."""
    from chainrule.checking.printing import wording
    from chainrule.showing.terminal import console

    screen = console()
    for number, report in enumerate(checked.loaded):
        if quiet:
            screen.print("\n".join(_verdicts(report)), markup=False, soft_wrap=True)
        else:
            screen.print(*([""] if number else []), report, sep="\n")
    sys.stdout.flush()
    for problem in checked.problems:
        lines = [f"error: {wording.one_line(problem.message)}", wording.one_line(problem.hint)]
        sys.stderr.write("\n".join(line for line in [*lines, *wording.details(problem)] if line) + "\n")
    sys.stderr.flush()
    return checked.status


def _verdicts(report: Report) -> list[str]:
    from chainrule.checking.printing import wording

    subjects = report.parts or (report,)
    codes = [f" ({', '.join(subject.codes)})" if subject.codes else "" for subject in subjects]
    return [
        f"{wording.heading(subject)}: {wording.outcome(subject)}{listed}"
        for subject, listed in zip(subjects, codes, strict=True)
    ]
