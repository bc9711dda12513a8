"""Why gradients are small or large: of each input, its strongest path with the factor on each arrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from chainrule.explaining.paging.page_parts import factor
from chainrule.explaining.paths import Path, strongest_path
from chainrule.explaining.record import Node, Record

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Arrow", "Reason", "Reasons"]

MOST_INPUTS = 8
MOST_ARROWS, CUT_ARROWS = 12, 4  # of a path that is shown whole; at either end of a longer one


@dataclass(frozen=True, eq=False)
class Arrow:
    """One message of a path, or those that are left out.

    Args:
        factor: what it multiplies by.
        to: the node that it leads to.
        mark: ``"weakest"``, ``"strongest"`` or nothing.
        skipped: how many arrows it stands for besides itself.
    """

    factor: Markup
    to: Node
    mark: str = ""
    skipped: int = 0


@dataclass(frozen=True, eq=False)
class Reason:
    """An input with its strongest path; ``share`` is that of all that arrives, ``""`` if there is none."""

    node: Node
    arrows: tuple[Arrow, ...]
    share: str


class Reasons:
    """The strongest paths of a record's inputs."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._inputs = [node for node in record.inputs if record.messages_to[node.id]]

    @cached_property
    def rows(self) -> list[Reason]:
        """One for each input that a gradient arrives at; of many inputs, the first ones."""
        return [self._reason(node) for node in self._inputs[:MOST_INPUTS]]

    @property
    def left_out(self) -> int:
        """How many more inputs have a gradient."""
        return max(0, len(self._inputs) - MOST_INPUTS)

    def _reason(self, node: Node) -> Reason:
        path = strongest_path(self.record, node.name)
        share = f"{path.share:.0%}" if np.isfinite(path.share) and path.share else ""
        return Reason(node, tuple(self._arrows(path)), share)

    def _arrows(self, path: Path) -> Iterator[Arrow]:
        count = len(path.factors)
        marks = _marks(path)
        ends = {*range(CUT_ARROWS), *range(count - CUT_ARROWS, count)}
        kept = set(range(count)) if count <= MOST_ARROWS else ends | set(marks)
        product, skipped = 1.0, 0
        for place, (message, number) in enumerate(zip(path.messages, path.factors, strict=True)):
            product, skipped, to = product * number, skipped + 1, self.record.nodes[message.edge.child]
            if place in kept or place + 1 in kept:
                yield Arrow(factor(product), to, marks.get(place, ""), skipped - 1)
                product, skipped = 1.0, 0


def _marks(path: Path) -> dict[int, str]:
    """The places of the factors that make the gradient smaller or larger than all others do."""
    sizes = np.abs(path.factors)
    marks = {path.weakest: "weakest"} if sizes[path.weakest] < 1 else {}
    return marks | ({path.strongest: "strongest"} if sizes[path.strongest] > 1 else {})
