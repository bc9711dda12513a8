"""Formulas, from Python text in the nodes' names to plain text, LaTeX and MathML. They are parsed and never run."""

from __future__ import annotations

import ast
import warnings

from chainrule.explaining.printing.names import (
    escape_latex,
    escape_xml,
    name_latex,
    name_mathml,
    partial_latex,
    partial_mathml,
    partial_text,
)
from chainrule.explaining.printing.signs import LATEX, MATHML, Signs
from chainrule.explaining.printing.values import in_product, in_product_latex, shown, shown_latex, shown_mathml
from chainrule.explaining.printing.writing import FRACTION, UnknownSyntax, write

__all__ = [
    "escape_latex",
    "escape_xml",
    "factor_latex",
    "factor_text",
    "in_product",
    "in_product_latex",
    "math",
    "name_latex",
    "name_mathml",
    "partial_latex",
    "partial_mathml",
    "partial_text",
    "shown",
    "shown_latex",
    "shown_mathml",
    "to_latex",
    "to_mathml",
    "to_text",
]


def to_text(formula: str) -> str:
    """The formula in plain text: Python without ``np.``, and ``^`` for powers.

    Example:
        >>> to_text("np.exp(a) / c**2")
        'exp(a) / c^2'
    """
    tree = _parse(formula)
    return " ".join(formula.split()) if tree is None else _text(tree)


def to_latex(formula: str) -> str:
    r"""The formula for LaTeX's math mode; it needs the package amsmath.

    Example:
        >>> print(to_latex("np.exp(t1) / t2"))
        \frac{e^{t_{1}}}{t_{2}}
    """
    return _written(formula, LATEX, factor=False)


def to_mathml(formula: str) -> str:
    """The formula in MathML, without the ``<math>`` around it (`math`)."""
    return _written(formula, MATHML, factor=False)


def factor_text(formula: str) -> str:
    """The formula as the right factor of a product: in parentheses where they are needed."""
    tree = _parse(formula)
    is_power = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow)
    stands_alone = is_power or isinstance(tree, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript)
    return to_text(formula) if stands_alone else f"({to_text(formula)})"


def factor_latex(formula: str) -> str:
    """The formula as the right factor of a product in LaTeX."""
    return _written(formula, LATEX, factor=True)


def math(inner: str, display: bool = False) -> str:
    """MathML with its outermost element; ``display`` sets it on a line of its own."""
    return f'<math display="block">{inner}</math>' if display else f"<math>{inner}</math>"


def _parse(formula: str) -> ast.expr | None:
    """The formula's syntax tree; None where Python cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's remarks on the text are not for the reader
            return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _written(formula: str, signs: Signs, factor: bool) -> str:
    tree = _parse(formula)
    try:
        if tree is None:
            return signs.plain(formula)
        written = write(tree, signs)
    except (UnknownSyntax, RecursionError):
        return signs.plain(_text(tree) if tree else formula)
    return signs.parentheses(written.text) if factor and written.level < FRACTION else written.text


class _Plain(ast.NodeTransformer):
    """Leaves out the ``np.``."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """``np.exp`` is ``exp``."""
        self.generic_visit(node)
        is_numpy = isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy")
        return ast.Name(node.attr) if is_numpy else node


def _text(tree: ast.expr) -> str:
    try:
        return ast.unparse(_Plain().visit(tree)).replace(" ** ", "^")
    except RecursionError:
        return "..."
