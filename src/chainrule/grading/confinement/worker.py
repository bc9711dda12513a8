"""A worker: runs the calls of one submission after the other, each submission in a confined process of its own."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from chainrule.exercises.exercise import Limits
from chainrule.grading.confinement.ending import outcome_of
from chainrule.grading.confinement.inside.child import LARGEST_RESULTS
from chainrule.grading.confinement.inside.frames import (
    ProtocolError,
    describe,
    frame,
    read_named,
    read_text,
    receive,
)
from chainrule.grading.confinement.process import TemplateGone, TemplateProcess
from chainrule.grading.outcome import Call, Outcome, Status

__all__ = ["Worker"]

Array = npt.NDArray[Any]

_LARGEST_HEADER = 1 << 16
_LONGEST_MESSAGE = 700
_START_SECONDS = 30.0  # for a process that usually takes a few milliseconds to be ready
_MOST_CHILDREN = 8  # for one submission: after one has ended, the calls of other probes go to a new one
_STATUSES: dict[str, Status] = {
    "answered": "answered",
    "not implemented": "not implemented",
    "crashed": "crashed",
    "memory": "memory",
    "forbidden": "forbidden",
}


class Worker:
    """One template process, and a confined child of it for each submission; see `process` and `inside`.

    Use it as a context manager, in one thread at a time.

    Args:
        support: the exercise's own code, on which submissions may rely.
        limits: of one submission.

    Attributes:
        output: what the last submission printed, cut off.
        restarts: how often a template had to be replaced.

    Raises:
        OSError: on entering, on a system without fork.
        RuntimeError: on entering, if the template does not start.
    """

    def __init__(self, support: str, limits: Limits) -> None:
        self.output = ""
        self.restarts = 0
        self._support = support
        self._limits = limits
        self._template: TemplateProcess | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        self._is_over = False
        self._template = TemplateProcess(self._support, self._limits)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over = True
        self._close()

    def _close(self) -> None:
        if self._template is not None:
            self._template.close()
            self._template = None

    @property
    def template(self) -> TemplateProcess:
        """The template; a new one if the last one is gone.

        Raises:
            RuntimeError: the worker has been left, perhaps by another thread after Ctrl-C.
        """
        if self._is_over:
            raise RuntimeError("this worker has been closed")
        if self._template is None:
            self._template = TemplateProcess(self._support, self._limits)
        return self._template

    @property
    def level(self) -> str:
        """How submissions are confined as far as the kernel offers it; `confinement_level` also tries it."""
        if self.template.seccomp:
            return "landlock+seccomp" if self.template.landlock else "seccomp only"
        return "rlimits only"

    def run(self, files: Mapping[str, str], calls: Sequence[Call]) -> list[Outcome]:
        """Load a submission and make all calls, one outcome for each.

        A call that ends the process, or does not end, costs itself and the other calls of its probe; a new process
        goes on with the rest, within the same time limit. A call may use half of the time that is left, the last one
        all of it.

        A template that is gone is replaced, and the submission is run once more.
        """
        for _ in range(2):
            try:
                return self._run(files, calls)
            except TemplateGone as problem:
                reason = f"the template process ended: {problem}"
                self._close()
                self.restarts += 1
            except RuntimeError as problem:
                reason = str(problem)
                self._close()
            except BaseException:  # Ctrl-C between a question and its answer
                self._close()
                raise
        return [Outcome("grader error", detail=reason)] * len(calls)

    def _run(self, files: Mapping[str, str], calls: Sequence[Call]) -> list[Outcome]:
        with _memory_file() as printed:
            try:
                return _Conversation(self.template, printed, files, calls, self._limits.seconds).outcomes()
            finally:
                self.output = _text(printed, self._limits.output)


@dataclass
class _Conversation:
    """The calls of one submission.

    Args:
        template: makes its processes.
        printed: takes what they print.
        files, calls: of the submission, for the submission.
        seconds: for everything.
    """

    template: TemplateProcess
    printed: BinaryIO
    files: Mapping[str, str]
    calls: Sequence[Call]
    seconds: float
    done: list[Outcome] = field(default_factory=list)
    spoiled: dict[str, Outcome] = field(default_factory=dict)  # probe: how it ended the process
    room: int = LARGEST_RESULTS  # bytes that its results may still take in the grader

    def outcomes(self) -> list[Outcome]:
        """One for each call."""
        self.deadline = time.monotonic() + self.seconds
        for _ in range(_MOST_CHILDREN):
            if not self._skip_spoiled():
                return self.done
            end, loaded = self._child()
            if end is not None and not loaded:
                return self._fill(end)
            if end is not None:
                self.spoiled[self.calls[len(self.done)].probe] = end
                self.done.append(end)
            if time.monotonic() >= self.deadline:
                return self._fill(Outcome("timeout", detail=f"{self.seconds:g} s had been used up before"))
        return self._fill(
            Outcome("crashed", detail=f"not run: {_MOST_CHILDREN} processes of this submission had ended")
        )

    def _skip_spoiled(self) -> bool:
        """Whether there is a call to make, after those whose probe has ended a process."""
        while len(self.done) < len(self.calls) and self.calls[len(self.done)].probe in self.spoiled:
            end = self.spoiled[self.calls[len(self.done)].probe]
            self.done.append(replace(end, detail=f"{end.detail}; not run again after an earlier case of the test"))
        return len(self.done) < len(self.calls)

    def _fill(self, outcome: Outcome) -> list[Outcome]:
        while self._skip_spoiled():
            self.done.append(outcome)
        return self.done

    def _child(self) -> tuple[Outcome | None, bool]:
        """Let one process answer as much as it can: what ended it early, and whether it had loaded the submission."""
        ready = loaded = False
        at_once = True
        problem: Exception | None = None
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self.template.fork(theirs.fileno(), self.printed.fileno())
            try:
                # This time is not the submission's: running out of it would be an error of the grader.
                self._receive(ours, time.monotonic() + _START_SECONDS)
                ready = True
                self._send(ours, frame({"files": dict(self.files)}), self.deadline)
                loaded = self._receive(ours, self.deadline)[0] == {"loaded": True}
                if not loaded:
                    raise ProtocolError("it did not say that it was loaded")
                self._make_calls(ours)
            except (TimeoutError, ProtocolError) as caught:
                problem = caught
            except (EOFError, OSError) as caught:
                problem, at_once = caught, False
            finally:
                ended = self.template.end(at_once)
        if problem is None:
            return None, True
        if not ready:
            text = _text(self.printed, 1 << 16).strip().splitlines()
            return Outcome("grader error", detail=f"nothing was run: {text[-1] if text else ended}"), False
        if isinstance(problem, TimeoutError):
            return Outcome("timeout", message="It ran for too long.", detail=f"of {self.seconds:g} s in all"), loaded
        if isinstance(problem, ProtocolError):
            return Outcome("protocol", detail=str(problem)), loaded
        return outcome_of(ended), loaded

    def _make_calls(self, channel: socket.socket) -> None:
        while self._skip_spoiled():
            number = len(self.done)
            left = self.deadline - time.monotonic()
            until = time.monotonic() + (left if number == len(self.calls) - 1 else left / 2)
            call = self.calls[number]
            arrays = [_plain(array) for array in call.arrays]
            header = {
                "call": number,
                "probe": call.probe,
                "function": call.function,
                "in": [describe(array) for array in arrays],
            }
            self._send(channel, frame(header, arrays), until)
            answer, body = self._receive(channel, until)
            self.room -= len(body)
            self.done.append(_answer(answer, body, number))

    def _send(self, channel: socket.socket, data: bytes, until: float) -> None:
        channel.settimeout(_left(until))
        channel.sendall(data)

    def _receive(self, channel: socket.socket, until: float) -> tuple[dict[str, Any], bytes]:
        def read(most: int) -> bytes:
            channel.settimeout(_left(until))
            data = channel.recv(most)
            if not data:
                raise EOFError
            return data

        return receive(read, _LARGEST_HEADER, self.room)


def _left(until: float) -> float:
    """Seconds; a timeout of 0 would mean not to wait at all, which is another error."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(header: dict[str, Any], body: bytes, number: int) -> Outcome:
    """What a process says about a call. It could say anything."""
    status = header.get("status")
    if type(header.get("call")) is not int or header["call"] != number:
        raise ProtocolError(f"an answer to another call than {number}")
    if not isinstance(status, str) or status not in _STATUSES:
        raise ProtocolError(f"a status that is none: {str(status)[:40]!r}")
    message = read_text(header.get("message"), _LONGEST_MESSAGE)
    return Outcome(_STATUSES[status], read_named(header, body), message)


def _plain(array: Array) -> Array:
    """As it can be sent; the teacher's own arrays."""
    array = np.asarray(array)
    wider = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}.get(array.dtype.kind)
    return array if wider is None or array.dtype.str in ("<f4", "<i4") else array.astype(wider)


def _memory_file() -> BinaryIO:
    """A file that is nowhere; it never grows beyond the limit that the process itself has for files."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("printed"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _text(printed: BinaryIO, most: int) -> str:
    data = os.pread(printed.fileno(), most, 0)
    cut = f"\n[cut off after {most} bytes]" if len(data) == most else ""
    return data.decode("utf-8", "replace") + cut
