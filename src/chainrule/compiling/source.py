"""A program as the text of a Python function, the one a careful person would have written by hand.

Text is built as ``ast`` and printed by ``ast.unparse``, which places exactly the parentheses that are needed. A value
without a name that is used once is folded into the line that uses it; lines stay short enough to read.
"""

from __future__ import annotations

import ast
import keyword
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.compiling.layout import row_by_row
from chainrule.compiling.literals import PlainNumber, literal
from chainrule.compiling.reuse import Memory, handed_out
from chainrule.tracing.numpy_calls import DRAWING, REDUCTIONS
from chainrule.tracing.program import Equation, Program, Variable, primitive_name
from chainrule.tracing.recorder import COMMUTATIVE
from chainrule.tracing.trees import leaves_with_names

__all__ = ["Source", "write_source"]

FOLDED_LENGTH = 60  # the longest expression that still reads well inside another
INDENT = "    "

_BINARY: dict[Any, ast.operator] = {
    np.add: ast.Add(),
    np.subtract: ast.Sub(),
    np.multiply: ast.Mult(),
    np.divide: ast.Div(),
    np.floor_divide: ast.FloorDiv(),
    np.matmul: ast.MatMult(),
    np.bitwise_and: ast.BitAnd(),
    np.bitwise_or: ast.BitOr(),
    np.bitwise_xor: ast.BitXor(),
    operator.add: ast.Add(),
    operator.sub: ast.Sub(),
    operator.mul: ast.Mult(),
    operator.truediv: ast.Div(),
    operator.floordiv: ast.FloorDiv(),
    operator.pow: ast.Pow(),
}
_UNARY: dict[Any, ast.unaryop] = {
    np.negative: ast.USub(),
    np.invert: ast.Invert(),
    operator.neg: ast.USub(),
    operator.pos: ast.UAdd(),
}
_COMPARE: dict[Any, ast.cmpop] = {
    np.less: ast.Lt(),
    np.less_equal: ast.LtE(),
    np.greater: ast.Gt(),
    np.greater_equal: ast.GtE(),
    np.equal: ast.Eq(),
    np.not_equal: ast.NotEq(),
}
# Python's own names that the text may use.
_BUILTINS = ("slice", "float", "int", "bool")

# As methods they mean the same, read better, and save the microsecond that NumPy's wrappers cost.
_METHODS = REDUCTIONS | frozenset(
    {
        np.any,
        np.all,
        np.argmax,
        np.argmin,
        np.cumsum,
        np.reshape,
        np.swapaxes,
        np.squeeze,
        np.ravel,
    }
)


@dataclass(frozen=True)
class Source:
    """The text of a program, and what it refers to besides ``np`` and its arguments."""

    name: str
    text: str
    references: Mapping[str, Any]
    names: Mapping[Variable, str]


def write_source(
    program: Program, donated: Iterable[Variable] = (), notes: Iterable[str] = (), *, buffers: bool = True
) -> Source:
    """Write the program as a function of its inputs, in order, that returns its outputs, in order.

    ``donated`` inputs may be written over; such a function also keeps buffers for its large values, unless
    ``buffers`` is False. ``notes`` become comments in the first lines.
    """
    return _Writer(program, frozenset(donated), tuple(notes), buffers).write()


