"""DOT and Mermaid text: what is in it, and that it stays valid whatever the names are."""

import re

import numpy as np
import pytest

from chainrule.explaining.drawing.graph_text import dot, mermaid
from chainrule.explaining.record import Edge, Message, Node, Record
from explaining.records import a_squared, expression_a, expression_b, expression_c, random_record, record_of

NAMES = [
    'say "x"',
    "a<b",
    "a>b",
    "a&b",
    "&lt;",
    "back\\slash",
    "ends in \\",
    "\\N",
    "new\nline",
    "#35;",
    "a]b",
    "`a`",
    "end",
]
RECORDS = [expression_a(), expression_b(), expression_c(), a_squared(), random_record(3, 30)]


def named(name):
    """A record with this name on an input, in a formula and on the result."""
    return record_of({name: 1.0}, [(f"{name}!", "exp", f"exp({name})", [name], 2.0, [3.0])])


STRING = r'"(?:[^"\\]|\\.)*"'
DOT_LINES = [
    rf"digraph {STRING} \{{",
    r"  rankdir=LR;",
    r"  node \[shape=box\];",
    rf"  n\d+ \[\w+={STRING}(?:, \w+={STRING})*\];",
    rf"  n\d+ -> n\d+(?: \[label={STRING}\])?;",
    r"\}",
]
TEXT = r'"[^"<>&\\`]*(?:<br/>[^"<>&\\`]*)*"'
MERMAID_LINES = [
    r"flowchart LR",
    r"  classDef \w+ [\w#:,-]+",
    rf"  n\d+(?:\(\[{TEXT}\]\)|\[/{TEXT}/\]|\[{TEXT}\]):::\w+",
    rf"  n\d+ (?:-- {TEXT} )?--> n\d+",
]


def wrong_lines(text, allowed):
    """The lines that are none of the allowed ones."""
    return [
        line for line in text.removesuffix("\n").split("\n") if not any(re.fullmatch(each, line) for each in allowed)
    ]


def test_dot_says_nodes_and_messages():
    text = dot(expression_a())

    assert text.startswith('digraph "A" {\n')
    assert '  n2 [label="t1 = exp(a)\\n2.718\\ndA/dt1 = 0.7768", style="solid"];\n' in text
    assert '  n2 -> n4 [label="dA/dt3 * dt3/dt1\\n1.099 * 0.7071 = 0.7768"];\n' in text


def test_mermaid_says_nodes_and_messages():
    text = mermaid(expression_a())

    assert text.startswith("flowchart LR\n")
    assert '  n2["t1 = exp(a)<br/>2.718<br/>dA/dt1 = 0.7768"]:::operation\n' in text
    assert '  n2 -- "dA/dt3 #42; dt3/dt1<br/>1.099 #42; 0.7071 = 0.7768" --> n4\n' in text


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_every_node_and_every_edge_is_there(record):
    for text in (dot(record), mermaid(record)):
        edges = re.findall(r"^  n(\d+) -.*?> n(\d+)\b", text, re.MULTILINE)

        assert [(edge.child, edge.parent) for edge in record.edges] == [(int(a), int(b)) for a, b in edges]
        assert len(record.nodes) == len(re.findall(r"^  n\d+ ?[\[(]", text, re.MULTILINE))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_the_text_is_valid(record):
    assert [] == wrong_lines(dot(record), DOT_LINES)
    assert [] == wrong_lines(mermaid(record), MERMAID_LINES)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_valid_for_any_name(name):
    assert [] == wrong_lines(dot(named(name)), DOT_LINES)
    assert [] == wrong_lines(mermaid(named(name)), MERMAID_LINES)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_whole_from_dot(name):
    text = dot(named(name))
    label = re.search(rf"n0 \[label=({STRING})", text)[1][1:-1]
    read = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], label).replace("&amp;", "&")

    assert f"{name}\n1\n" in read


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_whole_from_mermaid(name):
    label = re.search(r'n0\(\["(.*?)<br/>', mermaid(named(name)))[1]
    letters = {"lt": "<", "gt": ">", "amp": "&"}
    read = re.sub(r"#(\w+);", lambda found: letters.get(found[1]) or chr(int(found[1])), label)

    assert name.replace("\n", " ") == read


def test_two_uses_of_one_operand_are_told_apart():
    for text in (dot(a_squared()), mermaid(a_squared())):
        assert ["1", "2"] == re.findall(r"\(operand (\d)\)", text)


def test_an_edge_without_a_message_has_no_label():
    nodes = [
        Node(0, "x", "input", "", "x", (), np.array([1.0, 2.0]), None),
        Node(1, "A", "operation", "argmax", "np.argmax(x)", (0,), 1.0, 1.0),
    ]
    record = Record("A", "argmax", nodes, [], [], [], 1)

    assert "  n0 -> n1;\n" in dot(record)
    assert "  n0 --> n1\n" in mermaid(record)
    assert 'label="x\\n[1, 2]"' in dot(record)


def test_messages_of_arrays_say_the_pull_back():
    nodes = [
        Node(0, "x", "input", "", "x", (), np.ones((2, 3)), np.ones((2, 3))),
        Node(1, "A", "operation", "sum", "np.sum(x)", (0,), 6.0, 1.0),
    ]
    message = Message(Edge(0, 1, 0), "broadcast_to(d_A, (2, 3))", 1.0, None, np.ones((2, 3)))

    assert "= broadcast_to(d_A, (2, 3))\\n(2, 3), all 1" in dot(Record("A", "sum", nodes, [message], [], [], 1))


def test_the_same_record_gives_the_same_text():
    assert dot(random_record(4, 30)) == dot(random_record(4, 30))
    assert mermaid(random_record(4, 30)) == mermaid(random_record(4, 30))
