"""The questions that a subject is asked: arrays that it accepts, and what the reference makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.checking.arrays import no_array
from chainrule.checking.case import copied, upstream
from chainrule.checking.diagnosing.examples import SIZES, Make, Sizes
from chainrule.checking.diagnosing.reference import Reference, layer_convention
from chainrule.checking.evidence import Trial, is_close
from chainrule.checking.forms import Implementation
from chainrule.checking.running import Attempt, attempt

__all__ = ["Setting", "setting_without", "settings_for"]

Arrays = tuple[Any, ...]
# Careful formulas and shortened ones (a small epsilon in a logarithm) count as the same forward.
SAME_VALUE = 1e-5


@dataclass(frozen=True, eq=False)
class Setting:
    """What a subject is asked.

    Args:
        trials: empty where its forward ran on nothing that was tried.
        reference: the op that it is compared with; None where differences are the only reference.
        failure: the first error where nothing ran.
        tried: the arrays of that error.
        agrees: whether forward's results are those of the reference.
    """

    trials: tuple[Trial, ...]
    reference: Reference | None = None
    failure: Attempt | None = None
    tried: Arrays = ()
    agrees: bool = True


def settings_for(
    implementation: Implementation, candidates: Sequence[Reference], inputs: Sequence[Arrays], seed: int
) -> Iterator[Setting]:
    """The ways to call the subject in which its forward gives what a candidate's does; else the likeliest one.

    Args:
        implementation: the subject.
        candidates: what it may be meant to be, in the conventions that are possible.
        inputs: arrays from the caller; empty for those of the examples.
        seed: of the arrays and the incoming gradients.
    """
    failures: list[tuple[Attempt, Arrays]] = []
    others: list[tuple[int, Reference, Callable[[], tuple[tuple[Arrays, Sizes], ...]]]] = []
    agrees = False
    for reference, questions in _ways(candidates, inputs, seed):
        arrays, sizes = questions()[0]
        ran = attempt(implementation.op.forward, *copied(arrays))
        if not _is_usable(ran):
            failures.append((ran, arrays))
            continue
        trial = attempt(reference.trial, arrays, sizes, _ones)
        if trial.error is not None:
            continue
        rank = _rank(implementation, ran.value, trial.value)
        if rank == 0:
            agrees = True
            yield _asked(implementation, reference, questions(), agrees=True)
        others.append((rank, reference, questions))
    if others and not agrees:
        rank, reference, questions = min(others, key=lambda one: one[0])
        yield _asked(implementation, reference, questions(), agrees=rank < 2)
    elif not agrees:
        failure, tried = failures[0] if failures else (Attempt(), ())
        yield Setting((), candidates[0], failure, tried, agrees=False)


def _ways(
    candidates: Sequence[Reference], inputs: Sequence[Arrays], seed: int
) -> Iterable[tuple[Reference, Callable[[], tuple[tuple[Arrays, Sizes], ...]]]]:
    """Every layout with every convention, the layouts of one op together."""
    if inputs:
        given = with_fewer_rows(inputs)
        yield from ((reference, lambda: given) for reference in candidates)
        return
    for _, group in itertools.groupby(candidates, key=lambda reference: reference.op.name):
        alike = list(group)
        for layout in alike[0].example.layouts if alike[0].example else ():
            made = _made(layout, seed)
            yield from ((reference, lambda made=made: made) for reference in alike)


def _made(layout: Make, seed: int) -> tuple[tuple[Arrays, Sizes], ...]:
    rng = np.random.default_rng(seed)
    return tuple((layout(rng, sizes), sizes) for sizes in SIZES)


def _rank(implementation: Implementation, pair: tuple[Any, Any], trial: Trial) -> int:
    """0: forward agrees and backward runs; 1: forward agrees; 2: its result has the right shape; 3: it runs."""
    out, saved = pair
    same_shape = np.shape(out) == np.shape(trial.out)
    if not (same_shape and attempt(is_close, out, trial.out, SAME_VALUE).value):
        return 2 if same_shape else 3
    return int(attempt(implementation.op.backward, saved, copied(trial.d_out)).error is not None)


def _asked(
    implementation: Implementation, reference: Reference, questions: Iterable[tuple[Arrays, Sizes]], *, agrees: bool
) -> Setting:
    incoming = upstream if implementation.takes_upstream else _ones
    trials = tuple(reference.trial(arrays, sizes, incoming) for arrays, sizes in questions)
    return Setting(trials, reference, agrees=agrees)


def _ones(out: Any) -> Any:
    return np.ones_like(np.asarray(out, dtype=float))[()]


def _is_usable(ran: Attempt) -> bool:
    """Whether forward gave a pair whose first is an array."""
    is_pair = ran.error is None and isinstance(ran.value, tuple) and len(ran.value) == 2
    return is_pair and no_array(ran.value[0], "") is None


def with_fewer_rows(inputs: Sequence[Arrays]) -> tuple[tuple[Arrays, Sizes], ...]:
    """The caller's arrays, and the same with the last row left out, so that a factor N is not taken for a constant."""
    questions: list[tuple[Arrays, Sizes]] = []
    for arrays in inputs:
        count = next((len(array) for array in arrays if np.ndim(array)), 1)
        questions.append((arrays, {"N": count}))
        if len(inputs) == 1 and count >= 3:
            fewer = tuple(array[:-1] if np.ndim(array) and len(array) == count else array for array in arrays)
            questions.append((fewer, {"N": count - 1}))
    return tuple(questions)


