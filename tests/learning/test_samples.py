"""Samples are looked at once, as long as they are the same arrays; what was changed since is what is trained on."""

import numpy as np
import pytest
from solvers import LABELS, VALIDATION, X, Y, losses, make_solver

from chainrule.learning import samples


@pytest.fixture
def seen(monkeypatch):
    """What is looked at, entry by entry."""
    names = []
    look = samples.finite_samples

    def noted(what, x, y, dtype, rows=None):
        names.append(what)
        return look(what, x, y, dtype, rows)

    monkeypatch.setattr(samples, "finite_samples", noted)
    return names


def test_the_same_arrays_are_looked_at_once(seen):
    x, y = X.copy(), Y.copy()
    solver = make_solver()
    for epochs in (1, 2, 3):
        solver.train(x, y, VALIDATION, epochs=epochs)

    assert ["training", "validation"] == seen


@pytest.mark.parametrize("other", [lambda x: x.copy(), lambda x: x[:40], lambda x: x[:]])
def test_other_arrays_are_looked_at(seen, other):
    solver = make_solver()
    solver.train(X, Y, epochs=1)
    x = other(X)
    solver.train(x, Y[: len(x)], epochs=2)

    assert ["training", "training"] == seen


def test_an_array_that_took_the_place_of_one_that_is_gone_is_looked_at(seen):
    solver = make_solver()
    for epochs in range(1, 20):  # NumPy hands the same memory out again
        solver.train(X.copy(), Y, epochs=epochs)

    assert 19 == len(seen)


def test_what_is_converted_is_converted_again(seen):
    x = X.astype(np.float32)
    solver, other = make_solver(), make_solver()
    solver.train(x, Y, epochs=1)
    other.train(x.copy(), Y, epochs=1)
    x[:] = 0
    solver.train(x, Y, epochs=2)
    other.train(np.zeros_like(x), Y, epochs=2)

    assert 4 == len(seen)
    assert losses(other) == losses(solver)


def test_what_is_changed_in_place_is_what_is_trained_on():
    x = X.copy()
    solver, other = make_solver(), make_solver()
    solver.train(x, Y, epochs=1)
    other.train(X, Y, epochs=1)
    x[:] = X[::-1]
    solver.train(x, Y, epochs=2)
    other.train(X[::-1].copy(), Y, epochs=2)

    assert losses(other) == losses(solver)


def test_a_nan_that_is_put_in_later_is_found_in_the_step_that_it_spoils():
    x = X.copy()
    solver = make_solver()
    solver.train(x, Y, epochs=1)
    x[3, 2] = np.nan

    with pytest.raises(FloatingPointError, match="x, which the step starts from, has 1 of 250 entries nan"):
        solver.train(x, Y, epochs=2)


def test_a_label_that_is_changed_in_place_to_none_of_the_classes_is_refused():
    labels = LABELS.copy()
    solver = make_solver()
    solver.train(X, labels, epochs=1)
    labels[7] = 3

    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.2"):
        solver.train(X, labels, epochs=2)
