"""From a program that ran to the record of its explanation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.explaining.record import Check, Edge, Message, Node, Record, Step
from chainrule.explaining.rules import Rule, renamed, rule_of, slots_of
from chainrule.tracing.program import Equation, Program, Variable, primitive_name
from chainrule.tracing.trees import leaves

__all__ = ["build"]

# Of a number, relative to its size; smaller ones where the function bends much. Of an array, some of whose many entries
# are always near a kink.
NUDGES, SMALL_NUDGES = (1e-4, 1e-5, 1e-6), (1e-6, 1e-7)
TOLERANCE = 1e-4
_SPAN = re.compile(r"@(\d+):(\d+)")


def build(
    program: Program,
    arguments: Sequence[Any],
    *,
    name: str,
    subject: str,
    names: Mapping[Variable, str] | None = None,
    start: int = 0,
) -> Record:
    """The record of a program with a number as its result.

    Args:
        program: what ran.
        arguments: with which values, in the form that the program takes.
        name: of the result.
        subject: what is explained, in the words of its author.
        names: of variables; those that the program knows, if not given.
        start: the column, of those that groups ``@start:end`` speak of, at which the subject begins.
    """
    builder = _Builder(program, arguments, name, program.names if names is None else names, start)
    return builder.record(subject)


class _Builder:
    """Remembers values, names and gradients of a program's variables."""

    def __init__(
        self, program: Program, arguments: Sequence[Any], name: str, names: Mapping[Variable, str], start: int
    ) -> None:
        self.program = program
        self.start = start
        (self.result,) = (leaf for leaf in leaves(program.outputs) if isinstance(leaf, Variable))
        self.values: dict[Variable, Any] = {v: _in_double(value) for v, value in program.constants.items()}
        given = [_in_double(leaf) for leaf in leaves(tuple(arguments))]
        expected = leaves(program.inputs)
        self.values |= {v: value for v, value in zip(expected, given, strict=True) if isinstance(v, Variable)}
        for equation in program.equations:
            self.values[equation.output] = equation.evaluate(self._value)
        self.used = {variable for equation in program.equations for variable in equation.uses()} | {self.result}
        self.order = [
            *(variable for variable in program.input_variables if variable in self.used),
            *(variable for variable in program.constants if variable in self.used),
            *(equation.output for equation in program.equations),
        ]
        self.ids = {variable: number for number, variable in enumerate(self.order)}
        self.names = _unique_names(program, self.order, self.result, name, names)
        self.equations = {equation.output: equation for equation in program.equations}
        self.rules: dict[Variable, Rule] = {}
        for equation in program.equations:
            slots = [self.values[variable] for variable in slots_of(equation)]
            self.rules[equation.output] = rule_of(equation, slots, self.values[equation.output])

    def _value(self, leaf: Any) -> Any:
        return self.values[leaf] if isinstance(leaf, Variable) else leaf

    # -- backwards -------------------------------------------------------------------------------------

    def record(self, subject: str) -> Record:
        """Send the messages, and put everything together."""
        gradients: dict[Variable, Any] = {self.result: np.ones_like(self.values[self.result])[()]}
        messages: list[Message] = []
        for equation in reversed(self.program.equations):
            if equation.output in gradients:
                messages += self._messages(equation, gradients)
        nodes = [self._node(variable, gradients.get(variable)) for variable in self.order]
        return Record(
            self.names[self.result],
            subject,
            nodes,
            messages,
            _steps(nodes, messages, self.ids[self.result]),
            [self._check(variable, gradients[variable]) for variable in self.order if variable in gradients],
            self.ids[self.result],
            self._notes(),
        )

    def _notes(self) -> list[str]:
        """Where a mean's 1/N enters, which every gradient before it carries."""
        notes = []
        for equation in self.program.equations:
            count = _averaged(equation, [self.values[variable] for variable in slots_of(equation)])
            if count:
                called = self._placeholders(equation)
                formula = renamed(self.rules[equation.output].formula, called)
                notes.append(
                    f"1/{count} enters at {called['out']} = {formula}: every gradient before it carries this factor."
                )
        return notes

    def _messages(self, equation: Equation, gradients: dict[Variable, Any]) -> list[Message]:
        """What the operation sends to each of its operands, added to their gradients."""
        rule, upstream = self.rules[equation.output], gradients[equation.output]
        slots = slots_of(equation)
        found = rule.gradients(upstream, [self.values[variable] for variable in slots])
        called = self._placeholders(equation)
        messages = []
        for slot, (variable, gradient, local) in enumerate(zip(slots, found, rule.locals, strict=True)):
            if gradient is None or local is None:
                continue
            factor = None if rule.is_array else float(gradient)
            product = gradient if factor is None else upstream * gradient
            edge = Edge(self.ids[variable], self.ids[equation.output], slot)
            messages.append(Message(edge, renamed(local, called), _plain(upstream), factor, _plain(product)))
            known = gradients.get(variable)
            gradients[variable] = product if known is None else known + product
        return messages

    def _placeholders(self, equation: Equation) -> dict[str, str]:
        own = self.names[equation.output]
        slots = {f"x{number}": self.names[variable] for number, variable in enumerate(slots_of(equation))}
        return {**slots, "out": own, "d": f"d_{own}"}

    def _node(self, variable: Variable, gradient: Any) -> Node:
        name, value = self.names[variable], _plain(self.values[variable])
        equation = self.equations.get(variable)
        known = None if gradient is None else _plain(gradient)
        if equation is None:
            kind = "constant" if variable in self.program.constants else "input"
            return Node(self.ids[variable], name, kind, "", name, (), value, known)  # type: ignore[arg-type]
        span = _SPAN.fullmatch(equation.origin.group)
        return Node(
            self.ids[variable],
            name,
            "operation",
            _operation(equation),
            renamed(self.rules[variable].formula, self._placeholders(equation)),
            tuple(self.ids[operand] for operand in slots_of(equation)),
            value,
            known,
            (int(span[1]) - self.start, int(span[2]) - self.start) if span else None,
            "" if span else equation.origin.source,
            "" if span else equation.origin.group,
        )

    # -- checking ----------------------------------------------------------------------------------------

    def _check(self, variable: Variable, gradient: Any) -> Check:
        """Move one value, and compute everything after it again."""
        nudges = SMALL_NUDGES if np.ndim(self.values[variable]) else NUDGES
        checks = [self._nudged(variable, gradient, nudges[0])]
        while not checks[-1].agrees and len(checks) < len(nudges):
            checks.append(self._nudged(variable, gradient, nudges[len(checks)]))
        return checks[-1] if checks[-1].agrees else checks[0]

    def _nudged(self, variable: Variable, gradient: Any, nudge: float) -> Check:
        value = np.asarray(self.values[variable])
        size = float(np.sqrt(np.mean(np.square(value)))) or 1.0
        step = nudge * size
        # Along a direction of ones and minus ones, so that no entry is left out; the same in every run.
        direction = np.random.default_rng(0).choice([-1.0, 1.0], value.shape) if value.shape else 1.0
        with np.errstate(all="ignore"):
            above, below = (self._moved(variable, value + sign * step * direction) for sign in (1, -1))
        difference = (above - below) / (2 * step)
        expected = float(np.sum(gradient * direction))
        scale = max(abs(expected), abs(difference), 1e-3 * abs(above) / size, 1e-12)
        return Check(
            self.ids[variable],
            step,
            above,
            below,
            difference,
            expected,
            bool(abs(difference - expected) <= TOLERANCE * scale),
        )

    def _moved(self, variable: Variable, value: Any) -> float:
        """The result with another value of one variable."""
        values = {variable: value[()] if isinstance(value, np.ndarray) else value}

        def value_of(leaf: Any) -> Any:
            return values.get(leaf, self.values.get(leaf)) if isinstance(leaf, Variable) else leaf

        for equation in self.program.equations:
            if equation.output is not variable and any(used in values for used in equation.uses()):
                values[equation.output] = equation.evaluate(value_of)
        return float(values.get(self.result, self.values[self.result]))


