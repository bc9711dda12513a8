"""How a test is told that was not answered: a code, a sentence, a hint. Nothing of a submission's own words is in them.

What a submission says, an exception's text above all, could carry the hidden arrays out; only the kind of a built-in
exception and a line number pass.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping

from chainrule.checking.finding import Finding
from chainrule.grading.outcome import Outcome, Status
from chainrule.grading.result import Mistake
from chainrule.showing.text import figures

__all__ = ["WORST_FIRST", "mistake_of_finding", "mistake_of_outcome", "worst"]

WORST_FIRST: tuple[Status, ...] = (
    "grader error",
    "forbidden",
    "protocol",
    "memory",
    "timeout",
    "crashed",
    "not implemented",
    "answered",
)

_SAID: Mapping[Status, tuple[str, str, str]] = {
    "grader error": (
        "GRADER_ERROR",
        "The grader itself failed here. This is not your fault, and costs no points.",
        "It is graded again.",
    ),
    "forbidden": (
        "FORBIDDEN",
        "Your code was stopped, as it tried what a submission may not do: files, processes, the network.",
        "Compute the results from the arguments alone.",
    ),
    "protocol": (
        "NO_ANSWER",
        "What came back from your code is no answer: it holds something else than arrays of plain numbers.",
        "Return NumPy arrays of floats or integers, or plain numbers.",
    ),
    "memory": (
        "MEMORY",
        "Your code needs more memory than there is for it.",
        "Make no array larger than it has to be.",
    ),
    "timeout": (
        "TIMEOUT",
        "Your code needs more than the {seconds} s that there are for all tests together.",
        "Is there a loop that does not end, or one over single entries?",
    ),
    "crashed": ("RAISED", "Your code stops with {kind}.", "Run it by hand on a small case, and look at that line."),
    "not implemented": (
        "NOT_IMPLEMENTED",
        "This is not implemented yet, or has another name than the task asks for.",
        "Replace the stub by your own lines, and keep the names.",
    ),
}


def mistake_of_outcome(outcome: Outcome, seconds: float) -> Mistake:
    """What to tell a learner of a call without an answer.

    Args:
        outcome: any but ``"answered"``.
        seconds: the limit.
    """
    code, sentence, hint = _SAID[outcome.status]
    return Mistake(code, sentence.format(seconds=figures(seconds), kind=_kind(outcome)), hint)


def mistake_of_finding(finding: Finding) -> Mistake:
    """A diagnosis as it stands in a grade. What is unsure costs the test, too: the numbers were wrong."""
    severity = "warning" if finding.severity == "warning" else "error"
    return Mistake(finding.code, finding.message, finding.hint, severity)


def worst(outcomes: list[Outcome]) -> Outcome:
    """The one that says most about the whole; the first of these."""
    return min(outcomes, key=lambda outcome: WORST_FIRST.index(outcome.status))


def _kind(outcome: Outcome) -> str:
    """``"ValueError (line 12)"``, of built-in exceptions and NumPy's own alone: a class of theirs has any name."""
    name = re.match(r"[\w.]+", outcome.message)
    kind = name[0] if name else ""
    known = getattr(builtins, kind, None)
    is_known = kind == "LinAlgError" or (isinstance(known, type) and issubclass(known, BaseException))
    line = re.search(r"\bline (\d{1,4})\b(?!.*\bline \d)", outcome.message, re.DOTALL)
    return (kind if is_known else "an error") + (f" (line {line[1]})" if line and is_known else "")
