"""Dropout in training: masks that anybody can draw again, the same on every engine, and none where a model is used."""

import importlib.util
import os
import signal

import numpy as np
import pytest
from solvers import LABELS, VALIDATION, X, Y, losses, network, same_parameters

from chainrule.learning import SGD, Adam, Affine, Dropout, ReLU, Sequential, Solver, Tanh
from chainrule.ops import softmax_cross_entropy

ENGINES = [
    "numpy",
    "eager",
    pytest.param(
        "xla",
        marks=pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason='needs JAX: "chainrule[xla]"'),
    ),
]


def dropping(dtype=np.float64):
    layers = [Affine(5, 8), ReLU(), Dropout(0.2), Affine(8, 4), Tanh(), Dropout(0.5), Affine(4, 3)]
    return Sequential(layers, rng=0, dtype=dtype)


def solver_of(model, loss=softmax_cross_entropy, optimizer=None, **options):
    return Solver(model, loss, optimizer or Adam(0.01), progress=False, **options)


def masks(seed, epochs, rows, size, columns, rate):
    """Each epoch's order of rows, and the mask of each of its steps, by NumPy alone."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(rows) if size else np.arange(rows)
        number = rng.integers(2**63)
        for step, start in enumerate(range(0, rows, size or rows)):
            chosen = order[start : start + (size or rows)]
            key = np.array([number, step], np.uint64)
            drawn = np.random.Generator(np.random.Philox(key=key, counter=1 << 192))
            yield chosen, drawn.random((len(chosen), columns)) < 1 - rate


# -- the masks -------------------------------------------------------------------------------------------


def total(out, y):
    return np.sum(out)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("batch_size", [None, 4, 5, 12])
def test_masks_are_those_that_numpys_philox_draws_to_the_bit(engine, batch_size):
    # Row n is 2^n in every column, and the loss a plain sum: a weight's step is the sum of the rows that it kept.
    rows, columns = 12, 6
    x = np.repeat(2.0 ** np.arange(rows)[:, None], columns, axis=1)
    model = Sequential([Dropout(0.5), Affine(columns, 1, weights="zeros")])
    solver = solver_of(model, total, SGD(1.0), engine=engine, batch_size=batch_size, rng=7)
    expected = np.zeros((columns, 1))
    drawn = masks(7, 3, rows, batch_size, columns, 0.5)
    for epoch in range(3):
        solver.train(x, np.zeros((rows, 1)), epochs=epoch + 1)
        for _ in range(-(-rows // (batch_size or rows))):
            chosen, keep = next(drawn)
            expected -= (x[chosen] * keep / 0.5).sum(axis=0)[:, None]

        assert np.array_equal(expected, model.parameters["w1"])


@pytest.mark.parametrize("engine", ENGINES[1:])
@pytest.mark.parametrize("batch_size", [None, 16, 50])
@pytest.mark.parametrize("targets", [Y, LABELS], ids=["one-hot", "labels"])
def test_the_run_is_that_of_the_numpy_engine(engine, batch_size, targets):
    numpy, other = (solver_of(dropping(), engine=e, batch_size=batch_size, rng=3) for e in ("numpy", engine))
    for solver in (numpy, other):
        solver.train(X, targets, (VALIDATION[0], VALIDATION[1]), epochs=30)

    for column in ("train_loss", "validation_loss"):
        np.testing.assert_allclose(numpy.history.column(column), other.history.column(column), rtol=0, atol=1e-10)
    for name, expected in numpy.model.parameters.items():
        np.testing.assert_allclose(expected, other.model.parameters[name], rtol=0, atol=1e-10)


def test_the_printed_step_is_the_same_on_xla_and_shows_every_draw():
    pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    numpy, xla = (solver_of(dropping(), engine=engine, batch_size=25) for engine in ("numpy", "xla"))
    for solver in (numpy, xla):
        solver.train(X, Y, epochs=1)

    assert numpy.step_source == xla.step_source
    assert "    keep = uniform(key, 1, (25, 8)) < 0.8\n" in numpy.step_source
    assert "    keep2 = uniform(key, 2, (25, 4)) < 0.5\n" in numpy.step_source


def test_descent_is_the_one_that_jax_grad_makes_by_hand():
    jax = pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    jnp = jax.numpy
    model = Sequential([Affine(5, 8), Dropout(0.25), Affine(8, 3)], rng=1)
    parameters = dict(model.parameters)

    def loss(p, x, y, keep):
        logits = jnp.where(keep, (x @ p["w1"] + p["b1"]) / 0.75, 0.0) @ p["w2"] + p["b2"]
        return -(y * jax.nn.log_softmax(logits)).sum() / len(x)

    found = []
    with jax.enable_x64(True):
        for chosen, keep in masks(5, 2, 50, 16, 8, 0.25):
            value, gradients = jax.value_and_grad(loss)(parameters, X[chosen], Y[chosen], keep)
            found.append(float(value) * len(chosen))
            parameters = {name: parameters[name] - 0.1 * gradients[name] for name in parameters}
    solver = solver_of(model, optimizer=SGD(0.1), batch_size=16, rng=5)
    solver.train(X, Y, epochs=2)

    np.testing.assert_allclose([sum(found[:4]) / 50, sum(found[4:]) / 50], losses(solver), rtol=1e-12)
    np.testing.assert_allclose(parameters["w1"], model.parameters["w1"], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("engine", ENGINES)
def test_float32_stays_float32(engine):
    solver = solver_of(dropping(np.float32), engine=engine, batch_size=16)
    solver.train(X, Y, epochs=2)

    assert {np.dtype(np.float32)} == {array.dtype for array in solver._state.parameters.values()}


# -- where nothing is left out ---------------------------------------------------------------------------


def test_validation_and_use_leave_nothing_out():
    model = dropping()
    solver = solver_of(model, batch_size=16)
    solver.train(X, Y, VALIDATION, epochs=1)
    p = model.parameters
    hidden = np.tanh(np.maximum(VALIDATION[0] @ p["w1"] + p["b1"], 0) @ p["w2"] + p["b2"])
    logits = hidden @ p["w3"] + p["b3"]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    np.testing.assert_allclose(logits, model(VALIDATION[0]), rtol=1e-12)
    assert pytest.approx(-(VALIDATION[1] * log_p).sum() / 20, rel=1e-12) == solver.history.rows[0]["validation_loss"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_model_without_dropout_draws_nothing_more(engine, batch_size):
    solver = solver_of(network(), batch_size=batch_size, rng=4, engine=engine)
    solver.train(X, Y, epochs=3)
    rng = np.random.default_rng(4)
    for _ in range(3 if batch_size else 0):
        rng.permutation(50)

    assert rng.bit_generator.state == solver._state.rng.bit_generator.state
    assert "key" not in (solver.step_source if engine != "eager" else "")


# -- going on, and going back ----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_resumed_between_epochs_is_the_whole_run_to_the_bit(engine, tmp_path):
    first, second, whole = (solver_of(dropping(), batch_size=16, engine=engine) for _ in range(3))
    first.train(X, Y, epochs=2)
    first.save(tmp_path / "half")
    second.resume(tmp_path / "half")
    for solver in (second, whole):
        solver.train(X, Y, epochs=5)

    assert losses(whole) == losses(second)
    assert same_parameters(whole.model.parameters, second.model.parameters)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("done", [16, 48])
def test_a_run_stopped_within_an_epoch_goes_on_with_the_same_masks(engine, done, tmp_path):
    first, second, whole = (solver_of(dropping(), batch_size=16, engine=name) for name in ("numpy", engine, "numpy"))
    run_for, steps = first._step.run_for, iter(range(100))

    def stopping(*given):
        run = run_for(*given)

        def counted(*values):
            if next(steps) == done // 16 - 1:
                os.kill(os.getpid(), signal.SIGINT)
            return run(*values)

        return counted

    first._step.run_for = stopping
    first.train(X, Y, epochs=4)
    first.save(tmp_path / "within")
    second.resume(tmp_path / "within")

    assert done == second._state.rows
    for solver in (second, whole):
        solver.train(X, Y, epochs=4)
    if engine == "xla":
        np.testing.assert_allclose(losses(whole), losses(second), rtol=0, atol=1e-10)
    else:
        assert losses(whole) == losses(second)
        assert same_parameters(whole.model.parameters, second.model.parameters)


def log_of_total(out, y):
    return np.log(np.sum(out))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_mask_makes_infinite_is_found_under_the_same_mask(engine):
    # The loss is log 0 in the first step that leaves all four rows out, which one in sixteen does.
    x = np.ones((20, 1))
    steps = list(masks(0, 20, 20, 4, 1, 0.5))
    fatal = next(number for number, (_, keep) in enumerate(steps) if not keep.any())
    model = Sequential([Dropout(0.5), Affine(1, 1, weights=lambda rng, shape, dtype: np.ones(shape, dtype))])
    solver = solver_of(model, log_of_total, SGD(1e-9), batch_size=4, engine=engine)
    with pytest.raises(FloatingPointError) as caught:
        solver.train(x, np.zeros((20, 1)), epochs=20)

    assert fatal > 5
    assert f"First, in epoch {fatal // 5}, batch {fatal % 5}: " in str(caught.value)
    assert "log(" in str(caught.value)
