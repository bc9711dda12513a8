"""Random programs: the text replays the traced run bit for bit, and gradients agree with differences."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule
from chainrule.compiling import reuse
from chainrule.tracing.trees import leaves

SMOOTH = (np.sin, np.cos, np.tanh, np.arctan, np.negative, np.square)
ANY = (*SMOOTH, np.abs, np.sign, np.exp, np.floor)
PAIRS = (np.add, np.subtract, np.multiply, np.maximum, np.minimum)
SHAPES = ((), (3,), (2, 3), (2, 1), (1, 3))


@st.composite
def functions(draw, smooth=False):
    """A function of two arrays that builds values from earlier ones, some of them in place."""
    steps = draw(
        st.lists(st.tuples(st.integers(0, 15), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=12)
    )
    unary = SMOOTH if smooth else ANY
    pairs = PAIRS[:3] if smooth else PAIRS

    def function(x, y):
        values = [x, y, 1.5]
        for kind, first, second in steps:
            a, b = values[first % len(values)], values[second % len(values)]
            if kind < 4:
                new = unary[first % len(unary)](a)
            elif kind < 7:
                new = pairs[second % len(pairs)](a, b)
            elif kind == 7:
                new = a * 0.5 + b / 3
            elif kind == 8:
                new = np.sum(a * b, axis=-1, keepdims=True) if np.ndim(a * b) else a
            elif kind == 9:
                new = np.mean(a * 1.0) + b
            elif kind == 10 and np.ndim(a) and not smooth:
                new = a.copy()
                new[new < 0] *= 0.25
            elif kind == 11 and np.ndim(a) == 2 and second % 2:
                new = (a.T @ a).sum() * b
            elif kind == 11 and np.ndim(a) == 2:
                new = a.reshape(a.shape[::-1]).T[:, ::-1]
            elif kind == 12:  # adds up in the order of memory
                new = np.sum(a) * b
            elif kind == 13 and np.ndim(a) == 2:
                new = np.zeros_like(a + b)
                new[...] = a.reshape(a.shape[::-1]).T
            elif kind == 14 and np.ndim(a):
                new = (np.copy(a), a.copy(), +a, a.copy("F"))[second % 4]
            elif kind == 15 and np.ndim(a) == 2:
                new = np.sum(a[:, ::2]) + np.sum(a[:, 1:] * 1.0) + b
            else:
                new = a - b
            values.append(new)
        return values[-1], values[len(values) // 2]

    return function


def arrays(shape, seed, dtype=np.float64):
    return np.asarray(np.random.default_rng(seed).normal(size=shape).astype(dtype))


def same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(functions(), st.sampled_from(SHAPES), st.sampled_from(SHAPES), st.integers(0, 99), st.booleans())
def test_program_and_text_replay_the_run_bit_for_bit(function, x_shape, y_shape, seed, single):
    dtype = np.float32 if single else np.float64
    x, y = arrays(x_shape, seed, dtype), arrays(y_shape, seed + 1, dtype)
    with np.errstate(all="ignore"):
        expected = function(x.copy(), y.copy())
        replayed = chainrule.trace(function, x, y)(x, y)
        compiled = chainrule.compile(function)(x, y)

    for run, traced, text in zip(expected, replayed, compiled, strict=True):
        assert same_bits(run, traced)
        assert same_bits(run, text)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(functions(), st.integers(0, 99), st.sampled_from([0, 48, reuse.LARGE]))
def test_kept_buffers_and_donated_arguments_change_no_bit(function, seed, large):
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(reuse, "LARGE", large)
        compiled = chainrule.compile(function, donate_argnums=(0,))
        renamed = chainrule.compile(
            lambda tree: dict(zip("xy", function(tree["x"], tree["y"]), strict=True)), donate_argnums=(0,)
        )
        for call in range(3):
            a, b = arrays((2, 3), seed + call), arrays((2, 3), seed + 5 * call)
            expected = function(a.copy(), b.copy())
            result = compiled(a.copy(), b.copy())
            updated = renamed({"x": a.copy(), "y": b.copy()})

            for run, text, same in zip(expected, result, updated.values(), strict=True):
                assert same_bits(run, text)
                assert same_bits(run, same)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(functions(), st.integers(0, 99), st.sampled_from([0, 48, reuse.LARGE]))
def test_updates_in_place_change_no_bit(function, seed, large):
    def update(tree, rate):
        x, y = tree["x"], tree["y"]
        first, second = function(x, y)
        return {"x": x - rate * np.sum(first), "y": y * (x + np.sum(second))}, function(y, x)[0]

    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(reuse, "LARGE", large)
        compiled = chainrule.compile(update, donate_argnums=(0,))
        for call in range(2):
            tree = {"x": arrays((2, 3), seed + call), "y": arrays((2, 3), seed + 5 * call)}
            expected = update({name: array.copy() for name, array in tree.items()}, 0.1)
            result = compiled(tree, 0.1)

            for run, text in zip(leaves(expected), leaves(result), strict=True):
                assert same_bits(run, text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(functions(smooth=True), st.integers(0, 99))
def test_gradients_agree_with_differences(function, seed):
    x, y = arrays((2, 3), seed) * 0.5, arrays((2, 3), seed + 1) * 0.5

    def scalar(x, y):
        return np.sum(np.tanh(function(x, y)[0]))

    direction = arrays((2, 3), seed + 2)
    direction /= np.linalg.norm(direction)
    slope = np.sum(chainrule.grad(scalar)(x, y) * direction)
    step = 1e-5
    difference = (scalar(x + step * direction, y) - scalar(x - step * direction, y)) / (2 * step)
    wide = (scalar(x + 2 * step * direction, y) - scalar(x - 2 * step * direction, y)) / (4 * step)

    # Where two step sizes disagree, the difference says nothing.
    if abs(wide - difference) < 1e-5 * (1 + abs(difference)):
        assert abs(slope - difference) < 1e-4 * (1 + abs(difference))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(functions(), st.integers(0, 99))
def test_the_text_of_a_gradient_replays_it_bit_for_bit(function, seed):
    x, y = arrays((2, 3), seed), arrays((3,), seed + 1)

    def scalar(x, y):
        return np.sum(np.tanh(function(x, y)[0]))

    with np.errstate(all="ignore"):
        expected = chainrule.value_and_grad(scalar, argnums=(0, 1))(x, y)
        compiled = chainrule.compile(chainrule.value_and_grad(scalar, argnums=(0, 1)))(x, y)

    for run, text in zip(leaves(expected), leaves(compiled), strict=True):
        assert same_bits(run, text)
