"""Derivations and Jacobians, against results worked by hand and SymPy's own."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from numpy.testing import assert_allclose

from chainrule.explaining.deriving.derivation import gradient, jacobian
from chainrule.ops import binary_cross_entropy, relu, softmax

BCE = "loss = -(y*log(p) + (1-y)*log(1-p))"
SIGMOID = "p = 1/(1+exp(-z))"


@pytest.mark.parametrize(
    ("text", "wrt", "given", "expected"),
    [
        ("sigma = 1/(1+exp(-z))", None, (), "sigma*(1 - sigma)"),
        ("sigma = exp(z)/(1+exp(z))", None, (), "sigma*(1 - sigma)"),
        ("sigma = sigmoid(z)", None, (), "sigma*(1 - sigma)"),
        ("t = tanh(z)", None, (), "1 - t**2"),
        ("t = (exp(z)-exp(-z))/(exp(z)+exp(-z))", None, (), "1 - t**2"),
        (f"{SIGMOID}; {BCE}", "z", (), "p - y"),
        (f"z = w*x\n{SIGMOID}\n{BCE}", "w", (), "x*(p - y)"),
        (BCE, "p", (), "(p - y)/(p*(1 - p))"),
        ("L = log(exp(z1)+exp(z2)+exp(z3))", "z2", (), "exp(z2)/(exp(z1) + exp(z2) + exp(z3))"),
        ("s = exp(z1)+exp(z2)+exp(z3); L = log(s)", "z1", (), "exp(z1)/s"),
        (
            "p1=exp(z1)/(exp(z1)+exp(z2)); p2=exp(z2)/(exp(z1)+exp(z2)); loss=-(y1*log(p1)+y2*log(p2))",
            "z1",
            "y1 + y2 = 1",
            "p1 - y1",
        ),
        (
            "s=exp(z1)+exp(z2)+exp(z3); p1=exp(z1)/s; p2=exp(z2)/s; p3=exp(z3)/s; "
            "loss=-(y1*log(p1)+y2*log(p2)+y3*log(p3))",
            "z2",
            ["y1 + y2 + y3 = 1"],
            "p2 - y2",
        ),
        ("p1=exp(z1)/(exp(z1)+exp(z2)+exp(z3)); loss=-log(p1)", "z1", (), "p1 - 1"),
        ("f = a^3", None, (), "3*a**2"),
        ("r = w*x - y; loss = r^2", "w", (), "2*r*x"),
    ],
)
def test_the_gradient_has_its_textbook_form(text, wrt, given, expected):
    derivation = gradient(text, wrt=wrt, given=given)

    assert expected == str(derivation.result)
    assert derivation.agrees


def test_the_logistic_gradient_is_found_from_code():
    def loss(w, x, y):
        z = np.sum(w * x)
        p = 1 / (1 + np.exp(-z))
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))

    derivation = gradient(loss, np.ones(2), np.ones(2), 0.5, wrt="w2")

    assert "dloss/dw2 = x2*(p - y)" == derivation.formula


def test_the_floor_under_a_probability_is_no_part_of_the_mathematics():
    def loss(z, y):
        p = 1 / (1 + np.exp(-z))
        return binary_cross_entropy(p, y)

    derivation = gradient(loss, wrt="z")

    assert derivation.formula.endswith("= p - y")
    assert derivation.agrees
    assert "Max" not in str(derivation)
    assert "Heaviside" not in str(derivation)


def test_a_maximum_that_matters_stays():
    assert "Max(1/1000, a)" in str(gradient("f = log(max(a, 0.001))"))


def test_scalar_code_needs_no_examples():
    def cube(a):
        return a**3

    assert "dcube/da = 3*a**2" == gradient(cube).formula


def test_steps_go_from_the_chain_rule_to_the_result():
    derivation = gradient(f"{SIGMOID}; {BCE}", wrt="z")

    expected = [
        ("chain rule", "dloss/dz = ∂loss/∂p * ∂p/∂z"),
        ("differentiate loss with respect to p", "∂loss/∂p = (1 - y)/(1 - p) - y/p"),
        ("simplify", "∂loss/∂p = (p - y)/(p*(1 - p))"),
        ("differentiate p with respect to z", "∂p/∂z = exp(-z)/(1 + exp(-z))**2"),
        ("write it with p", "∂p/∂z = p*(1 - p)"),
        ("put the local derivatives in", "dloss/dz = (p - y)/(p*(1 - p)) * p*(1 - p)"),
        ("simplify", "dloss/dz = p - y"),
    ]

    assert expected == [(step.words, str(step)) for step in derivation.steps]


def test_every_step_is_compared_at_three_points_with_both_sides():
    derivation = gradient("t = tanh(z)")
    comparison = derivation.steps[0].comparisons[0]

    assert [3, 3] == [len(step.comparisons) for step in derivation.steps]
    assert 1 - np.tanh(comparison.point["z"]) ** 2 == pytest.approx(comparison.expected)
    assert comparison.expected == pytest.approx(comparison.actual)


def test_a_wrong_step_is_reported():
    derivation = gradient("t = tanh(z)")
    wrong = replace(derivation.steps[0].comparisons[0], agrees=False)
    broken = replace(derivation, steps=[derivation.steps[0], replace(derivation.steps[1], comparisons=[wrong])])

    assert not broken.agrees
    assert str(broken).endswith("check  disagrees with a central difference: dt/dz = 1 - t**2")


def test_a_wrong_formula_disagrees_with_the_difference():
    from chainrule.explaining.deriving.derivation import _Work

    z, t = sp.symbols("z t", real=True)
    work = _Work({t: sp.tanh(z)}, None, [], 0)

    assert all(work._comparison(1 - sp.tanh(z) ** 2, (t, z), point).agrees for point in work.points)
    assert not any(work._comparison(1 + sp.tanh(z) ** 2, (t, z), point).agrees for point in work.points)


def test_text_form_shows_definitions_steps_and_check():
    expected = """\
