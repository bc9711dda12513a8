"""The text on JAX: the numbers of NumPy and of jax.grad, NumPy's types and dtypes, and words where it can't run."""

import warnings

import numpy as np
import pytest

import chainrule
from chainrule.ops import affine, relu, softmax_cross_entropy, squared_error

jax = pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
jnp = pytest.importorskip("jax.numpy")

RNG = np.random.default_rng(0)
A = RNG.uniform(0.5, 1.5, size=(3, 4))
B = RNG.uniform(0.5, 1.5, size=(3, 4))


def objective(w1, b1, w2, b2, x, y):
    hidden = relu(affine(x, w1, b1))
    return softmax_cross_entropy(affine(hidden, w2, b2), y)


def network():
    parameters = RNG.normal(size=(5, 4)), RNG.normal(size=4), RNG.normal(size=(4, 3)), RNG.normal(size=3)
    return parameters, RNG.normal(size=(8, 5)), RNG.integers(0, 3, size=8)


def both(function, *arguments):
    return (chainrule.compile(function, engine=engine)(*arguments) for engine in ("numpy", "xla"))


# -- numbers ---------------------------------------------------------------------------------------------


def test_a_networks_gradients_are_those_of_jax_grad():
    parameters, x, y = network()

    def by_hand(parameters):
        w1, b1, w2, b2 = parameters
        logits = jnp.maximum(x @ w1 + b1, 0) @ w2 + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1).mean()

    with jax.enable_x64(True):
        expected, expected_gradients = jax.value_and_grad(by_hand)(tuple(map(jnp.array, parameters)))
    compiled = chainrule.compile(chainrule.value_and_grad(objective, argnums=(0, 1, 2, 3)), engine="xla")
    value, gradients = compiled(*parameters, x, y)

    np.testing.assert_allclose(expected, value, rtol=1e-13)
    for expected_gradient, gradient in zip(expected_gradients, gradients, strict=True):
        np.testing.assert_allclose(expected_gradient, gradient, rtol=1e-12, atol=1e-15)


def test_its_text_is_the_one_of_the_numpy_engine():
    parameters, x, y = network()
    steps = [chainrule.compile(objective, engine=engine).step(*parameters, x, y) for engine in ("numpy", "xla")]

    assert steps[0].source.text == steps[1].source.text


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + b * 2 - a / b,
        lambda a, b: a**b + np.power(a, 3) + a**2,
        lambda a, b: np.maximum(a, b) + np.minimum(a, 1) + np.clip(a, 0.8, 1.2),
        lambda a, b: np.where(a > b, a, b) * np.sign(a - b) + np.abs(a - b),
        lambda a, b: np.exp(a) + np.log(b) + np.log1p(a) + np.expm1(b) + np.logaddexp(a, b),
        lambda a, b: np.sin(a) * np.cos(b) + np.tan(a) + np.tanh(b) + np.arctan2(a, b),
        lambda a, b: np.sqrt(a) + np.square(b) + np.reciprocal(a),
        lambda a, b: a.mean(axis=0) + b.std(axis=0) + a.var(axis=0, ddof=1) + np.prod(b, axis=0),
        lambda a, b: a.max(axis=1, keepdims=True) - a.min(axis=1, keepdims=True) + np.cumsum(b, axis=1),
        lambda a, b: a @ b.T + np.outer(a[0], b[1])[:3, :3] + np.dot(a, b.T),
        lambda a, b: np.einsum("nd,nd->n", a, b) + np.linalg.norm(a, axis=1),
        lambda a, b: np.concatenate([a, b])[1:4] + np.stack([a, b])[0] + np.repeat(a, 2, axis=1)[:, :4],
        lambda a, b: a.reshape(4, 3).T + b.swapaxes(0, 1).reshape(3, 4) + np.flip(a, axis=0),
        lambda a, b: np.expand_dims(a, 1) * np.broadcast_to(b[:, None], (3, 2, 4)),
        lambda a, b: a[::-1, 1:] * b[:, :-1] + a[np.array([0, 0, 2])][:, np.array([1, 1, 0])],
        lambda a, b: np.take(a, np.array([2, -1]), axis=0) + np.diagonal(b[:, :3])[:2, None],
    ],
)
def test_values_and_gradients_are_those_of_the_numpy_engine(function):
    def total(a, b):
        return np.sum(function(a, b) * 0.5)

    expected, actual = both(chainrule.value_and_grad(total, argnums=(0, 1)), A, B)

    np.testing.assert_allclose(expected[0], actual[0], rtol=1e-13)
    for ours, theirs in zip(actual[1], expected[1], strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-14)


def test_parts_are_written_and_places_named_twice_added_to_twice():
    def f(x, v):
        x = x.copy()
        x[1] = v[0]
        x[2:] *= 10.0
        np.add.at(x, np.array([0, 0]), v)
        return x

    expected = np.array([1.0 + 5.0 + 7.0, 5.0, 30.0])

    np.testing.assert_array_equal(
        expected, chainrule.compile(f, engine="xla")(np.array([1.0, 2, 3]), np.array([5.0, 7]))
    )


def test_copies_in_another_order_in_memory_are_left_to_xla():
    def f(x):
        return np.exp(x.T.copy()) + x.copy("F").T

    expected, actual = both(f, A)

    np.testing.assert_allclose(expected, actual, rtol=1e-13)


