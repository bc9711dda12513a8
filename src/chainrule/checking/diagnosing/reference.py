"""What a subject is compared with: one of our ops, in the convention of whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.diagnosing.examples import Example, Sizes, example_of
from chainrule.checking.evidence import Trial
from chainrule.op import Op

__all__ = ["REDUCTIONS", "Reference", "layer_convention", "references"]

Array = npt.NDArray[Any]

REDUCTIONS = ("none", "sum", "mean", "rows", "mean of rows", "loss mean", "solver mean", "layer mean")


@dataclass(frozen=True, eq=False)
class _Reduction:
    """How the losses of single entries become what a loss returns.

    Args:
        reduce: from the single ones to the result.
        spread: from the result's gradient, and the single losses' shape, to theirs.
        words: where the 1/N is paid, for sentences about factors.
    """

    reduce: Callable[[Array], Any]
    spread: Callable[[Any, tuple[int, ...]], Array]
    words: str


def _row_sums(losses: Array) -> Array:
    return np.asarray(losses.sum(axis=tuple(range(1, losses.ndim))))


def _along_rows(d_out: Any, shape: tuple[int, ...]) -> Array:
    d_out = np.asarray(d_out)
    return np.broadcast_to(d_out.reshape(d_out.shape + (1,) * (len(shape) - d_out.ndim)), shape)


_LOSSES: Mapping[str, _Reduction] = {
    "none": _Reduction(
        lambda losses: losses,
        lambda d_out, shape: np.broadcast_to(d_out, shape),
        "each sample's loss is returned here, and nothing is averaged",
    ),
    "mean": _Reduction(
        lambda losses: losses.mean(),
        lambda d_out, shape: np.broadcast_to(np.asarray(d_out) / np.prod(shape), shape),
        "the loss is a mean over the batch, and so is its gradient",
    ),
    "sum": _Reduction(
        lambda losses: losses.sum(),
        lambda d_out, shape: np.broadcast_to(d_out, shape),
        "the losses are added up here, and not averaged",
    ),
    "rows": _Reduction(
        _row_sums,
        _along_rows,
        "one loss for each sample is returned here, and nothing is averaged",
    ),
    "mean of rows": _Reduction(
        lambda losses: _row_sums(losses).mean(),
        lambda d_out, shape: np.broadcast_to(np.asarray(d_out) / shape[0], shape),
        "the loss is a mean over the samples, and so is its gradient",
    ),
    "solver mean": _Reduction(
        lambda losses: losses.mean(),
        lambda d_out, shape: np.broadcast_to(d_out, shape),
        "the solver divides by N here, and not the loss's backward",
    ),
}
_LAYERS: Mapping[str, str] = {
    "sum": "the mean is taken in the loss, and its 1/N is in the incoming gradient already; a layer only adds up",
    "layer mean": "here the layer averages the gradients of its parameters over the batch",
}


def layer_convention(reduction: str) -> str:
    """In words, where a layer's parameters get their 1/N; empty for anything else."""
    return _LAYERS.get(reduction, "")


@dataclass(frozen=True, eq=False)
class Reference:
    """One of our ops with a convention.

    Args:
        op: that is right.
        example: how it is called; None where the caller gives the arrays.
        reduction: one of `REDUCTIONS`; empty where there is nothing to choose.
    """

    op: Op
    example: Example | None
    reduction: str = ""

    @property
    def convention(self) -> str:
        """In words, where the 1/N is paid."""
        return _LOSSES[self.reduction].words if self.is_loss else layer_convention(self.reduction)

    @property
    def is_loss(self) -> bool:
        """Whether losses of samples are reduced."""
        return self.reduction in _LOSSES and "reduction" in _parameters(self.op)

    def run(self, arrays: tuple[Any, ...]) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
        """The result, and the function that pulls a gradient back."""
        if not self.is_loss:
            out, saved = self.op.call_forward(*arrays)
            return out, lambda d_out: self._averaged(arrays, self.op.call_backward(saved, d_out, len(arrays)))
        losses, saved = self.op.call_forward(*arrays, reduction="none")
        rule, losses = _LOSSES[self.reduction], np.asarray(losses)

        def back(d_out: Any) -> tuple[Any, ...]:
            return self.op.call_backward(saved, rule.spread(d_out, losses.shape), len(arrays))

        return rule.reduce(losses), back

    def _averaged(self, arrays: tuple[Any, ...], gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.reduction != "layer mean":
            return gradients
        shared = self.example.shared if self.example else ()
        count = len(arrays[0])
        return tuple(one / count if place in shared else one for place, one in enumerate(gradients))

    def trial(self, arrays: tuple[Any, ...], sizes: Sizes, d_out: Callable[[Any], Any]) -> Trial:
        """The question that these arrays ask.

        Args:
            arrays: for forward.
            sizes: what the letters stand for.
            d_out: gives the incoming gradient for a result.
        """
        with np.errstate(all="ignore"):
            out, back = self.run(arrays)
            incoming = d_out(out)
            gradients = back(incoming)
        return Trial(arrays, {}, incoming, out, gradients, back, sizes, convention=self.convention)


def references(op: Op, reduction: str | None) -> tuple[Reference, ...]:
    """The op in every convention that is possible, the likeliest first; in one where it is given.

    Raises:
        ValueError: the op has no such convention.
    """
    example = example_of(op)
    if "reduction" in _parameters(op):
        names: tuple[str, ...] = ("mean", "none", "sum", "mean of rows", "rows")
    elif example is not None and example.shared:
        names = ("sum",)
    else:
        names = ("",)
    if reduction is not None:
        names = (_known(op, names, reduction),)
    return tuple(Reference(op, example, name) for name in names)


def _known(op: Op, names: tuple[str, ...], reduction: str) -> str:
    loss, layer = "mean" in names, names == ("sum",)
    meant = "layer mean" if layer and reduction in ("mean", "layer mean") else reduction.removeprefix("loss ")
    allowed = tuple(_LOSSES) if loss else ("none", *_LAYERS) if layer else ("none",)
    if meant not in allowed:
        raise ValueError(
            f"check: {op.name} has no reduction {reduction!r}; there is {', '.join(repr(one) for one in allowed)}"
        )
    return meant if loss else "sum" if layer and meant == "none" else meant if layer else ""


def _parameters(op: Op) -> Mapping[str, Any]:
    import inspect

    return inspect.signature(op.forward).parameters
