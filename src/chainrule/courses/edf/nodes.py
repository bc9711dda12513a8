"""The framework's own nodes. Each is an op with names for its inputs; values and gradients come from the op."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from chainrule import Op, ops
from chainrule.courses.edf.graph import current_graph
from chainrule.courses.edf.node import AffineParams, CompNode, Parameter

__all__ = [
    "Add",
    "Affine",
    "CrossEntropyLoss",
    "L2Loss",
    "LeakyReLU",
    "LogLoss",
    "Mean",
    "Mul",
    "OpNode",
    "ReLU",
    "Reshape",
    "Sigmoid",
    "SingleProbToProbVector",
    "Softmax",
    "Sum",
    "Tanh",
    "Transpose",
]


class OpNode(CompNode):
    """A node that runs an op: ``OpNode(op, x=x, y=y)``. The inputs become attributes, in the op's order.

    >>> from chainrule import ops
    >>> from chainrule.courses import edf
    >>> x = edf.Input()
    >>> x.value = 0.0
    >>> node = OpNode(ops.cosh, x=x)
    >>> node.forward()
    >>> float(node.value)
    1.0
    """

    def __init__(self, op: Op, **inputs: Any) -> None:
        self.op = op
        self.options: dict[str, Any] = {}
        self._names = tuple(inputs)
        vars(self).update(inputs)
        current_graph().CompNodes.append(self)

    def forward(self) -> None:
        """Run the op's forward on the inputs' values."""
        self.value, self.saved = self.op.call_forward(*self._values(), **self.options)

    def backward(self) -> None:
        """Send each input what the op's backward gives for it."""
        gradients = self.op.call_backward(self.saved, self.grad, len(self._names))
        for name, gradient in zip(self._names, gradients, strict=True):
            _send(getattr(self, name), gradient)

    def _values(self) -> list[Any]:
        return [getattr(self, name).value for name in self._names]


def _send(holder: Any, gradient: Any) -> None:
    """To a parameter as it is: ops have summed over the batch what was broadcast over it."""
    if gradient is not None:
        holder.addsummed(gradient) if isinstance(holder, Parameter) else holder.addgrad(gradient)


class Affine(CompNode):
    """``x @ w.A + w.b``, shape (B, nOutputs).

    Args:
        w: the parameters.
        x: a node or an input, shape (B, nInputs).
    """

    def __init__(self, w: AffineParams, x: Any) -> None:
        self.w = w
        self.x = x
        current_graph().CompNodes.append(self)

    def forward(self) -> None:
        """Weigh and add the bias."""
        self.value, self.saved = ops.affine.call_forward(self.x.value, self.w.A.value, self.w.b.value)

    def backward(self) -> None:
        """Send back to x, and sums over the batch to A and b."""
        d_x, d_A, d_b = ops.affine.call_backward(self.saved, self.grad, 3)
        _send(self.x, d_x)
        _send(self.w.A, d_A)
        _send(self.w.b, d_b)


class Sigmoid(OpNode):
    """``1 / (1 + e^-x)``, without overflow."""

    def __init__(self, x: Any) -> None:
        super().__init__(ops.sigmoid, x=x)


class Tanh(OpNode):
    """``tanh(x)``."""

    def __init__(self, x: Any) -> None:
        super().__init__(ops.tanh, x=x)


class ReLU(OpNode):
    """``max(x, 0)``; the slope at 0 is 0."""

    def __init__(self, x: Any) -> None:
        super().__init__(ops.relu, x=x)


class LeakyReLU(OpNode):
    """``x`` where it is positive, else ``c x``."""

    def __init__(self, x: Any, c: float = 0.01) -> None:
        super().__init__(ops.leaky_relu, x=x)
        self.options = {"slope": c}


class Softmax(OpNode):
    """Probabilities ``e^{s_k} / sum_j e^{s_j}`` of each sample, shape (B, K)."""

    s: Any

    def __init__(self, s: Any) -> None:
        super().__init__(ops.softmax, s=s)

    # What arrives is pulled back to s at once, and not the sum of it in backward(), because a cross-entropy knows its
    # gradient for s exactly, also where a probability has become 0 and its own slope infinite.

    def addgrad(self, delta: Any, d_s: Any = None) -> None:
        """Add what a user of this node sends back; ``d_s``: what it comes to at s, if that is known."""
        super().addgrad(delta)
        if d_s is None:
            (d_s,) = ops.softmax.call_backward(self.saved, delta, 1)
        known = vars(self).get("d_s")
        self.d_s = d_s if known is None else known + d_s

    def clear_gradient(self) -> None:
        """Set the gradient to zero."""
        super().clear_gradient()
        vars(self).pop("d_s", None)

    def backward(self) -> None:
        """Send back to s."""
        if "d_s" in vars(self):
            _send(self.s, self.d_s)
        else:  # nothing arrived, or this node is the loss itself
            super().backward()


