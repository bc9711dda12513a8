"""An expression as text: what it computes, what it is called, and what is said of one that can't be read."""

import math
import pickle
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule
from chainrule.explaining.expressions.expression import ExpressionError, parse

A = "A = exp(a)/sqrt(b)*log(a+b)"
B = "B = sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)"
C = "C = sum((w0 + w1*x[i] - y[i])^2 for i in 1..3)"


def value(text, **values):
    expression = parse(text)
    return float(expression.function(*expression.bind(values)))


def program(text, **values):
    expression = parse(text)
    return chainrule.trace(expression.function, *expression.bind(values))


def functions(text, **values):
    return [equation.function.__name__ for equation in program(text, **values).equations]


def pieces(text, **values):
    """The pieces of text that the equations of the trace come from."""
    spans = [equation.origin.group.removeprefix("@").split(":") for equation in program(text, **values).equations]
    return [text[int(start) : int(end)] for start, end in spans]


def refusal(text, **values):
    """The error of an expression, while it is read or computed."""
    with pytest.raises(ExpressionError) as caught:
        value(text, **values)
    return caught.value


def parsing_error(text):
    """The error of a text, if it is no expression."""
    try:
        parse(text)
    except ExpressionError as error:
        return error
    return None


# -- the exercise's three --------------------------------------------------------------------------------


def test_a_has_six_operations():
    assert ("A", ("a", "b"), 6) == (parse(A).name, parse(A).names, parse(A).operations)
    assert ["exp", "sqrt", "divide", "add", "log", "multiply"] == functions(A, a=1, b=2)
    assert math.isclose(math.e / math.sqrt(2) * math.log(3), value(A, a=1, b=2), rel_tol=1e-14)


def test_each_equation_of_a_knows_its_piece_of_the_text():
    expected = ["exp(a)", "sqrt(b)", "exp(a)/sqrt(b)", "a+b", "log(a+b)", "exp(a)/sqrt(b)*log(a+b)"]

    assert expected == pieces(A, a=1, b=2)


def test_b_shares_its_sum_and_its_square():
    expected = ["add", "power", "add", "sqrt", "log", "add", "multiply", "divide", "add"]

    assert expected == functions(B, a=1, b=2, c=3)
    assert 16 == parse(B).operations
    assert math.isclose(math.sqrt(12) + math.log(12) + 12 / 18, value(B, a=1, b=2, c=3), rel_tol=1e-14)


def test_c_is_written_out():
    assert ("w0", "w1", "x1", "y1", "x2", "y2", "x3", "y3") == parse(C).names
    assert 14 == parse(C).operations
    # 1 + 2x - y is 0, 1 and 3
    assert 10 == value(C, w0=1, w1=2, x=[1, 2, 3], y=[3, 4, 4])


def test_additions_of_a_sum_have_the_span_of_the_whole_sum():
    text = "sum(x[i]^2 for i in 1..3) / 3"
    whole = "sum(x[i]^2 for i in 1..3)"

    assert ["x[i]^2", "x[i]^2", whole, "x[i]^2", whole, text] == pieces(text, x=[1, 2, 3])


@pytest.mark.parametrize("text", ["(a+a)*(a+a)", "exp(a)*exp(a)", "(a+2)*(2+a)", "(a+2)*(a+2.0)", "a^2+a^2.0"])
def test_the_same_operation_written_twice_is_one_equation(text):
    assert 2 == len(functions(text, a=1))


def test_the_order_of_a_sum_or_product_makes_no_difference():
    assert ["add", "multiply"] == functions("(a+b) * (b+a)", a=1, b=2)
    assert ["multiply", "add"] == functions("a*b + b*a", a=1, b=2)


def test_the_program_has_the_expressions_names():
    traced = program(A, a=1, b=2)

    assert "A" == traced.name
    assert ["a", "b"] == [traced.names[variable] for variable in traced.input_variables]
    assert "A" == traced.names[traced.outputs]


def test_a_traced_expression_has_the_right_derivative():
    expression = parse("a^2 * b + a / b")
    d_a, d_b = chainrule.grad(expression.function, argnums=(0, 1))(np.float64(3), np.float64(2))

    assert (12.5, 8.25) == (float(d_a), float(d_b))


