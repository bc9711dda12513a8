"""What does a step of a 64-32-10 network cost inside Solver, against the same step by hand and PyTorch eager?"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 21


def by_hand(x, y, batch, epochs, seed):
    """The training loop that a careful person writes with NumPy."""
    rng = np.random.default_rng(seed)
    w1, b1 = rng.normal(size=(64, 32)) * 0.1, np.zeros(32)
    w2, b2 = rng.normal(size=(32, 10)) * 0.1, np.zeros(10)
    rate, losses = 1e-2, []
    for _ in range(epochs):
        order = rng.permutation(len(x)) if batch else None
        total = 0.0
        for start in range(0, len(x), batch or len(x)):
            rows = order[start : start + batch] if batch else slice(None)
            xs, ys = x[rows], y[rows]
            n = len(xs)
            before = xs @ w1 + b1
            hidden = np.maximum(before, 0)
            logits = hidden @ w2 + b2
            shifted = logits - logits.max(axis=1, keepdims=True)
            exponentials = np.exp(shifted)
            sums = exponentials.sum(axis=1, keepdims=True)
            loss = -np.sum(ys * (shifted - np.log(sums))) / n
            d_logits = (exponentials / sums - ys) / n
            d_w2 = hidden.T @ d_logits
            d_b2 = d_logits.sum(axis=0)
            d_hidden = d_logits @ w2.T
            d_before = d_hidden * (before > 0)
            d_w1 = xs.T @ d_before
            d_b1 = d_before.sum(axis=0)
            w1 -= rate * d_w1
            b1 -= rate * d_b1
            w2 -= rate * d_w2
            b2 -= rate * d_b2
            total += loss * n
        losses.append(total / len(x))
    return losses


def with_solver(x, y, batch):
    """A function that trains some more epochs; the step is compiled before."""
    from chainrule.learning import SGD, Affine, ReLU, Sequential
    from chainrule.learning.solver import Solver
    from chainrule.ops import softmax_cross_entropy

    model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)])
    solver = Solver(model, softmax_cross_entropy, SGD(learning_rate=1e-2), batch_size=batch, progress=False)
    solver.train(x, y, epochs=1)
    return lambda epochs: solver.train(x, y, epochs=solver.epoch + epochs)


def with_torch(x, y, batch):
    """The same in PyTorch eager, as its users write it; None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    criterion = torch.nn.CrossEntropyLoss()
    x, labels = torch.from_numpy(x), torch.from_numpy(y.argmax(axis=1))

    def train(epochs):
        for _ in range(epochs):
            order = torch.randperm(len(x)) if batch else None
            total = 0.0
            for start in range(0, len(x), batch or len(x)):
                rows = order[start : start + batch] if batch else slice(None)
                optimizer.zero_grad()
                loss = criterion(model(x[rows]), labels[rows])
                loss.backward()
                optimizer.step()
                total += loss.item()

    return train


def rows() -> list[Row]:
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    x, y = x[:1347] / 16, np.eye(10)[labels[:1347]]
    return [
        *_compare(x, y, batch=32, epochs=15, hand_limit=1.15, torch_limit=2.5),
        *_compare(x, y, batch=None, epochs=100, hand_limit=1.05, torch_limit=None),
    ]


def _compare(x, y, batch, epochs, hand_limit, torch_limit):
    solver, torch_train = with_solver(x, y, batch), with_torch(x, y, batch)

    def ours():
        return timed(lambda: solver(epochs))

    def hand():
        return timed(lambda: by_hand(x, y, batch, epochs, 0))

    # Two comparisons: PyTorch's threads go on spinning for a while, which would be charged to whoever comes next.
    found = medians(ROUNDS, ours=ours, hand=hand)
    steps = epochs * -(-len(x) // (batch or len(x)))
    ratio = found["ours"] / found["hand"]
    name = f"64-32-10, batch {batch or len(x)}, float64: a step in Solver / by hand"
    measured = f"{ratio:.2f} ({_micro(found['ours'], steps)} / {_micro(found['hand'], steps)})"
    table = [Row(name, f"<= {hand_limit}", measured, ratio <= hand_limit)]
    asked = f">= {torch_limit}" if torch_limit else "-"
    if torch_train is None:
        return [*table, Row("  PyTorch eager / ours", asked, "PyTorch is not installed", None)]
    found = medians(ROUNDS, ours=ours, torch=lambda: timed(lambda: torch_train(epochs)))
    times = found["torch"] / found["ours"]
    measured = f"{times:.2f} ({_micro(found['torch'], steps)} / {_micro(found['ours'], steps)})"
    return [*table, Row("  PyTorch eager / ours", asked, measured, times >= (torch_limit or 0))]


def _micro(seconds, steps):
    return f"{seconds / steps * 1e6:.0f} us"