class _Writer:
    """Remembers what has been written: names taken, values waiting to be folded into a later line."""

    def __init__(self, program: Program, donated: frozenset[Variable], notes: tuple[str, ...], buffers: bool) -> None:
        self.program = program
        self.notes = notes
        self.references: dict[str, Any] = {}
        self.function_name = _identifier(program.name) or "step"
        self.taken = {"np", self.function_name, *_BUILTINS, *_names_of_functions(program)}
        self.numbers: Counter[str] = Counter()
        self.names: dict[Variable, str] = {}
        self.waiting: dict[Variable, tuple[ast.expr, set[Variable]]] = {}
        self.remaining = Counter(variable for equation in program.equations for variable in equation.uses())
        self.remaining.update(program.output_variables)
        used_once = {variable for variable, uses in self.remaining.items() if uses == 1}
        # A name is worth a line, and so is each of several results.
        results = {*program.output_variables} if len(program.output_variables) > 1 else set()
        self.foldable = used_once - {*program.names} - results
        self.memory = Memory(donated, self.remaining, handed_out(program), row_by_row(program), self._unique, buffers)
        self.same_as_input = _results_named_as_inputs(program)
        self.heirs = self.memory.heirs(program.equations)
        self.lines: list[str] = []

    def write(self) -> Source:
        arguments = [self._name(variable) for variable in self.program.input_variables]
        for variable, value in self.program.constants.items():
            self.references[self._name(variable)] = value
        for equation in self.program.equations:
            self._write_equation(equation)
        self._write_return()
        self.references.update(self.memory.allocate())
        header = f"def {self.function_name}({', '.join(arguments)}):{self._shapes()}"
        text = "\n".join([*self._preamble(), header, *self.lines]) + "\n"
        return Source(self.function_name, text, self.references, self.names)

    def _shapes(self) -> str:
        described = [_describe(self.names[variable], variable) for variable in self.program.input_variables]
        return "  # " + "  ".join(described) if described else ""

    def _preamble(self) -> list[str]:
        constants = [_describe(self.names[variable], variable) for variable in self.program.constants]
        buffers = [f"{name} {shape}" for name, (shape, _) in self.memory.buffers.items()]
        drawing = DRAWING.intersection(equation.function for equation in self.program.equations)
        return [
            *(f"# {note}" for note in self.notes),
            *(f"# from {function.__module__} import {function.__name__}" for function in drawing),
            *(["# constants: " + "  ".join(constants)] if constants else []),
            *(["# kept between calls: " + "  ".join(buffers)] if buffers else []),
        ]

    # -- lines ---------------------------------------------------------------------------------------

    def _write_equation(self, equation: Equation) -> None:
        variable = equation.output
        self.memory.note_view(equation)
        if self.memory.plans(equation):
            self._write_large(equation)
            return
        reads: set[Variable] = set()
        expression = self._expression(equation, reads)
        if isinstance(expression, ast.BinOp) and self._is_update(equation):
            self._write_update(equation, expression)
        elif variable in self.foldable and len(ast.unparse(expression)) < FOLDED_LENGTH:
            self.waiting[variable] = expression, reads
        else:
            self._assign(variable, expression)

    def _is_update(self, equation: Equation) -> bool:
        """Whether the result is the next value of an input that stands first in it: ``w1`` in ``w1 - step``."""
        known = self.same_as_input.get(equation.output)
        return known is not None and known is equation.operands[0] and self.memory.updates(equation, self._pending())

    def _write_update(self, equation: Equation, expression: ast.BinOp) -> None:
        name = self.names[equation.operands[0]]
        self.names[equation.output] = name
        self._line(ast.AugAssign(ast.Name(name, ast.Store()), expression.op, expression.right))

    def _assign(self, variable: Variable, expression: ast.expr) -> None:
        self._take_name_of_input(variable)
        name = ast.Name(self._name(variable), ast.Store())
        self._line(ast.Assign([name], expression, lineno=0))

    def _take_name_of_input(self, variable: Variable) -> None:
        """``w1 = w1 - ...``: a result that is an input's next value takes its name once the input is done with."""
        source = self.same_as_input.get(variable)
        if source is not None and self._is_free(self.names[source]):
            self.names[variable] = self.names[source]

    def _is_free(self, name: str) -> bool:
        """Whether no value of that name is still to be read: the input itself, or what was made in its place."""
        pending = self._pending()
        holders = [variable for variable, known in self.names.items() if known == name]
        return not any(self.remaining[holder] or holder in pending for holder in holders)

    def _write_large(self, equation: Equation) -> None:
        """A large result goes into the memory of an operand that is done with, or into a buffer."""
        reads: set[Variable] = set()
        expressions = [self._value(operand, reads) for operand in self._plain_operands(equation)]
        replaced = self.memory.operand_to_replace(equation, self._pending())
        if replaced is None:
            buffer = self.memory.buffer_for(equation.output, self._pending() | reads)
            self._assign(equation.output, _call(equation, expressions, buffer))
        else:
            self._write_in_place(equation, expressions, replaced)

    def _write_in_place(self, equation: Equation, expressions: list[ast.expr], replaced: Variable) -> None:
        """``a += b``, or ``b = np.exp(a, out=a)`` where the result has a name of its own."""
        name = self.names[replaced]
        if equation.function in COMMUTATIVE and equation.operands[1] is replaced:
            expressions.reverse()
        has_own_name = self._best_name(equation.output) not in (self._best_name(replaced), "")
        if has_own_name and equation.output not in self.same_as_input:
            self._assign(equation.output, _call(equation, expressions, name))
            return
        self.names[equation.output] = name
        augments = isinstance(expressions[0], ast.Name) and expressions[0].id == name
        if equation.function in _BINARY and not equation.keywords and augments:
            operation = _BINARY[equation.function]
            self._line(ast.AugAssign(ast.Name(name, ast.Store()), operation, expressions[1]))
        else:
            self._line(ast.Expr(_call(equation, expressions, name)))

    def _pending(self) -> set[Variable]:
        """What the values that wait to be folded into a later line will read there."""
        return {variable for _, reads in self.waiting.values() for variable in reads}

    def _write_return(self) -> None:
        seen: set[Variable] = set()
        values: list[ast.expr] = []
        for variable in self.program.output_variables:
            value = self._value(variable, set())
            if variable in seen and variable.shape:  # two results never share memory
                value = ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])
            seen.add(variable)
            values.append(value)
        self.lines.append(f"{INDENT}return {', '.join(map(ast.unparse, values)) or '()'}")

    def _line(self, statement: ast.stmt) -> None:
        self.lines.append(INDENT + ast.unparse(statement))

    # -- expressions ---------------------------------------------------------------------------------

    def _expression(self, equation: Equation, reads: set[Variable]) -> ast.expr:
        """The equation's right-hand side; ``reads`` collects the variables that stand in it by name."""
        function, operands = equation.function, self._plain_operands(equation)
        if function is operator.getitem:
            return ast.Subscript(self._value(operands[0], reads), self._index(operands[1], reads), ast.Load())
        values = [self._value(operand, reads) for operand in operands]
        if equation.keywords:
            return self._call(equation, values, reads)
        if function in _BINARY:
            return ast.BinOp(values[0], _BINARY[function], values[1])
        if function in _UNARY:
            return ast.UnaryOp(_UNARY[function], values[0])
        if function in _COMPARE:
            return ast.Compare(values[0], [_COMPARE[function]], [values[1]])
        if function is np.transpose and len(operands) == 1:
            return ast.Attribute(values[0], "T", ast.Load())
        return self._call(equation, values, reads)

    def _call(self, equation: Equation, values: list[ast.expr], reads: set[Variable]) -> ast.Call:
        function, first = equation.function, equation.operands[0]
        keywords = [ast.keyword(name, self._value(value, reads)) for name, value in equation.keywords.items()]
        of_array = isinstance(first, Variable) and not first.is_python_number
        if of_array and (function in _METHODS or function is np.astype):
            return ast.Call(ast.Attribute(values[0], primitive_name(function), ast.Load()), values[1:], keywords)
        return ast.Call(self._function(function), values, keywords)

    def _function(self, function: Callable[..., Any]) -> ast.expr:
        if _is_numpys(function):
            return ast.Name(f"np.{primitive_name(function)}", ast.Load())
        # The function itself, without the look for tracers around it: the text runs on arrays.
        self.references[primitive_name(function)] = getattr(function, "__wrapped__", function)
        return ast.Name(primitive_name(function), ast.Load())

    def _plain_operands(self, equation: Equation) -> list[Any]:
        """The operands; NumPy scalars as plain numbers where an array of their type makes that the same."""
        kinds = {operand.dtype for operand in equation.operands if isinstance(operand, Variable)}
        adapts = isinstance(equation.function, np.ufunc)
        return [
            PlainNumber(operand) if adapts and isinstance(operand, np.floating) and operand.dtype in kinds else operand
            for operand in equation.operands
        ]

    def _value(self, leaf: Any, reads: set[Variable]) -> ast.expr:
        if isinstance(leaf, Variable):
            self.remaining[leaf] -= 1
            if leaf in self.waiting:
                expression, inner = self.waiting.pop(leaf)
                reads |= inner
                return expression
            reads.add(leaf)
            return ast.Name(self._name(leaf), ast.Load())
        if isinstance(leaf, tuple):
            return ast.Tuple([self._value(part, reads) for part in leaf], ast.Load())
        if isinstance(leaf, list):
            return ast.List([self._value(part, reads) for part in leaf], ast.Load())
        if isinstance(leaf, slice):
            parts = [self._value(part, reads) for part in (leaf.start, leaf.stop, leaf.step)]
            return ast.Call(ast.Name("slice", ast.Load()), parts, [])
        return literal(leaf)

    def _index(self, index: Any, reads: set[Variable]) -> ast.expr:
        if isinstance(index, tuple):
            return ast.Tuple([self._index(part, reads) for part in index], ast.Load())
        if isinstance(index, slice):
            parts = (index.start, index.stop, index.step)
            return ast.Slice(*(None if part is None else self._value(part, reads) for part in parts))
        return self._value(index, reads)

    # -- names ---------------------------------------------------------------------------------------

    def _name(self, variable: Variable) -> str:
        """The author's name for it, or a short one, made unique by a number."""
        known = self.names.get(variable)
        if known is None:
            short = "c1" if variable in self.program.constants else "t1"
            known = self._unique(self._best_name(variable) or short)
            self.names[variable] = known
        return known

    def _best_name(self, variable: Variable) -> str:
        """The author's name for it, or for the value that it turns into in place."""
        while variable not in self.program.names and variable in self.heirs:
            variable = self.heirs[variable]
        return _identifier(self.program.names.get(variable, ""))

    def _unique(self, name: str) -> str:
        candidate = name
        stem = name[0] if name in ("c1", "t1") else f"{name}_" if name[-1].isdigit() else name
        while candidate in self.taken:
            self.numbers[name] += 1
            candidate = f"{stem}{self.numbers[name] + 1}"
        self.taken.add(candidate)
        return candidate


