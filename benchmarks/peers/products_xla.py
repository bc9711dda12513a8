"""The matrix products of one step, and nothing else, compiled by XLA."""

from __future__ import annotations

import statistics
import time

import jax
import jax.numpy as jnp

from benchmarks.peers.jax_by_hand import describe
from benchmarks.peers.products import operands, products
from benchmarks.peers.workloads import Task

__all__ = ["describe", "device_rates", "prepare"]

SIDE = 4096  # of the matrices that a device's rates are measured with
RUNS = 7


def device_rates() -> dict[str, float]:
    """Multiplications and additions a second of a float32 product, and bytes a second of ``a + 1``, on JAX's device."""
    x = jnp.ones((SIDE, SIDE), jnp.float32)
    product, added = jax.jit(jnp.matmul), jax.jit(lambda x: x + 1)
    return {"products": 2 * SIDE**3 / _seconds(product, x, x), "movement": 2 * x.nbytes / _seconds(added, x)}


def _seconds(call, *arrays) -> float:
    found = []
    for _ in range(RUNS):
        started = time.perf_counter()
        jax.block_until_ready(call(*arrays))
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def prepare(task: Task, kind: str = "xla"):
    arrays, steps = jax.tree.map(jnp.array, operands(task)), task.workload.steps
    compiled = jax.jit(products)

    def train(epochs):
        for _ in range(epochs * steps):
            results = compiled(*arrays)
        jax.block_until_ready(results)
        return []

    return train, list
