"""Deep learning with its work shown.

Every layer and loss is two plain NumPy functions, a forward and a hand-derived backward, held by an `Op`. From
those two come programs (`trace`), derivatives (`grad`), and steps that a person can read (`compile`).

Reading order: `chainrule.op`, `chainrule.ops` (what is computed), `chainrule.tracing` (writing it down),
`chainrule.measuring` (how fast is this machine?), `chainrule.compiling` (making it run again), `chainrule.learning`
(models that improve), `chainrule.data`, `chainrule.explaining` (why is it so?), `chainrule.checking` (is it right?),
`chainrule.courses` (the courses' own interfaces), `chainrule.runs` (a training run as a folder), `chainrule.commands`
and `chainrule.cli` (what is typed).
"""

from chainrule.checking import check
from chainrule.compiling import XLA, compile
from chainrule.explaining import explain
from chainrule.measuring import machine
from chainrule.op import Op
from chainrule.tracing import Program, TracingError, grad, hessian, jacobian, trace, value_and_grad, vjp

__all__ = [
    "XLA",
    "Op",
    "Program",
    "TracingError",
    "check",
    "compile",
    "explain",
    "grad",
    "hessian",
    "jacobian",
    "machine",
    "trace",
    "value_and_grad",
    "vjp",
]
__version__ = "0.1.0"
