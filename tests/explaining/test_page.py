# ruff: noqa: RUF001 - the page has true minus signs and dashes
"""The page as text: well-formed, closed to the outside, safe with any name, the same each time; and the blank sheet."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from chainrule import explain
from chainrule.explaining.paging.page import page
from chainrule.explaining.paging.scalar_rules import ScalarRule
from chainrule.explaining.paging.scalar_sums import sum_table
from chainrule.explaining.paging.scalar_syntax import Unreadable
from chainrule.explaining.record import Check, Edge, Message, Node, Record, Step
from html_page import Page

NASTY = '</script><b onload="x">&\u2028\x1b\u202e{{ 7 * 7 }}'

# exp(a) / sqrt(b) * log(a + b) at a = 1, b = 2, worked by hand: name, operation, formula, operands, value, gradient.
NODES = [
    ("a", "", "a", (), 1.0, 2.752364895),
    ("b", "", "b", (), 2.0, 0.1127902404),
    ("t1", "exp", "exp(a)", (0,), 2.718281828, 0.7768361992),
    ("t2", "sqrt", "sqrt(b)", (1,), 1.414213562, -1.49316891),
    ("t3", "divide", "t1 / t2", (2, 3), 1.922115514, 1.098612289),
    ("t4", "add", "a + b", (0, 1), 3.0, 0.6407051714),
    ("t5", "log", "log(t4)", (5,), 1.098612289, 1.922115514),
    ("A", "multiply", "t3 * t5", (4, 6), 2.111659724, 1.0),
]
# The child, the parent, the slot, the local derivative, its number.
MESSAGES = [
    (4, 7, 0, "t5", 1.098612289),
    (6, 7, 1, "t3", 1.922115514),
    (5, 6, 0, "1 / t4", 0.3333333333),
    (0, 5, 0, "1", 1.0),
    (1, 5, 1, "1", 1.0),
    (2, 4, 0, "1 / t2", 0.7071067812),
    (3, 4, 1, "-t1 / t2**2", -1.359140914),
    (1, 3, 0, "1 / (2 * t2)", 0.3535533906),
    (0, 2, 0, "exp(a)", 2.718281828),
]
COLUMNS = {"t1": (0, 6), "t2": (7, 14), "t3": (0, 14), "t4": (19, 22), "t5": (15, 23), "A": (0, 23)}


def expression_a() -> Record:
    """The record, by hand."""
    nodes = [
        Node(
            id,
            name,
            "operation" if operands else "input",
            operation,
            formula,
            operands,
            value,
            gradient,
            COLUMNS.get(name),
        )
        for id, (name, operation, formula, operands, value, gradient) in enumerate(NODES)
    ]
    messages = [
        Message(Edge(child, parent, slot), local, NODES[parent][5], factor, NODES[parent][5] * factor)
        for child, parent, slot, local, factor in MESSAGES
    ]
    check = Check(1, 1e-4, 2.111671002, 2.111648444, 0.11279, 0.1127902404, True)
    return Record("A", "exp(a)/sqrt(b)*log(a+b)", nodes, messages, steps_of(nodes, messages), [check], 7)


def steps_of(nodes, messages):
    """Forward, the seed, each message, and a sum after the last message to a node."""
    steps = [("forward", node.id) for node in nodes if node.operands]
    steps.append(("seed", nodes[-1].id))
    for number, message in enumerate(messages):
        child = message.edge.child
        steps.append(("message", child, number))
        if not any(later.edge.child == child for later in messages[number + 1 :]):
            steps.append(("sum", child))
    return [Step(number, *step) for number, step in enumerate(steps, 1)]


def array_record() -> Record:
    """The sum of x @ w, with a large x."""
    x, w = np.linspace(-2, 1, 1200).reshape(40, 30), np.ones((30, 2))
    ones = np.ones((40, 2))
    nodes = [
        Node(0, "x", "input", "", "x", (), x, ones @ w.T),
        Node(1, "w", "input", "", "w", (), w, x.T @ ones),
        Node(2, "y", "operation", "matmul", "x @ w", (0, 1), x @ w, ones, source="y = x @ w", group="1 Affine"),
        Node(3, "s", "operation", "sum", "np.sum(y)", (2,), float((x @ w).sum()), 1.0, group="loss"),
    ]
    messages = [
        Message(Edge(2, 3, 0), "np.broadcast_to(d_s, (40, 2))", 1.0, None, ones),
        Message(Edge(0, 2, 0), "d_y @ w.T", ones, None, ones @ w.T),
        Message(Edge(1, 2, 1), "x.T @ d_y", ones, None, x.T @ ones),
    ]
    return Record("s", "total", nodes, messages, steps_of(nodes, messages), [], 3, ("Large arrays are summarised.",))


def nasty_record() -> Record:
    """Expression A with every text of the user's replaced by something that wants out."""
    record = expression_a()
    nodes = [replace(node, source=NASTY, operation=NASTY, group=NASTY, span=None) for node in record.nodes]
    nodes[0] = replace(nodes[0], name=NASTY, formula=NASTY)
    messages = [replace(message, local=NASTY) for message in record.messages]
    return replace(record, name=NASTY, subject=NASTY, nodes=nodes, messages=messages, notes=(NASTY,))