# -- what is understood ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a+b+c^2", 14),
        ("-a^2", -4),
        ("(-a)^2", 4),
        ("a^b^a", 512),
        ("2^-a", 0.25),
        ("a**b", 8),
        ("a - b - c", -4),
        ("a / b / c", 2 / 9),
        ("b \N{MINUS SIGN} a", 1),
        ("a \N{MIDDLE DOT} b \N{MULTIPLICATION SIGN} c", 18),
        ("a·b", 6),
        ("a--b", 5),
        ("a*-b", -6),
        ("((a))", 2),
        (".5e1 * 2. + 1e-1", 10.1),
        ("max(a, b) - min(a, b)", 1),
        ("square(b) + abs(-a)", 11),
        ("a +\n\tb", 5),
        ("1/2*a", 1),
        ("2 + 3", 5),
    ],
)
def test_it_means_what_mathematics_means(text, expected):
    names = {"a": 2, "b": 3, "c": 3}

    assert expected == value(text, **{name: names[name] for name in parse(text).names})


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"])
def test_functions_are_those_of_the_math_module(name):
    assert math.isclose(getattr(math, name)(0.3), value(f"{name}(a)", a=0.3), rel_tol=1e-14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ln(a)", math.log(0.3)),
        ("arcsin(a)", math.asin(0.3)),
        ("arccos(a)", math.acos(0.3)),
        ("arctan(a)", math.atan(0.3)),
        ("sigmoid(a)", 1 / (1 + math.exp(-0.3))),
        ("softplus(a)", math.log(1 + math.exp(0.3))),
        ("relu(a) + relu(-a)", 0.3),
    ],
)
def test_functions_have_their_textbook_values(text, expected):
    assert math.isclose(expected, value(text, a=0.3), rel_tol=1e-14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sigmoid(z)", ["negative", "exp", "add", "divide"]),
        ("softplus(z)", ["exp", "add", "log"]),
        ("relu(z)", ["maximum"]),
    ],
)
def test_sigmoid_and_its_like_are_the_textbooks_single_operations(text, expected):
    assert expected == functions(text, z=1)
    assert {text} == set(pieces(text, z=1))


def test_pi_is_a_constant_and_e_a_variable():
    assert ("e",) == parse("e * pi").names
    assert 3 * math.pi == value("e * pi", e=3)


def test_names_may_be_greek_accented_or_like_our_own():
    assert ("θ", "λ", "t1", "x̂", "w_1") == parse("θ + λ + t1 + x̂ + w_1").names


def test_the_result_is_f_or_what_is_free():
    assert ["A", "f", "g", "θ"] == [parse(text).name for text in ("A=a", "a", "f", "  θ = a ")]


def test_text_is_kept_as_given_but_for_white_space_around_it():
    assert "A = a  + b" == parse(" \tA = a  + b\n").text
    assert ["a  + b"] == [parse(" A = a  + b ").text[4:10]]


def test_numbers_alone_are_computed_and_not_recorded():
    assert ["multiply"] == functions("(1/2 + 3^2) * a", a=2)
    assert 19 == value("(1/2 + 3^2) * a", a=2)


def test_a_whole_power_of_a_negative_number_takes_no_logarithm():
    gradient = chainrule.grad(parse("a^3").function)(np.float64(-2))

    assert -8 == value("a^3", a=-2)
    assert 12 == float(gradient)


def test_a_power_of_two_variables_may_have_a_negative_base():
    assert -8 == value("a^b", a=-2, b=3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(x[i] for i in range(1, 4))", ("x1", "x2", "x3")),
        ("sum(x[i] for i in range(2))", ("x0", "x1")),
        ("sum(x_i for i in 2..3)", ("x2", "x3")),
        ("sum(x[i]*x[i+1] for i in 1..2)", ("x1", "x2", "x3")),
        ("sum(sum(w[j] for j in 1..i) for i in 1..2)", ("w1", "w2")),
        ("x[3] + x_i", ("x3", "x_i")),
        ("i + sum(x[2*i - 1] for i in 1..2)", ("i", "x1", "x3")),
        ("sum(x[1] for i in 1 .. 1)", ("x1",)),
    ],
)
def test_indices_make_names(text, expected):
    assert expected == parse(text).names


def test_what_a_sum_counts_is_a_number_in_it():
    assert 14 == value("sum(i * x[i] for i in 1..3)", x=[1, 2, 3])
    assert 6 == value("sum(i for i in 1..3)")


def test_the_function_asks_for_as_many_values_as_there_are_names():
    with pytest.raises(TypeError, match="A takes 2 values, a and b; got 1"):
        parse(A).function(1.0)


