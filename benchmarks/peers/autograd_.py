"""autograd (HIPS): a loss in autograd.numpy, value_and_grad, parameters updated as NumPy arrays."""

from __future__ import annotations

import autograd.numpy as np
from autograd import value_and_grad
from autograd.scipy.special import logsumexp

from benchmarks.peers.workloads import Task, orders


def prepare(task: Task, kind: str = ""):
    workload = task.workload
    x, y = task.x, task.one_hot()
    parameters = [array.copy() for array in task.parameters]
    loss_and_gradients = value_and_grad(loss_of(workload.loss))
    order, epoch = orders(workload), 0

    def step(x, y):
        loss, gradients = loss_and_gradients(parameters, x, y)
        rate = workload.rate_of(epoch)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= rate * (gradient + workload.decay * parameter if workload.decay else gradient)
        return float(loss)

    def shuffled_epoch():
        rows, total = next(order), 0.0
        for start in range(0, len(x), workload.batch):
            chosen = rows[start : start + workload.batch]
            total += step(x[chosen], y[chosen]) * len(chosen)
        return total / len(x)

    def train(epochs):
        nonlocal epoch
        losses = []
        for _ in range(epochs):
            losses.append(step(x, y) if workload.batch is None else shuffled_epoch())
            epoch += 1
        return losses

    return train, lambda: parameters


def network(parameters, x):
    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
    for w, b in hidden:
        x = np.maximum(np.dot(x, w) + b, 0)
    w, b = last
    return np.dot(x, w) + b


def loss_of(loss):
    def cross_entropy(parameters, x, y):
        logits = network(parameters, x)
        return -np.sum(y * (logits - logsumexp(logits, axis=1, keepdims=True))) / len(y)

    def squared(parameters, x, y):
        return np.mean((network(parameters, x) - y) ** 2)

    def hinge(parameters, x, y):
        return np.mean(np.maximum(1 - y * network(parameters, x), 0))

    return {"cross entropy": cross_entropy, "squared": squared, "hinge": hinge}[loss]
