"""TUM's machine learning, exercise 9: layers that remember a cache, softmax regression and a two-layer network.

>>> model = LogisticRegression(num_features=64, num_classes=10)
>>> X_train, X_test, Y_train, Y_test = digits_data()
>>> losses = train(model, X_train, Y_train, epochs=51)
Epoch    0, loss = 2.3026
Epoch   50, loss = 0.2275

Conventions of the sheet: parameter gradients are sums over the batch, the cross-entropy is a mean and pays its own 1/N,
labels are one-hot rows. The mathematics is that of `chainrule.ops`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import Op, ops

__all__ = [
    "Affine",
    "CategoricalCrossEntropy",
    "FeedforwardNeuralNet",
    "LogisticRegression",
    "ReLU",
    "digits_data",
    "logsumexp",
    "softmax",
    "test_accuracy",
    "train",
]

Array = npt.NDArray[Any]


class _Layer:
    """An op with a cache: forward fills it, backward reads it, as often as it likes."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.cache: Any = None

    def _forward(self, *arrays: npt.ArrayLike) -> Any:
        # Copies, so that changing an array afterwards leaves the gradients alone.
        out, saved = self.op.call_forward(*map(np.array, arrays))
        self.cache = saved
        return out

    def _backward(self, d_out: Any, arrays: int) -> tuple[Any, ...]:
        if self.cache is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward has no cache. Run {name}.forward first.")
        return self.op.call_backward(self.cache, d_out, arrays)


class Affine(_Layer):
    """``inputs @ weight + bias``."""

    def __init__(self) -> None:
        super().__init__(ops.affine)

    def forward(self, inputs: npt.ArrayLike, weight: npt.ArrayLike, bias: npt.ArrayLike) -> Array:
        """The outputs, shape (N, H), of inputs (N, D), weight (D, H) and bias (H,)."""
        out: Array = self._forward(inputs, weight, bias)
        return out

    def backward(self, d_out: Array) -> tuple[Array, Array, Array]:
        """``d_inputs, d_weight, d_bias``; the last two are sums over the batch."""
        d_inputs, d_weight, d_bias = self._backward(d_out, 3)
        return d_inputs, d_weight, d_bias


class ReLU(_Layer):
    """``max(inputs, 0)``; its slope at 0 is 0."""

    def __init__(self) -> None:
        super().__init__(ops.relu)

    def forward(self, inputs: npt.ArrayLike) -> Array:
        """The inputs, any shape, with 0 for what is negative."""
        out: Array = self._forward(inputs)
        return out

    def backward(self, d_out: Array) -> Array:
        """``d_inputs``; ``d_out`` is left as it is."""
        (d_inputs,) = self._backward(d_out, 1)
        return d_inputs  # type: ignore[no-any-return]  # ops are unannotated


class CategoricalCrossEntropy(_Layer):
    """The mean of ``-sum_k labels_k log softmax(logits)_k``, for logits of any size."""

    def __init__(self) -> None:
        super().__init__(ops.softmax_cross_entropy)

    def forward(self, logits: npt.ArrayLike, labels: npt.ArrayLike) -> float:
        """The loss of logits (N, K) for one-hot labels (N, K)."""
        return float(self._forward(logits, labels))

    def backward(self, d_out: float = 1.0) -> tuple[Array, None]:
        """``d_logits`` and None: labels have no gradient."""
        return self._backward(d_out, 2)[0], None


class LogisticRegression:
    """Softmax regression from zero weights.

    Args:
        num_features: D.
        num_classes: K.
        learning_rate: of gradient descent.

    Attributes:
        params: W, shape (D, K), and b, shape (K,).
    """

    def __init__(self, num_features: int, num_classes: int, learning_rate: float = 1e-2) -> None:
        self.learning_rate = learning_rate
        self.params = {"W": np.zeros((num_features, num_classes)), "b": np.zeros(num_classes)}
        self.affine, self.cross_entropy = Affine(), CategoricalCrossEntropy()

    def predict(self, X: npt.ArrayLike) -> Array:
        """Probabilities of the classes, shape (N, K)."""
        return softmax(self.affine.forward(X, self.params["W"], self.params["b"]))

    def step(self, X: npt.ArrayLike, Y: npt.ArrayLike) -> float:
        """One step of gradient descent; gives the loss before it."""
        loss = self.cross_entropy.forward(self.affine.forward(X, self.params["W"], self.params["b"]), Y)
        d_logits, _ = self.cross_entropy.backward()
        _, d_W, d_b = self.affine.backward(d_logits)
        self.params = _descended(self.params, {"W": d_W, "b": d_b}, self.learning_rate)
        return loss


