"""Parameters that a class keeps on itself, ``self.w``, and where it puts their gradients, ``self.dw``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.checking.forms.calling import Call
from chainrule.checking.forms.making import Maker
from chainrule.checking.forms.reading import attributes_of, gradient_names
from chainrule.checking.forms.signatures import plain, positional

__all__ = ["Parameters", "example_of", "parameters_of"]

_USUAL = {"w", "b", "weight", "weights", "bias", "biases", "gamma", "beta", "kernel", "theta", "params"}
_DICTS = ("params", "parameters", "weights")
_GRADIENT_DICTS = ("grads", "gradients", "grad", "gradient", "d_params", "dparams")
_RESULTS = ("y", "yout", "out", "output", "outputs", "yhat", "ypred")


@dataclass(frozen=True)
class Parameters:
    """The parameters of a class.

    Args:
        names: what the author calls them.
        shapes: those of the instance they were read from.
        holder: the attribute that is a dict of them; empty where each is an attribute.
        kind: the class.
        returned: whether backward returns the parameters' gradients, and not the input's.
        backward_takes_result: whether backward gets forward's result, and no incoming gradient.
        initialized: whether `initialize_weights` has to be called.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    holder: str
    kind: type
    returned: bool
    backward_takes_result: bool = False
    initialized: bool = False

    @property
    def is_model(self) -> bool:
        """Whether it gives gradients of its parameters alone."""
        return self.returned

    def instance(self, maker: Maker, given: Sequence[Any], values: Sequence[Any]) -> Any:
        """A new instance that has these values."""
        instance = maker(maker.sizes(self.shapes, [np.shape(value) for value in values]))
        if self.holder:
            setattr(instance, self.holder, dict(zip(self.names, values, strict=False)))
            return instance
        for name, value in zip(self.names, values, strict=False):
            setattr(instance, name, value)
        return instance

    def gradients(self, instance: Any, result: Any, given: Sequence[Any], d_out: Any) -> Any:
        """One gradient for each input and parameter, from what backward returned and what it left on the instance."""
        inputs = len(given)
        if isinstance(result, tuple) and len(result) == inputs + len(self.names):
            return result
        if isinstance(result, Mapping):
            return (*([None] * inputs), *(_in_dict(result, name) for name in self.names))
        if self.returned:
            results = result if isinstance(result, tuple) else (result,)
            return (*([None] * inputs), *(self._of_loss(one, given, d_out) for one in results))
        results = result if isinstance(result, tuple) else (result,)
        kept = tuple(_copied(_gradient_of(instance, name)) for name in self.names)
        return (*results, *kept)

    def _of_loss(self, gradient: Any, given: Sequence[Any], d_out: Any) -> Any:
        """Where backward gives one row for each output, the gradient of the loss: the rows weighed by ``d_out``."""
        rows, shape = np.shape(d_out)[:1], (self.shapes or ((),))[0]
        per_sample = self.backward_takes_result and isinstance(gradient, np.ndarray) and gradient.ndim == 2
        if per_sample and len(shape) == 2 and shape[1] == 1 and rows and gradient.shape[0] == rows[0]:
            return gradient.T @ np.reshape(d_out, (-1, 1))
        return gradient

    def gradient_names(self, inputs: Sequence[str]) -> tuple[str, ...]:
        """What the author calls the gradients."""
        read = gradient_names(self.kind.backward)  # type: ignore[attr-defined]
        count = len(inputs) + len(self.names)
        if len(read) == count:
            return read
        stored = attributes_of(self.kind)
        own = [next((one for one in sorted(stored) if _is_gradient(one, name)), f"d{name}") for name in self.names]
        if self.returned:
            named = read if len(read) == len(self.names) else own
            return (*(f"d_{name}" for name in inputs), *named)
        first = read if len(read) == len(inputs) else tuple(f"d_{name}" for name in inputs)
        return (*first, *own)


