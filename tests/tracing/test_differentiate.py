"""Derivatives against hand-worked numbers, closed forms and central differences."""

import numpy as np
import pytest
import scipy.optimize

import chainrule
from chainrule import Op, grad, hessian, jacobian, trace, value_and_grad, vjp


def differences(function, x, step=1e-6):
    """Central differences of a scalar function, entry by entry."""
    x = np.asarray(x, dtype=float)
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        found[place] = (function(up) - function(down)) / (2 * step)
    return found


def test_the_sheets_expression_a():
    def a_of(a, b):
        return np.exp(a) / np.sqrt(b) * np.log(a + b)

    value, (d_a, d_b) = value_and_grad(a_of, argnums=(0, 1))(1.0, 2.0)
    e, root, log = np.e, np.sqrt(2), np.log(3)

    assert value == pytest.approx(e / root * log, rel=1e-15)
    assert d_a == pytest.approx(e / root * log + e / root / 3, rel=1e-15)
    assert d_b == pytest.approx(-e / (2 * 2 * root) * log + e / root / 3, rel=1e-14)


def test_a_value_used_twice_collects_both_gradients():
    assert grad(lambda x: x * x + x)(3.0) == 7.0


def test_argnums_and_trees_as_in_jax():
    def loss(parameters, x):
        return np.sum((x @ parameters["w"] + parameters["b"][0]) ** 2)

    parameters = {"w": np.array([[1.0], [2.0]]), "b": [np.array([0.5])]}
    x = np.array([[1.0, 0.0], [0.0, 1.0]])
    d_parameters, d_x = grad(loss, argnums=(0, 1))(parameters, x)

    np.testing.assert_allclose([[3.0], [5.0]], d_parameters["w"])
    np.testing.assert_allclose([8.0], d_parameters["b"][0])
    np.testing.assert_allclose([[3.0, 6.0], [5.0, 10.0]], d_x)


def test_keyword_arguments_are_passed_on():
    def f(x, *, power, shift=0.0):
        return np.sum(x**power) + shift

    x = np.array([1.0, 2.0])

    np.testing.assert_array_equal([3.0, 12.0], grad(f)(x, power=3))
    assert (10.0, [2.0, 4.0]) == (lambda value, d_x: (value, d_x.tolist()))(*value_and_grad(f)(x, power=2, shift=5.0))
    np.testing.assert_array_equal(np.diag([6.0, 12.0]), hessian(f)(x, power=3))


def test_has_aux_passes_the_rest_through():
    gradient, more = grad(lambda x: (x**2, {"doubled": 2 * x}), has_aux=True)(3.0)
    (value, same), again = value_and_grad(lambda x: (x**2, {"doubled": 2 * x}), has_aux=True)(3.0)

    assert (6.0, 6.0) == (gradient, again)
    assert (9.0, 6.0) == (value, same["doubled"])
    assert more == {"doubled": 6.0}


def test_vjp_pulls_any_gradient_back():
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    out, pull = vjp(lambda x, y: x * y, x, y)
    d_x, d_y = pull(np.array([10.0, 100.0]))

    np.testing.assert_array_equal([3.0, 8.0], out)
    np.testing.assert_array_equal([30.0, 400.0], d_x)
    np.testing.assert_array_equal([10.0, 200.0], d_y)


def test_a_float64_seed_leaves_float32_gradients_float32():
    seen = []
    watch = Op(lambda x: (x, ()), lambda saved, d_out: seen.append(d_out.dtype) or d_out, name="watch")
    _, pull = vjp(lambda x: watch(x), np.ones(3, np.float32))
    (d_x,) = pull(np.ones(3))

    assert [np.float32] == seen
    assert d_x.dtype == np.float32


def test_vjp_refuses_a_gradient_of_another_shape():
    _, pull = vjp(lambda x: x * 2, np.ones(3))

    with pytest.raises(ValueError, match="form of the result"):
        pull(np.ones(2))


def test_the_sheets_jacobian():
    def f(x):
        return np.stack([np.exp(x[0]) * np.sin(x[2]), np.sqrt(x[1] + x[2])])

    x = np.array([0.5, 1.0, 2.0])
    half = 0.5 / np.sqrt(3)
    expected = [[np.exp(0.5) * np.sin(2), 0, np.exp(0.5) * np.cos(2)], [0, half, half]]

    np.testing.assert_allclose(expected, jacobian(f)(x), rtol=1e-15)


def test_the_jacobian_of_a_matrix_product():
    x = np.arange(3.0)
    w = np.arange(6.0).reshape(2, 3)

    np.testing.assert_array_equal(w, jacobian(lambda x: w @ x)(x))
    np.testing.assert_array_equal(np.einsum("ik,j->ikj", np.eye(2), x).transpose(0, 1, 2), jacobian(lambda w: w @ x)(w))


def test_the_jacobian_of_a_tree_has_both_forms():
    result = jacobian(lambda p: {"sum": p["a"] + p["b"]})({"a": np.ones(2), "b": 2.0})

    np.testing.assert_array_equal(np.eye(2), result["sum"]["a"])
    np.testing.assert_array_equal([1.0, 1.0], result["sum"]["b"])


def test_the_hessian_of_the_rosenbrock_function():
    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)

    x = np.array([0.7, -0.3, 1.2, 0.4])

    np.testing.assert_allclose(scipy.optimize.rosen_der(x), grad(rosenbrock)(x), rtol=1e-13)
    np.testing.assert_allclose(scipy.optimize.rosen_hess(x), hessian(rosenbrock)(x), rtol=1e-12, atol=1e-12)


