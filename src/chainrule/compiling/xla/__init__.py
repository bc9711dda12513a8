"""Running the text of a program on JAX: the same text with ``np`` bound to ``jax.numpy``, compiled by XLA.

The only place that imports JAX, and only inside its functions, when somebody asks for this engine. JAX is told to keep
float64 in these functions alone; what else the user does with JAX is left as it is.

Reading order: `choice` (what users ask for), `text` (the text on JAX's arrays, with `philox`), `devices` (where arrays
lie), `function` (one call), `loop` (many steps in one call, many epochs), `processes` (many hosts).
"""

from chainrule.compiling.xla.choice import XLA, require
from chainrule.compiling.xla.devices import Devices, Lent
from chainrule.compiling.xla.function import Function, load
from chainrule.compiling.xla.loop import EpochLoop, Loop
from chainrule.compiling.xla.processes import join

__all__ = ["XLA", "Devices", "EpochLoop", "Function", "Lent", "Loop", "join", "load", "require"]
