"""Files and folders appear complete or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chainrule.files import new_folder_atomically, write_bytes_atomically, write_text_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_utf_8_with_its_line_ends(tmp_path):
    write_text_atomically(tmp_path / "a.txt", "é\r\nb\n")

    assert "é\r\nb\n".encode() == (tmp_path / "a.txt").read_bytes()
    assert ["a.txt"] == names(tmp_path)


def test_an_existing_file_is_replaced(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old and longer")

    write_bytes_atomically(tmp_path / "a.bin", b"new")

    assert b"new" == (tmp_path / "a.bin").read_bytes()


def test_a_relative_path_may_be_given_as_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    write_text_atomically("a.txt", "here")

    assert "here" == (tmp_path / "a.txt").read_text()


def test_a_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").write_text("")

    write_text_atomically(tmp_path / "a.txt", "")

    assert (tmp_path / "usual").stat().st_mode == (tmp_path / "a.txt").stat().st_mode


def test_the_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")

    write_text_atomically(tmp_path / "link.txt", "new")

    assert (tmp_path / "link.txt").is_symlink()
    assert "new" == (tmp_path / "real.txt").read_text()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    (tmp_path / "a.txt").write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match=r"cannot write .*a\.txt: No space left on device"):
        write_text_atomically(tmp_path / "a.txt", "new")

    assert "old" == (tmp_path / "a.txt").read_text()
    assert ["a.txt"] == names(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the folder .*nowhere does not exist. Create it first"):
        write_text_atomically(tmp_path / "nowhere" / "a.txt", "")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("kept")

    with pytest.raises(NotADirectoryError, match=r"part of .*file is a file and not a folder"):
        write_text_atomically(tmp_path / "file" / "a.txt", "")


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "a").mkdir()

    with pytest.raises(OSError, match="is not a regular file"):
        write_text_atomically(tmp_path / "a", "")

    assert ["a"] == names(tmp_path)


def test_a_device_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="is not a regular file"):
        write_text_atomically(tmp_path / "pipe", "")

    assert ["pipe"] == names(tmp_path)


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    def refuse(*_args, **_keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may write into any folder, so chmod would prove nothing
    with pytest.raises(PermissionError, match=f"no permission to write into {tmp_path}. Choose another"):
        write_text_atomically(tmp_path / "a.txt", "")

    assert [] == names(tmp_path)


def test_a_new_folder_appears_when_its_block_ends(tmp_path):
    place = tmp_path / "runs" / "digits"

    with new_folder_atomically(place) as folder:
        (folder / "history.csv").write_text("epoch")
        exists_within = place.exists()

    assert not exists_within
    assert ["history.csv"] == names(place)
    assert ["digits"] == names(place.parent)


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt()])
def test_a_failed_block_leaves_no_folder_and_no_new_parents(tmp_path, failure):
    def run():
        with new_folder_atomically(tmp_path / "runs" / "a" / "b") as folder:
            (folder / "part").mkdir()
            (folder / "part" / "file").write_text("half")
            raise failure

    with pytest.raises(type(failure)):
        run()

    assert [] == names(tmp_path)


def test_the_blocks_own_error_keeps_its_words(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^mine$"), new_folder_atomically(tmp_path / "a"):
        raise FileNotFoundError("mine")


def test_parents_that_somebody_else_uses_stay(tmp_path):
    def run():
        with new_folder_atomically(tmp_path / "runs" / "a"):
            (tmp_path / "runs" / "other").write_text("")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run()

    assert ["other"] == names(tmp_path / "runs")


def test_a_folder_with_content_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "model").write_text("kept")

    with pytest.raises(FileExistsError, match=r"digits exists already. Choose another name"):
        new_folder_atomically(tmp_path / "digits").__enter__()

    assert ["model"] == names(tmp_path / "digits")
    assert ["digits"] == names(tmp_path)


def test_an_empty_folder_is_replaced(tmp_path):
    (tmp_path / "digits").mkdir()

    with new_folder_atomically(tmp_path / "digits") as folder:
        (folder / "model").write_text("")

    assert ["model"] == names(tmp_path / "digits")


def test_a_file_in_place_of_a_parent_is_named(tmp_path):
    (tmp_path / "runs").write_text("kept")

    with pytest.raises(NotADirectoryError, match=r"part of .*runs is a file"):
        new_folder_atomically(tmp_path / "runs" / "a").__enter__()

    assert "kept" == (tmp_path / "runs").read_text()


def test_a_new_folder_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").mkdir()

    with new_folder_atomically(tmp_path / "a"):
        pass

    assert (tmp_path / "usual").stat().st_mode == (tmp_path / "a").stat().st_mode
