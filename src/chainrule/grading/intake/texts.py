"""Bytes become text, and notebooks cells, whatever encoding or version they have."""

from __future__ import annotations

import codecs
import io
import json
import tokenize
from collections.abc import Iterator
from typing import Any

from chainrule.showing.text import shortened

__all__ = ["NoNotebook", "cells_of", "text_of"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A file may name its encoding; of those that Python knows, some are slow or no encodings of text at all.
_DECLARED = frozenset(
    ("utf-8", "ascii", "iso-8859-1", "iso-8859-15", "cp1252", "cp1250", "cp1251", "koi8-r", "mac-roman")
)


class NoNotebook(ValueError):
    """A notebook that cannot be read; the message has the reason."""


def text_of(content: bytes, *, is_python: bool = True) -> tuple[str, str]:
    """The text, with line ends as Python has them, and a note where the encoding was guessed.

    >>> text_of("café".encode("latin-1"))
    ('café', 'it is not in UTF-8; it was read as Latin-1')
    """
    text, note = _decoded(content, is_python)
    return text.replace("\r\n", "\n").replace("\r", "\n"), note


def _decoded(content: bytes, is_python: bool) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace"), ""
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    declared = _declared(content) if is_python else ""
    if declared:
        return content.decode(declared, "replace"), ""
    if content[:200].count(0) > len(content[:200]) // 4:
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace"), ""
    return content.decode("latin-1"), "it is not in UTF-8; it was read as Latin-1"


def _declared(content: bytes) -> str:
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        name = codecs.lookup(name).name
    except (SyntaxError, LookupError):
        return ""
    return name if name in _DECLARED and name != "utf-8" else ""


def cells_of(text: str) -> Iterator[tuple[int, str]]:
    """A notebook's code cells with their numbers, counted from 1 among all cells; of every version of the format.

    Raises:
        NoNotebook: it is none.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise NoNotebook(f"it is no JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NoNotebook(f"its JSON cannot be read: {shortened(error, 80)}") from None
    cells = _listed(data)
    if cells is None:
        raise NoNotebook("its JSON has no list of cells")
    for number, cell in enumerate(cells, 1):
        code = _code(cell)
        if code.strip():
            yield number, code


def _listed(data: Any) -> list[Any] | None:
    """Version 4 has cells, versions 2 and 3 have worksheets of cells."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("cells"), list):
        return list(data["cells"])
    sheets = data.get("worksheets")
    if not isinstance(sheets, list):
        return None
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in lists if isinstance(cells, list) for cell in cells]


def _code(cell: Any) -> str:
    """What it holds: ``source`` in version 4, ``input`` in those before, ``code`` in the first."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return ""
    source = next((cell[name] for name in ("source", "input", "code") if name in cell), "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source.replace("\r\n", "\n") if isinstance(source, str) else ""
