"""``chainrule data``: what is there, fetching it, and that bad input or a bad network costs one line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pooch
import pytest
import typer
from typer.testing import CliRunner

from chainrule.cli import app
from chainrule.commands.data import data_app
from chainrule.data.sources import SOURCES
from idx_files import write_mnist
from mirrors import serving, source_of

CONTENTS = {"a.gz": b"first " * 40_000, "b.gz": b"second " * 9}


def invoke(*words, code=0):
    """Run a command; gives stdout, or stderr where it is to fail."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    assert code == result.exit_code, result.output
    return result.stderr if code else result.stdout


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of our own, a wide terminal, and no CHAINRULE_DATA."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "caches" / name)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "caches" / "chainrule"


@pytest.fixture
def server():
    with serving(CONTENTS) as running:
        yield running


@pytest.fixture
def letters(server):
    """The registry holds only "letters", which good mirrors have, and "lost", which none has."""
    before = dict(SOURCES)
    SOURCES.clear()
    SOURCES["letters"] = source_of("letters", CONTENTS, f"{server.url}/good")
    SOURCES["lost"] = source_of("lost", {"lost.csv": b"a\n1\n"}, f"{server.url}/good")
    yield
    SOURCES.clear()
    SOURCES.update(before)


def cells(shown):
    """The table's rows below the line under the headings, as lists of text; columns are two blanks apart."""
    lines = iter(shown.splitlines())
    below = list(lines) if any("──" in line for line in lines) else []
    return [re.split(r"  +", line.strip()) for line in below if line.strip()]


# -- help


@pytest.mark.parametrize("command", [[], ["list"], ["fetch"], ["where"]])
def test_help_ends_with_an_example(command):
    lines = invoke("data", *command, "--help").split("\n")

    assert "Example: chainrule data " in [line for line in lines if line.strip()][-1]


def test_every_option_and_command_has_a_help_text():
    for command in typer.main.get_command(data_app).commands.values():
        assert command.help, command.name
        for parameter in command.params:
            assert parameter.help, parameter.name


def test_the_command_without_more_shows_its_help():
    assert "fetch" in invoke("data", code=2) + CliRunner().invoke(app, ["data"]).stdout


# -- list


def test_the_list_says_what_there_is_and_how_to_get_it():
    digits = ["mnist", "70,000 handwritten digits, 28 x 28 pixels", "11.6 MB"]
    houses = ["housing", "1,460 houses sold in Ames, Iowa, 81 columns", "0.5 MB"]

    assert [
        [*digits, "not here", "chainrule data fetch mnist"],
        [*houses, "not here", "chainrule data fetch housing"],
    ] == cells(invoke("data", "list"))


def test_the_list_tells_where_data_are_and_what_is_wrong_with_them(letters, cache, monkeypatch, tmp_path):
    def shown():
        return cells(invoke("data", "list"))[0][3:]

    assert ["not here", "chainrule data fetch letters"] == shown()
    invoke("data", "fetch", "letters")
    assert ["cache", "complete"] == shown()
    (cache / "a.gz").unlink()
    assert ["cache", "1 of 2 files: chainrule data fetch letters"] == shown()
    (cache / "b.gz").write_bytes(b"")
    assert ["cache", "damaged: chainrule data fetch letters --force"] == shown()
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    (tmp_path / "b").touch()
    assert ["CHAINRULE_DATA", "1 of 2 files; missing: a.gz"] == shown()
    (tmp_path / "a.gz").touch()
    assert ["CHAINRULE_DATA", "complete"] == shown()


# -- fetch


def test_fetching_says_where_the_files_are_and_whose_they_are(letters, cache):
    assert f"fetched letters: 0.2 MB in {cache}\nlicence Nobody's.\n" == invoke("data", "fetch", "letters")
    assert CONTENTS == {path.name: path.read_bytes() for path in cache.iterdir()}


def test_what_is_here_is_not_fetched_again_unless_forced(letters, server, cache):
    invoke("data", "fetch", "letters")

    assert f"here    letters: {cache} (cache)\n" == invoke("data", "fetch", "letters")
    assert 2 == len(server.asked)
    assert "fetched letters" in invoke("data", "fetch", "letters", "--force")
    assert 4 == len(server.asked)


def test_a_damaged_file_is_fetched_again(letters, cache):
    invoke("data", "fetch", "letters")
    (cache / "a.gz").write_bytes(b"damaged")

    assert "fetched letters" in invoke("data", "fetch", "letters")
    assert CONTENTS["a.gz"] == (cache / "a.gz").read_bytes()


