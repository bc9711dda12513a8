"""``chainrule exercise``: list, new, test, build and lint by their words, exit statuses and files."""

import json
import zipfile

import pytest
import typer
from typer.testing import CliRunner

from building_source import AFFINE, SOLVED
from chainrule.commands.errors import PlainErrors
from chainrule.exercises.command import exercise_app

NEW = ["README.md", "my_affine.ipynb", "my_affine.py", "my_affine.tests.json", "test_my_affine.py"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "mine.py").write_text(AFFINE)


def invoke(*words, code=0):
    app = typer.Typer(cls=PlainErrors)
    app.add_typer(exercise_app, name="exercise")
    app.callback()(lambda: None)
    result = CliRunner().invoke(app, ["exercise", *map(str, words)])

    assert code == result.exit_code, result.output + result.stderr
    return result


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "mine.py").write_text(AFFINE.replace('"Affine layers"', '"[bold]Affine[/bold]\\x1b[2J"'))
    monkeypatch.setattr("chainrule.exercises.shelf.available.__defaults__", (folder,))
    return folder


def test_list_shows_name_title_tasks_and_points_and_no_markup(shelf):
    output = invoke("list").output

    assert ["name", "title", "tasks", "points"] == output.split()[:4]
    assert ["my-affine", r"[bold]Affine[/bold]\x1b[2J", "affine,", "answer,", "secret", "17.5"] == output.split()[5:]


def test_new_writes_what_a_learner_gets_into_a_folder_of_the_exercises_name(tmp_path):
    output = invoke("new", "mine.py").output

    assert NEW == sorted(files_of(tmp_path / "my-affine"))
    assert "written my-affine/my_affine.ipynb" in output
    assert "chainrule exercise test my-affine" in output


def test_new_never_writes_over_a_learners_work_unless_forced(tmp_path):
    invoke("new", "mine.py", "work")
    (tmp_path / "work" / "my_affine.py").write_text("a week of work")
    before = files_of(tmp_path / "work")
    result = invoke("new", "mine.py", "work", code=1)

    assert before == files_of(tmp_path / "work")
    assert "perhaps with work in it" in result.stderr
    invoke("new", "mine.py", "work", "--force")
    assert b"a week of work" != (tmp_path / "work" / "my_affine.py").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new", "no-such"], "there is no exercise 'no-such'. There is"),
        (["new", "gone.py"], "there is no file gone.py"),
        (["new", "mine.py", "/proc/chainrule"], "cannot write /proc/chainrule"),
        (["new", "mine.py", "mine.py"], "mine.py is a file and not a folder"),
        (["build", "empty.py", "out"], "there is no cell `# %% task NAME`"),
        (["build", "without.py", "out"], "no teacher's cell defines EXERCISE"),
        (["build", "mine.py", "out", "--wheel", "x.whl"], "give --gradescope as well"),
        (["build", "mine.py", "out", "--gradescope", "--secret-file", "x"], "there is no secret x"),
        (["build", "mine.py", "out", "--gradescope", "--wheel", "x.whl"], "there is no wheel x.whl"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(words, said, tmp_path):
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "without.py").write_text(AFFINE.replace("EXERCISE = ", "OTHER = "))
    before = files_of(tmp_path)
    result = invoke(*words, code=1)

    assert 1 == len(result.stderr.splitlines())
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert before == files_of(tmp_path)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["new", "i2dl5"], 1),
        (["build", "i2dl5", "out"], 1),
        (["test", "mine.py", "--exercise", "i2dl5"], 2),
        (["test", "work.py"], 2),
        (["lint", "i2dl5"], 2),
    ],
)
def test_a_name_that_is_misspelt_is_told_the_nearest_ones_by_every_command(words, code, tmp_path):
    (tmp_path / "work.py").write_text("# chainrule exercise: i2dl5\n")
    said = "error: there is no exercise 'i2dl5'. There is i2dl-5, i2dl-4, edf-1, tum-ml-9. A source of your own"

    assert invoke(*words, code=code).stderr.startswith(said)