def parameters_of(maker: Maker, call: Call) -> Parameters | None:
    """The parameters that instances hold, or None where forward gets all its arrays."""
    try:
        instance = maker()
    except Exception:
        # What its author's constructor raises is said where forward is run.
        return None
    initialized = getattr(instance, "W", 0) is None and hasattr(instance, "initialize_weights")
    if initialized:
        try:
            instance.initialize_weights()
        except Exception:
            return None
    holder, values = _values(instance)
    if not values:
        return None
    stored = attributes_of(maker.kind)
    read = gradient_names(maker.kind.backward)  # type: ignore[attr-defined]
    stores = any(_is_gradient(one, name) for one in stored for name in values) or bool(
        holder and (_holds(instance) or stored.intersection(_GRADIENT_DICTS))
    )
    returns = any(_is_gradient(one, name) for one in read for name in values)
    inputs = len(call.arrays or ("x",))
    if not (stores or returns or any(plain(name) in _USUAL for name in values)):
        return None
    if call.is_loss or len(call.arrays or ()) > 1:  # forward gets the parameters as arrays
        return None
    if stores or returns:
        # Running means and the like have no gradient; weights whose gradient was left out are still weights.
        named = {name for name in values if any(_is_gradient(one, name) for one in (*stored, *read))}
        values = {name: value for name, value in values.items() if name in named or plain(name) in _USUAL or holder}
    together = len(read) == inputs + len(values)
    first_is_parameter = bool(read) and (
        read[0] in _GRADIENT_DICTS or any(_is_gradient(read[0], name) for name in values)
    )
    returned = not together and (first_is_parameter or (not stores and (not read or bool(holder))))
    shapes = tuple(np.shape(value) for value in values.values())
    takes_result = returned and _takes_result(maker, call, instance)
    return Parameters(tuple(values), shapes, holder, maker.kind, returned, takes_result, initialized)


def example_of(maker: Maker, parameters: Parameters, number: int) -> tuple[Any, ...] | None:
    """Inputs and parameters that fit together, of other sizes in each trial where the class can be made so.

    How wide the inputs are is tried out, as a bias may be one more row of the weights.
    """
    count, sizes = _TRIALS[number % len(_TRIALS)]
    rng = np.random.default_rng(number)
    try:
        instance = maker(dict(zip(maker.marks, sizes, strict=False)))
        if parameters.initialized:
            instance.initialize_weights()
        held = getattr(instance, parameters.holder) if parameters.holder else vars(instance)
        values = [rng.normal(size=np.shape(held[name])) for name in parameters.names]
    except Exception:
        return None
    first = np.shape(values[0])
    for width in dict.fromkeys(one for size in (*first[:1], *first[-1:]) for one in (size, size - 1)):
        x = rng.normal(size=(count, max(width, 0)))
        try:
            parameters.instance(maker, [x], values).forward(x)
        except Exception:
            continue
        return (x, *values)
    return None


# Samples, and sizes for the constructor: all distinct, so that no axis is taken for another.
_TRIALS = ((5, (3, 7, 4, 2, 6)), (4, (6, 2, 3, 5, 7)), (7, (2, 5, 6, 3, 4)))


def _takes_result(maker: Maker, call: Call, instance: Any) -> bool:
    edition = getattr(instance, "edition", None)
    names = positional(maker.kind.backward) or ()  # type: ignore[attr-defined]
    called = len(names) == 2 and plain(names[1]) in _RESULTS
    return called and edition in (None, "ss20") and not isinstance(getattr(instance, "params", None), Mapping)


def _values(instance: Any) -> tuple[str, dict[str, Any]]:
    attributes = getattr(instance, "__dict__", {})
    for holder in _DICTS:
        value = attributes.get(holder)
        if isinstance(value, dict) and value and all(_is_parameter(one) for one in value.values()):
            return holder, dict(value)
    arrays = {name: value for name, value in attributes.items() if _is_parameter(value)}
    return "", {name: one for name, one in arrays.items() if not any(_is_gradient(name, other) for other in arrays)}


def _is_parameter(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim > 0


def _is_gradient(name: str, of: str) -> bool:
    """Whether ``dw``, ``grad_w``, ``d_weight`` is what the gradient of ``w`` would be called."""
    short = plain(name)
    for one in {plain(of), plain(of)[:1]} if plain(of) in _USUAL else {plain(of)}:
        if short in (f"d{one}", f"grad{one}", f"{one}grad", f"gradient{one}", f"{one}gradient", f"dld{one}", f"g{one}"):
            return True
        if short in (f"dloss{one}", f"gradof{one}", f"grads{one}"):
            return True
    return False


def _holds(instance: Any) -> bool:
    return any(name in vars(instance) for name in _GRADIENT_DICTS)


def _gradient_of(instance: Any, name: str) -> Any:
    attributes = getattr(instance, "__dict__", {})
    for key, value in attributes.items():
        if _is_gradient(key, name):
            return value
    for holder in _GRADIENT_DICTS:
        if isinstance(attributes.get(holder), Mapping):
            return _in_dict(attributes[holder], name)
    return None


def _in_dict(values: Mapping[Any, Any], name: str) -> Any:
    if name in values:
        return values[name]
    return next((value for key, value in values.items() if isinstance(key, str) and _is_gradient(key, name)), None)


def _copied(value: Any) -> Any:
    # The next backward may add to the very same array.
    return value.copy() if isinstance(value, np.ndarray) else value
