"""What does everything besides the matrix products cost in a 784-1024-1024-10 network, batch 256, float32?"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 31
SIZES = (784, 1024, 1024, 10)
BATCH = 256


def matrix_products():
    """The eight products of one step, nothing else: into new arrays, and into kept ones."""
    rng = np.random.default_rng(0)

    def random(*shape):
        return rng.normal(size=shape).astype(np.float32)

    x, h1, h2, d3 = random(BATCH, 784), random(BATCH, 1024), random(BATCH, 1024), random(BATCH, 10)
    d1, d2 = random(BATCH, 1024), random(BATCH, 1024)
    w1, w2, w3 = random(784, 1024), random(1024, 1024), random(1024, 10)

    pairs = [(x, w1), (h1, w2), (h2, w3), (h2.T, d3), (d3, w3.T), (h1.T, d2), (d2, w2.T), (x.T, d1)]
    kept = [a @ b for a, b in pairs]

    def into_new():
        for a, b in pairs:
            a @ b

    def into_kept():
        for (a, b), out in zip(pairs, kept, strict=True):
            np.matmul(a, b, out=out)

    return into_new, into_kept


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
    into_new, into_kept = matrix_products()
    ours, plain = training_step(True), training_step(False)
    rivals = {
        "new": lambda: timed(into_new),
        "kept": lambda: timed(into_kept),
        "ours": lambda: timed(ours),
        "plain": lambda: timed(plain),
    }
    for rival in rivals.values():
        rival()
    found = medians(ROUNDS, **rivals)
    name = "784-1024-1024-10, batch 256, float32: a step / its matrix products"
    return [
        _row(name, found, "ours", "new", 1.11),
        _row("  / the same products into kept arrays", found, "ours", "kept", 1.15),
        _row("  the same without kept buffers", found, "plain", "new", None),
    ]


def _row(question, found, ours, other, limit):
    ratio = found[ours] / found[other]
    measured = f"{ratio:.2f} ({found[ours] * 1e3:.1f} ms / {found[other] * 1e3:.1f} ms)"
    return Row(question, f"<= {limit}" if limit else "-", measured, ratio <= limit if limit else None)
