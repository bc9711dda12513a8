"""Records: a sheet has experiments, an experiment gives findings and plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.showing import Plot

__all__ = ["Experiment", "Finding", "Outcome", "Results", "Sheet", "among", "digits", "equal", "near", "within"]


@dataclass(frozen=True)
class Finding:
    """One line of the table: what the sheet printed, what came out, and whether that is the same.

    Args:
        what: of which quantity.
        printed: the sheet's number, or the property that it states.
        got: ours, in the same form.
        reproduced: whether they agree, in the way that ``rule`` says.
        rule: how they are compared.
        of_sheet: whether the sheet printed it; else it is a property that has to hold.
    """

    what: str
    printed: str
    got: str
    reproduced: bool
    rule: str
    of_sheet: bool = True

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.of_sheet:
            return "reproduced" if self.reproduced else "differs"
        return "holds" if self.reproduced else "fails"


@dataclass(frozen=True, eq=False)
class Results:
    """What an experiment gives."""

    findings: Sequence[Finding]
    plots: Sequence[Plot] = ()


@dataclass(frozen=True)
class Experiment:
    """One thing that a sheet does.

    Args:
        title: what is done.
        run: does it.
        needs: the dataset that has to be there: a name of ``chainrule data list``.
    """

    title: str
    run: Callable[[], Results]
    needs: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A course sheet.

    Args:
        name: what the command calls it.
        title: course and subject.
        experiments: in the sheet's order.
    """

    name: str
    title: str
    experiments: tuple[Experiment, ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of an experiment: its results, or why it could not run."""

    sheet: Sheet
    experiment: Experiment
    seconds: float
    results: Results = field(default_factory=lambda: Results(()))
    missing: str | None = None

    @property
    def reproduced(self) -> bool:
        """Whether everything that the sheet printed came out; what did not run is not reproduced."""
        return self.missing is None and all(finding.reproduced for finding in self.results.findings)


# -- how numbers are compared --------------------------------------------------------------------------------


def digits(what: str, printed: str, values: npt.ArrayLike, form: str) -> Finding:
    """Digit for digit: the numbers, written as the sheet wrote them, are the sheet's text.

    >>> digits("loss", "2.3026 0.2275", [2.30258, 0.22751], ".4f").reproduced
    True
    """
    got = " ".join(format(float(value), form) for value in np.ravel(values))
    return Finding(what, printed, got, got == printed, "digit for digit")


def equal(what: str, printed: Any, got: Any) -> Finding:
    """The same, as text: counts, shapes, names."""
    return Finding(what, str(printed), str(got), str(printed) == str(got), "equal")


def within(what: str, printed: str, value: float, low: float, high: float, form: str) -> Finding:
    """Between two bounds, where the sheet states a range or its run depends on an unknown random state."""
    rule = f"from {low:{form}} to {high:{form}}"
    return Finding(what, printed, format(value, form), bool(low <= value <= high), rule)


def near(what: str, printed: str, error: float, most: float) -> Finding:
    """Two sides of an identity, or a number and its closed form, differ by at most so much."""
    rule = f"at most {most:.0e} apart" if most else "exactly"
    got = f"{error:.0e} apart" if error else "the same"
    return Finding(what, printed, got, bool(error <= most), rule, of_sheet=False)


def among(what: str, printed: str, values: npt.ArrayLike, form: str) -> Finding:
    """The sheet's number lies among ours, which come from several random starts, as the sheet's came from one."""
    low, high = float(np.min(values)), float(np.max(values))
    got = f"{low:{form}} to {high:{form}}"
    return Finding(what, printed, got, low <= float(printed) <= high, "the sheet's number is in our range")
