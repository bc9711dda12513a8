"""Formulas in plain text, LaTeX and MathML; names, partial derivatives, numbers."""
# ruff: noqa: RUF001 (letters and signs that look like others are what is tested)

import ast
import unicodedata
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.explaining.printing import formulas
from chainrule.explaining.printing.formulas import (
    factor_latex,
    factor_text,
    in_product,
    in_product_latex,
    math,
    name_latex,
    name_mathml,
    partial_latex,
    partial_mathml,
    partial_text,
    shown,
    shown_latex,
    shown_mathml,
    to_latex,
    to_mathml,
    to_text,
)

NASTY = [
    "a_b%",
    "x&y", "weiß", "σ", "_", "__", "t", "d_", "x" * 300, "<script>", "a\nb", "\\input{x}", "$", "{",
    "ж", "x\u0302",
    "\x00", "\ud800", "中", "d_d_w1", "~^#", "", " ",
]  # fmt: skip


def read(inner):
    """The MathML's text, after checking that it is XML."""
    return "".join(ElementTree.fromstring(math(inner)).itertext())


# -- formulas --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        ("t1 / t2", "t1 / t2", r"\frac{t_{1}}{t_{2}}"),
        ("np.exp(a)", "exp(a)", "e^{a}"),
        ("exp(a)", "exp(a)", "e^{a}"),
        ("x.T @ d_logits", "x.T @ d_logits", r"x^{\top} \, \mathrm{d}\,\mathit{logits}"),
        ("-out / b", "-out / b", r"-\frac{\mathit{out}}{b}"),
        ("d.sum(axis=0)", "d.sum(axis=0)", r"\sum_{\text{axis } 0} d"),
        ("np.sum(d, axis=(0, 1))", "sum(d, axis=(0, 1))", r"\sum_{\text{axes } 0, 1} d"),
        ("np.sum(d)", "sum(d)", r"\sum d"),
        ("c ** 2", "c^2", "c^{2}"),
        ("c ** 2.0", "c^2.0", "c^{2}"),
        ("np.maximum(x, 0)", "maximum(x, 0)", r"\max\left(x, 0\right)"),
        ("2 * a", "2 * a", r"2 \cdot a"),
        ("t3[0]", "t3[0]", r"t_{3}\left[0\right]"),
        ("x[:, 1:3]", "x[:, 1:3]", r"x\left[{:}, 1{:}3\right]"),
        ("np.sqrt(b)", "sqrt(b)", r"\sqrt{b}"),
        ("np.log(t4)", "log(t4)", r"\log\left(t_{4}\right)"),
        ("np.abs(x)", "abs(x)", r"\left|x\right|"),
        ("t3 * t5", "t3 * t5", r"t_{3} \cdot t_{5}"),
        ("f(x, k=1)", "f(x, k=1)", r"\operatorname{f}\left(x, \text{k} = 1\right)"),
        ("logaddexp2(x, y)", "logaddexp2(x, y)", r"\operatorname{logaddexp2}\left(x, y\right)"),
        ("np.pi * x", "pi * x", r"\pi \cdot x"),
        ("x <= 0", "x <= 0", r"x \le 0"),
        ("1e-5 * a", "1e-05 * a", r"10^{-5} \cdot a"),
        ("np.square(x)", "square(x)", "x^{2}"),
        ("np.matmul(x, w)", "matmul(x, w)", r"x \, w"),
    ],
)
def test_formula_is_written_as_text_and_latex(formula, text, latex):
    assert (text, latex) == (to_text(formula), to_latex(formula))
    assert read(to_mathml(formula))


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ("(a + b) * c", r"\left(a + b\right) \cdot c"),
        ("(a * b) * c", r"a \cdot b \cdot c"),
        ("a * (b * c)", r"a \cdot \left(b \cdot c\right)"),
        ("a + b * c", r"a + b \cdot c"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("(a - b) - c", "a - b - c"),
        ("a + (-b)", r"a + \left(-b\right)"),
        ("-(a * b)", r"-a \cdot b"),
        ("-(a + b)", r"-\left(a + b\right)"),
        ("(-a) ** 2", r"\left(-a\right)^{2}"),
        ("-a ** 2", "-a^{2}"),
        ("(a + b) / (c * d)", r"\frac{a + b}{c \cdot d}"),
        ("(a / b) ** 2", r"\left(\frac{a}{b}\right)^{2}"),
        ("a ** (b + 1)", "a^{b + 1}"),
        ("(a ** b) ** c", r"\left(a^{b}\right)^{c}"),
        ("c * -a", r"c \cdot \left(-a\right)"),
        ("c + -a * b", r"c + \left(-a \cdot b\right)"),
        ("(a * b) @ c", r"\left(a \cdot b\right) \, c"),
        ("(a @ b) @ c", r"a \, b \, c"),
        ("(x > 0) * d", r"\left(x > 0\right) \cdot d"),
        ("exp(a + b)", "e^{a + b}"),
        ("d_w ** 2", r"\left(\mathrm{d}\,w\right)^{2}"),
        ("sum(a) * b", r"\left(\sum a\right) \cdot b"),
        ("sum(a + b)", r"\sum \left(a + b\right)"),
    ],
)
def test_latex_has_the_parentheses_it_needs_and_no_others(formula, latex):
    assert latex == to_latex(formula)


