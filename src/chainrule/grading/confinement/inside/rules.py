"""The seccomp filter: which system calls a submission's process may make, assembled by hand.

Denied by default. What is left is what a NumPy that is already loaded needs to compute: memory, time, its own signals,
and reading and writing descriptors that it already has. It may open nothing, not even for reading, so no path of the
file system can be read, written, or probed; every module that a submission may import is loaded before.

A call that is not allowed is not made and ends the process by SIGSYS: the first one tells what was tried, and no
exercise needs one. Calls that ordinary code makes without harm in mind (opening for reading, asking whether a file is
there, a terminal's size) fail with an error instead, because there libraries expect errors and go on.
"""

# ruff: noqa: SIM905  # tables of words read better than lists of strings

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable, Iterator

from chainrule.grading.confinement.inside.numbers import ARCHITECTURES, numbers

__all__ = ["assemble", "for_process"]

ALLOWED = """
    read write close dup dup2 dup3 lseek fstat poll ppoll select pselect6
    munmap mremap brk madvise
    rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack pause alarm setitimer getitimer restart_syscall
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage
    getpid getppid gettid getuid geteuid getgid getegid getpgrp getgroups
    getrandom sched_yield sched_getaffinity getcpu uname sysinfo getcwd getrlimit
    exit exit_group
""".split()

# Libraries ask these in passing and take a refusal for an answer.
REFUSED = {
    errno.ENOENT: """
        stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat statfs
    """.split(),
    errno.ENOTTY: ["ioctl"],
    errno.EPERM: ["prctl", "membarrier", "rseq", "set_robust_list"],
    errno.ENOSYS: ["clone3"],  # the C library then calls clone, which is named when it is refused
}

_ALLOW, _KILL, _TRAP, _ERRNO = 0x7FFF0000, 0x80000000, 0x00030000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # where they are in what the kernel gives a filter
_X32 = 0x40000000
_SIGSYS = 31
_PROT_EXEC = 0x4
_ANY_PROCESS = 0x7A5A6A4A  # larger than any pid, and no other operand
# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, and the bit that only O_TMPFILE has
_WRITING = 0x1 | 0x2 | 0x40 | 0x200 | 0x400 | 0x400000
# FUTEX_WAIT, WAKE, WAIT_BITSET, WAKE_BITSET, private or not, by either clock
_FUTEX = [operation | private | clock for operation in (0, 1, 9, 10) for private in (0, 128) for clock in (0, 256)]
_FCNTL = [1, 2, 3]  # F_GETFD, F_SETFD, F_GETFL; never F_SETOWN and F_SETSIG, which let the kernel send any signal

Instruction = tuple[int, int, int, int]  # code, how far to jump if true, if false, operand


def for_process(program: bytes, pid: int) -> bytes:
    """The filter for one process; assembling it each time would take longer than everything else."""
    return program.replace(struct.pack("=I", _ANY_PROCESS), struct.pack("=I", pid))


def assemble(machine: str) -> bytes:
    """The filter's instructions, eight bytes each, for `for_process`.

    The order of rules does not matter but for the first three: a call by another architecture's numbers (i386 on
    x86-64) or with the x32 bit would mean another call than the one that is looked up, so it ends the process at once.
    """
    number = numbers(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, ARCHITECTURES[machine][0]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for name in ALLOWED:
        if name in number:
            program += _when(number[name], [(_RETURN, 0, 0, _ALLOW)])
    for error, names in REFUSED.items():
        for name in names:
            if name in number:
                program += _when(number[name], [(_RETURN, 0, 0, _ERRNO | error)])
    for name, body in _looked_at():
        if name in number:
            program += _when(number[name], body)
    program.append((_RETURN, 0, 0, _TRAP))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _when(number: int, body: list[Instruction]) -> list[Instruction]:
    return [(_EQUAL, 0, len(body), number), *body]


def _looked_at() -> Iterator[tuple[str, list[Instruction]]]:
    """The calls of which an argument decides."""
    yield "open", _unless_bits(1, _WRITING, _ERRNO | errno.EACCES)
    yield "openat", _unless_bits(2, _WRITING, _ERRNO | errno.EACCES)
    yield "mmap", _unless_bits(2, _PROT_EXEC, _ALLOW)
    yield "mprotect", _unless_bits(2, _PROT_EXEC, _ALLOW)
    yield "futex", _if_one_of(1, _FUTEX, _TRAP)
    yield "fcntl", _if_one_of(1, _FCNTL, _ERRNO | errno.EPERM)
    yield "tgkill", _if_one_of(0, [_ANY_PROCESS], _TRAP)  # abort() sends itself a signal
    # The process's own handler of SIGSYS names the call that was refused. Replacing it ends the process.
    yield "rt_sigaction", [*_argument(0), (_EQUAL, 0, 1, _SIGSYS), (_RETURN, 0, 0, _KILL), (_RETURN, 0, 0, _ALLOW)]
    # Reading one's own limits: prlimit64(0, which, NULL, old). Limits of another process would stop the grader.
    halves = [*_argument(0), (_EQUAL, 0, 4, 0), *_argument(2), (_EQUAL, 0, 2, 0), (_LOAD, 0, 0, 16 + 8 * 2 + 4)]
    yield "prlimit64", [*halves, (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _TRAP), (_RETURN, 0, 0, _ALLOW)]


def _argument(place: int) -> list[Instruction]:
    """Load the lower half of an argument; both architectures are little-endian, and an int has only that half."""
    return [(_LOAD, 0, 0, 16 + 8 * place)]


def _unless_bits(place: int, bits: int, otherwise: int) -> list[Instruction]:
    return [*_argument(place), (_ANY_BIT, 0, 1, bits), (_RETURN, 0, 0, _TRAP), (_RETURN, 0, 0, otherwise)]


def _if_one_of(place: int, values: Iterable[int], otherwise: int) -> list[Instruction]:
    checks = [step for value in values for step in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW))]
    return [*_argument(place), *checks, (_RETURN, 0, 0, otherwise)]
