"""How gradients change parameters: ``update(parameters, gradients, state, learning_rate)`` gives new ones.

An update is a pure function of dicts of arrays, so that it can be traced and compiled together with the
gradients that it uses. The formulas are PyTorch's. Factors that are plain numbers are combined before they
meet an array, since each operation on an array is one pass through memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from chainrule.learning.records import check_number, rebuild

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "optimizer_from_configuration",
]

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
State = dict[str, Any]  # arrays and plain floats


class Optimizer(Protocol):
    """What the Solver asks of an optimizer; a frozen dataclass of one's own serves as well."""

    @property
    def learning_rate(self) -> float: ...

    def initialize(self, parameters: Arrays) -> State:
        """The state before the first step, with flat keys: ``"velocity.w1"``."""
        ...

    def update(
        self, parameters: Arrays, gradients: Arrays, state: Mapping[str, Any], learning_rate: float
    ) -> tuple[dict[str, Array], State]:
        """New parameters and new state. Traceable; nothing is written in place."""
        ...


# In the updates below, arrays are reached through their dicts and not bound to names of their own: local
# names would become the names in a compiled step's text, which is to read `w1 - learning_rate * d_w1`.


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent: ``w - learning_rate * d_w``.

    With momentum ``mu`` a velocity gathers the gradients: ``v = mu v + d_w`` and ``w - learning_rate * v``;
    in Nesterov's form ``w - learning_rate * (d_w + mu v)``, a step from where the velocity is about to lead.
    Weight decay adds ``weight_decay * w`` to each gradient, as ``weight_decay / 2 * sum(w ** 2)`` in the loss
    would.

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Sutskever, Martens, Dahl
    and Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013; both in the
    form that PyTorch gives them.
    """

    learning_rate: float = 1e-2
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    kind: ClassVar[str] = "optimizer"

    def __post_init__(self) -> None:
        check_number(self, "learning_rate", above=0)
        check_number(self, "momentum", least=0, below=1)
        check_number(self, "weight_decay", least=0)
        if not isinstance(self.nesterov, bool):
            raise TypeError(f"SGD: nesterov is {self.nesterov!r}; expected True or False")
        if self.nesterov and not self.momentum:
            raise ValueError("SGD: nesterov=True with momentum 0 changes nothing; give a momentum, such as 0.9")

    def initialize(self, parameters: Arrays) -> State:
        """One velocity for each parameter, where there is momentum."""
        return _zeros("velocity", parameters) if self.momentum else {}

    def update(
        self, parameters: Arrays, gradients: Arrays, state: Mapping[str, Any], learning_rate: float
    ) -> tuple[dict[str, Array], State]:
        """One step against the gradients."""
        gradients = _with_decay(gradients, parameters, self.weight_decay)
        if not self.momentum:
            return _step(parameters, learning_rate, gradients), {}
        velocities = {name: self.momentum * state[f"velocity.{name}"] + gradients[name] for name in parameters}
        directions = velocities
        if self.nesterov:
            directions = {name: gradients[name] + self.momentum * velocities[name] for name in parameters}
        return _step(parameters, learning_rate, directions), _prefixed("velocity", velocities)


@dataclass(frozen=True)
class RMSprop:
    """Gradients divided by their recent root mean square, so that all parameters move at a like pace.

    ``s = smoothing s + (1 - smoothing) d_w ** 2``, then ``w - learning_rate * d_w / (sqrt(s) + epsilon)``;
    with momentum the quotients gather in a velocity, as in `SGD`.

    Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012.
    """

    learning_rate: float = 1e-2
    smoothing: float = 0.99
    epsilon: float = 1e-8
    momentum: float = 0.0
    weight_decay: float = 0.0
    kind: ClassVar[str] = "optimizer"

    def __post_init__(self) -> None:
        check_number(self, "learning_rate", above=0)
        check_number(self, "smoothing", least=0, below=1)
        check_number(self, "epsilon", above=0)
        check_number(self, "momentum", least=0, below=1)
        check_number(self, "weight_decay", least=0)

    def initialize(self, parameters: Arrays) -> State:
        """One mean square for each parameter, and one velocity where there is momentum."""
        squares = _zeros("square", parameters)
        return squares | _zeros("velocity", parameters) if self.momentum else squares

    def update(
        self, parameters: Arrays, gradients: Arrays, state: Mapping[str, Any], learning_rate: float
    ) -> tuple[dict[str, Array], State]:
        """One step against the scaled gradients."""
        gradients = _with_decay(gradients, parameters, self.weight_decay)
        squares = _mean_squares(self.smoothing, gradients, state)
        if not self.momentum:
            stepped = {
                name: parameters[name] - learning_rate * gradients[name] / (np.sqrt(squares[name]) + self.epsilon)
                for name in parameters
            }
            return stepped, _prefixed("square", squares)
        velocities = {
            name: self.momentum * state[f"velocity.{name}"] + gradients[name] / (np.sqrt(squares[name]) + self.epsilon)
            for name in parameters
        }
        new_state = _prefixed("square", squares) | _prefixed("velocity", velocities)
        return _step(parameters, learning_rate, velocities), new_state


@dataclass(frozen=True)
class Adam:
    """Momentum and scaling together, both corrected for starting at 0.

    ``m = beta1 m + (1 - beta1) d_w`` and ``s = beta2 s + (1 - beta2) d_w ** 2``; in step t, counted from 1,
    ``w - learning_rate * m / (1 - beta1 ** t) / (sqrt(s / (1 - beta2 ** t)) + epsilon)``.
    Weight decay is added to the gradients; `AdamW` keeps it apart from them.

    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
    """

    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    kind: ClassVar[str] = "optimizer"

    def __post_init__(self) -> None:
        _check_adam(self)

    def initialize(self, parameters: Arrays) -> State:
        """The number of steps, and a mean and a mean square of each parameter's gradients."""
        return {"step": 0.0} | _zeros("mean", parameters) | _zeros("square", parameters)

    def update(
        self, parameters: Arrays, gradients: Arrays, state: Mapping[str, Any], learning_rate: float
    ) -> tuple[dict[str, Array], State]:
        """One step against the averaged, scaled gradients."""
        gradients = _with_decay(gradients, parameters, self.weight_decay)
        return _adam_update(self, parameters, gradients, state, learning_rate)


