"""Gradients of NumPy as users write it (functions, operators, array methods, indexing) equal central differences."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule

RNG = np.random.default_rng(2)
X = np.array([[0.5, -1.5, 2.0, 0.25], [1.0, 0.75, -0.5, 3.0], [-2.0, 0.1, 0.9, -0.3]])
POSITIVE = np.abs(X) + 0.2
UNIT = X / 4
A = RNG.normal(size=(3, 4))
V = RNG.normal(size=4)
W = RNG.normal(size=(4, 2))
ROWS = np.array([0, 0, 2])
MASK = A > 0
NUMBER = np.float64(1.75)


def central_differences(f, x, step=1e-5):
    """``(f(x + h e) - f(x - h e)) / 2h`` for each unit vector e."""
    slopes = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[place] = step
        slopes[place] = (f(x + e) - f(x - e)) / (2 * step)
    return slopes


def weighted(f, x):
    """``sum(weights * f(x))`` with random weights, so that every entry of f(x) counts differently."""
    weights = np.random.default_rng(9).normal(size=np.shape(f(x)))
    return lambda x: np.sum(weights * f(x))


def text(f):
    """A lambda's own line."""
    return inspect.getsource(f).strip().removeprefix("lambda x: ").removesuffix(",")


def check(f, x):
    objective = weighted(f, x)
    actual = chainrule.grad(objective)(x)

    assert x.shape == actual.shape
    assert_allclose(actual, central_differences(objective, x), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "function",
    [
        *(np.negative, np.positive, np.absolute, np.abs, np.fabs, np.sign, np.square, np.reciprocal, np.exp, np.exp2),
        *(np.expm1, np.sin, np.cos, np.tan, np.arctan, np.tanh, np.sinh, np.cosh, np.copy, np.ravel, np.transpose),
        *(np.matrix_transpose, np.flip, np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.cumsum),
        np.linalg.norm,
    ],
)
def test_function_of_any_numbers(function):
    check(function, X)


@pytest.mark.parametrize("function", [np.sqrt, np.log, np.log1p, np.log2, np.log10])
def test_function_of_positive_numbers(function):
    check(function, POSITIVE)


@pytest.mark.parametrize("function", [np.arcsin, np.arccos, np.arctan, np.tan])
def test_function_of_numbers_between_minus_one_and_one(function):
    check(function, UNIT)


@pytest.mark.parametrize(
    "function",
    [np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.arctan2],
)
@pytest.mark.parametrize("other", [A, V, 1.375, NUMBER, A[:, :1]], ids=["same", "row", "float", "float64", "column"])
def test_function_of_two_operands(function, other):
    check(lambda x: function(x, other), X)
    check(lambda x: function(other, x), X)
    check(lambda x: function(x, x), X)


