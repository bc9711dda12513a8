"""The process that a peer runs in: takes requests as lines of JSON, answers each with one.

It loads one peer and no other, so that import time and peak memory are that peer's. What libraries print goes to the
standard error, since the standard output carries the answers.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WARM_SECONDS = 0.05  # untimed training at a turn's start: by then the threads of whoever had the last turn are asleep


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    served = Served()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(served, request.pop("do"))(**request)
        except NotImplementedError as error:
            answer = {"gap": str(error)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


class Served:
    """What can be asked for; remembers the peer, its task and its training."""

    def load(self, module: str) -> dict[str, Any]:
        """Import the peer."""
        started = time.perf_counter()
        self.peer = importlib.import_module(f"benchmarks.peers.{module}")
        found = {"import_seconds": time.perf_counter() - started, "memory_after_import": peak_memory()}
        return found | getattr(self.peer, "describe", dict)()

    def read(self, workload: dict[str, Any], file: str) -> dict[str, Any]:
        """Read a workload's arrays."""
        from benchmarks.peers.workloads import Workload, task_of

        self.task = task_of(Workload(**workload | {"sizes": tuple(workload["sizes"])}), read_arrays(file))
        return {}

    def first(self, kind: str) -> dict[str, Any]:
        """Build the training and run its trial epochs twice; the first time pays for what is compiled."""
        trial = self.task.workload.trial
        started = time.perf_counter()
        self.train, self.parameters = self.peer.prepare(self.task, kind)
        losses = self.train(trial)
        first = time.perf_counter() - started
        later = timed(lambda: self.train(trial))
        once = max(first - later, 0.0) + later / (trial * self.task.workload.steps)
        return {"losses": losses, "first_step": once, "epoch_seconds": later / trial}

    def turn(self, epochs: int) -> dict[str, Any]:
        """Train a while untimed, then ``epochs`` epochs timed."""
        trial, until = self.task.workload.trial, time.perf_counter() + WARM_SECONDS
        while time.perf_counter() < until:
            self.train(trial)
        return {"seconds": timed(lambda: self.train(epochs))}

    def warm(self, epochs: int) -> dict[str, Any]:
        """A turn's training, untimed: what depends on the number of epochs is compiled."""
        self.train(epochs)
        return {}

    def memory(self) -> dict[str, Any]:
        """The most memory that was ever resident."""
        return {"peak_memory": peak_memory()}

    def until(self, kind: str, test: str, accuracy: float, most: int) -> dict[str, Any]:
        """Train until the accuracy on the test rows is reached, looking after each epoch."""
        x, y = read_arrays(test).values()
        train, parameters = self.peer.prepare(self.task, kind)
        found: list[float] = []
        while len(found) < most and (not found or found[-1] < accuracy):
            train(1)
            found.append(accuracy_of(parameters(), x, y))
        return {"accuracies": found, "reached": found[-1] >= accuracy}

    def seconds_to(self, loss: float) -> dict[str, Any]:
        """What a peer without epochs of its own takes to a loss."""
        return self.peer.seconds_to(self.task, loss)

    def device_rates(self) -> dict[str, Any]:
        """What the device that the peer runs on reaches."""
        return self.peer.device_rates()

    def trained(self, kind: str, epochs: int) -> dict[str, Any]:
        """The seconds of some epochs, and the cross-entropy of all rows after them."""
        import numpy as np

        started = time.perf_counter()
        train, parameters = self.peer.prepare(self.task, kind)
        train(epochs)
        seconds = time.perf_counter() - started
        logits = outputs(parameters(), self.task.x)
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return {"seconds": seconds, "loss": -float(log_p[np.arange(len(log_p)), self.task.y].mean())}


def timed(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def read_arrays(file: str) -> dict[str, Any]:
    """The arrays of an .npz file, in their order."""
    import numpy as np

    with np.load(file) as found:
        return {name: found[name] for name in found.files}


def outputs(parameters: Any, x: Any) -> Any:
    """The network's outputs, by NumPy for all peers."""
    import numpy as np

    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
    for w, b in hidden:
        x = np.maximum(x @ w + b, 0)
    return x @ last[0] + last[1]


def accuracy_of(parameters: Any, x: Any, y: Any) -> float:
    """The share of rows whose largest output is the right class."""
    return float((outputs(parameters, x).argmax(axis=1) == y).mean())


def peak_memory() -> int:
    """Bytes that were resident at most, of this process alone.

    Linux hands ru_maxrss down to what a process starts, so a child would report its parent's; VmHWM is its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main()
