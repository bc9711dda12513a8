"""The measure: wrong implementations are found and named, right ones raise no alarm."""

import numpy as np
import pytest
from catalogue.arrays import arrays_for
from catalogue.asking import GENERIC, alarms, asked, is_caught, is_named, specific
from catalogue.awkward import AWKWARD
from catalogue.entry import Right
from catalogue.running import run, takes_upstream
from catalogue.seeded import NAMING, SEEDED
from catalogue.variants import RIGHT
from catalogue.wrong import WRONG
from mutants import alike, behaviour, questions_for

NAMED_SHARE = 0.95


def by_name(entries):
    return [pytest.param(entry, id=entry.name) for entry in entries]


# -- the catalogue itself ---------------------------------------------------------------------------------


def test_names_are_given_once():
    names = [entry.name for entry in (*RIGHT, *WRONG, *AWKWARD)]

    assert len(set(names)) == len(names)


def test_there_are_enough_of_each():
    assert len(WRONG) >= 90
    assert len(RIGHT) >= 45
    assert (21, 12) == (len(SEEDED), len(AWKWARD))
    assert len(NAMING) == len(SEEDED)


def test_no_two_right_ones_are_written_alike():
    assert len({entry.text for entry in RIGHT}) == len(RIGHT)


@pytest.mark.parametrize("right", by_name(RIGHT))
def test_right_ones_are_right_by_central_differences(right):
    for arrays in questions_for(right)[: 3 if right.inputs is None else None]:
        with np.errstate(all="ignore"):
            _, gradients, again, *_ = run(right.subject, arrays)
            expected = differences(right.subject, arrays)

        assert len(gradients) <= len(arrays)
        for place, (gradient, second) in enumerate(zip(gradients, again, strict=True)):
            if gradient is not None:
                # A kink has no derivative that a difference could find.
                away = (
                    np.abs(arrays[0] - (arrays[1] if len(arrays) == 2 else 0)) > 1e-3 if kinked(right) else slice(None)
                )

                share = len(arrays[0]) if right.reduction == "layer mean" and place else 1
                np.testing.assert_allclose(gradient[away] * share, expected[place][away], rtol=1e-5, atol=1e-6)
                np.testing.assert_array_equal(second, gradient)


def kinked(entry):
    return entry.like in ("relu", "leaky_relu", "absolute_error")


def differences(subject, arrays, step=1e-5):
    """Central differences of ``sum(out * d_out)``, entry by entry."""
    if takes_upstream(subject):
        out, _, _, _, d_out = run(subject, arrays)
    else:
        d_out = np.ones_like(run(subject, arrays)[0])
    gradients = []
    for place, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for at in np.ndindex(array.shape) if array.dtype.kind == "f" else ():
            sums = []
            for sign in (1, -1):
                moved = [one.copy() for one in arrays]
                moved[place][at] += sign * step
                sums.append(np.sum(run(subject, tuple(moved), lambda _: d_out)[0] * d_out))
            gradient[at] = (sums[0] - sums[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


@pytest.mark.parametrize("wrong", by_name(WRONG))
def test_wrong_ones_behave_differently(wrong):
    if wrong.name.endswith(("as on paper", "logarithms of 0 and 1")):
        pytest.skip("what is wrong is in the right one too: a warning")
    questions = questions_for(wrong.right) if wrong.inputs is wrong.right.inputs else wrong.inputs

    assert any(_differ(wrong, arrays) for arrays in questions)


def _differ(wrong, arrays):
    first = behaviour(wrong.right.subject, arrays)
    second = behaviour(wrong.subject, arrays)
    # One run alone does not show what two instances share.
    return not alike(first, second) or "INSTANCES_SHARE_STATE" in wrong.codes


# -- what check says of it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", by_name(WRONG))
def test_mistakes_are_caught(wrong):
    report = asked(wrong)

    assert is_caught(wrong, report), f"\n{report}\nexpected in substance: {wrong.note}"


def test_mistakes_are_named():
    reports = {wrong.name: (wrong, asked(wrong)) for wrong in WRONG}
    unnamed = [f"{name}: {report.codes}" for name, (wrong, report) in reports.items() if not is_named(wrong, report)]

    assert len(unnamed) <= (1 - NAMED_SHARE) * len(WRONG), "\n".join(unnamed)


@pytest.mark.parametrize("right", by_name(RIGHT))
def test_right_ones_raise_no_alarm(right):
    report = asked(right)

    assert () == alarms(report), f"\n{report}"
    assert report.passed
    assert set(report.codes) <= right.warns, f"\n{report}"


@pytest.mark.parametrize("right", by_name(AWKWARD))
def test_awkward_ones_raise_no_alarm(right):
    report = asked(right)

    assert () == alarms(report), f"\n{report}"


def test_seeded_mistakes_are_named():
    reports = [(wrong, asked(wrong)) for wrong in SEEDED]

    assert [] == [wrong.name for wrong, report in reports if not is_caught(wrong, report)]
    assert sum(is_named(wrong, report) for wrong, report in reports) >= 19


def test_no_mistake_is_content_with_a_generic_code_alone():
    only_generic = [wrong.name for wrong in WRONG if wrong.codes <= GENERIC]

    assert [] == only_generic


def test_an_edit_has_to_fit():
    from catalogue.entry import wrong

    entry = wrong(RIGHT[0], "nothing like it", {"no such line": "x"}, "DIFFERS", "")

    with pytest.raises(ValueError, match="stands 0 times"):
        entry.text  # noqa: B018  # the text is made when it is asked for


def test_subjects_are_new_each_time():
    right = Right(
        "two", "\ndef two_forward(x):\n    return 2 * x, ()\n\ndef two_backward(dout, cache):\n    return 2 * dout\n"
    )

    assert right.subject[0] is not right.subject[0]
    assert specific(asked(RIGHT[0])) == ()
    assert arrays_for(RIGHT[0])