RECORDS = {"expression": expression_a, "arrays": array_record, "nasty": nasty_record}


@pytest.fixture(params=RECORDS)
def record(request):
    return RECORDS[request.param]()


# -- the file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", [False, True])
def test_tags_nest_and_ids_are_unique(record, blank):
    written = Page(page(record, blank=blank, texts={"LaTeX": "x"}))

    assert [] == written.open
    assert len(set(written.having("id"))) == len(written.having("id"))


def test_nothing_is_loaded_from_outside(record):
    text = page(record, texts={"LaTeX": "x"})
    written = Page(text)

    assert not re.search(r"https?://|\bsrc\s*=|@import|url\((?!#)", text)
    assert [] == written.having("src") + written.having("href")
    assert {"link", "iframe", "object", "img", "foreignobject"}.isdisjoint(tag for tag, _ in written.tags)
    assert not [name for _, attributes in written.tags for name in attributes if name.startswith("on")]


def test_the_policy_allows_this_script_and_nothing_else():
    text = page(expression_a())
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"

    assert 1 == len(script)
    assert policy in Page(text).having("content")


def test_names_and_texts_from_the_user_are_text():
    text = page(nasty_record(), texts={NASTY: NASTY})

    assert 2 == text.count("<script") == text.count("</script")
    assert not [attributes for tag, attributes in Page(text).tags if tag == "b" and "onload" in attributes]
    assert "\x1b" not in re.sub("<textarea.*?</textarea>", "", text, flags=re.DOTALL)
    assert "{{ 7 * 7 }}" in Page(text).text


def test_the_same_record_gives_the_same_page(record):
    assert page(record) == page(record)


def test_a_record_made_again_gives_the_same_page():
    assert page(expression_a()) == page(expression_a())
    assert page(array_record()) == page(array_record())


def test_the_page_of_expression_a_is_small():
    text = page(expression_a(), texts={"text": "x" * 1000, "LaTeX": "x" * 1000})

    assert len(text.encode()) < 150_000


# -- what it says ----------------------------------------------------------------------------------------


def test_each_value_message_and_sum_is_there_without_a_script():
    text = Page(page(expression_a())).text

    for number in ("2.718", "1.414", "1.922", "2.112", "1.493", "0.5279", "0.6407", "0.7768", "2.752", "0.1128"):
        assert number in text
    assert "(−0.5279)" in text
    assert "(2.111671002 − 2.111648444) / 0.0002 = 0.1128" in text
    assert "✓ agrees" in text


def test_a_gradient_that_differs_is_marked():
    record = expression_a()
    wrong = replace(record, checks=[replace(record.checks[0], agrees=False, expected=0.5)])

    text = Page(page(wrong)).text

    assert "✗ gradient: 0.5" in text
    assert "✓ agrees" not in text


def test_the_steps_are_those_of_the_record():
    record = expression_a()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page(record))[1])

    assert len(record.steps) == len(data["steps"])
    assert 6 == data["forward"]
    assert [m.product for m in record.messages] == [step["answer"] for step in data["steps"] if "answer" in step]


