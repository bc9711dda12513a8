"""Pictures: what is in them, that nothing falls out of its box, and that the same record gives the same bytes."""

# ruff: noqa: RUF001 the pictures have true minus and multiplication signs

import struct
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from chainrule.explaining.drawing.drawing import Line, Rectangle, Words, drawing
from chainrule.explaining.drawing.lettering import Run, fitted, formula_runs, name_runs, plain, spoken, text_width
from chainrule.explaining.drawing.picture import COLOURS, png, svg
from chainrule.explaining.record import Edge, Message, Node, Record
from explaining.records import a_squared, expression_a, expression_b, expression_c, random_record, record_of

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES = {"A": expression_a, "B": expression_b, "C": expression_c, "a*a": a_squared}
HOSTILE = "<b>&\"'\\\n\x1b]]>"


def parsed(record, **options):
    return ElementTree.fromstring(svg(record, **options))


def texts(root):
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def array_record():
    """A product of matrices, summed."""
    x, w = np.linspace(-1, 1, 12).reshape(4, 3), np.ones((3, 2))
    t1 = x @ w
    nodes = [
        Node(0, "x", "input", "", "x", (), x, np.full((4, 3), 2.0)),
        Node(1, "w", "constant", "", "w", (), w, None),
        Node(2, "t1", "operation", "matmul", "x @ w", (0, 1), t1, np.ones((4, 2))),
        Node(3, "loss", "operation", "sum", "np.sum(t1)", (2,), float(t1.sum()), 1.0),
    ]
    messages = [
        Message(Edge(2, 3, 0), "broadcast_to(d_loss, (4, 2))", 1.0, None, np.ones((4, 2))),
        Message(Edge(0, 2, 0), "d_t1 @ w.T", np.ones((4, 2)), None, np.full((4, 3), 2.0)),
    ]
    return Record("loss", "total", nodes, messages, [], [], 3)


# -- what is in an SVG ---------------------------------------------------------------------------------------


def test_nodes_say_name_formula_value_and_gradient():
    found = texts(parsed(expression_a()))

    assert {"a", "1", "t1 = exp(a)", "2.718", "∂A/∂t1 = 0.7768", "A = t3 · t5", "2.112", "∂A/∂A = 1"} <= set(found)


def test_edges_say_the_chain_and_its_numbers():
    found = texts(parsed(expression_a()))

    assert {"∂A/∂t3 · ∂t3/∂t1", "1.099 × 0.7071 = 0.7768", "1.099 × (−1.359) = −1.493"} <= set(found)


def test_the_header_says_what_is_explained_and_what_the_lines_mean():
    found = texts(parsed(expression_a()))

    assert "A = exp(a)/sqrt(b)·log(a+b)\u2003at a = 1, b = 2" == found[0]
    assert ["forward value", "backward message"] == found[1:3]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_edge_has_a_line_there_and_a_dashed_one_back(name):
    record = EXAMPLES[name]()
    root = parsed(record)
    forward, backward = (list(root.iter(f"{SVG}path")), root.findall(f".//{SVG}path[@class='backward']"))

    assert 2 * len(record.messages) + 1 == len(backward)
    assert 4 * len(record.edges) + 2 == len(forward)
    assert 2 * len(record.edges) + 2 == len(list(root.iter(f"{SVG}polygon")))
    assert "path.backward{stroke-dasharray" in svg(record)


def test_two_uses_of_one_operand_are_told_apart():
    found = sorted(text for text in texts(parsed(a_squared())) if "operand" in text)

    assert ["∂A/∂A · ∂A/∂a\u2002(operand 1)", "∂A/∂A · ∂A/∂a\u2002(operand 2)"] == found


def test_digits_at_the_end_of_a_name_are_a_subscript():
    root = parsed(expression_a())
    text = next(text for text in root.iter(f"{SVG}text") if "".join(text.itertext()) == "t1 = exp(a)")
    spans = list(text.iter(f"{SVG}tspan"))

    assert ["t", "1", " = "] == [span.text for span in spans][:3]
    assert float(spans[1].get("dy")) == -float(spans[2].get("dy")) > 0


def test_the_title_and_the_description_say_it_in_words():
    root = parsed(expression_a())

    assert "img" == root.get("role")
    assert "A = exp(a)/sqrt(b)*log(a+b)" == root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc").startswith("A graph from left to right: inputs a, b; then t1 = exp(a);")
    assert "The result A is 2.112. dA/da = 2.752. dA/db = 0.1128." in root.findtext(f"{SVG}desc")
    assert "log is the natural logarithm" in root.findtext(f"{SVG}desc")


def test_every_group_has_a_tooltip():
    groups = parsed(expression_a()).findall(f"{SVG}g")

    assert all(group[0].tag == f"{SVG}title" and group[0].text for group in groups)
    assert "t1 = exp(a); 2.718; ∂A/∂t1 = 0.7768" in [group[0].text for group in groups]


def test_a_subject_that_is_no_formula_is_the_title():
    record = expression_a()

    assert "an EDF graph" == drawing(replace(record, subject="an EDF graph")).title
    assert "squared_error" == drawing(replace(record, subject="squared_error")).title


def test_a_picture_has_a_light_and_a_dark_form():
    text = svg(expression_a())

    assert "prefers-color-scheme:dark" in text
    assert all(f"--{name}:{colour}" in text for name, pair in COLOURS.items() for colour in pair)


def test_a_picture_loads_and_runs_nothing():
    text = svg(expression_a()).replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert [] == [word for word in ("http", "url(", "href", "<script", "foreignObject", "@import") if word in text]


