"""chainrule, as its users write it: a Sequential, an op as the loss, SGD, and a Solver with either engine."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.peers.workloads import ORDER_SEED, Task, Workload
from chainrule import Op
from chainrule.learning import SGD, Affine, ReLU, Sequential, Solver
from chainrule.ops import softmax_cross_entropy, squared_error


def hinge_forward(scores, target):
    margins = 1 - target * scores
    return np.mean(np.maximum(margins, 0)), (margins, target)


def hinge_backward(saved, d_out):
    margins, target = saved
    return -target * (margins > 0) * (d_out / len(target)), None


@dataclass(frozen=True)
class Cooling:
    """The workload's own rates. A dataclass: what a schedule is that looks at nothing else."""

    workload: Workload

    def __call__(self, epoch, epochs):
        return self.workload.rate_of(epoch) / self.workload.rate


LOSSES = {
    "cross entropy": softmax_cross_entropy,
    "squared": squared_error,
    "hinge": Op(hinge_forward, hinge_backward, name="hinge"),
}


def prepare(task: Task, kind: str):
    workload = task.workload
    layers = []
    for inputs, outputs in pairwise(workload.sizes):
        layers += [Affine(inputs, outputs), ReLU()]
    model = Sequential(layers[:-1], dtype=workload.dtype)
    model.parameters = dict(zip(model.parameters, task.parameters, strict=True))
    solver = Solver(
        model,
        LOSSES[workload.loss],
        SGD(workload.rate, weight_decay=workload.decay),
        schedule=Cooling(workload),
        batch_size=workload.batch,
        rng=ORDER_SEED,
        engine=kind,
        progress=False,
    )
    x, y = task.x, task.one_hot()

    def train(epochs):
        history = solver.train(x, y, epochs=solver.epoch + epochs)
        return [row["train_loss"] for row in history.rows[-epochs:]]

    return train, lambda: list(model.parameters.values())
