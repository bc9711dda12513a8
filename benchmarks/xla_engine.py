"""How does Solver on the XLA engine compare with NumPy's, and with `lax.scan` by hand? 64-32-10, batch 32, float64."""

from __future__ import annotations

import importlib.util
from functools import partial

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 9
ROWS, BATCH, EPOCHS = 1347, 32, 24
STEPS = EPOCHS * -(-ROWS // BATCH)


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(ROWS, 64)), rng.integers(0, 10, ROWS)


def solver(engine: str):
    """Trains 24 epochs at each call, goes on from the last; the second training finds everything compiled."""
    from chainrule.learning import SGD, Affine, ReLU, Sequential, Solver
    from chainrule.ops import softmax_cross_entropy

    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)], rng=0)
    trained = Solver(model, softmax_cross_entropy, SGD(0.1), batch_size=BATCH, engine=engine, progress=False)
    x, y = data()

    def run():
        trained.train(x, y, epochs=trained.epoch + EPOCHS)

    return run


def by_hand():
    """The same training as its JAX user writes it: an epoch is a scan, the last rows are a step of their own."""
    import jax
    import jax.numpy as jnp

    x, y = data()
    rng = np.random.default_rng(0)
    w1, w2 = rng.normal(size=(64, 32)) / 8, rng.normal(size=(32, 10)) / 8

    def loss(parameters, x, y):
        w1, b1, w2, b2 = parameters
        logits = jnp.maximum(x @ w1 + b1, 0) @ w2 + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1).mean()

    @partial(jax.jit, donate_argnums=0)
    def epoch(parameters, x, y, rows):
        def step(parameters, chosen):
            value, gradients = jax.value_and_grad(loss)(parameters, x[chosen], y[chosen])
            return tuple(p - 0.1 * g for p, g in zip(parameters, gradients, strict=True)), value

        return jax.lax.scan(step, parameters, rows)

    with jax.enable_x64(True):
        x, y = jnp.array(x), jnp.array(y)
        parameters = tuple(map(jnp.array, (w1, np.zeros(32), w2, np.zeros(10))))
    whole = ROWS - ROWS % BATCH

    def run():
        nonlocal parameters
        with jax.enable_x64(True):
            for _ in range(EPOCHS):
                order = rng.permutation(ROWS)
                parameters, losses = epoch(parameters, x, y, order[:whole].reshape(-1, BATCH))
                parameters, last = epoch(parameters, x, y, order[whole:].reshape(1, -1))
                np.asarray(losses), np.asarray(last)

    return run


def rows() -> list[Row]:
    question = "64-32-10 network, batch 32, float64: Solver on XLA / {}"
    if importlib.util.find_spec("jax") is None:
        return [Row(question.format("lax.scan by hand"), "<= 1.1", "JAX is not installed", None)]
    rivals = {"numpy": solver("numpy"), "xla": solver("xla"), "hand": by_hand()}
    first = timed(rivals["xla"])
    for run in rivals.values():
        run()
    times = medians(ROUNDS, **{name: partial(timed, run) for name, run in rivals.items()})
    ratio, gain = times["xla"] / times["hand"], times["numpy"] / times["xla"]
    steps = ", ".join(f"{name} {1e6 * seconds / STEPS:.0f} us" for name, seconds in times.items())
    compiling = f"compiling once, {first - times['xla']:.2f} s, apart"
    return [
        Row(question.format("lax.scan by hand"), "<= 1.1", f"{ratio:.2f} ({steps}; {compiling})", ratio <= 1.1),
        Row("the same: Solver on NumPy / on XLA", "", f"{gain:.2f}", None),
    ]
