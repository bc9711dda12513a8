"""What does a whole Solver cost against the training loop that a careful person writes with NumPy, and against PyTorch?

The loops by hand make no needless copies, take class numbers where the data has them, and play no tricks with buffers.
Rates are small numbers: what is learned is of no account here, only what it costs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 15
RATE = 1e-3


@dataclass(frozen=True)
class Workload:
    """A network and its data.

    Args:
        name: as the table says it.
        sizes: of the layers; relu between them.
        loss: the name of an op.
        samples: makes x and y.
        by_hand: ``(x, y, parameters, batch, epochs, rng) -> losses``; writes the parameters in place.
        batch: rows a step; None for all.
        epochs: that are timed at once.
        torch_limit: how many times as fast as PyTorch the Solver should be.
    """

    name: str
    sizes: tuple[int, ...]
    loss: str
    samples: Callable[[], tuple[np.ndarray, np.ndarray]]
    by_hand: Callable[..., list[float]]
    batch: int | None
    epochs: int
    torch_limit: float = 1.0

    def parameters(self):
        """``[w1, b1, w2, b2, ...]``, the same at every call."""
        rng, dtype = np.random.default_rng(0), self.samples()[0].dtype
        arrays = [(rng.normal(size=(d, h)) * d**-0.5, np.zeros(h)) for d, h in itertools.pairwise(self.sizes)]
        return [array.astype(dtype) for pair in arrays for array in pair]

    def steps(self):
        """In all timed epochs."""
        rows = len(self.samples()[0])
        return self.epochs * -(-rows // (self.batch or rows))


# -- by hand -----------------------------------------------------------------------------------------------


def linear_regression(x, y, parameters, batch, epochs, rng):
    """Full batch, squared error."""
    w, b = parameters
    losses = []
    for _ in range(epochs):
        difference = x @ w + b - y
        losses.append(float(np.square(difference).mean()))
        d_out = difference * (2 / len(x))
        w -= RATE * (x.T @ d_out)
        b -= RATE * d_out.sum(axis=0)
    return losses


def two_moons(x, t, parameters, batch, epochs, rng):
    """2-16-16-1, full batch, binary cross-entropy of logits."""
    w1, b1, w2, b2, w3, b3 = parameters
    losses = []
    for _ in range(epochs):
        before1 = x @ w1 + b1
        h1 = np.maximum(before1, 0)
        before2 = h1 @ w2 + b2
        h2 = np.maximum(before2, 0)
        z = h2 @ w3 + b3
        e = np.exp(-np.abs(z))
        losses.append(float((np.maximum(z, 0) - t * z + np.log1p(e)).mean()))
        d_z = (np.where(z >= 0, 1, e) / (1 + e) - t) / len(x)
        d_before2 = d_z @ w3.T * (before2 > 0)
        d_before1 = d_before2 @ w2.T * (before1 > 0)
        w3 -= RATE * (h2.T @ d_z)
        b3 -= RATE * d_z.sum(axis=0)
        w2 -= RATE * (h1.T @ d_before2)
        b2 -= RATE * d_before2.sum(axis=0)
        w1 -= RATE * (x.T @ d_before1)
        b1 -= RATE * d_before1.sum(axis=0)
    return losses


def softmax_regression(x, y, parameters, batch, epochs, rng):
    """One layer, minibatches."""
    w, b = parameters
    losses = []
    for _ in range(epochs):
        total = 0.0
        for xs, ys in shuffled(x, y, batch, rng):
            loss, d_logits = cross_entropy(xs @ w + b, ys)
            w -= RATE * (xs.T @ d_logits)
            b -= RATE * d_logits.sum(axis=0)
            total += loss * len(xs)
        losses.append(total / len(x))
    return losses


def two_layers(x, y, parameters, batch, epochs, rng):
    """One hidden layer; minibatches, or all rows at once."""
    w1, b1, w2, b2 = parameters
    losses = []
    for _ in range(epochs):
        total = 0.0
        for xs, ys in shuffled(x, y, batch, rng) if batch else [(x, y)]:
            before = xs @ w1 + b1
            hidden = np.maximum(before, 0)
            loss, d_logits = cross_entropy(hidden @ w2 + b2, ys)
            d_before = d_logits @ w2.T * (before > 0)
            w2 -= RATE * (hidden.T @ d_logits)
            b2 -= RATE * d_logits.sum(axis=0)
            w1 -= RATE * (xs.T @ d_before)
            b1 -= RATE * d_before.sum(axis=0)
            total += loss * len(xs)
        losses.append(total / len(x))
    return losses


def three_layers(x, y, parameters, batch, epochs, rng):
    """Two hidden layers, minibatches."""
    w1, b1, w2, b2, w3, b3 = parameters
    losses = []
    for _ in range(epochs):
        total = 0.0
        for xs, ys in shuffled(x, y, batch, rng):
            before1 = xs @ w1 + b1
            h1 = np.maximum(before1, 0)
            before2 = h1 @ w2 + b2
            h2 = np.maximum(before2, 0)
            loss, d_logits = cross_entropy(h2 @ w3 + b3, ys)
            d_before2 = d_logits @ w3.T * (before2 > 0)
            d_before1 = d_before2 @ w2.T * (before1 > 0)
            w3 -= RATE * (h2.T @ d_logits)
            b3 -= RATE * d_logits.sum(axis=0)
            w2 -= RATE * (h1.T @ d_before2)
            b2 -= RATE * d_before2.sum(axis=0)
            w1 -= RATE * (xs.T @ d_before1)
            b1 -= RATE * d_before1.sum(axis=0)
            total += loss * len(xs)
        losses.append(total / len(x))
    return losses


def shuffled(x, y, batch, rng):
    """An epoch's minibatches."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch):
        rows = order[start : start + batch]
        yield x[rows], y[rows]


