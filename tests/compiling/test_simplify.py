"""Simplifying leaves out work and changes no bit."""

import numpy as np
import pytest

import chainrule
from chainrule.compiling import simplify
from chainrule.tracing.program import primitive_name

X = np.array([[1.0, -0.0, 2.0], [np.nan, -3.0, np.inf]])


def simplified(function, *examples):
    return simplify(chainrule.trace(function, *examples))


def functions_of(program):
    return [primitive_name(equation.function) for equation in program.equations]


@pytest.mark.parametrize(
    ("function", "left"),
    [
        (lambda x: 1.0 * x, []),
        (lambda x: x * 1, []),
        (lambda x: x / 1.0, []),
        (lambda x: np.negative(-x), []),
        (lambda x: x.T.T, []),
        (lambda x: x.reshape(2, 3), []),
        (lambda x: np.broadcast_to(x, (2, 3)), []),
        (lambda x: x.astype(np.float64), []),
        (lambda x: np.broadcast_to(x[:, :1], (2, 3)) * x, ["getitem", "multiply"]),
        (lambda x: x * (np.float64(1.0) / 4), ["multiply"]),
    ],
)
def test_what_changes_nothing_goes(function, left):
    program = simplified(function, X)

    assert functions_of(program) == left
    np.testing.assert_array_equal(function(X), program(X))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 0.0,  # turns -0.0 into 0.0
        lambda x: 0 + x,
        lambda x: x * 0,  # nan stays nan
        lambda x: np.broadcast_to(x[:, :1], (2, 3)),
        lambda x: x.astype(np.float32),
        lambda x: x * np.ones(3),
    ],
)
def test_what_changes_a_bit_stays(function):
    with np.errstate(invalid="ignore"):
        program = simplified(function, X)

        assert functions_of(program) == functions_of(chainrule.trace(function, X))
        assert function(X).tobytes() == program(X).tobytes()


def test_one_times_a_float32_array_by_a_float64_scalar_keeps_its_type():
    program = simplified(lambda x: x * np.float64(1), np.ones(2, np.float32))

    assert program(np.ones(2, np.float32)).dtype == np.float64


def test_a_long_chain_of_ones_goes_in_one_pass():
    def chain(x):
        for _ in range(3000):
            x = x * 1.0
        return x

    assert functions_of(simplified(chain, 2.5)) == []


def test_a_simplified_program_validates():
    simplified(chainrule.grad(lambda x: np.sum(np.tanh(x) * x)), np.ones((2, 3))).validate()
