"""ILIAS's multi-feedback: one folder for each participant, with what is handed back in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

__all__ = ["multi_feedback"]

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that an archive knows; the same grades give the same bytes


def multi_feedback(files: Mapping[str, Mapping[str, str]]) -> bytes:
    """A zip of ``{folder: {file: text}}``. ILIAS finds participants by the names of the folders that it gave out."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for folder, texts in files.items():
            for name, text in texts.items():
                entry = zipfile.ZipInfo(f"{folder}/{name}", _LONG_AGO)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, text.encode(), zipfile.ZIP_DEFLATED, 6)
    return content.getvalue()
