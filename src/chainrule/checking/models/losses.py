"""A loss in one form, whatever it came as: an op, its name, a function, or an object with two methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from chainrule.op import Op

__all__ = ["Kind", "Loss", "as_loss", "guessed_loss"]

Kind = Literal["classes", "yes or no", "probability", "values", ""]

# By the name of an op or a class, in small letters: what the loss takes.
KINDS: dict[str, Kind] = {
    "softmax_cross_entropy": "classes",
    "categorical_cross_entropy": "classes",
    "categoricalcrossentropy": "classes",
    "crossentropyfromlogits": "classes",
    "crossentropyloss": "classes",
    "binary_cross_entropy_with_logits": "yes or no",
    "binary_cross_entropy": "probability",
    "bce": "probability",
    "squared_error": "values",
    "mse": "values",
    "absolute_error": "values",
    "l1": "values",
}


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss in one form.

    Args:
        name: its own.
        function: ``(output, y)`` gives one number, or one for each sample.
        gradient: ``(output, y)`` gives the derivative by ``output`` as its author wrote it; None for plain functions.
        kind: what it takes: class numbers with logits, yes or no with logits or with probabilities, values; empty
            where that cannot be told.
        op: the op that it is or holds.
    """

    name: str
    function: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], Any] | None = None
    kind: Kind = ""
    op: Op | None = None

    def __call__(self, output: Any, y: Any) -> Any:
        """One number: the mean over the samples, if there is one for each."""
        value = self.function(output, y)
        value = value[0] if isinstance(value, (tuple, list)) else value
        shape = np.shape(value)
        return value if not shape else np.sum(value) / shape[0]


def as_loss(loss: Any) -> Loss:
    """The loss in this form.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, str):
        from chainrule import ops

        if not isinstance(getattr(ops, loss, None), Op):
            raise TypeError(f"check.model: there is no loss {loss!r}; expected a name such as 'softmax_cross_entropy'")
        return as_loss(getattr(ops, loss))
    if isinstance(loss, Op):
        return Loss(loss.name, loss, _op_gradient(loss), KINDS.get(loss.name, ""), loss)
    forward, backward = getattr(loss, "forward", None), getattr(loss, "backward", None)
    if callable(forward):
        name = (loss if isinstance(loss, type) else type(loss)).__name__
        made = loss() if isinstance(loss, type) else loss
        op = getattr(made, "op", None)
        gradient = _backward_of(made) if callable(backward) else None
        return Loss(name, made.forward, gradient, KINDS.get(name.lower(), ""), op if isinstance(op, Op) else None)
    if callable(loss):
        name = getattr(loss, "__name__", type(loss).__name__)
        return Loss(name, loss, _second_result(loss), KINDS.get(name.lower(), ""))
    raise TypeError(f"check.model: loss is {loss!r}; expected an op, its name, a function (output, y), or an object")


def guessed_loss(output: Any, y: Any, probabilities: bool = False) -> Loss:
    """The loss that goes with such outputs and such targets, where none is given."""
    from chainrule import ops

    output, y = np.asarray(output), np.asarray(y)
    several = output.ndim == 2 and output.shape[1] > 1
    whole = y.dtype.kind in "iub"
    one_hot = several and y.shape == output.shape and bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())
    if several and ((whole and y.ndim == 1) or one_hot):
        return as_loss(ops.categorical_cross_entropy if probabilities else ops.softmax_cross_entropy)
    if whole and not several:
        return as_loss(ops.binary_cross_entropy if probabilities else ops.binary_cross_entropy_with_logits)
    return as_loss(ops.squared_error)


def _op_gradient(op: Op) -> Callable[[Any, Any], Any]:
    def gradient(output: Any, y: Any) -> Any:
        value, saved = op.call_forward(output, y)
        return op.call_backward(saved, np.ones_like(value), 2)[0]

    return gradient


def _backward_of(loss: Any) -> Callable[[Any, Any], Any]:
    """``backward(output, y)``, or a ``backward`` that reads what forward left behind."""
    try:
        kinds = inspect.signature(loss.backward).parameters.values()
        needed = sum(1 for one in kinds if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD)
    except (TypeError, ValueError):
        needed = 2

    def gradient(output: Any, y: Any) -> Any:
        value = loss.forward(output, y)
        if needed == 2:
            result = loss.backward(output, y)
        elif needed == 1:
            result = loss.backward(np.ones_like(value))
        else:
            result = loss.backward()
        return result[0] if isinstance(result, (tuple, list)) else result

    return gradient


def _second_result(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """For functions that give ``(loss, gradient)``, as many courses have them."""

    def gradient(output: Any, y: Any) -> Any:
        result = function(output, y)
        if not (isinstance(result, (tuple, list)) and len(result) == 2):
            raise TypeError("the loss gives no gradient; return (loss, gradient), or give an op")
        return result[1]

    return gradient