# -- against Python and NumPy ----------------------------------------------------------------------------


class Number:
    """A float64 that Python's operators compute with NumPy's functions, and that is never infinite or nan."""

    def __init__(self, number):
        self.number = np.float64(number)
        if not np.isfinite(self.number):
            raise ArithmeticError

    __add__ = lambda a, b: Number(np.add(a.number, b.number))  # noqa: E731
    __sub__ = lambda a, b: Number(np.subtract(a.number, b.number))  # noqa: E731
    __mul__ = lambda a, b: Number(np.multiply(a.number, b.number))  # noqa: E731
    __truediv__ = lambda a, b: Number(np.divide(a.number, b.number))  # noqa: E731
    __pow__ = lambda a, b: Number(np.power(a.number, b.number))  # noqa: E731
    __neg__ = lambda a: Number(-a.number)  # noqa: E731


def of_numbers(function):
    return lambda *arguments: Number(function(*(argument.number for argument in arguments)))


NUMPY = {name: of_numbers(getattr(np, name)) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "arcsin")}
NUMPY |= {"max": of_numbers(np.maximum), "min": of_numbers(np.minimum), "abs": of_numbers(np.abs)}
VALUES = {"a": 2.0, "b": -3.0, "c": 0.5, "d": 0.0, "two": 2, "ten": 10}
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MIDDLE DOT}\N{MULTIPLICATION SIGN}"
SPACE = st.sampled_from(["", " ", "  "])


def texts():
    """Random expressions, without more parentheses than drawn, so that precedence decides."""

    def larger(inner):
        infix = st.sampled_from(["+", "-", "*", "/", "^", *TIMES, MINUS])
        joined = st.builds(lambda *parts: "".join(parts), inner, SPACE, infix, SPACE, inner)
        called = st.builds(lambda name, x: f"{name}({x})", st.sampled_from(sorted(set(NUMPY) - {"max", "min"})), inner)
        of_two = st.builds(lambda name, x, y: f"{name}({x}, {y})", st.sampled_from(["max", "min"]), inner, inner)
        return st.one_of(joined, joined, joined, inner.map("({})".format), inner.map("-{}".format), called, of_two)

    return st.recursive(st.sampled_from([*VALUES]), larger, max_leaves=12)


def python_value(text):
    """What Python makes of the text; None where a value on the way is not finite."""
    python = text.replace("^", "**").replace(MINUS, "-").replace(TIMES[0], "*").replace(TIMES[1], "*")
    names = {name: Number(value) for name, value in VALUES.items()}
    try:
        with np.errstate(all="ignore"):
            return float(eval(python, NUMPY | names).number)
    except ArithmeticError:
        return None


@settings(deadline=None, max_examples=300)
@given(texts())
def test_an_expression_has_the_value_that_python_gives_its_text(text):
    expected = python_value(text)
    ours = text.replace("two", "2").replace("ten", "10.0")
    values = {name: VALUES[name] for name in parse(ours).names}

    if expected is None:
        assert "Choose other values" in str(refusal(ours, **values))
    else:
        assert expected == value(ours, **values)


@settings(deadline=None, max_examples=100)
@given(texts())
def test_a_traced_expression_runs_again_with_the_same_bits(text):
    expression = parse(text)
    bound = expression.bind({name: VALUES[name] for name in expression.names})

    if python_value(text) is not None:
        assert python_value(text) == float(chainrule.trace(expression.function, *bound)(*bound))


@settings(deadline=None, max_examples=500)
@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                [*"ab2.+-*/^()[],=<'\n·", "exp", "sum(", "x[i]", "for", "in", "1..3", " ", "lambda", "max", "_i", "9e9"]
            )
        ).map("".join),
    )
)
def test_every_text_is_an_expression_or_refused_at_a_place(text):
    error = parsing_error(text)

    assert error is None or 0 <= error.column <= len(text.strip())
    assert error is None or 3 == len(str(error).split("\n"))


