"""What a picture says: the lines of each box, the heading, and all of it in words for those who cannot see it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.explaining.drawing.lettering import Run, formula_runs, name_runs, partial_runs, plain, spoken, strong
from chainrule.explaining.printing.formulas import in_product, partial_text, shown
from chainrule.explaining.printing.wording import in_python, notes, operand_of
from chainrule.explaining.record import Message, Node, Record

__all__ = ["Caption", "description", "given", "heading", "message_lines", "node_lines", "tooltip"]

Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Caption:
    """A line of a box before it has a place; ``role`` decides its colour and font."""

    runs: Runs
    size: float
    role: str


def heading(record: Record) -> str:
    """``A = exp(a) / sqrt(b)`` for a formula, the subject alone for everything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's remarks on the text are not for the reader
            formula = ast.parse(in_python(record.subject), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return record.subject
    return record.subject if isinstance(formula, ast.Name) else f"{record.name} = {record.subject}"


def given(record: Record) -> str:
    """``at a = 1, b = 2``; of arrays, their shapes."""
    values = [f"{node.name} = {_first(shown(node.value), node)}" for node in record.inputs]
    return "at " + ", ".join(values) if values else ""


def _first(text: str, node: Node) -> str:
    """Of a large array, its shape without its range."""
    return str(node.shape) if node.shape and text.startswith(str(node.shape)) else text


def description(record: Record, backward: bool) -> str:
    """The graph, its result and, with ``backward``, the gradients of the inputs, in words."""
    output = record.nodes[record.output]
    text = (
        f"A graph from left to right: inputs {', '.join(node.name for node in record.inputs)}; "
        f"then {'; '.join(f'{node.name} = {node.formula}' for node in record.operations)}. "
        f"The result {output.name} is {shown(output.value)}."
    )
    if backward:
        text += "".join(
            f" {partial_text(record.name, node.name)} = {shown(node.gradient)}."
            for node in record.inputs
            if node.gradient is not None
        )
    return " ".join([text, *notes(record)])


# -- boxes ---------------------------------------------------------------------------------------------------


def tooltip(lines: Sequence[Caption]) -> str:
    """All lines in one, whole."""
    return "; ".join(spoken(line.runs) for line in lines)


def node_lines(record: Record, node: Node, backward: bool) -> list[Caption]:
    """What it is, its value and, with ``backward``, its gradient where it has one."""
    count = record.repeats.get(node.id)
    repeated = (Run(f"\u2002× {count}", "aside"),) if count else ()  # noqa: RUF001 so many times
    lines = [Caption((*_definition(node), *repeated), 16, "formula"), *_value_lines(node)]
    return [*lines, _gradient_line(record, node)] if backward and node.gradient is not None else lines


def _definition(node: Node) -> Runs:
    """``t1 = exp(a)``; of an input or a constant, its name."""
    named = name_runs(node.name)
    return (*named, Run(" = "), *formula_runs(node.formula)) if node.kind == "operation" else named


def _value_lines(node: Node) -> Iterator[Caption]:
    """The value; of a large array, shape and range are two lines."""
    text = shown(node.value)
    if _first(text, node) == text:
        yield Caption(strong(text), 14, "forward")
    else:
        yield Caption(strong(str(node.shape)), 13, "forward")
        yield Caption(plain(text.removeprefix(f"{node.shape}, ")), 12, "forward")


def _gradient_line(record: Record, node: Node) -> Caption:
    """``dA/dt1 = 0.7768``; of a large array, its range, for its shape is the value's."""
    text = shown(node.gradient if node.gradient is not None else 0.0)
    is_range = text.startswith(f"{node.shape}, ")
    number = plain(" " + text.removeprefix(f"{node.shape}, ")) if is_range else (Run(" = "), *strong(text))
    return Caption((*partial_runs(record.name, node.name), *number), 14, "backward")


def message_lines(record: Record, message: Message) -> list[Caption]:
    """The product of derivatives, and its numbers; where arrays are involved, the pull-back, its shape and range."""
    child, parent = record.nodes[message.edge.child].name, record.nodes[message.edge.parent].name
    chain = (*partial_runs(record.name, parent), Run(" · "), *partial_runs(parent, child))
    operand = operand_of(message, record)
    chain = (*chain, Run(f"\u2002(operand {operand})", "aside")) if operand else chain
    product = shown(message.product)
    if message.factor is not None:
        factors = f"{shown(message.upstream)} × {in_product(message.factor)} = "  # noqa: RUF001 a product
        return [Caption(chain, 15, "backward"), Caption((*plain(factors), *strong(product)), 13, "number")]
    pulled = (Run("= "), *formula_runs(message.local))
    return [Caption(chain, 15, "backward"), Caption(pulled, 14, "backward"), Caption(plain(product), 12, "number")]
