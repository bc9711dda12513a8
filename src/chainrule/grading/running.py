"""A class graded: taken in, spread over an executor, each grade written as soon as it is there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import replace
from pathlib import Path

from chainrule.exercises.source import Source
from chainrule.grading.chunks import BEST, Job, MakeWorker, close, decoded, encoded, grade_chunk, level_here
from chainrule.grading.executors import processors, threads
from chainrule.grading.grading import failed_grade
from chainrule.grading.intake import flagged, take_in
from chainrule.grading.journal import Journal, Key, key_of, text_digest
from chainrule.grading.result import Grade
from chainrule.grading.submission import Submission
from chainrule.showing.text import shortened

__all__ = ["RESULTS", "Progress", "grade_all", "grade_submissions"]

RESULTS = "results.jsonl"
_CHUNK = 20

# Called with how many are graded, how many there are, and the last grade.
Progress = Callable[[int, int, Grade | None], None]


def grade_all(source: Source, folder: Path, out: Path, *, secret: bytes, **options: object) -> list[Grade]:
    """Grade all submissions in a folder; see `grade_submissions` for the options.

    Args:
        source: of the exercise.
        folder: with a folder, zip or file for each submission.
        out: where ``results.jsonl`` is written.
        secret: the teacher's.
        options: further ones.

    Raises:
        ValueError: the folder holds no submission, or grades are to be written into it.
    """
    place = folder.resolve()
    if place == out.resolve() or place in out.resolve().parents:
        raise ValueError(f"{out} is inside {folder}, and would be a submission itself. Choose another --out.")
    return grade_submissions(source, list(take_in(folder)), out, secret=secret, **options)  # type: ignore[arg-type]


def grade_submissions(
    source: Source,
    submissions: Sequence[Submission],
    out: Path,
    *,
    secret: bytes,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    regrade: bool = False,
    require_confinement: bool = False,
    make_worker: MakeWorker | None = None,
) -> list[Grade]:
    """Grade submissions, in their order. What ``out`` holds of an earlier run is not graded again.

    Args:
        source: of the exercise.
        submissions: the whole class.
        out: a folder, made if it is missing.
        secret: the teacher's.
        workers: threads; as many as there are processors if not said. Nothing to an executor of one's own.
        executor: who runs chunks of submissions instead of threads; it is left open.
        progress: called after each submission.
        regrade: whether earlier grades do not count.
        require_confinement: whether nothing may run below the best level.
        make_worker: makes what runs submissions instead of the confined `Worker`.

    Raises:
        ValueError: the best level was required and is not there, or somebody else writes to ``out``.
        KeyboardInterrupt: by Ctrl-C; everything graded so far is written.
    """
    texts = Source(source.path, source.cells)  # what has been run from it cannot be pickled
    job = Job(secrets.token_hex(8), texts, secret, require_confinement, make_worker)
    out.mkdir(parents=True, exist_ok=True)
    own_executor = executor is None
    used = executor or threads(workers)
    try:
        if require_confinement:
            _require(used, make_worker)
        journal = Journal(out / RESULTS, text_digest(source))
        known = {} if regrade else _reusable(journal, source, submissions, require_confinement)
        with journal.adding(known.values()):
            _grade_missing(source, job, used, submissions, known, journal, progress, 1 if own_executor else _CHUNK)
            return _finish(source, submissions, known, journal)
    finally:
        close(job.run)
        if own_executor:
            used.shutdown(wait=True, cancel_futures=True)
        close(job.run)  # of a chunk that began in between


def _require(executor: Executor, make_worker: MakeWorker | None) -> None:
    level = executor.submit(level_here, make_worker).result()
    if level != BEST:
        raise ValueError(
            f"Confinement reaches only {level!r} here, and {BEST!r} is required. Grade on Linux 5.13 or later, "
            "or leave --require-confinement out if you trust the submissions."
        )


def _reusable(journal: Journal, source: Source, submissions: Sequence[Submission], require: bool) -> dict[Key, Grade]:
    wanted = {_key(one, source, journal) for one in submissions}
    return {
        key: grade
        for key, grade in journal.read().items()
        if key in wanted and (grade.confinement == BEST or not require)
    }


def _key(one: Submission, source: Source, journal: Journal) -> Key:
    return one.digest, source.exercise.name, source.exercise.version, journal.texts


def _grade_missing(
    source: Source,
    job: Job,
    executor: Executor,
    submissions: Sequence[Submission],
    known: dict[Key, Grade],
    journal: Journal,
    progress: Progress | None,
    most: int,
) -> None:
    """Grade what is not known yet. The same work handed in twice is graded once."""
    count: dict[Key, int] = {}
    for one in submissions:
        key = _key(one, source, journal)
        count[key] = count.get(key, 0) + 1
    done = sum(count[key] for key in known)
    missing = {key: one for one in submissions if (key := _key(one, source, journal)) not in known}
    if progress:
        progress(done, len(submissions), None)
    futures = {}
    try:
        for chunk in _chunks(list(missing.values()), most):
            futures[executor.submit(grade_chunk, job, encoded(chunk))] = chunk
        for future in as_completed(futures):
            for grade in _grades(source, futures.pop(future), future):
                key = key_of(grade, journal.texts)
                known[key] = grade
                journal.add(grade)
                done += count[key]
                if progress:
                    progress(done, len(submissions), grade)
    except BaseException:
        for future in futures:
            future.cancel()
        close(job.run)  # what runs now is cut off, and not waited for
        raise


def _chunks(submissions: Sequence[Submission], most: int) -> Iterator[Sequence[Submission]]:
    """As large as they may be, but so many that nobody waits for the last of them alone."""
    size = max(1, min(most, len(submissions) // (4 * processors())))
    for start in range(0, len(submissions), size):
        yield submissions[start : start + size]


def _grades(source: Source, chunk: Sequence[Submission], future: Future[bytes]) -> list[Grade]:
    """What came back; where the executor failed, every submission of the chunk is ours to grade again."""
    try:
        return decoded(future.result())
    except Exception as problem:
        reason = f"the executor failed: {type(problem).__name__}: {shortened(problem, 200)}".rstrip(": ")
        return [failed_grade(source, replace(one, problems=(), flags=()), reason) for one in chunk]


def _finish(
    source: Source, submissions: Sequence[Submission], known: dict[Key, Grade], journal: Journal
) -> list[Grade]:
    """The class's grades in its own order, with what was noticed when they were taken in; written so."""
    grades, own_flags = [], []
    for one in flagged(submissions, _given(source), source.exercise.forbidden):
        grade = known[_key(one, source, journal)]
        own_flags.append(grade.flags)
        flags = tuple(dict.fromkeys((*one.flags, *grade.flags)))
        grades.append(replace(grade, submission=one.name, problems=one.problems, flags=flags))
    journal.write(zip(grades, own_flags, strict=True))
    return grades


def _given(source: Source) -> str:
    """What everybody got: what is given, and the stubs."""
    return "\n\n\n".join(cell.stub for cell in source.texts("given", "task"))
