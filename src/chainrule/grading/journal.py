"""``results.jsonl``: one grade a line, written as soon as it is there, so that a stopped run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from chainrule.exercises.source import Source
from chainrule.files import write_bytes_atomically
from chainrule.grading.result import Grade

__all__ = ["Journal", "Key", "key_of", "text_digest"]

# Digest of the submission, name, version and digest of the exercise.
Key = tuple[str, str, str, str]


def text_digest(source: Source) -> str:
    """Of an exercise's texts: a test that was changed without a new version grades everybody again."""
    seen = hashlib.sha256()
    for cell in source.cells:
        if cell.kind in ("given", "task", "teacher"):
            data = f"{cell.kind} {cell.task}\n{cell.text}".encode("utf-8", "surrogatepass")
            seen.update(len(data).to_bytes(8, "big") + data)
    return seen.hexdigest()[:16]


def key_of(grade: Grade, texts: str) -> Key:
    """What a grade is known by."""
    return grade.digest, grade.exercise, grade.version, texts


class Journal:
    """The file. Lines are added while it is open, and put in order at the end.

    Args:
        path: of the file.
        texts: the exercise's digest.
    """

    def __init__(self, path: Path, texts: str) -> None:
        self.path = path
        self.texts = texts
        self._file: IO[bytes] | None = None

    def read(self) -> dict[Key, Grade]:
        """The grades of earlier runs, with the flags that grading alone gave. Lines that are torn or strange are left
        out, as are grades that we failed at.
        """
        if not self.path.exists():
            return {}
        grades = {}
        for line in self.path.read_bytes().split(b"\n"):
            read = _read(line)
            if read is not None and not read[1].grader_error:
                grades[read[0]] = read[1]
        return grades

    @contextmanager
    def adding(self, kept: Iterable[Grade]) -> Iterator[Journal]:
        """Open it for `add`, with the grades that stay. Nobody else may write here meanwhile.

        Raises:
            ValueError: somebody does.
        """
        with _alone(self.path.parent):
            self.write((grade, grade.flags) for grade in kept)
            with self.path.open("ab") as self._file:
                try:
                    yield self
                finally:
                    self._file = None

    def add(self, grade: Grade) -> None:
        """Append a grade, whole."""
        if self._file is None:
            raise RuntimeError("the journal is not open; use `with journal.adding(...)`")
        self._file.write(self._line(grade, grade.flags))
        self._file.flush()

    def write(self, grades: Iterable[tuple[Grade, Sequence[str]]]) -> None:
        """All at once, in this order, each with the flags that grading alone gave."""
        write_bytes_atomically(self.path, b"".join(self._line(grade, flags) for grade, flags in grades))

    def _line(self, grade: Grade, own_flags: Sequence[str]) -> bytes:
        fields = {**grade.as_dict(), "own_flags": list(own_flags), "source": self.texts}
        return json.dumps(fields).encode("ascii", "backslashreplace") + b"\n"


def _read(line: bytes) -> tuple[Key, Grade] | None:
    try:
        fields: dict[str, Any] = json.loads(line)
        flags, texts = fields.pop("own_flags"), fields.pop("source")
        grade = Grade.from_dict({**fields, "flags": flags})
        return key_of(grade, str(texts)), grade
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against a second run, where the system has such locks; they go with the process."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"Another run is writing to {folder}. Wait for it, or choose another folder.") from None
        yield
    finally:
        os.close(opened)
