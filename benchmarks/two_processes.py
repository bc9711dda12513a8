"""What do two processes cost that share a batch? 784-1024-1024-10, batch 256, float32, on two cores.

The two have a core each, the one that they are held against has both. They talk over loopback, by gloo.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import statistics
import subprocess
import sys

from benchmarks.measure import Row

ROUNDS = 3
EPOCHS, STEPS, BATCH = 9, 6, 256


def train(coordinator: str, processes: int, process_id: int) -> float:
    """The median seconds of a step, without the first epochs, which compile."""
    import numpy as np

    from chainrule.compiling import XLA, join
    from chainrule.learning import SGD, Affine, ReLU, Sequential, Solver
    from chainrule.ops import softmax_cross_entropy

    if processes > 1:
        join(coordinator, processes, process_id)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(STEPS * BATCH, 784)).astype(np.float32)
    y = rng.integers(0, 10, len(x))
    layers = [Affine(784, 1024), ReLU(), Affine(1024, 1024), ReLU(), Affine(1024, 10)]
    model = Sequential(layers, rng=0, dtype=np.float32)
    engine = XLA(devices="all")
    solver = Solver(model, softmax_cross_entropy, SGD(0.01), batch_size=BATCH, engine=engine, progress=False)
    solver.train(x, y, epochs=EPOCHS)
    return statistics.median(solver.history.column("seconds")[2:]) / STEPS


def alone(core: set[int]) -> float:
    """One process on these cores."""
    return _seconds([_start("-", 1, 0, core)])


def together(cores: list[int]) -> float:
    """A process on each core; the slower one's time."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{listener.getsockname()[1]}"
    return _seconds([_start(coordinator, len(cores), number, {core}) for number, core in enumerate(cores)])


def _start(coordinator: str, processes: int, process_id: int, cores: set[int]) -> subprocess.Popen[str]:
    words = [coordinator, processes, process_id, ",".join(map(str, sorted(cores)))]
    command = [sys.executable, "-m", "benchmarks.two_processes", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _seconds(processes: list[subprocess.Popen[str]]) -> float:
    outputs = [process.communicate()[0] for process in processes]
    return max(json.loads(output.splitlines()[-1]) for output in outputs)


def rows() -> list[Row]:
    question = "784-1024-1024-10, batch 256: two processes of a core each / one of two cores"
    if importlib.util.find_spec("jax") is None or not hasattr(os, "sched_getaffinity"):
        return [Row(question, "<= 1.15", "needs JAX, and Linux", None)]
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        return [Row(question, "<= 1.15", "needs two cores", None)]
    pairs = [(together(cores), alone(set(cores))) for _ in range(ROUNDS)]
    two, one = (statistics.median(column) for column in zip(*pairs, strict=True))
    single = alone({cores[0]})
    measured = f"{two / one:.2f} ({1e3 * two:.1f} / {1e3 * one:.1f} ms a step)"
    return [
        Row(question, "<= 1.15", measured, two / one <= 1.15),
        Row("  the same: one process of one core / two", "-", f"{single / two:.2f} ({1e3 * single:.1f} ms)", None),
    ]


if __name__ == "__main__":
    coordinator, processes, process_id, cores = sys.argv[1:]
    os.sched_setaffinity(0, set(map(int, cores.split(","))))  # before JAX counts the cores
    print(json.dumps(train(coordinator, int(processes), int(process_id))))
