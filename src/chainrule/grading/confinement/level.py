"""Whether the confinement holds: a handful of escapes, tried on the machine that is going to grade."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chainrule.exercises.exercise import Limits
from chainrule.grading.confinement.worker import Worker
from chainrule.grading.outcome import Call

__all__ = ["LEVELS", "confinement_level", "escapes"]

LEVELS = ("landlock+seccomp", "seccomp only", "rlimits only", "none")


@dataclass(frozen=True)
class _Escape:
    """Something that must not succeed: statements that end without an error only where it does."""

    name: str
    text: str

    @property
    def probe(self) -> str:
        body = self.text.strip().replace("\n", "\n    ")
        return f"def probe(work):\n    {body}\n    return {{'escaped': np.ones(1)}}"


def confinement_level() -> str:
    """How submissions are confined on this machine: one of `LEVELS`; a level is only named if no escape succeeds."""
    try:
        with Worker("", Limits()) as worker:
            level = worker.level
            return level if level == "rlimits only" or not escapes(worker) else "rlimits only"
    except OSError:  # there is no fork
        return "none"


def escapes(worker: Worker) -> list[str]:
    """The escapes that succeed from inside a worker, by name; those that cannot be tried count as if they did."""
    with _targets() as (folder, port):
        return [
            escape.name
            for escape in _escapes(folder, port)
            if worker.run({}, [Call(escape.probe, "probe", ())])[0].status in ("answered", "grader error")
        ]


@contextmanager
def _targets() -> Iterator[tuple[Path, int]]:
    """A folder with a file in it, and a port that listens."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as server:
        folder = Path(name)
        (folder / "secret").write_text("secret")
        yield folder, server.getsockname()[1]


def _escapes(folder: Path, port: int) -> Sequence[_Escape]:
    secret, planted = str(folder / "secret"), str(folder / "planted")
    return (
        _Escape("reading a file", f"assert open({secret!r}).read()"),
        _Escape("reading this process's memory", f"open('/proc/{os.getpid()}/mem', 'rb')"),
        _Escape("planting a file", f"open({planted!r}, 'w').close()"),
        _Escape("changing a file's mode", f"import os\nos.chmod({secret!r}, 0)"),
        _Escape("connecting", f"import _socket\n_socket.socket().connect(('127.0.0.1', {port}))"),
        _Escape("signalling the grader", f"import os\nos.kill({os.getpid()}, 0)"),
        _Escape("forking", "import os\nif os.fork() == 0:\n    os._exit(0)"),
    )
