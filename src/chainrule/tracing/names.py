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
from chainrule.tracing.recorder import HIDDEN, Recorder
from chainrule.tracing.tracer import Tracer

__all__ = ["collecting_names", "gradient_names"]


@contextlib.contextmanager
def collecting_names(recorder: Recorder) -> Iterator[None]:
    """Note the names of local variables that hold tracers, as functions return.

    Python's profile hook reports each return; whatever hook was there is put back afterwards.
    """

    depth = 0
    named_at: dict[Variable, int] = {}

    def on_event(frame: FrameType, event: str, _: Any) -> None:
        nonlocal depth
        if event == "call":
            depth += 1
        elif event == "return":
            depth -= 1
            if not frame.f_code.co_filename.startswith(HIDDEN):
                for name, variable in _named_values(recorder, frame):
                    if depth <= named_at.get(variable, depth):
                        named_at[variable] = depth
                        recorder.names[variable] = name

    previous = sys.getprofile()
    sys.setprofile(on_event)
    try:
        yield
    finally:
        sys.setprofile(previous)


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


def gradient_names(recorder: Recorder) -> dict[Variable, str]:
    """All names, with ``d_x`` for the gradient with respect to ``x`` where the author gave it none."""
    names = dict(recorder.names)
    for gradient, variable in recorder.gradient_of.items():
        if gradient not in names and variable in names:
            names[gradient] = f"d_{names[variable]}"
    return names
