"""How gradients change weights: `Optimizer` of exercise 4, and `SGD`, `SGDMomentum` and `Adam` of exercise 5.

Every step makes new arrays. Whoever kept the old ones, as the solver does with the best, still has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl.arrays import as_floats, check_shape
from chainrule.courses.i2dl.editions import common_edition
from chainrule.learning import optimizers

__all__ = ["SGD", "Adam", "Optimizer", "SGDMomentum"]

Array = npt.NDArray[Any]


class Optimizer:
    """Gradient descent for a model with one weight matrix: ``W - lr dw``.

    Args:
        model: has ``W``.
        learning_rate: the size of a step, kept as ``lr``.
    """

    def __init__(self, model: Any, learning_rate: float = 5e-5) -> None:
        self.model = model
        self.lr = learning_rate

    def step(self, dw: Any) -> None:
        """Give the model new weights.

        Args:
            dw: gradient of the loss with respect to ``W``, shape (D + 1, 1).
        """
        if self.model.W is None:
            raise RuntimeError("weight matrix W is not initialized; call initialize_weights() before step")
        gradient = as_floats("Optimizer.step: dw", dw)
        check_shape("Optimizer.step: dw", gradient, self.model.W.shape)
        self.model.W = self.model.W - self.lr * gradient


class _NetworkOptimizer:
    """What the optimizers of exercise 5 share: a loss, a model with ``params`` and ``grads``, and a learning rate."""

    def __init__(self, model: Any, loss_func: Any, learning_rate: float) -> None:
        self.model = model
        self.loss_func = loss_func() if isinstance(loss_func, type) else loss_func
        self.lr = learning_rate
        self.edition = common_edition(type(self).__name__, model, self.loss_func)

    def backward(self, y_pred: Any, y_true: Any) -> None:
        """Fill the model's ``grads``.

        Args:
            y_pred: what the model's last forward gave, shape (N, K).
            y_true: the targets that the loss wants.
        """
        d_out = self.loss_func.backward(y_pred, y_true)
        # "ss20" divides in each affine layer, and "ss23" in the loss.
        self.model.backward(d_out / len(d_out) if self.edition == "ws22" else d_out)

    def step(self) -> None:
        """Give the model new ``params``."""
        self._check_gradients()
        params = {name: self.model.params[name] for name in self.model.params}
        self.model.params = self._updated(params, {name: self.model.grads[name] for name in params})

    def _updated(self, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, Array]:
        raise NotImplementedError

    def _check_gradients(self) -> None:
        name = type(self).__name__
        for key, array in self.model.params.items():
            if key not in self.model.grads:
                raise RuntimeError(f"{name}.step: the model has no gradient of {key}; run backward first")
            check_shape(f"{name}.step: the gradient of {key}", np.asarray(self.model.grads[key]), array.shape)


class SGD(_NetworkOptimizer):
    """Gradient descent: ``w - lr dw``.

    Args:
        model: has ``params``, ``grads`` and ``backward``.
        loss_func: a loss of the model's edition.
        learning_rate: the size of a step, kept as ``lr``.
        optim_config: options as a dict; this optimizer has none.
    """

    def __init__(
        self,
        model: Any,
        loss_func: Any,
        learning_rate: float = 1e-4,
        *,
        optim_config: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(model, loss_func, learning_rate)
        _options("SGD", {}, optim_config)

    def _updated(self, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, Array]:
        return {name: params[name] - self.lr * grads[name] for name in params}


class SGDMomentum(_NetworkOptimizer):
    """Gradient descent with a velocity: ``v = mu v - lr dw``, and ``w + v``.

    Args:
        model: has ``params``, ``grads`` and ``backward``.
        loss_func: a loss of the model's edition.
        learning_rate: the size of a step, kept as ``lr``.
        momentum: mu, how much of the velocity stays.
        optim_config: the same option as a dict, such as ``{"momentum": 0.5}``.
    """

    def __init__(
        self,
        model: Any,
        loss_func: Any,
        learning_rate: float = 1e-4,
        *,
        momentum: float = 0.9,
        optim_config: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(model, loss_func, learning_rate)
        self.momentum = _options("SGDMomentum", {"momentum": momentum}, optim_config)["momentum"]
        self._velocities = {name: np.zeros_like(array) for name, array in model.params.items()}

    def _updated(self, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, Array]:
        old = self._velocities
        self._velocities = {name: self.momentum * old[name] - self.lr * grads[name] for name in params}
        return {name: params[name] + self._velocities[name] for name in params}


class Adam(_NetworkOptimizer):
    """Steps along a running mean of the gradients, divided by the root of a running mean of their squares.

    In step t, from 1: ``w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)``.

    Args:
        model: has ``params``, ``grads`` and ``backward``.
        loss_func: a loss of the model's edition.
        learning_rate: the size of a step, kept as ``lr``.
        beta1, beta2: how much of the two means stays.
        epsilon: keeps the quotient finite; larger here than elsewhere.
        optim_config: the same options as a dict, such as ``{"beta1": 0.8}``.
    """

    def __init__(
        self,
        model: Any,
        loss_func: Any,
        learning_rate: float = 1e-4,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-4,
        optim_config: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(model, loss_func, learning_rate)
        chosen = _options("Adam", {"beta1": beta1, "beta2": beta2, "epsilon": epsilon}, optim_config)
        self._adam = optimizers.Adam(betas=(chosen["beta1"], chosen["beta2"]), epsilon=chosen["epsilon"])
        self._state = self._adam.initialize(model.params)

    def _updated(self, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, Array]:
        new_params, self._state = self._adam.update(params, grads, self._state, self.lr)
        return new_params


def _options(name: str, options: dict[str, float], optim_config: Mapping[str, float] | None) -> dict[str, float]:
    """The options, with those of the dict in their place; one that the optimizer does not have is an error."""
    config = dict(optim_config or {})
    unknown = sorted(config.keys() - options.keys())
    if unknown:
        known = ", ".join(options) or "no options"
        raise ValueError(f"{name}: optim_config has the unknown option {unknown[0]!r}; this optimizer has {known}")
    return options | config
