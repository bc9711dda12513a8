"""Run again whenever a file is saved."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = ["files_behind", "watch"]

EVERY = 0.25  # seconds between two looks
SETTLING = 0.05  # an editor may write in several goes
PATIENCE = 8  # looks during which a file may be away: some editors remove it and put a new one in its place

Seen = dict[Path, tuple[int, bytes] | None]


def watch(
    run: Callable[[], int],
    files: Callable[[], Iterable[Path]],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run now, and again after each save, until Ctrl-C.

    Args:
        run: what to do; gives an exit status.
        files: which to look at; asked again before each run, as they may import others by then.
        sleep: waits so many seconds.

    Returns:
        The status of the last run that came to its end.
    """
    status = 0
    try:
        while True:
            seen = _look(files())  # before the run: what is saved meanwhile is run again
            status = run()
            _wait(seen, sleep)
    except KeyboardInterrupt:
        return status


def _wait(seen: Seen, sleep: Callable[[float], None]) -> None:
    """Until a file is another one than was seen, and stays as it is for a moment."""
    away = 0
    while True:
        sleep(EVERY)
        now = _look(seen)
        away = away + 1 if any(now[path] is None and seen[path] is not None for path in seen) else 0
        if now == seen or 0 < away < PATIENCE:
            continue
        sleep(SETTLING)
        if _look(seen) == now:
            return


def _look(files: Iterable[Path]) -> Seen:
    return {path: _seen(path) for path in files}


def _seen(path: Path) -> tuple[int, bytes] | None:
    """When the file was saved and what is in it, as clocks of file systems may be coarse; None if it is not there."""
    try:
        return path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None


def files_behind(where: str) -> list[Path]:
    """The files that decide what is checked: the one that is named, and those beside it that it imports.

    Args:
        where: ``my_layers.py::Affine``, or a module's name.
    """
    place = where.partition("::")[0].strip()
    path = Path(place).expanduser()
    if path.suffix.lower() not in (".py", ".ipynb"):
        path = _file_of_module(place) or path
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting += _imported_neighbours(one)
    return list(found)


def _file_of_module(name: str) -> Path | None:
    here = Path(*name.split("."))
    for path in (here.with_suffix(".py"), here / "__init__.py"):
        if path.is_file():
            return path
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return Path(spec.origin) if spec and spec.has_location and spec.origin else None


def _imported_neighbours(path: Path) -> list[Path]:
    """Files in the same folder that a file imports; none where it cannot be read, which its run will tell."""
    if path.suffix.lower() != ".py":
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {node.module} if node.module else {alias.name for alias in node.names}
    neighbours = (path.parent / f"{name.partition('.')[0]}.py" for name in sorted(names))
    return [neighbour for neighbour in neighbours if neighbour.is_file()]
