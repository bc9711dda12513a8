"""Example arrays for our ops, by name: what a subject that is compared with one of them is run on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from chainrule.op import Op

__all__ = ["SIZES", "Example", "Sizes", "example_of"]

Array = npt.NDArray[Any]
Sizes = Mapping[str, int]
Make = Callable[[np.random.Generator, Sizes], tuple[Any, ...]]

# All dimensions differ, and N changes, so that no two factors or shapes can be taken for one another.
SIZES: tuple[Sizes, ...] = (
    {"N": 5, "D": 3, "H": 7, "K": 4},
    {"N": 4, "D": 6, "H": 2, "K": 3},
    {"N": 7, "D": 2, "H": 5, "K": 6},
)


@dataclass(frozen=True, eq=False)
class Example:
    """How to call an op.

    Args:
        layouts: ways to make its arrays; authors expect different ones, and the first that works is taken.
        kind: a loss has a reduction; a layer has parameters that all samples share.
        differentiable: the places that have a gradient; of ``optional`` ones an author may leave it out.
        is_symmetric: whether the arrays play one part, so that a node of a graph sends a gradient to each.
        shared: the places of arrays that have no batch axis.
        extremes: arrays at which careless formulas overflow.
    """

    layouts: tuple[Make, ...]
    kind: Literal["layer", "loss", "function"] = "function"
    differentiable: tuple[int, ...] = (0,)
    optional: tuple[int, ...] = ()
    is_symmetric: bool = False
    shared: tuple[int, ...] = ()
    extremes: tuple[tuple[Any, ...], ...] = ()


def example_of(op: Op) -> Example | None:
    """The example for one of our ops; None for those that need arguments of their own, such as an index."""
    if op.name in _EXAMPLES:
        return _EXAMPLES[op.name]
    count = _arrays(op)
    if op.name in _NEED_MORE or count is None:
        return None
    return Example((_positive(count),), differentiable=tuple(range(count)))


def _arrays(op: Op) -> int | None:
    kinds = [one.kind for one in inspect.signature(op.forward).parameters.values() if one.default is one.empty]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    return sum(kind is not inspect.Parameter.KEYWORD_ONLY for kind in kinds)


# -- how arrays are made ---------------------------------------------------------------------------------


def _positive(count: int) -> Make:
    return lambda rng, s: tuple(rng.uniform(0.2, 0.9, (s["N"], s["D"])) for _ in range(count))


def _apart(rng: np.random.Generator, *shape: int) -> Array:
    """Entries of both signs, no two of one size, none near 0."""
    numbers = np.arange(1, np.prod(shape, dtype=int) + 1)
    return np.asarray(rng.permuted(numbers * 0.17 * (-1.0) ** numbers).reshape(shape))


def _activation(rng: np.random.Generator, s: Sizes) -> tuple[Any, ...]:
    """Two exact zeros among the inputs: there a kink shows which slope was chosen."""
    x = _apart(rng, s["N"], s["D"])
    x[0, 0] = x[-1, -1] = 0.0
    return (x,)


def _smooth(rng: np.random.Generator, s: Sizes) -> tuple[Any, ...]:
    return (rng.normal(size=(s["N"], s["D"])),)


def _scores(rng: np.random.Generator, s: Sizes) -> tuple[Any, ...]:
    return (2 * rng.normal(size=(s["N"], s["K"])),)


def _affine(rng: np.random.Generator, s: Sizes) -> tuple[Any, ...]:
    return rng.normal(size=(s["N"], s["D"])), rng.normal(size=(s["D"], s["H"])), rng.normal(size=s["H"])


def _matmul(rng: np.random.Generator, s: Sizes) -> tuple[Any, ...]:
    return _affine(rng, s)[:2]


def _targets(rng: np.random.Generator, s: Sizes, *shape: int) -> tuple[Any, ...]:
    """Predictions and targets; of two pairs both are equal."""
    prediction, target = _apart(rng, *shape), rng.normal(size=shape)
    prediction.flat[0], prediction.flat[-1] = target.flat[0], target.flat[-1]
    return prediction, target


def _probabilities(rng: np.random.Generator, s: Sizes, *shape: int) -> tuple[Any, ...]:
    return rng.uniform(0.05, 0.95, shape), _answers(rng, *shape)


def _binary_logits(rng: np.random.Generator, s: Sizes, *shape: int) -> tuple[Any, ...]:
    return 2 * rng.normal(size=shape), _answers(rng, *shape)


def _answers(rng: np.random.Generator, *shape: int) -> Array:
    """Zeros and ones, some of each."""
    return np.asarray(rng.permuted(np.arange(np.prod(shape, dtype=int)) % 2).reshape(shape).astype(float))


def _labels(rng: np.random.Generator, s: Sizes) -> Array:
    return np.asarray(rng.permuted(np.arange(s["N"]) % s["K"]))


def _one_hot(rng: np.random.Generator, s: Sizes) -> Array:
    return np.eye(s["K"])[_labels(rng, s)]


def _shares(rng: np.random.Generator, s: Sizes) -> Array:
    p = rng.uniform(0.1, 1, (s["N"], s["K"]))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _entrywise(make: Callable[..., tuple[Any, ...]]) -> tuple[Make, ...]:
    """Layouts of a loss of single entries: several outputs a sample, one as a column, one as a number."""
    return (
        lambda rng, s: make(rng, s, s["N"], s["K"]),
        lambda rng, s: make(rng, s, s["N"], 1),
        lambda rng, s: make(rng, s, s["N"]),
    )


# -- the table -------------------------------------------------------------------------------------------

_FAR = np.array([[-800.0, -30.0, 0.0], [30.0, 800.0, 1e-300]])
_FAR_LOGITS = np.array([[1000.0, -1000.0, 0.0], [-1000.0, 0.0, 1000.0]])
_CERTAIN = np.array([[1.0, 0.0], [0.0, 1.0]])


def _kinked() -> Example:
    return Example((_activation,), extremes=((_FAR,),))


def _activated() -> Example:
    return Example((_smooth,), extremes=((_FAR,),))


_EXAMPLES: Mapping[str, Example] = {
    "affine": Example((_affine,), "layer", (0, 1, 2), shared=(1, 2)),
    "matmul": Example((_matmul,), "layer", (0, 1), shared=(1,)),
    "dot": Example((_matmul,), "layer", (0, 1), shared=(1,)),
    "relu": _kinked(),
    "leaky_relu": _kinked(),
    "absolute": _kinked(),
    "sigmoid": _activated(),
    "tanh": _activated(),
    "softplus": _activated(),
    "softmax": Example((_scores,), extremes=((_FAR_LOGITS,),)),
    "log_softmax": Example((_scores,), extremes=((_FAR_LOGITS,),)),
    "logsumexp": Example((_scores,), extremes=((_FAR_LOGITS,),)),
    "exp": Example((_smooth,)),
    "squared_error": Example(_entrywise(_targets), "loss", optional=(1,), is_symmetric=True),
    "absolute_error": Example(_entrywise(_targets), "loss", optional=(1,), is_symmetric=True),
    "binary_cross_entropy": Example(
        _entrywise(_probabilities),
        "loss",
        optional=(1,),
        extremes=((_CERTAIN[0], _CERTAIN[0]), (_CERTAIN[0], _CERTAIN[1])),
    ),
    "binary_cross_entropy_with_logits": Example(
        _entrywise(_binary_logits), "loss", optional=(1,), extremes=((np.array([800.0, -800.0]), np.array([1.0, 0.0])),)
    ),
    "softmax_cross_entropy": Example(
        (lambda rng, s: (*_scores(rng, s), _labels(rng, s)), lambda rng, s: (*_scores(rng, s), _one_hot(rng, s))),
        "loss",
        optional=(1,),
        extremes=((_FAR_LOGITS, np.array([0, 2])), (_FAR_LOGITS, np.eye(3)[[0, 2]])),
    ),
    "categorical_cross_entropy": Example(
        (lambda rng, s: (_shares(rng, s), _labels(rng, s)), lambda rng, s: (_shares(rng, s), _one_hot(rng, s))),
        "loss",
        optional=(1,),
        extremes=((_CERTAIN, np.array([0, 1])), (_CERTAIN, np.eye(2)[[0, 1]])),
    ),
}

# Ops that are called with an index, a shape, an axis, a mask or a text.
_NEED_MORE = frozenset(
    (
        *("where", "dropout", "clip", "index", "take", "diagonal", "norm", "max", "min", "outer", "einsum", "astype"),
        *("concatenate", "hstack", "vstack", "stack", "repeat", "add_at", "write_at"),
        *("broadcast_to", "expand_dims", "reshape", "swapaxes", "moveaxis"),
    )
)
