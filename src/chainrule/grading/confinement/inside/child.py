"""The process of one submission: it gives up its rights, then runs the submission, then answers calls."""

from __future__ import annotations

import contextlib
import importlib.machinery
import io
import os
import sys
import traceback
import types
from dataclasses import dataclass
from typing import Any

from chainrule.grading.confinement.inside.calls import answer, reseed, running_line
from chainrule.grading.confinement.inside.frames import frame, read_arrays, receive
from chainrule.grading.confinement.inside.kernel import Kernel, die_with_parent
from chainrule.grading.confinement.inside.modules import Submitted

__all__ = ["DESCRIPTORS", "LARGEST_RESULTS", "OUT_OF_MEMORY", "Template", "run_child"]

DESCRIPTORS = 128  # that the template itself may have open
LARGEST_RESULTS = 32 << 20  # of all calls of a submission together
OUT_OF_MEMORY = 112  # an exit status that little else uses
_FROM_THE_GRADER = (1 << 32) - 1  # what the grader sends is not limited here
_CHANNEL = 3  # its only descriptor, apart from an empty input and the memory that takes what it prints
_STACK = 64 << 20


@dataclass
class Template:
    """What children inherit; nothing of it is secret, and nothing belongs to a submission.

    Attributes:
        kernel: what can be taken away.
        support: the exercise's own code, compiled.
        address_space: the template's own size in bytes.
        seconds, megabytes, output: the limits.
    """

    kernel: Kernel
    support: types.CodeType
    address_space: int
    seconds: float
    megabytes: int
    output: int


def run_child(template: Template, parent: int, channel: int, printed: int) -> None:
    """Everything that happens in a child; it does not return."""
    try:
        submitted = _confine(template, parent, channel, printed)
        submitted.give(template.support)
        _write(frame({"ready": True}))
        header, _ = receive(_read, _FROM_THE_GRADER, 0)
        reseed()
        submitted.load(header["files"])
        _write(frame({"loaded": True}))
        while True:
            call, body = receive(_read, _FROM_THE_GRADER, _FROM_THE_GRADER)
            _write(answer(call, read_arrays(call["in"], body), submitted, LARGEST_RESULTS))
    except MemoryError:  # not even for the answer was there any left
        os._exit(OUT_OF_MEMORY)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _confine(template: Template, parent: int, channel: int, printed: int) -> Submitted:
    """Give up everything; what comes after may be hostile."""
    submitted = Submitted()
    os.setsid()
    die_with_parent(parent)
    template.kernel.restrict_files()
    _keep_only(channel, printed)
    _limit(template)
    sys.meta_path[:] = [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter, submitted]
    template.kernel.where = lambda: running_line(submitted.texts)
    template.kernel.restrict_calls()
    return submitted


def _keep_only(channel: int, printed: int) -> None:
    """Close all descriptors but the channel; what is printed goes to memory that the grader made."""
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    if channel != _CHANNEL:
        os.dup2(channel, _CHANNEL)
    os.closerange(_CHANNEL + 1, DESCRIPTORS)
    sys.stdin = io.StringIO()
    sys.stdout = sys.stderr = io.TextIOWrapper(_Printed(), "utf-8", "backslashreplace", write_through=True)


class _Printed(io.RawIOBase):
    """What is printed after the limit is lost without an error."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        with contextlib.suppress(OSError):
            os.write(1, data)
        return memoryview(data).nbytes


def _limit(template: Template) -> None:
    import resource  # not on Windows, where the grader still has to say what is missing; the template has loaded it

    limits = {
        "RLIMIT_CPU": int(template.seconds) + 2,  # the grader's clock comes first; this is for when it is gone
        "RLIMIT_AS": template.address_space + (template.megabytes << 20),
        "RLIMIT_FSIZE": template.output,
        "RLIMIT_CORE": 0,
        "RLIMIT_STACK": _STACK,
        "RLIMIT_NOFILE": 16,
    }
    for name, value in limits.items():
        which = getattr(resource, name, None)
        if which is not None:
            most = resource.getrlimit(which)[1]
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(which, (value, value))


def _read(most: int) -> bytes:
    data = os.read(_CHANNEL, most)
    if not data:
        os._exit(0)  # the grader has no more calls
    return data


def _write(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(_CHANNEL, rest) :]
