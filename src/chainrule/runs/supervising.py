"""A process that trains with others runs as a child of the command, which says what became of it.

If a process is lost, JAX may end the others in the middle of a step, with a stack of its own functions and no chance
for a word of ours. The command itself never trains, so it can always speak.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO

from chainrule.compiling.xla.processes import LOST, not_met

__all__ = ["follow_parent", "is_child", "say_met", "supervise"]

_CHILD = "CHAINRULE_TRAINS_WITH_OTHERS"
# The line by which the child says that all processes have met.
_MET = b"chainrule: met\n"
# What JAX's C++ writes about the end of a process: a stack of addresses, and who called whom.
_NOISE = re.compile(rb"^(\s+@\s+0x|\*\*\* |F\d{4} |E\d{4} |W\d{4} |I\d{4} |RPC: |Additional GRPC|:UNKNOWN|\s*$)")


def is_child() -> bool:
    """Whether this process is the one that trains."""
    return _CHILD in os.environ


def follow_parent() -> None:
    """End when the command ends, however it does: its end of our input is then closed."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):  # not sys.stdin, which can't be closed at the end while a thread reads it
                pass
        os._exit(1)

    threading.Thread(target=wait, name="follows the command", daemon=True).start()


def say_met() -> None:
    """Tell the command that all processes have met, so that it knows what a sudden end means."""
    sys.stderr.buffer.write(_MET)
    sys.stderr.flush()


def supervise(words: Sequence[str]) -> int:
    """Run the command line ``words`` in a process of its own; its exit status.

    Ctrl-C reaches both, and the child decides; a SIGTERM is handed on.
    """
    child = subprocess.Popen(
        [sys.executable, "-c", "from chainrule.cli import main; main()", *words],
        env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, _CHILD: "1"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    with _handing_on(child):
        met = _pass_on(child.stderr)
        status = child.wait()
    if status == -signal.SIGABRT:
        print(f"error: {LOST if met else not_met()}", file=sys.stderr)
        return 1
    if status < 0:
        print(f"error: this process was ended by {signal.Signals(-status).name}", file=sys.stderr)
        return 128 - status
    return status


def _pass_on(messages: IO[bytes]) -> bool:
    """Hand on what is for people; whether the processes have met."""
    met = False
    for line in messages:
        if line == _MET:
            met = True
        elif not _NOISE.match(line):
            sys.stderr.write(line.decode(errors="backslashreplace"))
            sys.stderr.flush()
    return met


@contextlib.contextmanager
def _handing_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Signals that end the command are the child's."""
    previous = (
        signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.signal(signal.SIGTERM, lambda number, frame: child.terminate()),
    )
    try:
        yield
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), previous, strict=True):
            signal.signal(number, handler)
