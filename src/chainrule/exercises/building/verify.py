"""What a source has to hold before anything is made from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from chainrule.exercises.building.cells import has_region, tested_tasks
from chainrule.exercises.exercise import Exercise
from chainrule.exercises.source import Cell, Source, SourceError

__all__ = ["verify"]


def verify(source: Source) -> Exercise:
    """The exercise of a source that learners' files can be made from.

    Raises:
        SourceError: they cannot; the message has all reasons.
    """
    name = source.path.name
    try:
        exercise = source.exercise
        assert source.solved
    except SourceError:
        raise
    except Exception as error:  # the teacher's own code may raise anything
        raise SourceError(f"{name} does not run: {type(error).__name__}: {error}") from error
    if problems := [*_of_exercise(exercise), *_of_tasks(source, exercise), *_of_cells(source, exercise)]:
        raise SourceError(f"{name}: {'; '.join(problems)}")
    return exercise


def _of_exercise(exercise: Exercise) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", exercise.name):
        yield f"the exercise's name {exercise.name!r} becomes a file's; use letters, digits, - and _"
    if not exercise.tasks:
        yield f"EXERCISE {exercise.name!r} has no tasks"


def _of_tasks(source: Source, exercise: Exercise) -> Iterator[str]:
    cells = {cell.task for cell in source.texts("task")}
    solved = {cell.task for cell in source.texts("task") if has_region(cell)}
    names = [task.name for task in exercise.tasks]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"EXERCISE has the task {name!r} {names.count(name)} times"
        if name not in cells:
            yield f"the task {name!r} has no cell; expected a line `# %% task {name}`"
        elif name not in solved:
            yield f"the task {name!r} has nothing to fill in; expected # BEGIN SOLUTION and # END SOLUTION"
    for name in sorted(cells - set(names)):
        yield f"EXERCISE has no task {name!r}, for which there is a cell"


def _of_cells(source: Source, exercise: Exercise) -> Iterator[str]:
    known = {task.name for task in exercise.tasks}
    for cell in source.cells:
        if cell.kind not in ("task", "teacher") and has_region(cell):
            yield f"line {cell.line}: a solution stands outside of a task's cell, where learners would get it"
        if cell.kind == "task" and (problem := _stub_problem(cell)):
            yield problem
        if cell.kind == "public":
            for name in tested_tasks(cell, exercise):
                if name not in known:
                    yield f"line {cell.line}: there is no task {name!r} to test"


def _stub_problem(cell: Cell) -> str:
    """A stub has to parse, or learners could not even run the cell's other functions."""
    try:
        ast.parse(cell.stub)
    except SyntaxError as error:
        return f"line {cell.line}: without its solution this cell does not parse ({error.msg})"
    return ""
