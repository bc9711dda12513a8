"""Watching: what counts as a save, and what does not. Nothing here sleeps: each look is a step of a script."""

import os

import pytest

from chainrule.checking.watching import PATIENCE, files_behind, watch


class Script:
    """Stands for `time.sleep`: does the next step in place of waiting, and Ctrl-C when there is none left."""

    def __init__(self, *steps):
        self.steps = list(steps)

    def __call__(self, seconds):
        assert 0 < seconds < 1
        if not self.steps:
            raise KeyboardInterrupt
        step = self.steps.pop(0)
        if step is not None:
            step()


def runs(path, *steps, more=()):
    """The file's text at each run."""
    seen = []

    def run():
        seen.append(path.read_text() if path.exists() else None)
        return len(seen)

    status = watch(run, lambda: [path, *more], sleep=Script(*steps, None, None, None))

    assert len(seen) == status
    return seen


def saved(path, text):
    return lambda: path.write_text(text)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text("one")
    return path


def test_nothing_saved_is_one_run(path):
    assert ["one"] == runs(path, *[None] * 20)


def test_each_save_is_a_run(path):
    assert ["one", "two", "three"] == runs(path, saved(path, "two"), None, None, saved(path, "three"))


def test_a_change_is_seen_though_the_clock_of_the_files_stands_still(path):
    def write():
        before = path.stat()
        path.write_text("two")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert ["one", "two"] == runs(path, write)


def test_a_save_without_a_change_is_a_run(path):
    assert ["one", "one"] == runs(path, lambda: os.utime(path, ns=(1, 1)))


def test_a_file_that_is_replaced_is_a_save(path):
    def replace():
        other = path.with_suffix(".tmp")
        other.write_text("two")
        other.replace(path)

    assert ["one", "two"] == runs(path, replace)


@pytest.mark.parametrize("looks", [1, PATIENCE - 2])
def test_a_file_that_is_away_for_a_moment_is_waited_for(path, looks):
    assert ["one", "two"] == runs(path, path.unlink, *[None] * looks, saved(path, "two"))


def test_a_file_that_stays_away_is_told_once_and_its_return_is_a_save(path):
    steps = [path.unlink, *[None] * 3 * PATIENCE, saved(path, "two")]

    assert ["one", None, "two"] == runs(path, *steps)


def test_a_file_that_is_still_being_written_is_waited_for(path):
    assert ["one", "complete"] == runs(path, saved(path, ""), saved(path, "comp"), None, saved(path, "complete"))


def test_what_is_saved_during_a_run_is_run_again(path):
    seen = []

    def run():
        seen.append(path.read_text())
        if len(seen) == 1:
            path.write_text("two")
        return 0

    watch(run, lambda: [path], sleep=Script(None, None, None))

    assert ["one", "two"] == seen


def test_any_of_several_files_counts(path, tmp_path):
    other = tmp_path / "helpers.py"

    assert ["one", "one"] == runs(path, saved(other, "new"), more=[other])


def test_ctrl_c_gives_the_status_of_the_last_run_that_ended(path):
    statuses = iter([1])

    def run():
        try:
            return next(statuses)
        except StopIteration:
            raise KeyboardInterrupt from None

    assert 1 == watch(run, lambda: [path], sleep=Script(saved(path, "two"), None))


# -- which files -------------------------------------------------------------------------------------------


def test_the_files_beside_it_that_a_file_imports_are_watched(tmp_path):
    (tmp_path / "layers.py").write_text("import numpy as np, helpers\nfrom more import x\n")
    (tmp_path / "helpers.py").write_text("def f():\n    import deep, layers\n")
    for name in ("more", "deep", "unrelated"):
        (tmp_path / f"{name}.py").write_text("")

    watched = [path.name for path in files_behind(f"{tmp_path / 'layers.py'}::Affine")]

    assert {"layers.py", "helpers.py", "more.py", "deep.py"} == set(watched)
    assert "layers.py" == watched[0]


@pytest.mark.parametrize("text", ["def f(:\n", "\0", "\xff"])
def test_a_file_that_cannot_be_read_is_watched_alone(tmp_path, text):
    path = tmp_path / "layers.py"
    path.write_bytes(text.encode("latin-1"))

    assert [path] == files_behind(str(path))


def test_a_notebook_and_what_is_missing_are_watched_as_they_are_named(tmp_path):
    (tmp_path / "book.ipynb").write_text("{}")

    assert [tmp_path / "book.ipynb"] == files_behind(f"{tmp_path}/book.ipynb::Affine")
    assert [tmp_path / "nothing.py"] == files_behind(f"{tmp_path}/nothing.py")


def test_a_module_is_found_here_or_where_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "layers.py").write_text("")

    assert ["course/layers.py"] == [path.as_posix() for path in files_behind("course.layers::Affine")]
    assert "op.py" == files_behind("chainrule.op")[0].name
    assert ["no.such.module"] == [path.as_posix() for path in files_behind("no.such.module")]
