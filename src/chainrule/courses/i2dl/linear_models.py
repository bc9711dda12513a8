"""Linear and logistic regression: ``y = X1 W`` and ``y = sigmoid(X1 W)``, where X1 is X and a column of ones.

``W`` has shape (D + 1, 1), the bias in its last row. There is no derivative here: backward goes through the ops.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl.arrays import as_floats, check_shape, with_ones
from chainrule.courses.i2dl.network import Network
from chainrule.ops import matmul, sigmoid

__all__ = ["Classifier", "LinearModel"]

Array = npt.NDArray[Any]
Seed = np.random.Generator | int | None


def _initialize_weights(self: Any, weights: Any = None, *, rng: Seed = None) -> None:
    """Start from a copy of ``weights``, shape (D + 1, 1), or else from 0.001 times normal random numbers.

    Args:
        weights: the start, or None.
        rng: a Generator or a seed, for the random numbers; the global generator is left alone.

    Raises:
        AssertionError: the weights have another shape; the sheet asserts it, too.
    """
    self.W = _initial_weights(self.num_features, weights, rng)
    self.cache = None


class LinearModel(Network):
    """Linear regression.

    >>> model = LinearModel(num_features=1)
    >>> model.initialize_weights([[2.0], [10.0]])
    >>> model([[1], [3]])
    (array([[12.],
           [16.]]), array([[1., 1.],
           [3., 1.]]))

    Args:
        num_features: columns of X, D.
        edition: the sheet's edition, see `editions`.
    """

    def __init__(self, num_features: int = 2, *, edition: str = "ss20") -> None:
        super().__init__("linear_model", edition=edition)
        self.num_features = num_features
        self.W: Array | None = None

    initialize_weights = _initialize_weights

    def forward(self, X: Any) -> Array:
        """The output ``X1 @ W``, shape (N, 1).

        Args:
            X: inputs, shape (N, D).

        Raises:
            RuntimeError: `initialize_weights` has not been called.
        """
        self.cache, W = _inputs(self, X)
        out: Array = matmul(self.cache, W)
        return out

    def backward(self, y: Any) -> Array:
        """In "ss20" the gradient of each output, X1, shape (N, D + 1); later that of the loss, shape (D + 1, 1).

        Args:
            y: the outputs, in later editions the gradient of the loss with respect to them; shape (N, 1).

        Raises:
            RuntimeError: `forward` has not been called.
        """
        X1, y = _cached(self, y)
        return _per_sample(X1, np.ones_like(y)) if self.edition == "ss20" else _summed(X1, self.W, y)


class Classifier(Network):
    """Logistic regression: the output is the probability of "yes".

    >>> model = Classifier(num_features=1)
    >>> model.initialize_weights([[0.0], [0.0]])
    >>> y, dW = model([[4.0]])
    >>> y, dW
    (array([[0.5]]), array([[1.  , 0.25]]))

    Args:
        num_features: columns of X, D.
        edition: the sheet's edition, see `editions`.
    """

    def __init__(self, num_features: int = 2, *, edition: str = "ss20") -> None:
        super().__init__("classifier", edition=edition)
        self.num_features = num_features
        self.W: Array | None = None
        self._output: Array | None = None

    initialize_weights = _initialize_weights

    def forward(self, X: Any) -> Array:
        """The output ``sigmoid(X1 @ W)``, shape (N, 1).

        Args:
            X: inputs, shape (N, D).

        Raises:
            RuntimeError: `initialize_weights` has not been called.
        """
        self.cache, W = _inputs(self, X)
        out: Array = self.sigmoid(matmul(self.cache, W))
        self._output = out.copy()
        return out

    def backward(self, y: Any) -> Array:
        """In "ss20" the gradient of each output, ``y (1 - y) X1``; later that of the loss, summed over the samples.

        Args:
            y: the outputs, in later editions the gradient of the loss with respect to them; shape (N, 1).

        Returns:
            shape (N, D + 1), in later editions (D + 1, 1).

        Raises:
            RuntimeError: `forward` has not been called.
        """
        X1, y = _cached(self, y)
        if self.edition == "ss20":
            (d_logits,) = sigmoid.call_backward(y, np.ones_like(y), arrays=1)
            return _per_sample(X1, d_logits)
        (d_logits,) = sigmoid.call_backward(self._output, y, arrays=1)
        return _summed(X1, self.W, d_logits)

    def sigmoid(self, x: Any) -> Any:
        """Squash to between 0 and 1: ``1 / (1 + e^-x)``; any shape, also one number. It can't overflow."""
        return sigmoid(as_floats("Classifier.sigmoid: x", x))


def _initial_weights(num_features: int, weights: Any, rng: Seed) -> Array:
    shape = (num_features + 1, 1)
    if weights is None:
        return 0.001 * np.random.default_rng(rng).normal(size=shape)
    array = as_floats("initialize_weights: weights", weights)
    if array.shape != shape:  # raised and not asserted, so that `python -O` finds it, too
        raise AssertionError(
            f"initialize_weights: weights has shape {array.shape}; expected {shape}, one row for each of "
            f"{num_features} features and the bias last"
        )
    return array


def _inputs(model: LinearModel | Classifier, X: Any) -> tuple[Array, Array]:
    """X and a column of ones, an array of its own; and W."""
    if model.W is None:
        raise RuntimeError("weight matrix W is not initialized; call initialize_weights() before forward")
    array = as_floats(f"{type(model).__name__}: X", X)
    if array.ndim != 2 or array.shape[1] != model.num_features:
        raise ValueError(
            f"{type(model).__name__}: X has shape {array.shape}; expected (N, {model.num_features}), one row a sample"
        )
    return with_ones(array), model.W


def _cached(model: LinearModel | Classifier, y: Any) -> tuple[Array, Array]:
    """What forward kept, and ``y`` as floats of the output's shape."""
    if model.cache is None:
        raise RuntimeError(f"run a forward pass before the backward pass: {type(model).__name__} has no cache")
    array = as_floats(f"{type(model).__name__}.backward: the argument", y)
    check_shape(f"{type(model).__name__}.backward: the argument", array, (len(model.cache), 1))
    return model.cache, array


def _per_sample(X1: Array, d_out: Array) -> Array:
    """The gradient of every output alone: logit n is ``X1[n] @ W``, so its gradient is row n of X1."""
    gradient: Array = d_out * X1
    return gradient


def _summed(X1: Array, W: Array | None, d_logits: Array) -> Array:
    gradient: Array = matmul.call_backward((X1, W), d_logits, arrays=2)[1]
    return gradient