def test_build_makes_a_learners_and_a_teachers_version_the_same_each_time(tmp_path):
    invoke("build", "mine.py", "one", "--gradescope")
    invoke("build", "mine.py", "two", "--gradescope")
    made = files_of(tmp_path / "one")

    assert made == files_of(tmp_path / "two")
    assert [
        "autograder.zip",
        *(f"learner/{name}" for name in NEW),
        *(f"teacher/my_affine{ending}" for ending in (".ipynb", ".py", ".tests.json")),
    ] == sorted(made)


def test_build_puts_a_secret_into_the_autograder(tmp_path):
    (tmp_path / "key").write_bytes(b"sixteen bytes or more")
    invoke("build", "mine.py", "out", "--gradescope", "--secret-file", "key")
    with zipfile.ZipFile(tmp_path / "out" / "autograder.zip") as archive:
        assert b"sixteen bytes or more" == archive.read("secret")


def test_a_fresh_folder_fails_its_tests_and_a_solved_one_passes(tmp_path):
    invoke("new", "mine.py", "work")
    output = invoke("test", "work", code=1).output

    assert "Tests passed: 0/1\n(1, 1)\n" in output
    assert "Score: 0/100" in output
    (tmp_path / "work" / "my_affine.py").write_text(SOLVED)
    output = invoke("test", "work/my_affine.py").output
    assert "AffineTest passed." in output
    assert "AnswerTest passed." in output
    assert "Score: 100/100" in output


def test_a_mistake_is_diagnosed_without_the_solution(tmp_path):
    invoke("new", "mine.py", "work")
    (tmp_path / "work" / "my_affine.py").write_text(SOLVED.replace("x.T @ dout", "x.T @ dout / len(x)"))
    output = invoke("test", "work/my_affine.py", "--task", "affine", code=1).output

    assert "AffineTest failed." in output
    assert "dw is only 1/N = 1/5 of what it should be" in output


def test_a_renamed_file_is_tested_by_the_exercise_that_it_names(tmp_path):
    invoke("new", "mine.py", "work")
    (tmp_path / "work" / "my_affine.py").rename(tmp_path / "work" / "ada.py")

    assert "AffineTest failed." in invoke("test", "work/ada.py", code=1).output


def test_tests_of_another_exercise_beside_a_file_are_not_taken_for_its_own(tmp_path):
    invoke("new", "mine.py", "work")
    (tmp_path / "work" / "other.py").write_text("def unheard_of(x):\n    return x\n")

    assert "AffineTest" not in invoke("test", "work/other.py", code=2).output


def test_tests_that_were_changed_or_lost_are_told(tmp_path):
    invoke("new", "mine.py", "work")
    (tmp_path / "work" / "my_affine.tests.json").write_text('{"chainrule public tests": 1}')
    result = invoke("test", "work", code=2)

    assert "my_affine.tests.json holds no public tests" in result.stderr


def test_an_unknown_task_is_told(tmp_path):
    invoke("new", "mine.py", "work")

    assert "has no task 'other'" in invoke("test", "work", "--task", "other", code=2).stderr


def test_test_and_lint_hand_over_to_their_programs(monkeypatch):
    called = []
    monkeypatch.setattr(
        "chainrule.exercises.testing.test_program", lambda *words: called.append([*map(str, words)]) or 3
    )
    monkeypatch.setattr("chainrule.exercises.linting.lint_program", lambda paths, **more: called.append(paths) or 4)
    invoke("test", "a.py", "--exercise", "x", "--task", "t", code=3)
    invoke("lint", "mine.py", "other", "--json", code=4)

    assert [["a.py", "x", "['t']"], ["mine.py", "other"]] == called


def test_the_help_of_each_command_has_an_example():
    for command in ("list", "new", "test", "build", "lint"):
        assert f"chainrule exercise {command}" in " ".join(invoke(command, "--help").output.split())


def test_the_metadata_of_a_notebook_name_its_exercise(tmp_path):
    invoke("new", "mine.py", "work")
    metadata = json.loads((tmp_path / "work" / "my_affine.ipynb").read_text())["metadata"]

    assert {"exercise": "my-affine", "version": "1"} == metadata["chainrule"]
