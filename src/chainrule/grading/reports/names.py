"""Folder names for submissions: as they were handed in wherever that is safe."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

__all__ = ["folder_names"]

_BYTES = 150  # file systems allow 255, and paths on Windows 260 in all
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?\Z", re.IGNORECASE)


def folder_names(names: Sequence[str]) -> list[str]:
    """A folder name for each submission, no two alike, not even where upper and lower case are the same.

    A name stays as it is if every file system takes it and nothing in it can lead elsewhere. Of others what is safe
    stays, and the beginning of the SHA-256 of the name tells them apart.

    >>> folder_names(["ann-lee", "../x", "ann-lee"])
    ['ann-lee', 'x-d6b96a97', 'ann-lee-2']
    """
    taken: set[str] = set()
    return [_unused(_safe(name), taken) for name in names]


def _safe(name: str) -> str:
    kept = "".join(char if _is_harmless(char) else "_" for char in unicodedata.normalize("NFC", name))
    kept = _cut(kept.lstrip("._- ").rstrip(". "))
    if kept and kept == name and not _RESERVED.match(kept):
        return kept
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept.strip('_. ') or 'submission'}-{mark}"


def _is_harmless(char: str) -> bool:
    # Letters with their marks, and numbers, of every script; of the rest only what no shell, page or table reads.
    return unicodedata.category(char)[0] in "LMN" or char in " _-.,()+@"


def _cut(name: str) -> str:
    return name.encode("utf-8", "replace")[:_BYTES].decode("utf-8", "ignore").rstrip(". ")


def _unused(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while (key := unicodedata.normalize("NFKC", candidate).casefold()) in taken:
        number += 1
        candidate = f"{name}-{number}"
    taken.add(key)
    return candidate