t = tanh(z)

1. differentiate t with respect to z
   dt/dz = 1 - tanh(z)**2

2. write it with t
   dt/dz = 1 - t**2

check  every line agrees with a central difference at 3 random points"""

    assert expected == str(gradient("t = tanh(z)"))


def test_latex_has_definitions_and_steps():
    text = gradient(f"{SIGMOID}; {BCE}", wrt="z").latex()

    assert r"\frac{d \mathrm{loss}}{d z} &= p - y && \text{simplify}" in text
    assert r"\frac{\partial p}{\partial z} &= p \left(1 - p\right)" in text
    assert r"p &= \frac{1}{1 + e^{- z}}" in text
    assert text == gradient(f"{SIGMOID}; {BCE}", wrt="z")._repr_latex_()


def test_conditions_are_shown():
    text = "p1=exp(z1)/(exp(z1)+exp(z2)); p2=exp(z2)/(exp(z1)+exp(z2)); loss=-(y1*log(p1)+y2*log(p2))"
    derivation = gradient(text, wrt="z1", given="y1 + y2 = 1")

    assert "\ngiven y1 + y2 = 1\n" in str(derivation)
    assert "with y1 + y2 = 1" in [step.words for step in derivation.steps]
    assert "y_{2} &= 1 - y_{1}" in derivation.latex()


def test_the_same_seed_gives_the_same_derivation():
    first, second = (gradient(f"{SIGMOID}; {BCE}", wrt="z", seed=3) for _ in range(2))

    assert first.steps[0].comparisons == second.steps[0].comparisons
    assert str(first) == str(second)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a*b", {}, "say with respect to which input: wrt= one of a, b"),
        ("a*b", {"wrt": "c"}, "wrt is 'c'"),
        ("", {}, "the text is empty"),
        ("p = a; p = 2*a", {}, "p is defined twice"),
        ("q = 2*p; p = a", {"wrt": "a"}, "q uses p before it is defined"),
        ("p = a*b; q = b^2", {"wrt": "a"}, "q does not depend on a"),
        ("p = a*b", {"wrt": "a", "given": "b"}, "no equation"),
        ("p = a*b", {"wrt": "a", "given": "c = 1"}, "does not determine one of the inputs"),
        ("p = log(-a^2 - 1)", {}, "no point at which every value is a real number"),
    ],
)
def test_what_cannot_be_derived_is_refused(text, options, message):
    with pytest.raises(ValueError, match=message):
        gradient(text, **options)


def test_an_array_as_a_result_is_referred_to_the_jacobian():
    with pytest.raises(ValueError, match="ask for the jacobian"):
        gradient(lambda x: x * 2, np.ones(2))


def test_too_many_paths_are_refused():
    text = "; ".join(["u1 = a*b", *(f"u{n} = {'*'.join(f'u{m}' for m in range(1, n))}" for n in range(2, 8))])

    with pytest.raises(ValueError, match="more than 24 paths to a"):
        gradient(text, wrt="a")


# -- Jacobians ---------------------------------------------------------------------------------------------


def sheet_function(x):
    return np.exp(x[0]) * np.sin(x[2]), np.sqrt(x[1] + x[2])


def test_the_sheets_jacobian():
    found = jacobian(sheet_function, np.array([0.0, 1.0, 3.0]))
    x1, x2, x3 = found.inputs
    root = 1 / (2 * sp.sqrt(x2 + x3))
    expected = sp.Matrix([[sp.exp(x1) * sp.sin(x3), 0, sp.exp(x1) * sp.cos(x3)], [0, root, root]])

    assert expected == found.entries
    assert_allclose(found.values, [[np.sin(3), 0, np.cos(3)], [0, 0.25, 0.25]], rtol=1e-12)
    assert found.agrees
    assert [] == found.structure


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (np.tanh, ["diagonal"]),
        (lambda x: x**2 + np.exp(x), ["diagonal"]),
        (lambda x: x * 1.0, ["identity"]),
        (lambda x: 3 * x, ["diagonal", "constant"]),
        (lambda x: np.cumsum(x**2), ["lower triangular"]),
        (lambda x: np.cumsum(x[::-1] ** 3)[::-1], ["upper triangular"]),
        (softmax, ["symmetric"]),
        (lambda x: np.ones((3, 3)) @ x, ["symmetric", "constant"]),
        (lambda x: 0 * x, ["zero"]),
        (lambda x: x[:2] ** 2, ["zero columns: x3"]),
        (lambda x: np.stack([x[0] * x[1] * x[2], np.float64(1.0)]), ["zero rows: 2"]),
        (lambda x: np.stack([x[0] * x[1], x[1] * x[2] * x[0], x[2]]), []),
    ],
)
def test_structure_is_put_into_words(function, expected):
    def f(x):
        return function(x)

    found = jacobian(f, np.array([0.5, -1.0, 2.0]))

    assert expected == found.structure
    assert found.agrees


def test_the_derivative_of_a_product_with_a_matrix_is_the_matrix_or_the_vector():
    W, x = np.arange(4.0).reshape(2, 2), np.array([5.0, 6.0])

    def product(W, x):
        return W @ x

    by_matrix, by_vector = jacobian(product, W, x), jacobian(product, W, x, argnum=1)

    assert [["x1", "x2", "0", "0"], ["0", "0", "x1", "x2"]] == [[*map(str, row)] for row in by_matrix.entries.tolist()]
    assert [["W11", "W12"], ["W21", "W22"]] == [[*map(str, row)] for row in by_vector.entries.tolist()]
    assert_allclose(by_vector.values, W)


def test_a_kink_has_no_derivative():
    found = jacobian(relu, np.array([-1.0, 0.0, 2.0]))

    assert_allclose(np.diag(found.values), [0, np.nan, 1])
    assert "nan: there is no derivative; chainrule chooses one" in str(found)
    assert found.agrees


def test_numbers_that_differ_disagree():
    found = jacobian(np.tanh, np.array([1.0, 2.0]))

    assert not replace(found, expected=found.expected + 1e-3).agrees
    assert str(replace(found, expected=found.expected + 1e-3)).endswith("disagrees with chainrule.jacobian")


def test_entries_may_have_other_names():
    found = jacobian(lambda x: x[0] * x[1], np.array([2.0, 3.0]), names=["r", "s"])

    assert ["s", "r"] == [str(entry) for entry in found.entries]
    with pytest.raises(ValueError, match="1 names for 2 entries"):
        jacobian(lambda x: x, np.ones(2), names=["r"])


def test_latex_is_a_matrix():
    text = jacobian(sheet_function, np.array([0.0, 1.0, 3.0])).latex()

    assert text.startswith(r"\begin{pmatrix}e^{x_{1}} \sin{\left(x_{3} \right)} & 0 &")


def test_the_direct_part_of_a_derivative_is_a_partial_one():
    derivation = gradient("p = a^2; loss = p*a", wrt="a")

    assert ["dloss/da = ∂loss/∂p * ∂p/∂a + ∂loss/∂a", "∂loss/∂a = p"] == [
        str(derivation.steps[0]),
        str(derivation.steps[3]),
    ]
    assert "dloss/da = 3*p" == derivation.formula
    assert derivation.agrees


def test_text_is_read_where_it_has_no_value_at_equal_inputs():
    assert "df/da = 1/(a - b)" == gradient("log(a - b)", wrt="a").formula


def test_a_number_is_a_matrix_of_one_entry():
    found = jacobian(lambda z: 1 / z, 2.0)

    assert [[-0.25]] == found.values.tolist()
    assert ["z"] == [str(symbol) for symbol in found.inputs]
