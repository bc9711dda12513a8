r"""The explanation as LaTeX: aligned equations for a text of one's own, or a whole document for pdflatex.

``align*`` pulls columns apart to fill the line; where values stand beside formulas, it is ``alignat*``.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.explaining.printing.formulas import (
    escape_latex,
    factor_latex,
    in_product_latex,
    name_latex,
    partial_latex,
    shown_latex,
    to_latex,
)
from chainrule.explaining.printing.wording import (
    difference_of,
    in_python,
    input_checks,
    is_one_of_many,
    last_messages,
    notes,
    operand_of,
    step_parts,
)
from chainrule.explaining.record import Check, Message, Node, Record

__all__ = ["latex"]

ADDENDS = 3  # of a sum, on one line

_START = r"""\documentclass[a4paper]{article}
\usepackage{amsmath}
\setlength{\textwidth}{165mm}
\setlength{\oddsidemargin}{-3mm}
\setlength{\topmargin}{-10mm}
\setlength{\textheight}{235mm}
\begin{document}
"""
_END = "\\end{document}\n"


def latex(record: Record, form: str = "both", *, document: bool = False) -> str:
    """The assignments, the messages, the sums and the checks; they need the package amsmath.

    Args:
        record: what is explained.
        form: ``"chain"``: products of partial derivatives; ``"rule"``: local derivatives filled in; ``"numbers"``;
            ``"both"``: chain and numbers.
        document: whether the rest of a document stands around them.
    """
    parts = [
        _header(record),
        _block("a) One operation each", _assignments(record), columns=2),
        _block("c) Messages sent backwards", _messages(record, form), columns=3),
        _block("d) Sums at the nodes", _sums(record, form)),
        _block("Check by moving each input", _checks(record), columns=2),
        *(f"\\noindent {_prose(note)}\n" for note in notes(record)),
    ]
    body = "\\begingroup\\allowdisplaybreaks\n" + "\n".join(part for part in parts if part) + "\\endgroup\n"
    return f"{_START}{body}{_END}" if document else body


def _block(title: str, lines: Sequence[str], columns: int = 1) -> str:
    """A title and, below it, aligned lines; nothing where there are no lines."""
    if not lines:
        return ""
    rows = " \\\\\n".join(f"  {line}" for line in lines)
    name, pairs = ("align*", "") if columns == 1 else ("alignat*", f"{{{columns}}}")
    return f"\\noindent\\textbf{{{title}}}\n\\begin{{{name}}}{pairs}\n{rows}\n\\end{{{name}}}\n"


def _prose(note: str) -> str:
    return escape_latex(note) + r"\par"


def _header(record: Record) -> str:
    given = [node for node in record.nodes if node.kind != "operation"]
    subject = in_python(record.subject)
    if subject.isidentifier() and subject not in {node.name for node in record.inputs}:
        subject = f"{subject}({', '.join(node.name for node in record.inputs)})"
    values = ", ".join(f"${name_latex(node.name)} = {shown_latex(node.value)}$" for node in given)
    title = f"\\noindent $\\displaystyle {name_latex(record.name)} = {to_latex(subject)}$"
    return f"{title}\\quad at {values}\\par\\medskip\n" if values else f"{title}\\par\\medskip\n"


def _assignments(record: Record) -> list[str]:
    lines = []
    for node in record.operations:
        is_result = node.id == record.output and node.name != record.name
        end = f" = {name_latex(record.name)}" if is_result else ""
        lines.append(f"{name_latex(node.name)} &= {to_latex(node.formula)} &\\qquad& {shown_latex(node.value)}{end}")
    return lines


# -- messages and sums -----------------------------------------------------------------------------------


def _messages(record: Record, form: str) -> list[str]:
    return [_message(record, message, form) for message in record.messages]


def _message(record: Record, message: Message, form: str) -> str:
    route = _route(record, message)
    value = shown_latex(message.product)
    if message.is_array:
        rule = _rule(record, message)
        rows = {"numbers": [value], "both": [rule, value]}.get(form, [rule])
        return f"{route} {rows[0]}" + "".join(f" \\\\\n  &&& {row}" for row in rows[1:])
    numbers = rf"{shown_latex(message.upstream)} \cdot {in_product_latex(message.factor or 0.0)} = {value}"
    if form == "numbers":
        return f"{route} {numbers}"
    product = _product(record, message, form)
    return f"{route} {product} &&= {numbers}" if form == "both" else f"{route} {product}"


def _route(record: Record, message: Message) -> str:
    parent, child = (name_latex(record.nodes[node].name) for node in (message.edge.parent, message.edge.child))
    operand = operand_of(message, record)
    where = rf"\ \text{{(operand {operand})}}" if operand else ""
    return rf"{parent} &\to {child}{where} &\qquad&"


def _rule(record: Record, message: Message) -> str:
    sign = r"\mathrel{{+}{=}}" if is_one_of_many(message, record) else "="
    return f"{_array_gradient(record.nodes[message.edge.child])} {sign} {to_latex(message.local)}"


def _array_gradient(node: Node) -> str:
    return rf"\mathrm{{d}}\,{name_latex(node.name)}"


def _gradient(record: Record, node: Node) -> str:
    return _array_gradient(node) if node.shape else partial_latex(record.name, node.name)


def _product(record: Record, message: Message, form: str) -> str:
    parent, child = record.nodes[message.edge.parent], record.nodes[message.edge.child]
    upstream = partial_latex(record.name, parent.name)
    if form == "rule":
        return rf"{upstream} \cdot {factor_latex(message.local)}"
    return upstream + partial_latex(parent.name, child.name)


def _sums(record: Record, form: str) -> list[str]:
    if not record.messages:
        return []
    output = record.nodes[record.output]
    start = shown_latex(1.0 if output.gradient is None else output.gradient)
    ends = sorted(last_messages(record).items(), key=lambda end: end[1])
    return [f"{_gradient(record, output)} &= {start}", *(_sum(record, record.nodes[node], form) for node, _ in ends)]


def _sum(record: Record, node: Node, form: str) -> str:
    messages = record.messages_to[node.id]
    total = shown_latex(0.0 if node.gradient is None else node.gradient)
    terms = [_term(record, message, form) for message in messages]
    first, *others = messages
    numbers = [shown_latex(first.product), *(in_product_latex(message.product) for message in others)]
    start = f"{_gradient(record, node)} &"
    if any(message.is_array for message in messages):
        return f"{start}= {total}" if form == "numbers" else f"{start}{_added(terms)}"
    if form in ("chain", "rule"):
        return f"{start}{_added(terms)}"
    added = _added(numbers) + (f" = {total}" if others else "")
    if form == "numbers":
        return f"{start}{added}"
    between = " " if len(terms) == 1 else " \\\\\n  &"
    return f"{start}{_added(terms)}{between}{added}"


def _term(record: Record, message: Message, form: str) -> str:
    return to_latex(message.local) if message.is_array else _product(record, message, form)


def _added(terms: Sequence[str]) -> str:
    """A sum after its equals sign, a few addends on a line."""
    lines = [" + ".join(terms[start : start + ADDENDS]) for start in range(0, len(terms), ADDENDS)]
    return "= " + " \\\\\n  &\\quad + ".join(lines)


# -- the checks --------------------------------------------------------------------------------------------


def _checks(record: Record) -> list[str]:
    return [_check(record, node, check) for node, check in input_checks(record)]


def _check(record: Record, node: Node, check: Check) -> str:
    name, moved = name_latex(record.name), name_latex(node.name)
    step, twice = (_step(size) for size in (check.step, 2 * check.step))
    along = r" \, v" if node.shape else ""
    above, below = (f"{name}({moved} {sign} {step}{along})" for sign in "+-")
    expected = rf"\sum {_gradient(record, node)} \cdot v" if node.shape else _gradient(record, node)
    differs = rf"\text{{does not agree with }} {expected} = {shown_latex(check.expected)}"
    verdict = r"\text{agrees}" if check.agrees else differs
    return rf"\frac{{{above} - {below}}}{{{twice}}} &= {shown_latex(difference_of(check))} &\qquad& {verdict}"


def _step(size: float) -> str:
    digits, exponent = step_parts(size)
    return f"10^{{{exponent}}}" if digits == "1" else rf"{digits} \cdot 10^{{{exponent}}}"
