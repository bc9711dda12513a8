"""Text from files, made safe to show."""

from __future__ import annotations

import unicodedata

__all__ = ["printable", "shortened"]


def printable(text: object) -> str:
    r"""``text`` in one line with control characters spelled out: they could repaint a terminal.

    >>> printable("price\x1b[2J")
    'price\\x1b[2J'
    """
    return "".join(
        # Cc, Cf, Cs, Co, Cn: control, invisible and direction-changing characters; Zl, Zp: line ends.
        char.encode("unicode_escape").decode() if unicodedata.category(char)[0] == "C" else char
        for char in str(text).replace("\u2028", "\n").replace("\u2029", "\n")
    )


def shortened(text: object, limit: int = 24) -> str:
    """``printable(text)``, cut where it is longer than ``limit``.

    >>> shortened("a long story", 7)
    'a long…'
    """
    line = printable(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
