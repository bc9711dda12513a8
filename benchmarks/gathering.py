"""How large should a gathered block of shuffled rows be, how is it gathered, and how is data looked through for nan?"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 21


def rows() -> list[Row]:
    rng = np.random.default_rng(0)
    like_mnist = rng.random((12_800, 784), np.float32), rng.integers(0, 10, 12_800)
    like_digits = rng.random((1347, 64)), np.eye(10)[rng.integers(0, 10, 1347)]
    return [
        *_blocks("12,800 rows of 784 float32, batch 128", *like_mnist, 128),
        *_blocks("1347 rows of 64 float64, batch 32", *like_digits, 32),
        _finite(like_mnist[0]),
    ]


def _blocks(name, x, y, batch):
    """An epoch's batches, each multiplied by a matrix as a step would."""
    from chainrule.learning import batches

    rng, w = np.random.default_rng(0), np.ones((x.shape[1], 10), x.dtype)

    def epoch(block_bytes):
        usual, batches.BLOCK_BYTES = batches.BLOCK_BYTES, block_bytes
        try:
            for part, _ in batches.Batches(x, y, batch).epoch(rng):
                part.T @ (part @ w)
        finally:
            batches.BLOCK_BYTES = usual

    def by_index():
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            part, _ = x[chosen], y[chosen]
            part.T @ (part @ w)

    found = medians(
        ROUNDS,
        ours=lambda: timed(lambda: epoch(batches.BLOCK_BYTES)),
        large=lambda: timed(lambda: epoch(8 * 2**20)),
        index=lambda: timed(by_index),
    )
    return [
        _row(f"{name}: gathered in blocks / indexed batch by batch", found, "ours", "index", "<= 1.05", 1.05),
        _row("  in blocks of 1 MB / of 8 MB", found, "ours", "large", "<= 1.05", 1.05),
    ]


def _finite(x):
    from chainrule.learning.samples import surely_finite

    found = medians(
        ROUNDS,
        ours=lambda: timed(lambda: surely_finite(x)),
        each=lambda: timed(lambda: np.isfinite(x).all()),
    )
    return _row("12,800 rows of 784: sum of squares / np.isfinite of each entry", found, "ours", "each", "<= 0.8", 0.8)


def _row(question, found, ours, other, asked, limit):
    ratio = found[ours] / found[other]
    measured = f"{ratio:.2f} ({found[ours] * 1e3:.2f} ms / {found[other] * 1e3:.2f} ms)"
    return Row(question, asked, measured, ratio <= limit)
