"""Random numbers from a key: NumPy's own, the same wherever they are drawn, and without a derivative. And dropout."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule
from chainrule import ops
from chainrule.ops.drawing import uniform

KEY = np.array([20140615, 3], np.uint64)


def philox(key, stream, shape):
    """NumPy's generator, asked for its words: 53 bits of each make a number."""
    words = np.random.Philox(key=key, counter=stream << 192).random_raw(int(np.prod(shape)))
    return (words // 2**11 / 2**53).reshape(shape)


@pytest.mark.parametrize("shape", [(), (3,), (4, 5), (2, 3, 4), (0, 2)])
@pytest.mark.parametrize("stream", [0, 1, 2**64 - 1])
def test_numbers_are_those_of_numpys_philox(shape, stream):
    drawn = uniform(KEY, stream, shape)

    assert np.float64 == drawn.dtype
    assert_array_equal(philox(KEY, stream, shape), drawn)


def test_a_longer_draw_begins_with_a_shorter_one():
    assert_array_equal(uniform(KEY, 1, (5,)), uniform(KEY, 1, (3, 7)).ravel()[:5])


def test_steps_epochs_and_streams_have_nothing_to_do_with_each_other():
    n = 20_000
    others = [uniform(KEY + np.array([1, 0], np.uint64), 1, (n,)), uniform(KEY + np.array([0, 1], np.uint64), 1, (n,))]
    draws = np.array([uniform(KEY, 1, (n,)), uniform(KEY, 2, (n,)), *others])

    # Of n pairs of independent numbers the correlation has the standard deviation 1 / sqrt(n).
    assert np.abs(np.corrcoef(draws) - np.eye(4)).max() < 4.5 / np.sqrt(n)
    assert 4 * n == len(np.unique(draws))


def test_every_tenth_of_the_interval_gets_its_tenth():
    n = 100_000
    counts, _ = np.histogram(uniform(KEY, 1, (n,)), bins=10, range=(0, 1))

    assert np.abs(counts - n / 10).max() < 4.5 * np.sqrt(n * 0.1 * 0.9)


@pytest.mark.parametrize("key", [3, [1, 2], np.array([1, 2]), np.array([1, 2, 3], np.uint64), None])
def test_keys_that_other_engines_would_read_otherwise_are_refused(key):
    with pytest.raises(ValueError, match=r"uniform: key is .*; expected two words"):
        uniform(key, 1, (2,))
    if isinstance(key, np.ndarray):
        with pytest.raises(ValueError, match=r"uniform: key is .*; expected two words"):
            chainrule.compile(lambda key: uniform(key, 1, (2,)))(key)


# -- in programs -----------------------------------------------------------------------------------------


def noisy(x, key):
    return np.sum(x * uniform(key, 1, x.shape) + uniform(key, 2, x.shape) * uniform(key, 1, x.shape))


def test_a_draw_is_one_equation_and_one_call_in_the_text():
    compiled = chainrule.compile(lambda x, key: noisy(x, key))
    x = np.ones((2, 3))
    drawn = [philox(KEY, stream, (2, 3)) for stream in (1, 2)]

    assert pytest.approx((x * drawn[0] + drawn[0] * drawn[1]).sum(), rel=1e-15) == compiled(x, KEY)
    assert [1, 2] == [equation.operands[1] for equation in compiled.program.equations if equation.function is uniform]
    assert 1 == compiled.source.count("uniform(key, 1, (2, 3))")
    assert compiled.source.startswith("# from chainrule.ops.drawing import uniform\n")


def test_other_keys_need_no_other_text():
    compiled = chainrule.compile(lambda x, key: x + uniform(key, 1, x.shape))
    for step in range(3):
        key = np.array([5, step], np.uint64)

        assert_array_equal(philox(key, 1, (2,)), compiled(np.zeros(2), key))
    assert "1 steps" in repr(compiled)


def test_numbers_have_no_derivative_and_what_they_multiply_has():
    gradient = chainrule.grad(lambda x: noisy(x, KEY))(np.ones((2, 3)))

    assert_array_equal(philox(KEY, 1, (2, 3)), gradient)


def test_a_text_without_draws_does_not_speak_of_them():
    compiled = chainrule.compile(lambda x: x + 1)
    compiled(np.ones(2))

    assert "uniform" not in compiled.source


# -- dropout ---------------------------------------------------------------------------------------------


def test_what_is_kept_is_scaled_up_and_so_is_its_gradient():
    x, keep = np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([[True, False], [False, True]])
    out, saved = ops.dropout.forward(x, keep, rate=0.75)
    d_x, d_keep = ops.dropout.backward(saved, np.array([[1.0, 2.0], [3.0, 4.0]]))

    assert_array_equal([[12.0, 0.0], [0.0, 24.0]], out)
    assert_array_equal([[4.0, 0.0], [0.0, 16.0]], d_x)
    assert d_keep is None


def test_the_mean_over_many_masks_is_the_input():
    x, n = np.array([1.0, -2.0, 3.0]), 40_000
    outputs = ops.dropout(np.broadcast_to(x, (n, 3)), philox(KEY, 1, (n, 3)) < 0.8, rate=0.2)

    # An entry's variance is x^2 rate / (1 - rate).
    assert (np.abs(outputs.mean(axis=0) - x) < 4.5 * np.abs(x) * np.sqrt(0.25 / n)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(dtype):
    assert dtype == ops.dropout(np.ones(2, dtype), np.array([True, False]), rate=0.3).dtype


def test_check_finds_it_right():
    x, keep = np.random.default_rng(0).normal(size=(4, 3)), philox(KEY, 1, (4, 3)) < 0.5
    report = chainrule.check(ops.dropout, inputs=(x, keep))

    assert report.passed, report


def test_check_finds_a_gradient_that_is_not_scaled():
    wrong = chainrule.Op(ops.dropout.forward, lambda saved, d_out: (d_out * saved[0], None), "dropout")
    x, keep = np.random.default_rng(0).normal(size=(4, 3)), philox(KEY, 1, (4, 3)) < 0.5

    assert not chainrule.check(wrong, inputs=(x, keep)).passed


def own_forward(x, p=0.5):
    keep = np.random.default_rng(1).random(x.shape) < p
    return x * keep / p, (keep, p)


def test_check_takes_nobodys_own_dropout_for_ours():
    own_forward.__name__ = "dropout_forward"

    assert chainrule.check((own_forward, lambda saved, d_out: d_out * saved[0] / saved[1])).passed
    assert not chainrule.check((own_forward, lambda saved, d_out: d_out * saved[0])).passed


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5])
def test_gradients_of_a_network_are_those_of_jax_grad_with_the_same_mask(rate):
    jax = pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    rng = np.random.default_rng(0)
    x, w, v = rng.normal(size=(6, 4)), rng.normal(size=(4, 5)), rng.normal(size=(5, 2))

    def ours(w, v):
        hidden = np.tanh(x @ w)
        return np.sum(np.square(ops.dropout(hidden, uniform(KEY, 1, hidden.shape) < 1 - rate, rate=rate) @ v))

    def theirs(w, v):
        kept = jax.numpy.where(philox(KEY, 1, (6, 5)) < 1 - rate, jax.numpy.tanh(x @ w) / (1 - rate), 0)
        return ((kept @ v) ** 2).sum()

    with jax.enable_x64(True):
        expected = jax.grad(theirs, argnums=(0, 1))(w, v)
    for wanted, gradient in zip(expected, chainrule.grad(ours, argnums=(0, 1))(w, v), strict=True):
        np.testing.assert_allclose(wanted, gradient, rtol=1e-12, atol=1e-14)
