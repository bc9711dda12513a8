"""One entry of the table of codes: the sentence a learner reads, and a wrong and a right line."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.checking.finding import Finding, Severity

__all__ = ["Code", "table"]


@dataclass(frozen=True)
class Code:
    """A mistake that has a name.

    Args:
        name: stable, in capitals.
        sentence: what the author reads; ``{part}`` and other fields are filled in.
        hint: what to do; fields as in the sentence.
        wrong: a line of code that earns it.
        right: the line as it should be.
        severity: of the finding, unless the caller says otherwise.
    """

    name: str
    sentence: str
    hint: str
    wrong: str
    right: str
    severity: Severity = "error"

    @property
    def fields(self) -> frozenset[str]:
        """What the sentence and the hint need."""
        parsed = [*string.Formatter().parse(self.sentence), *string.Formatter().parse(self.hint)]
        return frozenset(field for _, field, _, _ in parsed if field)

    def finding(self, part: str, facts: Mapping[str, Any], **further: Any) -> Finding:
        """The finding: the sentence and the hint filled in.

        Args:
            part: what it is about, as the author calls it.
            facts: for the other fields.
            further: other fields of the finding: ``expected``, ``where``, ``severity`` ...
        """
        values = {"part": part, **facts}
        further.setdefault("severity", self.severity)
        message, hint = self.sentence.format(**values), self.hint.format(**values)
        return Finding(self.name, message, part=part, hint=hint, **further)


def table(*codes: Code) -> dict[str, Code]:
    """Codes by name.

    Raises:
        ValueError: two have one name.
    """
    by_name = {code.name: code for code in codes}
    if len(by_name) != len(codes):
        raise ValueError("two codes have the same name")
    return by_name
