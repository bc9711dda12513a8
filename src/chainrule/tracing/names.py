"""What the author called each value: the local variables of a function, read when it returns.

A caller's name replaces its callee's, because the caller returns later and knows more: what a layer calls
``out`` becomes the model's ``logits``.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np

from chainrule.tracing.program import Variable
from chainrule.tracing.recorder import HIDDEN, Recorder, mark
from chainrule.tracing.tracer import Tracer

__all__ = ["collecting_names", "gradient_names"]


@contextlib.contextmanager
def collecting_names(recorder: Recorder) -> Iterator[None]:
    """Note the names of local variables that hold tracers, as functions return.

    Python's profile hook reports each return. Where a profiler has taken the hook, it keeps it, and values go by
    numbered names.
    """
    if sys.getprofile() is not None:
        yield
        return

    depth = 0
    named_at: dict[Variable, int] = {}

    def on_event(frame: FrameType, event: str, _: Any) -> None:
        nonlocal depth
        if event == "call":
            depth += 1
        elif event == "return":
            depth -= 1
            if recorder.collects_names and not frame.f_code.co_filename.startswith(HIDDEN):
                for name, variable in _named_values(recorder, frame):
                    if variable not in recorder.hinted and depth <= named_at.get(variable, depth):
                        named_at[variable] = depth
                        recorder.names[variable] = name
                        (recorder.textbook.add if recorder.within_op else recorder.textbook.discard)(variable)

    sys.setprofile(on_event)
    try:
        yield
    finally:
        sys.setprofile(None)


def _named_values(recorder: Recorder, frame: FrameType) -> Iterator[tuple[str, Variable]]:
    """The frame's local variables that hold traced values or constants."""
    code = frame.f_code
    # An op's formulas have textbook letters for arguments; what its caller calls them says more.
    formal = code.co_varnames[: code.co_argcount] if recorder.within_op else ()
    for name, value in frame.f_locals.items():
        if name.startswith(("_", ".")) or name in formal:
            continue
        if type(value) is Tracer and value.recorder is recorder:
            yield name, value.current
        elif isinstance(value, np.ndarray):
            constant = recorder.captured(value)
            if constant is not None:
                yield name, constant


def gradient_names(recorder: Recorder, inputs: dict[Variable, str]) -> dict[Variable, str]:
    """All names: the inputs' own, the author's, and ``d_x`` for the gradient with respect to ``x``.

    The gradient of an input is called so in any case: loops over gradients give the same name to all.
    """
    names = recorder.names | inputs
    of_inputs = set(inputs)
    for equation in recorder.equations:
        operand = equation.operands[0] if equation.function is mark else None
        if isinstance(operand, Variable) and operand in inputs:
            names[equation.output] = inputs[operand]
            of_inputs.add(equation.output)
    for gradient, variables in recorder.gradient_of.items():
        of_named = [variable for variable in variables if variable in names]
        unnamed = gradient not in names or gradient in recorder.textbook
        if of_named and (unnamed or not of_inputs.isdisjoint(variables)):
            names[gradient] = f"d_{names[of_named[0]]}"
    return names