def test_a_picture_without_backward_shows_no_gradient():
    root = parsed(expression_a(), backward=False)

    assert [] == [text for text in texts(root) if "∂" in text or "backward" in text]
    assert [] == root.findall(f".//{SVG}path[@class='backward']")
    assert "dA" not in root.findtext(f"{SVG}desc")
    assert 9 + 1 == len(root.findall(f".//{SVG}path[@class='forward']"))


def test_an_unknown_gradient_is_blank():
    record = expression_a()
    nodes = [replace(node, gradient=None) for node in record.nodes]
    found = texts(parsed(replace(record, nodes=nodes, messages=[])))

    assert [] == [text for text in found if "∂" in text]


def test_arrays_show_shape_and_range():
    found = texts(parsed(array_record()))

    assert {"(4, 3)", "from −1 to 1", "∂loss/∂x all 2", "= d_t1 @ w.T", "(4, 3), all 2"} <= set(found)
    assert "total\u2003at x = (4, 3)" == found[0]


@pytest.mark.parametrize("role", ["input", "constant", "operation", "result", "message"])
def test_each_kind_of_box_is_drawn(role):
    assert parsed(array_record()).findall(f".//{SVG}rect[@class='{role}']")


# -- names and lengths ---------------------------------------------------------------------------------------


def test_hostile_names_are_escaped():
    record = record_of({HOSTILE: 1.0}, [(f"{HOSTILE}2", "exp", f"exp({HOSTILE})", [HOSTILE], 1.0, [1.0])], name=HOSTILE)
    root = parsed(record)

    assert not list(root.iter(f"{SVG}b"))
    assert any("<b>&\"'\\" in text for text in texts(root))
    assert "\x1b" not in svg(record)
    assert png(record).startswith(b"\x89PNG")


def test_a_long_formula_is_shortened_and_whole_in_the_tooltip():
    formula = " + ".join(f"variable_{index}" for index in range(20))
    record = record_of({"a": 1.0}, [("A", "add", formula, ["a"], 1.0, [1.0])])
    root = parsed(record)

    assert any(text.startswith("A = variable") and text.endswith("…") for text in texts(root))
    assert any("variable19" in title.text for title in root.iter(f"{SVG}title"))


@pytest.mark.parametrize("record", [expression_a(), expression_c(), array_record(), random_record(2, 40)])
def test_words_are_inside_their_boxes(record):
    for group in drawing(record).groups:
        if isinstance(group.shapes[0], Rectangle):
            box = group.shapes[0].box
            for words in group.shapes[1:]:
                half = text_width(words.runs, words.size) / 2

                assert box.left <= words.x - half
                assert words.x + half <= box.right
                assert box.top < words.y - 0.6 * words.size < words.y < box.bottom


def test_numbers_are_never_shortened():
    for group in drawing(random_record(3, 60)).groups:
        for words in group.shapes:
            assert not (isinstance(words, Words) and words.role in ("number", "forward") and "…" in spoken(words.runs))


def test_widths_are_no_less_than_in_dejavu_sans():
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family="DejaVu Sans")))
    font.set_size(100, 72)
    for sample in ("t12 = exp(t3) / sqrt(b)", "−0.5279 × 0.3536 = −0.1867", "∂loss/∂logits · ∂logits/∂w"):
        measured = sum(font.load_char(ord(sign)).linearHoriAdvance for sign in sample) / 65536

        assert measured * 0.97 < text_width(plain(sample), 100) < measured * 1.1


def test_text_is_made_smaller_before_it_is_shortened():
    whole = plain("about a hundred pixels")
    width = text_width(whole, 10)

    assert (whole, 10) == fitted(whole, 10, width)
    assert whole == fitted(whole, 10, 0.85 * width)[0]
    assert spoken(fitted(whole, 10, 0.5 * width)[0]).endswith("…")


def test_formulas_become_runs():
    power = formula_runs("t2 ** 2 - c**-1")

    assert (Run("t", "name"), Run("2", "sub"), Run("2", "sup"), Run(" − "), Run("c", "name"), Run("−1", "sup")) == power
    assert (Run("x", "name"), Run(".T @ "), Run("d_logits", "name")) == formula_runs("x.T @ d_logits")
    assert (Run("maximum("), Run("x", "name"), Run(", 0)")) == formula_runs("np.maximum(x, 0)")
    assert (Run("w", "name"), Run("12", "sub")) == name_runs("w_12")
    assert (Run("12", "name"),) == name_runs("12")


# -- lines ---------------------------------------------------------------------------------------------------


def test_an_edge_without_a_message_runs_straight_on():
    record = array_record()
    edges = [group for group in drawing(record).groups if group.title.startswith("w goes into t1")]
    lines = [shape for shape in edges[0].shapes if isinstance(shape, Line)]

    assert ["forward"] == [line.role for line in lines]
    assert 1 == len(lines[0].points) % 3


# -- bytes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["A", "a*a"])
def test_the_same_record_gives_the_same_bytes(name):
    assert svg(EXAMPLES[name]()) == svg(EXAMPLES[name]())
    assert png(EXAMPLES[name]()) == png(EXAMPLES[name]())


def test_a_png_has_two_pixels_for_one():
    record = expression_a()
    picture = drawing(record)
    width, height = struct.unpack(">II", png(record)[16:24])

    assert abs(2 * picture.width - width) <= 1
    assert abs(2 * picture.height - height) <= 1


def test_a_png_tells_no_date_and_no_program():
    data = png(expression_a())

    assert b"tEXt" not in data
    assert b"tIME" not in data


def test_a_very_wide_png_has_fewer_pixels():
    operations, last = [], "a"
    for index in range(24):
        operations.append((f"t{index}", "exp", f"exp({last})", [last], 1.0, [1.0]))
        last = f"t{index}"
    data = png(record_of({"a": 1.0}, operations))

    assert struct.unpack(">I", data[16:20])[0] <= 16_001
