"""NumPy by hand: the training that a careful person writes for one network, its derivatives worked out on paper.

Networks of up to two hidden layers have a step of their own, line by line, as one writes it; a loop over layers serves
those of any depth.
"""

from __future__ import annotations

import numpy as np

from benchmarks.peers.workloads import Task, orders


def prepare(task: Task, kind: str = ""):
    workload = task.workload
    x, y = task.x, task.one_hot()
    parameters = [array.copy() for array in task.parameters]
    step = {2: no_hidden, 3: one_hidden, 4: two_hidden}.get(len(workload.sizes), any_depth)
    loss_and_gradient = {"cross entropy": cross_entropy, "squared": squared, "hinge": hinge}[workload.loss]
    order, epoch = orders(workload), 0

    def train(epochs):
        nonlocal epoch
        losses = []
        for _ in range(epochs):
            rate = workload.rate_of(epoch)
            if workload.batch is None:
                losses.append(float(step(parameters, x, y, loss_and_gradient, rate, workload.decay)))
            else:
                losses.append(shuffled_epoch(rate))
            epoch += 1
        return losses

    def shuffled_epoch(rate):
        rows, total = next(order), 0.0
        for start in range(0, len(x), workload.batch):
            chosen = rows[start : start + workload.batch]
            loss = step(parameters, x[chosen], y[chosen], loss_and_gradient, rate, workload.decay)
            total += float(loss) * len(chosen)
        return total / len(x)

    return train, lambda: parameters


def cross_entropy(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(y * (shifted - np.log(sums))) / len(y)
    return loss, (exponentials / sums - y) / len(y)


def squared(prediction, y):
    difference = prediction - y
    return np.mean(difference**2), difference * (2 / len(y))


def hinge(scores, y):
    margins = 1 - y * scores
    return np.mean(np.maximum(margins, 0)), -y * (margins > 0) / len(y)


def no_hidden(parameters, x, y, loss_and_gradient, rate, decay):
    w, b = parameters
    loss, d_out = loss_and_gradient(x @ w + b, y)
    d_w = x.T @ d_out
    d_b = d_out.sum(axis=0)
    w -= rate * d_w
    b -= rate * d_b
    return loss


def one_hidden(parameters, x, y, loss_and_gradient, rate, decay):
    w1, b1, w2, b2 = parameters
    before = x @ w1 + b1
    hidden = np.maximum(before, 0)
    loss, d_out = loss_and_gradient(hidden @ w2 + b2, y)
    d_w2 = hidden.T @ d_out
    d_b2 = d_out.sum(axis=0)
    d_before = (d_out @ w2.T) * (before > 0)
    d_w1 = x.T @ d_before
    d_b1 = d_before.sum(axis=0)
    w1 -= rate * d_w1
    b1 -= rate * d_b1
    w2 -= rate * d_w2
    b2 -= rate * d_b2
    return loss


def two_hidden(parameters, x, y, loss_and_gradient, rate, decay):
    w1, b1, w2, b2, w3, b3 = parameters
    before1 = x @ w1 + b1
    hidden1 = np.maximum(before1, 0)
    before2 = hidden1 @ w2 + b2
    hidden2 = np.maximum(before2, 0)
    loss, d_out = loss_and_gradient(hidden2 @ w3 + b3, y)
    d_before2 = (d_out @ w3.T) * (before2 > 0)
    d_before1 = (d_before2 @ w2.T) * (before1 > 0)
    gradients = (
        x.T @ d_before1, d_before1.sum(axis=0),
        hidden1.T @ d_before2, d_before2.sum(axis=0),
        hidden2.T @ d_out, d_out.sum(axis=0),
    )  # fmt: skip
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if decay:
            gradient += decay * parameter
        parameter -= rate * gradient
    return loss


def any_depth(parameters, x, y, loss_and_gradient, rate, decay):
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    outputs = [x]
    for w, b in layers[:-1]:
        outputs.append(np.maximum(outputs[-1] @ w + b, 0))
    w, b = layers[-1]
    loss, d_out = loss_and_gradient(outputs[-1] @ w + b, y)
    for (w, b), below in zip(reversed(layers), reversed(outputs), strict=True):
        d_w, d_b = below.T @ d_out, d_out.sum(axis=0)
        if below is not x:
            d_out = (d_out @ w.T) * (below > 0)
        w -= rate * d_w
        b -= rate * d_b
    return loss
