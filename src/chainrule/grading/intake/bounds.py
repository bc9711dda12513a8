"""How much of a submission is read: what is more is refused, before or while it is read."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BOUNDS", "Bounds"]


@dataclass(frozen=True)
class Bounds:
    """In bytes, unless said. They keep what a hostile submission can cost to some seconds and 300 MB; Python's parser
    takes time with the square of the size for some texts, and JSON a multiple of its size.

    Args:
        archive: of a zip as it lies there; it is read into memory.
        declared: of all that a zip says it holds, data sets and pictures included.
        entries: how many files and folders a zip or a folder may hold.
        notebook: of one notebook; most of it are pictures.
        code: of one Python file, and of a notebook's cells together.
        all_code: of all code of a submission.
        all_read: of all files that are read, notebooks with their pictures included.
        answer: characters of an answer in text.
    """

    archive: int = 64 << 20
    declared: int = 512 << 20
    entries: int = 2_000
    notebook: int = 10 << 20
    code: int = 256 << 10
    all_code: int = 1 << 20
    all_read: int = 32 << 20
    answer: int = 10_000


BOUNDS = Bounds()
