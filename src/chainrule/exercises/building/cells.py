"""A source's cells as the cells of a notebook: learners' with stubs, teachers' with solutions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from chainrule.exercises.exercise import Exercise, Task
from chainrule.exercises.source import Cell, Source

__all__ = [
    "Audience",
    "Made",
    "has_region",
    "made_cells",
    "public_tasks",
    "setup_text",
    "tested_tasks",
    "with_markers",
]

Audience = Literal["learner", "teacher"]


@dataclass(frozen=True)
class Made:
    """One cell of a notebook.

    Args:
        kind: ``"markdown"`` or ``"code"``.
        text: of the cell.
        id: the same each time, unique in its notebook.
        role: for nbgrader: ``"solution"``, ``"tests"``, ``"locked"``, or ``""``.
        points: of tests.
    """

    kind: Literal["markdown", "code"]
    text: str
    id: str
    role: Literal["solution", "tests", "locked", ""] = ""
    points: float = 0.0

    @property
    def nbgrader(self) -> dict[str, Any]:
        """The cell's metadata for nbgrader, schema 3; empty for a cell that is none of its."""
        if not self.role:
            return {}
        graded = self.role == "tests"
        metadata = {
            "schema_version": 3,
            "cell_type": self.kind,
            "grade_id": self.id,
            "grade": graded,
            "solution": self.role == "solution",
            "locked": self.role != "solution",
            "task": False,
        }
        return metadata | ({"points": self.points} if graded else {})


def made_cells(source: Source, audience: Audience, setup: str, *, graded: bool) -> Iterator[Made]:
    """The cells of a notebook, in order.

    Args:
        source: of the exercise.
        audience: who gets it.
        setup: code that defines ``test``; it goes before the first code.
        graded: whether nbgrader shall count points: then each public cell is followed by one whose last line is the
            number of points reached. A public cell by itself shows the course's ``(0, 2)`` and raises nothing, which
            nbgrader would take for full marks.
    """
    exercise = source.exercise
    ids = _Ids()
    pending = {task.name for task in exercise.tasks}
    begun = False
    for cell in source.cells:
        if cell.kind == "teacher" or not cell.text.strip():
            continue
        if cell.kind == "[markdown]":
            yield Made("markdown", cell.markdown, ids.new("text"))
            continue
        if not begun:
            yield Made("code", setup, ids.new("setup"), "locked")
            begun = True
        if cell.kind == "given":
            yield Made("code", cell.text.strip("\n"), ids.new("given"))
        elif cell.kind == "task":
            text = with_markers(cell) if audience == "teacher" else cell.stub
            yield Made("code", text, ids.new(cell.task), "solution" if has_region(cell) else "")
        else:
            yield Made("code", cell.text.strip("\n"), ids.new("public"), "locked")
            # Points of a task count once, however often its tests are shown.
            for task in [name for name in tested_tasks(cell, exercise) if name in pending] if graded else ():
                pending.remove(task)
                points = _points(exercise, task)
                yield Made("code", _graded_text(task, points), ids.new(f"points-{task}"), "tests", points)


def setup_text(exercise: Exercise, tests: str = "", *, in_module: bool = False) -> str:
    """The code that defines ``test`` where it runs.

    Args:
        exercise: that is tested.
        tests: the file with its public tests, for an exercise that is not installed with chainrule.
        in_module: whether it stands in a file, which knows where it is; a notebook only knows where it was started.
    """
    if tests:
        place = f'Path(__file__).with_name("{tests}")' if in_module else f'"{tests}"'
        path = "from pathlib import Path\n\n" if in_module else ""
        return (
            f"{path}from chainrule.exercises import public_tests, tests_of\n\n"
            f"test = tests_of(public_tests({place}), globals())"
        )
    return f'from chainrule.exercises import tests_of\n\ntest = tests_of("{exercise.name}", globals())'


def has_region(cell: Cell) -> bool:
    """Whether there is something to fill in."""
    return cell.solution != cell.text.strip("\n")


def with_markers(cell: Cell) -> str:
    """The text with its solutions, marked by one hash: nbgrader and otter both strip them."""
    lines = []
    inside = False
    for line in cell.text.strip("\n").splitlines():
        if line.strip() and not Cell("task", line, 1).solution:  # it begins or ends a solution
            inside = not inside
            line = f"{line[: len(line) - len(line.lstrip())]}# {'BEGIN' if inside else 'END'} SOLUTION"
        lines.append(line)
    return "\n".join(lines)


def tested_tasks(cell: Cell, exercise: Exercise) -> list[str]:
    """The tasks whose tests a public cell calls: ``test("affine")``, or ``test()`` for all."""
    names: list[str] = []
    for call in ast.walk(ast.parse(cell.text)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "test":
            given = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            names += given if call.args else [task.name for task in exercise.tasks]
    return list(dict.fromkeys(names))


def public_tasks(source: Source) -> list[Task]:
    """The tasks whose tests learners are shown, in order; all of them where no public cell says otherwise."""
    exercise = source.exercise
    shown = {name for cell in source.texts("public") for name in tested_tasks(cell, exercise)}
    return [task for task in exercise.tasks if not shown or task.name in shown]


def _points(exercise: Exercise, name: str) -> float:
    return float(next(task.points for task in exercise.tasks if task.name == name))


def _graded_text(task: str, points: float) -> str:
    return (
        f"# For nbgrader: the last line is the number of points that this task gets.\n"
        f'failed, total = test("{task}")\n'
        f"{points:g} * (total - failed) / total"
    )


class _Ids:
    """Remembers which ids are taken."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, word: str) -> str:
        """An id for a cell, from the word; the same in every run."""
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", word)[:50]
        number = 1
        while (made := stem if number == 1 else f"{stem}-{number}") in self._taken:
            number += 1
        self._taken.add(made)
        return made
