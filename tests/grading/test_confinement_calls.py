"""System calls one by one, made from inside a worker by number, so that no check of Python's or C's libraries helps."""

# ruff: noqa: SIM905  # tables of words read better than lists of strings

import ctypes
import os
import platform
import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule.exercises.exercise import Limits
from chainrule.grading import Call
from chainrule.grading.confinement import Worker, confinement_level
from chainrule.grading.confinement.inside import rules
from chainrule.grading.confinement.inside.numbers import ARCHITECTURES, name_of, numbers
from chainrule.grading.confinement.inside.rules import assemble, for_process

filtered = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ARCHITECTURES or confinement_level() == "rlimits only",
    reason="this kernel filters no system calls, or not on this architecture",
)

PROBE = """
import ctypes
def probe(work, numbers):
    call = ctypes.CDLL(None, use_errno=True).syscall
    given = call(*(ctypes.c_long(int(one)) for one in numbers))
    return {"given": given, "errno": ctypes.get_errno()}
"""

HARMFUL = """
    socket socketpair connect bind sendto sendmsg recvmsg listen accept4 execve execveat ptrace process_vm_readv
    process_vm_writev kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal
    clone unshare setns wait4 waitid
    fchmod fchmodat fchown fchownat utimensat mkdirat mknodat unlinkat renameat renameat2 linkat symlinkat truncate
    ftruncate setxattr fsetxattr removexattr io_uring_setup io_uring_enter io_uring_register io_setup bpf
    perf_event_open userfaultfd keyctl add_key request_key mount umount2 pivot_root move_mount fsopen open_tree
    mount_setattr chroot chdir memfd_create memfd_secret seccomp personality setrlimit setpriority
    sched_setaffinity sched_setscheduler ioprio_set process_madvise kcmp name_to_handle_at open_by_handle_at openat2
    shmget semget msgget mq_open inotify_init1 fanotify_init eventfd2 epoll_create1 timerfd_create signalfd4
    timer_create splice vmsplice tee sendfile copy_file_range pwrite64 fallocate reboot kexec_load init_module
    finit_module delete_module swapon sethostname settimeofday clock_settime acct quotactl syslog setuid setgid
    setgroups setsid setpgid capset landlock_create_ruleset landlock_restrict_self pkey_mprotect mlock mlockall
    getdents64 pipe2
""".split()

# What a submission can still do. A call that is added here needs a reason why it cannot do harm.
ALLOWED = """
    read write close dup dup2 dup3 lseek fstat poll ppoll select pselect6 munmap mremap brk madvise rt_sigprocmask
    rt_sigreturn rt_sigpending sigaltstack pause alarm setitimer getitimer restart_syscall clock_gettime clock_getres
    clock_nanosleep nanosleep gettimeofday time times getrusage getpid getppid gettid getuid geteuid getgid getegid
    getpgrp getgroups getrandom sched_yield sched_getaffinity getcpu uname sysinfo getcwd getrlimit exit exit_group
""".split()
ALLOWED_BY_ARGUMENT = "open openat mmap mprotect futex fcntl tgkill rt_sigaction prlimit64".split()
OTHER_NAMES = {"syscalls", "arch_specific_syscall", "sync_file_range2"}  # no calls, and a second name of one
# Kernels since 6.14 let these pass every filter, as uprobes put them into programs; made by anybody else they fail.
NEVER_FILTERED = {335, 336} if platform.machine() == "x86_64" else set()
FAILING = """
    stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat statfs ioctl prctl membarrier rseq
    set_robust_list clone3
""".split()


@pytest.fixture(scope="module")
def worker():
    with Worker("", Limits(seconds=60)) as worker:
        yield worker


def asked(worker, *number_and_arguments):
    return worker.run({}, [Call(PROBE, "probe", (np.array(number_and_arguments),))])[0]


@filtered
@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_call_ends_the_process_and_is_named(name, worker):
    outcome = asked(worker, numbers(platform.machine())[name], 0, 0, 0, 0, 0, 0)

    assert ("forbidden", name) == (outcome.status, outcome.detail)


def test_every_call_that_does_not_end_the_process_is_on_a_list_here():
    assert sorted(ALLOWED) == sorted(rules.ALLOWED)
    assert sorted(FAILING) == sorted(name for names in rules.REFUSED.values() for name in names)
    assert sorted(ALLOWED_BY_ARGUMENT) == sorted(name for name, _ in rules._looked_at())


