"""What was asked, what came out, and whether that is enough: rows for the table of all benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.measure import Row
from benchmarks.peers.accuracy import ACCURACY
from benchmarks.peers.catalogue import HAND, NUMPY, PYTENSOR, SCAN, TORCH, XLA, Peer, peer
from benchmarks.peers.printed import seconds
from benchmarks.peers.workloads import LARGE, SMALL

__all__ = ["rows"]

Result = dict[str, Any]


def rows(result: Result) -> list[Row]:
    """A row for each target."""
    return [
        at_most(result, SMALL.name, XLA, SCAN, 1.1),
        at_least(result, SMALL.name, XLA, TORCH, 8.0),
        at_least(result, SMALL.name, XLA, PYTENSOR, 1.4),
        *(at_most(result, workload["name"], NUMPY, HAND, 1.05) for workload in result["workloads"]),
        at_least(result, SMALL.name, NUMPY, TORCH, 2.5),
        *(
            at_least(result, workload["name"], NUMPY, TORCH, 1.0)
            for workload in result["workloads"]
            if workload["name"] != SMALL.name
        ),
        *_products(result),
        _first_step(result),
        _accuracy(result),
    ]


def at_most(result: Result, workload: str, ours: Peer, other: Peer, limit: float) -> Row:
    """Our time for a step is at most so many times the other's."""
    return _ratio(result, workload, ours, other, f"<= {limit:g}", lambda a, b: a / b, lambda found: found <= limit)


def at_least(result: Result, workload: str, ours: Peer, other: Peer, limit: float) -> Row:
    """The other's time for a step is at least so many times ours."""
    return _ratio(result, workload, other, ours, f">= {limit:g}", lambda a, b: a / b, lambda found: found >= limit)


def _ratio(result: Result, workload: str, above: Peer, below: Peer, asked: str, ratio: Any, enough: Any) -> Row:
    record = _record(result, workload)
    question = f"{record.get('title', workload)}: {above.label} / {below.label}"
    cells = record.get("cells", {})
    missing = [f"{one.label}: {_gap(cells, one)}" for one in (above, below) if _gap(cells, one)]
    if missing:
        return Row(question, asked, "; ".join(missing), None)
    first, second = (cells[one.name]["step"]["median"] for one in (above, below))
    found = ratio(first, second)
    return Row(question, asked, f"{found:.2f} ({seconds(first)} / {seconds(second)})", enough(found))


def _gap(cells: dict[str, Any], one: Peer) -> str:
    cell = cells.get(one.name)
    return "not measured" if cell is None else cell.get("gap", "")


def _record(result: Result, workload: str) -> Result:
    return next((record for record in result["workloads"] if record["name"] == workload), {})


def _products(result: Result) -> Iterator[Row]:
    """Of a large network's step, the share that its matrix products need."""
    cells = _record(result, LARGE.name).get("cells", {})
    for ours, alone in ((NUMPY, peer("products-numpy")), (XLA, peer("products-xla"))):
        question = f"{LARGE.title}: {ours.label}, of the rate of its matrix products"
        missing = _gap(cells, ours) or _gap(cells, alone)
        if missing:
            yield Row(question, ">= 90 %", missing, None)
            continue
        step, products = (cells[one.name]["step"]["median"] for one in (ours, alone))
        share = products / step
        yield Row(question, ">= 90 %", f"{share:.0%} ({seconds(products)} / {seconds(step)})", share >= 0.9)


def _first_step(result: Result) -> Row:
    question = f"{SMALL.title}: {XLA.label}, first step"
    cell = result["once"].get(XLA.name, {"gap": "not measured"})
    if "gap" in cell:
        return Row(question, "< 1 s", cell["gap"], None)
    first = cell["first_step"]["median"]
    return Row(question, "< 1 s", f"{first:.2f} s", first < 1)


def _accuracy(result: Result) -> Row:
    """The better of the two engines, which the user is free to choose."""
    question, asked = f"time to {ACCURACY:.0%} on MNIST, imports included: ours / PyTorch eager", "<= 0.5"
    cells = result["accuracy"]
    ours = [cells[one.name]["seconds"]["median"] for one in (NUMPY, XLA) if not _gap(cells, one)]
    if not ours or _gap(cells, TORCH):
        return Row(question, asked, _gap(cells, TORCH) or _gap(cells, NUMPY), None)
    other = cells[TORCH.name]["seconds"]["median"]
    found = min(ours) / other
    both = ", ".join(f"{value:.2f} s" for value in ours)
    return Row(question, asked, f"{found:.2f} ({both} / {other:.2f} s)", found <= 0.5)
