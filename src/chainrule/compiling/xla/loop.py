"""Many steps in one call: a loop over batches on the devices, for which nothing has to come or go in between."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.compiling.source import Source
from chainrule.compiling.xla.devices import Devices
from chainrule.compiling.xla.text import fetched, naming_the_line, text_function
from chainrule.tracing.program import Program

__all__ = ["GATHERED_BYTES", "EpochLoop", "Loop"]

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

        self.source = source
        self._devices = devices
        self._carried = program.input_variables[:carried]
        self._step = text_function(source, program)
        self._over_block = jax.jit(self.block, donate_argnums=(0,), out_shardings=devices.everywhere)

    @staticmethod
    def fits(program: Program, carried: int) -> bool:
        """Whether the program gives one number, and each carried value in the form in which it takes it."""
        number, *updated = program.output_variables
        taken = program.input_variables[:carried]
        forms = [[(value.shape, value.dtype) for value in values] for values in (taken, updated)]
        return number.shape == () and not number.is_python_number and forms[0] == forms[1]

    def over_block(self, values: Any, fixed: Any, block: Any, own: tuple[Array, ...] = ()) -> tuple[Any, Any]:
        """The values after a step for each batch, and the steps' numbers; all on the devices.

        The batches are there, stacked: arrays of shape (steps, rows, ...). ``own`` are arrays with an entry for each
        step, keys say. ``values`` are given up.
        """
        import jax

        with jax.enable_x64(True), naming_the_line(self.source):
            return self._over_block(values, fixed, block, own)  # type: ignore[no-any-return]

    def fetch(self, values: Any) -> list[Any]:
        """Carried values as NumPy's and Python's."""
        return list(map(fetched, self._carried, values))

    # -- inside compiled functions ---------------------------------------------------------------------------

    def block(self, values: Any, fixed: Any, block: Any, own: Any) -> Any:
        """`over_block`, to be compiled as a part of something."""
        import jax

        held = self._devices.held

        def body(values: Any, given: Any) -> Any:
            batch, own = given
            number, *updated = self._step(*values, *fixed, *(held(part, 0) for part in batch), *own)
            return tuple(updated), number

        return jax.lax.scan(body, values, (tuple(held(part, 1) for part in block), own))

    def rows(self, values: Any, fixed: Any, data: Any, rows: Any, own: Any) -> Any:
        """The same for batches that are rows of ``data``: a row of ``rows`` lists the numbers of those of a batch.

        None: one step on all rows, in their own order.
        """
        import jax

        if rows is None:
            return self.block(values, fixed, tuple(array[None] for array in data), own)

        def gathered(values: Any, given: Any) -> Any:
            rows, own = given
            return self.block(values, fixed, tuple(array[rows] for array in data), own)

        steps, size = rows.shape
        row_bytes = sum(array.nbytes // len(array) for array in data)
        together = _at_once(steps, size * row_bytes)
        rows, *own = (array.reshape(-1, together, *array.shape[1:]) for array in (rows, *own))
        values, numbers = jax.lax.scan(gathered, values, (rows, tuple(own)))
        return values, numbers.reshape(-1)


class EpochLoop:
    """Epochs over rows that lie on the devices, as many in one call as are asked for: each call has its price.

    An epoch is a loop, or two: whole batches, and a smaller last one.

    Args:
        loops: over batches of one size each.
        most: the epochs that a call has room for.
        devices: where they run.
    """

    def __init__(self, loops: Sequence[Loop], most: int, devices: Devices) -> None:
        import jax
        import jax.numpy as jnp

        self.loops = tuple(loops)
        self.most = most

        def epochs(values: Any, count: Any, fixed: Any, data: Any, rows: Any, own: Any) -> Any:
            fixed = tuple(map(_adapting, fixed))

            def epoch(number: Any, carried: Any) -> Any:
                values, numbers = carried
                found: list[Any] = []
                for loop, of_epochs, keys in zip(loops, rows, own, strict=True):
                    chosen = None if of_epochs is None else of_epochs[number]
                    same, each = (tuple(array[number] for array in arrays) for arrays in (fixed, keys))
                    values, losses = loop.rows(values, same, data, chosen, each)
                    found.append(losses)
                return values, numbers.at[number].set(jnp.concatenate(found))

            steps = sum(1 if of_epochs is None else of_epochs.shape[1] for of_epochs in rows)
            return jax.lax.fori_loop(0, count, epoch, (values, jnp.zeros((most, steps))))

        self._epochs = jax.jit(epochs, donate_argnums=(0,), out_shardings=devices.everywhere)

    def run(
        self,
        values: Any,
        count: int,
        fixed: tuple[Array, ...],
        data: Any,
        rows: tuple[Array | None, ...],
        own: tuple[tuple[Array, ...], ...],
    ) -> tuple[Any, Any]:
        """The values after ``count`` epochs, and the steps' numbers, float64 (most, steps); all on the devices.

        ``fixed`` are numbers that stay the same in an epoch, float64 (most,). ``rows`` has for each loop the rows of
        its batches, shape (most, steps, rows a step), or None for one step on all rows; ``own`` has what its steps have
        of their own, arrays of shape (most, steps, ...). ``values`` are given up.
        """
        import jax

        with contextlib.ExitStack() as stack:
            for loop in self.loops:
                stack.enter_context(naming_the_line(loop.source))
            stack.enter_context(jax.enable_x64(True))
            return self._epochs(values, count, fixed, data, rows, own)  # type: ignore[no-any-return]


def _adapting(numbers: Any) -> Any:
    """The numbers as Python's: they take the dtype of the arrays they meet. An array keeps that when it is written."""
    import jax.numpy as jnp

    return jnp.full(numbers.shape, 0.0).at[:].set(numbers)


def _at_once(steps: int, step_bytes: int) -> int:
    """How many steps' rows are gathered at once: a divisor of all, so that one loop's text serves every block.

    >>> _at_once(468, 2**21), _at_once(1009, 2**21), _at_once(40, 2**10)
    (4, 1, 40)
    """
    most = min(steps, max(1, GATHERED_BYTES // max(1, step_bytes)))
    return next(count for count in range(most, 0, -1) if steps % count == 0)
