"""Grades: of a test, of a task, of a submission."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from chainrule.grading.outcome import Status

__all__ = ["Grade", "Mistake", "TaskGrade", "TestGrade"]


@dataclass(frozen=True)
class Mistake:
    """What is wrong, as the learner reads it.

    Args:
        code: of `chainrule.checking.codes`.
        message: the sentence.
        hint: what to do.
        severity: ``"error"`` costs the test; ``"warning"`` does not.
    """

    code: str
    message: str
    hint: str = ""
    severity: str = "error"


@dataclass(frozen=True)
class TestGrade:
    """One test.

    Args:
        name: ``"BCEForwardTest"``.
        passed: whether all its cases were right.
        status: that of the worst case.
        mistakes: the diagnosis.
    """

    __test__: ClassVar[bool] = False  # it is none of pytest's

    name: str
    passed: bool
    status: Status
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True)
class TaskGrade:
    """One task.

    Args:
        name: ``"affine"``.
        title: for people.
        points, most: reached, and possible.
        tests: all of them.
    """

    name: str
    title: str
    points: float
    most: float
    tests: tuple[TestGrade, ...]


@dataclass(frozen=True)
class Grade:
    """One submission.

    Args:
        submission: whom it belongs to.
        digest: of what was handed in.
        exercise, version: what it was graded as.
        tasks: all of them.
        problems: what intake noticed.
        flags: what a teacher should look at.
        grader_error: ours; such a submission has no grade until it is graded again.
        seconds: that it took.
        confinement: the level at which it ran, ``"landlock+seccomp"``.
        output: what it printed, cut off.
    """

    submission: str
    digest: str
    exercise: str
    version: str
    tasks: tuple[TaskGrade, ...]
    problems: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    grader_error: str = ""
    seconds: float = 0.0
    confinement: str = ""
    output: str = ""

    @property
    def points(self) -> float:
        """Of all tasks."""
        return sum(task.points for task in self.tasks)

    @property
    def most(self) -> float:
        """That could be reached."""
        return sum(task.most for task in self.tasks)

    @property
    def passed(self) -> int:
        """Tests."""
        return sum(test.passed for task in self.tasks for test in task.tests)

    @property
    def total(self) -> int:
        """Tests."""
        return sum(len(task.tests) for task in self.tasks)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all mistakes, each once."""
        mistakes = (mistake for task in self.tasks for test in task.tests for mistake in test.mistakes)
        return tuple(dict.fromkeys(mistake.code for mistake in mistakes))

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Grade:
        """Back from `as_dict`."""
        tasks = tuple(
            TaskGrade(
                **{
                    **task,
                    "tests": tuple(
                        TestGrade(**{**test, "mistakes": tuple(Mistake(**one) for one in test["mistakes"])})
                        for test in task["tests"]
                    ),
                }
            )
            for task in data["tasks"]
        )
        return Grade(**{**data, "tasks": tasks, "problems": tuple(data["problems"]), "flags": tuple(data["flags"])})
