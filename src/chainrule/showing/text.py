"""Text from files, made safe to show."""

from __future__ import annotations

import unicodedata

__all__ = ["counted", "figures", "printable", "shortened"]


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
    """``printable(text)``, cut in the middle where it is longer than ``limit``: names often differ at the end.

    >>> shortened("area of floor 12", 9)
    'area o…12'
    """
    line = printable(text)
    tail = limit // 4
    return line if len(line) <= limit else line[: limit - tail - 1].rstrip() + "…" + line[-tail:]


def counted(number: int, noun: str) -> str:
    """``"1 row"``, ``"2 rows"``, ``"1,000 rows"``.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def figures(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, and without powers of ten where people do without them.

    >>> figures(128302.4), figures(1984.0), figures(0.01234), figures(1.5e-12)
    ('128,300', '1984', '0.01234', '1.5e-12')
    """
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.12g}" if abs(rounded) >= 10_000 else f"{rounded:.12g}"
