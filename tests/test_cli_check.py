"""``chainrule check``: what is printed where, the exit status, and watching a file."""

import io
import json
import re
import sys
import time

import pytest
from typer.testing import CliRunner

from chainrule.checking.command import run_command
from chainrule.cli import app

LAYERS = """
print("a file may print")

class Affine:
    def forward(self, x, w, b):
        self.cache = x, w
        return x @ w + b

    def backward(self, dout):
        x, w = self.cache
        dx, dw, db = dout @ w.T, {dw}, dout.sum(axis=0)
        return dx, dw, db

def tanh_forward(x):
    import numpy as np
    out = np.tanh(x)
    return out, out

def tanh_backward(saved, dout):
    return dout * (1 - saved ** 2)
"""
RIGHT, TRANSPOSED = LAYERS.format(dw="x.T @ dout"), LAYERS.format(dw="dout.T @ x")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def layers(tmp_path):
    path = tmp_path / "my_layers.py"
    path.write_text(TRANSPOSED)
    return path


def invoke(*words, code=0):
    result = CliRunner().invoke(app, ["check", *map(str, words)], catch_exceptions=False)

    assert code == result.exit_code, result.output
    return result


def test_a_file_that_is_right_is_a_line_for_each_subject_and_status_0(layers):
    layers.write_text(RIGHT)
    lines = invoke(layers.name).stdout.splitlines()

    assert "my_layers.py: right" == lines[0]
    assert ["  Affine: right (compared with affine)", "  tanh: right (compared with tanh)"] == lines[2:4]
    assert "  2 right." in lines
    assert any(line.startswith("  checked: ") for line in lines)


def test_what_is_wrong_is_named_and_the_status_is_1(layers):
    shown = invoke(layers.name, code=1)

    assert "  Affine: wrong (compared with affine)" in shown.stdout
    assert "    TRANSPOSED: dw " in shown.stdout
    assert "  1 right, 1 wrong." in shown.stdout
    assert "" == shown.stderr


def test_one_subject_can_be_named(layers):
    assert invoke(f"{layers.name}::tanh").stdout.startswith("tanh: right (compared with tanh)\n")
    assert invoke(f"{layers.name}::Affine", code=1).stdout.startswith("Affine: wrong (compared with affine)\n")


def test_several_places_stand_below_one_another(layers, tmp_path):
    (tmp_path / "more.py").write_text(RIGHT)
    shown = invoke(f"{layers.name}::Affine", "more.py", code=1).stdout

    assert shown.startswith("Affine: wrong")
    assert "\n\nmore.py: right\n" in shown


def test_what_a_file_prints_is_not_shown(layers):
    shown = invoke(layers.name, code=1)

    assert "a file may print" not in shown.stdout + shown.stderr


def test_what_a_file_prints_is_shown_where_it_fails(tmp_path):
    (tmp_path / "broken.py").write_text('print("so far so good")\n1 / 0\n')
    shown = invoke("broken.py", code=2)

    assert "" == shown.stdout
    assert shown.stderr.startswith("error: broken.py ")
    assert "ZeroDivisionError" in shown.stderr
    assert "It printed: so far so good" in shown.stderr


def test_quiet_is_a_line_for_each_subject(layers):
    lines = invoke(layers.name, "--quiet", code=1).stdout.splitlines()

    assert ["Affine: wrong (TRANSPOSED)", "tanh: right"] == lines


def test_json_is_one_document_and_nothing_else(layers):
    document = json.loads(invoke(layers.name, "--json", code=1).stdout)
    affine, tanh = document["parts"]

    assert (False, "wrong", "my_layers.py") == (document["passed"], document["verdict"], document["subject"])
    assert (True, "right", []) == (tanh["passed"], tanh["verdict"], tanh["findings"])
    assert ["TRANSPOSED"] == [finding["code"] for finding in affine["findings"]]
    assert "affine" == affine["like"]


def test_json_of_several_places_has_a_part_for_each(layers):
    document = json.loads(
        invoke(f"{layers.name}::Affine", f"{layers.name}::tanh", "missing.py", "--json", code=2).stdout
    )

    assert [["Affine"], ["tanh"], []] == [
        [subject["subject"] for subject in place.get("parts", [])] for place in document["parts"]
    ]
    assert "NOT_FOUND" == document["parts"][2]["findings"][0]["code"]


def test_json_is_json_in_any_encoding(tmp_path):
    (tmp_path / "broken.py").write_text('raise ValueError("\\u00e9 \\U0001f600 \\udc80")\n')
    shown = invoke("broken.py", "--json", code=2).stdout

    assert shown.isascii()
    assert "\u00e9 \U0001f600" in json.loads(shown)["findings"][0]["message"]


