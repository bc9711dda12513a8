"""PyTensor: a function with shared parameters and their updates, called once a batch."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt

from benchmarks.peers.workloads import Task, orders


def describe():
    return {"device": f"CPU, mode {pytensor.config.mode}, linker {pytensor.config.linker}",
            "version": pytensor.__version__}  # fmt: skip


def prepare(task: Task, kind: str = ""):
    workload = task.workload
    pytensor.config.floatX = workload.dtype
    x = pt.matrix("x", dtype=workload.dtype)
    y = pt.lvector("y") if workload.loss == "cross entropy" else pt.matrix("y", dtype=workload.dtype)
    rate = pt.scalar("rate", dtype=workload.dtype)
    parameters = [pytensor.shared(array.copy(), name=f"p{number}") for number, array in enumerate(task.parameters)]
    loss = loss_of(workload.loss, network(parameters, x), y)
    gradients = pt.grad(loss, parameters)
    updates = [(p, p - rate * (g + workload.decay * p if workload.decay else g))
               for p, g in zip(parameters, gradients, strict=True)]  # fmt: skip
    step = pytensor.function([x, y, rate], loss, updates=updates)
    order, epoch = orders(workload), 0

    def shuffled_epoch(speed):
        rows, total = next(order), 0.0
        for start in range(0, len(task.x), workload.batch):
            chosen = rows[start : start + workload.batch]
            total += float(step(task.x[chosen], task.y[chosen], speed)) * len(chosen)
        return total / len(task.x)

    def train(epochs):
        nonlocal epoch
        losses = []
        for _ in range(epochs):
            speed = np.asarray(workload.rate_of(epoch), workload.dtype)
            losses.append(
                float(step(task.x, task.y, speed)) if workload.batch is None else shuffled_epoch(speed)
            )  # fmt: skip
            epoch += 1
        return losses

    return train, lambda: [parameter.get_value() for parameter in parameters]


def network(parameters, x):
    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
    for w, b in hidden:
        x = pt.maximum(x @ w + b, 0)
    w, b = last
    return x @ w + b


def loss_of(loss, out, y):
    if loss == "cross entropy":
        log_p = pt.special.log_softmax(out, axis=1)
        return -log_p[pt.arange(y.shape[0]), y].mean()
    if loss == "squared":
        return ((out - y) ** 2).mean()
    return pt.maximum(1 - y * out, 0).mean()
