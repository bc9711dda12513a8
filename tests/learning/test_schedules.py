"""Schedules against numbers worked by hand."""

import pytest

from chainrule.learning.records import describe
from chainrule.learning.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Step,
    WarmUp,
    schedule_from_configuration,
)


def factors(schedule, epochs):
    return [schedule(epoch, epochs) for epoch in range(epochs)]


def test_constant_is_one():
    assert [1.0, 1.0, 1.0] == factors(Constant(), 3)


def test_step_multiplies_after_every_so_many_epochs():
    assert [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25] == factors(Step(every=3, factor=0.5), 7)


def test_cosine_goes_from_one_to_its_minimum():
    schedule = Cosine(minimum=0.2)

    assert 1.0 == schedule(0, 6)
    # cos(60°) = 1/2: 0.2 + 0.8 * 0.75; cos(90°) = 0: 0.2 + 0.8 * 0.5.
    assert pytest.approx(0.8) == schedule(2, 6)
    assert pytest.approx(0.6) == schedule(3, 6)
    assert pytest.approx(0.2) == schedule(6, 6)


def test_cosine_stays_at_its_minimum_when_training_goes_on():
    assert 0.0 == Cosine()(9, 6)


def test_warm_up_rises_to_its_follower_and_gives_it_the_remaining_epochs():
    schedule = WarmUp(epochs=2, then=Cosine())

    # Of 6 epochs, 4 remain for the cosine: 1, (1 + 1/sqrt 2) / 2, 1/2, (1 - 1/sqrt 2) / 2.
    assert pytest.approx([0.5, 1.0, 1.0, 0.853553, 0.5, 0.146447], abs=1e-6) == factors(schedule, 6)


def test_warm_up_longer_than_the_training_only_rises():
    assert [0.25, 0.5] == factors(WarmUp(epochs=4), 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(every=0), "Step: every is 0; expected at least 1"),
        (lambda: Step(factor=0), "Step: factor is 0; expected more than 0"),
        (lambda: Cosine(minimum=1.0), r"Cosine: minimum is 1\.0; expected less than 1"),
        (lambda: WarmUp(epochs=-1), "WarmUp: epochs is -1; expected at least 1"),
        (lambda: Cosine(minimum=float("nan")), "Cosine: minimum is nan; expected a finite number"),
    ],
)
def test_senseless_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("make", [lambda: Step(every=2.5), lambda: Step(factor="half"), lambda: WarmUp(then=0.5)])
def test_settings_of_another_type_are_refused(make):
    with pytest.raises(TypeError, match="expected a"):
        make()


@pytest.mark.parametrize("schedule", [Constant(), Step(5, 0.3), Cosine(0.1), WarmUp(3, Step(7, 0.5))])
def test_schedules_survive_being_written_down(schedule):
    assert schedule == schedule_from_configuration(describe(schedule))


def test_the_table_makes_every_schedule_without_arguments():
    assert {"constant", "step", "cosine", "warmup"} == set(SCHEDULES)
    assert all(1.0 >= schedule()(0, 10) > 0 for schedule in SCHEDULES.values())
