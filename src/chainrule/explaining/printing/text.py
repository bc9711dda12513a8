"""The explanation as plain text: one operation each, the messages sent backwards, the sums, the checks."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from chainrule.explaining.printing.formulas import factor_text, in_product, partial_text, shown, to_text
from chainrule.explaining.printing.wording import (
    difference_of,
    input_checks,
    is_one_of_many,
    last_messages,
    longest,
    notes,
    operand_of,
    step_parts,
)
from chainrule.explaining.record import Check, Message, Node, Record

__all__ = ["text"]

WIDTH = 110
INDENT = "   "
TIED = "\N{NO-BREAK SPACE}"
Cells = tuple[str, ...]


def text(record: Record, form: str = "both") -> str:
    """The whole explanation.

    Args:
        record: what is explained.
        form: ``"chain"``: products of partial derivatives; ``"rule"``: local derivatives filled in; ``"numbers"``;
            ``"both"``: chain and numbers.
    """
    blocks = [_header(record), _assignments(record), _backwards(record, form), _checks(record)]
    blocks.append([line for note in notes(record) for line in _wrapped(f"note   {note}", "       ")])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _wrapped(line: str, indent: str) -> list[str]:
    """The line, broken at blanks where it is too long."""
    if len(line) <= WIDTH:
        return [line]
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


# -- the question and a) ---------------------------------------------------------------------------------


def _header(record: Record) -> list[str]:
    given = [node for node in record.nodes if node.kind != "operation"]
    subject = " ".join(record.subject.split())
    if subject.isidentifier() and subject not in {node.name for node in record.inputs}:
        subject = f"{subject}({', '.join(node.name for node in record.inputs)})"
    values = ", ".join(f"{node.name} = {_value(node)}".replace(" ", TIED) for node in given)
    title = f"{record.name} = {subject}"
    lines = _wrapped(f"{title}   at {values}" if values else title, INDENT)
    return [line.replace(TIED, " ") for line in lines]


def _value(node: Node) -> str:
    """The value; a large array in parentheses, since its own description has commas."""
    value = shown(node.value)
    return f"({value})" if node.shape and not value.startswith("[") else value


def _assignments(record: Record) -> list[str]:
    operations = record.operations
    if not operations:
        return []
    names = longest([node.name for node in operations])
    lines = [f"{INDENT}{node.name:<{names}} = {to_text(node.formula)}" for node in operations]
    title = "a) one operation each"
    width = max(longest(lines), len(title)) + 4
    values = _signs_apart([shown(node.value) for node in operations])
    said = [f"{title:<{width}}value"]
    for node, line, value in zip(operations, lines, values, strict=True):
        end = f"   = {record.name}" if node.id == record.output and node.name != record.name else ""
        said.append(f"{line:<{width}}{value}{end}")
    return said


# -- c) and d) -------------------------------------------------------------------------------------------


def _backwards(record: Record, form: str) -> list[str]:
    """The messages and, beside the last one to each node, its sum; below them where the page is too narrow."""
    if not record.messages:
        return []
    title, sums_title = "c) messages sent backwards", "d) sums"
    left = [_seed(record), *_message_lines(record, form)]
    sums = _sums(record, form)
    width = max(longest(left), len(title)) + 4
    right = ["", *(sums.get(place, "") for place in range(len(record.messages)))]
    beside = [f"{line:<{width}}{total}" for line, total in zip(left, right, strict=True)]
    if longest(beside) <= WIDTH:
        return [f"{title:<{width}}{sums_title}" if sums else title, *beside]
    below = [line for place in sorted(sums) for line in _broken(INDENT + sums[place])]
    return [title, *left, "", sums_title, *below]


def _broken(line: str) -> list[str]:
    """A sum on several lines, broken before a ``+``."""
    indent = " " * (line.index("=") if "=" in line else len(INDENT))
    lines, current = [], ""
    for part in line.replace(" + ", "\0+ ").replace(" = ", "\0= ").split("\0"):
        if current and len(current) + 1 + len(part) > WIDTH:
            lines.append(current)
            current = indent + part
        else:
            current = f"{current} {part}" if current else part
    return [*lines, current]


def _seed(record: Record) -> str:
    output = record.nodes[record.output]
    return f"{INDENT}start   {_gradient(record, output)} = {shown(1.0 if output.gradient is None else output.gradient)}"


def _gradient(record: Record, node: Node) -> str:
    """``dA/db`` of a number, ``d_w`` of an array."""
    return f"d_{node.name}" if node.shape else partial_text(record.name, node.name)


def _message_lines(record: Record, form: str) -> list[str]:
    routes = [_route(record, message) for message in record.messages]
    cells = [_cells(record, message, form) for message in record.messages]
    width = longest(routes)
    numbers = _aligned([row for row, message in zip(cells, record.messages, strict=True) if not message.is_array])
    arrays = _aligned([row for row, message in zip(cells, record.messages, strict=True) if message.is_array], "   ")
    lines = []
    for route, message in zip(routes, record.messages, strict=True):
        line = (arrays if message.is_array else numbers).pop(0)
        lines.append(f"{INDENT}{route:<{width}}   {line}")
    return lines


def _route(record: Record, message: Message) -> str:
    parent, child = (record.nodes[node].name for node in (message.edge.parent, message.edge.child))
    operand = operand_of(message, record)
    return f"{parent} -> {child}" + (f" (operand {operand})" if operand else "")


def _cells(record: Record, message: Message, form: str) -> Cells:
    """The parts of a message that stand below each other."""
    if message.is_array:
        return _array_cells(record, message, form)
    numbers = (f"{shown(message.upstream)} * {in_product(message.factor or 0.0)}", shown(message.product))
    if form == "numbers":
        return numbers
    symbols = _product(record, message, form)
    return (symbols, *numbers) if form == "both" else (symbols,)


def _array_cells(record: Record, message: Message, form: str) -> Cells:
    sign = "+=" if is_one_of_many(message, record) else "="
    rule = f"d_{record.nodes[message.edge.child].name} {sign} {to_text(message.local)}"
    value = shown(message.product)
    return (value,) if form == "numbers" else (rule, value) if form == "both" else (rule,)


def _product(record: Record, message: Message, form: str) -> str:
    """``dA/dt2 * dt2/db``, or with the local derivative filled in."""
    parent, child = record.nodes[message.edge.parent], record.nodes[message.edge.child]
    local = factor_text(message.local) if form == "rule" else partial_text(parent.name, child.name)
    return f"{partial_text(record.name, parent.name)} * {local}"


def _aligned(rows: Sequence[Cells], between: str = " = ") -> list[str]:
    """Columns of one width each; in the last one, signs stand in a column of their own."""
    if not rows:
        return []
    if len(rows[0]) > 1:
        last = _signs_apart([row[-1] for row in rows])
        rows = [(*row[:-1], number) for row, number in zip(rows, last, strict=True)]
    widths = [longest([row[column] for row in rows]) for column in range(len(rows[0]))]
    return [between.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _signs_apart(numbers: Sequence[str]) -> list[str]:
    """A blank before the positive numbers, if there are negative ones."""
    blank = " " if any(number.startswith("-") for number in numbers) else ""
    return [number if number.startswith("-") else blank + number for number in numbers]


def _sums(record: Record, form: str) -> dict[int, str]:
    """The sum at each node, by the place of the last message to it."""
    sums = {place: _sum(record, record.nodes[node], form) for node, place in last_messages(record).items()}
    return {place: line for place, line in sums.items() if line}


def _sum(record: Record, node: Node, form: str) -> str:
    messages = record.messages_to[node.id]
    name = _gradient(record, node)
    total = shown(0.0 if node.gradient is None else node.gradient)
    if any(message.is_array for message in messages):
        return _array_sum(name, messages, total, form)
    if form in ("chain", "rule"):
        return f"{name} = {' + '.join(_product(record, message, form) for message in messages)}"
    if len(messages) == 1:
        return f"{name} = {total}"
    first, *others = messages
    return f"{name} = {' + '.join([shown(first.product), *(in_product(each.product) for each in others)])} = {total}"


def _array_sum(name: str, messages: Sequence[Message], total: str, form: str) -> str:
    """Nothing for a single message, which is the gradient already."""
    if len(messages) == 1:
        return ""
    if form == "numbers":
        return f"{name}, the sum of {len(messages)} messages: {total}"
    return f"{name} = {' + '.join(to_text(message.local) for message in messages)}"


# -- the checks --------------------------------------------------------------------------------------------


def _checks(record: Record) -> list[str]:
    lines = [_check(record, node, check) for node, check in input_checks(record)]
    width = longest([line for line, _ in lines])
    starts = ["check  ", *["       "] * len(lines)]
    return [f"{start}{line:<{width}}   {verdict}" for start, (line, verdict) in zip(starts, lines, strict=False)]


def _check(record: Record, node: Node, check: Check) -> tuple[str, str]:
    """The central difference, and whether it agrees."""
    name, moved = record.name, node.name
    step, twice = ("e".join(map(str, step_parts(size))) for size in (check.step, 2 * check.step))
    along = "*v" if node.shape else ""
    line = f"({name}({moved}+{step}{along}) - {name}({moved}-{step}{along})) / {twice} = {shown(difference_of(check))}"
    expected = f"sum({_gradient(record, node)}*v)" if node.shape else _gradient(record, node)
    verdict = "agrees" if check.agrees else f"does not agree with {expected} = {shown(check.expected)}"
    return line, verdict
