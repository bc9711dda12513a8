"""Classes that keep a cache, losses, and classes that hold their parameters are lifted."""

import copy
import os

import numpy as np
import pytest
from lifting import AFFINE, D_B, D_OUT, D_W, D_X, B, W, X, assert_same, refused, run

from chainrule.checking.forms import lift
from chainrule.courses import tum_ml
from chainrule.courses.i2dl import layers, linear_models, losses, networks

# -- classes ---------------------------------------------------------------------------------------------------


class Affine:
    def forward(self, x, w, b):
        self.cache = x, w
        return x @ w + b

    def backward(self, dout):
        x, w = self.cache
        dx, dw, db = dout @ w.T, x.T @ dout, dout.sum(axis=0)
        return dx, dw, db


@pytest.mark.parametrize("subject", [Affine, Affine(), tum_ml.Affine, tum_ml.Affine()])
def test_a_class_that_keeps_its_cache(subject):
    implementation = lift(subject)
    _, gradients = run(subject, X, W, B)

    assert ("class", "Affine", 3) == (implementation.form, implementation.name, implementation.arrays)
    assert_same(AFFINE, gradients)


@pytest.mark.parametrize("subject", [layers.Relu, layers.Relu(), tum_ml.ReLU, layers.LeakyRelu(0.0)])
def test_a_class_that_returns_its_cache_or_not(subject):
    _, gradient = run(subject, X, d_out=X)

    np.testing.assert_array_equal(np.where(X > 0, X, 0), gradient)


def test_every_forward_has_an_instance_of_its_own():
    made = Affine()
    op = lift(made).op
    _, first = op.forward(X, W, B)
    _, second = op.forward(2 * X, W, B)

    assert_same(AFFINE, op.backward(first, D_OUT))
    assert_same((D_X, 2 * D_W, D_B), op.backward(second, D_OUT))
    assert {} == vars(made)


class Accumulating:
    def __init__(self):
        self.dw = 0

    def forward(self, x, w):
        self.x, self.w = x, w
        return x @ w

    def backward(self, dout):
        self.dw = self.dw + self.x.T @ dout
        return dout @ self.w.T, self.dw


def test_running_backward_twice_shows_what_accumulates():
    op = lift(Accumulating).op
    _, saved = op.forward(X, W)
    _, first = op.backward(saved, D_OUT)
    _, second = op.backward(saved, D_OUT)
    _, fresh = op.backward(op.forward(X, W)[1], D_OUT)

    assert_same((D_W, 2 * D_W, D_W), (first, second, fresh))


def test_saved_can_be_copied():
    op = lift(Affine).op
    _, saved = op.forward(X, W, B)

    assert_same(AFFINE, op.backward(copy.deepcopy(saved), D_OUT))


def test_a_class_that_needs_arguments_says_which():
    class Scale:
        def __init__(self, rule, *, mode):
            self.rule = rule

        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

    finding = refused(Scale)

    assert "NEEDS_ARGUMENTS" == finding.code
    assert "Scale cannot be made without arguments: __init__ needs rule, mode." == finding.message
    assert_same((X,), (run(Scale(1, mode=2), X, d_out=X)[1],))


def test_an_instance_that_cannot_be_copied_deeply_is_copied_flat():
    class Open:
        def __init__(self):
            self.file = open(os.devnull)  # noqa: SIM115  # it is what cannot be copied

        def forward(self, x):
            self.x = x
            return x

        def backward(self, dout):
            return dout

    made = Open()
    run(made, X, d_out=X)
    made.file.close()

    assert {"file"} == set(vars(made))


def test_a_constructor_that_fails_fails_where_forward_is_run():
    class Fails:
        def __init__(self):
            raise ZeroDivisionError

        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

    with pytest.raises(ZeroDivisionError):
        run(Fails, X)


def test_a_class_in_the_style_of_contexts():
    class Square:
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.two = 2
            return x**2

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return ctx.two * x * grad_output

    implementation = lift(Square)
    _, gradient = run(Square, X, d_out=X)

    assert ("class with a context", 1) == (implementation.form, implementation.arrays)
    np.testing.assert_array_equal(2 * X * X, gradient)


# -- losses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", [losses.MSE, losses.MSE()])
def test_a_loss_takes_no_incoming_gradient_and_targets_get_none(subject):
    implementation = lift(subject)
    out, gradients = run(subject, X, X - 1, d_out=None)

    assert ("loss", False, 2) == (implementation.form, implementation.takes_upstream, implementation.arrays)
    assert_same((np.full((5, 3), 2.0), None), gradients)
    np.testing.assert_allclose(out, np.ones((5, 3)))


def test_a_loss_that_remembers_may_take_an_incoming_gradient():
    implementation = lift(tum_ml.CategoricalCrossEntropy)
    _, gradients = run(tum_ml.CategoricalCrossEntropy, np.zeros((1, 2)), np.array([[1.0, 0.0]]), d_out=2.0)

    assert implementation.takes_upstream
    assert_same((np.array([[-1.0, 1.0]]), None), gradients)


def test_a_backward_without_arguments_takes_no_incoming_gradient():
    class Mse:
        def forward(self, y_hat, y):
            self.error = y_hat - y
            return (self.error**2).sum()

        def backward(self):
            return 2 * self.error

    implementation = lift(Mse)

    assert not implementation.takes_upstream
    np.testing.assert_allclose(run(Mse, X, X - 1)[1], np.full((5, 3), 2.0))


