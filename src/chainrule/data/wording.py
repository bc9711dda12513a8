"""Pieces of messages that the other files share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = ["check_choice", "listed", "nearest", "no_column"]


def listed(values: Iterable[object], limit: int = 20) -> str:
    """The values in one line, cut after ``limit``.

    >>> listed(["a", "b", "c"], limit=2)
    "'a', 'b' and 1 more"
    """
    every = [repr(value) for value in values]
    more = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + more


def nearest(name: str, names: Sequence[str]) -> str:
    """``" Did you mean 'price'?"`` where one of ``names`` is close to ``name``, else nothing.

    >>> nearest("prise", ["area", "price"])
    " Did you mean 'price'?"
    """
    by_lower_case = {other.lower(): other for other in names}
    close = difflib.get_close_matches(name.lower(), list(by_lower_case), n=1)
    return f" Did you mean {by_lower_case[close[0]]!r}?" if close else ""


def check_choice(what: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a ``value`` that is not one of ``choices``."""
    if value not in choices:
        hint = nearest(value, choices) if isinstance(value, str) else ""
        raise ValueError(f"{what} is {value!r}; expected one of {listed(choices)}.{hint}")


def no_column(table: str, name: str, names: Sequence[str]) -> ValueError:
    """The error for a column that a table lacks, with those that it has."""
    return ValueError(f"{table}: no column {name!r}; the columns are {listed(names)}.{nearest(name, names)}")
