"""Where large results are put: in the place of an operand that is not needed again, or in a buffer kept between calls.

A fresh large array costs more than the arithmetic that fills it, because the system hands its pages over one by one
(benchmarks/large_network.py). A step that is run many times therefore keeps buffers, and writes parameters in
place where its caller gives them up.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.tracing.numpy_calls import VIEWS
from chainrule.tracing.program import Equation, Program, Variable

__all__ = ["Memory", "handed_out"]

# Smaller arrays come from lists that the allocator keeps; from about here on it asks the system for pages.
LARGE = 64 * 1024

LINE = 64  # bytes in a line of the cache; vector instructions are fastest on arrays that begin with one

_VIEWS = VIEWS | {operator.getitem}


def handed_out(program: Program) -> frozenset[Variable]:
    """The variables whose memory the caller gets: the results, and what they are views of."""
    found = set(program.output_variables)
    for equation in reversed(program.equations):
        if equation.output in found and equation.function in _VIEWS and isinstance(equation.operands[0], Variable):
            found.add(equation.operands[0])
    return frozenset(found)


@dataclass
class Memory:
    """Remembers, while a program is written line by line, who owns which memory and which of it is free.

    ``donated`` variables are inputs whose arrays the caller gives up. Without any, nothing is reused. ``returned`` are
    those whose memory the caller gets, ``in_rows`` those that lie row by row in any case; ``unique`` makes a name that
    nothing else in the text has. Without ``plans_large`` there are updates in place and no buffers: XLA plans its own
    memory, and on its arrays ``w -= step`` makes a new one.
    """

    donated: frozenset[Variable]
    remaining: Counter[Variable]
    returned: frozenset[Variable]
    in_rows: frozenset[Variable]
    unique: Callable[[str], str]
    plans_large: bool = True
    buffers: dict[str, tuple[tuple[int, ...], Any]] = field(default_factory=dict)
    _place: dict[Variable, str] = field(default_factory=dict)
    _views: dict[Variable, list[Variable]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for variable in self.donated:
            self._place[variable] = "donated"

    def plans(self, equation: Equation) -> bool:
        """Whether the equation's result is large and made by a function that can write where it is told."""
        wanted = self.plans_large and bool(self.donated) and _size(equation.output) >= LARGE
        return wanted and isinstance(equation.function, np.ufunc) and equation.output in self.in_rows

    def heirs(self, equations: Iterable[Equation]) -> dict[Variable, Variable]:
        """For a large value that is used once, the value of the same form that will be made in its place."""
        return {
            operand: equation.output
            for equation in equations
            if self.plans(equation) and equation.function is not np.matmul
            for operand in equation.operands[:1]
            if isinstance(operand, Variable)
            and self.remaining[operand] == 1
            and (operand.shape, operand.dtype) == (equation.output.shape, equation.output.dtype)
        }

    def note_view(self, equation: Equation) -> None:
        """Keep an operand's memory from being reused while a view of it is still to be read."""
        if equation.function in _VIEWS and isinstance(equation.operands[0], Variable):
            self._views.setdefault(equation.operands[0], []).append(equation.output)

    def operand_to_replace(self, equation: Equation, pending: Iterable[Variable]) -> Variable | None:
        """An operand of the result's form that nobody reads after this line; ``pending`` are still to be read."""
        if equation.function is np.matmul:
            return None
        waiting = set(pending)
        for operand in equation.operands:
            if isinstance(operand, Variable) and self._replaceable(operand, equation.output, waiting):
                self._place[equation.output] = self._place[operand]
                return operand
        return None

    def _replaceable(self, operand: Variable, output: Variable, waiting: set[Variable]) -> bool:
        place = self._place.get(operand)
        return (
            place is not None
            and (operand.shape, operand.dtype) == (output.shape, output.dtype)
            and not (output in self.returned and place in self.buffers)
            and self._dead(operand, waiting)
        )

    def updates(self, equation: Equation, pending: Iterable[Variable]) -> bool:
        """Whether the result goes into its first operand, an array that the caller gave up and nobody reads again.

        ``w -= step`` is as fast as ``w = w - step`` on a few numbers, and faster on more (benchmarks/buffers.py). On a
        single number NumPy takes twice as long for it.
        """
        first, output = equation.operands[0], equation.output
        wanted = first in self.donated and output in self.in_rows and math.prod(output.shape) > 1
        if not wanted or equation.function is np.matmul:
            return False
        if not self._replaceable(first, output, set(pending)):
            return False
        self._place[output] = self._place[first]
        return True

    def buffer_for(self, variable: Variable, pending: Iterable[Variable]) -> str | None:
        """The name of a buffer for the variable; None if it is returned, and so must have memory of its own."""
        if variable in self.returned:
            self._place[variable] = "own"
            return None
        form = variable.shape, variable.dtype
        waiting = set(pending)
        busy = {place for held, place in self._place.items() if not self._dead(held, waiting)}
        free = [name for name, known in self.buffers.items() if known == form and name not in busy]
        name = free[0] if free else self.unique(f"buffer{len(self.buffers) + 1}")
        self.buffers[name] = form
        self._place[variable] = name
        return name

    def allocate(self) -> dict[str, np.ndarray[Any, Any]]:
        """The buffers, side by side in one block: the larger a block, the larger the pages the system gives it."""
        sizes = [-(-math.prod(shape) * dtype.itemsize // LINE) * LINE for shape, dtype in self.buffers.values()]
        block = np.empty(sum(sizes) + LINE, np.uint8)
        start = -block.ctypes.data % LINE
        buffers = {}
        for (name, (shape, dtype)), size in zip(self.buffers.items(), sizes, strict=True):
            part = block[start : start + math.prod(shape) * dtype.itemsize]
            buffers[name] = part.view(dtype).reshape(shape)
            start += size
        return buffers

    def _dead(self, variable: Variable, waiting: set[Variable]) -> bool:
        """Whether nobody reads the variable's memory any more, by a view of it neither."""
        views = self._views.get(variable, ())
        read = self.remaining[variable] > 0 or variable in waiting
        return not read and all(self._dead(view, waiting) for view in views)


def _size(variable: Variable) -> int:
    if isinstance(variable.dtype, type):
        return 0
    return math.prod(variable.shape) * variable.dtype.itemsize