def test_a_message_without_an_end_is_not_asked_for():
    record = expression_a()
    messages = [replace(message, product=np.inf, upstream=np.nan) for message in record.messages]

    data = json.loads(re.search(r'id="data">(.*?)</script>', page(replace(record, messages=messages)))[1])

    assert not [step for step in data["steps"] if "answer" in step]


def test_both_edges_of_a_square_have_their_own_box():
    nodes = [
        Node(0, "a", "input", "", "a", (), 3.0, 6.0),
        Node(1, "f", "operation", "multiply", "a * a", (0, 0), 9.0, 1.0),
    ]
    messages = [Message(Edge(0, 1, slot), "a", 1.0, 3.0, 3.0) for slot in (0, 1)]
    text = page(Record("f", "a*a", nodes, messages, steps_of(nodes, messages), [], 1))

    assert 2 == text.count('<div class="label"')
    assert "operand 1" in text
    assert "operand 2" in text
    assert "3 + 3 = 6" in Page(text).text


def test_the_tooltip_says_who_uses_a_node_and_where_it_stands():
    text = re.sub(r"\s+", " ", Page(page(expression_a())).text)

    assert "in your code log(a+b), columns 16–23" in re.sub(r"(code)(log)", r"\1 \2", text)
    assert "changes by ≈ 0.00192" in text


def test_arrays_are_summed_up_by_shape_range_and_a_picture():
    text = page(array_record())
    cells = [len(re.findall("M", path)) for path in re.findall(r'<svg class="heat".*?</svg>', text)]

    assert "(40, 30)," in text
    assert "−2 … 1" in Page(text).text
    assert max(cells) <= 16 * 16
    assert "Large arrays are summarised." in text
    assert "1.998" not in text  # an entry of x


def test_array_entries_above_and_below_zero_have_different_colours():
    text = page(array_record())

    assert 'class="below"' in text
    assert 'class="above"' in text


def test_a_node_without_a_gradient_and_an_edge_without_a_message_are_left_blank():
    nodes = [
        Node(0, "n", "input", "", "n", (), 3.0, None),
        Node(1, "f", "operation", "sign", "np.sign(n)", (0,), 1.0, 1.0),
    ]

    text = Page(page(Record("f", "sign(n)", nodes, [], steps_of(nodes, []), [], 1))).text

    assert "no gradient" in text


def layered_record(count=60) -> Record:
    """So many additions, in two groups."""
    nodes = [Node(0, "x", "input", "", "x", (), 1.0, 1.0)]
    for number in range(1, count + 1):
        group, formula = "1 Affine" if number <= count // 2 else "2 ReLU", f"t{number - 1} + 1"
        nodes.append(Node(number, f"t{number}", "operation", "add", formula, (number - 1,), 1.0, 1.0, group=group))
    messages = [Message(Edge(n - 1, n, 0), "1", 1.0, 1.0, 1.0) for n in range(count, 0, -1)]
    return Record(f"t{count}", "chain", nodes, messages, steps_of(nodes, messages), [], count)


def test_a_record_with_layers_has_a_button_for_each():
    written = Page(page(layered_record()))

    assert ["all", "0", "1"] == written.having("data-group")
    assert "2 ReLU 30" in written.text
    assert [] == Page(page(expression_a())).having("data-group")


def test_only_a_large_record_is_folded():
    assert [""] == Page(page(layered_record(60))).having("data-folded")
    assert [] == Page(page(layered_record(20))).having("data-folded")


def test_a_very_large_record_leaves_out_details_and_says_so():
    text = page(layered_record(300))

    assert "heat maps and the steps in words are left out" in text
    assert 'class="panels"' not in text
    assert len(text) < 3_000_000


def test_other_forms_stand_in_dialogs():
    text = page(expression_a(), texts={"LaTeX": "\nx & <y>"})

    assert "\n\nx &amp; &lt;y&gt;</textarea>" in text  # HTML leaves out the first line end
    assert "<dialog" not in page(expression_a())


# -- why -------------------------------------------------------------------------------------------------


def reasons_of(text):
    """The section's text on one line."""
    found = re.search(r'<section class="card reasons">.*?</section>', text, re.DOTALL)
    return " ".join(Page(found[0]).text.split()) if found else ""