def cross_entropy(logits, y):
    """The mean loss and its gradient, for one-hot rows or class numbers."""
    n = len(logits)
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    if y.ndim == 2:
        return float(-(y * (shifted - np.log(sums))).sum() / n), (exponentials / sums - y) / n
    rows = np.arange(n)
    loss = float(np.log(sums).mean() - shifted[rows, y].mean())
    d_logits = exponentials / sums
    d_logits[rows, y] -= 1
    d_logits /= n
    return loss, d_logits


# -- the data ----------------------------------------------------------------------------------------------


def digits():
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    return x[:1347] / 16, np.eye(10)[labels[:1347]]


def like_mnist(rows=12_800, dtype=np.float32):
    """Numbers of MNIST's form, with class numbers."""
    rng = np.random.default_rng(0)
    return rng.random((rows, 784), dtype), rng.integers(0, 10, rows)


def line():
    x = np.linspace(-1, 1, 100)[:, None]
    return x, 2 * x + 1


def moons():
    from sklearn.datasets import make_moons

    x, y = make_moons(100, noise=0.1, random_state=0)
    return x, y[:, None].astype(float)


WORKLOADS = (
    Workload("64-32-10, batch 32", (64, 32, 10), "softmax_cross_entropy", digits, two_layers, 32, 10, 2.5),
    Workload("64-32-10, full batch 1347", (64, 32, 10), "softmax_cross_entropy", digits, two_layers, None, 100),
    Workload("784-10, batch 128", (784, 10), "softmax_cross_entropy", like_mnist, softmax_regression, 128, 1),
    Workload("784-128-10, batch 128", (784, 128, 10), "softmax_cross_entropy", like_mnist, two_layers, 128, 1),
    Workload(
        "784-1024-1024-10, batch 256",
        (784, 1024, 1024, 10),
        "softmax_cross_entropy",
        lambda: like_mnist(256 * 8),
        three_layers,
        256,
        1,
    ),
    Workload("1-D line, 25,000 epochs", (1, 1), "squared_error", line, linear_regression, None, 25_000),
    Workload("2-16-16-1, 100 steps", (2, 16, 16, 1), "binary_cross_entropy_with_logits", moons, two_moons, None, 100),
)


