"""The record: its invariants on hundreds of random expressions, SymPy's derivatives, and the traps."""

import math
import re

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose

from chainrule import explain, ops

NAMES = "abc"


def random_expression(rng, depth):
    """An expression whose values are never outside a function's domain, for names of any positive value."""
    if depth == 0 or rng.random() < 0.1:
        return str(rng.choice([*NAMES, *NAMES, "2", "0.5"]))
    inner = [random_expression(rng, depth - 1) for _ in range(2)]
    forms = [
        "({} + {})", "({} - {})", "({} * {})", "({} / (2 + sin({})))", "exp(sin({}))", "log(1 + ({})^2)",
        "sqrt(1 + ({})^2)", "cos({})", "tanh({})", "({})^2", "(-{})^3", "({0} * {0})", "({0} + {1} + {0})",
    ]  # fmt: skip
    return str(rng.choice(forms)).format(*inner)


def random_case(seed):
    rng = np.random.default_rng(seed)
    text = random_expression(rng, 4)
    while not any(name in text.replace("tanh", "").replace("cos", "") for name in NAMES):
        text = random_expression(rng, 4)
    return text, {name: float(value) for name, value in zip(NAMES, rng.uniform(0.5, 1.5, 3), strict=True)}


CASES = [random_case(seed) for seed in range(250)]


def explained(text, values):
    used = {str(symbol) for symbol in sympy.sympify(text.replace("^", "**")).free_symbols}
    written = {name for name in NAMES if name in names_in(text)}
    return explain(text, **{name: values[name] for name in written}), used


def names_in(text):
    return set(re.findall(r"\b[a-z]\b", text))


@pytest.mark.parametrize(("text", "values"), CASES, ids=range(250))
def test_gradients_are_sympys(text, values):
    answer, _ = explained(text, values)
    expression = sympy.sympify(text.replace("^", "**"))

    # Two of the expressions come out near 0 by cancellation, where a relative bound alone means nothing.
    assert_allclose(answer.value, float(expression.evalf(20, subs=values)), rtol=1e-12, atol=1e-14)
    for name, gradient in answer.gradients.items():
        expected = float(expression.diff(sympy.Symbol(name)).evalf(20, subs=values))

        assert_allclose(gradient, expected, rtol=1e-9, atol=1e-12)


def test_invariants_hold_on_random_expressions():
    """Messages add up to gradients, which agree with differences; the assignment list gives the value to the bit."""
    for text, values in CASES:
        answer, _ = explained(text, values)
        by_id = {node.id: node for node in answer.nodes}
        for node_id, messages in answer.record.messages_to.items():
            if messages:
                assert_allclose(sum(one.product for one in messages), by_id[node_id].gradient, rtol=1e-13), text
        for message in answer.messages:
            assert message.product == message.upstream * message.factor
        assert answer.agrees, text
        assert replayed(answer) == answer.value, text
        assert [step.number for step in answer.steps] == list(range(1, len(answer.steps) + 1))


def replayed(answer):
    """The assignments of part a), one after the other, by Python itself."""
    known = {node.name: np.float64(node.value) for node in answer.nodes if node.kind != "operation"}
    for node in answer.record.operations:
        # As np.power, which may round in another way than Python's power of numbers.
        formula = re.sub(r"([\w.]+) \*\* ([\w.]+)", r"np.power(\1, \2)", node.formula)
        known[node.name] = eval(formula, {"np": np}, known)
    return float(known[answer.record.name])


def test_expression_a_is_the_sheets():
    answer = explain("A = exp(a)/sqrt(b)*log(a+b)", a=1, b=2)
    formulas = [f"{node.name} = {node.formula}" for node in answer.record.operations]

    assert [
        "t1 = np.exp(a)",
        "t2 = np.sqrt(b)",
        "t3 = t1 / t2",
        "t4 = a + b",
        "t5 = np.log(t4)",
        "A = t3 * t5",
    ] == formulas
    assert_allclose(answer.value, math.e / math.sqrt(2) * math.log(3), rtol=1e-15)
    # By hand: d/da = value + e^a / sqrt(b) / (a + b); d/db = -value / 2b + e^a / sqrt(b) / (a + b).
    shared = math.e / math.sqrt(2) / 3
    assert_allclose(answer.gradients["a"], answer.value + shared, rtol=1e-14)
    assert_allclose(answer.gradients["b"], -answer.value / 4 + shared, rtol=1e-14)


def test_common_parts_of_b_are_used_again():
    answer = explain("sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)", a=1, b=2, c=3)

    assert 9 == len(answer.record.operations)
    assert (
        2
        == sum(("c" in node.formula and "**" in node.formula) or node.operation == "add" for node in answer.nodes[3:6])
        - 1
    )