@pytest.mark.parametrize("function", [np.power, np.float_power, lambda a, b: a**b], ids=["power", "float_power", "**"])
def test_power_in_base_and_exponent(function):
    check(lambda x: function(x, A), POSITIVE)
    check(lambda x: function(POSITIVE, x), X)
    check(lambda x: function(x, x), POSITIVE)
    check(lambda x: function(x, NUMBER), POSITIVE)
    check(lambda x: function(NUMBER, x), X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0, x * x, 3 * x),
        lambda x: np.where(MASK, x, A),
        lambda x: np.where(MASK, A, x),
        lambda x: np.where(MASK, x, 0.0),
        lambda x: np.where(MASK, V, x[:, :1]),
        lambda x: np.clip(x, -0.4, 1.1),
        lambda x: np.clip(x, None, 1.1),
        lambda x: np.clip(x, a_min=-0.4, a_max=None),
        lambda x: np.clip(A, x, x + 0.5),
        lambda x: np.matmul(x, W),
        lambda x: np.matmul(W.T, x.T),
        lambda x: np.matmul(x, V),
        lambda x: np.dot(x, W),
        lambda x: np.dot(V, x.T),
        lambda x: np.dot(x[0], x[1]),
        lambda x: np.dot(2.5, x),
        lambda x: np.outer(x, V),
        lambda x: np.outer(V, x[0]),
        lambda x: np.einsum("nd,dh->nh", x, W),
        lambda x: np.einsum("nd,md->nm", x, x),
        lambda x: np.einsum("nd,nd,d->n", x, A, V),
        lambda x: np.einsum("...d->...", x),
        lambda x: np.einsum("nd->", x),
        lambda x: np.sum(x, 0),
        lambda x: np.sum(x, axis=-1, keepdims=True),
        lambda x: np.mean(x, axis=(0, 1)),
        lambda x: np.prod(x, axis=1),
        lambda x: np.max(x, axis=0),
        lambda x: np.min(x, axis=-1, keepdims=True),
        lambda x: np.var(x, axis=1, ddof=1),
        lambda x: np.std(x, axis=0, ddof=1, keepdims=True),
        lambda x: np.cumsum(x, axis=1),
        lambda x: np.cumsum(x, -2),
        lambda x: np.linalg.norm(x, axis=1),
        lambda x: np.linalg.norm(x, axis=0, keepdims=True),
        lambda x: np.linalg.norm(x, "fro"),
        lambda x: np.linalg.norm(x[0]),
        lambda x: np.reshape(x, (2, 6)),
        lambda x: np.reshape(x, -1),
        lambda x: np.transpose(x, (1, 0)),
        lambda x: np.swapaxes(x, 0, 1),
        lambda x: np.moveaxis(x, 0, -1),
        lambda x: np.expand_dims(x, 1),
        lambda x: np.squeeze(x[:1]),
        lambda x: np.squeeze(x[:, None, :, None], axis=(1, 3)),
        lambda x: np.broadcast_to(x, (2, 3, 4)),
        lambda x: np.broadcast_to(x[:1], (3, 4)),
        lambda x: np.concatenate([x, x * x]),
        lambda x: np.concatenate((x, A, x), axis=1),
        lambda x: np.concatenate([x[0], x[1, :2]]),
        lambda x: np.concatenate([x, A], axis=None),
        lambda x: np.stack([x, x * x, A]),
        lambda x: np.stack([x, A], axis=-1),
        lambda x: np.hstack([x, x * x]),
        lambda x: np.vstack([x, x[0]]),
        lambda x: np.take(x, ROWS, axis=0),
        lambda x: np.take(x, [1, 1, 3], axis=1),
        lambda x: np.take(x, 5),
        lambda x: np.repeat(x, 2, axis=1),
        lambda x: np.diagonal(x),
        lambda x: np.astype(x, np.float64),
        lambda x: np.split(x, 2, axis=1)[1],
        lambda x: np.add.reduce(x, axis=0),
        lambda x: np.multiply.outer(x[0], V),
    ],
    ids=text,
)
def test_function_with_options(f):
    check(f, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + A,
        lambda x: A + x,
        lambda x: x - V,
        lambda x: V - x,
        lambda x: x * A,
        lambda x: 3 * x,
        lambda x: x / A,
        lambda x: A / x,
        lambda x: 1 / x,
        lambda x: -x,
        lambda x: +x,
        lambda x: abs(x),
        lambda x: x**2,
        lambda x: x**3,
        lambda x: x**1,
        lambda x: x**0,
        lambda x: x**-1,
        lambda x: abs(x) ** 0.5,
        lambda x: 2**x,
        lambda x: 2.5**x,
        lambda x: x @ W,
        lambda x: W.T @ x.T,
        lambda x: x @ V,
        lambda x: V @ x.T,
        lambda x: x[0] @ x[1],
        lambda x: x @ x.T,
        lambda x: NUMBER * x,
        lambda x: NUMBER + x,
        lambda x: NUMBER - x,
        lambda x: NUMBER / x,
        lambda x: NUMBER**x,
        lambda x: x * NUMBER,
        lambda x: np.float64(2) * x.sum() / np.float64(3),
        lambda x: np.array(2.0) * x,
        lambda x: (x > 0) * x,
        lambda x: x * (x > 0) + (x <= 0) * 0.1 * x,
        lambda x: x[0] + 1.5 * x[1] - x[2] / 2,
    ],
    ids=text,
)
def test_operator(f):
    check(f, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.sum(),
        lambda x: x.sum(0),
        lambda x: x.sum(axis=1, keepdims=True),
        lambda x: x.sum(axis=(0, 1)),
        lambda x: x.mean(),
        lambda x: x.mean(axis=-1),
        lambda x: x.prod(),
        lambda x: x.prod(axis=0),
        lambda x: x.max(),
        lambda x: x.max(axis=1, keepdims=True),
        lambda x: x.min(0),
        lambda x: x.var(),
        lambda x: x.var(axis=0, ddof=1),
        lambda x: x.std(),
        lambda x: x.std(1),
        lambda x: x.cumsum(),
        lambda x: x.cumsum(axis=1),
        lambda x: x.dot(W),
        lambda x: x.clip(-0.4, 1.1),
        lambda x: x.clip(min=-0.4),
        lambda x: x.T,
        lambda x: x.mT,
        lambda x: x.transpose(),
        lambda x: x.transpose(1, 0),
        lambda x: x.transpose((1, 0)),
        lambda x: x.reshape(2, -1),
        lambda x: x.reshape((6, 2)),
        lambda x: x.reshape(-1),
        lambda x: x.ravel(),
        lambda x: x.flatten(),
        lambda x: x.swapaxes(0, 1),
        lambda x: x[None].squeeze(),
        lambda x: x[None].squeeze(axis=0),
        lambda x: x.take(ROWS, axis=0),
        lambda x: x.repeat(2, axis=0),
        lambda x: x.diagonal(),
        lambda x: x.copy(),
        lambda x: x.astype(float),
        lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
        lambda x: np.exp(x - x.max(axis=1, keepdims=True)) / np.exp(x - x.max(axis=1, keepdims=True)).sum(1)[:, None],
    ],
    ids=text,
)
def test_array_method(f):
    check(f, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0],
        lambda x: x[-1],
        lambda x: x[1, 2],
        lambda x: x[1][2],
        lambda x: x[:, 1],
        lambda x: x[1:, ::2],
        lambda x: x[::-1],
        lambda x: x[..., 0],
        lambda x: x[None, :, 1:3],
        lambda x: x[:, np.newaxis],
        lambda x: x[np.array([0, 0, 2])],
        lambda x: x[[2, 0]],
        lambda x: x[ROWS, np.array([3, 3, 1])],
        lambda x: x[np.arange(3), np.array([3, 0, 1])],
        lambda x: x[:, np.array([[0, 1], [1, 1]])],
        lambda x: x[MASK],
        lambda x: x[MASK[:, 0]],
        lambda x: x[x.shape[0] - 1],
        lambda x: x[len(x) // 2],
        lambda x: x[np.argmax(A[:, 0])],
        lambda x: sum(row * row for row in x),
        lambda x: x[np.ix_([0, 2], [1, 3])],
    ],
    ids=text,
)
def test_indexing(f):
    check(f, X)


def test_gradient_in_float32_is_float32():
    for f in (lambda x: np.sum(2**x), lambda x: np.std(x), lambda x: np.max(x), lambda x: np.linalg.norm(x)):
        assert np.float32 == chainrule.grad(f)(X.astype(np.float32)).dtype


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.exp(x), where=MASK),
        lambda x: np.sum(x, initial=5.0),
        lambda x: np.sum(x.reshape(4, 3, order="F")),
        lambda x: np.sum(np.take(x, ROWS, mode="wrap")),
    ],
)
def test_option_without_a_derivative_is_refused(f):
    with pytest.raises(TypeError, match=r"(where|initial|order|mode).* has no derivative here"):
        chainrule.grad(f)(X)
