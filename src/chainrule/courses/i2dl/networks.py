"""Networks of affine layers with activations between them: for a number, and for classes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl import layers
from chainrule.courses.i2dl.network import Network
from chainrule.ops import square
from chainrule.ops import sum as sum_op

__all__ = ["ClassificationNet", "RegressionNet"]

Array = npt.NDArray[Any]
Seed = np.random.Generator | int | None


class RegressionNet(Network):
    """Affine, sigmoid, affine: one number for each sample.

    In edition "ss20" each affine layer's gradients are means over the samples, and the loss that goes with it does
    not divide.

    Args:
        input_size: numbers in a sample, D.
        hidden_size: units in the hidden layer, H.
        std: standard deviation of the first weights; biases start from 0.
        rng: a Generator or a seed, for those weights.
        edition: the sheet's edition, see `editions`.

    Attributes:
        params: W1 (D, H), b1 (H,), W2 (H, 1), b2 (1,).
        grads: the same names, after `backward`.
    """

    def __init__(
        self, input_size: int, hidden_size: int, std: float = 1e-3, *, rng: Seed = None, edition: str = "ss20"
    ) -> None:
        super().__init__("regression_net", edition=edition)
        self.activation = layers.Sigmoid()
        self.params = _initial_params([input_size, hidden_size, 1], std, rng)
        self.grads: dict[str, Array] = {}

    def __call__(self, X: Any) -> Array:
        """The outputs, in every edition."""
        return self.forward(X)

    def forward(self, X: Any) -> Array:
        """The outputs, shape (N, 1).

        Args:
            X: samples, shape (N, d1, ..., dk) with ``input_size`` numbers each.
        """
        out, self.cache = _forward(self.params, self.activation, X)
        return out

    def backward(self, dy: Any) -> dict[str, Array]:
        """Fill ``grads``, and give them.

        Args:
            dy: gradient of the loss with respect to the outputs, shape (N, 1).

        Raises:
            RuntimeError: `forward` has not been called.
        """
        self.grads = _backward(self, dy)
        return self.grads


class ClassificationNet(Network):
    """Affine layers with activations between them: a logit for each class, and no activation on the last layer.

    To the loss belongs ``reg * sum(W ** 2)`` for every weight matrix. The numbers are in ``reg`` after forward, their
    gradients in ``grads``.

    Args:
        activation: an object with ``forward(x) -> (out, cache)`` and ``backward(dout, cache)``, or its class.
        num_layer: affine layers, at least 1.
        input_size: numbers in a sample, D.
        hidden_size: units in each hidden layer, H.
        std: standard deviation of the first weights; biases start from 0.
        num_classes: classes, K.
        reg: how much large weights cost.
        rng: a Generator or a seed, for the first weights.
        edition: the sheet's edition, see `editions`: the one with `CrossEntropyFromLogits` if not given.

    Attributes:
        params: W1, b1, W2, b2 and so on.
        grads: the same names, after `backward`.
        reg: W1, W2 and so on: the cost of each, after `forward`.
    """

    def __init__(
        self,
        activation: Any,
        num_layer: int = 2,
        input_size: int = 3 * 32 * 32,
        hidden_size: int = 100,
        std: float = 1e-3,
        num_classes: int = 10,
        reg: float = 0,
        *,
        rng: Seed = None,
        edition: str = "ss23",
    ) -> None:
        super().__init__("classification_net", edition=edition)
        if num_layer < 1:
            raise ValueError(f"ClassificationNet: num_layer is {num_layer}; expected at least 1")
        self.activation = activation() if isinstance(activation, type) else activation
        self.num_layer = num_layer
        self.reg_strength = reg
        self.params = _initial_params([input_size, *[hidden_size] * (num_layer - 1), num_classes], std, rng)
        self.grads: dict[str, Array] = {}
        self.reg: dict[str, float] = {}

    def __call__(self, X: Any) -> Array:
        """The logits, in every edition."""
        return self.forward(X)

    def forward(self, X: Any) -> Array:
        """The logits, shape (N, K).

        Args:
            X: samples, shape (N, d1, ..., dk) with ``input_size`` numbers each.
        """
        out, self.cache = _forward(self.params, self.activation, X)
        weights = {name: array for name, array in self.params.items() if name.startswith("W")}
        self.reg = {name: float(self.reg_strength * sum_op(square(array))) for name, array in weights.items()}
        return out

    def backward(self, dy: Any) -> dict[str, Array]:
        """Fill ``grads``, and give them.

        Args:
            dy: gradient of the loss with respect to the logits, shape (N, K).

        Raises:
            RuntimeError: `forward` has not been called.
        """
        self.grads = _backward(self, dy)
        if self.reg_strength:
            for name in self.reg:
                self.grads[name] = self.grads[name] + _reg_gradient(self.params[name], self.reg_strength)
        return self.grads


def _initial_params(sizes: list[int], std: float, rng: Seed) -> dict[str, Array]:
    generator = np.random.default_rng(rng)
    params: dict[str, Array] = {}
    for number, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
        params[f"W{number}"] = std * generator.normal(size=(inputs, outputs))
        params[f"b{number}"] = np.zeros(outputs)
    return params


def _forward(params: dict[str, Array], activation: Any, X: Any) -> tuple[Array, list[Any]]:
    """The output of the last affine layer, and the caches in order: affine, activation, ..., affine."""
    layer_count = len(params) // 2
    out, caches = X, []
    for number in range(1, layer_count + 1):
        out, cache = layers.affine_forward(out, params[f"W{number}"], params[f"b{number}"])
        caches.append(cache)
        if number < layer_count:
            out, cache = activation.forward(out)
            caches.append(cache)
    return out, caches


def _backward(model: RegressionNet | ClassificationNet, dy: Any) -> dict[str, Array]:
    """The gradients, from the last layer to the first."""
    if model.cache is None:
        raise RuntimeError(f"run a forward pass before the backward pass: {type(model).__name__} has no cache")
    layer_count = len(model.params) // 2
    grads, d_out, caches = {}, dy, list(model.cache)
    for number in range(layer_count, 0, -1):
        if number < layer_count:
            d_out = model.activation.backward(d_out, caches.pop())
        d_out, d_W, d_b = layers.affine_backward(d_out, caches.pop(), edition=model.edition)
        grads[f"W{number}"], grads[f"b{number}"] = d_W, d_b
    return {name: grads[name] for name in model.params}


def _reg_gradient(W: Array, reg: float) -> Array:
    """The gradient of ``reg * sum(W ** 2)``."""
    squares, saved_square = square.call_forward(W)
    _, saved_sum = sum_op.call_forward(squares)
    (d_squares,) = sum_op.call_backward(saved_sum, reg, arrays=1)
    (d_W,) = square.call_backward(saved_square, d_squares, arrays=1)
    return np.asarray(d_W)
