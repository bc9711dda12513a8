"""What does a whole Solver cost against the training loop that a careful person writes with NumPy?

The workloads and the loops are those of `peers`; here both run in one process, turn by turn, and a few per cent show.
"""

from __future__ import annotations

from functools import partial

from benchmarks.measure import Row, medians, timed
from benchmarks.peers import numpy_by_hand, ours
from benchmarks.peers.turns import epochs_within
from benchmarks.peers.workloads import WORKLOADS, MissingData, arrays, task_of

ROUNDS = 15
TURN = 0.5  # seconds


def rows() -> list[Row]:
    return [_row(workload) for workload in WORKLOADS]


def _row(workload) -> Row:
    question = f"{workload.title}: Solver / by hand"
    try:
        task = task_of(workload, arrays(workload))
    except MissingData as error:
        return Row(question, "<= 1.05", str(error), None)
    solver, hand = ours.prepare(task, "numpy")[0], numpy_by_hand.prepare(task)[0]
    solver(1)
    epochs = epochs_within(workload, timed(partial(hand, 1)), TURN)
    found = medians(ROUNDS, solver=partial(timed, partial(solver, epochs)), hand=partial(timed, partial(hand, epochs)))
    ratio = found["solver"] / found["hand"]
    steps = epochs * workload.steps
    measured = f"{ratio:.2f} ({1e6 * found['solver'] / steps:.1f} / {1e6 * found['hand'] / steps:.1f} us)"
    return Row(question, "<= 1.05", measured, ratio <= 1.05)