def test_parentheses_in_mathml_do_not_stretch():
    assert (
        "<mfrac><mrow><mrow><mo>(</mo><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>)</mo></mrow><mo>·</mo><mi>c</mi>"
        "</mrow><msqrt><mi>d</mi></msqrt></mfrac>"
    ) == to_mathml("(a + b) * c / sqrt(d)")


@pytest.mark.parametrize(
    ("formula", "spoken"),
    [
        ("t1 / t2", "t1t2"),
        ("a - b", "a−b"),
        ("x.T @ w", "x⊤w"),
        ("log(a)", "log\u2061(a)"),
        ("log10(a)", "log10\u2061(a)"),
        ("d.sum(axis=0)", "∑axis 0d"),
        ("prod(d)", "∏d"),
        ("abs(x)", "|x|"),
        ("a < b", "a<b"),
        ("[1, x[...]]", "[1,x[…]]"),
        ("1e-7", "10−7"),
        ("sum(a[i]**2 for i in 1 | 3)", "∑i=13a[i]2"),
        ("sum(a[i] for i in range(0, 3))", "∑i=02a[i]"),
    ],
)
def test_mathml_reads_as_the_formula(formula, spoken):
    assert spoken == read(to_mathml(formula))


@pytest.mark.parametrize(
    "formula", ["lambda x: x & y", "a_b%", "x if y else z", "f(**k)", "1j", "f()()", "a +", "b'x'"]
)
def test_unknown_syntax_is_text(formula):
    assert to_latex(formula).startswith(r"\text{")
    assert " ".join(formula.split()) == read(to_mathml(formula))
    assert to_text(formula)


@pytest.mark.parametrize(
    "formula", ["a+" * 5000 + "a", "(" * 500 + "a" + ")" * 500, "9" * 9999, "-" * 3000 + "a", *NASTY]
)
def test_nothing_that_is_written_raises(formula):
    assert isinstance(to_text(formula), str)
    assert isinstance(to_latex(formula), str)
    assert isinstance(factor_text(formula), str)
    read(to_mathml(formula))


@given(st.recursive(
    st.sampled_from(["a", "b", "t1", "d_w", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from([f"({{}}) {sign} ({{}})" for sign in ("+", "-", "*", "/", "@", "**")]), inner, inner),
        st.tuples(st.sampled_from(["-({})", "exp({})", "({}).T"]), inner),
    ).map(lambda parts: parts[0].format(*parts[1:])),
    max_leaves=12,
))  # fmt: skip
def test_text_means_what_the_formula_means(formula):
    assert ast.unparse(ast.parse(formula)) == ast.unparse(ast.parse(to_text(formula).replace("^", "**")))
    read(to_mathml(formula))
    assert to_latex(formula).count("{") == to_latex(formula).count("}")


def test_a_factor_is_in_parentheses_where_it_must_be():
    assert ["t5", "(1 / t2)", "(-t3)", "exp(a)", "c^2"] == [
        factor_text(formula) for formula in ("t5", "1 / t2", "-t3", "exp(a)", "c ** 2")
    ]
    assert r"\frac{1}{t_{2}}" == factor_latex("1 / t2")
    assert r"\left(-t_{3}\right)" == factor_latex("-t3")


# -- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "latex", "mathml"),
    [
        ("a", "a", "<mi>a</mi>"),
        ("t1", "t_{1}", "<msub><mi>t</mi><mn>1</mn></msub>"),
        ("w_0", "w_{0}", "<msub><mi>w</mi><mn>0</mn></msub>"),
        ("x12", "x_{12}", "<msub><mi>x</mi><mn>12</mn></msub>"),
        ("logits", r"\mathit{logits}", "<mi>logits</mi>"),
        ("a_b", r"\mathit{a\_b}", "<mi>a_b</mi>"),
        ("sigma", r"\sigma", "<mi>σ</mi>"),
        ("σ", r"\sigma", "<mi>σ</mi>"),
        ("Omega2", r"\Omega_{2}", "<msub><mi>Ω</mi><mn>2</mn></msub>"),
        ("lambda", r"\lambda", "<mi>λ</mi>"),
        ("weiß", r"\textit{wei\ss{}}", "<mi>weiß</mi>"),
        ("größe1", r"\textit{gr\"{o}\ss{}e}_{1}", "<msub><mi>größe</mi><mn>1</mn></msub>"),
        ("ж", r"\textit{(cyrillic small letter zhe)}", "<mi>ж</mi>"),
        ("aσ", r"\textit{a\ensuremath{\sigma}}", "<mi>aσ</mi>"),
        ("_", r"\mathit{\_}", "<mi>_</mi>"),
        ("__", r"\mathit{\_\_}", "<mi>__</mi>"),
        ("d_", r"\mathit{d\_}", "<mi>d_</mi>"),
        ("d", "d", "<mi>d</mi>"),
        ("x&y", r"\textit{x\&y}", "<mi>x&amp;y</mi>"),
        ("a_b%", r"\textit{a\_b\%}", "<mi>a_b%</mi>"),
        (r"\input{x}", r"\textit{\textbackslash{}input\{x\}}", r"<mi>\input{x}</mi>"),
    ],
)
def test_name_is_written_for_latex_and_mathml(name, latex, mathml):
    assert (latex, mathml) == (name_latex(name), name_mathml(name))


