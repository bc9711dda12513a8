"""What the solver minimizes: the mean loss as a function of ``W``, made of ops, for this package's models and losses.

It does not depend on the edition, which only says where the mean is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import compile, value_and_grad
from chainrule.courses.i2dl.linear_models import Classifier, LinearModel
from chainrule.courses.i2dl.losses import BCE, Loss
from chainrule.courses.i2dl.optimizers import Optimizer
from chainrule.ops import binary_cross_entropy_with_logits, matmul, sigmoid

__all__ = ["is_from_logits", "is_unmodified", "logistic_gradient", "mean_loss", "steps"]

Array = npt.NDArray[Any]
Objective = Callable[[Any, Any, Any], Any]
Samples = tuple[Array, Array]


def is_from_logits(model: Any, loss: Any) -> bool:
    """Whether the loss can be computed from logits: exact for every one, even where the sigmoid is 0 or 1."""
    return is_unmodified(model, Classifier) and is_unmodified(loss, BCE)


def is_unmodified(thing: Any, *types: type) -> bool:
    """Whether it is of just these types and no method was set on it: a subclass may compute something else."""
    return type(thing) in types and not any(callable(value) for value in vars(thing).values())


def mean_loss(model: LinearModel | Classifier, loss: Loss) -> Objective:
    """The function ``(W, X1, y) -> mean loss``, for X1 with its column of ones, shape (N, D + 1)."""
    if is_from_logits(model, loss):

        def from_logits(W: Any, X1: Any, y: Any) -> Any:
            logits = X1 @ W
            return binary_cross_entropy_with_logits(logits, y)

        return from_logits

    def from_outputs(W: Any, X1: Any, y: Any) -> Any:
        logits = X1 @ W
        outputs = sigmoid(logits) if type(model) is Classifier else logits
        return loss.op(outputs, y)

    return from_outputs


def logistic_gradient(W: Array, X1: Array, y: Array) -> Array:
    """The gradient of the mean binary cross-entropy, ``X1.T (p - y) / N``, without the quotients of p and 1 - p."""
    logits, saved_product = matmul.call_forward(X1, W)
    _, saved_loss = binary_cross_entropy_with_logits.call_forward(logits, y)
    d_logits, _ = binary_cross_entropy_with_logits.call_backward(saved_loss, 1.0, arrays=2)
    d_W: Array = matmul.call_backward(saved_product, d_logits, arrays=2)[1]
    return d_W


def steps(optimizer: Optimizer, loss: Loss, train: Samples, validation: Samples) -> Iterator[tuple[float, float]]:
    """Step after step, each as one call of compiled text; gives the two losses after it, the model its new W.

    The value and the gradient at the new W come from one pass: the value is what is logged, and the gradient
    belongs to the next step.

    Args:
        optimizer: has the model and the learning rate.
        loss: one of this package's.
        train, validation: X1 with its column of ones, shape (N, D + 1), and y, shape (N, 1).
    """
    model = optimizer.model
    objective = mean_loss(model, loss)

    def step(W: Any, d_W: Any, learning_rate: Any, X1: Any, y: Any, X1_val: Any, y_val: Any) -> Any:
        W = W - learning_rate * d_W
        train_loss, d_W = value_and_grad(objective)(W, X1, y)
        validation_loss = objective(W, X1_val, y_val)
        return W, d_W, train_loss, validation_loss

    given = [model.W, *train, *validation]
    dtype = np.result_type(*given)
    W, *data = [array.astype(dtype) for array in given]  # cast once, and not in every step
    _, d_W = value_and_grad(objective)(W, *data[:2])
    run = compile(step).step(W, d_W, float(optimizer.lr), *data).run
    while True:
        W, d_W, train_loss, validation_loss = run(W, d_W, float(optimizer.lr), *data)
        model.W = W
        yield float(train_loss), float(validation_loss)