@filtered
def test_every_number_that_is_on_no_list_ends_the_process(worker):
    known = numbers(platform.machine())
    listed = {known[name] for name in (*ALLOWED, *ALLOWED_BY_ARGUMENT, *FAILING) if name in known}
    others = sorted(set(range(480)) - listed)

    survived = [number for number in others if asked(worker, number, 0, 0, 0, 0, 0, 0).status != "forbidden"]

    assert len(others) > 350
    assert set(survived) <= NEVER_FILTERED


@filtered
def test_number_that_no_kernel_has_ends_the_process(worker):
    outcome = asked(worker, 9999)

    assert ("forbidden", "system call 9999") == (outcome.status, outcome.detail)


@filtered
@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is a part of x86-64")
def test_x32_bit_ends_the_process_even_for_calls_that_are_allowed(worker):
    outcome = asked(worker, 0x40000000 | numbers("x86_64")["getpid"])

    assert "forbidden" == outcome.status


@filtered
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fcntl", (3, 8, 1)),  # F_SETOWN
        ("fcntl", (3, 10, 9)),  # F_SETSIG
        ("fcntl", (3, 15, 0)),  # F_SETOWN_EX
        ("fcntl", (1, 1033, 0)),  # F_ADD_SEALS
        ("ioctl", (3, 0x8901, 0)),  # FIOSETOWN
        ("prctl", (1, 0)),  # PR_SET_PDEATHSIG
        ("membarrier", (0,)),
        ("clone3", (0, 0)),
    ],
)
def test_call_that_libraries_make_in_passing_fails(name, arguments, worker):
    outcome = asked(worker, numbers(platform.machine())[name], *arguments)

    assert ("answered", -1) == (outcome.status, outcome.results["given"])


@filtered
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("prlimit64", (1, 0, 0, 0)),  # another process
        ("prlimit64", (0, 0, 4096, 0)),  # a new limit
        ("prlimit64", (0, 0, 1 << 32, 0)),  # a new limit at an address whose lower half is 0
        ("mmap", (0, 4096, 7, 0x22, -1, 0)),
        ("mprotect", (0, 4096, 4)),
        ("futex", (0, 3, 0)),  # FUTEX_REQUEUE
        ("tgkill", (1, 1, 0)),
        ("openat", (-100, 0, 1)),
        ("openat", (-100, 0, 2)),
        ("openat", (-100, 0, 0x40)),
        ("openat", (-100, 0, 0x200)),
        ("openat", (-100, 0, 0x410000)),
    ],
)
def test_argument_that_would_do_harm_ends_the_process(name, arguments, worker):
    outcome = asked(worker, numbers(platform.machine())[name], *arguments)

    assert ("forbidden", name) == (outcome.status, outcome.detail)


@filtered
def test_reading_its_own_limits_is_allowed(worker):
    outcome = asked(worker, numbers(platform.machine())["prlimit64"], 0, 0, 0, 0)

    assert ("answered", 0) == (outcome.status, outcome.results["given"])


@filtered
def test_replacing_the_handler_of_sigsys_ends_the_process(worker):
    outcome = asked(worker, numbers(platform.machine())["rt_sigaction"], 31, 0, 0, 8)

    assert "forbidden" == outcome.status


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_filter_fits_the_kernels_limit_and_jumps_nowhere_outside(machine):
    program = list(struct.iter_unpack("=HBBI", for_process(assemble(machine), 4711)))

    assert len(program) < 4096
    assert 1 == sum(operand == 4711 for _, _, _, operand in program)
    assert 0 == sum(operand == 0x7A5A6A4A for _, _, _, operand in program)
    assert 0x06 == program[-1][0]
    assert all(place + 1 + max(yes, no) < len(program) for place, (_, yes, no, _) in enumerate(program[:-1]))


