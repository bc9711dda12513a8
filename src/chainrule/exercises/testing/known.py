"""Which exercise a learner's file is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from chainrule.exercises.shelf import SHELF, find, listed, sources
from chainrule.exercises.source import Source

__all__ = ["NoExercise", "exercise_of", "marked_exercise", "stubs_left"]

# What `chainrule exercise new` writes into the first lines of a file; notebooks have it in their metadata.
MARKER = re.compile(r"^#\s*chainrule exercise:\s+([\w.-]+)", re.MULTILINE | re.IGNORECASE)
FIRST_LINES = 20


class NoExercise(ValueError):
    """Nobody can tell which exercise is meant; the message lists those that there are."""


def exercise_of(path: Path, names: Iterable[str], folder: Path = SHELF) -> Source:
    """The exercise that a learner's file is about: by its marker, else by the names that it defines.

    Args:
        path: of the file.
        names: that it defines.
        folder: of the sources.

    Raises:
        NoExercise: nobody can tell.
        ValueError: the file names an exercise that there is not.
    """
    if name := marked_exercise(path):
        return find(name, folder)
    own, known = set(names), sources(folder)
    shares = [(len(own & _asked(source)) / len(_asked(source)), source) for source in known if _asked(source)]
    best = max((share for share, _ in shares), default=0.0)
    likely = [source for share, source in shares if share == best and best > 0]
    if len(likely) == 1:
        return likely[0]
    if likely:
        several = [source.exercise.name for source in likely]
        raise NoExercise(f"{path.name} may belong to each of {', '.join(several)}; say which: --exercise {several[0]}")
    there = listed(source.exercise.name for source in known)
    raise NoExercise(f"{path.name} belongs to no exercise that is known; say which: --exercise NAME; {there}")


def _asked(source: Source) -> set[str]:
    return {name.partition(".")[0] for task in source.exercise.tasks for name in task.names}


def marked_exercise(path: Path) -> str:
    """The exercise that a generated file names; empty where it names none."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return ""
    if path.suffix.lower() != ".ipynb":
        found = MARKER.search("\n".join(text.splitlines()[:FIRST_LINES])) or _calls(text)
        return found[1] if found else ""
    try:
        notebook = json.loads(text)
        named = notebook["metadata"]["chainrule"]["exercise"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = _calls(text)
        return found[1] if found else ""
    return named if isinstance(named, str) else ""


def _calls(text: str) -> re.Match[str] | None:
    """``tests_of("affine", globals())``: every generated file has such a line."""
    return re.search(r"\btests_of\(\s*\\?[\"']([\w.-]+)\\?[\"']", text)


def stubs_left(path: Path) -> int:
    """How many stubs a learner's file still has."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").count("raise NotImplementedError")
    except OSError:
        return 0
