"""Where arrays lie: the same on each device, or their rows shared out between the devices of a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.compiling.xla.choice import XLA

__all__ = ["Devices"]

Array = np.ndarray[Any, Any]


class Devices:
    """One device, or a row of them, of this process or of many, that work on the same batch.

    Args:
        choice: which.

    Raises:
        ValueError: JAX does not see so many.
    """

    def __init__(self, choice: XLA) -> None:
        import jax
        from jax.sharding import AxisType, Mesh

        chosen = jax.devices() if choice.devices == "all" else _first(choice.devices, jax.local_devices())
        self.count = len(chosen)
        self.processes = len({device.process_index for device in chosen})
        self.rows = choice.rows
        # One device needs no mesh, and its calls are cheaper without.
        self._mesh = Mesh(np.array(chosen), ("batch",), axis_types=(AxisType.Auto,)) if self.count > 1 else None

    @property
    def everywhere(self) -> Any:
        """The sharding of what is the same on each device; None for one device."""
        return self._sharding(None)

    def copied(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Arrays copied to each device; Python numbers stay what they are, and adapt to the arrays they meet."""
        return tuple(
            self._put(value, None) if isinstance(value, (np.ndarray, np.generic)) else value for value in values
        )

    def lent(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """Arrays that nobody writes while they are there; a CPU's device may use their very memory."""
        import jax

        if self._mesh is not None:
            return self.copied(arrays)
        with jax.enable_x64(True):
            return tuple(map(jax.device_put, arrays))

    def number(self, value: float) -> Any:
        """A Python number on the devices, which adapts to the arrays it meets as Python's does."""
        import jax
        import jax.numpy as jnp

        with jax.enable_x64(True):
            return value if self._mesh is not None else jnp.asarray(value)

    def shared(self, array: Array, axis: int) -> Any:
        """An array on the devices, each with a part along ``axis``, or all of it where it does not divide.

        With ``rows="own"`` the array is this process's part.
        """
        return self._put(array, axis if self.divides(self.whole(array.shape[axis])) else None)

    def held(self, array: Any, axis: int) -> Any:
        """Inside a compiled function: the array with a part along ``axis`` on each device, if that divides."""
        import jax

        sharding = self._sharding(axis)
        if sharding is None or not self.divides(array.shape[axis]):
            return array
        return jax.lax.with_sharding_constraint(array, sharding)

    def whole(self, rows: int) -> int:
        """How many rows all processes have together where this one has so many of a batch."""
        return rows * self.processes if self.rows == "own" else rows

    def divides(self, rows: int) -> bool:
        """Whether so many rows can be shared out evenly."""
        return rows % self.count == 0

    def _sharding(self, axis: int | None) -> Any:
        from jax.sharding import NamedSharding, PartitionSpec

        if self._mesh is None:
            return None
        return NamedSharding(self._mesh, PartitionSpec(*([] if axis is None else [*[None] * axis, "batch"])))

    def _put(self, value: Any, axis: int | None) -> Any:
        import jax
        import jax.numpy as jnp

        with jax.enable_x64(True):
            if self._mesh is None:
                return jnp.array(value)
            array, sharding = np.asarray(value), self._sharding(axis)
            if self.rows == "own" and axis is not None:
                shape = (*array.shape[:axis], self.whole(array.shape[axis]), *array.shape[axis + 1 :])
                return jax.make_array_from_process_local_data(sharding, array.copy(), shape)
            # Copies: a CPU's device may take the very memory it is given, and steps write into what they are given.
            return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index].copy())


def _first(count: int, here: Sequence[Any]) -> Sequence[Any]:
    if count > len(here):
        raise ValueError(
            f"XLA(devices={count}): JAX sees {len(here)} here ({here[0].platform}). Ask for fewer, or for "
            f'"all"; to try it on one CPU, XLA_FLAGS=--xla_force_host_platform_device_count={count} in the environment '
            f"makes it count as {count}"
        )
    return here[:count]