def test_gradients_add_up_where_a_row_is_read_twice():
    gradient = chainrule.compile(chainrule.grad(lambda x: x[np.array([0, 0, 2])].sum()), engine="xla")

    np.testing.assert_array_equal([2.0, 0.0, 1.0], gradient(np.ones(3)))


def test_what_was_read_from_elsewhere_is_a_constant():
    kept = np.array([1.0, 0.0, 2.0])

    np.testing.assert_array_equal([3.0, 0.0, 6.0], chainrule.compile(lambda x: x * kept, engine="xla")(np.full(3, 3.0)))


def test_a_compiled_function_can_be_traced_again():
    compiled = chainrule.compile(lambda x: np.sum(x**3), engine="xla")

    np.testing.assert_array_equal([3.0, 12.0], chainrule.grad(compiled)(np.array([1.0, 2.0])))


# -- types -----------------------------------------------------------------------------------------------


def test_results_are_numpys_and_their_owners():
    array, scalar, number = chainrule.compile(lambda x, n: (x * 2, x.sum(), n + 1), engine="xla")(np.ones(2), 1.5)
    array[0] = 7.0

    assert (np.ndarray, np.float64, float) == (type(array), type(scalar), type(number))
    assert (2.0, 2.5) == (scalar, number)
    np.testing.assert_array_equal([7.0, 2.0], array)


def test_literals_in_the_result_stay():
    result = chainrule.compile(lambda x: {"same": x + 1, "name": "x", "pair": (x, None)}, engine="xla")(np.ones(1))

    assert ("x", None) == (result["name"], result["pair"][1])
    assert 2.0 == result["same"][0]


def test_float64_is_kept_and_the_users_own_jax_is_left_alone():
    third = chainrule.compile(lambda x: x / 3, engine="xla")(np.ones(2))

    np.testing.assert_array_equal(np.ones(2) / 3, third)
    assert np.float32 == jnp.zeros(2).dtype
    assert not jax.config.jax_enable_x64


def test_float32_stays_float32_beside_python_numbers():
    results = chainrule.compile(lambda x, rate: (x * rate / 3 + 1, x.mean()), engine="xla")(np.ones(2, np.float32), 0.1)

    assert [np.float32, np.float32] == [result.dtype for result in results]


@pytest.mark.parametrize(
    "function",
    [
        lambda x, n: x * n,
        lambda x, n: (n / 2, n * 2, n // 2, n.mean(), n.sum()),
        lambda x, n: (x > 0, x.astype(np.float64), x * np.float64(0.5)),
    ],
)
def test_dtypes_are_numpys_also_where_jax_has_others(function):
    expected, actual = both(function, np.ones(2, np.float32), np.array([1, 2]))
    kinds = [
        [part.dtype for part in (result if isinstance(result, tuple) else (result,))] for result in (expected, actual)
    ]

    assert kinds[0] == kinds[1]


def test_arrays_may_be_given_up():
    update = chainrule.compile(lambda w, d_w: w - 0.1 * d_w, engine="xla", donate_argnums=(0,))
    w = np.ones((300, 300))
    for _ in range(3):
        w = update(w, np.ones((300, 300)))

    np.testing.assert_allclose(0.7, w, rtol=1e-15)
    assert "out=" not in update.source


# -- what can't be ---------------------------------------------------------------------------------------


def test_a_function_that_jax_lacks_is_named_with_its_line(monkeypatch):
    monkeypatch.delattr(jnp, "tanh")

    def f(x):
        y = x + 1
        z = np.tanh(y) * y
        return z

    with pytest.raises(NotImplementedError, match=r"np\.tanh, in line 3 of f's text \(`z = np\.tanh\(y\) \* y`\)"):
        chainrule.compile(f, engine="xla")(np.ones(2))


def test_what_jax_refuses_gets_its_line(monkeypatch):
    def refused(x):
        raise TypeError("not here")

    monkeypatch.setattr(jnp, "tanh", refused)
    with pytest.raises(TypeError, match="not here") as caught:
        chainrule.compile(lambda x: np.tanh(x) + 1, engine="xla")(np.ones(2))

    (note,) = [note for note in caught.value.__notes__ if "JAX can't run" in note]
    assert "line 2" in note
    assert "np.tanh(x)" in note
    assert 'engine="numpy"' in note


def test_shapes_that_change_at_every_call_are_warned_about_once():
    compiled = chainrule.compile(lambda x: x + 1, engine="xla")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for rows in range(1, 20):
            compiled(np.ones(rows))

    (warning,) = caught
    assert RuntimeWarning is warning.category
    assert __file__ == warning.filename
    assert "8 times in a row" in str(warning.message)
    assert "Pad the arrays" in str(warning.message)


def test_shapes_that_come_back_are_not_warned_about():
    compiled = chainrule.compile(lambda x: x + 1, engine="xla")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rows in range(1, 12):
            compiled(np.ones(rows))
            compiled(np.ones(1))


def test_the_numpy_engine_does_not_warn_about_shapes():
    compiled = chainrule.compile(lambda x: x + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rows in range(1, 20):
            compiled(np.ones(rows))


def test_a_loss_of_the_wrong_shapes_is_refused_as_ever():
    with pytest.raises(ValueError, match="squared_error"):
        chainrule.compile(squared_error, engine="xla")(np.ones((4, 1)), np.ones(4))
