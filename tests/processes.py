"""Processes that tests start: where they can meet, and what became of them."""

import os
import socket
import sys

LIMIT = 180  # seconds after which a test gives up; what it waits for takes a few


def address():
    """A host and port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def environment(**more):
    """That of this process, with its path to modules and one thread for each product."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1", **more}


def ended(processes):
    """The exit status, the output and the messages of each; none outlives the test."""
    try:
        found = [process.communicate(timeout=LIMIT) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *texts) for process, texts in zip(processes, found, strict=True)]
