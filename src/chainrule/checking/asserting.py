"""For tests: a wrong gradient fails with the diagnosis as its message."""

from __future__ import annotations

from typing import Any

from chainrule.checking.check import check
from chainrule.checking.printing import text

__all__ = ["assert_gradients"]


def assert_gradients(
    subject: Any, *, like: Any = None, inputs: Any = None, reduction: str | None = None, rng: Any = None
) -> None:
    """Check, and fail with the report as the message if something is wrong or nobody can tell.

    >>> from chainrule import ops
    >>> assert_gradients(ops.affine)

    Args:
        subject: as for `check`.
        like: as for `check`.
        inputs: as for `check`.
        reduction: as for `check`.
        rng: as for `check`.

    Raises:
        AssertionError: the subject is not right; warnings alone do not count.
    """
    __tracebackhide__ = True  # pytest shows the test that called, and not this function
    report = check(subject, like=like, inputs=inputs, reduction=reduction, rng=rng)
    if not report.passed:
        raise AssertionError(text(report))
