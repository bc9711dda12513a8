"""The grader's hold on a template process: start it, ask it for children, end them, notice when it is gone."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.exercises.exercise import Limits
from chainrule.grading.confinement.inside.template import END, ENDED, FORK, KILL, LENGTH, STARTED

__all__ = ["Ended", "TemplateGone", "TemplateProcess"]

_START_SECONDS = 60.0
_ANSWER_SECONDS = 30.0

# chainrule itself is not loaded there: of its package only names exist, above the one folder that may be imported.
_BOOTSTRAP = """
import sys, types
folder, numpy, wire = sys.argv[1:]
for name in ("chainrule", "chainrule.grading", "chainrule.grading.confinement"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
sys.modules["chainrule.grading.confinement"].__path__ = [folder]
sys.path.append(numpy)
from chainrule.grading.confinement.inside.template import main
main(int(wire))
"""

_ENVIRONMENT = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "PYTHONHASHSEED": "0",  # sets of strings have the same order on a regrade
    "LC_ALL": "C.UTF-8",
    "PATH": "/nowhere",
}

# As -I, which would also ignore our own PYTHONHASHSEED: no user's site, no working directory in the path; and no
# site-packages, so that nothing that is installed there runs at the start.
_OPTIONS = ("-s", "-S", "-P", "-B", "-W", "ignore", "-X", "utf8")


class TemplateGone(RuntimeError):
    """The template process has ended, or does not answer."""


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Args:
        status: as `os.waitpid` gives it.
        killed: whether it had to be killed.
        refused: the number of the system call that the kernel refused, 0 for none. A hint, as the child could write it.
        where: the line that was running then, or what Python was about to do; a hint, too.
    """

    status: int
    killed: bool
    refused: int = 0
    where: str = ""


class TemplateProcess:
    """One template.

    Args:
        support: the exercise's own code, which is run before each submission.
        limits: of each submission.

    Attributes:
        landlock: the version of Landlock's interface that children are confined by, 0 for none.
        seccomp: whether their system calls are filtered.

    Raises:
        OSError: there is no fork on this system.
        RuntimeError: it does not start, with the reason; for example the support is no Python.
    """

    def __init__(self, support: str, limits: Limits) -> None:
        if not hasattr(os, "fork"):
            raise OSError(
                f"submissions run in forked processes, which {sys.platform} does not have; "
                "grade on Linux or in a Linux container"
            )
        self._wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *_OPTIONS, "-c", _BOOTSTRAP, *_places(), str(theirs.fileno())],
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                cwd="/",
            )
        told = self._start(
            {"support": support, "output": limits.output, "seconds": limits.seconds, "megabytes": limits.megabytes}
        )
        if told["problem"]:
            self.close()
            raise RuntimeError(f"the template process does not start: {told['problem']}")
        self.landlock: int = told["landlock"]
        self.seccomp: bool = told["seccomp"]

    @property
    def pid(self) -> int:
        """Of the template."""
        return self._process.pid

    def fork(self, channel: int, printed: int) -> int:
        """Start a child with a channel and a file for what it prints; its pid."""
        try:
            socket.send_fds(self._wire, [FORK], [channel, printed])
        except OSError as error:
            raise TemplateGone(str(error)) from error
        return int(STARTED.unpack(self._receive(STARTED.size, _ANSWER_SECONDS))[0])

    def end(self, at_once: bool) -> Ended:
        """End the child: at once, or, if it has closed its channel, after a moment in which it may end by itself."""
        self._send(KILL if at_once else END)
        status, killed, noted = ENDED.unpack(self._receive(ENDED.size, _ANSWER_SECONDS))
        (refused,) = struct.unpack_from("<i", noted)
        where = noted[4:].rstrip(b"\0").decode("utf-8", "replace")
        return Ended(status, killed, refused, "".join(sign if sign.isprintable() else " " for sign in where))

    def close(self) -> None:
        """End the template and its child."""
        self._wire.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self, told: dict[str, Any]) -> dict[str, Any]:
        """Tell how to start, and hear how that went."""
        assert self._process.stderr is not None
        data = json.dumps(told).encode()
        with self._process.stderr as complaints:
            try:
                self._send(LENGTH.pack(len(data)) + data)
                (length,) = LENGTH.unpack(self._receive(LENGTH.size, _START_SECONDS))
                answer: dict[str, Any] = json.loads(self._receive(length, _START_SECONDS))
            except TemplateGone:
                self.close()
                lines = complaints.read().decode("utf-8", "replace").splitlines()
                return {"problem": lines[-1] if lines else f"it ended with status {self._process.returncode}"}
        return answer

    def _send(self, data: bytes) -> None:
        try:
            self._wire.settimeout(_ANSWER_SECONDS)
            self._wire.sendall(data)
        except OSError as error:
            raise TemplateGone(str(error)) from error

    def _receive(self, length: int, seconds: float) -> bytes:
        self._wire.settimeout(seconds)
        data = bytearray()
        while len(data) < length:
            try:
                more = self._wire.recv(length - len(data))
            except OSError as error:
                raise TemplateGone(str(error)) from error
            if not more:
                raise TemplateGone("it has closed its wire")
            data += more
        return bytes(data)


def _places() -> tuple[str, str]:
    """The folder above `inside`, and the one above NumPy."""
    return str(Path(__file__).parent), str(Path(np.__file__).parents[1])
