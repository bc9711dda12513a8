"""Each check raises on an op that is broken in just that way."""

import numpy as np
import pytest
from contract import (
    CHECKS,
    Case,
    check_backward_can_run_twice,
    check_backward_has_a_derivative_in_turn,
    check_backward_is_linear_in_d_out,
    check_float32_stays_float32,
    check_gradients_have_the_shapes_of_their_arrays,
    check_gradients_match_central_differences,
    check_nothing_is_changed_in_place,
    check_replayed_trace_gives_the_same_bits,
    check_results_are_deterministic,
)

from chainrule import Op

X = np.random.default_rng(1).standard_normal((3, 4))
CALLS = []
HIDDEN = []


def cube_forward(x):
    return x**3, x


def cube_backward(saved, d_out):
    return d_out * (3 * saved**2)


def backward_without_the_factor(saved, d_out):
    return d_out * saved**2


def backward_for_one_entry_only(saved, d_out):
    return d_out * (3 * saved**2) * (np.arange(saved.size).reshape(saved.shape) != 5)


def backward_that_sums_the_rows(saved, d_out):
    return (d_out * (3 * saved**2)).sum(axis=0)


def backward_without_a_gradient(saved, d_out):
    return None


def forward_that_writes_into_x(x):
    saved = x.copy()
    x *= x**2
    return x.copy(), saved


def backward_that_writes_into_d_out(saved, d_out):
    d_x = d_out * (3 * saved**2)
    d_out[0] = 0
    return d_x


def backward_that_writes_into_saved(saved, d_out):
    d_x = d_out * (3 * saved**2)
    saved[0] = 0
    return d_x


def forward_with_a_list(x):
    return x**3, [3 * x**2]


def backward_that_uses_saved_up(saved, d_out):
    return d_out * saved.pop()


def backward_that_ignores_d_out(saved, d_out):
    return 3 * saved**2


def backward_that_clips_d_out(saved, d_out):
    return np.clip(d_out, -0.5, 0.5) * (3 * saved**2)


def forward_in_float64(x):
    return x.astype(np.float64) ** 3, x


def backward_in_float64(saved, d_out):
    return d_out * (np.float64(3) * saved**2)


def backward_that_hides_saved(saved, d_out):
    """The right numbers, taken out of the trace, so that nobody can differentiate them."""
    return d_out * HIDDEN[0]


def forward_that_hides(x):
    HIDDEN[:] = [3 * np.copy(getattr(x, "value", x)) ** 2]
    return x**3, ()


def noisy_forward(x):
    CALLS.append(x)
    return x**3 + 1e-12 * len(CALLS), x


def forward_with_a_memory_of_the_first_run(x):
    """The number of the run is no part of the trace, so a replay repeats the traced one."""
    CALLS.append(x)
    return x**3 + len(CALLS), x


FAILURES = [
    (check_gradients_match_central_differences, cube_forward, backward_without_the_factor),
    (check_gradients_match_central_differences, cube_forward, backward_for_one_entry_only),
    (check_gradients_match_central_differences, cube_forward, backward_that_ignores_d_out),
    (check_gradients_have_the_shapes_of_their_arrays, cube_forward, backward_that_sums_the_rows),
    (check_gradients_have_the_shapes_of_their_arrays, cube_forward, backward_without_a_gradient),
    (check_nothing_is_changed_in_place, forward_that_writes_into_x, cube_backward),
    (check_nothing_is_changed_in_place, cube_forward, backward_that_writes_into_d_out),
    (check_nothing_is_changed_in_place, cube_forward, backward_that_writes_into_saved),
    (check_backward_can_run_twice, cube_forward, backward_that_writes_into_saved),
    (check_backward_is_linear_in_d_out, cube_forward, backward_that_ignores_d_out),
    (check_backward_is_linear_in_d_out, cube_forward, backward_that_clips_d_out),
    (check_float32_stays_float32, forward_in_float64, cube_backward),
    (check_float32_stays_float32, cube_forward, backward_in_float64),
    (check_results_are_deterministic, noisy_forward, cube_backward),
    (check_backward_has_a_derivative_in_turn, forward_that_hides, backward_that_hides_saved),
    (check_replayed_trace_gives_the_same_bits, forward_with_a_memory_of_the_first_run, cube_backward),
]


@pytest.mark.parametrize(("check", "forward", "backward"), FAILURES)
def test_check_fails_on_an_op_broken_in_just_that_way(check, forward, backward):
    with pytest.raises(AssertionError):
        check(Case(Op(forward, backward), (X.copy(),)))


def test_backward_that_uses_saved_up_cannot_run_twice():
    with pytest.raises(IndexError, match="pop from empty list"):
        check_backward_can_run_twice(Case(Op(forward_with_a_list, backward_that_uses_saved_up), (X,)))


def test_every_check_has_an_op_that_fails_it():
    assert set(CHECKS) == {check for check, _, _ in FAILURES}


@pytest.mark.parametrize("check", CHECKS)
def test_check_passes_on_the_sound_op(check):
    check(Case(Op(cube_forward, cube_backward), (X,)))
