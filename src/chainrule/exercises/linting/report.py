"""What a lint found, with the lines of the source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["LintReport", "Remark"]

Severity = Literal["error", "warning", "note"]
HEADINGS = {"error": "Errors", "warning": "Warnings", "note": "Notes"}


@dataclass(frozen=True)
class Remark:
    """One thing that is wrong with an exercise, or worth knowing.

    Args:
        line: in the source; 0 for all of it.
        code: a stable name, ``"ACCEPTS_MUTANT"``.
        message: one or two sentences.
        severity: ``"error"``: wrong work gets points, or right work gets none. ``"warning"``: to be mended.
            ``"note"``: for the teacher to decide.
    """

    line: int
    code: str
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{f'line {self.line}: ' if self.line else ''}{self.message}"


@dataclass(frozen=True)
class LintReport:
    """What `lint` gives. ``print`` shows it.

    Args:
        name: of the source.
        remarks: by line, errors first.
        mutants: how many were tried.
        caught, equivalent: what became of them; the others are among the remarks.
        slow: of those caught, how many ran until their time was over, or ended the process.
        catches: for each test, how many mutants it caught; of one that takes long only those that no other caught.
    """

    name: str
    remarks: tuple[Remark, ...]
    mutants: int = 0
    caught: int = 0
    equivalent: int = 0
    slow: int = 0
    catches: tuple[tuple[str, int], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there are no errors."""
        return not self.of("error")

    @property
    def accepted(self) -> tuple[Remark, ...]:
        """Wrong work that would get points."""
        return tuple(remark for remark in self.remarks if remark.code == "ACCEPTS_MUTANT")

    def of(self, severity: Severity) -> tuple[Remark, ...]:
        """The remarks of that severity."""
        return tuple(remark for remark in self.remarks if remark.severity == severity)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {**asdict(self), "passed": self.passed}

    def lines(self) -> Iterator[str]:
        """All that is printed."""
        yield f"{self.name}: {'sound' if self.passed else 'not sound yet'}"
        if self.mutants:
            slow = f" ({self.slow} by the time limit or the end of the process)" if self.slow else ""
            yield (
                f"  {self.mutants} mutants: {self.caught} caught{slow}, {self.equivalent} the same as the solution, "
                f"{len(self.accepted)} accepted although wrong"
            )
            yield from (f"  {name} catches {number or self._others_too(name)}" for name, number in self.catches)
        for severity, heading in HEADINGS.items():
            found = self.of(severity)  # type: ignore[arg-type]
            if found:
                yield ""
                yield f"{heading}:"
                yield from (f"  {_safe(remark)}" for remark in found)

    def _others_too(self, name: str) -> str:
        is_idle = any(remark.code == "CATCHES_NOTHING" and remark.message.startswith(name) for remark in self.remarks)
        return "nothing" if is_idle else "only what others catch, too"

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _safe(remark: Remark) -> str:
    from chainrule.showing.text import printable

    return f"{printable(str(remark))} [{remark.code}]"
