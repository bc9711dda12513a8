"""How gradients fare on their way to the first layer: vanishing, exploding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.checking.models.look import Look, Placed, placed

__all__ = ["compare_norms"]

VANISHING = 1e-4
EXPLODING = 1e4
FEWEST_LAYERS = 3


def compare_norms(look: Look) -> Iterator[Placed]:
    """Findings where the first layer's gradient is far smaller, or far larger, than the last one's."""
    norms = _norms(look)
    if len(norms) < FEWEST_LAYERS:
        return
    values = np.array(list(norms.values()))
    names = list(norms)
    if not np.isfinite(values).all() or not values.all():
        return  # their origin is told elsewhere
    ratio = float(values[0] / values[-1])
    table = "\n".join(f"{name:24} {value:.2e}" for name, value in norms.items())
    details = f"size of the gradient, root mean square, by layer:\n{table}"
    facts = {"first": names[0], "last": names[-1], "steps": len(names) - 1}
    # Smoothly along the depth, and not by one layer alone.
    steps = np.diff(np.log10(values))
    if ratio < VANISHING and np.mean(steps > 0) > 0.5:
        share = f"{ratio:.0e}"
        yield placed("", "VANISHING_GRADIENTS", "gradients", {**facts, "ratio": share}, details=details)
    if ratio > EXPLODING and np.mean(steps < 0) > 0.5:
        yield placed("", "EXPLODING_GRADIENTS", "gradients", {**facts, "ratio": f"{ratio:.0e}"}, details=details)


def _norms(look: Look) -> dict[str, float]:
    """Root mean square of each layer's gradient, in the order of the layers, by the names of layer and parameter.

    That of the bias, if there is one: the weights' also grows with what comes into the layer.
    """
    weights = [name for name, value in look.parameters.items() if np.ndim(value) == 2]
    biases = [name for name, value in look.parameters.items() if np.ndim(value) == 1]
    chosen = biases if len(biases) == len(weights) else weights
    norms = {}
    for name in chosen:
        gradient = look.gradients.get(name)
        if gradient is not None:
            norms[f"{look.layer_of(name)} {name}".strip()] = float(np.sqrt(np.mean(np.square(gradient))))
    return norms
