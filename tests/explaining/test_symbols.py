"""Programs in symbols, against SymPy's own functions and formulas worked by hand."""

import subprocess
import sys

import numpy as np
import pytest
import sympy as sp

from chainrule import trace
from chainrule.explaining.deriving.rewriting import shortest, without_kinks
from chainrule.explaining.deriving.symbols import chain, entry_symbols, exact, input_symbols, symbolic
from chainrule.ops import log_softmax, sigmoid, softmax, softplus

a, b = sp.symbols("a b", real=True)
x1, x2, x3 = sp.symbols("x1:4", real=True)
X = np.array([0.3, 0.5, 0.7])


def entries(function, *examples):
    return np.ravel(np.asarray(symbolic(trace(function, *examples)), object)).tolist()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (np.exp, sp.exp(a)),
        (np.log, sp.log(a)),
        (np.sqrt, sp.sqrt(a)),
        (np.sin, sp.sin(a)),
        (np.cos, sp.cos(a)),
        (np.tan, sp.tan(a)),
        (np.arcsin, sp.asin(a)),
        (np.arccos, sp.acos(a)),
        (np.arctan, sp.atan(a)),
        (np.sinh, sp.sinh(a)),
        (np.cosh, sp.cosh(a)),
        (np.tanh, sp.tanh(a)),
        (np.abs, sp.Abs(a)),
        (np.negative, -a),
        (np.square, a**2),
        (np.reciprocal, 1 / a),
        (np.log1p, sp.log(1 + a)),
        (np.expm1, sp.exp(a) - 1),
        (np.log2, sp.log(a) / sp.log(2)),
        (np.sign, sp.sign(a)),
        (lambda a: a**3, a**3),
        (lambda a: a**0.5, sp.sqrt(a)),
        (lambda a: 2**a, 2**a),
        (lambda a: a / 4, a / 4),
        (lambda a: 0.1 * a, a / 10),
        (lambda a: np.maximum(a, 0), sp.Max(a, 0)),
        (lambda a: np.minimum(a, 1.5), sp.Min(a, sp.Rational(3, 2))),
        (lambda a: np.clip(a, 0, 1), sp.Min(sp.Max(a, 0), 1)),
        (lambda a: np.where(a > 0, a, 2 * a), sp.Piecewise((a, a > 0), (2 * a, True))),
    ],
)
def test_functions_of_a_number_are_sympys(function, expected):
    def of_a(a):
        return function(a)

    assert expected == symbolic(trace(of_a, 0.5))


def test_operations_on_two_numbers_are_sympys():
    def combined(a, b):
        return (a + b) * (a - b) / a**b + np.arctan2(a, b)

    assert (a + b) * (a - b) / a**b + sp.atan2(a, b) == symbolic(trace(combined, 1.0, 2.0))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: np.sum(x * x), [x1**2 + x2**2 + x3**2]),
        (lambda x: np.mean(x), [(x1 + x2 + x3) / 3]),
        (lambda x: np.prod(x), [x1 * x2 * x3]),
        (lambda x: np.max(x), [sp.Max(x1, x2, x3)]),
        (lambda x: np.min(x), [sp.Min(x1, x2, x3)]),
        (lambda x: np.cumsum(x), [x1, x1 + x2, x1 + x2 + x3]),
        (lambda x: np.linalg.norm(x), [sp.sqrt(x1**2 + x2**2 + x3**2)]),
        (lambda x: np.dot(x, x), [x1**2 + x2**2 + x3**2]),
        (lambda x: np.arange(6.0).reshape(2, 3) @ x, [x2 + 2 * x3, 3 * x1 + 4 * x2 + 5 * x3]),
        (lambda x: np.einsum("i,j->ij", x[:2], x[1:]), [x1 * x2, x1 * x3, x2**2, x2 * x3]),
        (lambda x: np.outer(x[:1], x), [x1**2, x1 * x2, x1 * x3]),
        (lambda x: np.stack([x[2], 2 * x[0]]), [x3, 2 * x1]),
        (lambda x: np.concatenate([x[1:], x[:1]]), [x2, x3, x1]),
        (lambda x: x[[2, 0]], [x3, x1]),
        (lambda x: x[::-1], [x3, x2, x1]),
        (lambda x: np.exp(x), [sp.exp(x1), sp.exp(x2), sp.exp(x3)]),
    ],
)
def test_functions_of_an_array_go_entry_by_entry(function, expected):
    def of_x(x):
        return function(x)

    assert [0] * len(expected) == [sp.expand(one - two) for one, two in zip(expected, entries(of_x, X), strict=True)]


def test_variance_and_standard_deviation_are_those_of_two_numbers():
    def spreads(x):
        return np.stack([np.var(x), np.std(x, ddof=1) ** 2])

    variance, corrected = entries(spreads, X[:2])

    assert 0 == sp.simplify(variance - (x1 - x2) ** 2 / 4)
    assert 0 == sp.simplify(corrected - (x1 - x2) ** 2 / 2)


