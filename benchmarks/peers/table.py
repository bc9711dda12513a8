"""The table: each workload by each peer, in turns; time per step, first step, import time and memory of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from benchmarks.peers.catalogue import HAND, PRODUCTS, Peer
from benchmarks.peers.turns import ROUNDS, SLOW_ROUNDS, Failed, Gap, Process, epochs_within, kept_arrays, take_turns
from benchmarks.peers.workloads import LARGE, MissingData, Workload

__all__ = ["Says", "agree", "measure_workload", "measure_workloads"]

# How far a peer's losses may be from those by hand: rounding, and no more.
TOLERANCES = {"float64": 1e-6, "float32": 1e-3}

Says = Callable[[str], None]


def measure_workloads(
    workloads: Sequence[Workload], peers: Sequence[Peer], folder: str, says: Says = lambda text: None
) -> list[dict[str, Any]]:
    """A record of each workload, with a cell for each peer."""
    found = []
    for workload in workloads:
        takers = (*peers, *PRODUCTS) if workload == LARGE else peers
        try:
            cells = measure_workload(workload, takers, folder, says)
        except MissingData as missing:
            cells = {taker.name: {"gap": str(missing)} for taker in takers}
        found.append({**workload.as_dict(), "cells": cells})
    return found


def measure_workload(workload: Workload, peers: Iterable[Peer], folder: str, says: Says) -> dict[str, dict[str, Any]]:
    """Each peer's cell: its figures, or ``gap`` with the reason why it has none."""
    cells: dict[str, dict[str, Any]] = {}
    processes: dict[str, Process] = {}
    with kept_arrays(workload, folder) as file, ExitStack() as stack:
        for peer in peers:
            says(f"{workload.title}: {peer.label} starts")
            cells[peer.name] = _started(peer, workload, file, folder, stack, processes)
        _compare_losses(cells, workload.dtype)
        running = [name for name in processes if "gap" not in cells[name]]
        says(f"{workload.title}: {len(running)} take turns")
        _take_turns(running, processes, cells, workload)
        for name in running:
            if "gap" not in cells[name]:
                cells[name] |= processes[name].ask("memory")
    return cells


def _started(
    peer: Peer, workload: Workload, file: str, folder: str, stack: ExitStack, processes: dict[str, Process]
) -> dict[str, Any]:
    """A process with the peer's first epochs behind it, and what these cost."""
    if not peer.is_here:
        return {"gap": "not installed"}
    process = stack.enter_context(Process(folder))
    try:
        cell = process.ask("load", module=peer.module)
        process.ask("read", workload=workload.as_dict(), file=file)
        cell |= process.ask("first", kind=peer.kind)
        epochs = epochs_within(workload, cell["epoch_seconds"])
        process.ask("warm", epochs=epochs)
    except Gap as gap:
        return {"gap": str(gap)}
    except Failed as failure:
        return {"gap": f"failed: {failure}"}
    processes[peer.name] = process
    return cell | {"epochs": epochs, "scaled": epochs < workload.epochs}


def _compare_losses(cells: dict[str, dict[str, Any]], dtype: str) -> None:
    """A peer whose losses are not those by hand trains something else, and gets no number."""
    expected = cells.get(HAND.name, {}).get("losses")
    for cell in cells.values():
        losses = cell.get("losses")
        if expected and losses and not agree(expected, losses, dtype):
            cell["gap"] = f"differs: loss {losses[0]:.6g}, by hand {expected[0]:.6g}"


def agree(expected: Sequence[float], losses: Sequence[float], dtype: str) -> bool:
    """Whether these are the losses of the same training, but for rounding."""
    tolerance = TOLERANCES[dtype]
    return len(expected) == len(losses) and bool(np.allclose(losses, expected, rtol=tolerance, atol=tolerance * 1e-3))


def _take_turns(
    running: Sequence[str], processes: dict[str, Process], cells: dict[str, dict[str, Any]], workload: Workload
) -> None:
    def turn(name: str) -> Callable[[], float]:
        steps = cells[name]["epochs"] * workload.steps
        return lambda: processes[name].ask("turn", epochs=cells[name]["epochs"])["seconds"] / steps

    slow = {name: cells[name]["epoch_seconds"] * cells[name]["epochs"] > 1.0 for name in running}
    counts = {name: SLOW_ROUNDS if slow[name] else ROUNDS for name in running}
    take_turns({name: turn(name) for name in running}, counts, cells)
