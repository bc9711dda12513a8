"""What users ask for: the XLA engine, its devices, and whose rows they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["XLA", "require"]


@dataclass(frozen=True)
class XLA:
    """The XLA engine on several devices, for a Solver: ``Solver(..., engine=XLA(devices="all"))``.

    Each batch is shared out, the parameters are everywhere, and XLA adds the gradients up between the devices; the
    text of the step is the same. ``engine="xla"`` is ``XLA()``, one device.

    Args:
        devices: how many; ``"all"`` that JAX sees, those of other processes included.
        rows: whose rows a Solver is given in one of many processes: ``"all"`` of them in each process, which gives the
            run of one device; or its ``"own"``, equally many in each, for data that no process could hold whole.
            Validation rows are the same in each process.
    """

    devices: int | Literal["all"] = 1
    rows: Literal["all", "own"] = "all"

    def __post_init__(self) -> None:
        if self.devices != "all" and (type(self.devices) is not int or self.devices < 1):
            raise ValueError(f'XLA: devices is {self.devices!r}; expected a whole number, at least 1, or "all"')
        if self.rows not in ("all", "own"):
            raise ValueError(f'XLA: rows is {self.rows!r}; expected "all" rows in each process, or each its "own"')
        if self.rows == "own" and self.devices != "all":
            raise ValueError('XLA: rows="own" is for many processes; it goes with devices="all"')


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
