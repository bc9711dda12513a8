"""Where arrays lie: the same on each device, or their rows shared out between the devices of a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.compiling.xla.choice import XLA

__all__ = ["Devices", "Lent"]

Array = np.ndarray[Any, Any]

# Larger data would take too much memory between two trainings; and a comparison goes so far at a time.
REMEMBERED_BYTES, COMPARED_BYTES = 2**30, 2**20


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
        self._on_cpu = chosen[0].platform == "cpu"
        # One device needs no mesh, and its calls are cheaper without.
        self._mesh = Mesh(np.array(chosen), ("batch",), axis_types=(AxisType.Auto,)) if self.count > 1 else None

    @property
    def is_one_cpu(self) -> bool:
        """Whether arrays lie in this process's own memory, whole."""
        return self._mesh is None and self._on_cpu

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


class Lent:
    """Remembers arrays that were lent to a CPU's device: whoever trains again on the same ones need not send them.

    They may have changed, so they are compared, which takes a sixth of the time. From a device with memory of its own
    they would have to come back first; there all are sent anew.
    """

    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._there: tuple[Any, ...] = ()

    def __call__(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """The arrays on the device."""
        if self._there and all(map(_same_bits, arrays, self._there)):
            return self._there
        self._there = ()  # or there would be two copies at once
        there = self._devices.lent(arrays)
        if self._devices.is_one_cpu and sum(array.nbytes for array in arrays) <= REMEMBERED_BYTES:
            self._there = there
        return there


def _same_bits(array: Array, there: Any) -> bool:
    if (array.shape, array.dtype) != (there.shape, there.dtype) or not array.flags.c_contiguous:
        return False
    # As whole numbers: 0.0 and -0.0 are equal, and not the same. On a CPU nothing is copied here.
    a, b = (part.reshape(-1).view(f"u{array.itemsize}") for part in (array, np.asarray(there)))
    block = COMPARED_BYTES // array.itemsize
    return all(np.array_equal(a[start : start + block], b[start : start + block]) for start in range(0, a.size, block))


def _first(count: int, here: Sequence[Any]) -> Sequence[Any]:
    if count > len(here):
        raise ValueError(
            f"XLA(devices={count}): JAX sees {len(here)} here ({here[0].platform}). Ask for fewer, or for "
            f'"all"; to try it on one CPU, XLA_FLAGS=--xla_force_host_platform_device_count={count} in the environment '
            f"makes it count as {count}"
        )
    return here[:count]
