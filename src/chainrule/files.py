"""Files and folders that appear complete or not at all.

What is written goes under a temporary name beside its place and is renamed when it is whole: a reader
never sees half of it, and a failure or Ctrl-C leaves what was there before.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["check_writable", "new_folder_atomically", "write_bytes_atomically", "write_text_atomically"]


def write_text_atomically(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8, replacing the file that may be there. Line ends stay as they are."""
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: str | Path, content: bytes) -> None:
    """Write ``content``, replacing the file that may be there, in an existing folder."""
    place = Path(path).resolve()  # through links: the file that is meant is replaced, not the link to it
    with _plain_errors(path):
        _refuse_what_is_no_file(path, place)
        temporary = _temporary_sibling(place)
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def check_writable(path: str | Path) -> None:
    """Raise what writing ``path`` would raise; for before a long work whose result is to be written there."""
    place = Path(path).resolve()
    with _plain_errors(path):
        _refuse_what_is_no_file(path, place)
        temporary = _temporary_sibling(place)
        temporary.touch(exist_ok=False)
        temporary.unlink()


def _refuse_what_is_no_file(path: str | Path, place: Path) -> None:
    # Renaming onto a folder fails late, and onto a device such as /dev/null would destroy it.
    if place.exists() and not place.is_file():
        raise OSError(f"{path} is not a regular file. Choose another name.")


@contextmanager
def new_folder_atomically(path: str | Path) -> Iterator[Path]:
    """Give a temporary folder to fill, which becomes ``path`` when the block ends well.

    When the block fails, the temporary folder goes, and so do parent folders that were made for it.
    An empty folder at ``path`` is replaced; one with content is an error before anything is written.
    """
    place = Path(path).resolve()
    with _plain_errors(path):
        if place.exists() and not (place.is_dir() and not any(place.iterdir())):
            raise FileExistsError(f"{path} exists already. Choose another name, or move it away first.")
        new_parents = [parent for parent in place.parents if not parent.exists()]
        temporary = _temporary_sibling(place)
        temporary.mkdir(parents=True)
    try:
        yield temporary
        with _plain_errors(path):
            os.replace(temporary, place)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        with suppress(OSError):  # a parent that somebody else has put something into stays
            for parent in new_parents:
                parent.rmdir()
        raise


def _temporary_sibling(place: Path) -> Path:
    """A hidden, unused name in the same folder, so that renaming never crosses file systems."""
    return place.with_name(f".{place.name[:100]}.{secrets.token_hex(6)}.part")


@contextmanager
def _plain_errors(path: str | Path) -> Iterator[None]:
    """Say which file could not be written and what to do, in place of the temporary name and errno."""
    folder = Path(path).parent
    try:
        yield
    except FileNotFoundError as error:
        if folder.exists():  # such as /proc, where nobody may create a file
            raise FileNotFoundError(f"cannot write {path}: {folder} takes no new files.") from error
        raise FileNotFoundError(f"cannot write {path}: the folder {folder} does not exist. Create it first.") from error
    except (NotADirectoryError, FileExistsError) as error:
        if error.errno is None:  # our own words already
            raise
        raise NotADirectoryError(
            f"cannot write {path}: part of {folder} is a file and not a folder. Choose another folder."
        ) from error
    except PermissionError as error:
        raise PermissionError(
            f"cannot write {path}: no permission to write into {folder}. Choose another folder."
        ) from error
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from error
