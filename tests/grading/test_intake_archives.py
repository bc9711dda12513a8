"""Intake of zips: those that learners and platforms make, and those that lie."""

import io
import struct
import zipfile

import pytest
from layers_class import RIGHT, STUBS, notebook

from chainrule.grading.intake import submission_from, submission_of, take_in
from chainrule.grading.intake.archives import add_archive
from chainrule.grading.intake.bounds import Bounds
from chainrule.grading.intake.found import Found


def packed(files, method=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def opened(content, **bounds):
    found = Found(bounds=Bounds(**bounds))
    add_archive(found, "hw.zip", content)
    return found


def entry(name, **changes):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = zipfile.ZipInfo(name)
        for attribute, value in changes.items():
            setattr(info, attribute, value)
        archive.writestr(info, "a = 1")
    return content.getvalue()


def test_a_package_with_notebooks_is_read_and_the_rest_left_alone():
    files = {
        "exercise/layers.py": RIGHT,
        "exercise/__init__.py": "",
        "1_layers.ipynb": notebook(STUBS),
        "models/best.p": b"\x80\x04.",
        "data/mnist.csv": "1",
        "__MACOSX/._layers.py": b"\x00\x05",
    }
    submission = submission_of("doe", {"doe.zip": packed(files)})

    assert (["exercise/layers.py"], ()) == (list(submission.files), submission.problems)


def test_a_zip_in_a_folder_is_opened(tmp_path):
    (tmp_path / "doe").mkdir()
    (tmp_path / "doe" / "hw.zip").write_bytes(packed({"a.py": "a = 1"}))

    assert {"hw.zip/a.py": "a = 1\n"} == submission_from(tmp_path / "doe").files


def test_an_archive_inside_an_archive_is_not_opened():
    found = opened(packed({"inner.zip": packed({"a.py": "a = 1"}), "b.py": "b = 1", "c.tar.gz": b"", "d.7z": b""}))

    assert {"b.py": b"b = 1"} == found.files
    assert 3 == sum("is an archive inside an archive and was not opened" in one for one in found.problems)


@pytest.mark.parametrize("name", ["../a.py", "x/../../a.py", "/etc/a.py", "C:/a.py", "..\\a.py", "\\a.py"])
def test_names_that_lead_out_are_refused(name):
    found = opened(entry(name))

    assert {} == found.files
    assert "has a name that leads out of its folder" in found.problems[0]


def test_links_are_refused():
    found = opened(entry("a.py", external_attr=0o120777 << 16))

    assert {} == found.files
    assert "a.py in hw.zip is a link and was not followed" in found.problems[0]


def test_encrypted_entries_are_refused_and_the_others_read():
    content = bytearray(packed({"a.py": "a = 1", "b.py": "b = 1"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    found = opened(bytes(content))

    assert {"b.py": b"b = 1"} == found.files
    assert ["a.py in hw.zip is encrypted and was not read. Pack it without a password."] == found.problems


def declare(content, size):
    """The same zip, which says another size in the central directory."""
    content = bytearray(content)
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", size)
    return bytes(content)


def test_a_zip_that_says_it_is_huge_is_not_opened():
    found = opened(declare(packed({"a.py": "a = 1", "b.py": "b = 1"}), 0xFFFFFFF0))

    assert ({}, True) == (found.files, "would unpack to more than 512 MB" in found.problems[0])


@pytest.mark.parametrize("size", [1, 50, 5_000])
def test_a_zip_that_lies_about_its_size_is_found_out(size):
    found = opened(declare(packed({"a.py": "a" * 1000}), size))

    assert ({}, True) == (found.files, "not as large as it says" in found.problems[0])


def test_no_more_is_unpacked_than_was_declared(monkeypatch):
    read = []
    real = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda file, n=-1: read.append(n) or real(file, n))
    opened(declare(packed({"a.py": "a" * 10_000_000}), 10))

    assert [11] == read


def test_a_bomb_of_code_is_not_read():
    found = opened(packed({"a.py": "a" * 10_000_000, "b.py": "b = 1"}))

    assert ({"b.py": b"b = 1"}, True) == (found.files, "is larger than 256 KB" in found.problems[0])


def test_too_many_entries_are_refused_before_they_are_listed(monkeypatch):
    content = packed({f"{number}.txt": "" for number in range(11)})
    monkeypatch.setattr(zipfile, "ZipFile", None)

    assert "holds more than 10 files and was not opened" in opened(content, entries=10).problems[0]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bounds_are_refused(method):
    found = opened(packed({"a.py": "a = 1"}, method))

    assert ({}, True) == (found.files, "is packed by an unusual method" in found.problems[0])


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", packed({"a.py": "a = 1"})[:-10]])
def test_what_is_no_zip_is_a_problem(content):
    assert "hw.zip is no zip that can be opened" in opened(content).problems[0]


@pytest.mark.parametrize("place", range(0, 110, 3))
def test_a_damaged_byte_is_a_problem_or_nothing(place):
    content = bytearray(packed({"a.py": "a = 1"}))
    content[place] ^= 0xFF
    found = opened(bytes(content))

    assert found.problems or found.files in ({}, {"a.py": b"a = 1"}) or len(found.files) == 1


def test_utf_8_names_are_read_whether_they_say_so_or_not():
    content = packed({"übung.py": "a = 1"})
    silent = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = silent.index(mark) + offset
        silent[place : place + 2] = b"\0\0"

    assert ["übung.py"] == list(opened(content).files) == list(opened(bytes(silent)).files)


def test_two_entries_of_one_name_are_both_read():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.py", "a = 1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.py", "b = 1")

    assert {"a.py": b"a = 1", "a.py (2)": b"b = 1"} == opened(content.getvalue()).files


def test_a_hostile_zip_does_not_stop_the_class(tmp_path):
    (tmp_path / "ann.zip").write_bytes(b"no zip")
    (tmp_path / "bob.zip").write_bytes(packed({"a.py": "a = 1"}))
    ann, bob = take_in(tmp_path)

    assert ({}, 1) == (ann.files, len(ann.problems))
    assert ({"a.py": "a = 1\n"}, ()) == (bob.files, bob.problems)


def test_files_that_are_too_large_are_not_read(tmp_path):
    (tmp_path / "doe").mkdir()
    (tmp_path / "doe" / "a.py").write_bytes(b"#" * (600 << 10))
    (tmp_path / "doe" / "b.ipynb").write_text(notebook("#" * (600 << 10)))
    submission = submission_from(tmp_path / "doe")

    assert {} == submission.files
    assert ["a.py is larger than 256 KB", "b.ipynb has more than 256 KB"] == sorted(
        problem[:28].rstrip(" anwd") if problem.startswith("b") else problem[:26] for problem in submission.problems
    )


def test_more_files_than_anybody_writes_are_not_looked_at():
    found = Found(bounds=Bounds(all_read=10))
    found.add("a.py", b"a = 1")
    found.add("b.py", b"b = 1 # long")

    assert (["a.py"], True) == (list(found.files), "all files together" in found.problems[0])
