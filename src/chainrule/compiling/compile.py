"""`compile`: a function traced once for its arguments' shapes and dtypes, and run from its own text after that."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.compiling import numpy_engine, xla
from chainrule.compiling.safer import hints, safer
from chainrule.compiling.simplify import simplify
from chainrule.compiling.source import Source, write_source
from chainrule.tracing.forms import safer_derivatives
from chainrule.tracing.program import Program, Variable
from chainrule.tracing.recorder import active_recorder
from chainrule.tracing.trace import trace
from chainrule.tracing.trees import leaves, rebuild

if TYPE_CHECKING:
    from chainrule.compiling.cost import Cost

__all__ = ["ENGINES", "Compiled", "Step", "compile"]

ENGINES = ("numpy", "eager", "xla")

# So many calls after each other, each with new shapes, look as if it went on like this; compiling by XLA takes long.
MANY_SHAPES = 8


@dataclass(frozen=True, eq=False)
class Step:
    """A program for one set of shapes and dtypes: its text, and the function that the text defines.

    ``run`` takes the arrays of the arguments one by one and gives the arrays of the result as a tuple (or the array,
    if there is but one). ``engine`` is the one that ``run`` runs on.
    """

    program: Program
    source: Source
    run: Callable[..., Any]
    engine: str = "numpy"

    def __call__(self, *arguments: Any) -> Any:
        """Run with arguments of the traced form, giving a result of the traced form."""
        inputs = [
            value
            for value, variable in zip(leaves(arguments), leaves(self.program.inputs), strict=True)
            if isinstance(variable, Variable)
        ]
        results = self.run(*inputs)
        outputs = self.program.outputs
        if isinstance(outputs, Variable):
            return results
        computed = iter(results if len(self.program.output_variables) != 1 else (results,))
        return rebuild(outputs, [next(computed) if isinstance(leaf, Variable) else leaf for leaf in leaves(outputs)])

    def cost(self, *arguments: Any) -> Cost:
        """What each line costs: arithmetic, bytes, saved values, time, and how close that is to what the machine can.

        Without arguments the text is timed on random ones. XLA makes one program of all lines, so that none has a time
        of its own: there they are only counted.
        """
        from chainrule.compiling.cost import count_cost, measure_cost

        if self.engine == "xla":
            return count_cost(self.program, self.source)
        return measure_cost(self.program, self.source, arguments)


class Compiled:
    """A function that remembers a `Step` for each set of shapes and dtypes it was called with."""

    def __init__(
        self,
        function: Callable[..., Any],
        engine: str = "numpy",
        donate_argnums: tuple[int, ...] = (),
        safer: bool = False,
    ) -> None:
        if isinstance(engine, xla.XLA):
            raise ValueError(f'compile: {engine} is for a Solver, which has batches to share out; choose engine="xla"')
        if engine not in ENGINES:
            raise ValueError(f"compile: unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
        if safer and engine == "eager":
            raise ValueError(
                "compile: safer=True rewrites the text, and the eager engine runs the function itself. "
                'Use engine="numpy", or write the safer form in the function.'
            )
        if engine == "xla":
            xla.require()
        self.function = function
        self.engine = engine
        self.donate_argnums = donate_argnums
        self.safer = safer
        self._steps: dict[Any, Step] = {}
        self._latest: Step | None = None
        self._new_in_a_row = 0
        self._warned = False

    def __call__(self, *arguments: Any) -> Any:
        """Run the function's text, written first if these shapes and dtypes are new."""
        # Inside another trace the function itself is recorded; the eager engine always runs it so.
        if self.engine == "eager" or active_recorder() is not None:
            return self.function(*arguments)
        return self.step(*arguments)(*arguments)

    def step(self, *arguments: Any) -> Step:
        """The step for the shapes and dtypes of these arguments."""
        key = _signature(arguments)
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = self._written(arguments)
            self._count_new_shapes()
        else:
            self._new_in_a_row = 0
        self._latest = step
        return step

    def _written(self, arguments: tuple[Any, ...]) -> Step:
        program, notes = (_traced_safely if self.safer else _traced)(self.function, arguments)
        program = simplify(program, keeps_order=self.engine != "xla")
        donated = [program.inputs[number] for number in self.donate_argnums]
        given_up = [leaf for leaf in leaves(donated) if isinstance(leaf, Variable)]
        if self.engine == "xla":  # XLA plans its own memory
            source = write_source(program, given_up, notes, buffers=False)
            return Step(program, source, xla.load(source, program, given_up), self.engine)
        source = write_source(program, given_up, notes)
        return Step(program, source, numpy_engine.load(source))

    def _count_new_shapes(self) -> None:
        self._new_in_a_row += 1
        if self.engine == "xla" and self._new_in_a_row >= MANY_SHAPES and not self._warned:
            self._warned = True
            name = getattr(self.function, "__name__", "f")
            warnings.warn(
                f"compile: {name} was called with other shapes {MANY_SHAPES} times in a row, and XLA compiles it anew "
                "for each, which takes longer than running it. Pad the arrays to a few shapes, or choose "
                'engine="numpy", which writes its text in milliseconds.',
                RuntimeWarning,
                stacklevel=4,
            )

    @property
    def source(self) -> str:
        """The text that ran last."""
        return self._last_step().source.text

    @property
    def program(self) -> Program:
        """The program that ran last."""
        return self._last_step().program

    def cost(self, *arguments: Any) -> Cost:
        """What each line of the text costs, for these arguments, or for random ones of the last call's shapes."""
        if not arguments or self.engine == "eager":
            return self._last_step().cost(*arguments)
        return self.step(*arguments).cost(*arguments)

    def _last_step(self) -> Step:
        if self._latest is None:
            name = getattr(self.function, "__name__", "f")
            if self.engine == "eager":
                raise RuntimeError(f"compile: the eager engine runs {name} itself and writes no program for it")
            raise RuntimeError(f"compile: {name} has no program yet; it is written for the arguments of a first call")
        return self._latest

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", repr(self.function))
        return f"<compiled {name}, engine {self.engine!r}, {len(self._steps)} steps>"


