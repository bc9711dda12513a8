"""A finding: one thing that is wrong or worth knowing, with a stable code and a sentence for its author."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning", "unsure"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        code: a stable name, ``"TRANSPOSED"``; `codes.CODES` has the sentence, and an example of each.
        message: one or two sentences: what is wrong, in the author's own names and sizes.
        severity: ``"error"``: the result is wrong. ``"warning"``: it is right, but will hurt somebody. ``"unsure"``:
            nobody could tell, and the details say why.
        part: what it is about: ``"forward"``, ``"dw"``, ``"backward"``.
        hint: what to do.
        check: the promise that was looked at, ``"gradients match"``.
        expected, received: both sides, as short text; empty where the message says all.
        where: where they first part, ``"entry [2, 1]"``.
        details: further lines, such as a table over step sizes.
    """

    code: str
    message: str
    severity: Severity = "error"
    part: str = ""
    hint: str = ""
    check: str = ""
    expected: str = ""
    received: str = ""
    where: str = ""
    details: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The fields that say something, as JSON can hold them."""
        return {name: value for name, value in vars(self).items() if value != ""}

    def __str__(self) -> str:
        lines = [f"{self.code}: {self.message}"]
        if self.expected or self.received:
            at = f" at {self.where}" if self.where else ""
            lines.append(f"  expected{at} {self.expected}, received {self.received}")
        if self.hint:
            lines.append(f"  {self.hint}")
        lines += [f"  {line}" for line in self.details.splitlines()]
        return "\n".join(lines)
