"""One call of the text: from NumPy's arrays to NumPy's arrays, or between arrays that stay on the devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.compiling.source import Source
from chainrule.compiling.xla.devices import Devices
from chainrule.compiling.xla.text import fetched, naming_the_line, text_function
from chainrule.tracing.program import Program, Variable

__all__ = ["Function", "load"]


def load(source: Source, program: Program, donated: Sequence[Variable] = ()) -> Callable[..., Any]:
    """The function that the text defines, from NumPy arrays to NumPy arrays, compiled at its first call."""
    import jax

    numbers = tuple(number for number, variable in enumerate(program.input_variables) if variable in donated)
    compiled = jax.jit(text_function(source, program), donate_argnums=numbers)
    outputs = program.output_variables

    def run(*values: Any) -> Any:
        with jax.enable_x64(True), naming_the_line(source):
            results = compiled(*values)
        arrays = tuple(map(fetched, outputs, results))
        return arrays[0] if len(outputs) == 1 else arrays

    return run


class Function:
    """The text for arrays that lie on the devices, and results that stay there, the same on each."""

    def __init__(self, source: Source, program: Program, devices: Devices) -> None:
        import jax

        self._source = source
        self._compiled = jax.jit(text_function(source, program), out_shardings=devices.everywhere)

    def __call__(self, *values: Any) -> Any:
        """The results as a tuple of JAX's arrays."""
        import jax

        with jax.enable_x64(True), naming_the_line(self._source):
            return self._compiled(*values)
