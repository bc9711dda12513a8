"""How much faster does EDF's logistic regression on 28x28 digits train through its compiled step than node by node?"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, medians, timed

BATCH, EPOCHS, ROUNDS = 64, 10, 7


class Training:
    """A graph with its data; every run trains it from the same start."""

    def __init__(self, X, Y):
        from chainrule.courses import edf

        self.X, self.Y = X, Y
        with edf.Graph() as self.graph:
            self.x, self.y = edf.Input(), edf.Input()
            weights = edf.AffineParams(X.shape[1], 1, rng=np.random.default_rng(0))
            p = edf.SingleProbToProbVector(edf.Sigmoid(edf.Affine(weights, self.x)))
            self.loss = edf.CrossEntropyLoss(p, self.y)
            self.step = edf.CompiledStep(self.loss)
        self.start = [parameter.value for parameter in self.graph.Parameters]
        self.step.epoch(X[:BATCH], Y[:BATCH], batch_size=BATCH)  # compiled before anything is timed

    def restart(self):
        for parameter, value in zip(self.graph.Parameters, self.start, strict=True):
            parameter.value = value

    def rows(self):
        return [slice(start, start + BATCH) for start in range(0, len(self.X) - BATCH + 1, BATCH)]

    def node_by_node(self):
        from chainrule.courses import edf

        with self.graph:
            for _ in range(EPOCHS):
                for rows in self.rows():
                    self.x.value, self.y.value = self.X[rows], self.Y[rows]
                    edf.Forward()
                    edf.Backward(self.loss)
                    edf.UpdateParameters()

    def step_by_step(self):
        for _ in range(EPOCHS):
            for rows in self.rows():
                self.step(self.X[rows], self.Y[rows])

    def epoch_by_epoch(self):
        for _ in range(EPOCHS):
            self.step.epoch(self.X, self.Y, batch_size=BATCH)

    def seconds(self, run):
        self.restart()
        return timed(run)


def rows() -> list[Row]:
    from chainrule.courses import edf
    from chainrule.data import mnist

    try:
        parts = mnist(28, digits=(1, 8))
    except FileNotFoundError:
        return [Row("EDF on 28x28: node by node / compiled", ">= 5", "needs MNIST: chainrule data fetch mnist", None)]
    edf.learning_rate = 0.5
    training = Training(parts.train.x.astype(np.float32), parts.train.y)
    seconds = medians(
        ROUNDS,
        nodes=lambda: training.seconds(training.node_by_node),
        steps=lambda: training.seconds(training.step_by_step),
        epochs=lambda: training.seconds(training.epoch_by_epoch),
    )
    ends = []
    for run in (training.node_by_node, training.step_by_step, training.epoch_by_epoch):
        training.seconds(run)
        ends.append(training.graph.parameters())
    apart = max(float(np.abs(end[name] - ends[0][name]).max()) for end in ends for name in end)
    by_epoch, by_step = seconds["nodes"] / seconds["epochs"], seconds["nodes"] / seconds["steps"]
    return [
        Row(
            "EDF logistic regression on 28x28, 10 epochs: node by node / CompiledStep.epoch",
            ">= 5",
            f"{by_epoch:.2f} ({seconds['nodes']:.3f} s and {seconds['epochs']:.3f} s)",
            by_epoch >= 5,
        ),
        Row("  node by node / CompiledStep, one call a batch", "no figure", f"{by_step:.2f}", None),
        Row("  parameters apart after it", "<= 1e-6", f"{apart:.1e}", apart <= 1e-6),
    ]