def test_a_gradient_is_named_with_an_upright_d():
    assert r"\mathrm{d}\,\mathit{logits}" == name_latex("d_logits")
    assert r"\mathrm{d}\,w_{1}" == name_latex("d_w1")
    assert '<mrow><mi mathvariant="normal">d</mi><mspace width="0.17em"/><mi>w</mi></mrow>' == name_mathml("d_w")


@pytest.mark.parametrize("name", NASTY)
def test_any_name_is_valid_xml_and_plain_latex(name):
    read(name_mathml(name))

    assert name_latex(name).isascii()
    assert partial_latex(name, name).isascii()


@given(st.text())
def test_any_text_is_escaped(text):
    known = "".join(each if unicodedata.category(each) not in ("Cc", "Cs", "Co", "Cn") else "" for each in text)

    assert formulas.escape_latex(text).isascii()
    assert known.split() == [] or read(f"<mtext>{formulas.escape_xml(text)}</mtext>")


def test_partial_derivatives():
    assert "dA/dt1" == partial_text("A", "t1")
    assert r"\frac{\partial A}{\partial t_{1}}" == partial_latex("A", "t1")
    assert "∂A∂t1" == read(partial_mathml("A", "t1"))


# -- numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (2.718281828, "2.718", "2.718"),
        (3.0, "3", "3"),
        (3, "3", "3"),
        (-0.52791, "-0.5279", "-0.5279"),
        (1.2e-5, "1.2e-05", r"1.2 \cdot 10^{-5}"),
        (12345678.0, "1.235e+07", r"1.235 \cdot 10^{7}"),
        (60000, "60000", "60000"),
        (12345.6, "12346", "12346"),
        (float("nan"), "nan", r"\mathrm{nan}"),
        (float("-inf"), "-inf", r"-\infty"),
        (-0.0, "0", "0"),
        (np.float32(0.1), "0.1", "0.1"),
        (True, "True", r"\mathrm{True}"),
        (np.array(2.5), "2.5", "2.5"),
        (np.array([1, 2.5]), "[1, 2.5]", "[1, 2.5]"),
        (np.array([[1.0, -0.0], [3.0, 4.0]]), "[[1, 0], [3, 4]]", "[[1, 0], [3, 4]]"),
        (np.zeros((2, 3)), "(2, 3), all 0", r"(2, 3)\text{, all }0"),
        (np.array([-1.0] * 5), "(5,), all -1", r"(5,)\text{, all }{-1}"),
        (np.array([np.nan] * 5), "(5,), all nan", r"(5,)\text{, all }\mathrm{nan}"),
        (
            np.array([1, 2, np.nan, 4, 3]),
            "(5,), from 1 to 4, 1 nan",
            r"(5,)\text{, from }1\text{ to }4\text{, 1 }\mathrm{nan}",
        ),
        (np.arange(5) < 2, "(5,), true in 2 of 5", r"(5,)\text{, true in 2 of 5}"),
        (np.zeros((0, 3)), "(0, 3), empty", r"(0, 3)\text{, empty}"),
    ],
)
def test_value_is_shown_with_four_digits(value, text, latex):
    assert (text, latex) == (shown(value), shown_latex(value))
    assert text.replace("-", "") in read(shown_mathml(value)) or "e" in text or "inf" in text or np.ndim(value)


def test_a_large_array_shows_its_shape_and_range():
    assert "(128, 10), from -0.1 to 0.32" == shown(np.linspace(-0.1, 0.32, 1280).reshape(128, 10))


def test_a_negative_factor_is_in_parentheses():
    assert ("(-1.359)", "1.099") == (in_product(-1.35914), in_product(1.09861))
    assert (r"(-1.2 \cdot 10^{-5})", "0") == (in_product_latex(-1.2e-5), in_product_latex(-0.0))


def test_digits_are_a_choice():
    assert "0.11279" == shown(0.112790299, digits=5)


def test_display_style_is_a_choice():
    assert '<math display="block"><mi>a</mi></math>' == math("<mi>a</mi>", display=True)
