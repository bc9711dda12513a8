"""What a learner gets of a source: notebook, module, tests, README; and nothing of a solution."""

import json
import os
import subprocess
import sys

import nbformat
import pytest

from building_source import AFFINE
from chainrule.exercises.building import learner_files, teacher_files
from chainrule.exercises.source import SourceError, read_source

NAMES = ["my_affine.ipynb", "my_affine.py", "test_my_affine.py", "README.md", "my_affine.tests.json"]


@pytest.fixture
def source(tmp_path):
    return source_of(tmp_path, AFFINE)


def source_of(folder, text):
    path = folder / "source.py"
    path.write_text(text, encoding="utf-8")
    return read_source(path)


def notebook_of(files):
    notebook = nbformat.reads(files["my_affine.ipynb"].decode(), as_version=4)
    nbformat.validate(notebook)
    return notebook


def cells_of(files):
    return {cell.id: cell for cell in notebook_of(files).cells}


def test_a_learner_gets_a_notebook_a_module_tests_and_a_readme(source):
    assert NAMES == list(learner_files(source))


def test_no_line_of_a_solution_or_of_the_teachers_cells_is_in_what_learners_open(source):
    files = learner_files(source, graded=True)
    texts = [files[name].decode() for name in NAMES[:4]]
    secrets = ["x @ w", "dout.sum", "t = a * b", "nobody else", "SOLUTION", "CODE HERE", "_probe", "EXERCISE"]

    assert [] == [secret for secret in secrets for text in texts if secret in text]


def test_a_source_without_a_task_is_refused(tmp_path):
    with pytest.raises(SourceError, match="there is no cell `# %% task NAME`"):
        source_of(tmp_path, "# %% given\nimport numpy as np\n")


def test_the_recorded_tests_hold_probes_and_numbers_and_no_solution(source):
    text = learner_files(source)["my_affine.tests.json"].decode()

    assert [] == [secret for secret in ["x @ w", "dout.sum", "t = a * b", "nobody else", "secret"] if secret in text]


def test_the_notebook_has_the_cells_of_the_source_in_order_and_defines_test_first(source):
    cells = notebook_of(learner_files(source)).cells

    assert ["text", "setup", "given", "affine", "public", "text-2", "answer", "public-2", "secret"] == [
        cell.id for cell in cells
    ]
    assert cells[0].source == "# Affine layers\n\nWrite a layer that weighs its inputs."
    assert cells[1].source.endswith('test = tests_of(public_tests("my_affine.tests.json"), globals())')
    assert cells[4].source == 'test("affine")'


def test_a_stub_is_a_comment_and_a_line_that_raises(source):
    lines = cells_of(learner_files(source))["affine"].source.splitlines()

    assert ["    # your code here", "    raise NotImplementedError"] == lines[2:4]
    assert ["    # your code here", "    raise NotImplementedError"] == lines[8:10]


def test_a_stub_at_the_top_level_does_not_raise_as_the_module_must_be_read(source):
    assert 'answer_a = ""\n# your code here' == cells_of(learner_files(source))["answer"].source


def test_nbgraders_metadata_are_of_schema_3_and_say_what_each_cell_is(source):
    cells = cells_of(learner_files(source, graded=True))
    base = {"schema_version": 3, "cell_type": "code", "task": False}
    solution = base | {"grade": False, "solution": True, "locked": False}
    tests = base | {"grade": True, "solution": False, "locked": True}
    locked = base | {"grade": False, "solution": False, "locked": True}

    assert solution | {"grade_id": "affine"} == cells["affine"].metadata["nbgrader"]
    assert locked | {"grade_id": "public"} == cells["public"].metadata["nbgrader"]
    assert tests | {"grade_id": "points-affine", "points": 10.0} == cells["points-affine"].metadata["nbgrader"]
    assert tests | {"grade_id": "points-answer", "points": 5.0} == cells["points-answer"].metadata["nbgrader"]
    assert "nbgrader" not in cells["given"].metadata


def test_points_of_a_task_count_once_however_often_it_is_tested(tmp_path):
    source = source_of(tmp_path, AFFINE.replace('test("answer")', 'test("affine")\ntest("answer")'))
    cells = cells_of(learner_files(source, graded=True))

    assert ["points-affine", "points-answer"] == [name for name in cells if name.startswith("points")]


def test_a_public_cell_without_names_tests_every_task(tmp_path):
    source = source_of(tmp_path, AFFINE.replace('test("answer")', "test()"))
    cells = cells_of(learner_files(source, graded=True))

    assert ["points-affine", "points-answer", "points-secret"] == [name for name in cells if name.startswith("points")]


def test_the_teachers_notebook_has_solutions_between_marks_of_one_hash(source):
    text = cells_of(teacher_files(source))["affine"].source

    assert [
        "    # BEGIN SOLUTION",
        "    # END SOLUTION",
        "    # BEGIN SOLUTION",
        "    # END SOLUTION",
    ] == [line for line in text.splitlines() if "#" in line]
    assert "return x @ w + b, (x, w)" in text


def test_the_teacher_gets_the_source_byte_for_byte(source):
    assert source.path.read_bytes() == teacher_files(source)["my_affine.py"]


def test_the_learners_and_the_teachers_notebook_differ_in_solutions_alone(source):
    learner, teacher = cells_of(learner_files(source, graded=True)), cells_of(teacher_files(source))

    assert list(learner) == list(teacher)
    assert ["affine", "answer", "secret"] == [name for name in learner if learner[name] != teacher[name]]


def test_the_same_source_gives_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert learner_files(source_of(tmp_path / "a", AFFINE)) == learner_files(source_of(tmp_path / "b", AFFINE))