# -- what can't be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 0, "nothing to compute"),
        ("   ", 0, "nothing to compute"),
        ("A =", 3, "nothing to compute"),
        ("(a + b", 0, "never closed"),
        ("exp(a", 3, "never closed"),
        ("a + b)", 5, "closes nothing"),
        ("x[1)", 3, "']' was expected"),
        ("a + * b", 4, "missing between '+' and '*'"),
        ("a + + b", 4, "missing between '+' and '+'"),
        ("* a", 0, "missing before '*'"),
        ("a + ", 2, "missing after '+'"),
        ("exp()", 4, "missing between '(' and ')'"),
        ("a b", 2, "write a*b"),
        ("2a", 1, "write 2*a"),
        ("2(a + b)", 1, "write 2*(...)"),
        ("(a + b)(a - b)", 7, "write (...)*(...)"),
        ("(a + b) c", 8, "write (...)*c"),
        ("x[1] x[2]", 5, "write x[...]*x"),
        ("a < b", 2, "compares"),
        ("A == b", 2, "compares"),
        ("<script>", 0, "compares"),
        ("a.real", 1, "names have no parts"),
        ("'a'", 0, "quotes"),
        ('a + "b"', 4, "quotes"),
        ("lambda * w", 0, "write lam or λ"),
        ("a if b else c", 2, "word of Python"),
        ("None", 0, "word of Python"),
        ("A = B = c", 6, "at the start"),
        ("a + (b = c)", 7, "at the start"),
        ("2 = a", 2, "at the start"),
        ("a := b", 2, "can't be read"),
        ("a $ b", 2, "can't be read"),
        ("a // b", 2, "Write / for a division"),
        ("a % b", 2, "Write / for a division"),
        ("a | b", 2, "can't be read"),
        ("a\x00b", 1, "can't be read"),
        ("c²", 1, "Write ^2"),
        ("a in b", 0, "belongs in a sum"),
        ("a, b", 0, "comma"),
        ("exp(a for a in 1..3)", 3, "belongs in a sum"),
        ("1..3", 0, "belongs in a sum"),
        ("1e999", 0, "too large"),
        ("9" * 400, 0, "too large"),
        ("exq(a)", 0, "Did you mean 'exp'?"),
        ("exq(a)", 0, "known are abs, arccos,"),
        ("b * a(c + d)", 4, "write a*(...)"),
        ("__import__(a)", 0, "no known function"),
        ("exp(a, b)", 0, "one argument, and here are 2"),
        ("1 + max(a)", 4, "two arguments, and here are 1"),
        ("exp + 1", 0, "Write exp(...)"),
        ("exp[1]", 0, "Write exp(...)"),
        ("a = a + 1", 0, "a is a value in it"),
        ("exp = a", 0, "exp is a function"),
        ("pi = a", 0, "pi is the constant"),
    ],
)
def test_what_is_no_expression_is_refused_where_it_goes_wrong(text, column, said):
    with pytest.raises(ExpressionError) as caught:
        parse(text)

    assert said in str(caught.value)
    assert column == caught.value.column


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("sum(a)", 0, "a sum is written sum(x[i]^2 for i in 1..3)"),
        ("sum(a, b)", 0, "a sum is written"),
        ("sum(x[i] for i in 1..3, a)", 4, "nothing else in the parentheses"),
        ("sum(x[i] for i in 1..2 for j in 1..2)", 0, "a sum of sums"),
        ("sum(x[i] for 2 in 1..3)", 13, "can't be read"),
        ("sum(x[i] for i in a)", 18, "'a' is no range"),
        ("sum(x[i] for i in 1..n)", 21, "'n' is no whole number"),
        ("sum(x[i] for i in 1..2.5)", 21, "'2.5' is no whole number"),
        ("sum(x[i] for i in 3..1)", 0, "no terms"),
        ("sum(x[i - 2] for i in 1..3)", 4, "the index of x is -1 here"),
        ("sum(x[i] for i in 1..10^9)", 21, "no whole number"),
        ("sum(x[i] for i in 1..1000000000)", 18, "more terms"),
        ("sum(x[i] for exp in 1..2)", 0, "exp has a meaning here already"),
        ("sum(sum(i for i in 1..2) for i in 1..2)", 4, "i has a meaning here already"),
        ("x[i]", 2, "'i' is no whole number"),
        ("x[1][2]", 4, "only one"),
        ("x[1, 2]", 2, "no whole number"),
        ("x + x[1]", 0, "with an index and without one"),
        ("x1[2] + x[12]", 8, "would both be x12"),
        ("2[a]", 1, "only a name can have an index"),
        ("sum(i[1] for i in 1..2)", 4, "i is one number"),
    ],
)
def test_a_sum_that_cannot_be_written_out_is_refused(text, column, said):
    with pytest.raises(ExpressionError) as caught:
        parse(text)

    assert said in str(caught.value)
    assert column == caught.value.column


