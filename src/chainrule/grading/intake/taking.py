"""Submissions from what lies in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chainrule.grading.intake.archives import add_archive
from chainrule.grading.intake.bounds import BOUNDS, Bounds
from chainrule.grading.intake.definitions import Defined, Taken, take_definitions
from chainrule.grading.intake.found import Found, is_code, is_ignored, read_bytes
from chainrule.grading.intake.names import owner_of
from chainrule.grading.intake.texts import NoNotebook, cells_of, text_of
from chainrule.grading.submission import Submission
from chainrule.showing.text import counted, shortened

__all__ = ["submission_from", "submission_of", "take_in"]


def take_in(folder: Path) -> Iterator[Submission]:
    """The submissions in a class's folder, by name; see `names` for whose they are. Whatever is wrong with one stands
    in its problems.

    Raises:
        ValueError: it is no folder, or nothing is in it.
    """
    if not folder.is_dir():
        raise ValueError(
            f"{folder} is no folder. Give the folder that holds a folder, zip or file for each submission."
        )
    groups: dict[tuple[str, str], list[Path]] = {}
    flags: dict[tuple[str, str], tuple[str, ...]] = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if is_ignored(entry.name) or not (entry.is_symlink() or entry.is_dir() or _is_read(entry.name)):
            continue
        name, late = owner_of(path)
        # Only platforms' names bring several files together; affine.py and affine.ipynb are two submissions.
        alone = "" if name not in (path.stem, path.name) else entry.name
        groups.setdefault((name, alone), []).append(path)
        flags[name, alone] = flags.get((name, alone), ()) or late
    if not groups:
        raise ValueError(f"{folder} holds no submission: no folder, zip, notebook or Python file.")
    taken: set[str] = set()
    for (name, alone), paths in groups.items():
        submission = _submission(_free(name, taken), paths)
        yield replace(submission, flags=(*flags[name, alone], *submission.flags))


def submission_from(path: Path) -> Submission:
    """The submission in a folder, a zip or a single file."""
    return _submission(owner_of(path)[0], [path])


def submission_of(name: str, files: Mapping[str, bytes], bounds: Bounds = BOUNDS) -> Submission:
    """The submission in these files; zips among them are opened.

    Args:
        name: whom it belongs to.
        files: bytes by name.
        bounds: how much is read.
    """
    found = Found(bounds=bounds)
    for file, content in files.items():
        if file.lower().endswith(".zip"):
            add_archive(found, file, content)
        elif is_code(file):
            found.add(file, content)
    return _from_found(name, found)


def _submission(name: str, paths: Sequence[Path]) -> Submission:
    found = Found()
    for path in paths:
        shown = shortened(path.name, 120)
        try:
            if path.is_symlink():
                found.problem(f"{shown} is a link and was not followed. Hand in the files themselves.")
            elif path.is_dir():
                for zipped, content in found.add_folder(path):
                    add_archive(found, zipped, content, inside=f"{zipped}/")
            else:
                _add_file(found, path, shown)
        except OSError as error:
            found.problem(f"{shown} cannot be read: {shortened(error.strerror or error, 80)}.")
    return _from_found(name, found)


def _add_file(found: Found, path: Path, shown: str) -> None:
    is_zip = path.name.lower().endswith(".zip")
    content = read_bytes(path, found.bounds.archive if is_zip else found.most(path.name))
    if not is_zip:
        found.add(path.name, content)
    elif content is None:
        found.problem(
            f"{shown} is larger than {found.bounds.archive >> 20} MB and was not opened. Leave data sets out."
        )
    else:
        add_archive(found, path.name, content)


def _from_found(name: str, found: Found) -> Submission:
    taken: dict[str, Taken] = {}
    size = 0
    for file, content in sorted(found.files.items(), key=_order):
        one = _taken(file, content, found)
        size += len(one.text)
        if size > found.bounds.all_code:
            found.problem(f"All code together is longer than {found.bounds.all_code >> 20} MB; the rest was left out.")
            break
        taken[file] = one
    if not found.files and not found.problems:
        found.problem("There is no notebook (.ipynb) and no Python file (.py) in what was handed in.")
    _choose(taken, found)
    problems = [*found.problems, *(problem for one in taken.values() for problem in one.problems)]
    answers = {key: text for one in taken.values() for key, text in one.answers.items()}
    files = {file: one.text for file, one in taken.items() if not one.is_empty}
    return Submission(name, files, _few(problems), answers)


def _taken(file: str, content: bytes, found: Found) -> Taken:
    is_notebook = file.lower().endswith(".ipynb")
    shown = shortened(file, 120)
    text, note = text_of(content, is_python=not is_notebook)
    if note:
        found.problem(f"{shown}: {note}.")
    try:
        cells = list(cells_of(text)) if is_notebook else [(1, text)]
    except NoNotebook as error:
        found.problem(f"{shown} is no notebook that can be read: {error}. Save it again, or hand in a .py file.")
        cells = []
    if sum(len(cell) for _, cell in cells) > found.bounds.code:
        found.problem(f"{shown} has more than {found.bounds.code >> 10} KB of code and was left out.")
        cells = []
    return take_definitions(shown, cells, is_notebook=is_notebook)


def _order(item: tuple[str, bytes]) -> tuple[bool, int, str]:
    """Python files before notebooks, which use them; deeper folders first, as what lies on top uses them."""
    name = item[0]
    return name.lower().endswith(".ipynb"), -name.count("/"), name


def _choose(taken: Mapping[str, Taken], found: Found) -> None:
    """Of a name that several files define the last counts, as files run in this order; stubs make way."""
    places: dict[str, list[tuple[str, Defined]]] = {}
    for file, one in taken.items():
        for definition in {each.name: each for each in one.defined}.values():
            places.setdefault(definition.name, []).append((file, definition))
    for name, several in places.items():
        if len(several) < 2:
            continue
        written = [place for place in several if not place[1].stub] or several
        chosen = written[-1][0]
        if len({definition.form for _, definition in written}) > 1:
            others = ", ".join(shortened(file, 60) for file, _ in written[:-1])
            found.problem(
                f"{shortened(name, 60)} is defined in {others} and in {shortened(chosen, 60)}; "
                f"the one in {shortened(chosen, 60)} counts. Hand in one."
            )
        for file, last in several:
            if last.stub and not written[-1][1].stub:  # files that use their own other one keep it
                for definition in [each for each in taken[file].defined if each.name == name]:
                    taken[file].drop(definition)


def _few(problems: Sequence[str], most: int = 50) -> tuple[str, ...]:
    once = list(dict.fromkeys(problems))
    more = len(once) - most
    return tuple(once[:most] + ([f"There are {counted(more, 'more problem')} of this kind."] if more > 0 else []))


def _is_read(name: str) -> bool:
    return is_code(name) or name.lower().endswith(".zip")


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it: names of reports differ also where capitals do not count."""
    free, number = name, 2
    while free.casefold() in taken:
        free, number = f"{name} ({number})", number + 1
    taken.add(free.casefold())
    return free
