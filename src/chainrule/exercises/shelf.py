"""Where sources are: ours by name, a teacher's own by path."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chainrule.exercises.source import Source, SourceError, read_source

__all__ = ["SHELF", "Entry", "available", "find", "is_installed", "listed", "sources", "table"]

SHELF = Path(__file__).parent / "sources"


@dataclass(frozen=True)
class Entry:
    """An exercise in the list.

    Args:
        name: for the command line.
        title: for people.
        tasks: their names.
        points: of all tasks.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    points: float


def available(folder: Path = SHELF) -> list[Entry]:
    """The exercises of a folder as entries of a list, by name."""
    return [
        Entry(made.name, made.title, tuple(task.name for task in made.tasks), made.points)
        for made in (source.exercise for source in sources(folder))
    ]


def sources(folder: Path = SHELF) -> list[Source]:
    """The exercises of a folder, by name. Files that are no exercise are left out."""
    return sorted(_sources(folder), key=lambda source: source.exercise.name)


def find(name_or_path: str | Path, folder: Path = SHELF) -> Source:
    """One of our exercises by its name, or a teacher's own by its path.

    Raises:
        ValueError: there is no exercise of that name; the message lists those that there are, the closest first.
        FileNotFoundError: there is no such file.
        SourceError: the file is no exercise.
    """
    wanted = str(name_or_path)
    if isinstance(name_or_path, Path) or _is_path(wanted):
        return _read(Path(name_or_path))
    own = folder / f"{re.sub(r'[^0-9A-Za-z]', '_', wanted)}.py"
    known = [read_source(own)] if wanted and own.is_file() else list(_sources(folder))
    for source in known:
        if wanted in (source.exercise.name, source.path.stem):
            return source
    raise ValueError(_unknown(wanted, [entry.name for entry in available(folder)]))


def is_installed(source: Source, folder: Path = SHELF) -> bool:
    """Whether a source is one of ours, which every learner has with chainrule."""
    return source.path.resolve().parent == folder.resolve()


def table(entries: list[Entry]) -> object:
    """The exercises as a table for the terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from chainrule.showing.text import figures, printable

    shown = Table(box=box.SIMPLE_HEAD)
    shown.add_column("name", no_wrap=True)
    shown.add_column("title")
    shown.add_column("tasks")
    shown.add_column("points", justify="right", no_wrap=True)
    for entry in entries:
        words = (entry.name, entry.title, ", ".join(entry.tasks), figures(entry.points))
        shown.add_row(*(Text(printable(word)) for word in words))
    return shown


def _sources(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        try:
            source = read_source(path)
            assert source.exercise
        except SourceError:
            continue
        yield source


def _is_path(text: str) -> bool:
    return text.endswith((".py", "/", "\\")) or "/" in text or "\\" in text or text.startswith("~")


def _read(path: Path) -> Source:
    path = path.expanduser()
    if path.is_dir():
        raise SourceError(f"{path} is a folder. Give the exercise's source, one Python file.")
    if not path.exists():
        raise FileNotFoundError(
            f"there is no file {path}. Give the exercise's source, or one of our exercises by name."
        )
    return read_source(path)


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name.lower(), known, n=len(known) or 1, cutoff=0.5)
    names = [*close, *(other for other in known if other not in close)]
    own = f"A source of your own is given by its path, such as ./{name or 'my'}.py"
    return f"there is no exercise {name!r}. T{listed(names)[1:]}. {own}"


def listed(names: Iterable[str]) -> str:
    """``"there is edf-1, i2dl-5"``, for messages.

    >>> listed(["edf-1", "i2dl-5"]), listed([])
    ('there is edf-1, i2dl-5', 'there are none')
    """
    words = ", ".join(names)
    return f"there is {words}" if words else "there are none"
