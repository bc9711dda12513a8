"""The text's function on JAX's arrays: what NumPy does otherwise is made the same, and errors name the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.compiling import numpy_engine
from chainrule.compiling.source import Source
from chainrule.compiling.xla import philox
from chainrule.tracing.program import Program, Variable

__all__ = ["fetched", "naming_the_line", "text_function"]

_CALLS = re.compile(r"\bnp\.((?:linalg\.)?\w+)")


def fetched(variable: Variable, result: Any) -> Any:
    """A result as the NumPy engine gives it: an array of its own, a NumPy scalar, or a Python number."""
    if variable.is_python_number:
        return variable.dtype(result.item())  # type: ignore[operator]
    return np.array(result)[()]


def text_function(source: Source, program: Program) -> Callable[..., tuple[Any, ...]]:
    """The text's function on JAX's arrays, giving a tuple of arrays in the program's dtypes."""
    import jax.numpy as jnp

    _refuse_unknown_functions(source, jnp)
    ours = {"written_at": _written_at, "added_at": _added_at, "uniform": _uniform}
    # A constant array may have such a name too, in a text that has no such function.
    references = {
        name: ours.get(name, value) if callable(value) else value for name, value in source.references.items()
    }
    function = numpy_engine.load(source, jnp, references)
    outputs = program.output_variables

    def step(*values: Any) -> tuple[Any, ...]:
        results = function(*values)
        return tuple(map(_in_dtype, outputs, results if len(outputs) != 1 else (results,)))

    return step


def _in_dtype(variable: Variable, result: Any) -> Any:
    """JAX gives float32 for whole numbers times float32 where NumPy gives float64."""
    import jax.numpy as jnp

    if variable.is_python_number:
        return jnp.asarray(result)
    return jnp.asarray(result, variable.dtype)


def _refuse_unknown_functions(source: Source, numpy: Any) -> None:
    for number, line in enumerate(source.text.splitlines(), start=1):
        for name in _CALLS.findall(line):
            home: Any = numpy.linalg if name.startswith("linalg.") else numpy
            if not hasattr(home, name.removeprefix("linalg.")):
                raise NotImplementedError(
                    f"np.{name}, in line {number} of {source.name}'s text (`{line.strip()}`), is not among jax.numpy's "
                    'functions; write it with others, or choose engine="numpy"'
                )


class naming_the_line:
    """What JAX refuses gets a note: the line of the text. A context, since it costs a step nothing."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        while error is not None and traceback is not None:
            code, number = traceback.tb_frame.f_code, traceback.tb_lineno
            if code.co_filename.startswith("<chainrule ") and code.co_name == self.source.name:
                line = self.source.text.splitlines()[number - 1].strip()
                error.add_note(
                    f"JAX can't run line {number} of {self.source.name}'s text (`{line}`); "
                    'write it with other functions, or choose engine="numpy"'
                )
                return
            traceback = traceback.tb_next


def _written_at(x: Any, index: Any, values: Any) -> Any:
    """A copy of ``x`` with ``x[index] = values``. Of a place named twice JAX promises one of the values."""
    return x.at[index].set(_of_dtype(x, values))


def _added_at(x: Any, index: Any, values: Any) -> Any:
    """A copy of ``x`` with ``values`` added at ``index``; a place that is named twice is added to twice."""
    return x.at[index].add(_of_dtype(x, values))


def _uniform(key: Any, stream: int, shape: tuple[int, ...]) -> Any:
    """NumPy's random numbers, bit for bit."""
    import jax
    import jax.numpy as jnp

    return philox.uniform(jnp, key, stream, shape, jax.lax.fori_loop)


def _of_dtype(x: Any, values: Any) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(values).astype(x.dtype)
