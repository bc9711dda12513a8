"""scikit-learn: MLPClassifier with plain SGD, an epoch a partial_fit; LogisticRegression, which solves another way."""

from __future__ import annotations

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.workloads import Task, orders


def prepare(task: Task, kind: str = "mlp"):
    workload = task.workload
    if workload.loss != "cross entropy":
        raise NotImplementedError(f"no {workload.loss} loss")
    model = MLPClassifier(
        hidden_layer_sizes=workload.sizes[1:-1],
        solver="sgd",
        momentum=0,
        alpha=0,
        learning_rate_init=workload.rate,
        batch_size=workload.batch_rows,
        shuffle=False,  # rows come in the order that all peers see
    )
    classes = np.arange(workload.sizes[-1])
    order, started = orders(workload), False

    def epoch():
        rows = slice(None) if workload.batch is None else next(order)
        model.partial_fit(task.x[rows], task.y[rows], classes=classes)
        return float(model.loss_)

    def train(epochs):
        nonlocal started
        if not started:
            start_from(model, task, classes)
            started = True
        return [epoch() for _ in range(epochs)]

    def parameters():
        return [array for pair in zip(model.coefs_, model.intercepts_, strict=True) for array in pair]

    return train, parameters


def start_from(model, task: Task, classes) -> None:
    """Make the model's arrays with a first call on few rows, and write the common first weights over them."""
    batch, model.batch_size = model.batch_size, "auto"
    model.partial_fit(task.x[:20], task.y[:20], classes=classes)
    model.batch_size = batch
    arrays = [array for pair in zip(model.coefs_, model.intercepts_, strict=True) for array in pair]
    for array, first in zip(arrays, task.parameters, strict=True):
        array[...] = first


def seconds_to(task: Task, loss: float) -> dict[str, float]:
    """The time of the shortest fit whose loss on the training rows is not above ``loss``."""
    iterations = 1
    while True:
        model = LogisticRegression(C=np.inf, max_iter=iterations, tol=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            started = time.perf_counter()
            model.fit(task.x, task.y)
            seconds = time.perf_counter() - started
        reached = float(log_loss(task.y, model.predict_proba(task.x)))
        if reached <= loss or iterations >= 1024:
            return {"seconds": seconds, "iterations": iterations, "loss": reached}
        iterations = max(iterations + 1, int(iterations * 1.3))
