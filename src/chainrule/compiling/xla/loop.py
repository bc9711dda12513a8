"""Many steps in one call: a loop over batches on the devices, for which nothing has to come or go in between."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.compiling.source import Source
from chainrule.compiling.xla.devices import Devices
from chainrule.compiling.xla.text import fetched, naming_the_line, text_function
from chainrule.tracing.program import Program

__all__ = ["GATHERED_BYTES", "Loop"]

Array = np.ndarray[Any, Any]

# Rows of so many bytes are gathered at once. A gather in every step goes to XLA's threads each time, which can double a
# small step's time while other programs run; a copy of a whole epoch may be large, and fresh memory is slow
# (benchmarks/xla_engine.py).
GATHERED_BYTES = 8 * 2**20


class Loop:
    """A step that hands on what it takes, run over many batches at once; its values stay on the devices.

    The step takes ``carried`` values, others that stay the same in a call, a batch of each array of data, and then what
    each step has of its own; it gives one number, and the carried values anew. On many devices each works on its part
    of a batch.
    """

    def __init__(self, source: Source, program: Program, carried: int, devices: Devices) -> None:
        import jax

        self._source = source
        self._carried = program.input_variables[:carried]
        step = text_function(source, program)

        def over_block(values: Any, fixed: Any, block: Any, own: Any) -> Any:
            def body(values: Any, given: Any) -> Any:
                batch, own = given
                number, *updated = step(*values, *fixed, *(devices.held(part, 0) for part in batch), *own)
                return tuple(updated), number

            return jax.lax.scan(body, values, (tuple(devices.held(part, 1) for part in block), own))

        def over_rows(values: Any, fixed: Any, data: Any, rows: Any, own: Any) -> Any:
            def block(values: Any, given: Any) -> Any:
                rows, own = given
                return over_block(values, fixed, tuple(array[rows] for array in data), own)

            steps, size = rows.shape
            row_bytes = sum(array.nbytes // len(array) for array in data)
            together = _at_once(steps, size * row_bytes)
            rows, *own = (array.reshape(-1, together, *array.shape[1:]) for array in (rows, *own))
            values, numbers = jax.lax.scan(block, values, (rows, tuple(own)))
            return values, numbers.reshape(-1)

        def over_all(values: Any, fixed: Any, data: Any, own: Any) -> Any:
            batch = (*(devices.held(array, 0) for array in data), *(array[0] for array in own))
            number, *updated = step(*values, *fixed, *batch)
            return tuple(updated), number[None]

        self._over_rows, self._over_all, self._over_block = (
            jax.jit(function, donate_argnums=(0,), out_shardings=devices.everywhere)
            for function in (over_rows, over_all, over_block)
        )

    @staticmethod
    def fits(program: Program, carried: int) -> bool:
        """Whether the program gives one number, and each carried value in the form in which it takes it."""
        number, *updated = program.output_variables
        taken = program.input_variables[:carried]
        forms = [[(value.shape, value.dtype) for value in values] for values in (taken, updated)]
        return number.shape == () and not number.is_python_number and forms[0] == forms[1]

    def over_rows(
        self, values: Any, fixed: Any, data: Any, rows: Array | None, own: tuple[Array, ...] = ()
    ) -> tuple[Any, Any]:
        """The values after a step for each row of ``rows``, and the steps' numbers; all on the devices.

        A row lists the rows of the data that make a batch; None: one step on all of them. ``own`` are arrays with an
        entry for each step, keys say. ``values`` are given up.
        """
        import jax

        with jax.enable_x64(True), naming_the_line(self._source):
            if rows is None:
                return self._over_all(values, fixed, data, own)  # type: ignore[no-any-return]
            small = rows.astype(np.int32) if len(data[0]) < 2**31 else rows
            return self._over_rows(values, fixed, data, small, own)  # type: ignore[no-any-return]

    def over_block(self, values: Any, fixed: Any, block: Any, own: tuple[Array, ...] = ()) -> tuple[Any, Any]:
        """The same for batches that are there, stacked: arrays of shape (steps, rows, ...)."""
        import jax

        with jax.enable_x64(True), naming_the_line(self._source):
            return self._over_block(values, fixed, block, own)  # type: ignore[no-any-return]

    def fetch(self, values: Any) -> list[Any]:
        """Carried values as NumPy's and Python's."""
        return list(map(fetched, self._carried, values))


def _at_once(steps: int, step_bytes: int) -> int:
    """How many steps' rows are gathered at once: a divisor of all, so that one loop's text serves every block.

    >>> _at_once(468, 2**21), _at_once(1009, 2**21), _at_once(40, 2**10)
    (4, 1, 40)
    """
    most = min(steps, max(1, GATHERED_BYTES // max(1, step_bytes)))
    return next(count for count in range(most, 0, -1) if steps % count == 0)
