"""The unit of work: some submissions as bytes, graded wherever an executor runs it.

Each thread that grades keeps a worker of its own for the whole class, in whichever process it is.
"""

from __future__ import annotations

import atexit
import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from chainrule.exercises.exercise import Limits
from chainrule.exercises.source import Source
from chainrule.grading.grading import Running, failed_grade, grade, is_sound
from chainrule.grading.result import Grade
from chainrule.grading.submission import Submission

__all__ = ["BEST", "Job", "close", "decoded", "encoded", "grade_chunk", "level_here"]

BEST = "landlock+seccomp"
_IDLE = 600.0  # seconds

MakeWorker = Callable[[str, Limits], AbstractContextManager[Running]]


@dataclass(frozen=True)
class Job:
    """What all chunks of a class have in common; it can be pickled.

    Args:
        run: a name of its own, for what a process keeps.
        source: of the exercise.
        secret: the teacher's; not in any log.
        require: whether nothing may run below the best level.
        make_worker: makes what runs submissions; None for the confined `Worker`.
    """

    run: str
    source: Source = field(repr=False)
    secret: bytes = field(repr=False)
    require: bool = False
    make_worker: MakeWorker | None = None


def encoded(submissions: Sequence[Submission]) -> bytes:
    """Submissions as bytes."""
    fields = [{"name": one.name, "files": dict(one.files), "answers": dict(one.answers)} for one in submissions]
    return json.dumps(fields).encode("ascii")


def decoded(chunk: bytes) -> list[Grade]:
    """The grades that `grade_chunk` gave."""
    return [Grade.from_dict(one) for one in json.loads(chunk)]


def grade_chunk(job: Job, chunk: bytes) -> bytes:
    """Grade each submission of a chunk. Their problems and flags are not in it: whoever took them in knows them.

    Args:
        job: the class.
        chunk: of `encoded`.
    """
    state = _state(job)
    grades = [_graded(state, Submission(**fields)) for fields in json.loads(chunk)]
    return json.dumps([one.as_dict() for one in grades]).encode("ascii")


def level_here(make_worker: MakeWorker | None = None) -> str:
    """The level of confinement that this process reaches; where no confined worker runs, there is none."""
    return "none" if make_worker else _confinement_level()


@lru_cache(maxsize=1)
def _confinement_level() -> str:
    from chainrule.grading.confinement import confinement_level

    return confinement_level()


def close(run: str) -> None:
    """End this process's workers of a class. A submission that is running is cut off."""
    state = _STATES.pop(run, None)
    if state is not None:
        state.close()


class _State:
    """What a process keeps for a class: the source, run once, and a worker for each thread."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.source = Source(job.source.path, job.source.cells)
        self.level = level_here(job.make_worker)
        self.closed = False
        self.used = time.monotonic()
        self._lock = threading.Lock()
        self._local = threading.local()
        self._open = ExitStack()
        self.source.exercise, self.source.solved  # noqa: B018  # now, before several threads want them

    def worker(self) -> Running:
        """This thread's; made when it is first asked for."""
        worker: Running | None = getattr(self._local, "worker", None)
        if self.closed:
            raise RuntimeError("grading was stopped")
        if worker is None:
            made = (self.job.make_worker or _worker())(self.source.support_text, self.source.exercise.limits)
            worker = made.__enter__()
            self._local.worker = worker
            with self._lock:
                self._open.push(made)
        return worker

    def forget_worker(self) -> None:
        """The next one is a new one; this one may be broken."""
        self._local.worker = None

    def close(self) -> None:
        """End all workers."""
        self.closed = True
        with self._lock, suppress(Exception):
            self._open.close()


_STATES: dict[str, _State] = {}
_LOCK = threading.Lock()


def _state(job: Job) -> _State:
    with _LOCK:
        now = time.monotonic()
        if job.run not in _STATES:
            for run, old in list(_STATES.items()):  # in processes of others nobody says when a class is done
                if now - old.used > _IDLE:
                    close(run)
            _STATES[job.run] = _State(job)
        _STATES[job.run].used = now
        return _STATES[job.run]


def _worker() -> Any:
    from chainrule.grading.confinement import Worker

    return Worker


def _graded(state: _State, submission: Submission) -> Grade:
    """Graded, a second time with a new worker if the first failed: a submission may have broken it for this one."""
    if state.job.require and state.level != BEST:
        return failed_grade(state.source, submission, f"confinement is only {state.level}; it was not run")
    for attempt in (1, 2):
        try:
            worker = state.worker()
        except Exception as problem:
            result = failed_grade(state.source, submission, f"no worker could be started: {problem}")
        else:
            result = grade(state.source, submission, worker, state.job.secret, confinement=state.level)
        if is_sound(result) or state.closed or attempt == 2:
            break
        state.forget_worker()
    # Times differ from run to run; grades do not.
    return replace(result, seconds=0.0)


@atexit.register
def _close_all() -> None:
    for run in list(_STATES):
        close(run)
