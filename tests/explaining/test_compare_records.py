"""Two functions or two expressions side by side: the first message that differs."""

import numpy as np

from chainrule import explain

X = np.arange(6.0).reshape(2, 3)


def squares(w, x):
    z = w * x
    return np.sum(z**2)


def test_functions_of_the_same_operations_are_compared_message_by_message():
    def cubes(w, x):
        z = w * x
        return np.sum(z**3)

    comparison = explain(squares, 1.0, X, compare=cubes).comparison

    assert explain(squares, 1.0, X, compare=squares).comparison.agrees
    assert comparison.first.name == "z"
    assert "the first value that differs is" in comparison.alarms[0]


def test_other_functions_are_compared_by_the_names_that_both_have():
    def halved(x, w):
        z = x * w
        return np.sum(z * z) / 2

    comparison = explain(squares, w=2.0, x=X, compare=halved).comparison

    assert ["z", "x", "w"] == [one.name for one in comparison.sent]
    assert ["yours is 2 times ours"] * 3 == [one.verdict for one in comparison.sent]
    assert comparison.alarms[0].endswith("yours is 2 times ours")


def test_an_input_that_one_does_not_use_is_named():
    comparison = explain(lambda a, b: a * b, 1.0, 2.0, compare=lambda a, b: a + a).comparison

    assert ("b", "yours gives a gradient, ours None") == (comparison.first.name, comparison.first.verdict)


def test_expressions_are_compared_too():
    assert explain("a * b", a=1, b=2, compare="b * a").comparison.agrees
    assert "leads from t1 to a: yours is" in str(explain("a^2 * b", a=1, b=2, compare="a^3 * b").comparison)
