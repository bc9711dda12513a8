"""One submission's grade: questions out, arrays back, compared and scored here, where the answer key is."""

from __future__ import annotations

import hashlib
import hmac
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from chainrule.checking.evidence import distance
from chainrule.exercises.comparing import Array, answered, case_of, expected_of, judge_answer, judge_test
from chainrule.exercises.exercise import Answer, Task, Test
from chainrule.exercises.source import Source
from chainrule.grading.mistakes import mistake_of_finding, mistake_of_outcome, worst
from chainrule.grading.outcome import Call, Outcome
from chainrule.grading.result import Grade, Mistake, TaskGrade, TestGrade
from chainrule.grading.submission import Submission
from chainrule.showing.text import printable, shortened

__all__ = ["Running", "failed_grade", "grade", "is_sound", "seed_of"]

# A right formula agrees to about 1e-15; a difference quotient, at its best step, to 1e-7 of its size, the complex or
# the higher ones to 1e-12 or so.
_NUMERIC = (1e-13, 1e-7)


class Running(Protocol):
    """What runs a submission; the confined `Worker` is one."""

    def run(self, files: Mapping[str, str], calls: Sequence[Call]) -> list[Outcome]:
        """One outcome for each call."""
        ...

    @property
    def output(self) -> str:
        """What the last submission printed."""
        ...


@dataclass(frozen=True, eq=False)
class _Asked:
    """A case: its arrays, what is right, and what is sent."""

    test: Test
    arrays: tuple[Array, ...]
    expected: Mapping[str, Array]
    call: Call


def seed_of(secret: bytes, exercise: str, version: str, digest: str) -> int:
    """The seed of a submission's cases: the same whenever it is graded again, and nobody's guess without the secret."""
    parts = (exercise, version, digest)
    said = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return int.from_bytes(hmac.new(secret, said, hashlib.sha256).digest()[:16], "big")


def grade(source: Source, submission: Submission, worker: Running, secret: bytes, *, confinement: str = "") -> Grade:
    """Grade a submission. A failure of ours gives a grade with `grader_error`, never an exception.

    Args:
        source: of the exercise.
        submission: to be graded.
        worker: where its code runs.
        secret: the teacher's, for the cases.
        confinement: the level of that place, for the reports.
    """
    started = time.perf_counter()
    try:
        tasks, flags, problems = _graded(source, submission, worker, secret)
        errors = [test.name for task in tasks for test in task.tests if test.status == "grader error"]
        error = f"no result for {', '.join(errors)}: {problems or 'the worker failed'}" if errors else ""
    except Exception as problem:  # whatever it is, it is ours: the submission's own are outcomes
        return failed_grade(source, submission, _where(problem), confinement=confinement)
    return Grade(
        submission.name,
        submission.digest,
        source.exercise.name,
        source.exercise.version,
        tasks,
        submission.problems,
        (*submission.flags, *flags),
        error,
        time.perf_counter() - started,
        confinement,
        _shown(worker.output, source.exercise.limits.output),
    )


def failed_grade(source: Source, submission: Submission, reason: str, *, confinement: str = "") -> Grade:
    """The grade of a submission that we could not grade: no points, and no verdict either."""
    exercise = source.exercise
    nothing = mistake_of_outcome(Outcome("grader error"), exercise.limits.seconds)
    tasks = tuple(
        TaskGrade(
            task.name,
            task.title,
            0.0,
            task.points,
            tuple(TestGrade(test.name, False, "grader error", (nothing,)) for test in task.tests),
        )
        for task in exercise.tasks
    )
    return Grade(
        submission.name,
        submission.digest,
        exercise.name,
        exercise.version,
        tasks,
        submission.problems,
        submission.flags,
        reason,
        confinement=confinement,
    )


def is_sound(grade: Grade) -> bool:
    """Whether the grader did its part; only then the points say anything."""
    return not grade.grader_error


