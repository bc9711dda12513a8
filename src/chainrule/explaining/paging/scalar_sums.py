"""The scalar sum behind one entry of an array's gradient: what each message brings to it, term by term.

An entry is always the sum of its messages' entries. Where a message's rule can be read entry by entry (`ScalarRule`),
its own terms are listed, too; they are computed from the record's values, and a rule whose terms do not add up to the
message is not taken apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.explaining.paging.scalar_rules import ScalarRule
from chainrule.explaining.paging.scalar_syntax import Unreadable
from chainrule.explaining.printing.values import in_product
from chainrule.explaining.record import Message, Node, Record

__all__ = ["Entry", "Part", "SumTable", "sum_table"]

MOST_TERMS, CUT_TERMS = 6, 4  # listed as they are; listed of a longer sum
MOST_ENTRIES = 64  # of an array all of whose entries are listed
FEW_ENTRIES = 3  # of a larger one, those that are farthest from 0
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Part:
    """What one message brings to an entry.

    Args:
        terms: the first ones in numbers, ``"0.5 * (-2)"``; empty where the rule is not taken apart.
        values: of these.
        more: how many terms are left out.
        rest: what those add up to.
        total: of all.
    """

    terms: tuple[str, ...]
    values: tuple[float, ...]
    more: int
    rest: float
    total: float


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient.

    Args:
        place: in the array; () where all entries are alike, and of a number.
        parts: one for each message.
        total: the entry.
    """

    place: tuple[int, ...]
    parts: tuple[Part, ...]
    total: float


@dataclass(frozen=True, eq=False)
class SumTable:
    """The sums behind a node's gradient.

    Args:
        node: whose.
        messages: that arrive there.
        rules: of each message; None where it is not taken apart.
        entries: all of them, or those of a large array that are farthest from 0.
        is_whole: whether these are all.
    """

    node: Node
    messages: tuple[Message, ...]
    rules: tuple[ScalarRule | None, ...]
    entries: tuple[Entry, ...]
    is_whole: bool

    @property
    def is_alike(self) -> bool:
        """Whether one entry stands for all of them."""
        return self.is_whole and len(self.entries) < np.size(self.node.value)


def sum_table(record: Record, node: Node) -> SumTable | None:
    """The sums behind the node's gradient; None where no array arrives, or all that arrives is a copy."""
    messages = record.messages_to[node.id]
    if node.gradient is None or not any(message.is_array for message in messages) or not np.size(node.gradient):
        return None
    rules = [_rule(record, message) for message in messages]
    if len(rules) == 1 and rules[0] is not None and rules[0].is_copy:
        return None
    gradient = np.asarray(node.gradient, dtype=float)
    is_whole, places = True, list(np.ndindex(gradient.shape))[: MOST_ENTRIES + 1]
    if gradient.size > 1 and all(rule is not None and rule.is_constant for rule in rules):
        places = places[:1]
    elif gradient.size > MOST_ENTRIES:
        farthest = np.argsort(-np.abs(np.nan_to_num(gradient)), axis=None, kind="stable")[:FEW_ENTRIES]
        is_whole, places = False, [tuple(map(int, np.unravel_index(one, gradient.shape))) for one in sorted(farthest)]
    columns = []
    for number, (rule, message) in enumerate(zip(rules, messages, strict=True)):
        product = np.asarray(message.product, dtype=float)
        parts = [_part(rule, place, float(product[place])) for place in places] if rule else []
        if not all(parts):  # the rule does not say what was sent
            rules[number], parts = None, []
        columns.append(parts or [_whole(float(product[place])) for place in places])
    if rules == [None]:
        return None
    entries = [
        Entry(place, tuple(part for part in parts if part), float(gradient[place]))
        for place, *parts in zip(places, *columns, strict=True)
    ]
    return SumTable(node, messages, tuple(rules), tuple(entries), is_whole)


def _rule(record: Record, message: Message) -> ScalarRule | None:
    parent = record.nodes[message.edge.parent]
    arrays: Mapping[str, Any] = {
        **{node.name: node.value for node in record.nodes},
        f"d_{parent.name}": message.upstream,
    }
    try:
        return ScalarRule(message.local, arrays, np.shape(message.product))
    except Unreadable:
        return None


def _whole(total: float) -> Part:
    """What a message brings whose rule is not taken apart."""
    return Part((), (), 0, 0.0, total)


def _part(rule: ScalarRule, place: Sequence[int], total: float) -> Part | None:
    """What a message brings to the entry; None if the rule's terms do not add up to it."""
    with np.errstate(all="ignore"):
        values = rule.terms(place)
        added, size = float(values.sum()), float(np.abs(values).sum())
    if not (added == total or abs(added - total) <= TOLERANCE * size or (np.isnan(added) and np.isnan(total))):
        return None
    count = len(values) if len(values) <= MOST_TERMS else CUT_TERMS
    terms = tuple(rule.written(place, number, in_product) for number in range(count))
    return Part(terms, tuple(map(float, values[:count])), len(values) - count, float(values[count:].sum()), total)
