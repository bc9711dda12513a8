"""Layers: what a model does in one step, and what its parameters start from.

A layer holds no arrays. ``layer.initialize(rng, dtype)`` draws its parameters, ``layer(x, **parameters)``
applies it. Any object with these two can stand in a `Sequential`; to be saved with a model, a layer must
be one of `LAYERS`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from chainrule.learning.initializers import Initializer, Normal, glorot_uniform, initializer, named, zeros
from chainrule.learning.records import check_number, check_whole_number, describe, rebuild
from chainrule.op import Op
from chainrule.ops import affine, dropout, leaky_relu, relu, sigmoid, softplus, tanh
from chainrule.ops.drawing import uniform

__all__ = [
    "ACTIVATIONS",
    "LAYERS",
    "Affine",
    "Dropout",
    "Layer",
    "LeakyReLU",
    "OpLayer",
    "ReLU",
    "Sigmoid",
    "Softplus",
    "Tanh",
    "draws",
    "layer_from_configuration",
]

Array = npt.NDArray[Any]
Shapes = dict[str, tuple[int, ...]]


class Layer(Protocol):
    """What a model asks of a layer.

    A layer that draws random numbers in training says so by ``random = True``. It is then called with ``key=`` and
    ``stream=`` as well, for `chainrule.ops.drawing.uniform`; without them wherever the model is used and not trained.
    """

    def initialize(self, rng: np.random.Generator, dtype: npt.DTypeLike) -> dict[str, Array]:
        """The parameters to start from, by the names that calling the layer takes; ``{}`` for none."""
        ...

    def __call__(self, x: Any, *arguments: Any, **parameters: Any) -> Any:
        """The output for inputs ``x``: traceable, and nothing is kept or written in place."""
        ...


def draws(layer: Any) -> bool:
    """Whether the layer draws random numbers in training. Anything else that it calls ``random`` says nothing."""
    return getattr(layer, "random", False) is True


class _Described:
    """A layer of the table `LAYERS`, as JSON values. Without parameters unless it says otherwise."""

    kind: ClassVar[str] = "layer"

    def shapes(self) -> Shapes:
        """The parameters' shapes."""
        return {}

    def initialize(self, rng: np.random.Generator, dtype: npt.DTypeLike) -> dict[str, Array]:
        """The parameters to start from."""
        return {}

    def configuration(self) -> dict[str, Any]:
        """The layer as JSON values: ``"layer"`` and its settings."""
        return describe(self)


@dataclass(frozen=True)
class Affine(_Described):
    """``x @ w + b``: ``outputs`` weighted sums of the ``inputs``, each with a bias of its own.

    >>> Affine(64, 10).shapes()
    {'w': (64, 10), 'b': (10,)}

    Args:
        inputs: values in each row of ``x``.
        outputs: values in each row of the result.
        weights: the initializer of ``w``, a name in `INITIALIZERS` or a function.
        bias: the initializer of ``b``.
    """

    inputs: int
    outputs: int
    weights: str | Initializer = "glorot_uniform"
    bias: str | Initializer = "zeros"

    def __post_init__(self) -> None:
        check_whole_number(self, "inputs", least=1)
        check_whole_number(self, "outputs", least=1)
        # By name where there is one, so that the layer can be written down.
        object.__setattr__(self, "weights", named(self.weights))
        object.__setattr__(self, "bias", named(self.bias))

    def shapes(self) -> Shapes:
        """``w`` and ``b``."""
        return {"w": (self.inputs, self.outputs), "b": (self.outputs,)}

    def initialize(self, rng: np.random.Generator, dtype: npt.DTypeLike) -> dict[str, Array]:
        """Weights and biases, drawn in this order."""
        shapes = self.shapes()
        return {
            "w": initializer(self.weights)(rng, shapes["w"], dtype),
            "b": initializer(self.bias)(rng, shapes["b"], dtype),
        }

    def __call__(self, x: Any, w: Any, b: Any) -> Any:
        return affine(x, w, b)


# There is no softmax here: the loss `softmax_cross_entropy` applies it itself, to logits, and a softmax
# before it is a well-known mistake that trains badly without an error.


@dataclass(frozen=True)
class ReLU(_Described):
    """``max(x, 0)``."""

    def __call__(self, x: Any) -> Any:
        return relu(x)


@dataclass(frozen=True)
class LeakyReLU(_Described):
    """``x`` where it is positive, else ``slope * x``."""

    slope: float = 0.01

    def __post_init__(self) -> None:
        check_number(self, "slope", least=0)

    def __call__(self, x: Any) -> Any:
        return leaky_relu(x, slope=self.slope)


@dataclass(frozen=True)
class Sigmoid(_Described):
    """``1 / (1 + exp(-x))``."""

    def __call__(self, x: Any) -> Any:
        return sigmoid(x)


