"""The state of a training: snapshots, going back, and what counts as best."""

import math

import numpy as np
import pytest

from chainrule.learning.state import State, twin


def make_state(rng=None):
    state = State({"w": np.ones(2)}, {"step": 0.0, "mean.w": np.zeros(2)}, rng or np.random.default_rng(0))
    state.rows, state.loss_sum = 4, 8.0
    return state


def test_an_epochs_loss_is_the_mean_over_its_rows():
    state = make_state()
    state.end_epoch(None, 0.1, 1.0)

    assert [2.0] == state.history.column("train_loss")
    assert (1, 0, 0.0) == (state.epoch, state.rows, state.loss_sum)


def best_of(*losses):
    """The epoch that is best by these validation losses."""
    state = make_state()
    for loss in losses:
        state.rows = 4
        state.end_epoch(loss, 0.1, 1.0)
    return state.best_epoch


@pytest.mark.parametrize(
    ("losses", "best"),
    [
        ((3.0, 2.0, 2.5), 1),
        ((1.0, 0.0, 0.5), 1),
        ((1.0, -2.0, 0.5), 1),
        ((2.0, 2.0), 0),
        ((math.nan, 2.0, math.nan), 1),
        ((2.0, -math.inf, 1.0), 2),
        ((math.inf, math.nan), None),
        ((None, None), None),
    ],
)
def test_the_best_epoch_is_the_first_with_the_least_finite_loss(losses, best):
    assert best == best_of(*losses)


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "SFC64", "Philox"])
def test_going_back_restores_what_a_snapshot_holds(kind):
    state = make_state(np.random.Generator(getattr(np.random, kind)(3)))
    expected = np.random.Generator(getattr(np.random, kind)(3)).random(5).tolist()
    rng, snapshot = state.rng, state.snapshot()
    state.parameters["w"] += 1
    state.optimizer["mean.w"] += 1
    state.optimizer["step"] += 1
    rng.random(5)
    state.end_epoch(None, 0.1, 1.0)
    state.go_back(snapshot)

    assert [1.0, 1.0] == state.parameters["w"].tolist()
    assert [0.0, 0.0] == state.optimizer["mean.w"].tolist()
    assert (0.0, 0, 4, 8.0) == (state.optimizer["step"], state.epoch, state.rows, state.loss_sum)
    assert 0 == len(state.history)
    assert expected == rng.random(5).tolist()
    assert rng is state.rng


def test_a_twin_draws_the_same_numbers_and_is_independent():
    rng = np.random.default_rng(3)
    other = twin(rng)

    assert other.random(3).tolist() == rng.random(3).tolist()
