"""What holds a value: nodes, inputs, parameters and packages of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.courses.edf.graph import current_graph

__all__ = ["AffineParams", "CompNode", "Input", "Parameter", "ParameterPackage"]


class CompNode:
    """A node that computes. Subclasses append themselves to ``edf.CompNodes`` and define ``forward`` and ``backward``.

    >>> import numpy as np
    >>> from chainrule.courses import edf
    >>> class Double(edf.CompNode):
    ...     def __init__(self, x):
    ...         edf.CompNodes.append(self)
    ...         self.x = x
    ...
    ...     def forward(self):
    ...         self.value = 2 * self.x.value
    ...
    ...     def backward(self):
    ...         self.x.addgrad(2 * self.grad)

    Attributes:
        value: what ``forward()`` computed, shape (B, ...).
        grad: the sum of all that arrived by `addgrad`, of the value's shape and dtype; zeros if nothing did.
    """

    # No __init__: a subclass that has its own need not call another one.
    value: Any
    grad: Any

    def addgrad(self, delta: Any) -> None:
        """Add what a user of this node sends back, shape of ``value``."""
        arrived = _fitted(self, delta)
        known = vars(self).get("grad")
        self.grad = arrived if known is None else known + arrived

    def clear_gradient(self) -> None:
        """Set the gradient to zero."""
        vars(self).pop("grad", None)

    def __getattr__(self, name: str) -> Any:  # only where there is no such attribute
        if name == "grad" and "value" in vars(self):
            return np.zeros_like(self.value)
        if name in ("value", "grad"):
            raise AttributeError(
                f"this {type(self).__name__} has no {name} yet. Call edf.Forward() first; it needs every node that "
                "it uses to be constructed before it."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class Input:
    """A value from outside, set by its user: ``x.value = batch``. It is copied, and gradients for it are dropped.

    Args:
        name: what programs call it; the attribute of the node that uses it, if not given.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self._value: Any = None
        current_graph().Inputs.append(self)

    @property
    def value(self) -> Any:
        """The batch, shape (B, ...).

        Raises:
            RuntimeError: none was set.
        """
        if self._value is None:
            name = f"{self.name!r} " if self.name else ""
            raise RuntimeError(f"Input {name}has no value. Set it before edf.Forward(): x.value = batch.")
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        # A copy, so that changing the array afterwards leaves the gradients alone. Tracers can't be changed from there.
        self._value = value if hasattr(type(value), "__chainrule_op__") or value is None else np.array(value)

    def addgrad(self, delta: Any) -> None:
        """Nothing: data are not trained."""

    addsummed = addgrad


class Parameter:
    """A value that is trained. What it is sent carries a batch axis, which is summed away.

    Args:
        value: where training starts; it is copied and becomes ``edf.DT``.
        name: what programs and files call it; the attribute that holds it, if not given.

    Attributes:
        value: an array of the dtype ``edf.DT``.
        grad: its gradient, of the same shape; zeros before anything arrived.
    """

    def __init__(self, value: Any, name: str | None = None) -> None:
        from chainrule.courses import edf

        self.name = name
        self.value: Any = np.array(value, dtype=edf.DT)
        current_graph().Parameters.append(self)

    def addgrad(self, delta: Any) -> None:
        """Add the sum of ``delta`` over the batch.

        Args:
            delta: one gradient for each sample, shape (B, ...), then the value's.

        Raises:
            ValueError: there is no batch axis.
        """
        shape, size = np.shape(delta), int(np.size(self.value))
        if not shape or int(np.prod(shape[1:])) != size:
            raise ValueError(
                f"Parameter.addgrad: delta has shape {shape}, and the parameter {np.shape(self.value)}. Expected one "
                f"gradient for each sample, shape {('B', *np.shape(self.value))}, where the batch axis will be summed "
                "away. If it is summed already, call addsummed(delta)."
            )
        self.addsummed(np.sum(delta, axis=0))

    def addsummed(self, delta: Any) -> None:
        """Add a gradient whose batch axis has been summed away already.

        Args:
            delta: as many entries as the value has.
        """
        arrived = _fitted(self, np.reshape(delta, np.shape(self.value)))
        known = vars(self).get("grad")
        self.grad = arrived if known is None else known + arrived

    clear_gradient = CompNode.clear_gradient
    __getattr__ = CompNode.__getattr__

    def __repr__(self) -> str:
        return f"<edf.Parameter {self.name or ''}{np.shape(self.value)}>"


class ParameterPackage:
    """Parameters that belong to one node, as attributes."""


class AffineParams(ParameterPackage):
    """Weights ``A``, uniform between -sqrt(3 / nInputs) and sqrt(3 / nInputs), and biases ``b``, zeros.

    Args:
        nInputs: numbers that go in, a sample.
        nOutputs: numbers that come out, a sample.
        rng: where the weights are drawn; NumPy's global generator if not given, so ``np.random.seed`` counts.
    """

    def __init__(self, nInputs: int, nOutputs: int, rng: np.random.Generator | None = None) -> None:
        bound = np.sqrt(3 / nInputs)
        # The framework's own convention; the global generator is drawn from and never seeded.
        uniform = np.random.uniform if rng is None else rng.uniform
        self.A = Parameter(uniform(-bound, bound, (nInputs, nOutputs)))
        self.b = Parameter(np.zeros(nOutputs))


def _fitted(holder: Any, delta: Any) -> Any:
    """A new array with ``delta`` in the shape and dtype of the holder's value."""
    value = holder.value
    if np.shape(delta) != np.shape(value):
        delta = _spread(type(holder).__name__, delta, value)
    dtype = getattr(value, "dtype", np.float64)
    return delta.astype(dtype) if hasattr(delta, "astype") else np.asarray(delta, dtype)


def _spread(name: str, delta: Any, value: Any) -> Any:
    """``delta`` broadcast to the value's shape; never the value to delta's."""
    shape = np.shape(value)
    try:
        together = np.broadcast_shapes(np.shape(delta), shape)
    except ValueError:
        together = ()
    if together != shape:
        raise ValueError(f"{name}.addgrad: delta has shape {np.shape(delta)}, and the value {shape}. Reshape delta.")
    return np.broadcast_to(delta, shape)
