"""`trace`: run a function once on tracers and give the program that it went through."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.op import Op
from chainrule.tracing.attempts import attempted
from chainrule.tracing.errors import TracingError, unwrapped
from chainrule.tracing.names import collecting_names, gradient_names
from chainrule.tracing.program import Program, Variable
from chainrule.tracing.recorder import Recorder
from chainrule.tracing.selection import COUNT_DEPENDS, Nonzero, Selection
from chainrule.tracing.strip import strip
from chainrule.tracing.tracer import Tracer
from chainrule.tracing.trees import leaves_with_names, map_tree

__all__ = ["trace"]


def trace(function: Callable[..., Any], *examples: Any) -> Program:
    """Write down what ``function`` does with arguments of the examples' shapes and dtypes.

    Arrays and Python floats and ints in the arguments become inputs of the program; strings, None and booleans are
    kept as they are. What the function reads from elsewhere (a closure, a global) becomes a constant. The
    arguments are never written to.

    >>> import numpy as np
    >>> print(trace(lambda x: np.sum(x * x), np.array([1.0, 2.0])))
    program <lambda>
      v0:float64[2] = input  # x
      v1:float64[2] = multiply(v0, v0)
      v2:float64[] = sum(v1)
      return v2

    Args:
        function: plain NumPy code; its arguments and result may be arrays, and tuples, lists and dicts of them.
        examples: one example for each argument.

    Raises:
        TracingError: for code whose course depends on values; the message names the line and what to write.
    """
    return attempted(lambda recorder: _traced(recorder, function, examples))


def _traced(recorder: Recorder, function: Callable[..., Any], examples: tuple[Any, ...]) -> Program:
    arguments = tuple(map_tree(lambda leaf: _as_input(recorder, leaf), example) for example in examples)
    inputs = map_tree(_variable_or_literal, arguments)
    try:
        with recorder.recording(), collecting_names(recorder), unwrapped():
            # Own containers, so that a function that puts something into its dict doesn't change the inputs.
            result = function(*map_tree(lambda leaf: leaf, arguments))
        outputs = map_tree(lambda leaf: _as_output(recorder, leaf), result)
    finally:
        recorder.restore()
    names = gradient_names(recorder, _input_names(function, inputs))
    name = function.name if isinstance(function, Op) else getattr(function, "__name__", type(function).__name__)
    program = Program(name, inputs, recorder.constants, tuple(recorder.equations), outputs, names)
    return strip(program)


def _as_input(recorder: Recorder, leaf: Any) -> Any:
    if isinstance(leaf, Tracer):
        raise TypeError("trace: an example is a tracer of another trace; call the function itself there")
    if leaf is None or isinstance(leaf, (str, bool)):
        return leaf
    if isinstance(leaf, (np.ndarray, np.generic, int, float)):
        # A copy: code that writes in place leaves the caller's array alone.
        return recorder.input(leaf.copy(order="K") if isinstance(leaf, np.ndarray) else leaf)
    raise TypeError(
        f"trace: an argument holds {leaf!r} ({type(leaf).__name__}); expected arrays, numbers, and tuples, lists and "
        "dicts of them. Close over anything else: `trace(lambda x: f(x, options), x)`."
    )


def _variable_or_literal(leaf: Any) -> Any:
    return leaf.read() if isinstance(leaf, Tracer) else leaf


def _as_output(recorder: Recorder, leaf: Any) -> Any:
    if isinstance(leaf, Tracer):
        return leaf.read()
    if isinstance(leaf, np.ndarray):
        return recorder.capture(leaf)
    if isinstance(leaf, (Selection, Nonzero)):
        raise TracingError(COUNT_DEPENDS)
    if leaf is not None and not isinstance(leaf, (str, bool, int, float, np.generic)):
        raise TypeError(
            f"trace: the function returns {leaf!r} ({type(leaf).__name__}); expected arrays, numbers, and tuples, "
            "lists and dicts of them."
        )
    if isinstance(leaf, float):
        recorder.refuse_stale(leaf)
    return leaf


def _input_names(function: Callable[..., Any], inputs: tuple[Any, ...]) -> dict[Variable, str]:
    """Names of the inputs, from the function's signature and the keys of its dicts."""
    found = {}
    for parameter, argument in zip(parameter_names(function, len(inputs)), inputs, strict=True):
        for name, leaf in leaves_with_names(argument, parameter):
            if isinstance(leaf, Variable):
                found[leaf] = name
    return found


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first ``count`` positional parameters; ``x1, x2 ...`` where the signature gives none."""
    own = function.forward if isinstance(function, Op) else function
    try:
        parameters = [
            parameter.name
            for parameter in inspect.signature(own).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        parameters = []
    return (parameters + [f"x{number}" for number in range(len(parameters) + 1, count + 1)])[:count]