# -- without a reference ---------------------------------------------------------------------------------


def setting_without(
    implementation: Implementation, inputs: Sequence[Arrays], seed: int, reduction: str | None = None
) -> Setting:
    """Arrays from the caller, or the first of the usual shapes on which forward and backward run.

    What is right is then measured by differences of the subject's own forward.

    Args:
        implementation: the subject.
        inputs: arrays from the caller; empty for those that fit.
        seed: of the arrays.
        reduction: ``"mean"`` where a model's layers average the gradients of their parameters over the batch.
    """
    is_averaged = implementation.form == "model" and reduction in ("mean", "layer mean")
    failures: list[tuple[Attempt, Arrays]] = []
    for questions in [with_fewer_rows(_completed(implementation, inputs))] if inputs else _usual(implementation, seed):
        ran = attempt(implementation.op.forward, *copied(questions[0][0]))
        if _is_usable(ran):
            trials = [_measured(implementation, arrays, sizes, is_averaged) for arrays, sizes in questions]
            if trials[0] is not None:
                return Setting(tuple(trial for trial in trials if trial is not None))
        failures.append((ran, questions[0][0]))
    failure, tried = failures[0] if failures else (Attempt(), ())
    return Setting((), None, failure, tried)


def _completed(implementation: Implementation, inputs: Sequence[Arrays]) -> Sequence[Arrays]:
    """The caller's arrays, and after them the parameters that the subject holds itself."""
    made = implementation.example(0) if implementation.example else None
    if made is None:
        return inputs
    return [(*arrays, *made[len(arrays) :]) for arrays in inputs]


def _usual(implementation: Implementation, seed: int) -> Iterable[tuple[tuple[Arrays, Sizes], ...]]:
    """Arrays that the subject's own parameters fit; else shapes that arguments usually have, those stated first."""
    from chainrule.shapes import documented_shapes

    if implementation.example is not None:
        made = [implementation.example(number) for number in range(len(SIZES))]
        fitting = tuple((arrays, {"N": len(arrays[0])}) for arrays in made if arrays is not None)
        if fitting:
            yield fitting
    count = implementation.arrays or 1
    stated = list(documented_shapes(implementation.op.forward).values())
    choices: list[tuple[tuple[str, ...], ...]] = [tuple(stated)] if len(stated) == count else []
    choices += _SHAPES.get(count, [(("N", "D"),) * count])
    for shapes in choices:
        rng = np.random.default_rng(seed)
        yield tuple((tuple(_uniform(rng, shape, sizes) for shape in shapes), sizes) for sizes in SIZES)


_SHAPES: Mapping[int, list[tuple[tuple[str, ...], ...]]] = {
    1: [(("N", "D"),), (("N",),)],
    2: [(("N", "D"), ("N", "D")), (("N", "D"), ("D", "H")), (("N", "D"), ("D",)), (("N",), ("N",))],
    3: [(("N", "D"), ("D", "H"), ("H",)), (("N", "D"), ("D",), ("D",)), (("N", "D"),) * 3],
}


def _uniform(rng: np.random.Generator, shape: tuple[str, ...], sizes: Sizes) -> Any:
    """Positive entries, at which most functions have a value."""
    return rng.uniform(
        0.2, 0.9, tuple(int(one) if one.isdigit() else sizes.get(one, 2) for one in shape if one != "...")
    )


def _measured(implementation: Implementation, arrays: Arrays, sizes: Sizes, is_averaged: bool) -> Trial | None:
    from chainrule.checking.case import is_float
    from chainrule.checking.differences import numeric_reference

    ran = attempt(implementation.op.forward, *copied(arrays))
    if ran.error is not None:
        return None
    places = tuple(place for place, array in enumerate(arrays) if is_float(array))
    if implementation.places is not None:
        places = tuple(place for place in places if place in implementation.places)
    numeric = numeric_reference(implementation.op, arrays, {}, places)
    d_out = (upstream if implementation.takes_upstream else _ones)(ran.value[0])
    share = sizes["N"] if is_averaged else 1
    known = {place: mask & ~numeric.kinks[place] for place, mask in numeric.known.items()}
    known = {place: mask for place, mask in known.items() if not mask.all()}
    kinked = frozenset(place for place, mask in numeric.kinks.items() if mask.any())

    def again(d_out: Any) -> tuple[Any, ...]:
        gradients: list[Any] = [None if one is None else one / share for one in numeric.gradients(d_out)]
        for place, mask in known.items():
            gradients[place] = np.where(mask, gradients[place], 0.0)
        return tuple(gradients)

    words = layer_convention("layer mean") if is_averaged else ""
    out, sure = ran.value[0], numeric.tolerance
    return Trial(arrays, {}, d_out, out, again(d_out), again, sizes, sure, words, known, kinked, numeric.bring_back)
