"""Are the forms that some backwards are written in as fast as their comments say?"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 31


def rows() -> list[Row]:
    from chainrule.ops.scatter import added_at, written_at

    rng = np.random.default_rng(0)
    d_out = rng.normal(size=(256, 1024)).astype(np.float32)
    positive = rng.normal(size=d_out.shape) > 0
    zeros = np.zeros_like(d_out)
    every_row = slice(0, 256)
    return [
        _row(
            "relu, (256, 1024): np.where / d_out * mask", lambda: np.where(positive, d_out, 0), lambda: d_out * positive
        ),
        _row(
            "slicing, (256, 1024): adding / writing",
            lambda: added_at(zeros, every_row, d_out),
            lambda: written_at(zeros, every_row, d_out),
        ),
    ]


def _row(question, slow, fast):
    found = medians(ROUNDS, slow=lambda: timed(slow), fast=lambda: timed(fast))
    ratio = found["slow"] / found["fast"]
    return Row(question, "> 2", f"{ratio:.1f} ({found['slow'] * 1e6:.0f} us / {found['fast'] * 1e6:.0f} us)", ratio > 2)
