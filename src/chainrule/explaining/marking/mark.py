"""Marking an answer: one operation each, everything shared, the same graph, and the right messages and sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainrule.explaining.marking.mark_answer import Answer, Line
from chainrule.explaining.marking.mark_backward import backward_problems
from chainrule.explaining.marking.mark_lines import read_line
from chainrule.explaining.marking.mark_terms import BackwardLine, backward_line

__all__ = ["Finding", "Marking", "mark"]


@dataclass(frozen=True)
class Finding:
    """Something about one line of an answer.

    Args:
        line: which, from 1; lines that stand behind a semicolon count. 0: about the whole answer.
        code: one word for what it is: ``"syntax"``, ``"name"``, ``"undefined"``, ``"redefined"``, ``"several"``,
            ``"none"``, ``"no value"``, ``"repeated"``, ``"value"``, ``"incomplete"``, ``"unused"``, ``"extra"``;
            of parts c) and d) ``"edge"``, ``"product"``, ``"missing product"``, ``"sum"``, ``"missing sum"``,
            ``"values"``; ``"order"`` for a right answer that is not ours.
        message: what is wrong, what was expected, what to do.
        column: where in the line, from 1, if one place is meant.
        is_note: whether it is right all the same.
    """

    line: int
    code: str
    message: str
    column: int | None = None
    is_note: bool = False


@dataclass(frozen=True)
class Marking:
    """What `mark` gives. ``print`` shows the findings, the first wrong line first.

    Args:
        expression: what was asked for.
        lines: the answer's lines.
        findings: by line.
        same_graph: whether the answer is ours up to names and the order of lines.
    """

    expression: str
    lines: Sequence[str]
    findings: Sequence[Finding]
    same_graph: bool

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong; notes do not count."""
        return all(finding.is_note for finding in self.findings)

    @property
    def first(self) -> Finding | None:
        """The first thing that is wrong."""
        return next((finding for finding in self.findings if not finding.is_note), None)

    def __str__(self) -> str:
        shown = [f"{self.expression}: {'right' if self.passed else 'not right yet'}"]
        for finding in self.findings:
            text = self.lines[finding.line - 1] if finding.line else ""
            shown += ["", f"line {finding.line}   {text}" if finding.line else "the whole answer"]
            if finding.column:
                shown.append(f"{'':{len(f'line {finding.line}   ') + finding.column - 1}}^")
            shown.append(f"  {finding.message}")
        return "\n".join(shown)


def mark(expression: str, answer: str, **values: Any) -> Marking:
    """Mark an answer to "intermediate variables, one operation each, reused where possible", and to what follows.

    >>> marking = mark("A = exp(a)/sqrt(b)*log(a+b)", "t1=exp(a); t2=sqrt(b); t3=t1*t2; t4=b+a; t5=log(t4); A=t3*t5")
    >>> print(marking)
    A = exp(a)/sqrt(b)*log(a+b): not right yet
    <BLANKLINE>
    line 3   t3=t1*t2
      t3 is not what is needed here; expected t1 / t2

    Names and the order of the lines are free; ``#`` begins a comment. Messages and sums may follow, and are marked when
    the definitions are right: ``t6 -> t3: t5`` is the local derivative (or the product with what arrives from above, or
    its number), ``d b = -0.5279 + 0.6407`` the sum of the messages to b. ``dA/dt3`` and ``dt3/dt1`` may be used.

    Args:
        expression: what was asked for.
        answer: the lines, with line ends or semicolons between them.
        values: of the expression's names; needed where messages or sums are given as numbers.

    Raises:
        ExpressionError: ``expression`` itself cannot be read.
    """
    parts = (part.strip() for line in answer.split("\n") for part in line.partition("#")[0].split(";"))
    lines = [part for part in parts if part]
    backward = {number: backward_line(number, text) for number, text in enumerate(lines, 1)}
    given = Answer(expression, [(number, text) for number, text in enumerate(lines, 1) if backward[number] is None])
    bound = given.wanted.bind(values) if values else ()
    point = dict(zip(given.wanted.names, map(float, bound), strict=True)) if values else None
    findings = _forward_findings(given)
    same = not findings and given.last.place == given.result
    if all(finding.is_note for finding in findings):
        findings += _backward_findings(given, [line for line in backward.values() if line is not None], point)
    findings.sort(key=lambda finding: (finding.line == 0, finding.line))
    power = _power_sign(answer, expression)
    return Marking(given.wanted.text, tuple(lines), tuple(_with_power(power, each) for each in findings), same)


