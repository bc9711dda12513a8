"""What each line of the step costs, as the report shows it: a table beside the text, and a sentence above it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.showing.code import highlighted
from chainrule.showing.text import counted, figures

if TYPE_CHECKING:
    from markupsafe import Markup

    from chainrule.compiling import Cost, LineCost
    from chainrule.measuring import Rates

__all__ = ["CostRow", "CostTable", "cost_table"]

# A step whose lines move less than this on the average fits in a processor's nearest cache.
SMALL_LINE = 32 * 1024
FAR = 0.5  # of the roofline


@dataclass(frozen=True)
class CostRow:
    """A line of the text.

    Args:
        code: the line in HTML.
        cells: a text for each column; empty for lines that nothing is done on, such as ``def``.
        bar: how long the bar is: 1 for the line that costs most.
    """

    code: Markup
    cells: tuple[str, ...] = ()
    bar: float = 0.0


@dataclass(frozen=True)
class CostTable:
    """The table and what is seen in it.

    Args:
        before, line, after: the title, a sentence around the line of the text that costs most.
        notes: how to read it.
        columns: their headings; the first is of the bar.
        rows: a line each.
        total: the last row's cells.
    """

    before: str
    line: Markup
    after: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[CostRow, ...]
    total: tuple[str, ...]


def cost_table(source: str, cost: Cost) -> CostTable:
    """The step's text with what its lines cost; lines of the text that belong to no cost stand above them."""
    heaviest = max(cost.rows, key=lambda row: _weight(row, cost))
    before, after = _timed_title(cost, heaviest) if cost.timed else _counted_title(cost, heaviest)
    head = source.splitlines()[: -len(cost.rows)]
    unit = _unit(cost.total.seconds)
    return CostTable(
        before=before,
        line=_code(heaviest.line),
        after=after,
        notes=tuple(_timed_notes(cost, cost.rates) if cost.rates is not None else _COUNTED_NOTES) + _unknown(cost),
        columns=_columns(cost.timed),
        rows=(*(CostRow(_code(line)) for line in head), *(_row(row, heaviest, cost, unit) for row in cost.rows)),
        total=_cells(cost.total, cost, unit),
    )


# -- rows --------------------------------------------------------------------------------------------------


def _columns(timed: bool) -> tuple[str, ...]:
    counts = ("arithmetic", "bytes moved", "saved")
    return ("share of time", "time", *counts, "of roofline") if timed else ("share of arithmetic", *counts)


def _row(row: LineCost, heaviest: LineCost, cost: Cost, unit: Callable[[float], str]) -> CostRow:
    bar = _weight(row, cost) / (_weight(heaviest, cost) or 1)
    return CostRow(_code("    " + row.line), _cells(row, cost, unit), bar)


def _cells(row: LineCost, cost: Cost, unit: Callable[[float], str]) -> tuple[str, ...]:
    """What a line doesn't do is left blank."""
    from chainrule.compiling.cost import scaled

    arithmetic = scaled(row.flops, "") + ("" if row.known else "?") if row.flops else ""
    sizes = (scaled(size, "B") if size else "" for size in (row.moved, row.saved))
    share = _percent(_share(row, cost))
    if not cost.timed:
        return (share if row.flops else "", arithmetic, *sizes)
    return share, unit(row.seconds), arithmetic, *sizes, _percent(row.share) if row.needed else ""


def _weight(row: LineCost, cost: Cost) -> float:
    return row.seconds if cost.timed else row.flops


def _share(row: LineCost, cost: Cost) -> float:
    whole = _weight(cost.total, cost)
    return _weight(row, cost) / whole if whole else 0.0


def _unit(seconds: float) -> Callable[[float], str]:
    """How a whole column is written, so that its numbers can be compared.

    >>> _unit(0.0002)(0.00012), _unit(2.0)(0.01234)
    ('120.0 µs', '12.34 ms')
    """
    if seconds < 0.01:
        return lambda part: f"{1e6 * part:,.1f} µs"
    return lambda part: f"{1e3 * part:,.2f} ms"


