"""A syntax tree becomes a list of single operations, with sums written out."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data.wording import nearest
from chainrule.explaining.expressions.operations import Operand, Operation
from chainrule.explaining.expressions.scanning import DEEPEST, MOST_OPERATIONS, ExpressionError, Tree

__all__ = ["KNOWN", "Unrolled", "unroll"]

_BINARY: dict[type[ast.operator], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("+", np.add),
    ast.Sub: ("-", np.subtract),
    ast.Mult: ("*", np.multiply),
    ast.Div: ("/", np.divide),
    ast.Pow: ("^", np.power),
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.absolute,
    "arccos": np.arccos,
    "arcsin": np.arcsin,
    "arctan": np.arctan,
    "cos": np.cos,
    "cosh": np.cosh,
    "exp": np.exp,
    "ln": np.log,
    "log": np.log,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "square": np.square,
    "tan": np.tan,
    "tanh": np.tanh,
}
_OF_TWO: dict[str, Callable[..., Any]] = {"max": np.maximum, "min": np.minimum}
_IN_STEPS = ("relu", "sigmoid", "softplus")
KNOWN = (*sorted([*_FUNCTIONS, *_OF_TWO, *_IN_STEPS]), "sum")
_END = 40  # of a long piece in a message, so many characters of either end
_SUM = "sum(x[i]^2 for i in 1..3)"
_REFUSED: dict[type[ast.expr], str] = {
    ast.Tuple: "a comma stands between the two arguments of max and min only",
    ast.GeneratorExp: f"'for' belongs in a sum: {_SUM}",
    ast.Compare: f"'in' belongs in a sum: {_SUM}",
}


@dataclass(frozen=True, slots=True)
class Unrolled:
    """The operations in order, the value of the whole, the free variables in order of first appearance, and the
    row that each indexed one belongs to: x1 to x.
    """

    operations: tuple[Operation, ...]
    result: Operand
    names: tuple[str, ...]
    rows: Mapping[str, str]


def unroll(tree: Tree, text: str) -> Unrolled:
    """The operations of a tree.

    Raises:
        ExpressionError: something that is no part of an expression, or too much of it.
    """
    unroller = _Unroller(tree, text)
    try:
        result = unroller.operand(tree.body, 1)
    except RecursionError:  # the caller is nearly too deep already
        raise ExpressionError("this is nested too deeply to be read here.", text, 0) from None
    unroller.check_rows()
    return Unrolled(tuple(unroller.operations), result, tuple(unroller.names), unroller.rows)


def _in_line(text: str) -> str:
    return " ".join(text.split())


class _Unroller:
    """Remembers the operations and names so far, and where the sums around the present place stand."""

    def __init__(self, tree: Tree, text: str) -> None:
        self.tree = tree
        self.text = text
        self.operations: list[Operation] = []
        self.names: dict[str, int] = {}  # with the column of the first
        self.rows: dict[str, str] = {}  # "x1" is of row "x"
        self.counters: dict[str, int] = {}

    def _error(self, problem: str, node: ast.expr) -> ExpressionError:
        return ExpressionError(problem, self.text, self.tree.span(node)[0])

    def _piece(self, node: ast.expr) -> str:
        """The text of a node, in one line; of a long one, its two ends."""
        start, end = self.tree.span(node)
        if end - start > 2 * _END:
            return f"{_in_line(self.text[start : start + _END])} ... {_in_line(self.text[end - _END : end])}"
        return _in_line(self.text[start:end])

    # -- nodes -----------------------------------------------------------------------------------------------------

    def operand(self, node: ast.expr, depth: int) -> Operand:
        """The value of a node, after the operations that it takes are written down."""
        if depth > DEEPEST:
            raise self._error(f"this is nested more than {DEEPEST} deep. Explain a part of it.", node)
        match node:
            case ast.Constant(value=int() | float() as number):
                return Operand(self._piece(node), number=number)
            case ast.Name():
                return self._named(node)
            case ast.BinOp():
                return self._chain(node, depth)
            case ast.UnaryOp(op=ast.USub()):
                return self._minus(self.operand(node.operand, depth + 1), node)
            case ast.Call(func=ast.Name()):
                return self._call(node, depth)
            case ast.Subscript(value=ast.Name() as row):
                return self._entry(row, self._whole(node.slice, depth), node)
        raise self._error(_REFUSED.get(type(node), f"{self._piece(node)!r} is no part of an expression") + ".", node)

    def _operation(
        self, sign: str, function: Callable[..., Any], operands: Sequence[Operand], node: ast.expr, called: str = ""
    ) -> Operand:
        """Write an operation down; ``called`` is what a message calls its result, if not the node's text."""
        if len(self.operations) == MOST_OPERATIONS:
            problem = f"this has more than {MOST_OPERATIONS} operations, with sums written out. Explain a part of it."
            raise self._error(problem, node)
        counted = " and ".join(f"{name} = {number}" for name, number in self.counters.items())
        piece = self._piece(node)
        text = f"{piece} at {counted}" if counted else piece
        self.operations.append(Operation(sign, function, tuple(operands), self.tree.span(node), text))
        return Operand(called or piece, place=len(self.operations) - 1)

    def _chain(self, node: ast.BinOp, depth: int) -> Operand:
        """``a + b - c`` leans to the left, and may be long: in a loop, since recursion would go as deep."""
        chain: list[ast.BinOp] = []
        leftmost: ast.expr = node
        while isinstance(leftmost, ast.BinOp):
            chain.append(leftmost)
            leftmost = leftmost.left
        value = self.operand(leftmost, depth + 1)
        for binary in reversed(chain):
            if type(binary.op) not in _BINARY:
                raise self._error(f"'..' belongs in a sum: {_SUM}.", binary)
            sign, function = _BINARY[type(binary.op)]
            value = self._operation(sign, function, (value, self.operand(binary.right, depth + 1)), binary)
        return value

    def _minus(self, value: Operand, node: ast.expr) -> Operand:
        """The minus of a number belongs to the number."""
        if isinstance(value.number, (int, float)):
            return Operand(f"-{value.text}", number=-value.number)
        called = f"-{value.text}" if value.text.isidentifier() else f"-({value.text})"
        return self._operation("-", np.negative, (value,), node, called)

    # -- names -----------------------------------------------------------------------------------------------------

    def _named(self, node: ast.Name) -> Operand:
        row, _, counter = node.id.rpartition("_")
        if node.id in self.counters:
            return Operand(str(self.counters[node.id]), number=self.counters[node.id])
        if row and counter in self.counters:
            return self._entry(ast.copy_location(ast.Name(row), node), self.counters[counter], node)
        if node.id == "pi":
            return Operand("pi", number=math.pi)
        self._refuse_function(node)
        return self._variable(node.id, node)

    def _refuse_function(self, node: ast.Name) -> None:
        if node.id in KNOWN:
            raise self._error(f"{node.id} is a function and has no value by itself. Write {node.id}(...).", node)

    def _variable(self, name: str, node: ast.expr) -> Operand:
        self.names.setdefault(name, self.tree.span(node)[0])
        return Operand(name, name=name)

    def _entry(self, row: ast.Name, index: int, node: ast.expr) -> Operand:
        """``x[2]`` is the variable ``x2``."""
        self._refuse_function(row)
        if row.id in self.counters or row.id == "pi":
            raise self._error(f"{row.id} is one number and has no index.", node)
        if index < 0:
            raise self._error(f"the index of {row.id} is {index} here; indices are 0 or more.", node)
        name = f"{row.id}{index}"
        if self.rows.setdefault(name, row.id) != row.id:
            problem = (
                f"{row.id}[{index}] and an entry of {self.rows[name]} would both be {name}. Rename one of the rows."
            )
            raise self._error(problem, node)
        return self._variable(name, node)

    def check_rows(self) -> None:
        """Refuse a name that is used with an index and without one."""
        for name, column in self.names.items():
            if name in self.rows.values():
                problem = f"{name} is used with an index and without one. Rename one of the two."
                raise ExpressionError(problem, self.text, column)

    # -- functions -------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, depth: int) -> Operand:
        assert isinstance(node.func, ast.Name)  # seen by the caller
        name = node.func.id
        if name == "sum":
            return self._sum(node, depth)
        if name not in KNOWN:
            problem = f"{name} is no known function; known are {', '.join(KNOWN)}.{nearest(name, KNOWN)}"
            raise self._error(f"{problem} For a product write {name}*(...).", node)
        expected = 2 if name in _OF_TWO else 1
        if len(node.args) != expected:
            takes = "two arguments" if expected == 2 else "one argument"
            raise self._error(f"{name} takes {takes}, and here are {len(node.args)}: {self._piece(node)}.", node)
        operands = [self.operand(argument, depth + 1) for argument in node.args]
        if name in _IN_STEPS:
            return self._in_steps(name, operands[0], node)
        return self._operation(name, (_FUNCTIONS | _OF_TWO)[name], operands, node)

    def _in_steps(self, name: str, z: Operand, node: ast.expr) -> Operand:
        """The textbook form, in single operations that all have the span of the call."""
        one, zero = Operand("1", number=1), Operand("0", number=0)
        if name == "relu":
            return self._operation("max", np.maximum, (z, zero), node)
        power = self._operation("exp", np.exp, (z if name == "softplus" else self._minus(z, node),), node)
        total = self._operation("+", np.add, (one, power), node)
        if name == "softplus":
            return self._operation("log", np.log, (total,), node)
        return self._operation("/", np.divide, (one, total), node)

    # -- sums ------------------------------------------------------------------------------------------------------

    def _sum(self, node: ast.Call, depth: int) -> Operand:
        """Its terms, each added to those before."""
        body, counter, numbers = self._counted(node, depth)
        total = None
        for number in numbers:
            self.counters[counter] = number
            term = self.operand(body, depth + 1)
            del self.counters[counter]
            total = term if total is None else self._operation("+", np.add, (total, term), node)
        if total is None:
            raise self._error("this sum has no terms; the first bound is above the last.", node)
        return total

    def _counted(self, node: ast.Call, depth: int) -> tuple[ast.expr, str, range]:
        """What is summed, and what counts from where to where."""
        match node.args:
            case [ast.GeneratorExp(elt=body, generators=[ast.comprehension(target=ast.Name(id=counter), iter=over)])]:
                if counter in self.counters or counter in (*KNOWN, "pi"):
                    raise self._error(f"{counter} has a meaning here already. Count with another letter.", node)
                return body, counter, self._bounds(over, depth)
        raise self._error(f"a sum is written {_SUM}; a sum over two indices is a sum of sums.", node)

    def _bounds(self, node: ast.expr, depth: int) -> range:
        """``1..3``, or ``range(1, 4)``."""
        match node:
            case ast.BinOp(left=first, op=ast.BitOr(), right=last):
                numbers = range(self._whole(first, depth), self._whole(last, depth) + 1)
            case ast.Call(func=ast.Name(id="range"), args=[_] | [_, _] as bounds):
                numbers = range(*(self._whole(bound, depth) for bound in bounds))
            case _:
                raise self._error(f"{self._piece(node)!r} is no range. Write 1..3, or range(1, 4).", node)
        if numbers.stop - numbers.start > MOST_OPERATIONS + 1:
            problem = f"this sum has more terms than the {MOST_OPERATIONS} operations that can be explained."
            raise self._error(problem, node)
        return numbers

    def _whole(self, node: ast.expr, depth: int) -> int:
        """An index or a bound: whole numbers, what sums count, and + - * of them."""
        if depth > DEEPEST:
            raise self._error(f"this is nested more than {DEEPEST} deep.", node)
        match node:
            case ast.Constant(value=int() as number):
                return number
            case ast.Name(id=name) if name in self.counters:
                return self.counters[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -self._whole(inner, depth + 1)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
                a, b = self._whole(left, depth + 1), self._whole(right, depth + 1)
                return a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b
        problem = f"{self._piece(node)!r} is no whole number; an index or a bound is one, or what a sum counts: {_SUM}."
        raise self._error(problem, node)
