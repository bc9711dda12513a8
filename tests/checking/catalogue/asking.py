"""Asking `check` about an entry, and reading the answer."""

from chainrule.checking import codes
from chainrule.checking.check import check

# They say that something is wrong, and where, but not which mistake it is.
GENERIC = frozenset(getattr(codes, "GENERIC", ("DIFFERS", "WRONG_SHAPE", "RAISED", "FACTOR_VARIES")))


def asked(entry, like=None):
    """The report about an entry."""
    return check(entry.subject, like=like or entry.like, inputs=entry.inputs, reduction=entry.reduction)


def is_caught(entry, report):
    """Whether a mistake was seen: wrong; or, where the result is right, one of its own codes among the warnings."""
    if entry.severity == "error":
        return report.verdict == "wrong"
    return bool(entry.codes & set(report.codes))


def is_named(entry, report):
    """Whether one of the mistake's own codes was found; a generic one where there is nothing more to say."""
    return bool(entry.codes & set(report.codes))


def specific(report):
    """The codes that say which mistake it is."""
    return tuple(code for code in report.codes if code not in GENERIC)


def alarms(report):
    """The codes of errors."""
    return tuple(finding.code for finding in report.all_findings if finding.severity == "error")