def test_each_input_has_its_strongest_path_with_the_factors():
    said = reasons_of(page(expression_a()))

    assert "A ×1.099 t3 ×0.7071 weakest t1 ×2.718 strongest a77% of what arrives" in said
    assert "A ×1.922 strongest t5 ×0.3333 weakest t4 ×1 b" in said


def test_the_reasons_are_known_when_the_gradient_is():
    record = expression_a()
    sums = {step.node: step.number for step in record.steps if step.kind == "sum"}

    text = re.search(r'<section class="card reasons">.*?</section>', page(record), re.DOTALL)[0]

    assert [str(sums[0]), str(sums[1])] == Page(text).having("data-at")


def test_an_input_that_nothing_arrives_at_has_no_reason():
    nodes = [
        Node(0, "n", "input", "", "n", (), 3.0, None),
        Node(1, "f", "operation", "sign", "np.sign(n)", (0,), 1.0, 1.0),
    ]

    assert "" == reasons_of(page(Record("f", "sign(n)", nodes, [], steps_of(nodes, []), [], 1)))


def test_a_factor_of_zero_is_the_weakest_and_has_no_share():
    nodes = [
        Node(0, "a", "input", "", "a", (), 0.0, 0.0),
        Node(1, "f", "operation", "power", "a ** 2", (0,), 0.0, 1.0),
    ]
    messages = [Message(Edge(0, 1, 0), "2 * a", 1.0, 0.0, 0.0)]

    said = reasons_of(page(Record("f", "a ** 2", nodes, messages, steps_of(nodes, messages), [], 1)))

    assert said.endswith("f ×0 weakest a")


def test_a_long_path_is_cut():
    said = reasons_of(page(layered_record(60)))

    assert "×1 52 arrows t4" in said
    assert 9 == said.count("×")


def test_names_in_the_reasons_and_entries_are_escaped():
    record = array_record()
    nodes = [replace(node, name=NASTY if node.name == "w" else node.name) for node in record.nodes]

    text = page(replace(record, nodes=nodes))

    assert not [attributes for tag, attributes in Page(text).tags if tag == "b" and "onload" in attributes]


# -- entries ---------------------------------------------------------------------------------------------


def test_an_entry_of_an_arrays_gradient_opens_its_sum():
    x, w, b = np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([[0.5], [0.25]]), np.array([1.0])
    text = page(explain(lambda x, w, b: ((x @ w + b) ** 2).sum(), x=x, w=w, b=b).record)
    said = " ".join(Page(text).text.split())

    assert "d_w[i, j] = Σn x[n, i] × d_t1[n, 0]" in said
    assert "[0, 0]1 × 4 + 3 × 3= 13" in said
    assert "[1, 0]2 × 4 + (−4) × 3= −4" in said
    assert "d_b[i] = Σn d_t2[n, 0]" in said
    assert "[0]4 + 3= 7" in said
    assert "d_t2[i, j] = d_t3[i, 0] × (2 × t2[i, 0])" in said
    assert "[1, 0]1 × (2 × 1.5)= 3" in said


def test_a_long_sum_is_cut_with_what_is_left_out():
    text = page(array_record())

    assert "… 36 more terms: " in Page(text).text
    assert "60 entries" in text


def test_of_a_large_array_the_entries_farthest_from_zero_are_shown():
    text = page(array_record())

    assert "3 of 1200 entries, those farthest from 0" in text
    assert "[39, 29]" not in text


def test_an_entry_with_several_messages_is_the_sum_of_theirs():
    x = np.array([1.0, 2.0])
    said = " ".join(Page(page(explain(lambda x: (x * x).sum() + np.sum(np.cumsum(x)), x=x).record)).text.split())

    assert "d_x[i] = (flip(flip(d_t3, 0).cumsum(axis=0), 0))[i] + d_t1[i] × x[i] + d_t1[i] × x[i]" in said
    assert "[1]1 from t3+ 1 × 2 from t1+ 1 × 2 from t1= 5" in said


@pytest.mark.parametrize("blank", [False, True])
def test_reasons_and_entries_are_no_part_of_the_blank_sheet(blank):
    text = page(array_record(), blank=blank)

    assert blank == ('class="card reasons"' not in text)
    assert blank == ("<details" not in text)


