"""A traced program of small arrays, run on SymPy's symbols in place of numbers.

An array is an object array of expressions, so that NumPy itself does the bookkeeping: sums, products of matrices,
stacking, indexing. Only functions of single entries, such as `np.exp`, need a counterpart in SymPy.
SymPy takes half a second to load, so it is imported by the functions that use it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.explaining.deriving.symbol_meanings import meaning
from chainrule.explaining.expressions.expression import Expression
from chainrule.explaining.expressions.operations import Operand
from chainrule.tracing.program import Program, Variable
from chainrule.tracing.trees import leaves, map_tree

if TYPE_CHECKING:
    import sympy

__all__ = ["Chain", "chain", "entry_symbols", "exact", "input_symbols", "symbolic", "written"]

MOST_ENTRIES = 100


@dataclass(frozen=True, eq=False)
class Chain:
    """A computation in named steps.

    Args:
        inputs: the symbols of the inputs' entries, in order.
        definitions: what each name stands for, in earlier names and inputs, in the order of computation.
        result: the result in names and inputs; an expression, or an object array of them.
    """

    inputs: tuple[sympy.Symbol, ...]
    definitions: Mapping[sympy.Symbol, sympy.Expr]
    result: Any


def symbolic(program: Program, *arguments: Any) -> Any:
    """The program's result as SymPy expressions, in the form of its outputs.

    >>> import chainrule
    >>> symbolic(chainrule.trace(lambda a, b: np.exp(a) * b / 2, 1.0, 2.0))
    b*exp(a)/2
    >>> symbolic(chainrule.trace(lambda x: np.sum(x * x), np.ones(2)))
    x1**2 + x2**2

    Args:
        program: from `chainrule.trace`.
        arguments: what stands for the program's arguments: expressions, object arrays of them, or numbers;
            if none are given, `input_symbols(program)`.

    Raises:
        TypeError: for a function without a symbolic meaning, such as `np.argmax`.
        ValueError: for inputs of more than 100 entries.
    """
    return map_tree(_evaluate(program, arguments, lambda variable, value: value), program.outputs)


def written(expression: Expression) -> sympy.Expr:
    """An expression of the text form, as SymPy has it.

    >>> from chainrule.explaining.expressions.expression import parse
    >>> written(parse("exp(a)/sqrt(b)"))
    exp(a)/sqrt(b)
    """
    results: list[Any] = []

    def value_of(operand: Operand) -> Any:
        if operand.name is not None:
            return entry_symbols(operand.name, ())
        return exact(operand.number or 0) if operand.place is None else results[operand.place]

    for operation in expression.unrolled.operations:
        results.append(meaning(operation.function)(*map(value_of, operation.operands)))
    return value_of(expression.unrolled.result)


def chain(program: Program) -> Chain:
    """The program in named steps: each local variable of the traced function is one, its entries numbered from 1.

    >>> import chainrule
    >>> def loss(w, x):
    ...     z = w * x
    ...     return z**2
    >>> steps = chain(chainrule.trace(loss, 1.0, 2.0))
    >>> dict(steps.definitions), steps.result
    ({z: w*x}, z**2)
    """
    arguments = input_symbols(program)
    inputs = tuple(_entries(leaves(arguments)))
    definitions: dict[Any, Any] = {}

    def name(variable: Variable, value: Any) -> Any:
        if variable not in program.names or all(entry.is_Atom for entry in _entries([value])):
            return value
        taken = {str(symbol) for symbol in (*inputs, *definitions)}
        symbols = entry_symbols(_free_name(program.names[variable], np.shape(value), taken), np.shape(value))
        definitions.update(zip(_entries([symbols]), _entries([value]), strict=True))
        return symbols

    value_of = _evaluate(program, arguments, name)
    return Chain(inputs, definitions, map_tree(value_of, program.outputs))


def input_symbols(program: Program) -> tuple[Any, ...]:
    """Symbols in the form of the program's arguments: ``a`` for a number, ``x1, x2, ...`` for an array's entries.

    Raises:
        ValueError: if there are more than 100 entries.
    """
    count = sum(math.prod(variable.shape) for variable in program.input_variables)
    if count > MOST_ENTRIES:
        raise ValueError(
            f"{program.name}: the arguments have {count} entries; symbols are for at most {MOST_ENTRIES}. "
            "Take smaller arrays of the same kind."
        )
    named = (program.names.get(variable, f"v{variable.number}") for variable in program.input_variables)
    symbols = {
        variable: entry_symbols(name, variable.shape)
        for variable, name in zip(program.input_variables, named, strict=True)
    }
    return tuple(map_tree(lambda leaf: symbols.get(leaf, leaf), argument) for argument in program.inputs)


def entry_symbols(name: str, shape: tuple[int, ...]) -> Any:
    """A real symbol, or an object array of them numbered from 1.

    >>> entry_symbols("a", ()), list(entry_symbols("x", (2,))), entry_symbols("w", (2, 3))[0, 2]
    (a, [x1, x2], w13)

    With more than nine rows or columns, ``w1_12`` keeps the numbers apart.
    """
    import sympy

    between = "_" if len(shape) > 1 and max(shape) > 9 else ""
    symbols = np.empty(shape, object)
    for index in np.ndindex(*shape):
        symbols[index] = sympy.Symbol(name + between.join(str(number + 1) for number in index), real=True)
    return symbols[()]


def exact(number: float) -> sympy.Expr:
    """The number that was meant: a whole one, a fraction with a small denominator, a multiple of pi, else a decimal.

    >>> exact(2.0), exact(0.1), exact(1 / 3), exact(np.pi / 2), float(exact(0.123456789))
    (2, 1/10, 1/3, pi/2, 0.123456789)
    """
    import sympy

    number = float(number)
    if not math.isfinite(number):
        return sympy.Float(number) if math.isnan(number) else sympy.oo * (1 if number > 0 else -1)
    for unit, symbol in ((1.0, sympy.Integer(1)), (math.pi, sympy.pi)):
        near = Fraction(number / unit).limit_denominator(1000)
        if float(near) * unit == number and (unit == 1 or near.denominator <= 12):
            return sympy.Rational(near.numerator, near.denominator) * symbol
    return sympy.Float(number)


# -- running a program ---------------------------------------------------------------------------------


def _evaluate(
    program: Program, arguments: tuple[Any, ...], name: Callable[[Variable, Any], Any]
) -> Callable[[Any], Any]:
    """What stands for each leaf of the program, after running it; ``name`` may replace each value before it is used."""
    values: dict[Variable, Any] = {}

    def value_of(leaf: Any) -> Any:
        return values[leaf] if isinstance(leaf, Variable) else _literal(leaf)

    given = leaves(arguments or input_symbols(program))
    values.update({variable: _literal(value) for variable, value in zip(leaves(program.inputs), given, strict=True)})
    values.update({variable: _literal(constant) for variable, constant in program.constants.items()})
    for equation in program.equations:
        operands = map_tree(value_of, equation.operands)
        keywords = {key: map_tree(value_of, value) for key, value in equation.keywords.items()}
        value = _sympified(meaning(equation.function)(*operands, **keywords))
        values[equation.output] = name(equation.output, value)
    return value_of


def _literal(leaf: Any) -> Any:
    """Floats as exact numbers; whole numbers stay, since they may be an index or an axis."""
    if isinstance(leaf, np.ndarray):
        return np.frompyfunc(exact, 1, 1)(leaf) if leaf.dtype.kind == "f" else leaf
    leaf = leaf.item() if isinstance(leaf, np.generic) else leaf
    return exact(leaf) if isinstance(leaf, float) else leaf


def _entries(values: Iterable[Any]) -> list[Any]:
    return [entry for value in values for entry in np.asarray(value, object).flat]


def _sympified(value: Any) -> Any:
    import sympy

    value = value[()] if isinstance(value, np.ndarray) else value
    if isinstance(value, np.ndarray):
        return np.frompyfunc(sympy.sympify, 1, 1)(value) if value.dtype == object else value
    return value if isinstance(value, (bool, np.bool_)) else sympy.sympify(value)


def _free_name(name: str, shape: tuple[int, ...], taken: set[str]) -> str:
    """The name, or with a number where it is taken: the second ``x`` of ``x = x - 1`` is ``x_2``."""
    for tried in (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))):
        if not taken & {str(symbol) for symbol in _entries([entry_symbols(tried, shape)])}:
            return tried
    raise AssertionError("there are more names than taken ones")
