"""Which values lie row by row in memory, whoever makes them.

NumPy gives what it makes of a transposed array the transposed layout, and adds up in the order of memory. A buffer
lies row by row: into one goes only what would have lain so anyway, or the last bits of a later sum would change.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule.tracing.numpy_calls import REDUCTIONS
from chainrule.tracing.program import Equation, Program, Variable

__all__ = ["row_by_row"]

# Functions besides ufuncs that give rows what they are given in rows.
_KEEPING = REDUCTIONS | frozenset(
    {
        np.where,
        np.clip,
        np.astype,
        np.copy,
        np.reshape,
        np.ravel,
        np.expand_dims,
        np.squeeze,
        np.concatenate,
        np.stack,
        np.zeros_like,
        np.ones_like,
        np.full_like,
    }
)


def row_by_row(program: Program) -> frozenset[Variable]:
    """The values that are known to be in C order, if the inputs are."""
    found = {*program.input_variables}
    found.update(variable for variable, value in program.constants.items() if np.asarray(value).flags.c_contiguous)
    for equation in program.equations:
        if _makes_rows(equation) or (_keeps(equation) and found.issuperset(equation.uses())):
            found.add(equation.output)
    return frozenset(found)


def _makes_rows(equation: Equation) -> bool:
    copies = equation.function is np.copy and equation.keywords.get("order") == "C"
    return copies or equation.function is np.matmul


def _keeps(equation: Equation) -> bool:
    if "order" in equation.keywords:
        return False
    if equation.function is operator.getitem:
        index = equation.operands[1]
        return all(map(_goes_forward, index if isinstance(index, tuple) else (index,)))
    made_so = isinstance(equation.function, np.ufunc) or equation.function in _KEEPING
    return made_so or equation.output.is_python_number


def _goes_forward(part: Any) -> bool:
    """A number, an axis, or a slice with a positive step; an array of places can turn axes round."""
    if isinstance(part, slice):
        return part.step is None or (isinstance(part.step, int) and part.step > 0)
    return part is None or part is Ellipsis or (isinstance(part, int) and not isinstance(part, bool))
