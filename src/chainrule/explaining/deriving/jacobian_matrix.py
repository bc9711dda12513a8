"""The matrix of partial derivatives in symbols and numbers, and what it is like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.explaining.deriving.rewriting import shortest, without_kinks
from chainrule.explaining.deriving.symbols import input_symbols, symbolic
from chainrule.tracing import jacobian as numeric_jacobian
from chainrule.tracing import trace
from chainrule.tracing.trees import leaves

if TYPE_CHECKING:
    import sympy

__all__ = ["JacobianMatrix", "jacobian"]


@dataclass(frozen=True, eq=False)
class JacobianMatrix:
    """All partial derivatives of a function. ``print`` shows them in symbols and numbers.

    Args:
        name: of the function.
        outputs: the results, a row each.
        inputs: the entries that are moved, a column each.
        entries: the partial derivatives, a SymPy matrix.
        point: the inputs' values.
        values: the partial derivatives there; nan at a kink, where there is none.
        expected: what `chainrule.jacobian` gives there, through the ops' backwards.
        structure: what the matrix is like: ``"identity"``, ``"diagonal"``, ``"upper triangular"``,
            ``"lower triangular"``, ``"symmetric"``, ``"constant"``, ``"zero"``, ``"zero columns: x2"``,
            ``"zero rows: 1"``. What follows from another of these words is left out.
    """

    name: str
    outputs: Sequence[sympy.Expr]
    inputs: Sequence[sympy.Symbol]
    entries: sympy.Matrix
    point: npt.NDArray[Any]
    values: npt.NDArray[Any]
    expected: npt.NDArray[Any]
    structure: Sequence[str]

    @property
    def agrees(self) -> bool:
        """Whether the formulas and the ops' backwards give the same numbers wherever the formulas have a value."""
        smooth = ~np.isnan(self.values)
        return bool(np.allclose(self.values[smooth], self.expected[smooth], rtol=1e-8, atol=1e-10))

    def __str__(self) -> str:
        at = ", ".join(f"{symbol} = {value:.4g}" for symbol, value in zip(self.inputs, self.point, strict=True))
        lines = [f"{self._label(row)} = {output}" for row, output in enumerate(self.outputs)]
        lines += ["", *self._table([[str(entry) for entry in row] for row in self.entries.tolist()])]
        lines += ["", f"at {at}", *self._table([[f"{value:.4g}" for value in row] for row in self.values])]
        lines += ["", f"structure  {', '.join(self.structure)}"] if self.structure else [""]
        lines += (
            ["kink       nan: there is no derivative; chainrule chooses one"] if np.isnan(self.values).any() else []
        )
        return "\n".join([*lines, f"check      {'agrees' if self.agrees else 'disagrees'} with chainrule.jacobian"])

    def _label(self, row: int) -> str:
        return f"{self.name}{row + 1 if len(self.outputs) > 1 else ''}"

    def _table(self, cells: list[list[str]]) -> list[str]:
        rows = [["", *(f"d/d{symbol}" for symbol in self.inputs)]]
        rows += [[self._label(number), *row] for number, row in enumerate(cells)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        padded = ([f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in rows)
        return ["   ".join(row).rstrip() for row in padded]

    def latex(self) -> str:
        """The matrix as LaTeX, without surroundings."""
        import sympy

        return str(sympy.latex(self.entries, mat_str="pmatrix", mat_delim=""))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def jacobian(
    function: Callable[..., Any], *arguments: Any, argnum: int = 0, names: Sequence[str] | None = None
) -> JacobianMatrix:
    """The partial derivatives of NumPy code in symbols, compared with `chainrule.jacobian` at the arguments.

    >>> def f(x):
    ...     return np.exp(x[0]) * np.sin(x[2]), np.sqrt(x[1] + x[2])
    >>> print(jacobian(f, np.array([0.0, 1.0, 3.0])))
    f1 = exp(x1)*sin(x3)
    f2 = sqrt(x2 + x3)
    <BLANKLINE>
         d/dx1             d/dx2                 d/dx3
    f1   exp(x1)*sin(x3)   0                     exp(x1)*cos(x3)
    f2   0                 1/(2*sqrt(x2 + x3))   1/(2*sqrt(x2 + x3))
    <BLANKLINE>
    at x1 = 0, x2 = 1, x3 = 3
         d/dx1    d/dx2   d/dx3
    f1   0.1411   0       -0.99
    f2   0        0.25    0.25
    <BLANKLINE>
    check      agrees with chainrule.jacobian

    Args:
        function: its result is an array, a number, or a tuple of them, whose entries become the rows.
        arguments: where the numbers are wanted. The entries of an array argument ``x`` are called ``x1, x2, ...``.
        argnum: which argument is moved; the others are symbols, too.
        names: other names for the moved entries.

    Raises:
        TypeError: the function uses something without a symbolic meaning.
        ValueError: the arguments have more than 100 entries.
    """
    import sympy

    floats = [np.asarray(argument, np.float64)[()] for argument in arguments]
    program = trace(function, *floats)
    symbols = [np.asarray(argument, object) for argument in input_symbols(program)]
    if names is not None:
        symbols[argnum] = _named(names, symbols[argnum].shape)
    results = leaves(symbolic(program, *(each[()] for each in symbols)))
    outputs = [without_kinks(entry) for result in results for entry in np.asarray(result, object).flat]
    inputs = list(symbols[argnum].flat)
    entries = sympy.Matrix([[_derivative(output, symbol) for symbol in inputs] for output in outputs])
    pairs = zip(symbols, floats, strict=True)
    point = {symbol: float(value) for each, x in pairs for symbol, value in zip(each.flat, np.ravel(x), strict=True)}
    shape = (len(outputs), len(inputs))
    return JacobianMatrix(
        name=_name(function),
        outputs=outputs,
        inputs=inputs,
        entries=entries,
        point=np.ravel(floats[argnum]),
        values=np.array([float(entry.subs(point)) for entry in entries]).reshape(shape),
        expected=np.reshape(numeric_jacobian(_as_vector(function), argnum)(*floats), shape),
        structure=_structure(entries, inputs),
    )


def _as_vector(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with all entries of its results in one row."""
    import functools

    @functools.wraps(function)
    def vector(*arguments: Any) -> Any:
        return np.concatenate([np.reshape(result, (-1,)) for result in leaves(function(*arguments))])

    return vector


def _name(function: Callable[..., Any]) -> str:
    name = getattr(function, "name", getattr(function, "__name__", "f"))
    return name if name.isidentifier() else "f"


def _named(names: Sequence[str], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    import sympy

    if len(names) != np.prod(shape, dtype=int):
        raise ValueError(f"jacobian: {len(names)} names for {np.prod(shape, dtype=int)} entries: {', '.join(names)}")
    symbols = np.empty(len(names), object)
    symbols[:] = [sympy.Symbol(name, real=True) for name in names]
    return symbols.reshape(shape)


def _derivative(output: Any, symbol: Any) -> Any:
    import sympy

    # The step function's sign says little to learners. Undefined at the kink, so the value there is nan.
    return shortest(output.diff(symbol)).replace(sympy.Heaviside, lambda u, *_: sympy.Piecewise((1, u > 0), (0, u < 0)))


def _structure(entries: Any, inputs: Sequence[Any]) -> list[str]:
    rows, columns = entries.shape
    if entries.is_zero_matrix:
        return ["zero"]
    words = _shape_words(entries) if rows == columns > 1 else []
    words += ["constant"] if not entries.free_symbols and words != ["identity"] else []
    empty = [str(inputs[column]) for column in range(columns) if entries[:, column].is_zero_matrix]
    words += [f"zero columns: {', '.join(empty)}"] if empty else []
    empty = [str(row + 1) for row in range(rows) if entries[row, :].is_zero_matrix]
    return words + ([f"zero rows: {', '.join(empty)}"] if empty else [])


def _shape_words(entries: Any) -> list[str]:
    """What a square matrix is like."""
    import sympy

    if entries == sympy.eye(entries.rows):
        return ["identity"]
    if entries.is_diagonal():
        return ["diagonal"]
    words = {"upper triangular": entries.is_upper, "lower triangular": entries.is_lower}
    words["symmetric"] = (entries - entries.T).applyfunc(sympy.simplify).is_zero_matrix
    return [word for word, holds in words.items() if holds]
