"""Where the files of datasets are: in a folder of the user's, or in the cache; fetched only if that is allowed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chainrule.data.fetching import fetch_files
from chainrule.data.sources import File, Source, source

__all__ = ["VARIABLE", "Holding", "cache_folder", "check_own", "fetch", "find", "locate", "user_folder"]

VARIABLE = "CHAINRULE_DATA"


@dataclass(frozen=True)
class Holding:
    """What one place has of a dataset.

    Args:
        place: ``"CHAINRULE_DATA"``, the user's own folder, or ``"cache"``.
        folder: that folder.
        paths: name of a file -> its path, for those that are there and right.
        damaged: names of those that are there and have another checksum.
        missing: names of the others.
    """

    place: str
    folder: Path
    paths: Mapping[str, Path]
    damaged: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether it is the user's own folder."""
        return self.place == VARIABLE

    @property
    def is_complete(self) -> bool:
        """Whether the dataset can be read from here."""
        return not (self.damaged or self.missing)


def locate(name: str, *, download: bool = False) -> dict[str, Path]:
    """Give the path of each of a dataset's files, all from one folder.

    First the folder that CHAINRULE_DATA names is looked at. What is there is the user's own: it may be
    another version, and MNIST's files may be unpacked (without .gz). Then the cache, whose files are compared
    with their checksums. Then, with ``download``, what the cache lacks is fetched.

    Raises:
        FileNotFoundError: the files are in neither place; or CHAINRULE_DATA names no folder, or one with some
            of the files.
        ValueError: there is no dataset of that name, or a file of the cache is damaged.
        OSError: no mirror gave a file.
    """
    wanted = source(name)
    holding = find(wanted)
    check_own(holding, wanted)
    if holding.is_complete:
        return dict(holding.paths)
    if download:
        return fetch(wanted)
    raise _damaged(holding, name) if holding.damaged else _not_here(holding, name)


def find(wanted: Source) -> Holding:
    """What the place has that counts: the user's own folder if any of the files is there, else the cache."""
    own = user_folder()
    if own is not None:
        if not os.path.isdir(own):
            raise FileNotFoundError(
                f"{VARIABLE} names {own}, which is no folder that can be read. Correct it; unset it to use the cache."
            )
        holding = _holding(wanted, VARIABLE, own, _own_path)
        if holding.paths:
            return holding
    return _holding(wanted, "cache", cache_folder(), _cache_path)


def check_own(holding: Holding, wanted: Source) -> None:
    """Refuse a folder of the user's with some of the files: the others would be of another version, perhaps."""
    if holding.is_own and not holding.is_complete:
        raise FileNotFoundError(
            f"{holding.folder} ({VARIABLE}) has {len(holding.paths)} of the {len(wanted.files)} files of "
            f"{wanted.name}; {holding.missing[0]} is missing. Put it there too, or take the others away."
        )


def fetch(wanted: Source, *, force: bool = False) -> dict[str, Path]:
    """Fetch into the cache what is missing or damaged there, or every file with ``force``; give all paths."""
    cached = _holding(wanted, "cache", cache_folder(), _cache_path)
    fetch_files([file for file in wanted.files if force or file.name not in cached.paths], cached.folder)
    return {file.name: _cache_path(cached.folder, file) for file in wanted.files}


def user_folder() -> Path | None:
    """The folder that the environment variable CHAINRULE_DATA names, if it is set and not empty."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def cache_folder() -> Path:
    """The folder for files that were fetched, where this system keeps such things."""
    import pooch

    return Path(pooch.os_cache("chainrule"))


def _holding(wanted: Source, place: str, folder: Path, path_of: Callable[[Path, File], Path]) -> Holding:
    paths = {file.name: path_of(folder, file) for file in wanted.files}
    missing = {name for name, path in paths.items() if not path.is_file()}
    # The user's own files may be other data; those that were fetched can only be these.
    checked = wanted.files if place == "cache" else ()
    damaged = {file.name for file in checked if file.name not in missing and _sha256(paths[file.name]) != file.sha256}
    return Holding(
        place,
        folder,
        {name: path for name, path in paths.items() if name not in missing | damaged},
        tuple(name for name in paths if name in damaged),
        tuple(name for name in paths if name in missing),
    )


def _own_path(folder: Path, file: File) -> Path:
    """The file, or without .gz where only that is there: people unpack what they download."""
    packed, unpacked = folder / file.name, folder / file.name.removesuffix(".gz")
    return packed if packed.exists() else unpacked


def _cache_path(folder: Path, file: File) -> Path:
    return folder / file.name


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _damaged(cached: Holding, name: str) -> ValueError:
    return ValueError(
        f"{cached.folder / cached.damaged[0]} does not have the checksum that it should have: it was changed or "
        f"cut short. Fetch it again: chainrule data fetch {name} --force"
    )


def _not_here(cached: Holding, name: str) -> FileNotFoundError:
    own = user_folder()
    looked = f"{VARIABLE} (not set)" if own is None else f"{own} ({VARIABLE})"
    return FileNotFoundError(
        f"{cached.missing[0]} of the dataset {name} is neither in {looked} nor in {cached.folder} (cache). "
        f"Run `chainrule data fetch {name}`, or set {VARIABLE} to a folder that has the files."
    )