def _power_sign(*texts: str) -> str:
    """How powers are written in the first of the texts that has some; ``^`` if none has."""
    return next(("^" if "^" in text else "**" for text in texts if "^" in text or "**" in text), "^")


def _with_power(sign: str, finding: Finding) -> Finding:
    if finding.code == "syntax":  # which may be about the sign itself
        return finding
    return replace(finding, message=finding.message.replace("**", "^").replace("^", sign))


def _forward_findings(answer: Answer) -> list[Finding]:
    """Each line by itself; if all are right, the whole."""
    if not answer.lines:
        example = f"t1 = {answer.texts[answer.ours[0]]}" if answer.ours else f"{answer.wanted.name} = ..."
        return [Finding(0, "incomplete", f"there is no definition; expected lines such as {example}")]
    found = []
    for line in answer.lines:
        problem = read_line(answer, line)
        if problem:
            found.append(Finding(line.number, *problem))
    return found or _judged(answer)


def _backward_findings(answer: Answer, lines: Sequence[BackwardLine], point: dict[str, float] | None) -> list[Finding]:
    if not lines:
        return []
    names = {line.name: line.place for line in answer.lines if line.place is not None}
    settings = (answer.points, point)
    problems = backward_problems(lines, answer.values, {**answer.inputs, **names}, answer.last.name, settings)
    return [Finding(*problem) for problem in problems]


# -- the whole -----------------------------------------------------------------------------------------------


def _judged(answer: Answer) -> list[Finding]:
    """Of lines that are right by themselves: is the last one the expression, without detours?"""
    place = answer.last.place
    assert place is not None  # without findings, every line was read
    if not answer.same(place, answer.result):
        return [_first_wrong(answer)]
    needed = answer.values.needed(place)
    unused = [line for line in answer.lines if line.place not in needed]
    if unused:
        text = "is not used for"
        return [
            Finding(line.number, "unused", f"{line.name} {text} {answer.last.name}; leave it out") for line in unused
        ]
    if len(answer.values.operations(place)) > len(set(answer.ours)):
        return [_detour(answer)]
    if place != answer.result:
        text = "right, and as short as ours, though not by the same operations"
        return [Finding(0, "order", text, is_note=True)]
    return []


def _detour(answer: Answer) -> Finding:
    extra = next((line for line in answer.lines if not answer.is_ours(line)), answer.last)
    count = len(set(answer.ours))
    text = f"this is right but a detour: {count} operations are enough, and {extra.formula} is none of them"
    return Finding(extra.number, "extra", text)


def _first_wrong(answer: Answer) -> Finding:
    """The first line that makes the result right when it is put right; else the first that is not ours."""
    foreign = [line for line in answer.lines if not answer.is_ours(line)]
    met = [line.place for line in answer.lines]
    unmet = [place for place in dict.fromkeys(answer.ours) if not any(answer.same(place, each) for each in met)]
    for line in (line for line in foreign if line is not answer.last):
        for place in unmet:
            if answer.with_value(line, place):
                return _expecting(answer, line, place)
    if foreign:
        return _expecting(answer, foreign[0], _likeliest(answer, foreign[0], unmet))
    last = answer.formula_of(answer.result)
    text = f"the answer ends with {answer.last.text}, and is not complete; expected {last} at the end"
    return Finding(answer.last.number, "incomplete", text)


def _expecting(answer: Answer, line: Line, place: int) -> Finding:
    text = f"{line.name} is not what is needed here; expected {answer.formula_of(place)}"
    return Finding(line.number, "value", text)


def _likeliest(answer: Answer, line: Line, unmet: Sequence[int]) -> int:
    """Of our values that the answer lacks, the one most like the line: same operands, same function."""
    if line is answer.last or line.place is None:
        return answer.result
    recipes = answer.values.recipes
    own = recipes[line.place]

    def likeness(place: int) -> int:
        shared = sum(any(answer.same(a, b) for b in own.operands) for a in recipes[place].operands)
        return 2 * shared + (recipes[place].function is own.function)

    return max(unmet, key=likeness, default=answer.result)