@dataclass(frozen=True)
class Tanh(_Described):
    """``tanh(x)``."""

    def __call__(self, x: Any) -> Any:
        return tanh(x)


@dataclass(frozen=True)
class Softplus(_Described):
    """``log(1 + exp(x))``, a smooth ReLU."""

    def __call__(self, x: Any) -> Any:
        return softplus(x)


@dataclass(frozen=True)
class Dropout(_Described):
    """In training, leave a share of the entries out at random and scale the others up; else ``x`` as it is.

    >>> x, key = np.ones((2, 4)), np.array([2014, 0], np.uint64)
    >>> Dropout(0.5)(x)
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.]])
    >>> Dropout(0.5)(x, key=key, stream=1)
    array([[0., 0., 0., 0.],
           [2., 0., 2., 0.]])

    Args:
        rate: the share, at least 0 and less than 1.
    """

    rate: float = 0.5
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_number(self, "rate", least=0, below=1)

    def __call__(self, x: Any, key: Any = None, stream: int = 1) -> Any:
        if key is None:
            return x
        keep = uniform(key, stream, np.shape(x)) < 1 - self.rate  # type: ignore[no-untyped-call] # as all of ops
        return dropout(x, keep, rate=self.rate)


@dataclass(frozen=True, eq=False)
class OpLayer:
    """Any op as a layer: a learner's own affine, an activation that nobody has tried yet.

    >>> from chainrule.ops import affine, leaky_relu
    >>> OpLayer(affine, {"w": (64, 10), "b": (10,)})
    OpLayer(affine, w (64, 10), b (10,))
    >>> OpLayer(leaky_relu, options={"slope": 0.2})
    OpLayer(leaky_relu, slope=0.2)

    Args:
        op: called as ``op(x, *parameters, **options)``.
        parameters: for each array after ``x``, in the order of forward's arguments: the values to start from,
            or a shape, whose values are drawn by `glorot_uniform` for a matrix and are 0 for anything else.
        options: the op's keyword arguments.
    """

    op: Op
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.op, Op):
            raise TypeError(f"OpLayer: expected an Op, got {self.op!r}. Wrap the two functions: Op(forward, backward).")
        names = list(self.parameters)
        expected = _array_names(self.op)[1:]
        if expected and names != expected[: len(names)]:
            raise ValueError(
                f"OpLayer: {self.op.name} takes {expected} after its first array, got {names} in this order"
            )
        # Copies, so that the layer's start stays what it was.
        starts = {name: _shape_or_values(start) for name, start in self.parameters.items()}
        object.__setattr__(self, "parameters", starts)
        object.__setattr__(self, "options", dict(self.options))

    def initialize(self, rng: np.random.Generator, dtype: npt.DTypeLike) -> dict[str, Array]:
        """The given values, and draws where only a shape is given."""
        return {name: _start(start, rng, dtype) for name, start in self.parameters.items()}

    def __call__(self, x: Any, **parameters: Any) -> Any:
        return self.op(x, *(parameters[name] for name in self.parameters), **self.options)

    def __repr__(self) -> str:
        shapes = [
            f"{name} {start if isinstance(start, tuple) else start.shape}" for name, start in self.parameters.items()
        ]
        options = [f"{name}={value!r}" for name, value in self.options.items()]
        return f"OpLayer({', '.join([self.op.name, *shapes, *options])})"


ACTIVATIONS: dict[str, type[Any]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softplus": Softplus,
}

LAYERS: dict[str, type[Any]] = {
    layer.__name__: layer for layer in (Affine, ReLU, LeakyReLU, Sigmoid, Tanh, Softplus, Dropout)
}


def layer_from_configuration(configuration: Any) -> Layer:
    """The layer that ``layer.configuration()`` describes. Only layers of `LAYERS` are made, no code is run.

    >>> layer_from_configuration({"layer": "LeakyReLU", "slope": 0.2})
    LeakyReLU(slope=0.2)
    """
    layer: Layer = rebuild(configuration, "layer", LAYERS, inside={"initializer": {"Normal": Normal}})
    return layer


def _array_names(op: Op) -> list[str]:
    """The positional arguments of the op's forward; none where they can't be told."""
    try:
        parameters = inspect.signature(op.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return []
    return [
        parameter.name
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]


def _shape_or_values(start: Any) -> tuple[int, ...] | Array:
    is_shape = isinstance(start, tuple) and all(isinstance(size, int) for size in start)
    return start if is_shape else np.array(start)


def _start(start: Any, rng: np.random.Generator, dtype: npt.DTypeLike) -> Array:
    if isinstance(start, np.ndarray):
        return start.astype(dtype)
    draw = glorot_uniform if len(start) == 2 else zeros
    return draw(rng, start, dtype)
