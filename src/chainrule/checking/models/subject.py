"""What is checked, in one form: parameters by name, a value for them, and the gradients that the model gives itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.models.losses import Loss

__all__ = ["Parameters", "Subject", "as_float64", "layer_numbers"]

Array = npt.NDArray[Any]
Parameters = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Subject:
    """A model with data and a loss.

    Args:
        name: the model's.
        parameters: by name.
        x, y: the data.
        loss: in one form.
        output: ``(parameters, x)`` gives the model's output.
        value: ``(parameters, x, y)`` gives the loss, one number.
        gradients: the same gives the gradients that training would use, by name.
        traced: the same gives ``(output, loss)`` in traceable code; None where there is none.
        layers: the layer that each parameter belongs to, where that is known beforehand.
        is_functional: whether the gradients come from the traced function, and not from the model's own backward.
        penalty: what the model adds to the loss for its weights.
    """

    name: str
    parameters: dict[str, Any]
    x: Array
    y: Array
    loss: Loss
    output: Callable[[Parameters, Any], Any]
    value: Callable[[Parameters, Any, Any], Any]
    gradients: Callable[[Parameters, Any, Any], Mapping[str, Any]]
    traced: Callable[[Parameters, Any, Any], Any] | None = None
    layers: Mapping[str, str] = field(default_factory=dict)
    is_functional: bool = False
    penalty: Callable[[Parameters], float] = lambda parameters: 0.0


def as_float64(values: Any) -> Any:
    """Floats in double precision; anything else as it is."""
    array = np.asarray(values)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def layer_numbers(names: Any) -> dict[str, str]:
    """The layers that names such as ``W1`` and ``b1`` tell.

    >>> layer_numbers(["W1", "b1", "W2"])
    {'W1': 'layer 1', 'b1': 'layer 1', 'W2': 'layer 2'}
    """
    found = {}
    for name in names:
        digits = name[len(name.rstrip("0123456789")) :]
        if digits:
            found[name] = f"layer {digits}"
    return found
