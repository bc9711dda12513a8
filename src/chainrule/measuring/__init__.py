"""How fast this machine is, and what to set so that it is: processor, BLAS, rates, advice.

Reading order: `processor`, `libraries`, `rates` (what is measured), `advice` (what to set), `record`, `machine`. It
knows nothing of programs: `compiling` compares the lines of a text with the rates.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule.measuring.machine import machine

if TYPE_CHECKING:
    from chainrule.measuring.advice import Advice
    from chainrule.measuring.rates import Rates
    from chainrule.measuring.record import Machine

__all__ = ["Advice", "Machine", "Rates", "machine"]
_HOMES = {"Advice": "advice", "Machine": "record", "Rates": "rates"}


def __getattr__(name: str) -> Any:
    # `import chainrule` gives `machine`; the records are loaded when a machine is looked at.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