SUBJECTS = {
    "affine": (lambda x, w, b: ((x @ w + b) ** 2).mean(), {"x": (5, 3), "w": (3, 2), "b": (2,)}),
    "vectors": (lambda x, v: (x @ v).mean() + v @ v, {"x": (4, 3), "v": (3,)}),
    "row times matrix": (lambda v, w: (v @ w).sum(), {"v": (3,), "w": (3, 2)}),
    "broadcast": (lambda x, v: (np.tanh(x * v) / (2 + v)).sum(), {"x": (4, 3), "v": (3,)}),
    "softmax": (lambda x: np.sum(np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)), {"x": (4, 3)}),
    "parts": (lambda x: np.sum(x[:, 1:] * x[:, :1]) + np.sum(np.maximum(x.T, 0)), {"x": (4, 3)}),
    "joined": (lambda x, v: np.sum(np.concatenate([x, x * v], axis=0) ** 2), {"x": (4, 3), "v": (3,)}),
    "long": (lambda x, w: ((x @ w) ** 2).sum(), {"x": (70, 3), "w": (3, 2)}),
    "one axis": (lambda x: np.sum(np.mean(x, axis=0) ** 2) + np.sum(np.max(x, axis=1)), {"x": (4, 3)}),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_terms_add_up_to_the_entries(name):
    function, shapes = SUBJECTS[name]
    rng = np.random.default_rng(0)
    record = explain(function, **{key: rng.normal(size=shape) for key, shape in shapes.items()}).record
    tables = [table for node in record.nodes if (table := sum_table(record, node))]

    assert tables
    for table in tables:
        for entry in table.entries:
            assert np.isclose(np.asarray(table.node.gradient)[entry.place], entry.total, rtol=1e-12)
            assert np.isclose(sum(part.total for part in entry.parts), entry.total, rtol=1e-9, atol=1e-12)
            for part in entry.parts:
                assert not part.terms or np.isclose(sum(part.values) + part.rest, part.total, rtol=1e-9, atol=1e-12)
                for term, value in zip(part.terms, part.values, strict=True):
                    assert np.isclose(evaluated(term), value, rtol=5e-3, atol=2e-3)


def evaluated(term):
    """A term of our own in numbers of four digits."""
    return float(eval(term, {"np": np}))


@pytest.mark.parametrize(
    "rule", ["np.exp(x @ d_y)", "d_y / (x @ d_y)", "np.cumsum(x)", "unknown[0]", "x[x]", "x +", ""]
)
def test_a_rule_that_is_no_sum_of_entries_is_not_taken_apart(rule):
    with pytest.raises(Unreadable):
        ScalarRule(rule, {"x": np.ones((2, 2)), "d_y": np.ones((2, 2))}, (2, 2))


def test_a_rule_that_does_not_say_what_was_sent_is_not_taken_apart():
    record = array_record()
    messages = [replace(message, local="d_y @ w.T * 2") if message.edge.child == 0 else message
                for message in record.messages]  # fmt: skip

    assert sum_table(record, record.nodes[0]) is not None
    assert sum_table(replace(record, messages=messages), record.nodes[0]) is None


# -- the blank sheet -------------------------------------------------------------------------------------


def test_the_blank_sheet_has_the_question_and_no_number_of_the_answer():
    text = page(expression_a(), blank=True, texts={"text": "2.112"})
    read = Page(text).text

    assert "a = 1, b = 2" in read
    for number in ("2.718", "1.414", "1.922", "2.112", "1.493", "0.5279", "0.6407", "0.7768", "2.752", "0.1128"):
        assert number not in re.sub(r'<style>.*?</style>|style="[^"]*"| d="[^"]*"', "", text, flags=re.DOTALL)
    assert "<script" not in text
    assert "agrees" not in read


def test_the_blank_sheet_has_a_box_for_each_message_and_lines_to_write_on():
    text = page(expression_a(), blank=True)

    assert 9 == text.count('<div class="label"')
    assert 6 + 8 == text.count("value dots") + text.count("gradient dots")
    assert text.count('class="slot') >= 6 + 9 + 9 + 8
