"""How the learning rate changes from epoch to epoch: ``schedule(epoch, epochs)`` multiplies it.

``epoch`` counts from 0, ``epochs`` is how many the training is to have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from chainrule.learning.records import check_number, check_whole_number, rebuild

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Schedule",
    "Step",
    "WarmUp",
    "schedule_from_configuration",
]


class Schedule(Protocol):
    """Gives the factor for an epoch."""

    def __call__(self, epoch: int, epochs: int) -> float: ...


@dataclass(frozen=True)
class Constant:
    """The optimizer's own learning rate throughout."""

    kind: ClassVar[str] = "schedule"

    def __call__(self, epoch: int, epochs: int) -> float:
        return 1.0


@dataclass(frozen=True)
class Step:
    """``factor ** (epoch // every)``: after every so many epochs the rate is multiplied by ``factor``.

    >>> [Step(every=2, factor=0.5)(epoch, 6) for epoch in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    every: int = 30
    factor: float = 0.1
    kind: ClassVar[str] = "schedule"

    def __post_init__(self) -> None:
        check_whole_number(self, "every", least=1)
        check_number(self, "factor", above=0)

    def __call__(self, epoch: int, epochs: int) -> float:
        return self.factor ** (epoch // self.every)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave from 1 down to ``minimum``, which it would reach after the last epoch.

    ``minimum + (1 - minimum) (1 + cos(pi epoch / epochs)) / 2``: Loshchilov and Hutter, "SGDR: Stochastic
    gradient descent with warm restarts", ICLR 2017, equation 5, without restarts.

    >>> [round(Cosine(minimum=0.1)(epoch, 4), 4) for epoch in range(5)]
    [1.0, 0.8682, 0.55, 0.2318, 0.1]
    """

    minimum: float = 0.0
    kind: ClassVar[str] = "schedule"

    def __post_init__(self) -> None:
        check_number(self, "minimum", least=0, below=1)

    def __call__(self, epoch: int, epochs: int) -> float:
        progress = min(epoch / epochs, 1)
        return self.minimum + (1 - self.minimum) * (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True)
class WarmUp:
    """Rises in equal steps to where ``then`` begins, and leaves the epochs after that to ``then``.

    Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2: the first steps, when the gradients
    change fastest, are small ones.

    >>> [WarmUp(epochs=4, then=Step(2, 0.5))(epoch, 8) for epoch in range(8)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 0.5, 0.5]
    """

    epochs: int = 5
    then: Schedule = Constant()
    kind: ClassVar[str] = "schedule"

    def __post_init__(self) -> None:
        check_whole_number(self, "epochs", least=1)
        if not callable(self.then):
            raise TypeError(f"WarmUp: then is {self.then!r}; expected a schedule, such as Cosine()")

    def __call__(self, epoch: int, epochs: int) -> float:
        remaining = max(epochs - self.epochs, 1)
        if epoch < self.epochs:
            return (epoch + 1) / self.epochs * self.then(0, remaining)
        return self.then(epoch - self.epochs, remaining)


SCHEDULES: dict[str, type[Any]] = {"constant": Constant, "step": Step, "cosine": Cosine, "warmup": WarmUp}


def schedule_from_configuration(configuration: Any) -> Schedule:
    """The schedule that `describe` wrote down."""
    known = {schedule.__name__: schedule for schedule in SCHEDULES.values()}
    schedule: Schedule = rebuild(configuration, "schedule", known, inside={"schedule": known})
    return schedule
