"""Equal parts of a graph are drawn once; nothing else is."""

import numpy as np
import pytest

from chainrule import explain
from chainrule.explaining.drawing.folding import MOST_UNFOLDED, drawn, folded
from chainrule.explaining.expressions.expression import parse

C = "C = sum((w0 + w1*x[i] - y[i])^2 for i in 1..3)"
AT_C = {"w0": 1, "w1": 2, "x": [1, 2, 3], "y": [2, 5, 9]}


def shown(subject, *arguments, **values):
    """The folded record, and for each node that stands for several, of how many."""
    record = folded(explain(subject, *arguments, **values).record)
    return record, {record.nodes[place].name: count for place, count in record.repeats.items()}


def formulas(record):
    return [f"{node.name} = {node.formula}" for node in record.operations]


def test_the_terms_of_a_sum_are_one_chain_three_times():
    record, repeats = shown(C, **AT_C)

    assert ["t1 = w1 * x1", "t2 = w0 + t1", "t3 = t2 - y1", "t4 = t3 ** 2", "C = t4 + t8 + t13"] == formulas(record)
    assert ["w0", "w1", "x1", "y1"] == [node.name for node in record.inputs]
    assert dict.fromkeys(["x1", "y1", "t1", "t2", "t3", "t4"], 3) == repeats


def test_what_all_parts_use_has_one_edge():
    record, _ = shown(C, **AT_C)
    shared = {node.id for node in record.nodes if node.name in ("w0", "w1")}

    assert 2 == sum(edge.child in shared for edge in record.edges)
    assert 8 == len(record.edges) == len(record.messages)
    assert {message.edge for message in record.messages} == set(record.edges)


def test_numbers_are_those_of_the_first_part():
    whole = {node.name: node for node in explain(C, **AT_C).nodes}
    record, _ = shown(C, **AT_C)

    for node in record.nodes:
        assert (whole[node.name].value, whole[node.name].gradient) == (node.value, node.gradient)
    assert any("drawn once" in note for note in record.notes)
    assert not any("drawn once" in note for note in explain(C, **AT_C).record.notes)


def test_a_part_in_a_part_is_there_as_often_as_both_together():
    record, repeats = shown(
        "(exp(a1) + exp(a2))^2 + (exp(b1) + exp(b2))^2 + (exp(c1) + exp(c2))^2", a=[1, 2], b=[1, 2], c=[1, 2]
    )

    assert {"a1": 6, "t1": 6, "t3": 3, "t4": 3} == repeats
    assert 5 == len(record.nodes)


@pytest.mark.parametrize(
    "expression",
    [
        "exp(a)/sqrt(b)*log(a+b)",
        "a*a + b",
        "exp(a) + sin(b)",  # another function
        "a^2 + b^3",  # another number
        "(a + 1)^2 + (b + 2)^2",
        "(a + b)^2 + (c - d)^2",  # another operation
        "exp(a) - exp(b)",  # another sign
        "exp(a) / exp(b)",
        "exp(a) + exp(b) + b",  # b is used elsewhere
        "sin(exp(a)) * cos(exp(b))",  # not used alike
        "exp(a*b) + exp(b*c)",  # b is neither shared in one place nor its part's own
        "exp(a - b) + exp(b - a)",
    ],
)
def test_what_differs_is_not_folded(expression):
    values = {name: number for number, name in enumerate("abcd", 1) if name in parse(expression).names}
    record = explain(expression, **values).record

    assert record is folded(record)


def test_arrays_are_folded_where_their_shapes_are_equal():
    def loss(a, b, c):
        return np.sum(np.exp(a) + np.exp(b)) + np.sum(np.exp(c))

    record, repeats = shown(loss, np.ones(2), np.ones(2), np.ones(3))

    assert {"a": 2, "t1": 2} == repeats
    assert {"a", "c"} == {node.name for node in record.inputs}


def test_the_sum_sends_the_terms_what_arrives_at_it():
    def loss(a, b, c):
        return np.sum((np.exp(a) + np.exp(b) + np.exp(c)) ** 2)

    record, _ = shown(loss, np.ones(2), np.ones(2), np.ones(2))
    total = next(node for node in record.operations if "+" in node.formula)
    (message,) = (message for message in record.messages if message.edge.parent == total.id)

    assert f"d_{total.name}" == message.local
    np.testing.assert_array_equal(total.gradient, message.product)


def test_small_graphs_are_folded_on_request_and_large_ones_by_themselves():
    answer = explain(C, **AT_C)
    many = explain("sum((w*x[i] - y[i])^2 for i in 1..20)", w=1, x=range(20), y=range(1, 21))

    assert answer.record is drawn(answer.record)
    assert answer.svg() == answer.svg(fold=False) != answer.svg(fold=True)
    assert len(many.nodes) > MOST_UNFOLDED
    assert many.dot() == many.dot(fold=True) != many.dot(fold=False)


def test_every_picture_says_how_often():
    answer = explain(C, **AT_C)

    assert "t4 = t3^2 (x 3)" in answer.dot(fold=True)
    assert "(x 3)" in answer.mermaid(fold=True)
    assert "× 3" in answer.svg(fold=True)  # noqa: RUF001 so many times
    assert answer.png(fold=True) != answer.png()


def test_a_long_sum_names_its_first_and_last_term():
    record, _ = shown("sum(exp(x[i]) for i in 1..9)", x=range(9))

    assert ["t1 = np.exp(x1)", "f = t1 + ... + t16"] == formulas(record)
