"""What an exercise is: tasks with points, and tests that ask a learner's work for arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

__all__ = ["Answer", "Exercise", "Limits", "Task", "Test"]

Array = npt.NDArray[Any]
Arrays = tuple[Array, ...]


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        seconds: for all its tests together.
        megabytes: of memory.
        output: bytes that it may print; more is cut off.
    """

    seconds: float = 10.0
    megabytes: int = 1024
    output: int = 1 << 20


@dataclass(frozen=True)
class Test:
    """One question to a learner's work: arrays in, arrays out.

    The probe is the only code that runs beside the learner's own. It is a plain function at the top level of the
    exercise's source, ``probe(work, *arrays)``: ``work`` has the names of the submission as attributes, and it gives
    arrays by name. It imports nothing but NumPy and uses no other name of its file, as its text alone is sent to where
    submissions run, and nothing there may know a solution.

    Args:
        name: what is printed, ``"BCEForwardTest"``.
        probe: ``(work, *arrays) -> {name: array}``.
        inputs: ``(rng, number) -> arrays`` for the case of that number, from 0; other numbers give other sizes.
        like: the name of one of our ops that the work should be like, for the diagnosis; empty for none.
        reduction: as for `chainrule.check`.
        forward: the name among the results that is forward's result; empty for none.
        gradients: the names among the results that are gradients, one for each of the op's arrays, "" for none.
        d_out: the place among the arrays of the incoming gradient, which the op does not take; None for none.
        cases: how many cases are asked.
        tolerance: how far a right result may be off, relative to its largest entry.
    """

    __test__: ClassVar[bool] = False  # it is none of pytest's

    name: str
    probe: Callable[..., Mapping[str, Any]]
    inputs: Callable[[np.random.Generator, int], Arrays]
    like: str = ""
    reduction: str | None = None
    forward: str = ""
    gradients: tuple[str, ...] = ()
    d_out: int | None = None
    cases: int = 3
    tolerance: float = 1e-8


@dataclass(frozen=True)
class Answer:
    """One question that is answered by text: the operations, messages and sums of an expression, marked by `explain`.

    Args:
        name: what is printed, ``"ExpressionATest"``.
        variable: the name that the learner's text is assigned to, ``"answer_a"``.
        expression: that is taken apart.
        values: of its names.
        backward: whether messages and sums are asked for as well, and not the operations alone.
    """

    name: str
    variable: str
    expression: str
    values: Mapping[str, float]
    backward: bool = False


@dataclass(frozen=True)
class Task:
    """A part of an exercise.

    Args:
        name: short, as in the source's cell, ``"affine"``.
        points: for all its tests together; each counts the same.
        tests: in the order in which they are printed.
        title: for people.
        names: what the learner's work has to define.
        congratulation: printed when all tests pass; ``{passed}`` and ``{total}`` are filled in.
    """

    name: str
    points: float
    tests: tuple[Test | Answer, ...]
    title: str = ""
    names: tuple[str, ...] = ()
    congratulation: str = ""


@dataclass(frozen=True)
class Exercise:
    """Everything about an exercise but the texts of its source; see `source.Source` for those.

    Args:
        name: for the command line, ``"i2dl-5"``.
        title: for people.
        tasks: in order.
        version: raised whenever grades would change.
        limits: of one submission.
        forbidden: names of modules and functions that a solution may not use; what is found is reported.
    """

    name: str
    title: str
    tasks: tuple[Task, ...]
    version: str = "1"
    limits: Limits = field(default_factory=Limits)
    forbidden: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """Of all tasks."""
        return sum(task.points for task in self.tasks)
