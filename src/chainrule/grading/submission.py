"""A submission: the definitions that somebody handed in, and what was wrong with how they were handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

__all__ = ["Submission"]


@dataclass(frozen=True)
class Submission:
    """What one person handed in.

    Args:
        name: of the folder or archive: whom it belongs to.
        files: text by file name; of notebooks their code cells, of everything definitions only.
        problems: what intake noticed, in sentences for the learner: a file that does not parse, an archive that lies
            about its size.
        answers: strings that are assigned to names at the top level, for tasks that are answered by text.
        flags: what a teacher should look at: identical up to names, calls to forbidden modules.
    """

    name: str
    files: Mapping[str, str]
    problems: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that counts."""
        seen = hashlib.sha256()
        for name, text in sorted(self.files.items()):
            for part in (name, text):
                data = part.encode("utf-8", "surrogatepass")
                seen.update(len(data).to_bytes(8, "big") + data)
        return seen.hexdigest()
