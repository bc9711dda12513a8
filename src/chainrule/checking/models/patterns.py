"""What a value is, by how it was made: a softmax, a sigmoid, a relu, an affine layer; by our ops or by hand.

Only the structure counts, so ``np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)`` is a softmax as much as our op.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from chainrule.checking.models.recording import Recording
from chainrule.tracing.program import Equation, Variable

__all__ = ["Form", "Shape", "form"]

Shape = Literal["softmax", "log_softmax", "sigmoid", "relu", "tanh", "softplus", "affine"]


@dataclass(frozen=True, eq=False)
class Form:
    """What a value is.

    Args:
        name: ``"softmax"`` and so on.
        source: the value that it was made from.
        variable: the value itself.
        axis: of a softmax: the one along which it sums to one; None for all.
        parameters: of an affine layer: the names of weights and bias.
    """

    name: Shape
    source: Any
    variable: Variable
    axis: int | None = None
    parameters: tuple[str, ...] = ()


def form(recording: Recording, leaf: Any) -> Form | None:
    """What this value is, None if it is none of the known forms."""
    variable = recording.through(leaf)
    made = recording.equation(variable)
    if made is None:
        return None
    for reader in (_softmax, _log_softmax, _sigmoid, _relu, _tanh, _softplus, _affine):
        found = reader(recording, made)
        if found is not None:
            return found
    return None


def _softmax(recording: Recording, made: Equation) -> Form | None:
    """``exp(z) / sum(exp(z))``, or ``exp(log_softmax(z))``."""
    if recording.equation(made.output, "divide") is not None:
        top, bottom = (recording.through(operand) for operand in made.operands[:2])
        exponential = recording.equation(top, "exp")
        total = recording.equation(bottom, "sum")
        if exponential is None or total is None or recording.through(total.operands[0]) is not top:
            return None
        axis = _axis(total, np.ndim(recording.value(top)))
        return Form("softmax", _unshifted(recording, exponential.operands[0]), made.output, axis)
    if recording.equation(made.output, "exp") is not None:
        inner = recording.equation(recording.through(made.operands[0]))
        known = _log_softmax(recording, inner) if inner is not None else None
        return Form("softmax", known.source, made.output, known.axis) if known is not None else None
    return None


def _log_softmax(recording: Recording, made: Equation) -> Form | None:
    """``z - log(sum(exp(z)))``."""
    if recording.equation(made.output, "subtract") is None:
        return None
    z, logarithm = (recording.through(operand) for operand in made.operands[:2])
    log = recording.equation(logarithm, "log")
    total = recording.equation(recording.through(log.operands[0]), "sum") if log is not None else None
    exponential = recording.equation(recording.through(total.operands[0]), "exp") if total is not None else None
    if total is None or exponential is None or recording.through(exponential.operands[0]) is not z:
        return None
    return Form("log_softmax", _unshifted(recording, z), made.output, _axis(total, np.ndim(recording.value(z))))


def _sigmoid(recording: Recording, made: Equation) -> Form | None:
    """``1 / (1 + exp(-z))``, ``exp(z) / (1 + exp(z))``, and the form of both that never overflows."""
    if recording.equation(made.output, "divide") is not None:
        top, bottom = made.operands[0], made.operands[1]
    elif recording.equation(made.output, "reciprocal") is not None:
        top, bottom = 1, made.operands[0]
    else:
        return None
    exponential = _one_plus_exponential(recording, bottom)
    if exponential is None:
        return None
    inside = recording.through(exponential.operands[0])
    if not isinstance(top, Variable):
        minus = recording.equation(inside, "negative")
        return Form("sigmoid", minus.operands[0], made.output) if minus is not None and top == 1 else None
    numerator = recording.equation(recording.through(top), "exp")
    if numerator is None:
        return None
    if numerator.output is exponential.output:
        return Form("sigmoid", inside, made.output)
    smaller = recording.equation(recording.through(numerator.operands[0]), "minimum")
    return Form("sigmoid", smaller.operands[0], made.output) if smaller is not None else None


def _one_plus_exponential(recording: Recording, leaf: Any) -> Equation | None:
    total = recording.equation(recording.through(leaf), "add")
    if total is None:
        return None
    a, b = total.operands[:2]
    other = b if not isinstance(a, Variable) and a == 1 else a if not isinstance(b, Variable) and b == 1 else None
    return recording.equation(recording.through(other), "exp")


def _relu(recording: Recording, made: Equation) -> Form | None:
    """``maximum(z, 0)``, ``where(z > 0, z, 0)``, ``z * (z > 0)``."""
    if recording.equation(made.output, "maximum", "fmax") is not None:
        a, b = made.operands[:2]
        other = a if _is_zero(b) else b if _is_zero(a) else None
        return Form("relu", other, made.output) if isinstance(other, Variable) else None
    if recording.equation(made.output, "where") is not None and len(made.operands) == 3:
        condition, chosen, otherwise = made.operands
        positive = recording.equation(recording.through(condition), "greater", "greater_equal")
        same = positive is not None and recording.through(positive.operands[0]) is recording.through(chosen)
        return Form("relu", chosen, made.output) if same and _is_zero(otherwise) else None
    if recording.equation(made.output, "multiply") is not None:
        for a, b in (made.operands[:2], made.operands[1::-1]):
            positive = recording.equation(recording.through(b), "greater", "greater_equal")
            if positive is None or not _is_zero(positive.operands[1]):
                continue
            if recording.through(positive.operands[0]) is recording.through(a):
                return Form("relu", a, made.output)
    return None


def _tanh(recording: Recording, made: Equation) -> Form | None:
    return Form("tanh", made.operands[0], made.output) if recording.equation(made.output, "tanh") is not None else None


def _softplus(recording: Recording, made: Equation) -> Form | None:
    """``log(1 + exp(z))``, as log1p, logaddexp, or the part of it that a loss for logits has."""
    if recording.equation(made.output, "logaddexp") is not None:
        a, b = made.operands[:2]
        other = b if _is_zero(a) else a if _is_zero(b) else None
        return Form("softplus", _unsigned(recording, other), made.output) if other is not None else None
    if recording.equation(made.output, "log1p") is not None:
        exponential = recording.equation(recording.through(made.operands[0]), "exp")
    elif recording.equation(made.output, "log") is not None:
        exponential = _one_plus_exponential(recording, made.operands[0])
    else:
        return None
    if exponential is None:
        return None
    return Form("softplus", _unsigned(recording, exponential.operands[0]), made.output)


def _affine(recording: Recording, made: Equation) -> Form | None:
    """A product with a parameter, and the bias that is added to it."""
    if recording.equation(made.output, "matmul", "dot") is not None:
        for operand, other in (made.operands[:2], made.operands[1::-1]):
            name = recording.parameter_name(other)
            if name and np.ndim(recording.value(other)) == 2:
                return Form("affine", operand, made.output, None, (name,))
    if recording.equation(made.output, "add") is not None:
        for part, bias in (made.operands[:2], made.operands[1::-1]):
            name = recording.parameter_name(bias)
            inner = recording.equation(recording.through(part)) if name else None
            known = _affine(recording, inner) if inner is not None else None
            if known is not None:
                return Form("affine", known.source, made.output, None, (*known.parameters, name))
    return None


def _unshifted(recording: Recording, leaf: Any) -> Any:
    """``z`` for ``z - max(z)``, which a softmax does not feel."""
    made = recording.equation(recording.through(leaf), "subtract")
    if made is None:
        return leaf
    largest = recording.equation(recording.through(made.operands[1]), "max", "amax")
    same = largest is not None and recording.through(largest.operands[0]) is recording.through(made.operands[0])
    return made.operands[0] if same else leaf


def _unsigned(recording: Recording, leaf: Any) -> Any:
    """``z`` for ``-z``, ``|z|`` and ``-|z|``."""
    while (made := recording.equation(recording.through(leaf), "negative", "absolute")) is not None:
        leaf = made.operands[0]
    return leaf


def _axis(total: Equation, ndim: int) -> int | None:
    axis = total.keywords.get("axis", total.operands[1] if len(total.operands) > 1 else None)
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    return axis % ndim if isinstance(axis, int) and ndim else None


def _is_zero(leaf: Any) -> bool:
    return isinstance(leaf, (int, float, np.generic)) and not isinstance(leaf, bool) and leaf == 0
