"""The kernel's own means, by ctypes: dying with one's parent, Landlock, seccomp."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable

from chainrule.grading.confinement.inside.numbers import ARCHITECTURES, numbers
from chainrule.grading.confinement.inside.rules import assemble, for_process

__all__ = ["Kernel", "die_with_parent"]

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SECCOMP_SET_MODE_FILTER, _SECCOMP_GET_ACTION_AVAIL = 1, 2
_LANDLOCK_VERSION = 1

# How many of the file system's rights each version of Landlock knows, and from which on it knows ports and scopes.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_PORTS_SINCE, _SCOPES_SINCE = 4, 6
_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

_WITH_SIGNALS_BLOCKED = {"os.system", "os.posix_spawn", "_thread.start_new_thread"}
_SI_SYSCALL = 24  # where siginfo_t has the number of the call, on 64-bit Linux


class _SigAction(ctypes.Structure):
    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_byte * 128),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


class Kernel:
    """What this machine's kernel offers, made ready once in the template; used by each child on itself.

    Attributes:
        landlock: the version of Landlock's interface, 0 for none.
        seccomp: whether system calls can be filtered.
        refused: memory that the template shares with a child: the number of the call that was refused, then where.
        where: gives the line that is running; set in the child.
    """

    def __init__(self, size: int) -> None:
        self.landlock = 0
        self.seccomp = False
        self.refused = mmap.mmap(-1, size)
        self.where: Callable[[], str] = str
        machine = platform.machine()
        if sys.platform != "linux" or machine not in ARCHITECTURES or sys.maxsize < 2**32:
            return
        self._call = _system_calls(machine)
        self._ruleset = -1
        self.landlock = max(0, self._call("landlock_create_ruleset", None, 0, _LANDLOCK_VERSION))
        if self.landlock:
            self._ruleset = self._create_ruleset()
        action = ctypes.c_uint32(0x80000000)
        self.seccomp = self._call("seccomp", _SECCOMP_GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0
        self._filter = assemble(machine)
        # Kept for as long as the process lives: the kernel will have its address.
        self._handler = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(self._note_call)
        self._sigaction = ctypes.CDLL(None).sigaction

    def _create_ruleset(self) -> int:
        """Everything that can be denied is, and there are no exceptions."""
        files = (1 << _FILE_RIGHTS.get(self.landlock, 16)) - 1
        ports = _BIND_AND_CONNECT if self.landlock >= _PORTS_SINCE else 0
        scopes = _ABSTRACT_SOCKETS_AND_SIGNALS if self.landlock >= _SCOPES_SINCE else 0
        known = 3 if self.landlock >= _SCOPES_SINCE else 2 if self.landlock >= _PORTS_SINCE else 1
        attributes = struct.pack("<QQQ", files, ports, scopes)[: 8 * known]
        ruleset = self._call("landlock_create_ruleset", attributes, len(attributes), 0)
        if ruleset < 0:
            self.landlock = 0
        return ruleset

    def restrict_files(self) -> None:
        """Give up all files, ports and signals, for good. To be called while the template's descriptors are open.

        Raises:
            OSError: the kernel offered it and now refuses; the submission must not be run.
        """
        if self.landlock:
            self._give_up_privileges()
            self._must("landlock_restrict_self", self._ruleset, 0)

    def restrict_calls(self) -> None:
        """Give up all system calls but a few, for good.

        Raises:
            OSError: the kernel offered it and now refuses; the submission must not be run.
        """
        if self.seccomp:
            self._give_up_privileges()
            siginfo = 4  # SA_SIGINFO
            action = _SigAction(ctypes.cast(self._handler, ctypes.c_void_p), (ctypes.c_byte * 128)(), siginfo, None)
            if self._sigaction(int(signal.SIGSYS), ctypes.byref(action), None):
                raise OSError("sigaction")
            sys.addaudithook(self._note_event)
            filter_ = for_process(self._filter, os.getpid())
            program = _Program(len(filter_) // 8, filter_)
            self._must("seccomp", _SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(program))

    def _give_up_privileges(self) -> None:
        self._must("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    def _must(self, name: str, *arguments: object) -> None:
        if self._call(name, *arguments) != 0:
            raise OSError(ctypes.get_errno(), name)

    def _note_call(self, _signal: int, info: int, _context: int) -> None:
        """The handler of SIGSYS, which the kernel raises in place of a call that is refused.

        What is noted is a hint: a submission can change this function and the memory. It cannot make the call.
        """
        try:
            self.refused[:4] = ctypes.string_at(info + _SI_SYSCALL, 4)
            self._note(self.where())
        finally:
            self._call("rt_sigaction", int(signal.SIGSYS), None, None, 8)  # the filter ends the process for it

    def _note_event(self, event: str, _arguments: tuple[object, ...]) -> None:
        """Python says beforehand what it is about to do; the C library starts these with all signals blocked."""
        if event in _WITH_SIGNALS_BLOCKED:
            self._note(f"{event}, {self.where()}")

    def _note(self, text: str) -> None:
        data = text.encode("utf-8", "replace")[: len(self.refused) - 4]
        self.refused[4:] = data.ljust(len(self.refused) - 4, b"\0")


def _system_calls(machine: str) -> Callable[..., int]:
    number = numbers(machine)
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long

    def call(name: str, *arguments: object) -> int:
        converted = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
        return int(function(ctypes.c_long(number[name]), *converted))

    return call


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process as soon as its parent ends; where there is Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it has ended before
        os._exit(1)
