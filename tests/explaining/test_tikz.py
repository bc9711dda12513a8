"""The graph as a TikZ picture; pdflatex sets it where it is present."""

import re

import pytest

from chainrule.explaining.printing.tikz import tikz
from explaining.printed import (
    arrays,
    compiled,
    expression_a,
    expression_b,
    expression_c,
    needs_pdflatex,
    only_an_input,
    product_of,
    without_gradients,
)


def test_every_node_and_message_has_a_box():
    record = expression_b()
    printed = tikz(record)

    assert len(record.messages) == printed.count(r"\path[chainrule message]")
    assert len(record.inputs) == printed.count(r"\path[chainrule input]")
    assert len(record.operations) - 1 == printed.count(r"\path[chainrule operation]")
    assert 1 == printed.count(r"\path[chainrule result]")


def test_every_edge_has_a_line_each_way():
    record = expression_a()
    printed = tikz(record)

    assert len(record.edges) == printed.count(r"\draw[chainrule forward, -latex]")
    assert len(record.messages) == printed.count(r"\draw[chainrule backward, -latex]")


def test_boxes_hold_formulas_values_and_messages():
    printed = tikz(expression_a())

    assert r"{$\displaystyle t_{1} = e^{a}$}" in printed
    assert r"{$\displaystyle 2.718$}" in printed
    assert r"{$\displaystyle \frac{\partial A}{\partial b} = 0.1128$}" in printed
    assert r"{$\displaystyle -1.493 \cdot 0.3536 = -0.5279$}" in printed


def test_styles_have_names_that_clash_with_nothing():
    names = re.findall(r"([\w ]+)/\.style", tikz(expression_a()))

    assert names
    assert all(name.strip().startswith("chainrule ") for name in names)


def test_coordinates_are_absolute_and_the_y_axis_points_down():
    printed = tikz(expression_a())

    assert "x=1pt, y=-1pt" in printed
    assert not re.search(r"\+\+|right of|below=|\(\w+\.(?:north|south|east|west)\)", printed)


def test_slides_follow_the_steps():
    record = expression_a()
    printed = tikz(record, beamer=True)
    numbers = {int(number) for number in re.findall(r"\\onslide<(\d+)->", printed)}
    seed = next(step.number for step in record.steps if step.kind == "seed")

    assert {step.number for step in record.steps if step.kind != "sum"} <= numbers | {1}
    assert numbers <= {step.number for step in record.steps} | {1}
    assert rf"\onslide<{seed}->{{\node[chainrule gradient]" in printed
    assert "onslide" not in tikz(record)


def test_same_record_same_picture():
    assert tikz(expression_c()) == tikz(expression_c())


def test_an_edge_without_a_message_has_a_line_and_no_box():
    printed = tikz(without_gradients())

    assert 1 == printed.count(r"\draw[chainrule forward, -latex]")
    assert 0 == printed.count(r"\path[chainrule message]")


def test_amsmaths_commands_are_provided_where_they_are_used():
    assert r"\providecommand{\text}" in tikz(arrays())
    assert r"\providecommand" not in tikz(expression_a())


@needs_pdflatex
@pytest.mark.parametrize("record", [expression_a, expression_b, expression_c, arrays, without_gradients, only_an_input])
def test_document_is_set_by_pdflatex_on_one_page(record, tmp_path):
    said = compiled(tikz(record(), document=True), tmp_path)

    assert "(1 page" in said
    assert "Overfull" not in said


@needs_pdflatex
@pytest.mark.parametrize("package", ["", r"\usepackage{amsmath}"])
def test_picture_fits_into_a_text(package, tmp_path):
    start = rf"\documentclass{{article}}{package}\usepackage{{tikz}}\begin{{document}}"
    said = compiled(start + "\nBefore.\n\n" + tikz(arrays()) + "\nAfter.\\end{document}", tmp_path)

    assert "Overfull" not in said


@needs_pdflatex
def test_slides_are_set_one_for_each_step(tmp_path):
    record = product_of("a", "b")
    said = compiled(tikz(record, beamer=True, document=True), tmp_path)

    assert f"({len(record.steps)} pages" in said


@needs_pdflatex
def test_any_name_is_set(tmp_path):
    names = ["a_b%", "x&y", "weiß", "_", "d_", "x" * 99, r"\input{x}", "$", "ж", "中"]
    pictures = "\n\n".join(tikz(product_of(name, f"d_{name}1", name=f"{name}2")) for name in names)

    compiled(rf"\documentclass{{article}}\usepackage{{tikz}}\begin{{document}}{pictures}\end{{document}}", tmp_path)
