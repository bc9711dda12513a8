"""What does a mask of dropout cost, 128 by 512 from float64 numbers, on NumPy and on XLA's CPU?"""

from __future__ import annotations

import importlib.util
from functools import partial

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 31
SHAPE = 128, 512
RATE = 0.2
KEY = np.array([2014, 1], np.uint64)


def on_numpy():
    from chainrule.ops.drawing import uniform

    return lambda: uniform(KEY, 1, SHAPE) < 1 - RATE


def product():
    """The matrix product of a layer that such a mask follows, to compare with."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=SHAPE), rng.normal(size=(512, 512))
    return lambda: x @ w


def on_xla(**options):
    """With JAX's own loop over the rounds, or without."""
    import jax

    from chainrule.compiling.xla import philox

    with jax.enable_x64(True):
        draw = jax.jit(lambda key: philox.uniform(jax.numpy, key, 1, SHAPE, **options) < 1 - RATE)
        draw(KEY)

    def run():
        with jax.enable_x64(True):
            draw(KEY).block_until_ready()

    return run


def by_jax():
    """JAX's own generator, threefry, which draws 32 bits an entry, and other masks."""
    import jax

    key = jax.random.key(2014)
    draw = jax.jit(lambda key: jax.random.bernoulli(key, 1 - RATE, SHAPE))
    return lambda: draw(key).block_until_ready()


def rows() -> list[Row]:
    question = "a mask of 128 x 512: XLA's CPU / NumPy"
    rivals = {"numpy": on_numpy(), "product": product()}
    if importlib.util.find_spec("jax") is None:
        return [Row(question, "<= 3", "JAX is not installed", None)]
    import jax

    rivals |= {"xla": on_xla(loop=jax.lax.fori_loop), "unrolled": on_xla(), "threefry": by_jax()}
    for run in rivals.values():
        run()
    times = medians(ROUNDS, **{name: partial(timed, run) for name, run in rivals.items()})
    ratio = times["xla"] / times["numpy"]
    listed = ", ".join(f"{name} {1e6 * seconds:.0f} us" for name, seconds in times.items())
    return [
        Row(question, "<= 3", f"{ratio:.2f} ({listed})", ratio <= 3),
        Row("the same: without JAX's loop / with it", "", f"{times['unrolled'] / times['xla']:.1f}", None),
    ]
