"""A program: straight-line, single-assignment NumPy, as four small records.

A `Program` has inputs, constants, equations and outputs; an `Equation` applies one NumPy function to
`Variable` s and literals and gives one new variable; an `Origin` says which line, and which call of which op,
wrote it. A program can be validated, evaluated and printed. It never changes: passes make new ones.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np

from chainrule.tracing.trees import leaves, map_tree

__all__ = ["CallSite", "Equation", "Origin", "Program", "Variable"]


@dataclass(frozen=True, eq=False, slots=True)
class Variable:
    """One value of a program. ``dtype`` is a NumPy dtype, or ``float``, ``int``, ``bool`` for a Python number."""

    number: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | type

    @property
    def is_python_number(self) -> bool:
        """Python numbers adapt to the arrays they meet, so float32 stays float32 (NumPy's NEP 50)."""
        return isinstance(self.dtype, type)

    @property
    def is_float(self) -> bool:
        """Whether a derivative with respect to it means anything."""
        return self.dtype is float or (isinstance(self.dtype, np.dtype) and self.dtype.kind == "f")

    def accepts(self, value: Any) -> bool:
        """Whether ``value`` has this variable's shape and dtype."""
        if self.is_python_number:
            return type(value) is self.dtype
        return getattr(value, "shape", None) == self.shape and value.dtype == self.dtype

    def __repr__(self) -> str:
        kind = self.dtype.__name__ if isinstance(self.dtype, type) else self.dtype.name
        return f"v{self.number}:{kind}{list(self.shape)}"


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call of an op in a program: the op's name, the how-manieth call it was, and which half ran."""

    op: str
    number: int
    half: str  # "forward" or "backward"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an equation comes from: a line of source, and the op calls and groups it was part of, outermost first."""

    code: CodeType
    line: int
    calls: tuple[CallSite, ...] = ()
    group: str = ""

    @property
    def source(self) -> str:
        """The text of the line, stripped; empty where the source cannot be read."""
        return linecache.getline(self.code.co_filename, self.line).strip()

    def __str__(self) -> str:
        return f'File "{self.code.co_filename}", line {self.line}, in {self.code.co_name}'


@dataclass(frozen=True, eq=False, slots=True)
class Equation:
    """``output = function(*operands, **keywords)``.

    Operands are variables and literals, and tuples, lists and slices of them.
    """

    output: Variable
    function: Callable[..., Any]
    operands: tuple[Any, ...]
    keywords: Mapping[str, Any]
    origin: Origin

    def uses(self) -> Iterator[Variable]:
        """The variables among the operands, in order, one entry a slot: ``a * a`` uses ``a`` twice."""
        for operand in (*self.operands, *self.keywords.values()):
            if isinstance(operand, Variable):
                yield operand
            elif isinstance(operand, (tuple, list, slice)):
                yield from (leaf for leaf in leaves(operand) if isinstance(leaf, Variable))

    def evaluate(self, values: Callable[[Any], Any]) -> Any:
        """Apply the function, with ``values`` giving what stands for each operand."""
        operands = map_tree(values, self.operands)
        keywords = {name: map_tree(values, value) for name, value in self.keywords.items()}
        return self.function(*operands, **keywords)


@dataclass(frozen=True, eq=False)
class Program:
    """What a function did with its arguments, written down.

    ``inputs`` has the form of the arguments, ``outputs`` that of the result, with a `Variable` for each
    array. ``program(*arguments)`` runs it again; ``print(program)`` shows it, an equation a line.
    """

    name: str
    inputs: tuple[Any, ...]
    constants: Mapping[Variable, Any]
    equations: tuple[Equation, ...]
    outputs: Any
    names: Mapping[Variable, str] = field(default_factory=dict)

    @property
    def input_variables(self) -> list[Variable]:
        """The inputs' variables in order, literals left out."""
        return [leaf for leaf in leaves(self.inputs) if isinstance(leaf, Variable)]

    @property
    def output_variables(self) -> list[Variable]:
        """The outputs' variables in order, literals left out."""
        return [leaf for leaf in leaves(self.outputs) if isinstance(leaf, Variable)]

    def __call__(self, *arguments: Any) -> Any:
        """Run the program on other values of the same shapes and dtypes, equation by equation."""
        values = dict(self.constants)
        values.update(self.bind(arguments))

        def value_of(leaf: Any) -> Any:
            return values[leaf] if isinstance(leaf, Variable) else leaf

        for equation in self.equations:
            values[equation.output] = equation.evaluate(value_of)
        return map_tree(value_of, self.outputs)

    def bind(self, arguments: tuple[Any, ...]) -> dict[Variable, Any]:
        """Which value each input takes; a ValueError says which argument does not fit."""
        given, expected = leaves(arguments), leaves(self.inputs)
        if len(given) != len(expected):
            raise ValueError(f"{self.name}: expected {len(expected)} values in the arguments, got {len(given)}")
        bound = {}
        for variable, value in zip(expected, given, strict=True):
            if isinstance(variable, Variable):
                if not variable.accepts(value):
                    raise ValueError(f"{self.name}: {self._misfit(variable, value)}")
                bound[variable] = value
        return bound

    def _misfit(self, variable: Variable, value: Any) -> str:
        kind = getattr(value, "dtype", type(value).__name__)
        name = self.names.get(variable, f"v{variable.number}")
        expected = variable.dtype.__name__ if isinstance(variable.dtype, type) else str(variable.dtype)
        return (
            f"{name} was traced as {expected} {variable.shape}, got {kind} {np.shape(value)}. "
            "A program holds for the shapes and dtypes it was traced with; trace again for these."
        )

    def validate(self) -> None:
        """Raise ValueError unless each variable is defined once, and before it is used."""
        defined = {*self.constants, *self.input_variables}
        for equation in self.equations:
            for variable in equation.uses():
                if variable not in defined:
                    raise ValueError(f"{self.name}: {variable} is used before it is defined")
            if equation.output in defined:
                raise ValueError(f"{self.name}: {equation.output} is defined twice")
            defined.add(equation.output)
        for variable in self.output_variables:
            if variable not in defined:
                raise ValueError(f"{self.name}: output {variable} is never defined")

    def __str__(self) -> str:
        def show(leaf: Any) -> Any:
            return _Shown(f"v{leaf.number}") if isinstance(leaf, Variable) else leaf

        def named(variable: Variable, text: str) -> str:
            return f"  {text}  # {self.names[variable]}" if variable in self.names else f"  {text}"

        lines = [f"program {self.name}"]
        lines += [named(variable, f"{variable} = input") for variable in self.input_variables]
        lines += [named(variable, f"{variable} = constant") for variable in self.constants]
        for equation in self.equations:
            parts = [repr(map_tree(show, operand)) for operand in equation.operands]
            parts += [f"{key}={map_tree(show, value)!r}" for key, value in equation.keywords.items()]
            call = f"{primitive_name(equation.function)}({', '.join(parts)})"
            lines.append(named(equation.output, f"{equation.output} = {call}"))
        return "\n".join([*lines, f"  return {map_tree(show, self.outputs)!r}"])


class _Shown(str):
    """A name that prints without quotes inside tuples and lists."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def primitive_name(function: Callable[..., Any]) -> str:
    """A primitive's name as one would type it after ``np.``, or its own.

    >>> import operator
    >>> primitive_name(np.exp), primitive_name(np.linalg.norm), primitive_name(operator.getitem)
    ('exp', 'linalg.norm', 'getitem')
    """
    name = getattr(function, "__name__", repr(function))
    module = getattr(function, "__module__", "") or ""
    return f"linalg.{name}" if module.startswith("numpy.linalg") else str(name)
