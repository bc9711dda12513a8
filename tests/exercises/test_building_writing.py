"""Files of a folder are all written or none is."""

import os

import pytest

from chainrule.exercises.building import write_files

FILES = {"a.txt": b"new a", "deep/b.txt": b"new b"}


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_is_made_with_its_parents(tmp_path):
    place = tmp_path / "one" / "two"

    assert [place / "a.txt", place / "deep/b.txt"] == write_files(place, FILES)
    assert contents(place) == FILES


def test_an_empty_folder_is_filled(tmp_path):
    write_files(tmp_path, FILES)

    assert contents(tmp_path) == FILES


def test_files_of_other_names_stay(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"mine")
    write_files(tmp_path, FILES)

    assert contents(tmp_path) == FILES | {"mine.txt": b"mine"}


def test_existing_files_are_not_replaced_and_nothing_is_written(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"my work")
    with pytest.raises(FileExistsError, match=r"has a\.txt already, perhaps with work in it.*--force"):
        write_files(tmp_path, FILES)

    assert contents(tmp_path) == {"a.txt": b"my work"}


def test_existing_files_are_replaced_when_asked(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"my work")
    write_files(tmp_path, FILES, replace=True)

    assert contents(tmp_path) == FILES
    assert ["a.txt", "deep"] == sorted(os.listdir(tmp_path))


def test_when_one_file_cannot_be_placed_all_is_as_before(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"my work")
    real = os.replace

    def failing(source, target):
        if str(target).endswith("b.txt"):
            raise OSError("the disk is full")
        real(source, target)

    monkeypatch.setattr("chainrule.exercises.building.writing.os.replace", failing)
    with pytest.raises(OSError, match="the disk is full"):
        write_files(tmp_path, FILES, replace=True)

    assert ["a.txt"] == os.listdir(tmp_path)
    assert contents(tmp_path) == {"a.txt": b"my work"}


def test_a_link_is_replaced_and_not_what_it_points_to(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "elsewhere").write_bytes(b"not yours")
    (tmp_path / "folder" / "a.txt").symlink_to(tmp_path / "elsewhere")
    write_files(tmp_path / "folder", FILES, replace=True)

    assert b"not yours" == (tmp_path / "elsewhere").read_bytes()
    assert contents(tmp_path / "folder") == FILES


def test_a_folder_of_a_files_name_or_a_file_of_a_folders_name_is_an_error(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(FileExistsError, match=r"a\.txt is in the way"):
        write_files(tmp_path, FILES, replace=True)
    (tmp_path / "a.txt").rmdir()
    (tmp_path / "deep").write_bytes(b"")
    with pytest.raises(FileExistsError, match=r"deep is in the way of deep/b\.txt"):
        write_files(tmp_path, FILES, replace=True)
    with pytest.raises(NotADirectoryError, match="is a file and not a folder"):
        write_files(tmp_path / "deep", FILES)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_files_is_an_error(tmp_path):
    (tmp_path / "other").write_bytes(b"")
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="no permission"):
        write_files(tmp_path, FILES)
    tmp_path.chmod(0o700)


def test_a_place_where_no_folder_can_be_made_is_an_error():
    with pytest.raises(OSError, match="cannot write"):
        write_files("/proc/chainrule", FILES)
