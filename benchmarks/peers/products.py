"""The matrix products of one step, and nothing else, in NumPy: what a step of a large network can't be faster than."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.workloads import Task


def operands(task: Task):
    """Inputs of each layer, a gradient of each layer's output, and the weights."""
    sizes, rows = task.workload.sizes, task.workload.batch_rows
    rng = np.random.default_rng(0)
    values = [rng.standard_normal((rows, size)).astype(task.workload.dtype) for size in sizes[:-1]]
    gradients = [rng.standard_normal((rows, size)).astype(task.workload.dtype) for size in sizes[1:]]
    return values, gradients, list(task.parameters[::2])


def products_into(kept, values, gradients, weights):
    """The same into arrays that are kept: fresh memory costs as much as a small product."""
    forward, to_weights, to_inputs = kept
    for x, w, out in zip(values, weights, forward, strict=True):
        np.matmul(x, w, out=out)
    for x, d, out in zip(values, gradients, to_weights, strict=True):
        np.matmul(x.T, d, out=out)
    for d, w, out in zip(gradients[1:], weights[1:], to_inputs, strict=True):
        np.matmul(d, w.T, out=out)


def products(values, gradients, weights):
    """Forward; to the weights; to the inputs of all layers but the first. All are given back, so none is left out."""
    forward = [x @ w for x, w in zip(values, weights, strict=True)]
    to_weights = [x.T @ d for x, d in zip(values, gradients, strict=True)]
    to_inputs = [d @ w.T for d, w in zip(gradients[1:], weights[1:], strict=True)]
    return forward, to_weights, to_inputs


def prepare(task: Task, kind: str = "numpy"):
    arrays, steps = operands(task), task.workload.steps
    kept = products(*arrays)

    def train(epochs):
        for _ in range(epochs * steps):
            products_into(kept, *arrays)
        return []

    return train, list
