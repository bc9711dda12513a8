"""What a notebook may hold beside Python: magics, shell commands, cells in other languages."""

from __future__ import annotations

import ast
import re
import warnings

__all__ = ["without_magics"]

# Cell magics that run the cell as Python; the others hold another language.
_PYTHON = frozenset(("time", "timeit", "capture", "prun", "python", "python3", "debug", "memit", "snakeviz"))
_MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w., ]+=\s*[%!]|[\w.]+\?\??\s*$)")


def without_magics(text: str) -> str:
    """The Python of a cell, line for line: magics become ``pass``; a cell in another language is empty.

    >>> without_magics("%matplotlib inline\\nx = 1")
    'pass\\nx = 1'
    """
    head = re.match(r"\s*%%(\w+)[^\n]*", text)
    if head:
        if head[1] not in _PYTHON:
            return "\n" * text.count("\n")
        text = text[: head.start()] + text[head.end() :]
    if _parses(text):  # `% b` may also go on with the line before
        return text
    # One look at each line, however many there are: looking for the one at fault again and again takes forever.
    lines = [(_MAGIC.match(line), line) for line in text.split("\n")]
    return "\n".join(f"{magic[1]}pass" if magic else line for magic, line in lines)


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True
