"""Every form in which people write forward and backward is lifted, and what the author gave comes out unchanged."""

import inspect

import numpy as np
import pytest
from lifting import AFFINE, D_B, D_W, D_X, B, W, X, assert_same, refused, run

from chainrule import Op, ops
from chainrule.checking.forms import lift
from chainrule.courses.i2dl import layers

# -- ops and pairs -------------------------------------------------------------------------------------------


def test_an_op_stays_itself():
    implementation = lift(ops.affine)

    assert ops.affine is implementation.op
    assert ("op", 3, "affine") == (implementation.form, implementation.arrays, implementation.name)


def test_a_name_can_be_given():
    assert "mine" == lift(ops.affine, name="mine").name


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(saved, d_out):
    x, w = saved
    dx = d_out @ w.T
    dw = x.T @ d_out
    db = d_out.sum(axis=0)
    return dx, dw, db


def test_a_pair_in_the_ops_style():
    implementation = lift((affine_forward, affine_backward))
    out, gradients = run((affine_forward, affine_backward), X, W, B)

    assert ("affine", ("dx", "dw", "db"), 3) == (implementation.name, implementation.gradients, implementation.arrays)
    assert_same(AFFINE, gradients)
    np.testing.assert_allclose(out, X @ W + B)


def test_a_pair_in_the_courses_style():
    implementation = lift((layers.affine_forward, layers.affine_backward))
    _, gradients = run((layers.affine_forward, layers.affine_backward), X, W, B)

    assert "pair of functions" == implementation.form
    assert_same((D_X, D_W / 5, D_B / 5), gradients)  # the edition of the sheet takes the mean


@pytest.mark.parametrize("names", ["dout, cache", "grad, ctx", "upstream_gradient, saved", "dy, c", "delta, stored"])
def test_the_incoming_gradient_is_told_by_its_name(names):
    first, second = names.split(", ")
    scope = {}
    exec(f"def backward({names}): return {first} * {second}[0]", scope)

    _, gradient = run((lambda x: (2 * x, (3.0,)), scope["backward"]), X, d_out=X)

    np.testing.assert_array_equal(3 * X, gradient)


@pytest.mark.parametrize("names", ["cache, dout", "saved, d_out", "a, b", "x_saved, g", "memory, up"])
def test_else_it_comes_last(names):
    first, second = names.split(", ")
    scope = {}
    exec(f"def backward({names}): return {second} * {first}[0]", scope)

    _, gradient = run((lambda x: (2 * x, (3.0,)), scope["backward"]), X, d_out=X)

    np.testing.assert_array_equal(3 * X, gradient)


def test_a_forward_without_a_cache_gives_backward_its_arrays():
    def forward(x, w):
        return x @ w

    def unpacking(cache, dout):
        x, w = cache
        return dout @ w.T, x.T @ dout

    def by_name(dout, w, x):
        return dout @ w.T, x.T @ dout

    for backward in (unpacking, by_name):
        _, gradients = run((forward, backward), X, W)

        assert_same((D_X, D_W), gradients)


def test_a_single_array_is_not_wrapped_unless_backward_unwraps_it():
    def bare(dout, cache):
        return dout * (cache > 0)

    def unwrapping(dout, cache):
        (x,) = cache
        return dout * (x > 0)

    for backward in (bare, unwrapping):
        _, gradient = run((lambda x: x * (x > 0), backward), X, d_out=X)

        np.testing.assert_array_equal(X * (X > 0), gradient)


def test_a_backward_that_uses_the_result_gets_it():
    def backward(dout, x, out):
        return dout * out * (1 - out) + 0 * x

    _, gradient = run((lambda x: 2 * x, backward), X, d_out=X)

    np.testing.assert_allclose(gradient, X * 2 * X * (1 - 2 * X))


def test_a_pair_that_is_a_loss_takes_no_incoming_gradient():
    def mse(y_out, y_truth):
        return (y_out - y_truth) ** 2

    def mse_grad(y_pred, y_true):
        return 2 * (y_pred - y_true)

    implementation = lift((mse, mse_grad))
    _, gradients = run((mse, mse_grad), X, X + 1)

    assert (False, "loss") == (implementation.takes_upstream, implementation.form)
    assert_same((np.full((5, 3), -2.0), None), gradients)


def test_options_of_forward_are_passed_on():
    def scale_forward(x, factor=2.0):
        return factor * x, factor

    implementation = lift((scale_forward, lambda dout, cache: dout * cache))
    _, gradient = run((scale_forward, lambda dout, cache: dout * cache), X, d_out=X, factor=5.0)

    assert 1 == implementation.arrays
    np.testing.assert_array_equal(5 * X, gradient)


def test_any_number_of_arrays_is_taken():
    def total_forward(*arrays):
        return sum(arrays), len(arrays)

    implementation = lift((total_forward, lambda saved, d_out: (d_out,) * saved))

    assert implementation.arrays is None
    assert 3 == len(run((total_forward, lambda saved, d_out: (d_out,) * saved), X, X, X, d_out=X)[1])


def test_the_lifted_forward_has_the_authors_signature():
    forward = lift((affine_forward, affine_backward)).op.forward

    assert ["x", "w", "b"] == list(inspect.signature(forward).parameters)


