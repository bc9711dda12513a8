"""The datasets that can be fetched, in words: what the command ``chainrule data`` says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.data.sources import SOURCES, Source, source
from chainrule.data.store import VARIABLE, Holding, cache_folder, check_own, fetch, find, user_folder

__all__ = ["Entry", "entries", "fetch_named", "places", "table"]


@dataclass(frozen=True)
class Entry:
    """A dataset in the list.

    Args:
        name: what it is called in commands.
        what: it holds.
        size: of its files, such as ``"11.6 MB"``.
        where: ``"CHAINRULE_DATA"``, ``"cache"`` or ``"not here"``.
        state: whether it can be read, and if not, what to do.
    """

    name: str
    what: str
    size: str
    where: str
    state: str


def entries() -> list[Entry]:
    """One entry for each dataset."""
    return [_entry(wanted, find(wanted)) for wanted in SOURCES.values()]


def table(rows: Sequence[Entry]) -> Any:
    """The entries as a table for the terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table("name", "what it is", box=box.SIMPLE_HEAD)
    shown.add_column("size", justify="right", no_wrap=True)
    shown.add_column("where", no_wrap=True)
    shown.add_column("state")
    for row in rows:
        shown.add_row(*(Text(text) for text in (row.name, row.what, row.size, row.where, row.state)))
    return shown


def places() -> list[tuple[str, str, str]]:
    """The places that are looked at, in this order: name, path, and ``"exists"``, ``"missing"`` or ``"not set"``."""
    own, cache = user_folder(), cache_folder()
    return [
        (VARIABLE, "", "not set") if own is None else (VARIABLE, str(own), _existence(own.is_dir())),
        ("cache", str(cache), _existence(cache.is_dir())),
    ]


def fetch_named(names: Sequence[str], *, force: bool = False) -> Iterator[tuple[str, str]]:
    """Fetch the datasets of these names, or all where none is given; says a label and a line for each.

    What is here already stays, unless ``force`` asks to fetch it again.
    """
    for wanted in [source(name) for name in names or SOURCES]:
        holding = find(wanted)
        check_own(holding, wanted)
        if holding.is_complete and not force:
            yield "here", f"{wanted.name}: {holding.folder} ({holding.place})"
            continue
        fetch(wanted, force=force)
        yield "fetched", f"{wanted.name}: {_megabytes(wanted.size)} in {cache_folder()}"
        yield "licence", wanted.licence
        if holding.is_own:
            yield "note", f"{VARIABLE} comes before the cache: {wanted.name} is still read from {holding.folder}"


def _entry(wanted: Source, holding: Holding) -> Entry:
    here = bool(holding.paths or holding.damaged)
    return Entry(
        wanted.name,
        wanted.what,
        _megabytes(wanted.size),
        holding.place if here else "not here",
        _state(holding, wanted),
    )


def _state(holding: Holding, wanted: Source) -> str:
    if holding.is_complete:
        return "complete"
    if holding.is_own:
        return f"{len(holding.paths)} of {len(wanted.files)} files; missing: {', '.join(holding.missing)}"
    remedy = f"chainrule data fetch {wanted.name}"
    if holding.damaged:
        return f"damaged: {remedy} --force"
    if holding.paths:
        return f"{len(holding.paths)} of {len(wanted.files)} files: {remedy}"
    return remedy


def _megabytes(size: int) -> str:
    """The size as download pages give it.

    >>> _megabytes(460_676)
    '0.5 MB'
    """
    return f"{size / 1e6:.1f} MB"


def _existence(exists: bool) -> str:
    return "exists" if exists else "missing"
