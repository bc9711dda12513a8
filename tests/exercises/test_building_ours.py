"""Every exercise of ours becomes a learner's folder: it can be imported, and gives no solution away."""

import ast
import json

import pytest

from chainrule.exercises import find
from chainrule.exercises.building import autograder_zip, learner_files, teacher_files
from chainrule.exercises.shelf import available

NAMES = [entry.name for entry in available()]


def solution_lines(text):
    """The lines between marks, found without the reader of sources."""
    inside = False
    for line in text.splitlines():
        if line.strip().startswith("#") and line.rstrip("# ").endswith(("BEGIN SOLUTION", "START CODE HERE")):
            inside = True
        elif line.strip().startswith("#") and line.rstrip("# ").endswith(("END SOLUTION", "END CODE HERE")):
            inside = False
        elif inside and len(line.strip()) > 12:
            yield line.strip()


@pytest.mark.parametrize("name", NAMES)
def test_learners_files_hold_no_line_of_a_solution(name):
    source = find(name)
    files = learner_files(source, graded=True)
    whole = source.path.read_text(encoding="utf-8")
    hidden = set(solution_lines(whole))
    open_lines = [line.strip() for line in whole.splitlines()]
    secrets = {
        line for line in hidden if open_lines.count(line) == sum(1 for one in solution_lines(whole) if one == line)
    }
    seen = {line.strip() for content in files.values() for line in content.decode().splitlines()}
    notebook = json.loads(next(content for path, content in files.items() if path.endswith(".ipynb")))
    seen |= {line.strip() for cell in notebook["cells"] for line in cell["source"]}

    assert len(secrets) > 5
    assert set() == secrets & seen


@pytest.mark.parametrize("name", NAMES)
def test_the_module_is_read_without_an_error(name):
    files = learner_files(find(name))
    path, text = next((path, content) for path, content in files.items() if path.endswith(".py"))
    space = {"__name__": path.removesuffix(".py"), "__file__": path}
    exec(compile(text, path, "exec"), space)
    wanted = {one.partition(".")[0] for task in find(name).exercise.tasks for one in task.names}

    assert set() == wanted - set(space)


@pytest.mark.parametrize("name", NAMES)
def test_the_teachers_notebook_has_every_solution(name):
    source = find(name)
    notebook = json.loads(next(content for path, content in teacher_files(source).items() if path.endswith(".ipynb")))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]

    assert [] == [line for line in solution_lines(source.path.read_text()) if not any(line in cell for cell in cells)]
    assert all(ast.parse(cell) for cell in cells)


@pytest.mark.parametrize("name", NAMES)
def test_the_autograder_is_made(name):
    assert autograder_zip(find(name)).startswith(b"PK")
