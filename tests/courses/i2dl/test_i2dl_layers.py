"""Layers as pairs of functions: by hand and against central differences."""

import tracemalloc

import numpy as np
import pytest
from i2dl_helpers import RNG, central_difference

from chainrule.courses.i2dl import (
    LeakyRelu,
    Relu,
    Sigmoid,
    Tanh,
    affine_backward,
    affine_forward,
    sigmoid_backward,
    sigmoid_forward,
)

ACTIVATIONS = [Sigmoid(), Relu(), LeakyRelu(), LeakyRelu(slope=0.3), Tanh()]
x, w, b = RNG.normal(size=(4, 2, 3)), RNG.normal(size=(6, 5)), RNG.normal(size=5)
DOUT = RNG.normal(size=(4, 5))


def weighed(x, w, b):
    """A scalar whose gradients are what affine_backward gives for DOUT."""
    return np.sum(DOUT * (x.reshape(4, 6) @ w + b))


def test_affine_reads_each_sample_as_one_row():
    out, _ = affine_forward([[[1, 2], [3, 4]]], [[1, 0], [0, 1], [1, 0], [0, 1]], [10, 20])

    assert [[14, 26]] == out.tolist()


@pytest.mark.parametrize(("edition", "share"), [("ss20", 4), ("ws22", 1), ("ss23", 1)])
def test_affine_backward_divides_dw_and_db_but_not_dx_in_the_sheets_edition(edition, share):
    _, cache = affine_forward(x, w, b)
    dx, dw, db = affine_backward(DOUT, cache, edition=edition)

    assert (x.shape, w.shape, b.shape) == (dx.shape, dw.shape, db.shape)
    assert pytest.approx(central_difference(lambda x: weighed(x, w, b), x), abs=1e-8) == dx
    assert pytest.approx(central_difference(lambda w: weighed(x, w, b), w) / share, abs=1e-8) == dw
    assert pytest.approx(central_difference(lambda b: weighed(x, w, b), b) / share, abs=1e-8) == db


def test_affine_backward_is_of_the_sheets_edition_unless_told():
    _, cache = affine_forward(x, w, b)

    assert affine_backward(DOUT, cache, edition="ss20")[1].tolist() == affine_backward(DOUT, cache)[1].tolist()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((x, w[:5], b), r"x has shape \(4, 2, 3\) and w \(5, 5\)"),
        ((x, w[:, 0], b), r"w \(6,\); expected x \(N, d1, ..., dk\) and w \(D, M\)"),
        ((x, w, b[:4]), r"b has shape \(4,\); expected \(5,\)"),
        ((x, w, b[:, None]), r"b has shape \(5, 1\); expected \(5,\)"),
    ],
)
def test_affine_refuses_shapes_that_do_not_fit(arrays, message):
    with pytest.raises(ValueError, match=message):
        affine_forward(*arrays)


def test_affine_backward_refuses_a_dout_of_another_shape():
    _, cache = affine_forward(x, w, b)

    with pytest.raises(ValueError, match=r"dout has shape \(5,\); expected \(4, 5\)"):
        affine_backward(DOUT[0], cache)


def test_affine_never_makes_an_array_of_all_products():
    N, D, M = 60, 70, 80
    inputs, weights, bias, dout = np.ones((N, D)), np.ones((D, M)), np.ones(M), np.ones((N, M))
    tracemalloc.start()
    affine_backward(dout, affine_forward(inputs, weights, bias)[1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * N * D * M / 4


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: type(activation).__name__)
def test_activations_backward_is_their_derivative(activation):
    _, cache = activation.forward(x)
    dout = RNG.normal(size=x.shape)
    expected = central_difference(lambda x: np.sum(dout * activation.forward(x)[0]), x)

    assert pytest.approx(expected, abs=1e-8) == activation.backward(dout, cache)


def test_activations_by_hand():
    assert [-0.02, 0, 3] == LeakyRelu().forward([-2, 0, 3])[0].tolist()
    assert [-1, 0, 3] == LeakyRelu(slope=0.5).forward([-2, 0, 3])[0].tolist()
    assert [0, 0, 3] == Relu().forward([-2, 0, 3])[0].tolist()
    assert pytest.approx([0.25, 0.75]) == sigmoid_forward([-np.log(3), np.log(3)])[0]
    assert pytest.approx([-0.6, 0.6]) == Tanh().forward([-np.log(2), np.log(2)])[0]


def test_derivatives_at_0():
    assert [0.0] == Relu().backward([1], Relu().forward([0])[1]).tolist()
    assert [0.01] == LeakyRelu().backward([1], LeakyRelu().forward([0])[1]).tolist()
    assert [0.25] == sigmoid_backward([1], sigmoid_forward([0])[1]).tolist()


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: type(activation).__name__)
def test_activations_keep_float32_and_any_shape(activation):
    single, _ = activation.forward(np.ones((2, 1, 3), np.float32))
    number, cache = activation.forward(0.5)

    assert (np.float32, (2, 1, 3)) == (single.dtype, single.shape)
    assert () == number.shape == activation.backward(1.0, cache).shape


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: type(activation).__name__)
def test_activations_refuse_a_dout_that_would_broadcast(activation):
    _, cache = activation.forward(np.ones((3, 1)))

    with pytest.raises(ValueError, match=r"dout has shape \(3,\); expected \(3, 1\)"):
        activation.backward(np.ones(3), cache)
