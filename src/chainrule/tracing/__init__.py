"""Writing it down: a function of arrays becomes a `Program`, and so does its derivative.

Reading order: `program` (what is written), `tracer` and `numpy_calls` (what stands for an array), `recorder`
(who writes), `names`, `trace`, `differentiate`.
"""

from chainrule.tracing.differentiate import grad, hessian, jacobian, value_and_grad, vjp
from chainrule.tracing.errors import TracingError
from chainrule.tracing.program import Equation, Program, Variable
from chainrule.tracing.recorder import group, named
from chainrule.tracing.trace import trace

__all__ = [
    "Equation",
    "Program",
    "TracingError",
    "Variable",
    "grad",
    "group",
    "hessian",
    "jacobian",
    "named",
    "trace",
    "value_and_grad",
    "vjp",
]
