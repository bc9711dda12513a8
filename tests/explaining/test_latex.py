"""The LaTeX form; pdflatex sets it where it is present."""

import dataclasses

import pytest

from chainrule import explain
from chainrule.explaining.printing.latex import latex
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

FORMS = ("both", "chain", "rule", "numbers")
CHAIN = r"\frac{\partial A}{\partial t_{2}}\frac{\partial t_{2}}{\partial b}"


def test_assignments_stand_beside_their_values():
    printed = latex(expression_a())

    assert r"  t_{1} &= e^{a} &\qquad& 2.718 \\" in printed
    assert r"  t_{3} &= \frac{t_{1}}{t_{2}} &\qquad& 1.922 \\" in printed
    assert (
        r"$\displaystyle A = \frac{e^{a}}{\sqrt{b}} \cdot \log\left(a + b\right)$\quad at $a = 1$, $b = 2$" in printed
    )


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (
            "both",
            r"\frac{\partial A}{\partial t_{2}}\frac{\partial t_{2}}{\partial b} &&= -1.493 \cdot 0.3536 = -0.5279",
        ),
        ("chain", r"\frac{\partial A}{\partial t_{2}}\frac{\partial t_{2}}{\partial b}"),
        ("rule", r"\frac{\partial A}{\partial t_{2}} \cdot \frac{1}{2 \cdot t_{2}}"),
        ("numbers", r"-1.493 \cdot 0.3536 = -0.5279"),
    ],
)
def test_messages_are_in_the_form_that_is_asked_for(form, message):
    assert rf"  t_{{2}} &\to b &\qquad& {message} \\" in latex(expression_a(), form)


def test_sums_have_symbols_and_numbers():
    printed = latex(expression_a())

    assert (
        r"\frac{\partial A}{\partial b} &= \frac{\partial A}{\partial t_{4}}\frac{\partial t_{4}}{\partial b} + "
        in printed
    )
    assert r"&= 0.6407 + (-0.5279) = 0.1128" in printed


def test_long_sums_are_broken():
    printed = latex(explain("A = a + a^2 + a^3 + a^4 + a^5", a=1).record, "numbers")

    assert "\\\\\n  &\\quad + " in printed


def test_inputs_are_checked():
    record = expression_a()
    wrong = dataclasses.replace(record.checks[0], expected=9.5, agrees=False)

    assert 2 == latex(record).count(r"\text{agrees}")
    assert r"does not agree with } \frac{\partial A}{\partial a} = 9.5" in latex(
        dataclasses.replace(record, checks=[wrong])
    )


def test_a_logarithm_is_called_natural_once():
    assert 1 == latex(expression_a()).count("natural")


def test_arrays_show_the_rule():
    printed = latex(arrays())

    assert r"\mathrm{d}\,w \mathrel{{+}{=}} x^{\top} \, \mathrm{d}\,t_{1}" in printed
    assert r"(3, 2)\text{, " in printed


def test_same_record_same_text():
    assert latex(expression_b()) == latex(expression_b())


def test_without_a_document_there_is_no_preamble():
    assert "documentclass" not in latex(expression_a())
    assert latex(expression_a()) in latex(expression_a(), document=True)


def header_of(expression, **values):
    return explain(expression, **values).latex().splitlines()[1]


def test_the_header_sets_powers_in_either_sign():
    assert "f = a^{2} + b^{-2}$" in header_of("a^2 + b**-2", a=1, b=2)


def test_the_header_sets_sums_with_their_bounds():
    assert r"f = \sum_{i = 1}^{2} \left(a + x\left[i\right]\right)^{2}$" in header_of(
        "sum((a + x[i])^2 for i in 1..2)", a=1, x=[1, 2]
    )
    assert r"f = \sum_{i = 0}^{1} x\left[i\right]$" in header_of("sum(x[i] for i in range(0, 2))", x=[1, 2])


@needs_pdflatex
def test_a_header_with_powers_and_sums_is_set(tmp_path):
    compiled(explain("sum((a + x[i])^2 for i in 1..2) + a**3", a=1, x=[1, 2]).latex(document=True), tmp_path)


@needs_pdflatex
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("record", [expression_a, expression_b, expression_c, arrays])
def test_document_is_set_by_pdflatex(record, form, tmp_path):
    said = compiled(latex(record(), form, document=True), tmp_path)

    assert "Overfull" not in said
    assert "Warning" not in said.replace("rerunfilecheck Warning", "")


@needs_pdflatex
@pytest.mark.parametrize("record", [without_gradients, only_an_input])
def test_records_without_messages_are_set(record, tmp_path):
    compiled(latex(record(), document=True), tmp_path)


@needs_pdflatex
def test_any_name_is_set(tmp_path):
    names = ["a_b%", "x&y", "weiß", "σ", "_", "__", "t", "d_", "x" * 99, r"\input{x}", "$", "{", "ж", "x\u0302", "中"]  # noqa: RUF001
    body = "\n".join(latex(product_of(name, f"d_{name}1", name=f"{name}2", subject=name)) for name in names)
    document = latex(expression_a(), document=True).replace("\\begingroup", f"{body}\n\\begingroup", 1)

    compiled(document, tmp_path)