@dataclass(frozen=True)
class AdamW:
    """`Adam` that starts each step from decayed weights, ``(1 - learning_rate * weight_decay) * w``.

    Added to the gradients, as in `Adam`, decay is divided by their size, and weights with large gradients
    hardly decay.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.
    """

    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    weight_decay: float = 1e-2
    kind: ClassVar[str] = "optimizer"

    def __post_init__(self) -> None:
        _check_adam(self)

    def initialize(self, parameters: Arrays) -> State:
        """The number of steps, and a mean and a mean square of each parameter's gradients."""
        return {"step": 0.0} | _zeros("mean", parameters) | _zeros("square", parameters)

    def update(
        self, parameters: Arrays, gradients: Arrays, state: Mapping[str, Any], learning_rate: float
    ) -> tuple[dict[str, Array], State]:
        """One step of Adam from the decayed weights."""
        if self.weight_decay:
            kept = 1 - learning_rate * self.weight_decay
            parameters = {name: kept * parameters[name] for name in parameters}
        return _adam_update(self, parameters, gradients, state, learning_rate)


OPTIMIZERS: dict[str, type[Any]] = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW}


def optimizer_from_configuration(configuration: Any) -> Optimizer:
    """The optimizer that `describe` wrote down."""
    known = {optimizer.__name__: optimizer for optimizer in OPTIMIZERS.values()}
    optimizer: Optimizer = rebuild(configuration, "optimizer", known, inside={})
    return optimizer


def _step(parameters: Arrays, learning_rate: float, directions: Arrays) -> dict[str, Array]:
    return {name: parameters[name] - learning_rate * directions[name] for name in parameters}


def _with_decay(gradients: Arrays, parameters: Arrays, weight_decay: float) -> Arrays:
    if not weight_decay:
        return gradients
    return {name: gradients[name] + weight_decay * parameters[name] for name in parameters}


def _mean_squares(smoothing: float, gradients: Arrays, state: Mapping[str, Any]) -> dict[str, Array]:
    fresh = _complement(smoothing)
    return {name: smoothing * state[f"square.{name}"] + fresh * np.square(gradients[name]) for name in gradients}


def _adam_update(
    optimizer: Adam | AdamW,
    parameters: Arrays,
    gradients: Arrays,
    state: Mapping[str, Any],
    learning_rate: float,
) -> tuple[dict[str, Array], State]:
    """Adam's step, in the order of computation that the end of the paper's section 2 recommends.

    Both corrections go into the rate, and the second one into epsilon too, so that the result is that of
    algorithm 1: ``rate * m / (sqrt(s) + epsilon * correction)``.
    """
    beta1, beta2 = optimizer.betas
    step = state["step"] + 1
    correction = (1 - beta2**step) ** 0.5  # np.sqrt would give an np.float64, which float32 arrays don't survive
    rate = learning_rate * correction / (1 - beta1**step)
    epsilon = optimizer.epsilon * correction
    fresh = _complement(beta1)
    means = {name: beta1 * state[f"mean.{name}"] + fresh * gradients[name] for name in parameters}
    squares = _mean_squares(beta2, gradients, state)
    stepped = {name: parameters[name] - rate * means[name] / (np.sqrt(squares[name]) + epsilon) for name in parameters}
    return stepped, {"step": step} | _prefixed("mean", means) | _prefixed("square", squares)


def _complement(fraction: float) -> float:
    """``1 - fraction`` of the decimal number as it is written.

    >>> 1 - 0.9, _complement(0.9)
    (0.09999999999999998, 0.1)
    """
    return float(1 - Decimal(str(fraction)))


def _zeros(prefix: str, parameters: Arrays) -> State:
    return _prefixed(prefix, {name: np.zeros_like(array) for name, array in parameters.items()})


def _prefixed(prefix: str, arrays: Arrays) -> State:
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def _check_adam(optimizer: Adam | AdamW) -> None:
    check_number(optimizer, "learning_rate", above=0)
    check_number(optimizer, "epsilon", above=0)
    check_number(optimizer, "weight_decay", least=0)
    name, betas = type(optimizer).__name__, optimizer.betas
    numbers = isinstance(betas, (tuple, list)) and all(isinstance(beta, (int, float)) for beta in betas)
    if not numbers or len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
        raise ValueError(f"{name}: betas is {betas!r}; expected two numbers from 0 up to, but not including, 1")
    object.__setattr__(optimizer, "betas", (float(betas[0]), float(betas[1])))
