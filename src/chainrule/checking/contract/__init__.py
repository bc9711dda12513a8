"""The promises of an op: each one a check, named after what it promises, that gives a finding or None.

`values` (results), `state` (nothing in place, nothing remembered), `extremes`, `traces`; `calls` (how a case is run).
"""

from __future__ import annotations

from chainrule.checking.contract.extremes import extreme_input_gives_no_warning_nan_or_inf
from chainrule.checking.contract.promise import Promise
from chainrule.checking.contract.state import (
    backward_can_run_twice,
    earlier_calls_do_not_matter,
    nothing_is_changed_in_place,
    results_are_deterministic,
    results_do_not_alias,
    two_instances_do_not_mix,
)
from chainrule.checking.contract.traces import backward_has_a_derivative_in_turn, replayed_trace_gives_the_same_bits
from chainrule.checking.contract.values import (
    backward_is_linear_in_d_out,
    float32_stays_float32,
    gradients_are_floats,
    gradients_have_the_shapes_of_their_arrays,
    gradients_match_differences,
    number_of_results_is_right,
)

__all__ = ["CONTRACT", "Promise"]

CONTRACT: tuple[Promise, ...] = (
    Promise(number_of_results_is_right, for_learners=False),
    Promise(gradients_have_the_shapes_of_their_arrays, for_learners=False),
    Promise(gradients_are_floats),
    Promise(gradients_match_differences, for_learners=False),
    Promise(nothing_is_changed_in_place, is_about_state=True),
    Promise(backward_can_run_twice, is_about_state=True),
    Promise(two_instances_do_not_mix, is_about_state=True),
    Promise(earlier_calls_do_not_matter, is_about_state=True),
    Promise(results_are_deterministic, is_about_state=True),
    Promise(results_do_not_alias, is_about_state=True),
    Promise(backward_is_linear_in_d_out, needs_upstream=True),
    Promise(float32_stays_float32),
    Promise(extreme_input_gives_no_warning_nan_or_inf, takes_extremes=True),
    Promise(replayed_trace_gives_the_same_bits, for_learners=False),
    Promise(backward_has_a_derivative_in_turn, for_learners=False),
)
