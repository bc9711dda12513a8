"""What does everything besides the matrix products cost in a 784-1024-1024-10 network, batch 256, float32?"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 31
SIZES = (784, 1024, 1024, 10)
BATCH = 256


def matrix_products():
    """The eight products of one step, nothing else, into arrays of their own."""
    rng = np.random.default_rng(0)

    def random(*shape):
        return rng.normal(size=shape).astype(np.float32)

    x, h1, h2, d3 = random(BATCH, 784), random(BATCH, 1024), random(BATCH, 1024), random(BATCH, 10)
    d1, d2 = random(BATCH, 1024), random(BATCH, 1024)
    w1, w2, w3 = random(784, 1024), random(1024, 1024), random(1024, 10)

    def run():
        x @ w1, h1 @ w2, h2 @ w3
        h2.T @ d3, d3 @ w3.T, h1.T @ d2, d2 @ w2.T, x.T @ d1

    return run


def training_step(buffers: bool):
    """One step as Solver runs it, batch shapes fixed; with or without writing into kept memory."""
    from chainrule.compiling import compile
    from chainrule.learning import SGD, Affine, ReLU, Sequential
    from chainrule.learning.training_step import TrainingStep
    from chainrule.ops import softmax_cross_entropy
    from chainrule.tracing.trees import leaves

    layers = [Affine(784, 1024), ReLU(), Affine(1024, 1024), ReLU(), Affine(1024, 10)]
    model = Sequential(layers, dtype=np.float32)
    training = TrainingStep(model, softmax_cross_entropy, SGD(learning_rate=1e-3), "numpy", None)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, 784)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, BATCH)]
    parameters = {name: array.copy() for name, array in model.parameters.items()}
    compiled = compile(training.training_step, donate_argnums=(0, 1) if buffers else ())
    step = compiled.step(parameters, {}, 1e-3, x, y)
    state = leaves(parameters)

    def run():
        nonlocal state
        _, *state = step.run(*state, 1e-3, x, y)

    return run


def rows() -> list[Row]:
    products, ours, plain = matrix_products(), training_step(True), training_step(False)
    rivals = {
        "products": lambda: timed(products),
        "ours": lambda: timed(ours),
        "plain": lambda: timed(plain),
    }
    for rival in rivals.values():
        rival()
    found = medians(ROUNDS, **rivals)
    ratio, without = found["ours"] / found["products"], found["plain"] / found["products"]
    milli = {name: f"{seconds * 1e3:.1f} ms" for name, seconds in found.items()}
    name = "784-1024-1024-10, batch 256, float32: a step / its matrix products"
    return [
        Row(name, "<= 1.15", f"{ratio:.2f} ({milli['ours']} / {milli['products']})", ratio <= 1.15),
        Row("  the same without kept buffers", "-", f"{without:.2f} ({milli['plain']})", True),
    ]