def _call(equation: Equation, values: list[ast.expr], out: str | None) -> ast.expr:
    """A ufunc's call that writes into ``out``; as an operator where it makes its own array."""
    if out is None and equation.function in _BINARY and not equation.keywords:
        return ast.BinOp(values[0], _BINARY[equation.function], values[1])
    keywords = [ast.keyword(name, literal(value)) for name, value in equation.keywords.items()]
    if out is not None:
        keywords.append(ast.keyword("out", ast.Name(out, ast.Load())))
    return ast.Call(ast.Name(f"np.{primitive_name(equation.function)}", ast.Load()), values, keywords)


def _names_of_functions(program: Program) -> set[str]:
    """What the text calls that is not NumPy's, so that no value gets such a name."""
    functions = {equation.function for equation in program.equations}
    return {primitive_name(function) for function in functions if not _is_numpys(function)}


def _is_numpys(function: Callable[..., Any]) -> bool:
    name = primitive_name(function)
    return name.startswith("linalg.") or getattr(np, name, None) is function


def _results_named_as_inputs(program: Program) -> dict[Variable, Variable]:
    """Each result that stands at the same name as an input of its shape: the ``w1`` that ``w1`` becomes."""
    inputs = {program.names.get(variable): variable for variable in program.input_variables}
    named = leaves_with_names(program.outputs, "")
    return {
        leaf: inputs[name]
        for name, leaf in named
        if name in inputs and isinstance(leaf, Variable) and leaf.shape == inputs[name].shape
    }


def _identifier(name: str) -> str:
    """``name`` if it can stand in Python text, made so if little is missing, else empty."""
    cleaned = "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name).strip("_")
    return cleaned if cleaned.isidentifier() and cleaned.isascii() and not keyword.iskeyword(cleaned) else ""


def _describe(name: str, variable: Variable) -> str:
    if isinstance(variable.dtype, type):
        return f"{name} {variable.dtype.__name__}"
    return f"{name} {variable.shape}"