# -- the rivals --------------------------------------------------------------------------------------------


def hand(workload):
    """A function that trains some epochs by hand."""
    x, y = workload.samples()
    parameters, rng = workload.parameters(), np.random.default_rng(0)
    return lambda epochs: workload.by_hand(x, y, parameters, workload.batch, epochs, rng)


def with_solver(workload):
    """A function that trains some more epochs in a Solver of its own; the step is written before."""
    import chainrule.ops
    from chainrule.learning import SGD, Affine, ReLU, Sequential
    from chainrule.learning.solver import Solver

    x, y = workload.samples()
    layers = [layer for pair in itertools.pairwise(workload.sizes) for layer in (Affine(*pair), ReLU())][:-1]
    model = Sequential(layers, dtype=x.dtype)
    model.parameters = dict(zip(model.parameters, workload.parameters(), strict=True))
    loss = getattr(chainrule.ops, workload.loss)
    solver = Solver(model, loss, SGD(learning_rate=RATE), batch_size=workload.batch, progress=False)
    solver.train(x, y, epochs=1)
    return lambda epochs: solver.train(x, y, epochs=solver.epoch + epochs)


def with_torch(workload):
    """The same in PyTorch eager, as its users write it; None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    x, y = map(torch.from_numpy, workload.samples())
    if workload.loss == "softmax_cross_entropy" and y.ndim == 2:
        y = y.argmax(dim=1)
    layers = [
        layer for pair in itertools.pairwise(workload.sizes) for layer in (torch.nn.Linear(*pair), torch.nn.ReLU())
    ][:-1]
    model = torch.nn.Sequential(*layers).to(x.dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    criterion = {
        "softmax_cross_entropy": torch.nn.CrossEntropyLoss,
        "squared_error": torch.nn.MSELoss,
        "binary_cross_entropy_with_logits": torch.nn.BCEWithLogitsLoss,
    }[workload.loss]()

    def train(epochs):
        losses = []
        for _ in range(epochs):
            total = 0.0
            for xs, ys in batches():
                optimizer.zero_grad()
                loss = criterion(model(xs), ys)
                loss.backward()
                optimizer.step()
                total += loss.item() * len(xs)
            losses.append(total / len(x))
        return losses

    def batches():
        if workload.batch is None:
            return [(x, y)]
        return [(x[rows], y[rows]) for rows in torch.randperm(len(x)).split(workload.batch)]

    return train


# -- the table ---------------------------------------------------------------------------------------------


def rows() -> list[Row]:
    return [row for workload in WORKLOADS for row in compare(workload)]


def compare(workload) -> list[Row]:
    """Two comparisons: PyTorch's threads go on spinning for a while, which would be charged to whoever comes next."""
    ours, theirs, torch = with_solver(workload), hand(workload), with_torch(workload)
    epochs, steps = workload.epochs, workload.steps()
    found = medians(ROUNDS, ours=lambda: timed(lambda: ours(epochs)), hand=lambda: timed(lambda: theirs(epochs)))
    ratio = found["ours"] / found["hand"]
    measured = f"{ratio:.2f} ({_micro(found['ours'], steps)} / {_micro(found['hand'], steps)})"
    table = [Row(f"{workload.name}: Solver / by hand", "<= 1.05", measured, ratio <= 1.05)]
    asked = f">= {workload.torch_limit}"
    if torch is None:
        return [*table, Row("  PyTorch eager / Solver", asked, "PyTorch is not installed", None)]
    found = medians(ROUNDS, ours=lambda: timed(lambda: ours(epochs)), torch=lambda: timed(lambda: torch(epochs)))
    times = found["torch"] / found["ours"]
    measured = f"{times:.2f} ({_micro(found['torch'], steps)} / {_micro(found['ours'], steps)})"
    return [*table, Row("  PyTorch eager / Solver", asked, measured, times >= workload.torch_limit)]


def _micro(seconds, steps):
    return f"{seconds / steps * 1e6:.0f} us"
