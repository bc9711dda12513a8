"""Several files written into a folder, all of them or none."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from chainrule.files import new_folder_atomically

__all__ = ["write_files"]


def write_files(folder: str | Path, files: Mapping[str, bytes], *, replace: bool = False) -> list[Path]:
    """Write files into a folder, which may be new; other files in it stay.

    Args:
        folder: where.
        files: contents by name; names may have folders.
        replace: whether files that are there already may be replaced.

    Returns:
        Where the files are.

    Raises:
        FileExistsError: there are such files and ``replace`` is not set. Nothing has been written.
        OSError: they cannot be written. What was there is there again.
    """
    place = Path(folder)
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        with new_folder_atomically(place) as made:
            for name, content in files.items():
                _write(made / name, content)
    else:
        _write_beside_others(place, files, replace=replace)
    return [place / name for name in files]


def _write_beside_others(place: Path, files: Mapping[str, bytes], *, replace: bool) -> None:
    if not place.is_dir():
        raise NotADirectoryError(f"{place} is a file and not a folder. Choose another name.")
    for name in files:
        blocking = [place / parent for parent in Path(name).parents if (place / parent).is_file()]
        if blocking or (place / name).is_dir():
            wrong = blocking[0] if blocking else place / name
            raise FileExistsError(f"{wrong} is in the way of {name}. Choose another folder, or move it away.")
    there = [name for name in files if os.path.lexists(place / name)]
    if there and not replace:
        listed = ", ".join(there[:5]) + (" ..." if len(there) > 5 else "")
        raise FileExistsError(
            f"{place} has {listed} already, perhaps with work in it. Choose another folder, or replace with --force."
        )
    stage = place / f".{secrets.token_hex(6)}.part"
    try:
        for name, content in files.items():
            _write(stage / "new" / name, content)
        _exchange(place, stage, list(files))
    except PermissionError as error:
        raise PermissionError(f"cannot write into {place}: no permission. Choose another folder.") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _exchange(place: Path, stage: Path, names: list[str]) -> None:
    """Put the staged files in their places; if one cannot be, all that was there comes back."""
    kept: list[str] = []
    moved: list[str] = []
    made: list[Path] = []
    try:
        for name in names:
            made += [parent for parent in reversed((place / name).parents) if not parent.exists()]
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(place / name):
                (stage / "old" / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(place / name, stage / "old" / name)
                kept.append(name)
            os.replace(stage / "new" / name, place / name)
            moved.append(name)
    except BaseException:
        for name in moved:
            (place / name).unlink(missing_ok=True)
        for name in kept:
            os.replace(stage / "old" / name, place / name)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
