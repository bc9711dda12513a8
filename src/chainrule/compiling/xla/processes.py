"""Many processes, on one host or many, that train together; what they must agree on, and what if one of them is lost.

Each process runs the same program on the same steps. Whatever decides how it goes on has to be the same in all of
them, or one waits for ever for a step that another one doesn't take.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.compiling.xla.choice import require

__all__ = [
    "LOST",
    "agree",
    "join",
    "least",
    "let_compute_first",
    "not_met",
    "number_of_this",
    "require_same",
    "same_bytes",
    "saying_who_is_lost",
]

# Seconds. Whoever is not there, or not heard of, for so long is given up; at the end all wait for the one that writes.
START, SILENCE, SHUTDOWN = 60, 20, 300
LOOKS = 10  # at the threads, for those that wait for the network
START_VARIABLE = "CHAINRULE_START_SECONDS"  # in the environment, for hosts that start at very different times

LOST = (
    "another process of this training ended or can't be reached, and no step can be made without it. Its own messages "
    "say why. Start all processes again; a training with a checkpoint goes on from there."
)


def not_met() -> str:
    """Words for processes that didn't find each other."""
    return (
        f"not all processes met within {_start_seconds()} s. Start all of them, each with its own number; the "
        "coordinator's address must be that of process 0, and reachable from the others. "
        f"{START_VARIABLE} sets another limit."
    )


def join(coordinator: str, processes: int, process_id: int) -> None:
    """Make this process one of many that train together; called before anything else uses JAX.

    Args:
        coordinator: ``host:port`` of process 0, which listens there.
        processes: how many there are in all.
        process_id: the number of this one, from 0.

    Raises:
        ValueError: the numbers don't fit.
        ConnectionError: the others were not there within a minute.
    """
    host, _, port = coordinator.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"coordinator is {coordinator!r}; expected host:port of process 0, such as 10.0.0.1:4567")
    if processes < 1 or not 0 <= process_id < processes:
        raise ValueError(
            f"process id {process_id} of {processes} processes: expected a number from 0 to {max(0, processes - 1)}"
        )
    require()
    import jax

    # Without it, a SIGTERM is only noted, and the process goes on.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(
            coordinator,
            processes,
            process_id,
            cluster_detection_method="deactivate",
            initialization_timeout=_start_seconds(),
            heartbeat_timeout_seconds=SILENCE,
            shutdown_timeout_seconds=SHUTDOWN,
        )
    except jax.errors.JaxRuntimeError as error:
        raise ConnectionError(
            f"process {process_id} of {processes} at {coordinator}: {not_met()} ({_first_line(error)})"
        ) from error


def number_of_this() -> int:
    """The number of this process among those that train together."""
    import jax

    return int(jax.process_index())


def agree(flag: bool) -> bool:
    """Whether any of the processes says so; all of them call it together."""
    return bool(_gathered(np.array([flag])).any())


def least(number: int) -> int:
    """The least of the processes' numbers; all of them call it together."""
    return int(_gathered(np.array([number])).min())


def require_same(what: str, parts: Iterable[Any]) -> None:
    """Refuse to go on if the processes have other arrays or texts here; all of them call it together.

    Raises:
        ValueError: they differ; in each process that differs from process 0, and in process 0.
    """
    import hashlib  # which loads OpenSSL: not with `import chainrule`

    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    digests = _gathered(np.frombuffer(digest.digest(), np.uint8))
    others = [number for number, other in enumerate(digests) if (other != digests[0]).any()]
    if others:
        named = ", ".join(map(str, others))
        raise ValueError(
            f"Solver: process {named} has other {what} than process 0. All processes need the same: "
            "the same program, with the same seeds and settings."
        )


def same_bytes(path: Path, read: Callable[[Path], bytes]) -> bytes:
    """What process 0 reads from a file, in all processes; all of them call it together.

    Raises:
        FileNotFoundError: process 0 could not read it; in process 0 its own OSError.
    """
    content, error = b"", None
    if number_of_this() == 0:
        try:
            content = read(path)
        except OSError as found:
            error = found
    size = int(_from_first(np.array([-1 if error else len(content)]))[0])
    if error is not None:
        raise error
    if size < 0:
        raise FileNotFoundError(f"{path}: process 0 can't read it; its own message says why")
    shared = _from_first(np.frombuffer(content, np.uint8) if content else np.zeros(size, np.uint8))
    return bytes(shared.astype(np.uint8))


def let_compute_first() -> None:
    """On a single core, let the threads that wait for the network run only while nothing is computed.

    gloo's thread does not sleep between two messages. Where it shares a core with the computation, each of the two
    waits for the other until the scheduler's next tick, some 4 ms for each sum of a step (benchmarks/two_processes.py).
    Called after the first exchange, when the threads are there. With more cores, or where Linux doesn't tell, nothing
    is changed: such a thread would never run beside other programs that take all there is.
    """
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) > 1:
        return
    for _ in range(LOOKS):
        time.sleep(0.005)  # gloo's thread is seen to wait only while it does
        for thread in Path("/proc/self/task").iterdir():
            with contextlib.suppress(OSError):  # a thread that has ended, or a system that doesn't tell
                if "epoll" in (thread / "wchan").read_text():
                    os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))


@contextlib.contextmanager
def saying_who_is_lost(processes: int) -> Iterator[None]:
    """Turn the errors that a lost process causes into one that says so.

    Raises:
        ConnectionError: one is lost. The interpreter then ends without waiting for it.
    """
    try:
        yield
    except (ValueError, RuntimeError) as error:
        if processes == 1 or not any(sign in str(error) for sign in ("Gloo", "UNAVAILABLE", "coordination service")):
            raise
        atexit.register(_leave)  # before JAX's own, which would wait for the one that is lost
        raise ConnectionError(f"{LOST} ({_first_line(error)})") from error


def _start_seconds() -> int:
    found = os.environ.get(START_VARIABLE, str(START))
    if not (found.isascii() and found.isdecimal() and 0 < int(found[:9]) < 10**6):
        raise ValueError(f"{START_VARIABLE} is {found!r}; expected a whole number of seconds")
    return int(found)


def _leave() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(1)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _gathered(array: Any) -> Any:
    """This array of each process, one below the other."""
    import jax
    from jax.experimental import multihost_utils

    with saying_who_is_lost(jax.process_count()):
        return np.asarray(multihost_utils.process_allgather(array)).reshape(jax.process_count(), -1)


def _from_first(array: Any) -> Any:
    import jax
    from jax.experimental import multihost_utils

    with saying_who_is_lost(jax.process_count()):
        return np.asarray(multihost_utils.broadcast_one_to_all(array))
