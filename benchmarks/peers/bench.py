"""One run of the comparison: measure, print, save."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measure import Row
from benchmarks.peers.catalogue import PEERS, Peer
from benchmarks.peers.workloads import WORKLOADS, Workload

__all__ = ["measured", "rows"]


def rows(out: Path, console: Console) -> list[Row]:
    """Measure everything, print the tables, save JSON and picture; what was asked and what came out."""
    from benchmarks.peers import judge, picture, printed
    from benchmarks.peers.saving import save

    with printed.telling(console) as says:
        result = measured(says=says)
    for table in (printed.step_table(result), printed.once_table(result)):
        console.print(table)
    console.print("* fewer epochs than the workload has, scaled per step", highlight=False)
    for line in printed.notes(result):
        console.print(line, highlight=False)
    for file in save(out, "peers", result, picture.draw(result)):
        console.print(f"written: {file}", highlight=False)
    return judge.rows(result)


def measured(
    workloads: Sequence[Workload] = WORKLOADS,
    peers: Sequence[Peer] = PEERS,
    says: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """The whole result, for JSON."""
    import chainrule
    from benchmarks.peers.accuracy import time_to_accuracy
    from benchmarks.peers.figures import paid_once
    from benchmarks.peers.logistic import to_the_same_loss
    from benchmarks.peers.saving import circumstances
    from benchmarks.peers.table import measure_workloads

    with tempfile.TemporaryDirectory() as folder:
        return {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "circumstances": circumstances(chainrule.machine()),
            "once": paid_once(folder, peers, says),
            "workloads": measure_workloads(workloads, peers, folder, says),
            "logistic": to_the_same_loss(folder, says),
            "accuracy": time_to_accuracy(folder, peers, says),
        }
