"""The files of a submission as they lie there: names and bytes, from a folder, a zip or a single file, in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from chainrule.grading.intake.bounds import BOUNDS, Bounds
from chainrule.showing.text import shortened

__all__ = ["ARCHIVES", "Found", "is_code", "is_ignored", "read_bytes"]

CODE = (".py", ".ipynb")
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar", ".egg", ".whl")
_IGNORED = ("__MACOSX", "__pycache__", "node_modules", "site-packages")


@dataclass
class Found:
    """What a submission holds. It remembers how much has been read.

    Args:
        files: the code files' bytes by name, with ``/`` between folders.
        problems: sentences for the learner.
        bounds: how much may be read.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    bounds: Bounds = BOUNDS

    def problem(self, sentence: str) -> None:
        """Remember it, once."""
        if sentence not in self.problems:
            self.problems.append(sentence)

    def add(self, name: str, content: bytes | None) -> None:
        """Take a file in, if it may be; None is one that was longer than it may be."""
        shown = shortened(name, 120)
        if content is None or len(content) > self.most(name):
            is_notebook = name.lower().endswith(".ipynb")
            size = f"{self.bounds.notebook >> 20} MB" if is_notebook else f"{self.bounds.code >> 10} KB"
            remedy = "Clear the notebook's output." if is_notebook else "Leave data out of it."
            self.problem(f"{shown} is larger than {size} and was not read. {remedy}")
        elif sum(map(len, self.files.values())) + len(content) > self.bounds.all_read:
            self.problem(f"{shown} was not read: all files together are larger than {self.bounds.all_read >> 20} MB.")
        else:
            self.files[_free(name, self.files)] = content

    def most(self, name: str) -> int:
        """Bytes that this file may have."""
        return self.bounds.notebook if name.lower().endswith(".ipynb") else self.bounds.code

    def add_folder(self, folder: Path) -> Iterator[tuple[str, bytes]]:
        """Take in the code of a folder and all below; the zips among it are given back, as names and bytes."""
        for seen, (path, status) in enumerate(_walk(folder)):
            name = path.relative_to(folder).as_posix()
            shown = shortened(name, 120)
            if seen >= self.bounds.entries:
                self.problem(f"There are more than {self.bounds.entries:,} files; the others were not looked at.")
                return
            if stat.S_ISLNK(status.st_mode):
                self.problem(f"{shown} is a link and was not followed. Hand in the file itself.")
            elif is_code(name) and stat.S_ISREG(status.st_mode):
                self.add(name, read_bytes(path, self.most(name)))
            elif name.lower().endswith(".zip") and stat.S_ISREG(status.st_mode):
                content = read_bytes(path, self.bounds.archive)
                if content is None:
                    self.problem(f"{shown} is larger than {self.bounds.archive >> 20} MB and was not opened.")
                else:
                    yield name, content
            elif name.lower().endswith(ARCHIVES):
                self.problem(f"{shown} is an archive of another kind and was not opened. Hand in a zip, or the files.")


def is_code(name: str) -> bool:
    """Whether a file of this name is read."""
    return name.lower().endswith(CODE)


def is_ignored(name: str) -> bool:
    """Whether it is something that programs leave behind, such as checkpoints of notebooks."""
    parts = [part for part in PurePosixPath(name).parts if part not in (".", "..")]
    return any(part.startswith(".") or part in _IGNORED for part in parts)


def read_bytes(path: Path, most: int) -> bytes | None:
    """The bytes of a regular file; None where there are more than may be.

    Raises:
        OSError: it is a link, or cannot be read.
    """
    # Between looking and opening, a file may have been replaced by a link or a pipe that never ends.
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(f"{path} is no regular file")
        content = file.read(most + 1)
    return content if len(content) <= most else None


_BINARY = getattr(os, "O_BINARY", 0)


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All files below, in an order that is the same everywhere; links are given, and not followed."""
    for entry in sorted(os.scandir(folder), key=lambda entry: (entry.is_dir(follow_symlinks=False), entry.name)):
        if is_ignored(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path), entry.stat(follow_symlinks=False)


def _free(name: str, taken: dict[str, bytes]) -> str:
    """The name, or one like it that is not taken: a zip may hold two files of one name."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free