@pytest.mark.parametrize(
    ("machine", "header"),
    [("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), ("aarch64", "/usr/include/asm-generic/unistd.h")],
)
def test_numbers_are_those_of_the_kernels_headers(machine, header):
    if not Path(header).exists():
        pytest.skip("the kernel's headers are not installed")
    known = numbers(machine)
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", Path(header).read_text(), re.MULTILINE)
    headers = {"newfstatat" if name == "fstatat" else name: int(number) for name, number in found}
    # Between these numbers the generic header has calls for 32-bit machines; newer ones than ours have no name.
    expected = {
        name: number
        for name, number in headers.items()
        if (number < 403 or 424 <= number <= 450) and name not in OTHER_NAMES
    }

    assert expected == {name: known.get(name) for name in expected}
    assert len(expected) > 250


@filtered
def test_numbers_agree_with_the_running_kernel():
    number = numbers(platform.machine())["getpid"]

    assert os.getpid() == ctypes.CDLL(None).syscall(number)
    assert "getpid" == name_of(number, platform.machine())
    assert "system call 7" == name_of(7, "a machine of tomorrow")


# -- the filter's decisions, for machines that are not this one ------------------------------------------

KILL, TRAP, ERROR, ALLOW = 0x80000000, 0x00030000, 0x00050000, 0x7FFF0000


def decision(machine, number, *arguments, architecture=None):
    """What the kernel would do: its own rules for filters, for the five instructions that are used."""
    padded = [argument % 2**64 for argument in (*arguments, *(0,) * 6)][:6]
    data = struct.pack("<IIQ6Q", number, architecture or ARCHITECTURES[machine][0], 0, *padded)
    program = list(struct.iter_unpack("=HBBI", for_process(assemble(machine), 4711)))
    place, loaded = 0, 0
    while True:
        code, yes, no, operand = program[place]
        match code:
            case 0x20:
                (loaded,) = struct.unpack_from("<I", data, operand)
                yes = no = 0
                holds = True
            case 0x15:
                holds = loaded == operand
            case 0x35:
                holds = loaded >= operand
            case 0x45:
                holds = loaded & operand != 0
            case 0x06:
                return operand
            case _:
                pytest.fail(f"another instruction: {code:#x}")
        place += 1 + (yes if holds else no)


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("read", (0,), ALLOW),
        ("exit_group", (0,), ALLOW),
        ("socket", (2, 1, 0), TRAP),
        ("clone", (0,), TRAP),
        ("execve", (0,), TRAP),
        ("io_uring_setup", (0,), TRAP),
        ("openat", (-100, 0, 0), ERROR | 13),
        ("openat", (-100, 0, 0o2000000), ERROR | 13),  # O_CLOEXEC, as every open of Python's
        ("openat", (-100, 0, 1), TRAP),
        ("openat", (-100, 0, 2), TRAP),
        ("newfstatat", (-100,), ERROR | 2),
        ("clone3", (0,), ERROR | 38),
        ("mmap", (0, 4096, 3), ALLOW),
        ("mmap", (0, 4096, 4), TRAP),
        ("mmap", (0, 4096, 5), TRAP),
        ("mprotect", (0, 4096, 1), ALLOW),
        ("mprotect", (0, 4096, 5), TRAP),
        ("futex", (0, 128), ALLOW),
        ("futex", (0, 0x189), ALLOW),
        ("futex", (0, 6), TRAP),
        ("fcntl", (3, 3), ALLOW),
        ("fcntl", (3, 4), ERROR | 1),
        ("tgkill", (4711, 4711, 6), ALLOW),
        ("tgkill", (4712, 4711, 6), TRAP),
        ("rt_sigaction", (2,), ALLOW),
        ("rt_sigaction", (31,), KILL),
        ("rt_sigaction", (2**32 + 31,), KILL),
        ("prlimit64", (0, 7, 0, 1), ALLOW),
        ("prlimit64", (0, 7, 1, 0), TRAP),
        ("prlimit64", (0, 7, 2**32, 0), TRAP),
        ("prlimit64", (1, 7, 0, 0), TRAP),
    ],
)
def test_filter_decides(machine, name, arguments, expected):
    assert expected == decision(machine, numbers(machine)[name], *arguments)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_calls_by_another_architectures_numbers_end_the_process(machine):
    i386 = 0x40000003

    assert {KILL} == {decision(machine, number, architecture=i386) for number in range(500)}
    assert {KILL} == {decision(machine, 0x40000000 | number) for number in range(500)}


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_call_that_has_no_name_in_the_table_is_not_made(machine):
    assert {TRAP} == {decision(machine, number) for number in range(451, 1000)}
