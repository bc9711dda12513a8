"""Running the text of a program on JAX: the same text with ``np`` bound to ``jax.numpy``, compiled by XLA.

JAX is imported inside the functions, when somebody asks for this engine. It is told to keep float64 in these functions
alone; what else the user does with JAX is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.compiling import numpy_engine
from chainrule.compiling.source import Source
from chainrule.tracing.program import Program, Variable

__all__ = ["Loop", "load", "place", "require"]

Array = np.ndarray[Any, Any]

# Rows of so many bytes are gathered at once. A gather in every step goes to XLA's threads each time, which can double a
# small step's time while other programs run; a copy of a whole epoch may be large, and fresh memory is slow
# (benchmarks/xla_engine.py).
GATHERED_BYTES = 8 * 2**20

_CALLS = re.compile(r"\bnp\.((?:linalg\.)?\w+)")


def require() -> None:
    """Raise ImportError, with the way out, where there is no JAX, or one that can't keep float64 for a call alone."""
    try:
        from jax import enable_x64  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'engine "xla" needs JAX 0.10 or later, which is not installed here; '
            'pip install "chainrule[xla]" brings it, and engine "numpy" runs without it',
            name="jax",
        ) from error


def load(source: Source, program: Program, donated: Sequence[Variable] = ()) -> Callable[..., Any]:
    """The function that the text defines, from NumPy arrays to NumPy arrays, compiled at its first call."""
    import jax

    numbers = tuple(number for number, variable in enumerate(program.input_variables) if variable in donated)
    compiled = jax.jit(_text(source, program), donate_argnums=numbers)
    outputs = program.output_variables

    def run(*values: Any) -> Any:
        with jax.enable_x64(True), _naming_the_line(source):
            results = compiled(*values)
        arrays = tuple(map(_fetched, outputs, results))
        return arrays[0] if len(outputs) == 1 else arrays

    return run


class Loop:
    """A step that hands on what it takes, run over many batches at once; its values stay on the device.

    The step takes ``carried`` values, others that stay the same in a call, and then a batch of each array of data; it
    gives one number, and the carried values anew.
    """

    def __init__(self, source: Source, program: Program, carried: int) -> None:
        import jax

        self._source = source
        self._carried = program.input_variables[:carried]
        step = _text(source, program)

        def over_batches(values: Any, fixed: Any, data: Any, rows: Any) -> Any:
            def body(values: Any, batch: Any) -> Any:
                number, *updated = step(*values, *fixed, *batch)
                return tuple(updated), number

            def block(values: Any, rows: Any) -> Any:
                return jax.lax.scan(body, values, tuple(array[rows] for array in data))

            steps, size = rows.shape
            row_bytes = sum(array.nbytes // len(array) for array in data)
            values, numbers = jax.lax.scan(block, values, rows.reshape(-1, _at_once(steps, size * row_bytes), size))
            return values, numbers.reshape(-1)

        def over_all(values: Any, fixed: Any, data: Any) -> Any:
            number, *updated = step(*values, *fixed, *data)
            return tuple(updated), number[None]

        self._over_batches = jax.jit(over_batches, donate_argnums=(0,))
        self._over_all = jax.jit(over_all, donate_argnums=(0,))

    @staticmethod
    def fits(program: Program, carried: int) -> bool:
        """Whether the program gives one number, and each carried value in the form in which it takes it."""
        number, *updated = program.output_variables
        taken = program.input_variables[:carried]
        forms = [[(value.shape, value.dtype) for value in values] for values in (taken, updated)]
        return number.shape == () and not number.is_python_number and forms[0] == forms[1]

    def __call__(self, values: Any, fixed: Any, data: Any, rows: Array | None) -> tuple[Any, Any]:
        """The values after a step for each row of ``rows``, and the steps' numbers; all on the device.

        A row lists the rows of the data that make a batch; None: one step on all of them. ``values`` are given up.
        """
        import jax

        with jax.enable_x64(True), _naming_the_line(self._source):
            if rows is None:
                return self._over_all(values, fixed, data)  # type: ignore[no-any-return]
            small = rows.astype(np.int32) if rows.max() < 2**31 else rows
            return self._over_batches(values, fixed, data, small)  # type: ignore[no-any-return]

    def fetch(self, values: Any) -> list[Any]:
        """Carried values as NumPy's and Python's."""
        return list(map(_fetched, self._carried, values))


def place(values: Sequence[Any]) -> tuple[Any, ...]:
    """Arrays on the device, copied; Python numbers stay what they are, and adapt to the arrays they meet."""
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        return tuple(jnp.array(value) if isinstance(value, (np.ndarray, np.generic)) else value for value in values)


def _at_once(steps: int, step_bytes: int) -> int:
    """How many steps' rows are gathered at once: a divisor of all, so that one loop's text serves every block.

    >>> _at_once(468, 2**21), _at_once(1009, 2**21), _at_once(40, 2**10)
    (4, 1, 40)
    """
    most = min(steps, max(1, GATHERED_BYTES // max(1, step_bytes)))
    return next(count for count in range(most, 0, -1) if steps % count == 0)


def _fetched(variable: Variable, result: Any) -> Any:
    """A result as the NumPy engine gives it: an array of its own, a NumPy scalar, or a Python number."""
    if variable.is_python_number:
        return variable.dtype(result.item())  # type: ignore[operator]
    return np.array(result)[()]


def _text(source: Source, program: Program) -> Callable[..., tuple[Any, ...]]:
    """The text's function on JAX's arrays, giving a tuple of arrays in the program's dtypes."""
    import jax.numpy as jnp

    _refuse_unknown_functions(source, jnp)
    ours = {"written_at": _written_at, "added_at": _added_at}
    references = {name: ours.get(name, value) for name, value in source.references.items()}
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


class _naming_the_line:
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


def _of_dtype(x: Any, values: Any) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(values).astype(x.dtype)
