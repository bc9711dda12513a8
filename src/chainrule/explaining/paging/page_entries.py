"""The sums behind the entries of gradients, as tables of the page."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from chainrule.explaining.paging.page_parts import factor, safe, signed
from chainrule.explaining.paging.scalar_rules import ScalarRule
from chainrule.explaining.paging.scalar_sums import Entry, Part, SumTable, sum_table
from chainrule.explaining.record import Record

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Entries"]

MINUS, TIMES = "−", "×"  # noqa: RUF001 the signs themselves
MOST_ROWS = 400  # of all tables together
KINDS = ("input", "operation", "constant")  # in this order


class Entries:
    """The sum tables of a record, inputs first, as many as fit on a page."""

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def tables(self) -> list[SumTable]:
        """One for each gradient with a sum behind its entries, as long as there is room."""
        found, rows = [], 0
        for node in sorted(self.record.nodes, key=lambda node: KINDS.index(node.kind)):
            table = sum_table(self.record, node) if rows < MOST_ROWS else None
            if table and rows + len(table.entries) <= MOST_ROWS:
                found.append(table)
                rows += len(table.entries)
        return found

    def size(self, table: SumTable) -> str:
        """Which entries are listed: ``"6 entries"``, ``"3 of 1280 entries, those farthest from 0"``."""
        count, whole = len(table.entries), int(np.size(table.node.value))
        if not table.node.shape:
            return "a number"
        if table.is_alike:
            return f"all {whole} entries are alike"
        if table.is_whole:
            return f"{count} {'entry' if count == 1 else 'entries'}"
        return f"{count} of {whole} entries, those farthest from 0"

    def formula(self, table: SumTable) -> Markup:
        """An entry in letters: the sum over n of ``x[n, i] * d_y[n, j]``."""
        letters = ", ".join(next((rule.letters for rule in table.rules if rule), ()))
        own = f"d_{table.node.name}" + (f"[{letters}]" if letters and not table.is_alike else "")
        parts = [
            _letters(rule) if rule else _written(f"({message.local})[{letters}]" if letters else message.local)
            for rule, message in zip(table.rules, table.messages, strict=True)
        ]
        return safe("{} = {}").format(own, safe(" + ").join(parts))

    def place(self, table: SumTable, entry: Entry) -> str:
        """``"[0, 1]"``; of entries that are all alike ``"each"``."""
        return "each" if table.is_alike else f"[{', '.join(map(str, entry.place))}]" if entry.place else "sum"

    def terms(self, part: Part) -> Markup:
        """``0.5 × (-2) + 0.1 × 3``, and how many more there are with what they add up to."""
        if not part.terms:
            return factor(part.total)
        said = [_written(term) for term in part.terms]
        listed = safe(" + ").join(safe("({})").format(text) if text.startswith(MINUS) else text for text in said)
        more = safe(" + <i>… {} more terms: {}</i>").format(part.more, factor(part.rest)) if part.more else ""
        return listed + more


def _letters(rule: ScalarRule) -> Markup:
    """``Σ x[n, i] × d_y[n, j]`` with the letters of the sum below its sign."""
    signs = safe("").join(safe("Σ<sub>{}</sub> ").format(letter) for letter in rule.summed)
    return signs + _written(rule.term)


def _written(formula: str) -> Markup:
    """Python's text with the signs that people write."""
    text = re.sub(r"\bnp\.", "", formula).replace(" * ", f" {TIMES} ").replace(" ** ", "^")
    return signed(re.sub(r"(^|[(\[ ])-(?=\w)", rf"\1{MINUS}", text))
