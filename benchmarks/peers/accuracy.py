"""The time to 97 % on MNIST's test pictures: from nothing, a new process with all its imports, to a trained network."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.catalogue import HAND, JIT, NUMPY, SCAN, TORCH, XLA, Peer
from benchmarks.peers.table import Says
from benchmarks.peers.turns import Failed, Gap, Process, kept_arrays, spread
from benchmarks.peers.workloads import MNIST_ROWS, MissingData, Workload, mnist_parts

__all__ = ["ACCURACY", "TRAINED", "time_to_accuracy"]

ACCURACY = 0.97
MOST_EPOCHS = 20
ROUNDS = 3
OFTEN = (HAND, NUMPY, XLA, SCAN, JIT, TORCH)  # the others take longer, and are run once
TRAINED = Workload(
    "mnist-97", "784-128-10, batch 64, MNIST", (784, 128, 10), MNIST_ROWS, 64, "float32", "cross entropy", 0.1, 1,
    data="mnist",
)  # fmt: skip


def time_to_accuracy(folder: str, peers: Iterable[Peer], says: Says = lambda text: None) -> dict[str, dict[str, Any]]:
    """Seconds of each peer, with the accuracy after each epoch; or ``gap``."""
    cells: dict[str, dict[str, Any]] = {peer.name: {"times": []} for peer in peers}
    try:
        test = _test_file(folder)
        with kept_arrays(TRAINED, folder) as file:
            for number in range(ROUNDS):
                for peer in peers:
                    if number == 0 or peer in OFTEN:
                        says(f"to {ACCURACY:.0%} on MNIST, round {number + 1}: {peer.label}")
                        _run(peer, cells[peer.name], folder, file, test)
    except MissingData as missing:
        return {name: {"gap": str(missing)} for name in cells}
    for cell in cells.values():
        times = cell.pop("times")
        if "gap" not in cell:
            cell["seconds"] = spread(times) | {"rounds": len(times)}
    return cells


def _run(peer: Peer, cell: dict[str, Any], folder: str, file: str, test: str) -> None:
    if "gap" in cell:
        return
    if not peer.is_here:
        cell["gap"] = "not installed"
        return
    started = time.perf_counter()
    try:
        with Process(folder) as process:
            process.ask("load", module=peer.module)
            process.ask("read", workload=TRAINED.as_dict(), file=file)
            found = process.ask("until", kind=peer.kind, test=test, accuracy=ACCURACY, most=MOST_EPOCHS)
            seconds = time.perf_counter() - started
    except (Gap, Failed) as reason:
        cell["gap"] = str(reason)
        return
    if not found["reached"]:
        cell["gap"] = f"{max(found['accuracies']):.1%} after {MOST_EPOCHS} epochs"
    cell["accuracies"] = found["accuracies"]
    cell["times"].append(seconds)


def _test_file(folder: str) -> str:
    path = Path(folder) / "mnist-test.npz"
    test = mnist_parts().test
    np.savez(path, x=test.x, y=test.y)
    return str(path)
