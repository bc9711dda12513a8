"""Random programs keep their values and gradients when their forms are written safely."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule

PARTS = (
    np.tanh,
    np.exp,
    np.negative,
    lambda x: 1 + x,
    lambda x: 1 / x,
    lambda x: x - 1,
    lambda x: x / np.sum(x, axis=-1, keepdims=True),
    lambda x: np.sum(x, axis=0),
    lambda x: np.log(np.abs(x) + 1),
    np.log,
    lambda x: x**2,
    np.mean,
    lambda x: np.log(1 + np.exp(x)),
    lambda x: 1 / (1 + np.exp(-x)),
    lambda x: x - np.max(x),
)
PAIRS = (np.add, np.subtract, np.multiply, np.divide)


@st.composite
def functions(draw):
    """A function that chains parts of forms, so that whole forms and near misses come about."""
    steps = draw(st.lists(st.tuples(st.integers(0, 18), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=10))

    def function(x):
        values = [x]
        for kind, first, second in steps:
            a, b = values[-1 - first % len(values)], values[-1 - second % len(values)]
            values.append(PARTS[kind](a) if kind < len(PARTS) else PAIRS[kind - len(PARTS)](a, b))
        return np.sum(values[-1]) + np.sum(values[len(values) // 2])

    return function


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(functions(), st.integers(0, 99))
def test_values_and_gradients_stay(function, seed):
    x = np.random.default_rng(seed).uniform(0.2, 1.5, size=(2, 3))
    with_gradient = chainrule.value_and_grad(function)
    with np.errstate(all="ignore"):
        expected = with_gradient(x)
        actual = chainrule.compile(with_gradient, safer=True)(x)
        # Where the plain form loses digits, or all of them, a nudge of the input shows it.
        nudged = with_gradient(x * (1 + 1e-13))

    for plain, safe, other in zip(expected, actual, nudged, strict=True):
        if np.isfinite(plain).all() and np.isfinite(other).all():
            bound = 1e-9 * np.max(np.abs(plain)) + 1e3 * np.max(np.abs(other - plain)) + 1e-12
            assert np.max(np.abs(safe - plain)) <= bound
