"""Traces: a replay gives the same bits, and backward has a derivative in turn; ops that break this are found."""

import math

import numpy as np

from chainrule import Op
from chainrule.checking.case import Case
from chainrule.checking.contract.traces import backward_has_a_derivative_in_turn, replayed_trace_gives_the_same_bits

X = np.random.default_rng(1).standard_normal((3, 4))
CALLS = []
HIDDEN = []


def cube_forward(x):
    return x**3, x


def cube_backward(saved, d_out):
    return d_out * (3 * saved**2)


def remembers_its_calls(x):
    """The number of the run is no part of the trace, so a replay repeats the traced one."""
    CALLS.append(x)
    return x**3 + len(CALLS), x


def hides_the_slope(x):
    HIDDEN[:] = [3 * np.copy(getattr(x, "value", x)) ** 2]
    return x**3, ()


def takes_the_slope_out_of_the_trace(saved, d_out):
    return d_out * HIDDEN[0]


def one_entry_at_a_time(x):
    return np.array([[math.pow(float(one), 3) for one in row] for row in x]), x


def test_sound_op_keeps_both_promises():
    case = Case(Op(cube_forward, cube_backward), (X,))

    assert replayed_trace_gives_the_same_bits(case) is None
    assert backward_has_a_derivative_in_turn(case) is None


def test_replay_that_differs_is_found():
    finding = replayed_trace_gives_the_same_bits(Case(Op(remembers_its_calls, cube_backward), (X,)))

    assert ("REPLAY_DIFFERS", "error") == (finding.code, finding.severity)


def test_replay_of_a_gradient_that_differs_is_found():
    def backward(saved, d_out):
        CALLS.append(saved)
        return d_out * (3 * saved**2) * len(CALLS)

    finding = replayed_trace_gives_the_same_bits(Case(Op(cube_forward, backward), (X,)))

    assert ("REPLAY_DIFFERS", "d_x") == (finding.code, finding.part)


def test_op_that_cannot_be_traced_is_found():
    case = Case(Op(one_entry_at_a_time, cube_backward), (X,))

    assert ("NOT_TRACEABLE", "warning") == (
        replayed_trace_gives_the_same_bits(case).code,
        replayed_trace_gives_the_same_bits(case).severity,
    )


def test_backward_without_a_derivative_is_found():
    finding = backward_has_a_derivative_in_turn(Case(Op(hides_the_slope, takes_the_slope_out_of_the_trace), (X,)))

    assert "SECOND_DERIVATIVE_DIFFERS" == finding.code
