"""Losses with a forward and a backward method: an op each.

In edition "ss23" a loss is the mean over all entries, and its backward pays the 1/N; before that there is one loss for
each entry.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.courses.i2dl.arrays import as_floats
from chainrule.courses.i2dl.editions import checked_edition
from chainrule.op import Op
from chainrule.ops import absolute_error, binary_cross_entropy, softmax_cross_entropy, squared_error

__all__ = ["BCE", "L1", "MSE", "CrossEntropyFromLogits", "Loss"]

Array = npt.NDArray[Any]


class Loss:
    """How far outputs are from the truth. A loss of one's own gives ``op``, or `forward` and `backward`.

    Args:
        edition: the sheet's edition, see `editions`.
    """

    op: ClassVar[Op]
    edition = "ss20"

    def __init__(self, *, edition: str = "ss20") -> None:
        self.edition = checked_edition(edition)

    def __call__(self, y_out: Any, y_truth: Any) -> tuple[Any, Any]:
        """The loss and its gradient."""
        return self.forward(y_out, y_truth), self.backward(y_out, y_truth)

    def forward(self, y_out: Any, y_truth: Any) -> Any:
        """The loss of each entry, shape of ``y_out``; in edition "ss23" their mean.

        Args:
            y_out: outputs, any shape.
            y_truth: targets, the same shape.

        Raises:
            ValueError: the shapes differ; (N, 1) and (N,) would silently become (N, N).
        """
        return self._called(y_out, y_truth)[0]

    def backward(self, y_out: Any, y_truth: Any) -> Array:
        """The gradient with respect to ``y_out``, of its shape: of each entry's loss, or of their mean."""
        loss, saved = self._called(y_out, y_truth)
        gradient: Array = self.op.call_backward(saved, np.ones_like(loss), arrays=2)[0]
        return gradient

    def _called(self, y_out: Any, y_truth: Any) -> tuple[Any, Any]:
        name = type(self).__name__
        reduction = "mean" if self.edition == "ss23" else "none"
        arrays = as_floats(f"{name}: y_out", y_out), as_floats(f"{name}: y_truth", y_truth)
        return self.op.call_forward(*arrays, reduction=reduction)


class L1(Loss):
    """The distance ``|y_out - y_truth|``; its gradient is the sign, 0 where they are equal.

    >>> L1()([1.0, 5.0], [2.0, 2.0])
    (array([1., 3.]), array([-1.,  1.]))
    """

    op = absolute_error


class MSE(Loss):
    """The squared distance ``(y_out - y_truth)^2``; the mean, which the name promises, is taken as the edition says.

    >>> MSE()([1.0, 5.0], [2.0, 2.0])
    (array([1., 9.]), array([-2.,  6.]))
    """

    op = squared_error


class BCE(Loss):
    """The surprise at a yes or no, ``-(t log y + (1 - t) log(1 - y))`` for a target t; targets are not restricted.

    A perfect prediction costs 0; an output that was rounded to 0 or 1 and is wrong costs 708. The solver computes it
    from logits, where no prediction is certain.

    >>> BCE()([0.5], [1])
    (array([0.69314718]), array([-2.]))
    """

    op = binary_cross_entropy


class CrossEntropyFromLogits(Loss):
    """The surprise at the right class: ``-log softmax(logits)[label]``, the mean over the samples.

    Since it is a mean that pays its own 1/N, it is a loss of edition "ss23".

    >>> CrossEntropyFromLogits()([[0.0, 0.0]], [1])
    (np.float64(0.6931471805599453), array([[ 0.5, -0.5]]))
    """

    op = softmax_cross_entropy

    def __init__(self) -> None:
        super().__init__(edition="ss23")

    def _called(self, y_out: Any, y_truth: Any) -> tuple[Any, Any]:
        """Logits, shape (N, K), and labels, whole numbers from 0 to K - 1 of shape (N,)."""
        logits = as_floats("CrossEntropyFromLogits: y_out", y_out)
        if logits.ndim != 2 or not logits.size:
            raise ValueError(f"CrossEntropyFromLogits: y_out has shape {logits.shape}; expected logits (N, K)")
        return self.op.call_forward(logits, np.array(y_truth))
