"""``chainrule grade``: what is printed, what is written, and the exit status; with the confined worker itself."""

import csv
import json
import os
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent / "grading"))
from layers_class import NUMERIC, RIGHT, SOURCE, STUBS, TRANSPOSED

from chainrule.grading import command
from chainrule.grading.grading import failed_grade
from chainrule.grading.options import grade

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="submissions run in forked processes")

CLASS = {
    "ann": RIGHT,
    "bob": TRANSPOSED,
    "cho": NUMERIC,
    "dee": STUBS,
    "eve\x1b[2J": "import os\nos.system('id')\n" + RIGHT.replace("x, w = cache", "import socket; socket.socket()"),
    "=fay": "def f(:\n",
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with an exercise and a class's work."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "layers.py").write_text(SOURCE.lstrip())
    (tmp_path / "handed-in").mkdir()
    for name, text in CLASS.items():
        (tmp_path / "handed-in" / f"{name}.py").write_text(text)
    (tmp_path / "handed-in" / "gus").mkdir()
    return tmp_path


def invoke(*words, code=0):
    app = typer.Typer()
    app.command()(grade)
    result = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)

    assert code == result.exit_code, result.output
    return result


def results():
    return list(map(json.loads, Path("graded/results.jsonl").read_text().splitlines()))


def usual(*words, code=0):
    return invoke("handed-in", "--exercise", "./layers.py", "--out", "graded", *words, code=code)


def test_a_class_is_graded_and_reported(place):
    printed = usual().stdout

    assert "7 submissions of layers" in printed
    assert "2 with all points" in printed
    assert "=fay: =fay.py, line 1: this does not parse" in printed
    assert "numeric differences?" in printed
    assert "\x1b[2J" not in printed
    points = {row["submission"]: sum(task["points"] for task in row["tasks"]) for row in results()}
    assert {"ann": 14, "bob": 9, "cho": 14, "dee": 0, "eve_x1b[2J": 9, "=fay": 0, "gus": 0} == points
    table = csv.reader(Path("graded/grades.csv").read_text().splitlines())
    assert {"ann", "bob", "cho"} <= {cell for row in table for cell in row}
    assert Path("graded/class.html").exists()


def test_what_submissions_tried_is_named(place):
    usual()
    (eve,) = [row for row in results() if row["submission"].startswith("eve")]

    assert ["tried what is not allowed: socket"] == eve["flags"]
    assert ["answered", "forbidden"] == [test["status"] for test in eve["tasks"][0]["tests"]]


def test_the_secret_is_made_and_never_printed(place):
    printed = usual().output
    secret = Path("graded/secret").read_text().strip()

    assert 0o600 == Path("graded/secret").stat().st_mode & 0o777
    assert secret not in printed
    assert not any(secret in path.read_text(errors="replace") for path in files("graded") if path.name != "secret")


def files(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in files(folder)}


def test_a_second_run_gives_the_same_bytes(place):
    usual()
    first = contents("graded")
    usual()

    assert first == contents("graded")


def test_a_regrade_elsewhere_with_the_same_secret_gives_the_same_bytes(place):
    usual("--secret-file", "key")
    first = contents("graded")
    invoke("handed-in", "--exercise", "./layers.py", "--out", "again", "--secret-file", "key", "--workers", "1")

    assert first == contents("again")


def test_an_executor_by_name_gives_the_same_bytes(place, monkeypatch):
    (place / "my_pools.py").write_text(
        "from concurrent.futures import ThreadPoolExecutor\ndef one():\n    return ThreadPoolExecutor(1)\n"
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    usual("--secret-file", "key")
    words = ("--out", "again", "--secret-file", "key", "--executor", "my_pools:one")
    invoke("handed-in", "--exercise", "./layers.py", *words)

    assert contents("graded") == contents("again")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("handed-in", "--exercise", "nothing", "--out", "graded"), "no exercise 'nothing'"),
        (("handed-in", "--exercise", "i2dl5", "--out", "graded"), "There is i2dl-5, i2dl-4, "),
        (("handed-in", "--exercise", "./no.py", "--out", "graded"), "no file no.py"),
        (("missing", "--exercise", "./layers.py", "--out", "graded"), "missing is no folder"),
        (("handed-in/gus", "--exercise", "./layers.py", "--out", "graded"), "holds no submission"),
        (("handed-in", "--exercise", "./layers.py", "--out", "handed-in/graded"), "would be a submission itself"),
        (("handed-in", "--exercise", "./layers.py", "--out", "layers.py"), "layers.py"),
        (("handed-in", "--exercise", "./layers.py", "--out", "graded", "--executor", "x"), "no module:factory"),
        (
            ("handed-in", "--exercise", "./layers.py", "--out", "o", "--executor", "json:x", "--workers", "2"),
            "--workers is for threads",
        ),
        (("handed-in", "--exercise", "./layers.py", "--out", "o", "--secret-file", "layers"), "layers"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(place, words, said):
    (place / "layers").write_text("short")
    result = invoke(*words, code=2)

    assert said in result.stderr
    assert result.stderr.startswith("error: ")
    assert 1 == len(result.stderr.splitlines())


def test_grader_errors_stand_apart_and_the_status_tells(place, monkeypatch):
    def failing(source, submissions, out, **options):
        from chainrule.grading.intake import submission_of

        return [failed_grade(source, submission_of("ann", {"a.py": b"a = 1"}), "the template is gone")]

    monkeypatch.setattr(command, "grade_all", failing)
    printed = usual(code=1).stdout

    assert "0 submissions of layers" in printed
    assert "GRADER ERRORS" in printed
    assert "ann: the template is gone" in printed


def test_reports_that_fail_do_not_hide_the_grades(place, monkeypatch):
    import chainrule.grading.reports

    def failing(*_):
        raise RuntimeError("no room")

    monkeypatch.setattr(chainrule.grading.reports, "write_reports", failing)
    result = usual(code=1)

    assert "error: the reports were not written: RuntimeError: no room\n" == result.stderr
    assert "7 submissions of layers" in result.stdout


@pytest.mark.parametrize("level", ["seccomp+namespaces", "rlimits only", "none"])
def test_a_low_level_is_said_loudly(place, monkeypatch, level):
    monkeypatch.setattr("chainrule.grading.chunks._confinement_level", lambda: level)

    assert f"CONFINEMENT: {level}." in usual().stdout


def test_a_low_level_refuses_to_run_where_confinement_is_required(place, monkeypatch):
    monkeypatch.setattr("chainrule.grading.chunks._confinement_level", lambda: "rlimits only")
    result = usual("--require-confinement", code=2)

    assert "Confinement reaches only 'rlimits only' here" in result.stderr
    assert not Path("graded/results.jsonl").exists()


def test_ctrl_c_says_how_to_go_on(place, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "grade_all", stopped)

    assert "the same command goes on from there" in usual(code=130).stderr