class FeedforwardNeuralNet:
    """Affine, ReLU, affine, softmax. Weights start uniform within +-sqrt(6 / (fan_in + fan_out)), biases at zero.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), equation 16.

    Args:
        input_size: D.
        hidden_size: H.
        output_size: K.
        learning_rate: of gradient descent.
        rng: where the weights are drawn; NumPy's global generator if not given, so ``np.random.seed`` counts.

    Attributes:
        params: W1, shape (D, H), b1, (H,), W2, (H, K), and b2, (K,).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        learning_rate: float = 1e-2,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.learning_rate = learning_rate
        self.params = {
            "W1": _xavier(input_size, hidden_size, rng),
            "b1": np.zeros(hidden_size),
            "W2": _xavier(hidden_size, output_size, rng),
            "b2": np.zeros(output_size),
        }
        self.affine1, self.relu, self.affine2 = Affine(), ReLU(), Affine()
        self.cross_entropy = CategoricalCrossEntropy()

    def _logits(self, X: npt.ArrayLike) -> Array:
        params = self.params
        hidden = self.relu.forward(self.affine1.forward(X, params["W1"], params["b1"]))
        return self.affine2.forward(hidden, params["W2"], params["b2"])

    def predict(self, X: npt.ArrayLike) -> Array:
        """Probabilities of the classes, shape (N, K)."""
        return softmax(self._logits(X))

    def step(self, X: npt.ArrayLike, Y: npt.ArrayLike) -> float:
        """One step of gradient descent; gives the loss before it."""
        loss = self.cross_entropy.forward(self._logits(X), Y)
        d_logits, _ = self.cross_entropy.backward()
        d_hidden, d_W2, d_b2 = self.affine2.backward(d_logits)
        _, d_W1, d_b1 = self.affine1.backward(self.relu.backward(d_hidden))
        gradients = {"W1": d_W1, "b1": d_b1, "W2": d_W2, "b2": d_b2}
        self.params = _descended(self.params, gradients, self.learning_rate)
        return loss


def _xavier(fan_in: int, fan_out: int, rng: np.random.Generator | None) -> Array:
    bound = np.sqrt(6 / (fan_in + fan_out))
    # The sheet seeds the global generator; it is drawn from here and never seeded.
    uniform = np.random.uniform if rng is None else rng.uniform
    return uniform(-bound, bound, (fan_in, fan_out))


def _descended(params: dict[str, Array], gradients: dict[str, Array], learning_rate: float) -> dict[str, Array]:
    """New arrays: whoever kept the old ones still has them."""
    return {name: value - learning_rate * gradients[name] for name, value in params.items()}


# -- the experiment ------------------------------------------------------------------------------------------


def digits_data() -> tuple[Array, Array, Array, Array]:
    """``X_train, X_test, Y_train, Y_test``: the digits as the sheet splits them, with one-hot labels.

    The split is the one that ``np.random.seed(123)`` gives; the global generator is left alone.
    """
    from sklearn.model_selection import train_test_split

    from chainrule.data import digits, one_hot

    data = digits()
    # A RandomState of its own draws what the global generator draws after np.random.seed(123).
    state = np.random.RandomState(123)
    parts: list[Array] = train_test_split(data.x, one_hot(data.y, 10), test_size=0.25, random_state=state)
    X_train, X_test, Y_train, Y_test = parts
    return X_train, X_test, Y_train, Y_test


def train(model: Any, X: Array, Y: Array, epochs: int = 501, report_every: int = 50) -> list[float]:
    """Take one full-batch step an epoch, say the loss now and then, and give all losses."""
    losses = []
    for epoch in range(epochs):
        losses.append(model.step(X, Y))
        if epoch % report_every == 0:
            print(f"Epoch {epoch:4}, loss = {losses[-1]:.4f}")
    return losses


def test_accuracy(model: Any, X: Array, Y: Array) -> float:
    """Say, and give, the share of samples whose most probable class is the right one."""
    accuracy = float(np.mean(np.argmax(model.predict(X), axis=1) == np.argmax(Y, axis=1)))
    print(f"test set accuracy = {accuracy:.3f}")
    return accuracy


test_accuracy.__test__ = False  # type: ignore[attr-defined]  # its name is the sheet's; it is no test for pytest


# -- the two identities ----------------------------------------------------------------------------------------


def logsumexp(x: npt.ArrayLike, a: float | None = None) -> Any:
    """``log sum_k e^{x_k}`` along the last axis, which is ``a + logsumexp(x - a)`` for every number a.

    With ``a = max(x)``, taken if none is given, no exponential overflows:

        log sum_k e^{x_k} = log(e^a sum_k e^{x_k - a}) = a + log sum_k e^{x_k - a}

    >>> float(logsumexp([1000.0, 1000.0])) == 1000 + float(logsumexp([0.0, 0.0]))
    True
    """
    array = np.asarray(x, dtype=float)
    if a is None:
        return ops.logsumexp(array, axis=-1)
    return a + np.log(np.sum(np.exp(array - a), axis=-1))


def softmax(x: npt.ArrayLike, a: float | None = None) -> Array:
    """``e^{x_k} / sum_j e^{x_j}`` along the last axis, which is ``softmax(x - a)`` for every number a.

    With ``a = max(x)``, taken if none is given, no exponential overflows: numerator and denominator both lose the
    factor e^a.

    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    array = np.asarray(x, dtype=float)
    if a is None:
        out: Array = ops.softmax(array)
        return out
    exponentials = np.exp(array - a)
    p: Array = exponentials / np.sum(exponentials, axis=-1, keepdims=True)
    return p