def _steps(nodes: Sequence[Node], messages: Sequence[Message], output: int) -> list[Step]:
    """Forward node by node, the seed, then each message, and each sum as soon as all messages have arrived."""
    steps = [("forward", node.id, None) for node in nodes if node.kind == "operation"]
    steps.append(("seed", output, None))
    missing = {node.id: 0 for node in nodes}
    for message in messages:
        missing[message.edge.child] += 1
    for number, message in enumerate(messages):
        child = message.edge.child
        steps.append(("message", child, number))  # type: ignore[arg-type]
        missing[child] -= 1
        if not missing[child]:
            steps.append(("sum", child, None))
    return [Step(number, *step) for number, step in enumerate(steps, 1)]  # type: ignore[arg-type]


def _unique_names(
    program: Program, order: Sequence[Variable], result: Variable, name: str, names: Mapping[Variable, str]
) -> dict[Variable, str]:
    """A name for each: its author's, else ``t1``, ``t2`` ...; of constants ``c1`` ..."""
    computed = any(equation.output is result for equation in program.equations)
    found: dict[Variable, str] = {result: name} if computed else {}  # an input keeps its own name
    taken = set(found.values())
    for variable in order:
        wanted = names.get(variable, "")
        if variable not in found and wanted.isidentifier() and wanted not in taken:
            found[variable] = wanted
            taken.add(wanted)
    count = {"t": 0, "c": 0}
    for variable in order:
        while variable not in found:
            stem = "c" if variable in program.constants else "t"
            count[stem] += 1
            if f"{stem}{count[stem]}" not in taken:
                found[variable] = f"{stem}{count[stem]}"
                taken.add(found[variable])
    return found


def _averaged(equation: Equation, values: Sequence[Any]) -> int:
    """N, where the operation is a mean, or the division of a number, such as a sum, by a whole number."""
    if equation.function is np.mean:
        return int(np.size(values[0]) // max(int(np.prod(equation.output.shape)), 1))
    divisor = equation.operands[1] if _operation(equation) == "divide" else 0
    return divisor if isinstance(divisor, int) and divisor > 1 and np.ndim(values[0]) == 0 else 0


def _operation(equation: Equation) -> str:
    names = {"mul": "multiply", "truediv": "divide", "sub": "subtract", "pow": "power", "neg": "negative"}
    name = primitive_name(equation.function)
    return names.get(name, name)


def _in_double(value: Any) -> Any:
    """Numbers as float64: Python's own would be recorded by another kind of function, and float32 checks badly."""
    if isinstance(value, (float, int)) and not isinstance(value, bool):
        return np.float64(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return value


def _plain(value: Any) -> Any:
    """A float for a number, else the array."""
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
