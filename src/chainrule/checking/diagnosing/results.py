"""What backward gave, as one gradient for each array; and what the author calls everything."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.checking.arrays import no_array
from chainrule.checking.codes import found
from chainrule.checking.diagnosing.trials import Setting
from chainrule.checking.evidence import Trial
from chainrule.checking.finding import Finding
from chainrule.checking.forms import Implementation

__all__ = ["Names", "gradients_of"]


class Names:
    """What the author calls forward, backward, their arguments and their results.

    Args:
        implementation: the subject.
        setting: says which arrays have a gradient.
    """

    def __init__(self, implementation: Implementation, setting: Setting) -> None:
        self._implementation, self._setting = implementation, setting

    @property
    def forward(self) -> str:
        """For messages."""
        return f"{self._implementation.name}: forward"

    @property
    def backward(self) -> str:
        """For messages."""
        return f"{self._implementation.name}: backward"

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The arrays whose gradients are looked at."""
        if not self._setting.trials:
            return ()
        gradients = self._setting.trials[0].gradients
        allowed = self._differentiable
        return tuple(place for place, one in enumerate(gradients) if one is not None and place in allowed)

    @cached_property
    def required(self) -> tuple[int, ...]:
        """The arrays whose gradients may not be left out."""
        example = self._example
        if example is None:
            return tuple(place for place in self.places if not _TARGET.fullmatch(self._arguments[place]))
        if self._implementation.form == "EDF node" and example.is_symmetric:
            return self.places
        return tuple(place for place in self.places if place not in example.optional)

    @property
    def _example(self) -> Any:
        return self._setting.reference.example if self._setting.reference else None

    @property
    def _differentiable(self) -> tuple[int, ...]:
        arrays, example = self._setting.trials[0].arrays, self._example
        if self._implementation.places is not None:
            return self._implementation.places
        if example is None:
            return tuple(range(len(arrays)))
        return (*example.differentiable, *example.optional)

    @cached_property
    def _arguments(self) -> tuple[str, ...]:
        """Forward's own names for its arrays, else those of the reference."""
        functions = [self._implementation.op.forward]
        functions += [self._setting.reference.op.forward] if self._setting.reference else []
        count = len(self._setting.trials[0].arrays if self._setting.trials else self._setting.tried)
        for function in functions:
            names = _positional(function)
            if len(names) >= count:
                return names[:count]
        return tuple(f"array {number}" for number in range(1, count + 1))

    def arguments(self, arrays: tuple[Any, ...]) -> Mapping[str, Any]:
        """Arrays by the author's names."""
        return dict(zip(self._arguments, arrays, strict=False))

    def gradient(self, place: int) -> str:
        """``"dw"``, as backward's return says it, or ``"d_w"``."""
        own, count = self._implementation.gradients, len(self._setting.trials[0].arrays)
        if len(own) == count:
            return own[place]
        if len(own) == len(self.required) and place in self.required:
            return own[self.required.index(place)]
        return f"d_{self._arguments[place]}"

    @property
    def nothing(self) -> Finding:
        """What is said of a backward that gives nothing."""
        if self._implementation.form == "EDF node":
            return found("NOTHING_SENT", self.backward, {"name": " and ".join(self._arguments)})
        return found("NO_RESULT", self.backward)

    @property
    def gradients(self) -> tuple[str, ...]:
        """The names of all gradients, array by array."""
        return tuple(self.gradient(place) for place in range(len(self._setting.trials[0].arrays)))

    def wanted(self, trial: Trial) -> Mapping[str, tuple[int, ...]]:
        """The shapes that gradients should have, by the author's names."""
        return {self.gradient(place): np.shape(trial.arrays[place]) for place in self.places}


# Without a reference, the name alone says that nobody needs an array's gradient.
_TARGET = re.compile(r"y_?(true|truth)?|t|targets?|labels?|truth|true|classes|one_?hot", re.IGNORECASE)


def _positional(function: Any) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD))


def gradients_of(value: Any, trial: Trial, names: Names) -> tuple[Any, ...] | Finding:
    """One gradient for each array, None where there is none; or the finding that says what was given instead."""
    if value is None:
        return names.nothing
    count = len(trial.arrays)
    given = list(value) if isinstance(value, (tuple, list)) and not _is_rows(value, names) else [value]
    if len(given) == len(names.required) != count:
        by_place = dict(zip(names.required, given, strict=True))
        given = [by_place.get(place) for place in range(count)]
    elif len(given) < count and names.required and max(names.required) < len(given):
        given += [None] * (count - len(given))
    if len(given) != count:
        expected = [names.gradient(place) for place in names.required]
        facts = {
            "received_count": _counted(len(given)),
            "expected_count": len(expected),
            "names": ", ".join(expected),
        }
        return found("WRONG_COUNT", names.backward, facts)
    for place in names.places:
        if problem := _problem(given[place], names.gradient(place), trial.arrays[place], place in names.required):
            return problem
    return tuple(given)


def _is_rows(value: Any, names: Names) -> bool:
    """Whether a list is one gradient written as rows, and not several gradients."""
    return isinstance(value, list) and len(names.required) == 1 and len(value) != 1


def _counted(number: int) -> str:
    return "1 value" if number == 1 else f"{number} values"


def _problem(gradient: Any, name: str, array: Any, is_required: bool) -> Finding | None:
    if gradient is None:
        return found("NO_GRADIENT", name, {"shape": np.shape(array)}) if is_required else None
    return no_array(gradient, name)
