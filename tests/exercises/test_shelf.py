"""Sources by name and by path, and what is said where there is none."""

import pytest

from building_source import AFFINE
from chainrule.exercises.shelf import Entry, available, find, is_installed, sources
from chainrule.exercises.source import SourceError


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name in ("my-affine", "affine-later", "losses"):
        (folder / f"{name.replace('-', '_')}.py").write_text(AFFINE.replace('"my-affine"', f'"{name}"'))
    (folder / "__init__.py").write_text("")
    (folder / "half_written.py").write_text("# %% task affine\n(")
    return folder


def test_available_lists_name_title_tasks_and_points_by_name(shelf):
    entries = available(shelf)

    assert ["affine-later", "losses", "my-affine"] == [entry.name for entry in entries]
    assert Entry("losses", "Affine layers", ("affine", "answer", "secret"), 17.5) == entries[1]


@pytest.mark.parametrize("name", ["my-affine", "my_affine"])
def test_an_exercise_is_found_by_its_name_or_its_files(name, shelf):
    assert "my_affine.py" == find(name, shelf).path.name


def test_a_source_is_found_by_its_path(shelf):
    path = shelf / "losses.py"

    assert ["losses", "losses"] == [find(place).exercise.name for place in (path, str(path))]


def test_an_exercise_is_found_whose_file_has_another_name(shelf):
    (shelf / "losses.py").rename(shelf / "sheet_4.py")

    assert "sheet_4.py" == find("losses", shelf).path.name


def test_an_unknown_name_lists_what_is_there_the_closest_first(shelf):
    with pytest.raises(ValueError, match=r"no exercise 'loses'\. There is losses, affine-later, my-affine\."):
        find("loses", shelf)


@pytest.mark.parametrize("name", ["", "[bold]", "a b", "my-affine;"])
def test_odd_names_are_unknown_and_no_paths(name, shelf):
    with pytest.raises(ValueError, match="there is no exercise"):
        find(name, shelf)


def test_an_empty_shelf_says_so(tmp_path):
    with pytest.raises(ValueError, match="There are none"):
        find("losses", tmp_path)


def test_a_path_to_nothing_to_a_folder_and_to_no_exercise_are_errors(shelf):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        find(shelf / "other.py")
    with pytest.raises(SourceError, match="is a folder"):
        find(f"{shelf}/")
    with pytest.raises(SourceError, match="half_written"):
        find(shelf / "half_written.py")


def test_sources_are_read_once_and_given_by_name(shelf):
    (shelf / "losses.py").rename(shelf / "aaa.py")

    assert ["affine_later.py", "aaa.py", "my_affine.py"] == [source.path.name for source in sources(shelf)]


def test_only_what_lies_on_the_shelf_is_installed(shelf, tmp_path):
    assert is_installed(find("losses", shelf), shelf)
    assert not is_installed(find("losses", shelf), tmp_path)
