"""Mutants of right solutions: none is accepted, and most are told what is wrong with them."""

import functools

import pytest
from catalogue.asking import alarms, asked, specific
from catalogue.running import as_op
from catalogue.variants import RIGHT
from mutants import mutants_of

SPECIFIC_SHARE = 0.7


@functools.cache
def reports_of(right):
    """What `check` says of each mutant, and of the right one; without a reference of ours, the right one is it."""
    like = right.like or as_op(right.subject, "reference")
    return asked(right, like), [(mutant, ask_mutant(mutant, like)) for mutant in mutants_of(right)]


def ask_mutant(mutant, like):
    from chainrule.checking.check import check

    right = mutant.right
    return check(mutant.subject, like=like, inputs=right.inputs, reduction=right.reduction)


def is_seen(report, own):
    """Whether anything is said of a mutant that is not said of the right one."""
    return bool(alarms(report)) or report.verdict == "cannot tell" or bool(set(report.codes) - set(own.codes))


@pytest.mark.parametrize("right", [pytest.param(right, id=right.name) for right in RIGHT])
def test_no_mutant_is_taken_for_right(right):
    own, reports = reports_of(right)
    accepted = [mutant.name for mutant, report in reports if not is_seen(report, own)]

    assert len(reports) >= 10
    assert [] == accepted


def shares():
    """How many mutants are told which mistake they have, and how many there are, less those that Python refuses."""
    found = total = 0
    for right in RIGHT:
        own, reports = reports_of(right)
        asked_about = [report for mutant, report in reports if not mutant.refused]
        total += len(asked_about)
        found += sum(bool(set(specific(report)) - set(own.codes)) for report in asked_about)
    return found, total


def test_most_mutants_get_a_specific_code():
    found, total = shares()

    assert found >= SPECIFIC_SHARE * total, f"{found} of {total}"


def test_mutants_are_the_same_each_time():
    names = [mutant.name for mutant in mutants_of(RIGHT[0])]

    assert names == [mutant.name for mutant in mutants_of(RIGHT[0])]
    assert "affine, a pair of functions: .T removed, line 9" in names
