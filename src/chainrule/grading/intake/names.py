"""Whom a file or folder belongs to, by its name, as learning platforms give them.

The general rule: every entry of the class's folder is one submission, a folder, a zip or a single file, and its name is
whose it is. Platforms that put everything into one folder write the participant before the file:

    Moodle   Jane Doe_1234567_assignsubmission_file_hw.zip    Jane Doe_1234567    also as a folder's name
    Canvas   doejane_12345_67890_hw.ipynb                     doejane_12345       several files are one submission
    Canvas   doejane_LATE_12345_67890_hw.ipynb                doejane_12345       flagged as late
    ILIAS    Doe_Jane_jdoe_12345/                             as it is: feedback goes back into folders of that name
"""

from __future__ import annotations

import re
from pathlib import Path

from chainrule.showing.text import printable

__all__ = ["LATE", "owner_of"]

LATE = "handed in late, as the platform's file name says"

_MOODLE = re.compile(r"(?P<who>.+_\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?")
_CANVAS = re.compile(r"(?P<who>[^_]+)(?P<late>_LATE)?_(?P<user>\d+)_\d+_.+")


def owner_of(path: Path) -> tuple[str, tuple[str, ...]]:
    """The participant's name, and flags for the teacher.

    >>> owner_of(Path("doejane_LATE_12345_67890_hw.ipynb"))
    ('doejane_12345', ("handed in late, as the platform's file name says",))
    """
    is_folder = path.is_dir() and not path.is_symlink()
    whole = path.name if is_folder else path.stem
    if moodle := _MOODLE.fullmatch(whole):
        return _clean(moodle["who"]), ()
    canvas = None if is_folder else _CANVAS.fullmatch(whole)
    if canvas:
        return _clean(f"{canvas['who']}_{canvas['user']}"), (LATE,) if canvas["late"] else ()
    return _clean(whole), ()


def _clean(name: str) -> str:
    """Without what could repaint a terminal or climb out of a folder, and not longer than file names may be."""
    clean = printable(name).strip().replace("/", "_").replace("\\", "_")
    if not clean.strip("."):
        return "_" * max(len(clean), 1)
    return clean[:150]
