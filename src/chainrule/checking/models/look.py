"""What all checks of a model look at: some rows of the data, the recorded step, and its gradients, each made once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.checking.codes import found
from chainrule.checking.finding import Finding
from chainrule.checking.models.patterns import Form, form
from chainrule.checking.models.recording import Recording, record
from chainrule.checking.models.subject import Parameters, Subject, as_float64

__all__ = ["Look", "Placed", "placed"]

MOST_ROWS = 200


@dataclass(frozen=True)
class Placed:
    """A finding, and the layer that it is about; empty for the whole model."""

    layer: str
    finding: Finding


def placed(layer: str, code: str, part: str, facts: Mapping[str, Any] | None = None, **further: Any) -> Placed:
    """A finding of that code about that layer."""
    return Placed(layer, found(code, part, facts, **further))


@dataclass(frozen=True, eq=False)
class Look:
    """A subject, and what was found out about it so far.

    Args:
        subject: the model with data and loss.
        rng: chooses rows and directions.
    """

    subject: Subject
    rng: np.random.Generator
    _forms: dict[Any, Form | None] = field(default_factory=dict)

    @cached_property
    def parameters(self) -> Parameters:
        """In double precision."""
        return {name: as_float64(value) for name, value in self.subject.parameters.items()}

    @cached_property
    def order(self) -> Any:
        """The rows, shuffled."""
        return self.rng.permutation(len(self.subject.x))

    def rows(self, most: int) -> Any:
        """Some rows: a number of them that is no other size of the model, so that a shape tells the batch."""
        sizes = {1, 2}.union(*(np.shape(value) for value in self.parameters.values()), self.subject.x.shape[1:])
        count = min(most, len(self.order))
        fitting = next((number for number in range(count, 2, -1) if number not in sizes), count)
        return self.order[:fitting]

    def data(self, most: int = MOST_ROWS) -> tuple[Any, Any]:
        """Inputs and targets of some rows, in double precision."""
        rows = self.rows(most)
        return as_float64(self.subject.x[rows]), as_float64(self.subject.y[rows])

    @cached_property
    def recording(self) -> Recording | None:
        """The step, written down; None where it cannot be."""
        if self.subject.traced is None:
            return None
        try:
            with np.errstate(all="ignore"):
                return record(self.subject, self.parameters, *self.data())
        except Exception:
            return None

    @cached_property
    def output(self) -> Any:
        """The model's output for the rows of `data`."""
        with np.errstate(all="ignore"):
            return np.asarray(self.subject.output(self.parameters, self.data()[0]))

    @cached_property
    def loss(self) -> float:
        """Of the same rows."""
        with np.errstate(all="ignore"):
            return float(self.subject.value(self.parameters, *self.data()))

    @cached_property
    def gradients(self) -> Mapping[str, Any]:
        """The model's own, of the same rows."""
        with np.errstate(all="ignore"):
            given = self.subject.gradients(self.parameters, *self.data())
        return {name: np.asarray(given[name]) for name in self.parameters if name in given}

    def form(self, leaf: Any) -> Form | None:
        """What a value of the recording is."""
        if self.recording is None:
            return None
        if leaf not in self._forms:
            self._forms[leaf] = form(self.recording, leaf)
        return self._forms[leaf]

    def forms(self, *names: str, of_model: bool = False) -> Iterator[Form]:
        """All values of these forms, in order; of the model alone, or of the loss too."""
        recording = self.recording
        if recording is None:
            return
        end = recording.output if of_model and recording.output is not None else recording.loss
        wanted = recording.ancestors([end])
        for equation in recording.equations:
            if equation.output in wanted and recording.through(equation.output) is equation.output:
                known = self.form(equation.output)
                if known is not None and known.name in names:
                    yield known

    def layer_of(self, parameter: str) -> str:
        """The layer of a parameter: where it is used first."""
        known = self.subject.layers.get(parameter)
        if known is not None or self.recording is None:
            return known or ""
        variable = self.recording.parameters[parameter]
        made = next((one for one in self.recording.equations if variable in one.uses()), None)
        return made.origin.group if made is not None else ""

    @cached_property
    def layers(self) -> list[str]:
        """All layers that have a name, in the order in which they run."""
        names = [self.layer_of(name) for name in self.parameters]
        if self.recording is not None and not self.subject.layers:
            names = [equation.origin.group for equation in self.recording.equations]
        return list(dict.fromkeys(name for name in names if name))