def test_like_and_reduction_reach_the_check(layers):
    layers.write_text(LAYERS.format(dw="x.T @ dout / len(x)").replace("dout.sum(axis=0)", "dout.mean(axis=0)"))

    invoke(f"{layers.name}::Affine", code=1)
    invoke(f"{layers.name}::Affine", "--like", "affine", "--reduction", "mean", "--seed", 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.py"], "missing.py"),
        (["my_layers.py::Affin"], "Affine"),
        (["no.such.module"], "no.such.module"),
        (["syntax.py"], "line 1"),
        (["my_layers.py", "--like", "afine"], "'affine'"),
        (["my_layers.py", "--reduction", "some"], "some"),
        (["my_layers.py", "--json", "--watch"], "Choose one"),
        (["my_layers.py", "--seed", "-1"], "--seed"),
        ([], "WHERE"),
    ],
)
def test_what_cannot_be_loaded_or_is_not_understood_is_status_2(layers, tmp_path, words, said):
    (tmp_path / "syntax.py").write_text("def f(:\n")
    shown = invoke(*words, code=2)

    assert "" == shown.stdout
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr


def test_one_place_that_cannot_be_loaded_does_not_hide_the_others(layers):
    shown = invoke("missing.py", f"{layers.name}::tanh", code=2)

    assert shown.stdout.startswith("tanh: right")
    assert shown.stderr.startswith("error: ")


def test_terminal_escapes_in_names_are_spelled_out(tmp_path):
    (tmp_path / "evil.py").write_text('class A:\n    pass\nraise ValueError("\\x1b[2J[bold]gone")\n')
    shown = invoke("evil.py", code=2).stderr

    assert "\x1b" not in shown
    assert "[bold]gone" in shown


# -- watching --------------------------------------------------------------------------------------------


def watched(capsys, *steps, places=("my_layers.py",), **options):
    """The exit status, and what each run printed."""
    waiting = [*steps, None, None]

    def sleep(seconds):
        if not waiting:
            raise KeyboardInterrupt
        step = waiting.pop(0)
        if step is not None:
            step()

    clock = iter(range(100))
    status = run_command(
        places,
        watch=True,
        sleep=sleep,
        clock=lambda: time.gmtime(next(clock)),
        like=None,
        reduction=None,
        seed=0,
        **options,
    )
    shown = capsys.readouterr()
    return status, re.split(r"00:00:\d\d  runs again when the file is saved; Ctrl-C ends\n", shown.out)[:-1], shown.err


def test_a_saved_file_is_checked_again_and_ctrl_c_gives_the_last_status(layers, capsys):
    status, (first, second), _ = watched(capsys, lambda: layers.write_text(RIGHT))

    assert 0 == status
    assert "Affine: wrong" in first
    assert "Affine: right" in second


def test_an_error_in_the_file_is_told_and_watching_goes_on(layers, capsys):
    steps = [lambda: layers.write_text("def f(:"), None, None, lambda: layers.write_text(RIGHT)]
    status, (_, broken, last), errors = watched(capsys, *steps)

    assert 0 == status
    assert "" == broken
    assert "line 1" in errors
    assert "Affine: right" in last


def test_a_helper_beside_the_file_is_read_anew(layers, tmp_path, capsys):
    helper = tmp_path / "helper_of_layers.py"
    helper.write_text("def product(x, dout):\n    return dout.T @ x\n")
    layers.write_text("from helper_of_layers import product\n" + LAYERS.format(dw="product(x, dout)"))

    status, (first, second), _ = watched(
        capsys, lambda: helper.write_text("def product(x, dout):\n    return x.T @ dout\n")
    )

    assert 0 == status
    assert "Affine: wrong" in first
    assert "Affine: right" in second


def test_what_is_no_terminal_is_not_cleared(layers, capsys):
    _, shown, _ = watched(capsys)

    assert "\x1b" not in "".join(shown)


def test_a_terminal_is_cleared_before_each_run(layers, monkeypatch, capsys):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", Terminal())
    watched(capsys, lambda: layers.write_text(RIGHT))

    assert 2 == sys.stdout.getvalue().count("\x1b[2J")


def test_a_name_that_is_wrong_is_told_at_once_and_not_watched(capsys):
    assert 2 == run_command(["missing.py"], watch=True, sleep=None)
    assert capsys.readouterr().err.startswith("error: ")
