"""Objects that hold their parameters: with ``forward`` and ``backward``, or with a ``step`` that trains."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.checking.models.losses import Loss, as_loss, guessed_loss
from chainrule.checking.models.mirror import mirrored
from chainrule.checking.models.subject import Parameters, Subject, layer_numbers

__all__ = ["is_network", "network_subject"]


def is_network(model: Any) -> bool:
    """Whether it holds ``params``, or ``W``, and can be trained: by ``forward`` and ``backward``, or by ``step``."""
    holds = isinstance(getattr(model, "params", None), Mapping) or getattr(model, "W", None) is not None
    walks = callable(getattr(model, "forward", None)) and callable(getattr(model, "backward", None))
    return holds and (walks or callable(getattr(model, "step", None)))


def network_subject(model: Any, x: Any, y: Any, loss: Any) -> Subject:
    """The network with its data and its loss."""
    stepping = not (callable(getattr(model, "forward", None)) and callable(getattr(model, "backward", None)))
    return _stepping(model, x, y, loss) if stepping else _walking(model, x, y, loss)


def _held(model: Any) -> dict[str, Any]:
    params = getattr(model, "params", None)
    return dict(params) if isinstance(params, Mapping) else {"W": model.W}


def _with(model: Any, parameters: Parameters) -> Any:
    """A copy of the model with these parameters; the model itself is never touched."""
    kept = {**vars(model), "params": None} if "params" in vars(model) else {**vars(model), "W": None}
    caches = {name: None for name in kept if name in ("cache", "grads", "_output")}
    made = copy.copy(model)
    vars(made).update({name: copy.deepcopy(value) for name, value in {**kept, **caches}.items()})
    own = {name: value.copy() for name, value in parameters.items()}
    if isinstance(getattr(model, "params", None), Mapping):
        made.params = own
    else:
        made.W = own["W"]
    return made


# -- forward and backward ------------------------------------------------------------------------------


def _walking(model: Any, x: Any, y: Any, loss: Any) -> Subject:
    parameters = _held(model)

    def output(parameters: Parameters, x: Any) -> Any:
        return _with(model, parameters).forward(x.copy())

    first = np.asarray(output(parameters, x[:2]))
    chosen = guessed_loss(first, y[:2], type(model).__name__ == "Classifier") if loss is None else as_loss(loss)

    def value(parameters: Parameters, x: Any, y: Any) -> Any:
        made = _with(model, parameters)
        return chosen(made.forward(x.copy()), y.copy()) + _extra(made)

    def gradients(parameters: Parameters, x: Any, y: Any) -> Mapping[str, Any]:
        made = _with(model, parameters)
        out = made.forward(x.copy())
        if chosen.gradient is None:
            raise TypeError(f"{chosen.name} has no backward to start from; give an op, or a loss with backward")
        d_out = chosen.gradient(out, y.copy())
        result = made.backward(_backward_argument(made, out, d_out))
        if isinstance(result, Mapping):
            return result
        if isinstance(getattr(made, "grads", None), Mapping) and made.grads:
            return made.grads  # type: ignore[no-any-return]  # somebody's own dict
        if isinstance(result, tuple):
            return dict(zip(parameters, result, strict=False))
        return {"W": _mean_of_products(result, d_out, parameters["W"])}

    def traced(parameters: Parameters, x: Any, y: Any) -> Any:
        made = copy.copy(model)
        if "W" in parameters and not isinstance(getattr(model, "params", None), Mapping):
            made.W = parameters["W"]
        else:
            made.params = dict(parameters)
        out = made.forward(x)
        return out, (chosen if chosen.op is None else as_loss(chosen.op))(out, y)

    chosen_traced = _first_that_traces(traced, parameters, x[:3], y[:3], output, chosen)

    def penalty(parameters: Parameters) -> float:
        made = _with(model, parameters)
        made.forward(x[:2].copy())
        return float(_extra(made))

    return Subject(
        type(model).__name__,
        parameters,
        x,
        y,
        chosen,
        output,
        value,
        gradients,
        chosen_traced,
        layer_numbers(parameters),
        penalty=penalty,
    )


def _first_that_traces(
    traced: Callable[..., Any], parameters: Parameters, x: Any, y: Any, output: Callable[..., Any], loss: Loss
) -> Callable[..., Any] | None:
    """The model's own code; where that cannot be traced, its mirror image, if it has one."""
    from chainrule.tracing import trace

    for labels in ((y,), ()):
        try:
            trace(
                lambda parameters, x, *rest: traced(parameters, x, rest[0] if rest else y), dict(parameters), x, *labels
            )
        except Exception:
            continue
        return traced
    image = mirrored(parameters, x, np.asarray(output(parameters, x)))
    if image is None:
        return None
    taken = loss if loss.op is None else as_loss(loss.op)

    def traced_image(parameters: Parameters, x: Any, y: Any) -> Any:
        out = image(parameters, x)
        return out, taken(out, y)

    return traced_image


def _extra(model: Any) -> Any:
    """What a network adds to the loss for its weights: the numbers in its ``reg``."""
    reg = getattr(model, "reg", None)
    return sum(reg.values()) if isinstance(reg, Mapping) else 0.0


def _backward_argument(model: Any, out: Any, d_out: Any) -> Any:
    """Linear models of the first edition are given their output, and give each output's own gradient."""
    per_output = getattr(model, "edition", "") == "ss20" and not isinstance(getattr(model, "params", None), Mapping)
    return out if per_output else d_out


def _mean_of_products(result: Any, d_out: Any, W: Any) -> Any:
    """The gradient of W: as it is, or, from one row for each output, the mean that the course's solver takes."""
    result = np.asarray(result)
    if result.shape == np.shape(W):
        return result
    return np.mean(np.asarray(d_out) * result, axis=0).reshape(np.shape(W))


# -- a step --------------------------------------------------------------------------------------------


def _stepping(model: Any, x: Any, y: Any, loss: Any) -> Subject:
    """What ``step(X, Y)`` subtracts from the parameters, divided by the learning rate, is its gradient."""
    parameters = _held(model)
    rate = float(getattr(model, "learning_rate", 1e-2))

    def value(parameters: Parameters, x: Any, y: Any) -> Any:
        return _with(model, parameters).step(x.copy(), y.copy())

    def gradients(parameters: Parameters, x: Any, y: Any) -> Mapping[str, Any]:
        made = _with(model, parameters)
        made.step(x.copy(), y.copy())
        return {name: (np.asarray(before) - _held(made)[name]) / rate for name, before in parameters.items()}

    def output(parameters: Parameters, x: Any) -> Any:
        return _with(model, parameters).predict(x.copy())

    chosen = as_loss("softmax_cross_entropy" if loss is None else loss)
    predicts = callable(getattr(model, "predict", None))
    mirror = mirrored(parameters, x[:7], output(parameters, x[:7])) if predicts else None
    traced = None
    if mirror is not None:
        logits = mirror

        def traced(parameters: Parameters, x: Any, y: Any) -> Any:
            out = logits(parameters, x)
            return out, chosen(out, y)

    return Subject(
        type(model).__name__,
        parameters,
        x,
        y,
        chosen,
        mirror or output,
        value,
        gradients,
        traced,
        layer_numbers(parameters),
    )
