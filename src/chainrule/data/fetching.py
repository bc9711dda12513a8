"""Downloading files that are known to the byte: mirror after mirror, and nothing half-written stays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chainrule.data.sources import File

__all__ = ["fetch_files"]

SECONDS = 30  # without an answer, or without the next byte, until a mirror is given up
CHUNK = 2**16  # bytes between two movements of the bar


def fetch_files(files: Sequence[File], folder: Path) -> None:
    """Fetch each file into ``folder``, which is made if need be; a bar shows the progress on a terminal.

    A file is written under another name and gets its own when its checksum is right, so a failure or Ctrl-C
    leaves what was there before; files that came before it stay.

    Raises:
        OSError: no mirror gave a file, each with its reason; or the folder cannot be written.
    """
    with _writable(folder) as temporary, _progress() as progress:
        for file in files:
            _fetch(file, temporary, progress)
            os.replace(temporary / file.name, folder / file.name)


def _fetch(file: File, folder: Path, progress: Any) -> None:
    """Fetch the file from the first mirror that has it."""
    import pooch
    from requests.exceptions import RequestException

    reasons = []
    for mirror in file.mirrors:
        bar = _Bar(progress, file.name)
        # A server that compresses on the way would tell a length that is not the file's.
        download = pooch.HTTPDownloader(
            progressbar=bar, chunk_size=CHUNK, timeout=SECONDS, headers={"Accept-Encoding": "identity"}
        )
        try:
            with _quiet(pooch.get_logger()):
                pooch.retrieve(mirror, f"sha256:{file.sha256}", fname=file.name, path=folder, downloader=download)
            return
        except (RequestException, ValueError) as error:
            bar.remove()
            reasons.append(f"{urlsplit(mirror).netloc}: {_reason(error)}")
    raise OSError(
        f"{file.name} could not be fetched ({'; '.join(reasons)}). Try again later, or download it by hand from "
        f"{file.mirrors[0]}, put it into a folder, and set CHAINRULE_DATA to that folder."
    )


def _reason(error: Exception) -> str:
    """Why a mirror failed, in a few words: the errors themselves are pages of nested causes."""
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"HTTP status {error.response.status_code}"
    reasons = {
        exceptions.Timeout: f"no answer for {SECONDS} seconds",
        exceptions.SSLError: "its certificate was not accepted",
        exceptions.ProxyError: "the proxy did not let us through",
        exceptions.ChunkedEncodingError: "the connection was cut",
        exceptions.ConnectionError: "no connection",
        exceptions.RequestException: f"the request failed ({type(error).__name__})",
    }
    found = (reason for kind, reason in reasons.items() if isinstance(error, kind))
    return next(found, "what it sent has another checksum")


class _Bar:
    """What pooch tells a bar of progress, handed on to rich: it sets ``total`` and calls the other three."""

    def __init__(self, progress: Any, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=None)
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes that the server says will come; 0 if it does not say."""
        return self._total

    @total.setter
    def total(self, total: int) -> None:
        self._total = total
        self._progress.update(self._task, total=total or None)

    def update(self, amount: int) -> None:
        """So many more bytes have come."""
        self._progress.advance(self._task, amount)

    def reset(self) -> None:
        """Back to the beginning."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """All has come. The bar stays, as long as there are others."""

    def remove(self) -> None:
        """Take away the bar of a mirror that failed."""
        self._progress.remove_task(self._task)


def _progress() -> Any:
    """Bars on standard error, or none where it is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not (console.is_terminal or console.is_jupyter))


@contextmanager
def _quiet(logger: Any) -> Iterator[None]:
    """Silence pooch, which announces each download; whoever else uses it hears it as before."""
    was = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = was


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """A temporary folder inside ``folder``, so that renaming never crosses file systems; gone afterwards."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as temporary:
            yield Path(temporary)
    except OSError as error:
        if error.errno is None:  # our own words already
            raise
        raise OSError(
            f"cannot write into {folder}: {error.strerror}. Make room there or get permission, or download the "
            "files by hand, put them into another folder, and set CHAINRULE_DATA to it."
        ) from error
