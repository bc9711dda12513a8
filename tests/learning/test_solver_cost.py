"""What a solver's step costs: counted for a whole batch, and of no account to what is learned."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.learning import Adam, Affine, ReLU, Sequential, Solver
from chainrule.ops import squared_error

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 3)), RNG.normal(size=(50, 2))


def solver(**options) -> Solver:
    model = Sequential([Affine(3, 4), ReLU(), Affine(4, 2)], rng=0)
    return Solver(model, squared_error, Adam(), batch_size=16, rng=0, progress=False, **options)


def test_costs_are_those_of_a_whole_batch():
    trained = solver()
    trained.train(X, Y, epochs=1)
    cost = trained.cost()

    assert "affine1 = x @ w1 + b1" == cost.rows[0].line
    assert 2 * 16 * 3 * 4 + 16 * 4 == cost.rows[0].flops
    assert [line[4:] for line in trained.step_source.splitlines() if line.startswith("    ")] == [
        row.line for row in cost.rows
    ]
    assert cost.timed


def test_asking_for_costs_changes_no_bit_of_what_is_learned():
    asked, other = solver(), solver()
    for epochs in (2, 4):
        asked.train(X, Y, epochs=epochs)
        asked.cost()
    other.train(X, Y, epochs=4)

    assert other.history.column("train_loss") == asked.history.column("train_loss")
    for name, array in other.model.parameters.items():
        assert array.tobytes() == asked.model.parameters[name].tobytes()


def test_without_a_text_there_are_no_costs():
    eager = solver(engine="eager")
    eager.train(X, Y, epochs=1)

    for without in (solver(), eager):
        with pytest.raises(RuntimeError, match="the step is written when training starts"):
            without.cost()


def test_the_xla_engine_counts_the_same_and_times_nothing():
    pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    numpy, xla = solver(), solver(engine="xla")
    for each in (numpy, xla):
        each.train(X, Y, epochs=1)

    assert not xla.cost().timed
    assert [(row.line, row.flops) for row in numpy.cost().rows] == [(row.line, row.flops) for row in xla.cost().rows]
