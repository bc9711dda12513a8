"""The template process: NumPy is loaded once, and a child is forked for each submission.

It does as little as it can. It never sees a submission or an answer: the grader hands it a channel for each child,
which it only passes on. Its own wire knows three questions, each of one byte: fork, end the
child that has closed its channel, kill the child.
"""

# ruff: noqa: SIM905  # a table of words read better than lists of strings

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import mmap
import os
import signal
import socket
import struct
import sys
import time
from typing import Any

from chainrule.grading.confinement.inside.child import DESCRIPTORS, Template, run_child
from chainrule.grading.confinement.inside.kernel import Kernel

__all__ = ["END", "ENDED", "FORK", "KILL", "LENGTH", "STARTED", "main"]

FORK, END, KILL = b"F", b"E", b"K"
LENGTH = struct.Struct("<I")  # of the JSON that says how to start, and of the JSON that says how that went
STARTED = struct.Struct("<i")  # the child's pid
_NOTED = 512
ENDED = struct.Struct(f"<i?{_NOTED}s")  # how it ended, whether it had to be killed for it, what the kernel refused
_PATIENCE = 50  # milliseconds for a child that has closed its channel to be gone

# What submissions may import; all of it is loaded here, as a child can open no file.
LIBRARY = """
    abc argparse array ast base64 binascii bisect calendar cmath codecs collections collections.abc colorsys
    concurrent.futures contextlib copy csv ctypes dataclasses datetime decimal difflib enum errno fnmatch fractions
    functools gc getpass glob graphlib gzip hashlib heapq html importlib importlib.util inspect io itertools json
    keyword linecache locale logging math numbers operator os os.path pathlib pickle platform pprint queue random re
    reprlib secrets shutil signal stat statistics string struct subprocess sys tempfile textwrap threading time
    timeit tokenize traceback types typing unicodedata unittest uuid warnings weakref
    zipfile zlib
    numpy numpy.char numpy.ctypeslib numpy.dtypes numpy.exceptions numpy.fft numpy.lib numpy.lib.stride_tricks
    numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.rec numpy.strings numpy.testing numpy.typing
    encodings.ascii encodings.latin_1 encodings.utf_8 encodings.idna encodings.cp1252 encodings.utf_16
""".split()


def main(wire_number: int) -> None:
    """Start, then fork children until the grader closes the wire."""
    import resource  # not on Windows

    # Children close all descriptors below DESCRIPTORS, and the grader may have had many files open.
    wire = socket.socket(fileno=os.dup(wire_number))
    os.close(wire_number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    try:
        told = json.loads(_exactly(wire, *LENGTH.unpack(_exactly(wire, LENGTH.size))))
        template = _prepare(told)
    except BaseException as problem:
        _tell(wire, {"problem": f"{type(problem).__name__}: {problem}"})
        return
    _tell(wire, {"problem": "", "landlock": template.kernel.landlock, "seccomp": template.kernel.seccomp})
    del told
    gc.collect()
    gc.freeze()
    with contextlib.suppress(ConnectionError, EOFError):
        while True:
            _serve(wire, template)


def _prepare(told: dict[str, Any]) -> Template:
    for name in LIBRARY:
        importlib.import_module(name)
    os.chdir("/")
    os.umask(0o077)
    sys.path.clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "chainrule"]:
        del sys.modules[name]  # the names stay free for what learners import
    return Template(
        kernel=Kernel(_NOTED),
        support=compile(told["support"], "given", "exec", dont_inherit=True),
        address_space=_address_space(),
        seconds=told["seconds"],
        megabytes=told["megabytes"],
        output=told["output"],
    )


def _address_space() -> int:
    """The size of this process, on top of which a submission has its limit."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * mmap.PAGESIZE
    except OSError:
        return 1 << 30


def _serve(wire: socket.socket, template: Template) -> None:
    """One child, from its start to its end."""
    asked, descriptors, _, _ = socket.recv_fds(wire, 1, 2)
    if asked != FORK or len(descriptors) != 2:
        raise EOFError
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            run_child(template, parent, *descriptors)
        finally:
            os._exit(1)
    for descriptor in descriptors:
        os.close(descriptor)
    killed = True
    try:
        wire.sendall(STARTED.pack(pid))
        killed = wire.recv(1) != END or not _is_gone(pid)
    finally:  # without a grader there is no child
        status = _end(pid)
    wire.sendall(ENDED.pack(status, killed, template.kernel.refused[:]))
    template.kernel.refused[:] = bytes(_NOTED)


def _is_gone(pid: int) -> bool:
    """Whether a child that has closed its channel ends by itself, which takes it a moment."""
    for _ in range(_PATIENCE):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        time.sleep(0.001)
    return False


def _end(pid: int) -> int:
    """Kill the child and whatever is in its session, and take it from the kernel's list."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _tell(wire: socket.socket, what: dict[str, Any]) -> None:
    data = json.dumps(what).encode()
    wire.sendall(LENGTH.pack(len(data)) + data)


def _exactly(wire: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        more = wire.recv(length - len(data))
        if not more:
            raise EOFError("the grader has gone")
        data += more
    return bytes(data)
