"""MyGrad: tensors and their backward(), parameters updated through ``.data``."""

from __future__ import annotations

import mygrad as mg
from mygrad.nnet.activations import relu
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks.peers.workloads import Task, orders


def prepare(task: Task, kind: str = ""):
    workload = task.workload
    parameters = [mg.tensor(array.copy()) for array in task.parameters]
    order, epoch = orders(workload), 0

    def step(x, y):
        loss = loss_of(workload.loss, network(parameters, x), y)
        loss.backward()
        rate = workload.rate_of(epoch)
        for parameter in parameters:
            gradient = parameter.grad + workload.decay * parameter.data if workload.decay else parameter.grad
            parameter.data -= rate * gradient
        return loss.item()

    def shuffled_epoch():
        rows, total = next(order), 0.0
        for start in range(0, len(task.x), workload.batch):
            chosen = rows[start : start + workload.batch]
            total += step(task.x[chosen], task.y[chosen]) * len(chosen)
        return total / len(task.x)

    def train(epochs):
        nonlocal epoch
        losses = []
        for _ in range(epochs):
            losses.append(step(task.x, task.y) if workload.batch is None else shuffled_epoch())
            epoch += 1
        return losses

    return train, lambda: [parameter.data for parameter in parameters]


def network(parameters, x):
    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
    for w, b in hidden:
        x = relu(x @ w + b)
    w, b = last
    return x @ w + b


def loss_of(loss, out, y):
    if loss == "cross entropy":
        return softmax_crossentropy(out, y)
    if loss == "squared":
        return mg.mean((out - y) ** 2)
    return mg.mean(mg.maximum(1 - y * out, 0))