def test_what_the_author_raises_is_raised():
    def forward(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match=r"^mine$"):
        run((forward, affine_backward), X)


def test_what_backward_gives_is_handed_on_unchanged():
    for given in ([X], None, (X, None), np.ma.masked_array(X), object(), "text", (X, X, X, X), 3, np.zeros(2, int)):
        _, received = run((lambda x: (x, ()), lambda saved, d_out, given=given: given), X)

        assert given is received


# -- names of gradients --------------------------------------------------------------------------------------


def named(text):
    scope = {}
    import linecache

    linecache.cache["<gradients>"] = (len(text), None, text.splitlines(keepends=True), "<gradients>")
    exec(compile(text, "<gradients>", "exec"), scope)
    names = lift((affine_forward, scope["backward"])).gradients
    del linecache.cache["<gradients>"]
    return names


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("return dx, dw, db", ("dx", "dw", "db")),
        ("return [dx, dw, db]", ("dx", "dw", "db")),
        ("return (dx)", ("dx",)),
        ("return dx, x.T @ dout, db", ("dx", "d_w", "db")),
        ("return dx.reshape(x.shape), dw / n, d_b * 2", ("dx", "dw", "d_b")),
        ("return dx * dw, data.sum(), dot", ("d_x", "d_w", "dot")),
        ("return dout @ w.T, x.T @ dout", ()),
        ("return dx, None, None", ("dx", "d_w", "d_b")),
        ("grads = (dx, dw)\n    return grads", ("dx", "dw")),
        ("if dout: return a\n    return b", ("b",)),
        ("def inner(): return q\n    return dx", ("dx",)),
        ("return self.dx, self.dw", ("dx", "dw")),
        ("pass", ()),
        ("return", ()),
        ("return 'naïve'", ()),
    ],
)
def test_names_of_gradients_are_read_from_the_last_return(body, names):
    assert names == named(f"def backward(dout, cache):\n    {body}\n")


def test_names_are_empty_where_there_is_no_source():
    scope = {}
    exec("def backward(dout, cache): return dx", scope)

    assert () == lift((affine_forward, scope["backward"])).gradients
    assert () == lift((affine_forward, lambda saved, d_out: d_out)).gradients
    assert () == lift((affine_forward, np.dot)).gradients


# -- other frameworks ---------------------------------------------------------------------------------------------


def test_a_function_of_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    class Mul(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, scale=1.0):
            ctx.save_for_backward(x, w)
            ctx.scale = scale
            return scale * (x @ w)

        @staticmethod
        def backward(ctx, grad_output):
            x, w = ctx.saved_tensors
            grad_x = ctx.scale * grad_output @ w.T
            grad_w = ctx.scale * x.T @ grad_output
            return grad_x, grad_w, None

    implementation = lift(Mul)
    out, gradients = run(Mul, X, W, scale=2.0)

    assert ("autograd.Function", 2) == (implementation.form, implementation.arrays)
    np.testing.assert_allclose(out, 2 * X @ W)
    assert_same((2 * D_X, 2 * D_W), gradients)
    assert isinstance(out, np.ndarray)
    assert isinstance(gradients[0], np.ndarray)


def test_a_function_of_torch_with_its_context_set_up_apart():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return 2 * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.count = len(inputs)

        @staticmethod
        def backward(ctx, grad):
            return 2 * grad * ctx.count

    np.testing.assert_array_equal(2 * X, run(Double, X, d_out=X)[1])


def test_a_custom_vjp_of_jax():
    jax = pytest.importorskip("jax", reason="JAX is not installed")

    @jax.custom_vjp
    def product(x, w):
        return x @ w

    def product_forward(x, w):
        return x @ w, (x, w)

    def product_backward(saved, g):
        x, w = saved
        return g @ w.T, x.T @ g

    assert "INCOMPLETE" == refused(product).code
    product.defvjp(product_forward, product_backward)
    implementation = lift(product)
    out, gradients = run(product, X, W)

    assert ("custom_vjp", "product", 2) == (implementation.form, implementation.name, implementation.arrays)
    np.testing.assert_allclose(out, X @ W)
    assert_same((D_X, D_W), gradients)
    assert np.float64 == gradients[0].dtype


# -- what cannot be lifted -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (3, "NOT_CHECKABLE"),
        (None, "NOT_CHECKABLE"),
        ("affine", "NOT_CHECKABLE"),
        (np.ones(3), "NOT_CHECKABLE"),
        (int, "NOT_CHECKABLE"),
        ((), "NOT_CHECKABLE"),
        ((affine_forward, 3), "NOT_CHECKABLE"),
        ((3, affine_backward), "NOT_CHECKABLE"),
        ([1, 2, 3], "NOT_CHECKABLE"),
        (affine_forward, "INCOMPLETE"),
        (affine_backward, "INCOMPLETE"),
        (np.exp, "INCOMPLETE"),
        (type("Half", (), {"forward": affine_forward}), "INCOMPLETE"),
        (type("Odd", (), {"forward": affine_forward, "backward": 3}), "INCOMPLETE"),
    ],
)
def test_anything_else_gets_a_finding(subject, code):
    assert code == refused(subject).code


def test_every_op_of_ours_is_lifted():
    found = [lift(op).arrays for op in vars(ops).values() if isinstance(op, Op)]

    assert len(found) > 60
