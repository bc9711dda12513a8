"""Philox in whole-array functions: the bits of NumPy's own generator, on NumPy and on JAX."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule
from chainrule.compiling.xla import philox
from chainrule.ops.drawing import uniform

KEYS = [(0, 0), (1, 0), (2**63 + 12345, 7), (2**64 - 1, 2**64 - 1)]
SHAPES = [(), (1,), (4,), (5,), (3, 7), (2, 3, 4), (0, 3), (128, 512)]


def numpys(key, stream, shape):
    return np.random.Generator(np.random.Philox(key=key, counter=stream << 192)).random(shape)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("shape", SHAPES)
def test_numbers_are_numpys(key, shape):
    key = np.array(key, np.uint64)
    drawn = philox.uniform(np, key, 3, shape)

    assert (shape, np.dtype(float)) == (drawn.shape, drawn.dtype)
    assert_array_equal(numpys(key, 3, shape), drawn)


@pytest.mark.parametrize("stream", [0, 1, 2**32, 2**64 - 1])
def test_streams_are_numpys(stream):
    key = np.array([5, 6], np.uint64)

    assert_array_equal(numpys(key, stream, (10,)), philox.uniform(np, key, stream, (10,)))


def test_products_have_128_bits():
    words = np.array([0, 1, 2**32 - 1, 2**32, 2**63 + 1, 2**64 - 1], np.uint64)
    for factor in (*philox.MULTIPLIERS, 1, 2**32, 2**64 - 1):
        high, low = philox._product(np, words, factor)

        assert [int(word) * factor for word in words] == [
            (int(a) << 64) + int(b) for a, b in zip(high, low, strict=True)
        ]


@pytest.fixture
def jax():
    return pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_xla_engine_draws_numpys_numbers(jax, key, shape):
    key = np.array(key, np.uint64)
    drawn = chainrule.compile(lambda key: uniform(key, 2, shape), engine="xla")(key)

    assert_array_equal(numpys(key, 2, shape), drawn)
    assert np.float64 == drawn.dtype


def test_xla_draws_in_a_loop_over_keys_what_numpy_draws_one_by_one(jax):
    keys = np.array([(9, step) for step in range(5)], np.uint64)
    with jax.enable_x64(True):
        _, drawn = jax.lax.scan(
            lambda carry, key: (carry, philox.uniform(jax.numpy, key, 1, (3, 2), jax.lax.fori_loop)), 0, keys
        )

    assert_array_equal([numpys(key, 1, (3, 2)) for key in keys], drawn)


def test_masks_agree_also_where_the_bound_is_no_sum_of_powers_of_two(jax):
    keys = [np.array([step, 1], np.uint64) for step in range(3)]
    masks = [
        [chainrule.compile(lambda key: uniform(key, 1, (64, 64)) < 1 - 0.1, engine=engine)(key) for key in keys]
        for engine in ("numpy", "xla")
    ]

    assert_array_equal(*masks)


def test_an_array_called_uniform_stays_an_array_on_xla(jax):
    uniform = np.array([0.25, 0.5])

    def shifted(x):
        moved = x + uniform
        return moved * uniform

    compiled = chainrule.compile(shifted, engine="xla")
    step = chainrule.compile(lambda uniform, x: uniform * x, engine="xla")

    assert_array_equal([0.3125, 0.75], compiled(np.array([1.0, 1.0])))
    assert_array_equal([0.5, 1.0], step(uniform, np.array([2.0, 2.0])))


def test_nothing_warns_of_words_that_overflow_as_they_should():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        philox.uniform(np, np.array(KEYS[-1], np.uint64), 2**64 - 1, (9,))
