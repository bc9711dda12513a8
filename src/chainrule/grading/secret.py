"""The teacher's secret, from which the cases of every submission are drawn. It is never printed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["secret_from"]

_LEAST = 16


def secret_from(path: Path) -> bytes:
    """The secret in a file; where there is none, a new one is written that only its owner can read.

    Raises:
        ValueError: the file holds too little to be one.
    """
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        content = path.read_bytes().strip()
    else:
        content = secrets.token_hex(32).encode()
        with os.fdopen(opened, "wb") as file:
            file.write(content + b"\n")
    if len(content) < _LEAST:
        raise ValueError(f"{path} holds {len(content)} bytes; a secret has at least {_LEAST}. Remove it for a new one.")
    return content
