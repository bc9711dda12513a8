"""What is trained, as data: sizes, rows, batch, loss, rate. All get the same arrays, weights and order of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["LARGE", "SMALL", "WORKLOADS", "MissingData", "Task", "Workload", "arrays", "orders", "task_of"]

ORDER_SEED = 1  # the order of rows, drawn anew for each epoch by every peer from a generator of its own


class MissingData(Exception):
    """Data that has to be fetched first."""


@dataclass(frozen=True)
class Workload:
    """A training that all peers do alike.

    Args:
        name: for files, tables and pictures.
        title: for people.
        sizes: of the layers, inputs first; ReLU between them.
        rows: of the data.
        batch: rows a step; None for all of them, in their own order.
        dtype: what its users would have.
        loss: ``"cross entropy"``, ``"squared"`` or ``"hinge"``, a mean over the batch.
        rate: the learning rate; SGD without momentum.
        epochs: in one turn.
        trial: epochs in the first call, which says what is paid once.
        decay: added to each gradient, times the parameter.
        cooling: what part of the rate is gone after ``epochs`` epochs, linearly; then it starts again.
        data: ``"digits"``, ``"mnist"``, ``"line"``, ``"moons"`` or ``"random"``.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    rows: int
    batch: int | None
    dtype: str
    loss: str
    rate: float
    epochs: int
    trial: int = 1
    decay: float = 0.0
    cooling: float = 0.0
    data: str = "random"

    @property
    def batch_rows(self) -> int:
        """Rows of a whole batch."""
        return self.batch or self.rows

    @property
    def steps(self) -> int:
        """Steps an epoch; the last may have fewer rows."""
        return -(-self.rows // self.batch_rows)

    def rate_of(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        return self.rate * (1 - self.cooling * (epoch % self.epochs) / self.epochs)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Task:
    """A workload with its arrays, as a worker gives it to its peer.

    Args:
        x: inputs, shape (N, D).
        y: class numbers, shape (N,); or numbers, shape (N, 1).
        parameters: the first weights and biases in turn, ``w1, b1, w2, b2 ...``; each peer makes copies of its own.
    """

    workload: Workload
    x: np.ndarray
    y: np.ndarray
    parameters: tuple[np.ndarray, ...]

    def one_hot(self) -> np.ndarray:
        """The class numbers as rows, for those who work with rows; other targets as they are."""
        if self.workload.loss != "cross entropy":
            return self.y
        return np.eye(self.workload.sizes[-1], dtype=self.workload.dtype)[self.y]


SMALL = Workload(
    "digits-32", "64-32-10, batch 32", (64, 32, 10), 1347, 32, "float64", "cross entropy", 0.1, 40, 3, data="digits"
)
LARGE = Workload(
    "large", "784-1024-1024-10, batch 256", (784, 1024, 1024, 10), 2048, 256, "float32", "cross entropy", 0.01, 1
)
MNIST_ROWS = 60_000
WORKLOADS = (
    SMALL,
    Workload(
        "digits-1347", "64-32-10, batch 1347", (64, 32, 10), 1347, None, "float64", "cross entropy", 0.1, 100, 3,
        data="digits",
    ),
    Workload(
        "mnist-linear", "784-10, batch 128, MNIST", (784, 10), MNIST_ROWS, 128, "float32", "cross entropy", 0.1, 1,
        data="mnist",
    ),
    Workload(
        "mnist-128", "784-128-10, batch 128, MNIST", (784, 128, 10), MNIST_ROWS, 128, "float32", "cross entropy", 0.1,
        1, data="mnist",
    ),
    LARGE,
    # 876 houses, as on the course sheet that trains for 25,000 epochs.
    Workload("line", "linear regression, 25,000 epochs", (1, 1), 876, None, "float64", "squared", 0.1, 25_000, 50,
             data="line"),
    # micrograd's demo: 2e-4 is the gradient of its regularization, 1e-4 times the sum of squares.
    Workload("moons", "two moons, 2-16-16-1, 100 steps", (2, 16, 16, 1), 100, None, "float64", "hinge", 1.0, 100, 3,
             decay=2e-4, cooling=0.9, data="moons"),
)  # fmt: skip


def task_of(workload: Workload, found: dict[str, np.ndarray]) -> Task:
    """The workload with what `arrays` made, in that order."""
    x, y, *parameters = found.values()
    return Task(workload, x, y, tuple(parameters))


def orders(workload: Workload) -> Iterator[np.ndarray]:
    """The order of the rows in each epoch: drawn as `Solver` draws it, so that all peers see the same batches."""
    rng = np.random.default_rng(ORDER_SEED)
    while True:
        yield rng.permutation(workload.rows)


def arrays(workload: Workload) -> dict[str, np.ndarray]:
    """The data and the first parameters, seeded."""
    rng = np.random.default_rng(0)
    x, y = _DATA[workload.data](workload, rng)
    parameters = {}
    for number, (inputs, outputs) in enumerate(pairwise(workload.sizes), 1):
        parameters[f"w{number}"] = (rng.normal(size=(inputs, outputs)) / np.sqrt(inputs)).astype(workload.dtype)
        parameters[f"b{number}"] = np.zeros(outputs, workload.dtype)
    return {"x": x.astype(workload.dtype), "y": y, **parameters}


def _digits(workload: Workload, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x[: workload.rows] / 16, y[: workload.rows]


def _mnist(workload: Workload, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    train = mnist_parts().train
    return train.x[: workload.rows], train.y[: workload.rows]


def mnist_parts() -> Any:
    """MNIST's two parts, float32; `MissingData` where the files are not here."""
    from chainrule.data import mnist

    try:
        return mnist(dtype=np.float32)
    except FileNotFoundError as error:
        raise MissingData("MNIST is not here; `chainrule data fetch mnist` brings it") from error


def _line(workload: Workload, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.uniform(size=(workload.rows, 1))
    return x, 0.7 * x + 0.1 + rng.normal(scale=0.05, size=x.shape)


def _moons(workload: Workload, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_moons

    x, labels = make_moons(n_samples=workload.rows, noise=0.1, random_state=1)
    return x, (2.0 * labels - 1)[:, None]


def _random(workload: Workload, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.standard_normal((workload.rows, workload.sizes[0]), dtype=np.float32)
    return x, rng.integers(0, workload.sizes[-1], workload.rows)


_DATA = {"digits": _digits, "mnist": _mnist, "line": _line, "moons": _moons, "random": _random}
