"""Training on a GPU or another accelerator: the numpy engine's run. Elsewhere these tests skip, by name."""

import numpy as np
import pytest
from solvers import LABELS, VALIDATION, X, losses, make_solver

from chainrule import XLA
from chainrule.learning import Adam, Affine, Dropout, ReLU, Sequential

jax = pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
pytestmark = pytest.mark.skipif(jax.default_backend() == "cpu", reason="JAX sees no accelerator here")


def dropping():
    return Sequential([Affine(5, 4), ReLU(), Dropout(0.25), Affine(4, 3)], rng=0)


@pytest.mark.parametrize("engine", ["xla", XLA(devices="all")], ids=str)
@pytest.mark.parametrize("model", [None, dropping], ids=["plain", "dropout"])
def test_the_run_is_the_numpy_engines(engine, model):
    solvers = [
        make_solver(model and model(), optimizer=Adam(0.01), batch_size=16, engine=name) for name in ("numpy", engine)
    ]
    for solver in solvers:
        solver.train(X[:48], LABELS[:48], VALIDATION, epochs=20)
    numpy, other = solvers

    np.testing.assert_allclose(losses(numpy), losses(other), rtol=0, atol=1e-8)
    np.testing.assert_allclose(numpy.model.parameters["w1"], other.model.parameters["w1"], rtol=0, atol=1e-8)


def test_batches_that_come_one_by_one_are_sent_there():
    numpy, other = (make_solver(engine=name) for name in ("numpy", "xla"))
    batches = [(X[start : start + 8], LABELS[start : start + 8]) for start in range(0, 48, 8)]
    for solver in (numpy, other):
        solver.train(batches, epochs=5)

    np.testing.assert_allclose(losses(numpy), losses(other), rtol=0, atol=1e-8)