def test_reductions_keep_their_axes():
    def sums(x):
        return np.max(x, axis=1, keepdims=True) + np.sum(x, axis=0)

    assert (2, 2) == symbolic(trace(sums, np.ones((2, 2)))).shape


def test_arrays_that_are_filled_in_place_are_followed():
    def filled(x):
        out = np.zeros(2)
        out[0] = x[1]
        out[1] += x[0]
        return out

    assert [x2, x1] == entries(filled, X)


def test_constants_that_the_function_brings_along_are_exact_numbers():
    weights = np.array([0.5, 0.25, 1 / 3])

    assert [x1 / 2 + x2 / 4 + x3 / 3] == entries(lambda x: x @ weights, X)


def test_other_expressions_may_stand_for_the_arguments():
    z = sp.Symbol("z")

    assert sp.exp(z**2) == symbolic(trace(lambda a: np.exp(a), 1.0), z**2)


def test_trees_keep_their_form():
    def both(parameters):
        return {"double": 2 * parameters["w"]}

    assert {"double": 2 * sp.Symbol("w", real=True)} == symbolic(trace(both, {"w": 1.0}))


def test_function_without_symbolic_meaning_is_refused():
    with pytest.raises(TypeError, match=r"np\.argmax has no symbolic meaning here"):
        symbolic(trace(lambda x: np.argmax(x), X))


def test_norm_other_than_the_euclidean_is_refused():
    with pytest.raises(TypeError, match="ord=1 has no symbolic meaning"):
        symbolic(trace(lambda x: np.linalg.norm(x, 1), X))


def test_large_arrays_are_refused():
    with pytest.raises(ValueError, match="have 784 entries; symbols are for at most 100"):
        input_symbols(trace(lambda x: x + 1, np.ones(784)))


def test_entries_are_numbered_from_1_in_rows_and_columns():
    assert ["w11", "w12", "w21", "w22"] == [str(symbol) for symbol in entry_symbols("w", (2, 2)).flat]
    assert "w2_11" == str(entry_symbols("w", (2, 12))[1, 10])


@pytest.mark.parametrize(
    ("number", "expected"),
    [(2.0, 2), (-0.5, sp.Rational(-1, 2)), (2 / 3, sp.Rational(2, 3)), (np.pi, sp.pi), (-np.inf, -sp.oo)],
)
def test_the_number_that_was_meant_is_found(number, expected):
    assert expected == exact(number)


def test_a_long_decimal_stays_a_decimal():
    assert 0.123456789 == float(exact(0.123456789))
    assert sp.nan == exact(np.nan)


def test_chain_names_local_variables_and_their_entries():
    def loss(w, x):
        z = w * x
        return np.sum(z**2)

    steps = chain(trace(loss, X[:2], X[:2]))
    z1, z2, w1, w2 = sp.symbols("z1 z2 w1 w2", real=True)

    assert {z1: w1 * x1, z2: w2 * x2} == dict(steps.definitions)
    assert z1**2 + z2**2 == steps.result
    assert (w1, w2, x1, x2) == steps.inputs


def test_a_name_that_is_used_again_gets_a_number():
    def shifted(a):
        a = a - 1
        return a * 2

    steps = chain(trace(shifted, 1.0))

    assert {"a_2": a - 1} == {str(name): meaning for name, meaning in steps.definitions.items()}


# -- kinks and forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (softmax, sp.exp(x1) / (sp.exp(x1) + sp.exp(x2) + sp.exp(x3))),
        (log_softmax, x1 - sp.log(sp.exp(x1) + sp.exp(x2) + sp.exp(x3))),
        (sigmoid, 1 / (1 + sp.exp(-x1))),
        (softplus, sp.log(1 + sp.exp(x1))),
    ],
    ids=["softmax", "log_softmax", "sigmoid", "softplus"],
)
def test_stable_forms_are_the_textbook_ones(op, expected):
    first = np.ravel(symbolic(trace(lambda x: op(x), X)))[0]

    assert 0 == sp.simplify(without_kinks(first) - expected)
    assert not without_kinks(first).has(sp.Max, sp.Min, sp.Abs)


def test_kinks_that_matter_stay():
    relu = sp.Max(a, 0)

    assert relu == without_kinks(relu)
    assert sp.Abs(a) + b == without_kinks(sp.Abs(a) + b)


def test_the_shortest_form_introduces_no_other_functions():
    slope = sp.diff(1 / (1 + sp.exp(-a)), a)

    assert {sp.exp} == {type(part) for part in shortest(slope).atoms(sp.Function)}


def test_signs_are_put_where_they_take_least_room():
    p, y = sp.symbols("p y")

    assert "(p - y)/(p*(1 - p))" == str(shortest((1 - y) / (1 - p) - y / p))


def test_importing_loads_no_sympy():
    program = "import sys\nfrom chainrule.explaining.deriving import derivation\n"
    program += "from chainrule.explaining.marking import mark, sheet\nprint('sympy' in sys.modules)"

    assert (
        "False\n" == subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    )
