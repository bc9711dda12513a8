"""``chainrule explain``: the text, the file, and that bad input costs one line and leaves nothing."""

import pytest
from typer.testing import CliRunner

from chainrule.cli import app
from chainrule.explaining.typed import read_values

A = ["exp(a)/sqrt(b)*log(a+b)", "a=1", "b=2"]


def invoke(*words):
    return CliRunner().invoke(app, ["explain", *map(str, words)])


def test_it_prints_the_four_parts():
    shown = invoke(*A).stdout

    assert "a) one operation each" in shown
    assert "t6" not in shown
    assert "0.1128   agrees" in shown


@pytest.mark.parametrize(("form", "there"), [("chain", "dA/d"), ("rule", "1 / t2"), ("numbers", "0.6407")])
def test_the_form_decides_what_stands_on_an_edge(form, there):
    shown = invoke("A = " + A[0], *A[1:], "--form", form)

    assert 0 == shown.exit_code
    assert there in shown.stdout


def test_it_writes_a_file_whose_ending_decides(tmp_path):
    shown = invoke(*A, "--save", tmp_path / "a.svg")

    assert f"written {tmp_path / 'a.svg'}" in shown.stdout
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["exp(a", "a=1"], "exp(a"),
        (["exq(a)", "a=1"], "exp"),
        (["a*b", "a=1"], "b"),
        (["a*b", "a=1", "b=2", "d=3"], "d"),
        (["log(a)", "a=-1"], "log"),
        (["a", "b"], "'b' is no value; write a name, an equals sign and a number"),
        (["a", "a=x"], "'x' is no number"),
        (["a", "a=1", "a=2"], "a has two values; give one"),
        ([*A, "--form", "magic"], "form is 'magic'; expected one of both, chain, rule, numbers"),
        ([*A, "--save", "a.doc"], "no form has the ending '.doc'"),
        ([*A, "--save", "missing/a.html"], "the folder missing does not exist"),
    ],
)
def test_bad_input_says_what_is_wrong_and_leaves_nothing(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = invoke(*words)

    assert 1 == shown.exit_code
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr
    assert [] == list(tmp_path.iterdir())


def test_a_syntax_error_points_at_its_column():
    assert ["a + * b", "    ^"] == invoke("a + * b", "a=1", "b=2").stderr.splitlines()[1:]


def test_several_numbers_are_a_list():
    assert {"a": 1.0, "x": [1.0, -2.5]} == read_values(["a=1", "x=1,-2.5"])


def test_help_has_an_example():
    assert 'chainrule explain "exp(a)/sqrt(b)*log(a+b)" a=1 b=2' in invoke("--help").stdout
