"""Can the model learn five samples by heart? One that cannot has a mistake, whatever the data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule.checking.models.labels import kind_of_loss
from chainrule.checking.models.look import Look, Placed, placed
from chainrule.checking.models.subject import Parameters

__all__ = ["fit_five_samples"]

STEPS = 400
RATES = (0.03, 0.003, 0.3)
SECONDS = 1.5

# Of the sizes of a sample's entries: for about so much the rates are made.
USUAL_SUM = 20.0


def fit_five_samples(look: Look) -> Iterator[Placed]:
    """A finding where a few hundred steps of Adam, with several rates, leave a large loss."""
    shapes = {name: np.shape(gradient) for name, gradient in look.gradients.items()}
    if any(shapes.get(name) != np.shape(value) for name, value in look.parameters.items()):
        return
    rows = _five(look)
    if len(rows) < 2 or look.subject.penalty(look.parameters):
        return
    x, y = look.subject.x[rows].astype(np.float64), look.subject.y[rows]
    y = y.astype(np.float64) if y.dtype.kind == "f" else y
    run = _step(look, x, y)
    with np.errstate(all="ignore"):
        start = float(run(dict(look.parameters))[0])
        goal = _goal(look, start, x, y)
        if not np.isfinite(start) or start <= goal:
            return
        best, since = start, time.perf_counter()
        for rate in _rates(x, y):
            best = min(best, _trained(look.parameters, run, rate, goal, since))
            if best <= goal:
                return
            if time.perf_counter() - since > SECONDS:
                return  # nobody can tell: the model is too large for a quick try
    facts = {"count": len(rows), "start": f"{start:.4g}", "best": f"{best:.4g}", "steps": STEPS}
    yield placed("", "CANNOT_FIT_FIVE_SAMPLES", look.subject.name, facts)


def _five(look: Look) -> Any:
    """Five rows of different classes, far from each other; fewer where a linear model could not do five."""
    rows = look.order[:200]
    x, y = look.subject.x[rows].reshape(len(rows), -1), look.subject.y[rows]
    most = min(5, max(2, x.shape[1]), len(rows))
    labels = np.argmax(y, axis=1) if y.ndim == 2 and y.shape[1] > 1 and kind_of_loss(look) == "classes" else y
    chosen = [0]
    distance = np.full(len(rows), np.inf)
    while len(chosen) < most:
        distance = np.minimum(distance, np.linalg.norm(x - x[chosen[-1]], axis=1))
        fresh = np.array([not any(np.array_equal(label, labels[other]) for other in chosen) for label in labels])
        candidates = np.where(fresh & (distance > 0), distance, 0.0) if np.any(fresh & (distance > 0)) else distance
        if not candidates.max() > 0:
            break
        chosen.append(int(np.argmax(candidates)))
    return rows[chosen]


def _step(look: Look, x: Any, y: Any) -> Callable[[Parameters], tuple[Any, Any]]:
    """Loss and gradients: as compiled text where the step can be traced."""
    subject = look.subject
    if subject.is_functional and subject.traced is not None:
        from chainrule.compiling import compile
        from chainrule.tracing import value_and_grad

        traced = subject.traced
        function = compile(value_and_grad(lambda parameters: traced(parameters, x, y)[1]))
        return lambda parameters: function(parameters)
    return lambda parameters: (subject.value(parameters, x, y), subject.gradients(parameters, x, y))


def _goal(look: Look, start: float, x: Any, y: Any) -> float:
    """Half of what a model pays that knows nothing, or a tenth of the start: whoever gets there tells samples apart."""
    if kind_of_loss(look) == "classes" and look.output.ndim == 2:
        return 0.5 * float(np.log(max(look.output.shape[1], 2)))
    if kind_of_loss(look) in ("yes or no", "probability"):
        return 0.5 * float(np.log(2))
    return 0.1 * start


def _rates(x: Any, y: Any) -> Iterator[float]:
    """Adam moves a parameter by about the rate in a step.

    So an output moves by the rate times the sum of its inputs, and large targets need large moves.
    """
    inputs = float(np.abs(x).reshape(len(x), -1).sum(axis=1).mean())
    target = float(np.abs(y).max()) if y.dtype.kind == "f" and y.size else 1.0
    suited = min(1.0, USUAL_SUM / max(inputs, USUAL_SUM)) * max(1.0, target)
    yield from (rate * suited for rate in RATES)
    if not 0.3 < suited < 3:
        yield from RATES


def _trained(
    parameters: Parameters, run: Callable[[Parameters], tuple[Any, Any]], rate: float, goal: float, since: float
) -> float:
    """The smallest loss on the way. Kingma and Ba, "Adam" (2015), algorithm 1, with a rate that falls to 0."""
    now = {name: np.array(value, dtype=np.float64) for name, value in parameters.items()}
    first = {name: np.zeros_like(value) for name, value in now.items()}
    second = {name: np.zeros_like(value) for name, value in now.items()}
    best = np.inf
    for step in range(1, STEPS + 1):
        loss, gradients = run(now)
        best = min(best, float(loss)) if np.isfinite(loss) else best
        if best <= goal or not np.isfinite(loss) or time.perf_counter() - since > SECONDS:
            break
        falling = rate * (1 - step / (STEPS + 1))
        for name, value in now.items():
            gradient = np.asarray(gradients[name], dtype=np.float64)
            first[name] = 0.9 * first[name] + 0.1 * gradient
            second[name] = 0.999 * second[name] + 0.001 * gradient * gradient
            move = first[name] / (1 - 0.9**step) / (np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8)
            now[name] = value - falling * move
    return float(best)