# -- classes that hold parameters ----------------------------------------------------------------------------------


class Linear:
    def __init__(self, in_features, out_features):
        self.in_features = in_features
        self.w = 0.01 * np.ones((in_features, out_features))
        self.b = np.zeros(out_features)
        self.running = np.zeros(3)

    def forward(self, x):
        assert x.shape[1] == self.in_features
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        self.dw = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.w.T


class GradW(Linear):
    def backward(self, dout):
        self.grad_w, self.grad_b = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.w.T


class InDict(Linear):
    def backward(self, dout):
        self.grads = {}
        self.grads["w"] = self.x.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.w.T


class Returning(Linear):
    def __init__(self):
        super().__init__(3, 7)

    def backward(self, dout):
        dx, dw, db = dout @ self.w.T, self.x.T @ dout, dout.sum(axis=0)
        return dx, dw, db


@pytest.mark.parametrize("subject", [Linear, Linear(3, 2), GradW, InDict])
def test_parameters_on_self_are_arrays_of_the_op(subject):
    implementation = lift(subject)
    out, gradients = run(subject, X, W, B)

    assert ("class with parameters", 3) == (implementation.form, implementation.arrays)
    assert_same(AFFINE, gradients)
    np.testing.assert_allclose(out, X @ W + B)


def test_gradients_of_parameters_have_their_authors_names():
    assert ("d_x", "dw", "db") == lift(Linear).gradients
    assert ("d_x", "grad_w", "grad_b") == lift(GradW).gradients


def test_a_size_is_taken_from_the_arrays():
    wide = np.ones((4, 2))

    assert (5, 2) == run(Linear, np.ones((5, 4)), wide, np.zeros(2), d_out=np.ones((5, 2)))[0].shape


def test_a_gradient_that_was_left_out_is_none():
    class Forgets(Linear):
        def backward(self, dout):
            self.dw = self.x.T @ dout
            return dout @ self.w.T

    _, gradients = run(Forgets, X, W, B)

    assert_same((D_X, D_W, None), gradients)


def test_parameters_that_accumulate_show_in_the_second_backward():
    class Adds(Linear):
        def __init__(self):
            super().__init__(3, 7)
            self.dw, self.db = np.zeros((3, 7)), np.zeros(7)

        def backward(self, dout):
            self.dw += self.x.T @ dout
            self.db += dout.sum(axis=0)
            return dout @ self.w.T

    op = lift(Adds).op
    _, saved = op.forward(X, W, B)
    first = op.backward(saved, D_OUT)
    second = op.backward(saved, D_OUT)

    assert_same(AFFINE, first)
    assert_same((D_X, 2 * D_W, 2 * D_B), second)


@pytest.mark.parametrize("edition", ["ss20", "ss23"])
def test_a_model_with_weights_gives_their_gradient(edition):
    weights, d_out = np.ones((4, 1)), X[:, :1]
    ones = np.column_stack([X, np.ones(5)])
    implementation = lift(linear_models.LinearModel(3, edition=edition))
    out, gradients = run(linear_models.LinearModel(3, edition=edition), X, weights, d_out=d_out)

    assert ("model", 2) == (implementation.form, implementation.arrays)
    np.testing.assert_allclose(out, ones @ weights)
    assert_same((None, ones.T @ d_out), gradients)


def test_a_model_class_takes_any_number_of_features():
    _, gradients = run(linear_models.Classifier, X, np.zeros((4, 1)), d_out=np.ones((5, 1)))

    assert_same((None, np.column_stack([X, np.ones(5)]).sum(axis=0)[:, None] / 4), gradients)


def test_a_network_with_params_and_grads():
    arrays = X, W, B, np.ones((7, 1)), np.zeros(1)
    implementation = lift(networks.RegressionNet)
    out, gradients = run(networks.RegressionNet, *arrays, d_out=np.ones((5, 1)))
    hidden = 1 / (1 + np.exp(-(X @ W + B)))

    assert ("d_X", "dW1", "db1", "dW2", "db2") == implementation.gradients
    np.testing.assert_allclose(out, hidden @ np.ones((7, 1)))
    assert_same((None, (3, 7), (7,)), (gradients[0], gradients[1].shape, gradients[2].shape))
    np.testing.assert_allclose(gradients[3], hidden.mean(axis=0)[:, None])


@pytest.mark.parametrize("subject", [Linear, Linear(3, 2), linear_models.Classifier, networks.RegressionNet])
def test_arrays_that_fit_are_given_with_parameters_of_their_own_shapes(subject):
    implementation = lift(subject)
    examples = [implementation.example(number) for number in range(3)]

    assert [5, 4, 7] == [len(x) for x, *_ in examples]
    for arrays in examples:
        out, saved = implementation.op.forward(*arrays)
        gradients = implementation.op.backward(saved, np.ones_like(out))

        assert all(one is None or one.shape == array.shape for one, array in zip(gradients, arrays, strict=True))


def test_the_arrays_that_have_a_gradient_are_told():
    subjects = linear_models.Classifier, networks.RegressionNet, losses.MSE, Linear, Affine

    assert [(1,), (1, 2, 3, 4), (0,), None, None] == [lift(subject).places for subject in subjects]
