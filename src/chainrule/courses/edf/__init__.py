"""EDF, the Educational Framework: a computation graph of nodes that hold a value and a gradient.

Nodes are evaluated in the order in which they were constructed, and gradients are sent back in reverse:

>>> import numpy as np
>>> from chainrule.courses import edf
>>> edf.clear_compgraph()
>>> x, y = edf.Input(), edf.Input()
>>> weights = edf.AffineParams(1, 1, rng=np.random.default_rng(0))
>>> loss = edf.L2Loss(y, edf.Affine(weights, x))
>>> x.value, y.value = np.array([[1.0], [2.0]]), np.array([[2.0], [4.0]])
>>> edf.learning_rate = 0.1
>>> for step in range(500):
...     edf.Forward()
...     edf.Backward(loss)
...     edf.UpdateParameters()
>>> bool(loss.value.max() < 1e-3)
True

`edf.learning_rate` and `edf.DT` are set by their users; `edf.CompNodes` and `edf.Parameters` are the lists of the graph
that is being built. A node of one's own subclasses `CompNode`, appends itself to ``edf.CompNodes``, sets ``self.value``
in ``forward()`` and calls ``addgrad`` of its children in ``backward()``.

Conventions of the framework, kept: `Backward` starts from ``ones / len(loss.value)``, the mean over the batch, and
`Parameter.addgrad` sums what it is given over the batch axis. Differences: there is a graph from the start, several can
live side by side (``with edf.Graph():``), and no value is clamped.

Reading order: `graph` (who runs), `node` (what holds a value), `nodes` (the framework's own), `naming`, `function` (a
graph as a function, for `chainrule.trace`, `grad` and `compile`), `step` (training at compiled speed), `files`,
`linear_regression` and `logistic_regression` (what the sheet asks to derive).
"""

from typing import Any

import numpy as np

from chainrule.courses.edf import linear_regression, logistic_regression
from chainrule.courses.edf.files import load_parameters, save_parameters
from chainrule.courses.edf.graph import Graph, clear_compgraph, current_graph
from chainrule.courses.edf.linear_regression import vector_derivative_product
from chainrule.courses.edf.logistic_regression import logistic_gradient, logistic_loss
from chainrule.courses.edf.node import AffineParams, CompNode, Input, Parameter, ParameterPackage
from chainrule.courses.edf.nodes import (
    Add,
    Affine,
    CrossEntropyLoss,
    L2Loss,
    LeakyReLU,
    LogLoss,
    Mean,
    Mul,
    ReLU,
    Reshape,
    Sigmoid,
    SingleProbToProbVector,
    Softmax,
    Sum,
    Tanh,
    Transpose,
)
from chainrule.courses.edf.step import CompiledStep

__all__ = [
    "DT",
    "SGD",
    "Add",
    "Affine",
    "AffineParams",
    "Backward",
    "CompNode",
    "CompiledStep",
    "CrossEntropyLoss",
    "Forward",
    "Graph",
    "Input",
    "L2Loss",
    "LeakyReLU",
    "LogLoss",
    "Mean",
    "Mul",
    "Parameter",
    "ParameterPackage",
    "ReLU",
    "Reshape",
    "Sigmoid",
    "SingleProbToProbVector",
    "Softmax",
    "Sum",
    "Tanh",
    "Transpose",
    "UpdateParameters",
    "clear_compgraph",
    "current_graph",
    "learning_rate",
    "linear_regression",
    "load_parameters",
    "logistic_gradient",
    "logistic_loss",
    "logistic_regression",
    "save_parameters",
    "vector_derivative_product",
]

DT: Any = np.float32  # the dtype of parameters
learning_rate: float = 0.001


def Forward() -> None:
    """Run ``forward()`` of every node of the current graph, in the order of construction.

    Raises:
        RuntimeError: an input has no value, or a node stands before one that it uses.
    """
    current_graph().Forward()


def Backward(loss: CompNode) -> None:
    """Set all gradients to zero, start from ``ones / len(loss.value)`` at ``loss``, and run every ``backward()`` in
    reverse order.

    Raises:
        RuntimeError: the loss has no value yet.
    """
    current_graph().Backward(loss)


def UpdateParameters() -> None:
    """Take one step of gradient descent: ``value - edf.learning_rate * grad`` for every parameter.

    Raises:
        RuntimeError: the graph has no parameters, or no gradients yet.
    """
    current_graph().UpdateParameters(learning_rate)


SGD = UpdateParameters  # its older name


def __getattr__(name: str) -> Any:
    """`CompNodes`, `Parameters` and `Inputs` of the graph that is being built."""
    if name in ("CompNodes", "Parameters", "Inputs"):
        return getattr(current_graph(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
