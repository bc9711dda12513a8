"""Weights to start from: the published bounds and variances, and where the randomness comes from."""

import math

import numpy as np
import pytest

from chainrule.learning.initializers import (
    INITIALIZERS,
    Normal,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    initializer,
    lecun_normal,
    named,
    zeros,
)

SHAPE = (300, 100)


def draw(function, shape=SHAPE, dtype=np.float64, seed=0):
    return function(np.random.default_rng(seed), shape, dtype)


# Bounds worked by hand: sqrt(6 / 400) and sqrt(6 / 300).
@pytest.mark.parametrize(("function", "bound"), [(glorot_uniform, 0.1224745), (he_uniform, 0.1414214)])
def test_uniform_fills_its_bounds(function, bound):
    w = draw(function)

    assert np.abs(w).max() <= bound
    assert np.abs(w).max() > 0.999 * bound
    assert math.isclose(bound / math.sqrt(3), w.std(), rel_tol=0.02)
    assert abs(w.mean()) < 0.002


# sqrt(2 / 400), sqrt(2 / 300), sqrt(1 / 300).
@pytest.mark.parametrize(
    ("function", "std"), [(glorot_normal, 0.0707107), (he_normal, 0.0816497), (lecun_normal, 0.0577350)]
)
def test_normal_has_its_standard_deviation(function, std):
    w = draw(function)

    assert math.isclose(std, w.std(), rel_tol=0.02)
    assert abs(w.mean()) < 0.002
    assert np.abs(w).max() > 3 * std


def test_normal_takes_a_standard_deviation():
    w = draw(Normal(std=0.5))

    assert math.isclose(0.5, w.std(), rel_tol=0.02)


def test_zeros_are_zero():
    assert np.array_equal([0.0, 0.0], draw(zeros, (2,)))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_gives_shape_and_dtype(name):
    w = draw(initializer(name), (3, 2), np.float32)

    assert (3, 2) == w.shape
    assert np.float32 == w.dtype


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_generator_gives_the_same_weights_and_the_global_one_is_left_alone(name):
    before = np.random.get_state()[1].copy()
    first, second = draw(initializer(name)), draw(initializer(name))

    assert np.array_equal(first, second)
    assert np.array_equal(before, np.random.get_state()[1])


def test_float32_draws_are_the_rounded_float64_draws():
    assert np.array_equal(draw(he_normal).astype(np.float32), draw(he_normal, dtype=np.float32))


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match=r"unknown initializer 'xavier'; choose one of zeros, normal, glorot_u"):
        initializer("xavier")


def test_a_function_is_its_own_initializer():
    def ones(rng, shape, dtype):
        return np.ones(shape, dtype)

    assert ones is initializer(ones)
    assert ones is named(ones)
    assert "zeros" == named(zeros)


def test_fans_need_a_matrix():
    with pytest.raises(ValueError, match=r"glorot_uniform: the shape is \(3,\); expected a weight matrix"):
        draw(glorot_uniform, (3,))


def test_negative_standard_deviation_is_refused():
    with pytest.raises(ValueError, match="Normal: std is -1; expected at least 0"):
        Normal(-1)
