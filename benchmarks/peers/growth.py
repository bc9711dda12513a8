"""How the cost of a step grows with batch, width and depth, beside the least time that this machine needs for it."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measure import Row
from benchmarks.peers.catalogue import HAND, NUMPY, TORCH, XLA, Peer
from benchmarks.peers.turns import Failed, Gap, Process, epochs_within, kept_arrays, take_turns
from benchmarks.peers.workloads import Workload

__all__ = ["SWEEPS", "least_seconds", "point", "rows", "traffic"]

PEERS = (HAND, NUMPY, XLA, TORCH)
BATCH, WIDTH, DEPTH, CLASSES = 128, 256, 2, 10
SWEEPS = {
    "batch": tuple(4**power for power in range(9)),
    "width": tuple(4**power for power in range(2, 7)),
    "depth": tuple(2**power for power in range(7)),
}
ROUNDS = 3
TURN = 0.15  # seconds
KEPT = ("gap", "step", "first_step")
LEAST_ROWS = 1024  # so that what an epoch costs once is shared by many small steps

Says = Callable[[str], None]


def rows(out: Path, console: Console) -> list[Row]:
    """Measure the curves, save them with a picture; how near the largest steps come to what the machine can do."""
    from benchmarks.peers.growth_picture import draw
    from benchmarks.peers.printed import telling
    from benchmarks.peers.saving import save

    with telling(console) as says:
        result = measured(says=says)
    for file in save(out, "growth", result, draw(result)):
        console.print(f"written: {file}", highlight=False)
    return judged(result)


def measured(sweeps: dict[str, tuple[int, ...]] | None = None, says: Says = lambda text: None) -> dict[str, Any]:
    """The whole result, for JSON."""
    import chainrule
    from benchmarks.peers.saving import circumstances

    says("growth: what this machine can do")
    machine = chainrule.machine(measure=True)
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        processes, missing = _started(folder, stack)
        device = _device_rates(folder)
        for name, values in (SWEEPS if sweeps is None else sweeps).items():
            found[name] = []
            for value in values:
                says(f"growth: {name} {value:,}")
                workload = point(name, value)
                record = {name: value, "least": least_seconds(workload, machine.rates)}
                if device:
                    record["least_on_device"] = least_on(workload, device)
                found[name].append(record | {"cells": missing | _measured(workload, processes, folder)})
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "circumstances": circumstances(machine),
        "rates": machine.rates.as_dict() | ({"device": device} if device else {}),
        "base": {"batch": BATCH, "width": WIDTH, "depth": DEPTH, "classes": CLASSES, "dtype": "float32"},
        "sweeps": found,
    }


def point(name: str, value: int) -> Workload:
    """The workload at one point of a sweep: hidden layers as wide as the inputs, ten classes, float32."""
    at = {"batch": BATCH, "width": WIDTH, "depth": DEPTH} | {name: value}
    sizes = (at["width"],) * (1 + at["depth"]) + (CLASSES,)
    count = max(2 * at["batch"], LEAST_ROWS)
    return Workload(f"{name}-{value}", f"{name} {value:,}", sizes, count, at["batch"], "float32", "cross entropy",
                    0.01, 1_000_000)  # fmt: skip


def least_seconds(workload: Workload, rates: Any) -> dict[str, float]:
    """What the step's multiplications and additions, and its bytes, need at the rates that were measured."""
    arithmetic, moved = traffic(workload)
    return {
        "arithmetic": arithmetic / rates.arithmetic(workload.dtype),
        "bytes": moved / rates.movement(moved),
    }


def least_on(workload: Workload, device: dict[str, Any]) -> dict[str, float]:
    """The same at the rates of a GPU or TPU."""
    arithmetic, moved = traffic(workload)
    return {"arithmetic": arithmetic / device["products"], "bytes": moved / device["movement"]}


def traffic(workload: Workload) -> tuple[int, int]:
    """Multiplications and additions of the step's matrix products, and the bytes that no step can do without.

    A layer has three products, the first layer two. Weights are read and written; a layer's outputs are written by the
    forward pass and read by the backward pass; the inputs are read.
    """
    pairs = list(pairwise(workload.sizes))
    batch, size = workload.batch_rows, 4 if workload.dtype == "float32" else 8
    products = sum(3 * inputs * outputs for inputs, outputs in pairs) - pairs[0][0] * pairs[0][1]
    weights = sum((inputs + 1) * outputs for inputs, outputs in pairs)
    values = workload.sizes[0] + 2 * sum(workload.sizes[1:])
    return 2 * batch * products, size * (2 * weights + batch * values)


def judged(result: dict[str, Any]) -> list[Row]:
    """At the last point of each sweep: the share of the machine's rate that each engine reaches."""
    return [row for name, points in result["sweeps"].items() for row in _judged(name, points[-1])]


def _judged(name: str, point: dict[str, Any]) -> Iterator[Row]:
    for peer in PEERS:
        # Where there is a GPU, JAX and PyTorch run on it, and NumPy doesn't.
        there = peer in (XLA, TORCH) and "least_on_device" in point
        least = max(point["least_on_device" if there else "least"].values())
        cell = point["cells"][peer.name]
        shown = cell.get("gap") or f"{least / cell['step']['median']:.0%}"
        yield Row(f"growth, {name} {point[name]:,}: {peer.label}, of what the machine can do", "-", shown, None)


def _started(folder: str, stack: ExitStack) -> tuple[dict[Peer, Process], dict[str, dict[str, Any]]]:
    """A process for each peer, which serves all points; who is not installed."""
    processes, missing = {}, {}
    for peer in PEERS:
        if not peer.is_here:
            missing[peer.name] = {"gap": "not installed"}
            continue
        process = stack.enter_context(Process(folder))
        process.ask("load", module=peer.module)
        processes[peer] = process
    return processes, missing


def _device_rates(folder: str) -> dict[str, Any] | None:
    """The rates of JAX's device if it isn't the processor, whose own are known."""
    if not XLA.is_here:
        return None
    with Process(folder) as process:
        where = process.ask("load", module="products_xla")["device"]
        return None if where.startswith("cpu") else {"name": where, **process.ask("device_rates")}


def _measured(workload: Workload, processes: dict[Peer, Process], folder: str) -> dict[str, dict[str, Any]]:
    cells: dict[str, dict[str, Any]] = {}
    with kept_arrays(workload, folder) as file:
        for peer, process in processes.items():
            try:
                process.ask("read", workload=workload.as_dict(), file=file)
                cells[peer.name] = process.ask("first", kind=peer.kind)
            except (Gap, Failed) as reason:
                cells[peer.name] = {"gap": str(reason)}
    running = {peer: process for peer, process in processes.items() if "gap" not in cells[peer.name]}
    turns = {peer.name: _turn(process, workload, cells[peer.name]) for peer, process in running.items()}
    take_turns(turns, dict.fromkeys(turns, ROUNDS), cells)
    return {name: {key: cell[key] for key in KEPT if key in cell} for name, cell in cells.items()}


def _turn(process: Process, workload: Workload, cell: dict[str, Any]) -> Callable[[], float]:
    epochs = epochs_within(workload, cell["epoch_seconds"], TURN)
    return lambda: process.ask("turn", epochs=epochs)["seconds"] / (epochs * workload.steps)
