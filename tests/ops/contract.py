"""The promises of an op, each one named check. A check raises AssertionError where its promise is broken.

The only oracle is the central difference; everything else compares an op's runs with one another.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import chainrule
from chainrule import Op

STEP = 1e-5


@dataclass(frozen=True)
class Case:
    """An op with example arguments. ``differentiable`` numbers the arrays that have a gradient, else all floats.

    ``kept`` numbers the arrays that a trace keeps as they are: indices whose values decide the shape of the result.
    """

    op: Op
    arrays: tuple[Any, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    differentiable: tuple[int, ...] | None = None
    kept: tuple[int, ...] = ()

    @property
    def places(self):
        if self.differentiable is not None:
            return self.differentiable
        return tuple(place for place, array in enumerate(self.arrays) if is_float(array))

    def run(self, arrays, d_out=None):
        """Give ``out, saved, d_out, gradients``, with a random ``d_out`` where none is given."""
        out, saved = self.op.call_forward(*arrays, **self.parameters)
        d_out = upstream(out) if d_out is None else d_out
        return out, saved, d_out, self.op.call_backward(saved, d_out, len(arrays))

    def __str__(self):
        shapes = "-".join("x".join(map(str, np.shape(array))) or "0d" for array in map(_shown, self.arrays))
        options = ",".join(f"{name}={value}" for name, value in self.parameters.items())
        return " ".join(part for part in (self.op.name, shapes, options) if part)


def _shown(array):
    return array if isinstance(array, np.ndarray) else 0.0


def is_float(array):
    return isinstance(array, (np.ndarray, np.floating)) and array.dtype.kind == "f"


def upstream(out, seed=7):
    """A random gradient for ``out``, of its shape and dtype; never all ones, which would hide mistakes."""
    return np.random.default_rng(seed).standard_normal(np.shape(out)).astype(np.asarray(out).dtype)[()]


def check_gradients_match_central_differences(case):
    """``sum(d_x v) = (L(x + h v) - L(x - h v)) / 2h`` along random directions v, for ``L = sum(d_out out)``."""
    rng = np.random.default_rng(11)
    _, _, d_out, gradients = case.run(case.arrays)

    def objective(place, moved):
        arrays = (*case.arrays[:place], moved, *case.arrays[place + 1 :])
        return np.sum(d_out * case.op(*arrays, **case.parameters))

    for place in case.places:
        x = case.arrays[place]
        for _ in range(3):
            v = rng.standard_normal(np.shape(x))
            expected = (objective(place, x + STEP * v) - objective(place, x - STEP * v)) / (2 * STEP)
            actual = np.sum(gradients[place] * v)

            assert np.isclose(expected, actual, rtol=1e-6, atol=1e-8), f"array {place}: {expected} != {actual}"


def check_gradients_have_the_shapes_of_their_arrays(case):
    gradients = case.run(case.arrays)[-1]
    for place, (array, gradient) in enumerate(zip(case.arrays, gradients, strict=True)):
        if place in case.places:
            assert gradient is not None, f"array {place} has no gradient"
        if gradient is not None:
            assert np.shape(array) == np.shape(gradient), f"array {place}"


def check_nothing_is_changed_in_place(case):
    arrays = copy.deepcopy(case.arrays)
    out, saved = case.op.call_forward(*arrays, **case.parameters)
    d_out = upstream(out)
    before = copy.deepcopy((saved, out, d_out))
    case.op.call_backward(saved, d_out, len(arrays))

    assert_same_bits(case.arrays, arrays, "an argument was changed")
    assert_same_bits(before, (saved, out, d_out), "saved, out or d_out was changed")


def check_backward_can_run_twice(case):
    _, saved, d_out, first = case.run(case.arrays)
    first = copy.deepcopy(first)
    second = case.op.call_backward(saved, d_out, len(case.arrays))

    assert_same_bits(first, second, "the second backward differs")


def check_backward_is_linear_in_d_out(case):
    out, saved, one, from_one = case.run(case.arrays)
    two = upstream(out, seed=8)
    from_two, from_both = (case.op.call_backward(saved, d_out, len(case.arrays)) for d_out in (two, 3 * one + 2 * two))
    for place in case.places:
        expected = 3 * from_one[place] + 2 * from_two[place]

        assert np.allclose(expected, from_both[place], rtol=1e-9, atol=1e-9), f"array {place}"


def check_float32_stays_float32(case):
    arrays = tuple(array.astype(np.float32) if is_float(array) else array for array in case.arrays)
    out, _, _, gradients = case.run(arrays)
    kinds = {f"d_{place}": gradients[place].dtype for place in case.places}

    assert dict.fromkeys(kinds, np.dtype(np.float32)) == kinds
    assert np.float32 == out.dtype, f"out is {out.dtype}"


def check_results_are_deterministic(case):
    results = []
    for _ in range(2):
        out, _, _, gradients = case.run(copy.deepcopy(case.arrays))
        results.append(copy.deepcopy((out, gradients)))

    assert_same_bits(*results, "a second run differs")


def check_replayed_trace_gives_the_same_bits(case):
    places = [
        place
        for place, array in enumerate(case.arrays)
        if isinstance(array, (np.ndarray, np.generic)) and place not in case.kept
    ]

    def both(d_out, *traced):
        arrays = list(case.arrays)
        for place, array in zip(places, traced, strict=True):
            arrays[place] = array
        out, _, _, gradients = case.run(tuple(arrays), d_out)
        return out, gradients

    out, _, d_out, gradients = case.run(case.arrays)
    arguments = (d_out, *(case.arrays[place] for place in places))

    assert_same_bits((out, gradients), chainrule.trace(both, *arguments)(*arguments), "the replay differs")


def check_backward_has_a_derivative_in_turn(case):
    """The gradient's own gradient, along random directions, equals the central difference of the gradient."""
    if not case.places:
        return
    rng = np.random.default_rng(13)
    d_out = upstream(case.op(*case.arrays, **case.parameters))
    chosen = [case.arrays[place] for place in case.places]
    v, w = ([rng.standard_normal(np.shape(x)) for x in chosen] for _ in range(2))

    def objective(*moved):
        arrays = list(case.arrays)
        for place, array in zip(case.places, moved, strict=True):
            arrays[place] = array
        return np.sum(d_out * case.op(*arrays, **case.parameters))

    def along(*moved):
        gradients = chainrule.grad(objective, argnums=tuple(range(len(moved))))(*moved)
        return sum(np.sum(one * direction) for one, direction in zip(gradients, v, strict=True))

    def shifted(step):
        return along(*(x + step * direction for x, direction in zip(chosen, w, strict=True)))

    second = chainrule.grad(along, argnums=tuple(range(len(chosen))))(*chosen)
    expected = (shifted(STEP) - shifted(-STEP)) / (2 * STEP)
    actual = sum(np.sum(one * direction) for one, direction in zip(second, w, strict=True))

    assert np.isclose(expected, actual, rtol=1e-5, atol=1e-7), f"{expected} != {actual}"


def assert_same_bits(expected, actual, message=""):
    """Equal to the last bit, through tuples; nan equals nan."""
    if isinstance(expected, (tuple, list)):
        assert isinstance(actual, (tuple, list)), message
        assert len(expected) == len(actual), message
        for one, other in zip(expected, actual, strict=True):
            assert_same_bits(one, other, message)
    elif isinstance(expected, (np.ndarray, np.generic)):
        assert np.shape(expected) == np.shape(actual), message
        assert np.asarray(expected).dtype == np.asarray(actual).dtype, message
        assert np.asarray(expected).tobytes() == np.asarray(actual).tobytes(), message
    else:
        assert expected == actual, message


CHECKS = (
    check_gradients_match_central_differences,
    check_gradients_have_the_shapes_of_their_arrays,
    check_nothing_is_changed_in_place,
    check_backward_can_run_twice,
    check_backward_is_linear_in_d_out,
    check_float32_stays_float32,
    check_results_are_deterministic,
    check_replayed_trace_gives_the_same_bits,
    check_backward_has_a_derivative_in_turn,
)