def test_the_module_does_nothing_when_it_is_imported_and_keeps_texts_of_several_lines(source):
    text = learner_files(source)["my_affine.py"].decode()
    space = {"__name__": "my_affine"}
    exec(compile(text, "my_affine.py", "exec"), space)

    assert {"np", "NOTE", "affine_forward", "affine_backward", "answer_a", "double"} == {
        name for name in space if not name.startswith("__")
    }
    assert '    words = """first\nsecond"""\n    test("answer")' in text


def run(*words, folder):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def written(folder, files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_the_module_run_as_a_script_tests_itself_from_any_folder(source, tmp_path):
    learner = written(tmp_path / "learner", learner_files(source))
    ran = run(learner / "my_affine.py", folder=tmp_path)

    assert (0, "") == (ran.returncode, ran.stderr)
    assert "AffineTest failed." in ran.stdout
    assert "(1, 1)" in ran.stdout


def test_pytest_finds_a_test_for_each_public_task(source, tmp_path):
    learner = written(tmp_path / "learner", learner_files(source))
    text = (learner / "my_affine.py").read_text()
    stub = "    # your code here\n    raise NotImplementedError"
    text = text.replace(stub, "    return x @ w + b, (x, w)", 1)
    text = text.replace(stub, "    x, w = cache\n    return dout @ w.T, x.T @ dout, dout.sum(axis=0)", 1)
    (learner / "my_affine.py").write_text(text)
    ran = run("-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", learner, folder=tmp_path)
    lines = [line.split(" - ")[0] for line in ran.stdout.splitlines() if line.startswith(("PASSED", "FAILED"))]

    assert [
        "FAILED learner/test_my_affine.py::test_2_answer",
        "PASSED learner/test_my_affine.py::test_1_affine",
    ] == sorted(lines)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("make", "points"), [(learner_files, ["0.0", "0.0"]), (teacher_files, ["10.0", "5.0"])])
def test_the_notebooks_run_and_nbgraders_cells_show_the_points(make, points, source, tmp_path):
    from nbclient import NotebookClient

    files = make(source, graded=True) if make is learner_files else make(source)
    folder = written(tmp_path / "folder", files)
    notebook = notebook_of(files)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    shown = {
        cell.id: [output["data"]["text/plain"] for output in cell.outputs if output.output_type == "execute_result"]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }

    assert points == [*shown["points-affine"], *shown["points-answer"]]
    assert ["(0, 1)" if points[0] == "10.0" else "(1, 1)"] == shown["public"]


def test_an_exercise_of_ours_is_named_as_learners_have_it_installed(tmp_path, monkeypatch):
    monkeypatch.setattr("chainrule.exercises.building.learner.is_installed", lambda source: True)
    files = learner_files(source_of(tmp_path, AFFINE))

    assert NAMES[:4] == list(files)
    assert 'tests_of("my-affine", globals())' in json.loads(files["my_affine.ipynb"])["cells"][1]["source"][-1]
    assert 'find("my-affine")' in files["test_my_affine.py"].decode()


def test_the_readme_says_what_to_do_how_to_test_and_what_to_hand_in(source):
    text = learner_files(source)["README.md"].decode()

    assert ["## What to do", "## How to test", "## What to hand in"] == [
        line for line in text.splitlines() if line.startswith("## ")
    ]
    assert "| answer | a \\| b | `answer_a` | 5 |" in text
    assert "| | | | **17.5** |" in text


BAD = {
    "no tasks in EXERCISE": (
        ("EXERCISE = ", 'EXERCISE = Exercise("a", "A", ())\nOTHER = '),
        "EXERCISE 'a' has no tasks",
    ),
    "no exercise": (("EXERCISE = ", "OTHER = "), "no teacher's cell defines EXERCISE"),
    "a name that is a path": (('"my-affine"', '"../affine"'), "becomes a file's"),
    "a task without a cell": (('Task("secret"', 'Task("other"'), "the task 'other' has no cell"),
    "a cell without a task": (('Task("secret"', 'Task("other"'), "EXERCISE has no task 'secret'"),
    "a task twice": (('Task("secret"', 'Task("affine"'), "has the task 'affine' 2 times"),
    "nothing to fill in": (
        (
            "# BEGIN SOLUTION\n    return x + x  # a line that nobody else would write\n    # END SOLUTION",
            "return x + x",
        ),
        "the task 'secret' has nothing to fill in",
    ),
    "a solution that learners would get": (
        ('NOTE = """two', '# BEGIN SOLUTION\nSECRET = 1\n# END SOLUTION\nNOTE = """two'),
        "a solution stands outside of a task's cell",
    ),
    "a test of no task": (('test("answer")', 'test("nothing")'), "there is no task 'nothing' to test"),
    "teacher's cells that fail": (("EXERCISE = ", "1 / 0\nEXERCISE = "), "does not run: ZeroDivisionError"),
    "a solution that fails its own test": (("return x @ w", "return x @ w @ w"), "AffineTest fails for the solution"),
    "a test that gives no numbers": (('{"out": out,', '{"out": ["a"],'), "AffineTest has an array of <U1"),
    "a stub that does not parse": (
        ("def double(x):", "if NOTE:\n# BEGIN SOLUTION\n    pass\n# END SOLUTION\ndef double(x):"),
        "without its solution this cell does not parse",
    ),
    "cells that make no module together": (
        ('words = """first', 'from __future__ import annotations\nwords = """first'),
        "its cells make no module together",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_source_that_is_no_exercise_is_refused_with_the_reason(case, tmp_path):
    (old, new), said = BAD[case]

    assert old in AFFINE

    with pytest.raises(SourceError) as caught:
        learner_files(source_of(tmp_path, AFFINE.replace(old, new)))

    assert said in str(caught.value)