def _graded(
    source: Source, submission: Submission, worker: Running, secret: bytes
) -> tuple[tuple[TaskGrade, ...], list[str], str]:
    """Tasks, flags, and the detail of what failed on our side."""
    exercise = source.exercise
    seed = seed_of(secret, exercise.name, exercise.version, submission.digest)
    asked = [one for task in exercise.tasks for test in task.tests for one in _asked(source, test, seed)]
    if asked and submission.files:
        outcomes = list(worker.run(submission.files, [one.call for one in asked]))
        if len(outcomes) != len(asked):
            raise RuntimeError(f"the worker gave {len(outcomes)} outcomes for {len(asked)} calls")
    else:  # nothing that could run was handed in
        outcomes = [Outcome("not implemented") for _ in asked]
    by_test: dict[int, list[tuple[_Asked, Outcome]]] = {}
    for one, outcome in zip(asked, outcomes, strict=True):
        by_test.setdefault(id(one.test), []).append((one, outcome))
    flags = [flag for outcome in outcomes if (flag := _attempt(outcome))]
    tasks = []
    for task in exercise.tasks:
        tests = []
        for test in task.tests:
            if isinstance(test, Answer):
                tests.append(_marked(test, submission))
            else:
                pairs = by_test.get(id(test), [])
                tests.append(_judged(test, pairs, exercise.limits.seconds))
                flags += _numeric(test, pairs) if tests[-1].passed else []
        tasks.append(_scored(task, tests))
    problems = "; ".join(dict.fromkeys(one.detail for one in outcomes if one.status == "grader error" and one.detail))
    return tuple(tasks), list(dict.fromkeys(flags)), problems


def _asked(source: Source, test: Test | Answer, seed: int) -> list[_Asked]:
    if isinstance(test, Answer):
        return []
    text = _probe_text(source, test.probe)
    cases = [case_of(test, seed, number) for number in range(test.cases)]
    return [
        _Asked(test, arrays, expected_of(source, test, arrays), Call(text, test.probe.__name__, arrays))
        for arrays in cases
    ]


@lru_cache(maxsize=256)
def _probe_text(source: Source, probe: Callable[..., Any]) -> str:
    """Found once for a class, as finding it parses the file."""
    return source.probe_text(probe)


def _scored(task: Task, tests: Sequence[TestGrade]) -> TaskGrade:
    """Each test of a task counts the same; what the grader failed at counts nothing here, and is graded again."""
    passed = sum(test.passed for test in tests)
    points = task.points * passed / len(tests) if tests else 0.0
    return TaskGrade(task.name, task.title, points, task.points, tuple(tests))


def _judged(test: Test, pairs: Sequence[tuple[_Asked, Outcome]], seconds: float) -> TestGrade:
    """Passed only if every case was answered, and rightly."""
    outcome = worst([outcome for _, outcome in pairs])
    if outcome.status != "answered":
        return TestGrade(test.name, False, outcome.status, (mistake_of_outcome(outcome, seconds),))
    passed, findings = judge_test(
        test, [answered(test, one.arrays, outcome.results, one.expected) for one, outcome in pairs]
    )
    return TestGrade(test.name, passed, "answered", tuple(map(mistake_of_finding, findings)))


def _marked(test: Answer, submission: Submission) -> TestGrade:
    """An answer in text; it is read here, as it is never run."""
    text = submission.answers.get(test.variable, "")
    if not text.strip():
        nothing = Mistake("NOT_IMPLEMENTED", f"{test.variable} is not answered yet.", "Assign your lines to it.")
        return TestGrade(test.name, False, "not implemented", (nothing,))
    passed, findings = judge_answer(test, text)
    return TestGrade(test.name, passed, "answered", tuple(map(mistake_of_finding, findings)))


def _attempt(outcome: Outcome) -> str:
    """What a teacher should know of a call that was stopped."""
    if outcome.status not in ("forbidden", "protocol"):
        return ""
    what = "tried what is not allowed" if outcome.status == "forbidden" else "gave back what is no answer"
    detail = outcome.detail.partition("; not run again")[0]  # the worker's words for the cases after the first
    return f"{what}: {shortened(detail, 120)}" if detail else what


def _numeric(test: Test, pairs: Sequence[tuple[_Asked, Outcome]]) -> list[str]:
    """A gradient that agrees in no case better than a difference quotient would."""
    names = [name for name in test.gradients if name] or [name for name in pairs[0][0].expected if name != test.forward]
    low, high = _NUMERIC
    for name in names:
        apart = [distance(outcome.results[name], one.expected[name]) for one, outcome in pairs if name in one.expected]
        if apart and all(low < value < high for value in apart):
            return [f"{test.name}: {name} agrees only to {max(apart):.0e}: numeric differences?"]
    return []


def _shown(output: str, most: int) -> str:
    """What it printed, without what could repaint a terminal, line by line."""
    lines = output[:most].split("\n")
    return "\n".join(printable(line).replace("\\t", "\t") for line in lines)[:most]


def _where(problem: Exception) -> str:
    """The error and the line of ours that raised it."""
    frame = traceback.extract_tb(problem.__traceback__)[-1:]
    at = f" ({frame[0].name}, line {frame[0].lineno})" if frame else ""
    with np.printoptions(threshold=10):
        return shortened(f"{type(problem).__name__}: {problem}", 300) + at
