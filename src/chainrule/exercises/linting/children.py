"""Processes that try mutants, watched from here.

A mutant may loop in Python, in one long call of NumPy, or in code that catches every exception; only the end of its
process ends all three, so a watchdog inside it would not do. A process lives for many mutants, as a fresh Python with
NumPy costs more than most mutants, and is replaced when one of them runs out of time or brings it down.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chainrule.exercises.linting.trial import Verdict

__all__ = ["CannotStart", "catches_any", "try_all"]

FEWEST = 20  # mutants for which another process is worth its start
START = 120.0  # seconds, for the solution's own runs
TIMEOUT = Verdict("caught", how="time limit")
DIED = Verdict("caught", how="ended the process")


class CannotStart(RuntimeError):
    """The process that tries mutants did not come up: the solution itself loops, or brings it down."""


class Child:
    """One process. Not for several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reached: dict[str, list[int]] = {}
        self._start()

    def _start(self) -> None:
        # -P: a file of the current folder called numpy.py is none of ours.
        command = [sys.executable, "-P", "-m", "chainrule.exercises.linting.child", str(self.path)]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=nowhere, encoding="utf-8", env=os.environ | alone
        )
        answer, _ = self._answer(START)
        if answer is None:
            self.close()
            raise CannotStart(f"{self.path.name}: the solution does not get through its own tests")
        self.reached = answer["reached"]

    def judge(self, number: int, only: str, seconds: float) -> Verdict:
        """What becomes of a mutant, before all tests or only one; one that takes longer counts as caught."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps([number, only]) + "\n")
            self.process.stdin.flush()
            answer, in_time = self._answer(seconds)
        except OSError:  # it has ended in the meantime
            answer, in_time = None, True
        if answer is None:
            self.close()
            self._start()
            return DIED if in_time else TIMEOUT
        return Verdict(answer["outcome"], tuple(answer["by"]), answer["how"])

    def _answer(self, seconds: float) -> tuple[Any, bool]:
        """The next document, or None; and whether the process was still left to itself."""
        assert self.process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        return (json.loads(line) if line.endswith("\n") else None), not late.is_set()

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                if stream is not None:
                    stream.close()
            except OSError:  # a pipe whose other end is gone
                pass
        self.process.wait()


def try_all(
    path: Path, count: int, seconds: float, workers: int, progress: Callable[[int, int], None]
) -> list[Verdict]:
    """The verdict of each mutant, in order.

    Args:
        path: of the source.
        count: how many mutants it has.
        seconds: that one mutant may take.
        workers: processes side by side.
        progress: is called with how many are done, and of how many.

    Raises:
        CannotStart: the solution itself does not get through.
    """
    verdicts: list[Verdict] = [TIMEOUT] * count
    numbers, lock = iter(range(count)), threading.Lock()
    stopped = threading.Event()
    done = 0

    def work() -> None:
        nonlocal done
        child = Child(path)
        try:
            while not stopped.is_set():
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                verdicts[number] = child.judge(number, "", seconds)
                with lock:
                    done += 1
                    progress(done, count)
        finally:
            child.close()

    several = max(1, min(workers, count // FEWEST))
    with ThreadPoolExecutor(several) as pool:
        running = [pool.submit(work) for _ in range(several)]
        try:
            for one in running:
                one.result()
        finally:
            stopped.set()
    return verdicts


def catches_any(path: Path, name: str, lines: Sequence[int], seconds: float) -> bool:
    """Whether a test catches any mutant of the source; it is asked until it catches one.

    Args:
        path: of the source.
        name: of the test.
        lines: of all mutants, in order.
        seconds: that one mutant may take.
    """
    child = Child(path)
    try:
        reached = {*child.reached.get(name, ()), *child.reached[""]}
        numbers = [number for number, line in enumerate(lines) if line in reached]
        return any(child.judge(number, name, seconds).outcome == "caught" for number in numbers)
    finally:
        child.close()
