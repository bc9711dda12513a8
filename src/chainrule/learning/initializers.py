"""What weights start from: functions ``(rng, shape, dtype) -> array``.

The random ones keep the size of signals (and of gradients) from growing or shrinking from layer to layer.
A weight matrix has the shape ``(fan_in, fan_out)``: so many inputs reach each unit, and each input reaches
so many units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.learning.records import check_number, choose

__all__ = [
    "INITIALIZERS",
    "Initializer",
    "Normal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initializer",
    "lecun_normal",
    "named",
    "zeros",
]

Array = npt.NDArray[Any]
Initializer = Callable[[np.random.Generator, tuple[int, ...], npt.DTypeLike], Array]


def zeros(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """All 0. Right for biases and for a single layer; units of a hidden layer would all stay equal."""
    return np.zeros(shape, dtype)


@dataclass(frozen=True)
class Normal:
    """Draws from the normal distribution with mean 0 and standard deviation ``std``."""

    std: float = 0.01
    kind: ClassVar[str] = "initializer"

    def __post_init__(self) -> None:
        check_number(self, "std", least=0)

    def __call__(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        return _normal(rng, shape, dtype, self.std)


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Uniform within ``±sqrt(6 / (fan_in + fan_out))``. For tanh, sigmoid and softmax layers.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, equation 16. Also called Xavier initialization.
    """
    fan_in, fan_out = _fans("glorot_uniform", shape)
    return _uniform(rng, shape, dtype, math.sqrt(6 / (fan_in + fan_out)))


def glorot_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Normal with variance ``2 / (fan_in + fan_out)``.

    Glorot and Bengio, AISTATS 2010, equation 12: between what the forward pass and the backward pass ask for.
    """
    fan_in, fan_out = _fans("glorot_normal", shape)
    return _normal(rng, shape, dtype, math.sqrt(2 / (fan_in + fan_out)))


def he_uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Uniform within ``±sqrt(6 / fan_in)``, which has the variance of `he_normal`. For ReLU layers.

    He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015, equation 10.
    """
    fan_in, _ = _fans("he_uniform", shape)
    return _uniform(rng, shape, dtype, math.sqrt(6 / fan_in))


def he_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Normal with variance ``2 / fan_in``. For ReLU layers, which pass on half of what they get.

    He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015, equation 10.
    """
    fan_in, _ = _fans("he_normal", shape)
    return _normal(rng, shape, dtype, math.sqrt(2 / fan_in))


def lecun_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Normal with variance ``1 / fan_in``.

    LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998, equation 16.
    """
    fan_in, _ = _fans("lecun_normal", shape)
    return _normal(rng, shape, dtype, math.sqrt(1 / fan_in))


INITIALIZERS: dict[str, Initializer] = {
    "zeros": zeros,
    "normal": Normal(),
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_normal": lecun_normal,
}


def initializer(which: str | Initializer) -> Initializer:
    """The initializer of that name; a function is given back as it is."""
    return which if callable(which) else choose("initializer", INITIALIZERS, which)


def named(which: str | Initializer) -> str | Initializer:
    """The name of one of the functions of `INITIALIZERS`; a name or somebody's own function as it is.

    >>> named(he_normal)
    'he_normal'
    """
    known = initializer(which)
    return next((name for name, function in INITIALIZERS.items() if function is known), which)


def _fans(name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2:
        raise ValueError(
            f"{name}: the shape is {shape}; expected a weight matrix (fan_in, fan_out). Use zeros for a bias."
        )
    return shape


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike, bound: float) -> Array:
    # Drawn in float64 whatever the dtype, so that a seed gives the same start, rounded, in float32.
    return rng.uniform(-bound, bound, shape).astype(dtype)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: npt.DTypeLike, std: float) -> Array:
    return rng.normal(0, std, shape).astype(dtype)
