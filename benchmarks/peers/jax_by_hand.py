"""JAX by hand: value_and_grad under jit, a call for each step; or an epoch as one lax.scan, all on the device."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.workloads import Task, orders


def describe():
    return {"device": f"{jax.default_backend()}: {jax.devices()[0].device_kind}", "version": jax.__version__}


def prepare(task: Task, kind: str):
    jax.config.update("jax_enable_x64", task.workload.dtype == "float64")
    if kind == "jit":
        return by_steps(task)
    return (by_scan_of_steps if task.workload.batch is None else by_scan_of_batches)(task)


def network(parameters, x):
    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    w, b = last
    return x @ w + b


def loss_of(loss):
    def cross_entropy(parameters, x, y):
        log_p = jax.nn.log_softmax(network(parameters, x))
        return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean()

    def squared(parameters, x, y):
        return jnp.mean((network(parameters, x) - y) ** 2)

    def hinge(parameters, x, y):
        return jax.nn.relu(1 - y * network(parameters, x)).mean()

    return {"cross entropy": cross_entropy, "squared": squared, "hinge": hinge}[loss]


def step_of(workload):
    loss = loss_of(workload.loss)

    def step(parameters, rate, x, y):
        value, gradients = jax.value_and_grad(loss)(parameters, x, y)
        decayed = jax.tree.map(lambda p, g: g + workload.decay * p if workload.decay else g, parameters, gradients)
        return jax.tree.map(lambda p, g: p - rate * g, parameters, decayed), value

    return step


def by_steps(task: Task):
    """A call of the compiled step for each batch; losses are fetched once an epoch."""
    workload, x, y = task.workload, task.x, task.y
    step = jax.jit(step_of(workload), donate_argnums=0)
    parameters = list(map(jnp.array, task.parameters))
    order, epoch = orders(workload), 0
    if workload.batch is None:
        x, y = jnp.array(x), jnp.array(y)

    def full_steps(epochs):
        nonlocal parameters, epoch
        losses = []
        for _ in range(epochs):
            parameters, loss = step(parameters, workload.rate_of(epoch), x, y)
            losses.append(loss)
            epoch += 1
        return [float(loss) for loss in losses]

    def shuffled_epoch():
        nonlocal parameters
        rows, losses, sizes = next(order), [], []
        for start in range(0, len(x), workload.batch):
            chosen = rows[start : start + workload.batch]
            parameters, loss = step(parameters, workload.rate, x[chosen], y[chosen])
            losses.append(loss)
            sizes.append(len(chosen))
        return float(np.dot(np.array(losses), sizes)) / len(x)

    def shuffled_epochs(epochs):
        return [shuffled_epoch() for _ in range(epochs)]

    train = full_steps if workload.batch is None else shuffled_epochs
    return train, lambda: list(map(np.asarray, parameters))


def by_scan_of_batches(task: Task):
    """An epoch is a scan over its whole batches; the rows that are left are a step of their own."""
    workload, step = task.workload, step_of(task.workload)
    x, y = jnp.array(task.x), jnp.array(task.y)
    parameters = list(map(jnp.array, task.parameters))
    order, rows = orders(workload), len(task.x)
    whole = rows - rows % workload.batch

    @partial(jax.jit, donate_argnums=0)
    def scanned(parameters, x, y, batches):
        return jax.lax.scan(
            lambda parameters, chosen: step(parameters, workload.rate, x[chosen], y[chosen]), parameters, batches
        )

    def epoch():
        nonlocal parameters
        drawn = next(order).astype(np.int32)
        parameters, losses = scanned(parameters, x, y, drawn[:whole].reshape(-1, workload.batch))
        total = float(np.asarray(losses).sum()) * workload.batch
        if whole < rows:
            parameters, last = scanned(parameters, x, y, drawn[whole:].reshape(1, -1))
            total += float(last[0]) * (rows - whole)
        return total / rows

    return lambda epochs: [epoch() for _ in range(epochs)], lambda: list(map(np.asarray, parameters))


def by_scan_of_steps(task: Task):
    """Steps on all rows: one scan over the learning rates."""
    workload, step = task.workload, step_of(task.workload)
    x, y = jnp.array(task.x), jnp.array(task.y)
    parameters, epoch = list(map(jnp.array, task.parameters)), 0

    @partial(jax.jit, donate_argnums=0)
    def scanned(parameters, x, y, rates):
        return jax.lax.scan(lambda parameters, rate: step(parameters, rate, x, y), parameters, rates)

    def train(epochs):
        nonlocal parameters, epoch
        rates = np.array([workload.rate_of(number) for number in range(epoch, epoch + epochs)], workload.dtype)
        parameters, losses = scanned(parameters, x, y, rates)
        epoch += epochs
        return np.asarray(losses).tolist()

    return train, lambda: list(map(np.asarray, parameters))