def _percent(share: float) -> str:
    """``"12 %"``; what is there is never 0, and only the whole is 100.

    >>> _percent(0.123), _percent(0.001), _percent(0.0), _percent(0.996), _percent(1.0), _percent(1.2)
    ('12 %', '< 1 %', '0 %', '> 99 %', '100 %', '120 %')
    """
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "< 1 %" if share < 0.5 else "> 99 %"
    return f"{100 * share:.0f} %"


def _code(text: str) -> Markup:
    from markupsafe import Markup

    indent = len(text) - len(text.lstrip())
    return Markup(text[:indent] + highlighted(text[indent:]))


# -- words -------------------------------------------------------------------------------------------------


def _timed_title(cost: Cost, heaviest: LineCost) -> tuple[str, str]:
    few, seconds = _half(cost), cost.total.seconds
    took = f"{figures(1e6 * seconds, 3)} µs" if seconds < 0.001 else f"{figures(1e3 * seconds, 3)} ms"
    together = "" if few == 1 else f", and {few} of {counted(len(cost.rows), 'line')} take half"
    return (
        f"A step takes {took}, {_distance(cost.total.share)}: {_percent(_share(heaviest, cost))} of the time goes to ",
        together,
    )


def _counted_title(cost: Cost, heaviest: LineCost) -> tuple[str, str]:
    from chainrule.compiling.cost import scaled

    total = scaled(cost.total.flops, "")
    return (
        f"A step does {total} multiplications and additions: {_percent(_share(heaviest, cost))} of them are in ",
        "; XLA makes one program of all lines, so that none has a time of its own",
    )


def _distance(share: float) -> str:
    """How far from what this machine can do.

    >>> _distance(0.25), _distance(0.97)
    ("at 25 % of this machine's roofline", 'as fast as this machine was measured to be')
    """
    if share >= 0.95:
        return "as fast as this machine was measured to be"
    return f"at {_percent(share)} of this machine's roofline"


def _half(cost: Cost) -> int:
    """How many lines, the longest first, take half of the time."""
    longest = sorted((row.seconds for row in cost.rows), reverse=True)
    return 1 + sum(1 for passed in itertools.accumulate(longest) if passed < cost.total.seconds / 2)


def _timed_notes(cost: Cost, rates: Rates) -> Sequence[str]:
    fastest = {dtype: max(found.values()) for dtype, found in rates.products.items()}
    products = ", ".join(f"{rate:,.0f} billion in {dtype}" for dtype, rate in fastest.items())
    notes = [
        f"Timed after training, on arrays of a whole batch's shapes; the median of several runs. {_COUNTS}",
        "The roofline is the time that a line's calls would need for their arithmetic or for their bytes, whichever is "
        f"longer, at the best rates measured here: {products} multiplications and additions a second in products of "
        f"matrices, and up to {max(rates.adding.values()):,.0f} GB/s between arrays in a cache.",
    ]
    if cost.total.share < FAR and cost.total.moved < SMALL_LINE * len(cost.rows):
        notes.append(
            "Arrays as small as these take less time than the calls themselves: NumPy needs about a microsecond for "
            "each call, whatever the size. Larger batches come closer to the roofline."
        )
    return notes


_COUNTS = (
    "Arithmetic is counted in multiplications and additions; any other function of an entry counts as one. Bytes moved "
    "are those that each NumPy call reads and writes; saved are those that the forward pass makes and the backward "
    "pass reads."
)
_COUNTED_NOTES = (
    f"Counted from the text, and not measured. {_COUNTS} XLA fuses lines, so that much of it never reaches memory.",
)


def _unknown(cost: Cost) -> tuple[str, ...]:
    return () if cost.total.known else ("? with a function whose arithmetic is not known: its entries are counted.",)
