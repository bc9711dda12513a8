"""A zip, read in memory and with distrust: every number in it may be a lie."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib

from chainrule.grading.intake.found import ARCHIVES, Found, is_code, is_ignored
from chainrule.showing.text import shortened

__all__ = ["add_archive"]

# The other methods may make gigabytes of one block, whatever is asked of them.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def add_archive(found: Found, name: str, content: bytes, *, inside: str = "") -> None:
    """Take in the code of a zip.

    Args:
        found: what it is added to, with the problems.
        name: of the zip, for the problems.
        content: its bytes.
        inside: what stands before the names of its files.
    """
    shown, bounds = shortened(name, 120), found.bounds
    # Each entry is announced by these four bytes; zipfile would make a record for each before they could be counted.
    if content.count(b"PK\x01\x02") > bounds.entries:
        found.problem(f"{shown} holds more than {bounds.entries:,} files and was not opened. Leave data sets out.")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > bounds.declared:
                found.problem(
                    f"{shown} would unpack to more than {bounds.declared >> 20} MB and was not opened. "
                    "Leave data sets out."
                )
                return
            for entry in entries:
                if not entry.is_dir() and not is_ignored(_name(entry)):
                    _add(found, archive, entry, shown, inside)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, KeyError, IndexError) as error:
        found.problem(f"{shown} is no zip that can be opened ({_reason(error)}). Pack it again.")


def _add(found: Found, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, inside: str) -> None:
    name = _name(entry)
    shown = f"{shortened(name, 120)} in {where}"
    if name.lower().endswith(ARCHIVES):
        found.problem(f"{shown} is an archive inside an archive and was not opened. Pack the files themselves.")
    elif not is_code(name):
        return
    elif _leads_out(name):
        found.problem(f"{shown} has a name that leads out of its folder and was not read. Pack it again.")
    elif stat.S_ISLNK(entry.external_attr >> 16):
        found.problem(f"{shown} is a link and was not followed. Pack the file itself.")
    elif entry.flag_bits & 0x1:
        found.problem(f"{shown} is encrypted and was not read. Pack it without a password.")
    elif entry.compress_type not in _METHODS:
        found.problem(f"{shown} is packed by an unusual method and was not read. Pack it again.")
    elif entry.file_size > found.most(name):
        found.add(inside + name, None)
    else:
        _read(found, archive, entry, shown, inside + name)


def _read(found: Found, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, shown: str, name: str) -> None:
    """Read no more than it declared, and take it if that was the truth."""
    try:
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        found.problem(f"{shown} is damaged, or not as large as it says ({_reason(error)}). Pack it again.")
        return
    if len(content) != entry.file_size:
        found.problem(f"{shown} is not as large as it says. Pack it again.")
        return
    found.add(name, content)


def _name(entry: zipfile.ZipInfo) -> str:
    """As its author wrote it: many programs write UTF-8 without saying so, and zipfile then reads an old code page."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.orig_filename
    return name.replace("\\", "/")


def _leads_out(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/") or bool(re.match("[A-Za-z]:", name)) or "\0" in name


def _reason(error: BaseException) -> str:
    return shortened(str(error) or type(error).__name__, 80).rstrip(".")