def compile(
    function: Callable[..., Any], engine: str = "numpy", donate_argnums: tuple[int, ...] = (), safer: bool = False
) -> Compiled:
    """Make a function run from a program's text, traced once for each set of shapes and dtypes.

    >>> import numpy as np
    >>> double = compile(lambda x: x + x)
    >>> double(np.array([1.0, 2.0]))
    array([2., 4.])
    >>> print(double.source.strip())
    def step(x):  # x (2,)
        return x + x

    Args:
        function: plain NumPy code, also a gradient: ``compile(value_and_grad(loss))``.
        engine: ``"numpy"`` runs the text; ``"xla"`` has it compiled by JAX, for CPUs and GPUs; ``"eager"`` calls the
            function itself each time, for debugging.
        donate_argnums: arguments whose arrays are given up. Results may be written into them, and large values in
            between into buffers that are kept from call to call, so such a function serves one thread.
        safer: whether forms that overflow or cancel, ``np.log(1 + np.exp(x))`` say, are written in a form that does
            neither, here and in derivatives. That changes last bits, so it is done only when asked for; the text's
            first lines say what was replaced, or what could be.
    """
    return Compiled(function, engine, donate_argnums, safer)


def _traced(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Program, tuple[str, ...]]:
    """The program to the bit, and what could be safer in it."""
    program = trace(function, *arguments)
    return program, hints(program)


def _traced_safely(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Program, tuple[str, ...]]:
    """The safer program, and what was replaced. What overflows while the unsafe forms are traced is of no account."""
    with np.errstate(all="ignore"), safer_derivatives() as differentiated:
        program = trace(function, *arguments)
    return safer(program, differentiated)


def _signature(tree: Any) -> Any:
    """What a program depends on: the form of the arguments, shapes, dtypes, and the values of what isn't an array."""
    if isinstance(tree, np.ndarray):
        return tree.shape, tree.dtype
    if isinstance(tree, (tuple, list)):
        return type(tree), tuple(map(_signature, tree))
    if isinstance(tree, dict):
        return dict, tuple((key, _signature(value)) for key, value in tree.items())
    if isinstance(tree, np.generic):
        return np.generic, tree.dtype
    if isinstance(tree, (int, float)) and not isinstance(tree, bool):
        return type(tree)
    return tree