def test_an_error_shows_the_place():
    assert "'$' can't be read" in str(refusal("a $ b"))
    assert ["a $ b", "  ^"] == str(refusal("a $ b")).split("\n")[1:]
    assert ["x̂ $", "  ^"] == str(refusal("x̂ $")).split("\n")[1:]
    assert ["名 $", "   ^"] == str(refusal("名 $")).split("\n")[1:]
    assert ["a  $", "   ^"] == str(refusal("a\n\t$")).split("\n")[1:]


def test_an_error_shows_the_part_of_a_long_text_where_it_is():
    lines = str(refusal("a + " * 300 + "$" + " + a" * 300)).split("\n")

    assert "$" == lines[1][lines[2].index("^")]
    assert len(lines[1]) < 120


def test_an_error_survives_pickling():
    error = refusal("a $ b")
    copy = pickle.loads(pickle.dumps(error))

    assert (str(error), error.column) == (str(copy), copy.column)


def test_only_text_is_an_expression():
    with pytest.raises(TypeError, match="an expression is text"):
        parse(3)


# -- limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(" * 101 + "a" + ")" * 101, "nested more than 100"),
        ("(" * 9000 + "a" + ")" * 9000, "nested more than 100"),
        ("exp(" * 101 + "a" + ")" * 101, "nested more than 100"),
        ("-" * 200 + "a", "nested more than 100"),
        ("-" * 19_999 + "a", "nested more than 100"),
        ("(" * 99 + "-" * 19_000 + "a" + ")" * 99, "nested more than 100"),
        ("a" + "^a" * 200, "nested more than 100"),
        ("x[" + "-" * 200 + "1]", "nested more than 100"),
        ("a" + "+a" * 2001, "at most 2000"),
        ("a" + "+a" * 9_000, "at most 2000"),
        ("sum(a*b + c for i in 1..1000)", "more than 2000 operations"),
        ("sum(sum(sum(a*b for i in 1..2000) for j in 1..2000) for k in 1..2000)", "more than 2000 operations"),
        ("+".join(["sigmoid(a)"] * 500), "more than 2000 operations"),
        ("a" * 20_001, "at most 20000 can be read"),
        ("a $" * 10_000, "at most 20000 can be read"),
    ],
)
def test_what_is_too_much_is_refused_before_it_is_unrolled(text, said):
    tracemalloc.start()
    error = refusal(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert said in str(error)
    assert most < 50e6


@pytest.mark.parametrize(
    ("text", "operations"),
    [
        ("(" * 100 + "a" + ")" * 100, 0),
        ("exp(" * 98 + "0*a" + ")" * 98, 99),
        ("a" + "+a" * 2000, 2000),
        ("a" + "*2-a" * 1000, 2000),
        ("sum(x[i] for i in 1..2001)", 2000),
        ("a" * 20_000, 0),
    ],
)
def test_what_is_just_not_too_much_is_read(text, operations):
    assert operations == parse(text).operations


def test_a_long_sum_is_computed_and_traced():
    assert 2001 == value("sum(x[i] for i in 1..2001)", x=[1] * 2001)
    assert 2000 == len(functions("a" + "+a" * 2000, a=1))


def test_a_tower_of_powers_is_not_computed_while_it_is_read():
    assert 3 == parse("9**9**9**9").operations
    assert "9**9**9: 9**9 is 387420489, and ^ gives more than" in str(refusal("9**9**9**9"))


# -- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "column", "said"),
    [
        (
            "b * log(a - b)",
            {"a": 1, "b": 2},
            4,
            "log(a - b): a - b is -1, and log needs a positive number. Choose other",
        ),
        ("ln(a)", {"a": 0}, 0, "ln(a): a is 0, and ln needs a positive number"),
        ("log(0 * a)", {"a": 1}, 0, "0 * a is 0"),
        ("sqrt(a)", {"a": -0.25}, 0, "sqrt(a): a is -0.25, and sqrt needs a number that is 0 or more"),
        ("arcsin(a)", {"a": 2}, 0, "a number between -1 and 1"),
        ("arccos(a)", {"a": -2}, 0, "a number between -1 and 1"),
        ("1 + a/(b-b)", {"a": 1, "b": 2}, 4, "a/(b-b): a is 1 and b-b is 0, and nothing can be divided by 0"),
        ("a/0", {"a": 1}, 0, "a/0: a is 1, and nothing can be divided by 0"),
        ("1/0", {}, 0, "1/0: nothing can be divided by 0"),
        ("a^-1", {"a": 0}, 0, "a^-1: a is 0, and 0 has no negative powers"),
        ("a^b", {"a": -2, "b": 0.5}, 0, "a^b: a is -2 and b is 0.5, and a negative number has whole powers only"),
        ("exp(a)", {"a": 1000}, 0, "exp(a): a is 1000, and exp gives more than the largest number, 1.8e308"),
        ("a*a", {"a": 1e200}, 0, "a*a: a is 1e+200, and * gives more"),
        ("sigmoid(a)", {"a": -1000}, 0, "sigmoid(a): -a is 1000, and exp gives more"),
        ("sigmoid(a - b)", {"a": 0, "b": 1000}, 0, "-(a - b) is 1000"),
        ("sum(log(x[i]) for i in 1..2)", {"x": [1, -1]}, 4, "log(x[i]) at i = 2: x2 is -1"),
    ],
)
def test_values_without_a_result_are_named(text, values, column, said):
    for run in (value, program):
        with pytest.raises(ExpressionError) as caught:
            run(text, **values)

        assert said in str(caught.value)
        assert column == caught.value.column


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"w0": 1, "w1": 2, "x": (1, 2, 3), "y": np.array([4, 5, 6])}, (1, 2, 1, 4, 2, 5, 3, 6)),
        ({"w": [1, 2], "x": range(3), "y1": 4, "y2": 5, "y3": 6}, (1, 2, 0, 4, 1, 5, 2, 6)),
    ],
)
def test_lists_give_the_values_of_their_entries(values, expected):
    bound = parse(C).bind(values)

    assert expected == bound
    assert {np.float64} == {type(number) for number in bound}


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.int8(2), np.array(2.0)])
def test_any_kind_of_number_is_a_value(number):
    assert (2.0,) == parse("a").bind({"a": number})


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("a + b + c", {"a": 1}, "give values for b and c: explain(..., b=2, c=3)"),
        (C, {"w0": 1, "w1": 1}, "give values for x and y: explain(..., x=[1, 2, 3], y=[1, 2, 3])"),
        (C, {"w": [1, 1], "y": [1, 2, 3], "x2": 3}, "give values for x1 and x3: explain(..., x1=3, x3=7)"),
        ("+".join("abcdefghijkl"), {}, "give values for a, b, c, d, e, f, g, h and 4 more: explain(..., a=1"),
        ("alpha + beta", {"alpha": 1, "betta": 2}, "'betta' does not occur in f; its values are alpha and beta. Did"),
        ("alpha + beta", {"alpha": 1, "betta": 2}, "Did you mean 'beta'?"),
        ("pi * r", {"pi": 3, "r": 1}, "pi is the constant"),
        ("2", {"a": 3}, "it has no values"),
        ("a", {"a": math.nan}, "a is nan; expected a finite number"),
        ("a", {"a": np.inf}, "expected a finite number"),
        ("a", {"a": 10**5000}, "a is a very large number; expected a finite number"),
        ("x[3]", {"x": [1, 2]}, "x has 2 values; expected 3, for x1, x2 and x3"),
        ("x[1]", {"x": [1], "x1": 1}, "x1 has two values"),
        ("x[2]", {"x": [1, math.nan]}, "x2 is nan"),
        ("x[999999999999]", {"x": [1]}, "'x' does not occur"),
    ],
)
def test_values_that_do_not_fit_are_named(text, values, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        parse(text).bind(values)


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("a", {"a": 1j}, "a is 1j; expected a real number"),
        ("a", {"a": "1"}, "a is '1'; expected a real number"),
        ("a", {"a": None}, "a is None"),
        ("a", {"a": True}, "a is True"),
        ("a", {"a": [1, 2]}, "a is [1, 2]"),
        ("a", {"a": np.zeros((50, 50))}, "a is of type ndarray"),
        ("x[3]", {"x": 3}, "x is 3; expected a list of 3 numbers, such as x=[1, 2, 3]"),
        ("x[9]", {"x": "123456789"}, "such as x=[1, 2, 3, ...]"),
        ("x[2]", {"x": np.ones((2, 2))}, "expected a list of 2 numbers"),
        ("x[2]", {"x": [1, "2"]}, "x2 is '2'"),
    ],
)
def test_values_that_are_no_numbers_are_refused(text, values, said):
    with pytest.raises(TypeError, match=re.escape(said)):
        parse(text).bind(values)
