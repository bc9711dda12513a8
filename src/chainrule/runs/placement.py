"""Where a training runs, and where its state is kept: all that doesn't change what is learned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chainrule.compiling import XLA, join
from chainrule.data import Dataset
from chainrule.learning import Solver
from chainrule.runs.settings import EngineName, TrainingSettings

__all__ = ["Placement", "parse_devices"]


@dataclass(frozen=True)
class Placement:
    """On which devices, as one of which processes, and from which checkpoint.

    Args:
        devices: of the XLA engine; None for one, or all with a coordinator.
        coordinator: ``host:port`` of process 0, if there are many.
        processes, process_id: how many, and which of them this is.
        rows: whether each process gets all training rows, or its own share.
        checkpoint: file to keep the state in, if any.
        checkpoint_every: epochs between two times.
        resume: whether to go on from that file, if it is there.
    """

    devices: int | Literal["all"] | None = None
    coordinator: str | None = None
    processes: int | None = None
    process_id: int | None = None
    rows: Literal["all", "own"] = "all"
    checkpoint: Path | None = None
    checkpoint_every: int = 10
    resume: bool = False

    def __post_init__(self) -> None:
        together = {"coordinator": self.coordinator, "processes": self.processes, "process-id": self.process_id}
        missing = [f"--{name}" for name, value in together.items() if value is None]
        if missing and len(missing) < len(together):
            raise ValueError(f"--coordinator, --processes and --process-id go together; add {' and '.join(missing)}")
        if self.is_one_of_many and self.devices not in (None, "all"):
            raise ValueError("--devices is for one process; many processes train on all devices that they have")
        if self.rows == "own" and not self.is_one_of_many:
            raise ValueError("--rows own is for many processes, each with its share; add --coordinator")
        if self.resume and self.checkpoint is None:
            raise ValueError("--resume goes on from a checkpoint; name its file with --checkpoint")
        if self.devices not in (None, "all") and (type(self.devices) is not int or self.devices < 1):
            raise ValueError(f"--devices is {self.devices!r}; expected a number of devices, or all")

    @property
    def is_one_of_many(self) -> bool:
        """Whether other processes train with this one."""
        return self.coordinator is not None

    @property
    def writes(self) -> bool:
        """Whether this process writes the run and says how it goes: the first one does."""
        return not self.process_id

    @property
    def wants_xla(self) -> bool:
        """Whether only the XLA engine can do it."""
        return self.is_one_of_many or self.devices is not None

    def name_of_engine(self, wanted: EngineName | None) -> EngineName:
        """The engine that was asked for, or the one that can do it."""
        if self.wants_xla and wanted not in (None, "xla"):
            raise ValueError(f"--engine {wanted} runs on one device of one process; leave it out, or take xla")
        return wanted or ("xla" if self.wants_xla else "numpy")

    def join(self) -> None:
        """Meet the other processes; before anything else uses JAX."""
        if self.coordinator is not None:
            join(self.coordinator, self.processes or 1, self.process_id or 0)

    def engine(self, settings: TrainingSettings) -> str | XLA:
        """What a Solver is to run on."""
        if not self.wants_xla:
            return settings.engine
        return XLA("all", self.rows) if self.is_one_of_many else XLA(self.devices or 1)

    def share(self, train: Dataset) -> Dataset:
        """The training rows of this process: equally many in each, so that a few at the end may belong to none."""
        if self.rows == "all":
            return train
        whole = len(train) // self._count * self._count
        return train.rows(np.arange(self.process_id or 0, whole, self._count))

    def go_on(self, solver: Solver) -> None:
        """Put the checkpoint's state into the solver, if that is wanted and there is one."""
        if self.resume and self.checkpoint is not None:
            try:
                solver.resume(self.checkpoint)
            except FileNotFoundError:  # the first start of a command that is repeated until it is done
                return

    @property
    def _count(self) -> int:
        return self.processes or 1


def parse_devices(text: str | None) -> Any:
    """How many devices from ``"4"``, or ``"all"``.

    >>> parse_devices("4"), parse_devices("all"), parse_devices(None)
    (4, 'all', None)
    """
    if text is None or text == "all":
        return text
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise ValueError(f"--devices is {text!r}; expected a number of devices, or all")
    return int(text)