def test_third_derivatives():
    assert grad(grad(grad(lambda x: x**4)))(2.0) == 48.0


def test_a_gradient_inside_a_function_is_differentiated_too():
    def inner(t, x):
        return np.sin(t) * x

    # f(x) = x d/dt sin(t) x at t = x, so f = x^2 cos x
    def f(x):
        return x * grad(inner)(x, x)

    assert grad(f)(0.7) == pytest.approx(2 * 0.7 * np.cos(0.7) - 0.49 * np.sin(0.7), rel=1e-14)


def test_equal_values_with_different_roles_are_kept_apart():
    assert grad(lambda x: grad(lambda t: t * x)(x))(3.0) == 1.0


def test_a_gradient_with_respect_to_a_constant_inside_a_trace():
    assert grad(lambda a: a * grad(lambda x: x * a)(2.0))(5.0) == 10.0


def test_hessian_of_a_traced_gradient_equals_differences_of_it():
    rng = np.random.default_rng(0)
    w = rng.normal(size=(3, 2))
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))

    def loss(w):
        return np.mean((np.tanh(x @ w) - y) ** 2)

    second = hessian(loss)(w)
    for place in np.ndindex(w.shape):
        expected = differences(lambda w, place=place: grad(loss)(w)[place], w)

        np.testing.assert_allclose(expected, second[place], atol=1e-8)


def test_an_ops_own_backward_is_used_and_not_numpys():
    def through_forward(x):
        return np.sign(x), ()

    def through_backward(saved, d_out):
        return d_out

    straight_through = Op(through_forward, through_backward)

    np.testing.assert_array_equal([1.0, 1.0], grad(lambda x: straight_through(x).sum())(np.array([-2.0, 3.0])))


def test_an_op_with_an_identity_forward_keeps_its_backward_to_itself():
    reverse = Op(lambda x: (x, ()), lambda saved, d_out: -d_out, name="reverse")

    assert grad(lambda x: reverse(x) + x)(2.0) == 0.0


def test_float32_gives_float32_gradients():
    x = np.linspace(-1, 1, 5, dtype=np.float32)

    for function in (np.exp, np.tanh, np.square, lambda v: v**3, lambda v: v / 3 + 1, np.abs):
        assert grad(lambda x, function=function: np.mean(function(x)))(x).dtype == np.float32


@pytest.mark.parametrize("value", [3, np.arange(3), np.array([True]), {"w": np.arange(2)}])
def test_integers_are_refused_by_name(value):
    def f(weight):
        return 0.0

    with pytest.raises(TypeError, match=r"argument '(weight|w)' of f"):
        grad(f)(value)


def test_a_result_that_is_no_scalar_is_refused():
    with pytest.raises(TypeError, match=r"must return a scalar, got shape \(2,\).*jacobian"):
        grad(lambda x: x * 2)(np.ones(2))


def test_an_argument_without_influence_has_gradient_zero():
    d_x, d_y = grad(lambda x, y: np.sum(x), argnums=(0, 1))(np.ones(2), np.ones(3))

    np.testing.assert_array_equal(np.zeros(3), d_y)


def test_a_backward_with_a_wrong_shape_is_named():
    wrong = Op(lambda x, b: (x + b, ()), lambda saved, d_out: (d_out, d_out), name="wrong")

    with pytest.raises(
        ValueError, match=r"wrong: backward gave a gradient of shape \(4, 3\) for an array of shape \(3,\)"
    ):
        grad(lambda b: wrong(np.ones((4, 3)), b).sum())(np.ones(3))


def test_gradients_belong_to_the_caller():
    x = np.ones(3)
    d_x, d_y = grad(lambda x, y: np.sum(x + y), argnums=(0, 1))(x, x.copy())
    d_x += 1

    np.testing.assert_array_equal(np.ones(3), d_y)


def test_writing_in_place_is_differentiated():
    def f(x):
        x = x * 1.0
        x[x < 0] *= 0.1
        x -= 1
        return np.sum(x * x)

    x = np.array([-2.0, 0.5, 3.0])

    np.testing.assert_allclose(differences(f, x), grad(f)(x), atol=1e-7)


def test_rows_written_one_by_one_are_differentiated():
    def f(x):
        out = np.zeros_like(x)
        for row in range(3):
            out[row] = x[row] * row + x[0]
        return np.sum(out**2)

    x = np.arange(6.0).reshape(3, 2)

    np.testing.assert_allclose(differences(f, x), grad(f)(x), atol=1e-5)


def test_a_chain_of_50_000_operations_neither_recurses_nor_fails():
    def chain(x):
        for _ in range(50_000):
            x = x * 1.00001
        return x

    assert grad(chain)(1.0) == pytest.approx(1.00001**50_000, rel=1e-9)


def test_a_gradient_compiles_and_its_text_reads():
    def loss(w, x, y):
        residual = x @ w - y
        return np.sum(residual**2)

    compiled = chainrule.compile(grad(loss))
    rng = np.random.default_rng(1)
    w, x, y = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5)

    np.testing.assert_allclose(2 * x.T @ (x @ w - y), compiled(w, x, y), rtol=1e-13)
    assert "residual = x @ w - y" in compiled.source


def test_a_program_can_be_differentiated():
    program = trace(lambda x: np.sum(np.exp(x)), np.zeros(2))

    np.testing.assert_array_equal([1.0, 1.0], grad(program)(np.zeros(2)))
