"""`machine`: loaded with the package, while everything that looks and measures is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.measuring.record import Machine

__all__ = ["machine"]


def machine(measure: bool = False) -> Machine:
    """Look at this machine: processor, cores, memory, BLAS, and what to set so that NumPy is as fast as it can be.

    Args:
        measure: also measure matrix products and memory, and try each piece of advice in a process of its own, and
            leave out what brings nothing.
    """
    from chainrule.measuring.record import look

    return look(measure)
