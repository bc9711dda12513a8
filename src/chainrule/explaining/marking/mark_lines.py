"""What is wrong with one line of an answer by itself."""

from __future__ import annotations

import math
import re

from chainrule.data.wording import nearest
from chainrule.explaining.expressions.expression import ExpressionError, parse
from chainrule.explaining.marking.mark_answer import Answer, Line, formula

__all__ = ["LineProblem", "read_line"]

LineProblem = tuple[str, str, int | None]  # code, message, column from 1


def read_line(answer: Answer, line: Line) -> LineProblem | None:
    """Read a line and write its value down; the first thing that is wrong with it."""
    if not line.name:
        return "name", f"a line gives a value a name: t{line.number} = {line.text}", None
    try:
        line.expression = parse(line.text)
    except ExpressionError as error:
        return "syntax", error.problem, error.column + 1
    problem = _redefined(answer, line) or _undefined(answer, line)
    if problem or not set(line.expression.names) <= answer.known(line).keys():
        return problem
    line.place, line.operations = answer.values.written(line.expression, answer.known(line))
    return _not_one_operation(answer, line) or _without_value(answer, line) or _repeated(answer, line)


def _redefined(answer: Answer, line: Line) -> LineProblem | None:
    if line.name in answer.inputs:
        return "redefined", f"{line.name} is a value of the expression; choose another name", None
    for earlier in answer.before(line):
        if earlier.name == line.name:
            text = f"{line.name} is defined already, in line {earlier.number}; choose another name"
            return "redefined", text, None
    return None


def _undefined(answer: Answer, line: Line) -> LineProblem | None:
    """A name without a value; one whose own line is wrong is not complained about again."""
    assert line.expression is not None  # was read
    known = answer.known(line)
    places = {each.name: each.number for each in reversed(answer.lines)}
    for name in (name for name in line.expression.names if name not in known):
        if places.get(name, 0) > line.number:
            text = f"{name} is used here and defined only in line {places[name]}; move that line up"
            return "undefined", text, _column(line, name)
        if name not in places:
            return "undefined", f"{name} is not defined.{nearest(name, list(known))}", _column(line, name)
    return None


def _column(line: Line, name: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line.text.partition("=")[2])
    return line.text.index("=") + 2 + (found.start() if found else 0)


def _not_one_operation(answer: Answer, line: Line) -> LineProblem | None:
    if len(line.operations) > 1:
        return "several", _split(answer, line), None
    if not line.operations and line is not answer.last:
        return "none", f"{line.name} is {line.formula} again, and no operation; use {line.formula} itself", None
    return None


def _split(answer: Answer, line: Line) -> str:
    """How to write a line of several operations in lines of one."""
    assert line.expression is not None  # was read
    taken = {*answer.inputs, *(each.name for each in answer.lines)}
    fresh = (name for name in (f"u{number}" for number in range(1, 10_000)) if name not in taken)
    names: list[str] = []
    written = []
    operations = line.expression.unrolled.operations
    for operation in operations:
        operands = [each.text if each.place is None else names[each.place] for each in operation.operands]
        names.append(line.name if operation is operations[-1] else next(fresh))
        written.append(f"{names[-1]} = {formula(operation.sign, operands)}")
    return f"{line.name} takes {len(operations)} operations; write {'; '.join(written)}"


def _without_value(answer: Answer, line: Line) -> LineProblem | None:
    assert line.place is not None  # was read
    if any(math.isnan(answer.values.numbers(point)[line.place]) for point in answer.points):
        return "no value", f"{line.formula} has no value where the expression has one", None
    return None


def _repeated(answer: Answer, line: Line) -> LineProblem | None:
    # The expression itself may compute one number in two ways, and then so may the answer.
    is_double = sum(answer.same(each, line.place) for each in (*answer.inputs.values(), *answer.ours)) > 1
    for earlier in answer.before(line) if line.operations else ():
        if earlier.place == line.place or (not is_double and answer.same(earlier.place, line.place)):
            text = f"{line.name} has the value that {earlier.name} has already (line {earlier.number}); use it"
            return "repeated", text, None
    return None