def test_fetching_without_names_fetches_all_that_is_missing(letters, server, cache):
    server.contents["lost.csv"] = b"a\n1\n"
    invoke("data", "fetch", "lost")

    shown = invoke("data", "fetch")

    assert "fetched letters" in shown
    assert f"here    lost: {cache} (cache)" in shown
    assert 3 == len(server.asked)


def test_force_over_a_folder_of_ones_own_says_that_the_folder_comes_first(letters, monkeypatch, tmp_path):
    for name in CONTENTS:
        (tmp_path / name).touch()
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))

    assert f"here    letters: {tmp_path} (CHAINRULE_DATA)\n" == invoke("data", "fetch", "letters")
    assert f"letters is still read from {tmp_path}\n" in invoke("data", "fetch", "letters", "--force")


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_folder_of_ones_own_with_some_of_the_files_is_to_be_completed_first(
    letters, server, monkeypatch, tmp_path, force
):
    (tmp_path / "a.gz").touch()
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))

    assert "has 1 of the 2 files of letters; b.gz is missing" in invoke("data", "fetch", "letters", *force, code=1)
    assert [] == server.asked


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["leters"], "no dataset 'leters'; there are 'letters', 'lost'. Did you mean 'letters'?"),
        (["letters", "\x1b[2J"], r"no dataset '\x1b[2J'"),
        (["lost"], "lost.csv could not be fetched (127.0.0.1:"),
    ],
)
def test_what_cannot_be_fetched_is_one_line_and_leaves_nothing(letters, cache, words, message):
    line = invoke("data", "fetch", *words, code=1)

    assert line.startswith("error: ")
    assert 1 == line.count("\n")
    assert message in line
    assert not cache.exists() or [] == list(cache.iterdir())


@pytest.mark.parametrize("command", ["list", "fetch"])
def test_a_variable_that_names_no_folder_is_one_line(letters, server, monkeypatch, command):
    monkeypatch.setenv("CHAINRULE_DATA", "no\x1bwhere")

    assert (
        r"error: CHAINRULE_DATA names no\x1bwhere, which is no folder that can be read. "
        "Correct it; unset it to use the cache.\n"
    ) == invoke("data", command, code=1)
    assert [] == server.asked


FETCH = """
import sys
from pathlib import Path
import pooch
from chainrule.cli import main
from chainrule.data.sources import SOURCES
from mirrors import source_of
_, cache, mirror = sys.argv
pooch.os_cache = lambda name: Path(cache)
SOURCES["letters"] = source_of("letters", {"a.gz": b"first " * 40_000}, mirror)
sys.argv[1:] = ["data", "fetch", "letters"]
main()
"""


def test_ctrl_c_while_bytes_come_leaves_nothing(server, cache):
    words = [sys.executable, "-c", FETCH, str(cache), f"{server.url}/slow"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert server.halfway.wait(60)
        there = [path.name[:6] for path in cache.iterdir()]
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]

    assert [".part-"] == there
    assert 0 != process.returncode
    assert "Traceback" not in said
    assert [] == list(cache.iterdir())


# -- where


def test_where_prints_one_line_for_each_place(cache, monkeypatch, tmp_path):
    assert f"CHAINRULE_DATA\t\tnot set\ncache\t{cache}\tmissing\n" == invoke("data", "where")

    cache.mkdir(parents=True)
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))

    assert f"CHAINRULE_DATA\t{tmp_path}\texists\ncache\t{cache}\texists\n" == invoke("data", "where")


def test_where_does_not_stumble_over_a_folder_that_is_missing(monkeypatch):
    monkeypatch.setenv("CHAINRULE_DATA", "no\x1b[2J\twhere")

    assert "CHAINRULE_DATA\tno\\x1b[2J\\twhere\tmissing" == invoke("data", "where").splitlines()[0]


# -- train mnist


def test_mnist_can_be_trained_on(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    write_mnist(tmp_path, train_labels=list(range(10)) * 6, test_labels=[0, 1])

    shown = invoke("train", "mnist", "--epochs", 1, "--model", "logistic").splitlines()

    assert (
        "data    mnist: 60 rows, 784 features (pictures of 28 x 28), 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
        == shown[0]
    )
    assert (tmp_path / "runs" / "mnist-logistic" / "report.html").is_file()


def test_training_without_mnist_says_how_to_get_it(tmp_path):
    line = invoke("train", "mnist", code=1)

    assert "Run `chainrule data fetch mnist`, or set CHAINRULE_DATA" in line
    assert [] == list(tmp_path.iterdir())


def test_mnist_brings_its_own_columns():
    assert "target is for tables" in invoke("train", "mnist", "--target", "0", code=1)