def test_spans_are_columns_of_what_is_shown():
    answer = explain("A = exp(a)*log(a+b)", a=1, b=2)
    pieces = {node.operation: answer.record.subject[slice(*node.span)] for node in answer.record.operations}

    assert {"exp": "exp(a)", "add": "a+b", "log": "log(a+b)", "multiply": "exp(a)*log(a+b)"} == pieces


def test_an_infinite_slope_is_shown_without_a_warning():
    assert np.inf == explain("sqrt(a)", a=0).gradients["a"]


def test_a_sum_is_unrolled():
    answer = explain("sum((w0 + w1*x[i] - y[i])^2 for i in 1..3)", w0=1, w1=2, x=[1, 2, 3], y=[2, 5, 8])

    # Residuals 1, 0, -1: sum of squares 2, d_w0 = 2 (1 + 0 - 1), d_w1 = 2 (1 + 0 - 3).
    assert 2 == answer.value
    assert_allclose([answer.gradients["w0"], answer.gradients["w1"]], [0, -4], atol=1e-12)


def test_a_product_with_itself_has_two_edges():
    answer = explain("a*a", a=3)

    assert [0, 1] == [edge.slot for edge in answer.edges]
    assert [3.0, 3.0] == [message.product for message in answer.messages]
    assert 6 == answer.gradients["a"]


def test_the_order_of_a_sum_makes_no_other_node():
    assert 2 == len(explain("(a+b)*(b+a)", a=1, b=2).record.operations)


def test_a_constant_power_of_a_negative_number_takes_no_logarithm():
    answer = explain("a^3", a=-2)

    assert (-8, 12) == (answer.value, answer.gradients["a"])
    assert "log" not in answer.messages[0].local


def test_the_same_input_gives_the_same_record():
    first, second = (explain("exp(a)*b", a=1, b=2).json() for _ in range(2))

    assert first == second


# -- functions, ops, models -----------------------------------------------------------------------------------


def test_a_function_keeps_its_authors_names():
    def loss(w, x):
        product = w * x
        return np.exp(product)

    answer = explain(loss, 2.0, 0.5)

    assert ["w", "x", "product", "loss"] == [node.name for node in answer.nodes]
    assert "product = w * x" == answer.nodes[2].source
    assert_allclose([answer.gradients["w"], answer.gradients["x"]], [0.5 * math.e, 2 * math.e])


def test_arrays_show_the_rule():
    answer = explain(ops.affine, np.ones((2, 3)), np.ones((3, 2)), np.zeros(2))
    rules = {answer.nodes[one.edge.child].name: one.local for one in answer.messages}

    assert "x.T @ d_t1" == rules["w"]
    assert "d_t1 @ w.T" == rules["x"]
    assert "d_result.sum(axis=0)" == rules["b"]
    assert answer.agrees
    assert "the sum of its entries is explained" in answer.record.notes[0]


def test_a_model_is_explained_layer_by_layer():
    from chainrule.learning import Affine, ReLU, Sequential

    model = Sequential([Affine(4, 3), ReLU(), Affine(3, 2)], rng=0)
    x, y = np.random.default_rng(0).normal(size=(5, 4)), np.array([0, 1, 1, 0, 1])
    answer = explain(model, x=x, y=y, loss=ops.softmax_cross_entropy)

    assert ["1 Affine", "2 ReLU", "3 Affine", "loss"] == list(
        dict.fromkeys(node.group for node in answer.record.operations)
    )
    assert {"w1", "b1", "w2", "b2", "x"} == set(answer.gradients)
    assert answer.agrees
    assert any(note.startswith("1/5 enters at loss = ") for note in answer.record.notes)


def test_an_edf_graph_is_explained_with_its_values():
    from chainrule.courses import edf

    with edf.Graph() as graph:
        x, y = edf.Input("x"), edf.Input("y")
        edf.L2Loss(y, edf.Mul(edf.Parameter(2.0, name="slope"), x))
    x.value, y.value = np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]])
    answer = explain(graph)

    # Errors 1 and 5: d slope = (2 * 1 * 1 + 2 * 5 * 3) / 2.
    assert_allclose(answer.gradients["slope"], 16)
    assert_allclose(answer.value, 13)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: explain(ops.affine, np.ones((2, 3))), "missing a required argument"),
        (lambda: explain(lambda a: 3.0, 1.0), "whatever its arguments are"),
        (lambda: explain(object()), "Give an expression as text, a function, an Op"),
        (lambda: explain("2 + 3"), "has no variables"),
        (lambda: explain("a*b", 1, 2), "give an expression's values by name"),
        (lambda: explain(lambda a: a, "x"), "whatever its arguments are"),
    ],
)
def test_what_cannot_be_explained_says_why(call, said):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()

    assert said in str(caught.value)