class CrossEntropyLoss(CompNode):
    """``-log p[n, y[n]]``, shape (B,); computed from the logits, without overflow, if p is a `Softmax`.

    Args:
        p: probabilities, shape (B, K).
        y: class numbers, integers, shape (B,).
    """

    def __init__(self, p: Any, y: Any) -> None:
        self.p = p
        self.y = y
        current_graph().CompNodes.append(self)

    def forward(self) -> None:
        """The surprise at each sample's class."""
        p, y = self.p.value, self.y.value
        self.value, self.saved = ops.categorical_cross_entropy.call_forward(p, y, reduction="none")
        if isinstance(self.p, Softmax):
            logits = self.p.s.value
            self.value, self.saved_logits = ops.softmax_cross_entropy.call_forward(logits, y, reduction="none")

    def backward(self) -> None:
        """Send ``-1 / p`` back to each sample's class."""
        d_p, _ = ops.categorical_cross_entropy.call_backward(self.saved, self.grad, 2)
        if isinstance(self.p, Softmax):
            self.p.addgrad(d_p, ops.softmax_cross_entropy.call_backward(self.saved_logits, self.grad, 2)[0])
        else:
            _send(self.p, d_p)


LogLoss = CrossEntropyLoss  # its older name


class L2Loss(OpNode):
    """``(y_hat - y)^2``, entry by entry, shape (B, 1)."""

    def __init__(self, y: Any, y_hat: Any) -> None:
        super().__init__(ops.squared_error, y_hat=y_hat, y=y)
        self.options = {"reduction": "none"}


class SingleProbToProbVector(CompNode):
    """Probabilities of two classes from that of one: (B, 1) becomes (B, 2), with ``o[:, 0] = z``, ``o[:, 1] = 1 - z``.

    So a network that ends here learns ``z = P(Y = 0)``.
    """

    def __init__(self, z: Any) -> None:
        self.z = z
        current_graph().CompNodes.append(self)

    def forward(self) -> None:
        """Put z and 1 - z side by side."""
        z = self.z.value
        rest, self.saved_rest = ops.subtract.call_forward(1, z)
        self.value, self.saved = ops.concatenate.call_forward(z, rest, axis=1)

    def backward(self) -> None:
        """Send back ``grad[:, 0] - grad[:, 1]``."""
        d_z, d_rest = ops.concatenate.call_backward(self.saved, self.grad, 2)
        _send(self.z, d_z)
        _send(self.z, ops.subtract.call_backward(self.saved_rest, d_rest, 2)[1])


class Add(OpNode):
    """``a + b``; parameters broadcast over the batch."""

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(ops.add, a=a, b=b)


class Mul(OpNode):
    """``a * b``, entry by entry; parameters broadcast over the batch."""

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(ops.multiply, a=a, b=b)


class _OfSamples(OpNode):
    """An op along a sample's own axes, which are counted from 0; the batch axis stays."""

    along: ClassVar[Op]
    x: Any

    def __init__(self, x: Any, axis: int | tuple[int, ...] | None = None) -> None:
        super().__init__(self.along, x=x)
        self.axis = axis

    def forward(self) -> None:
        """Run the op for each sample."""
        axes = range(np.ndim(self.x.value) - 1) if self.axis is None else np.atleast_1d(self.axis)
        self.options = {"axis": tuple(int(axis) + (axis >= 0) for axis in axes)}
        super().forward()


class Sum(_OfSamples):
    """The sum of each sample's entries, shape (B,), or along the axes of a sample that are given."""

    along = ops.sum


class Mean(_OfSamples):
    """The mean of each sample's entries, shape (B,), or along the axes of a sample that are given."""

    along = ops.mean


class Reshape(OpNode):
    """Each sample in another shape; the batch axis stays."""

    x: Any

    def __init__(self, x: Any, shape: int | tuple[int, ...]) -> None:
        super().__init__(ops.reshape, x=x)
        self.shape = (shape,) if isinstance(shape, int) else tuple(shape)

    def forward(self) -> None:
        """Give each sample its shape."""
        self.options = {"shape": (np.shape(self.x.value)[0], *self.shape)}
        super().forward()


class Transpose(OpNode):
    """Each sample's axes in another order, reversed if none is given; the batch axis stays."""

    x: Any

    def __init__(self, x: Any, axes: tuple[int, ...] | None = None) -> None:
        super().__init__(ops.transpose, x=x)
        self.axes = axes

    def forward(self) -> None:
        """Reorder each sample's axes."""
        own = np.ndim(self.x.value) - 1
        axes = tuple(reversed(range(own))) if self.axes is None else self.axes
        self.options = {"axes": (0, *(axis % own + 1 for axis in axes))}
        super().forward()
