"""Training at compiled speed: the three passes over a graph as one text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.compiling import compile
from chainrule.courses.edf.function import borrowed, forward, loss_of, put
from chainrule.courses.edf.graph import current_graph
from chainrule.courses.edf.naming import input_names, parameter_names

if TYPE_CHECKING:
    from chainrule.courses.edf.node import CompNode

__all__ = ["CompiledStep"]


class CompiledStep:
    """``Forward``, ``Backward(loss)`` and ``UpdateParameters`` in one call that runs a compiled text.

    It is written for the shapes of the first batch, and again when they change. Values of nodes other than the loss
    are left as they are.

    >>> import numpy as np
    >>> from chainrule.courses import edf
    >>> edf.clear_compgraph()
    >>> x, y = edf.Input(), edf.Input()
    >>> loss = edf.L2Loss(y, edf.Mul(edf.Parameter(0.0, name="slope"), x))
    >>> edf.learning_rate = 0.1
    >>> step = edf.CompiledStep(loss)
    >>> step(np.array([[1.0], [3.0]]), np.array([[2.0], [6.0]]))
    array([[ 4.],
           [36.]])
    >>> print(step.source)  # doctest: +SKIP

    Args:
        loss: the node to start from; it belongs to the current graph.
        engine: as for `chainrule.compile`.
    """

    def __init__(self, loss: CompNode, engine: str = "numpy") -> None:
        self.graph = current_graph()
        if not any(node is loss for node in self.graph.CompNodes):
            raise RuntimeError("CompiledStep: the loss is no node of the current graph. Use it in `with graph:`.")
        if not self.graph.Parameters:
            raise RuntimeError("CompiledStep: this graph has no parameters, so there is nothing to train.")
        self.graph.loss = self.loss = loss
        loss_of(self.graph)
        self._parameters = parameter_names(self.graph)
        self._inputs = input_names(self.graph)
        self._compiled = compile(self._passes, engine)
        self._runs: dict[Any, Any] = {}

    def __call__(self, *values: Any) -> Any:
        """Take one step, and give the loss of each sample, shape of ``loss.value``.

        Args:
            values: one for each input, in the order of their construction; what was set as ``.value`` if none is given.
        """
        from chainrule.courses import edf

        if values and len(values) != len(self._inputs):
            raise ValueError(f"CompiledStep: {len(values)} values for the inputs {self.inputs}. Give one for each.")
        given = [np.asarray(one) for one in values or [one.value for one in self._inputs.values()]]
        rate = float(edf.learning_rate)
        self.loss.value, *updated = self._run_for(given, rate)(*self._values(), *given, rate)
        for one, value in zip(self._parameters.values(), updated, strict=True):
            one.value = value
        return self.loss.value

    def _values(self) -> list[Any]:
        return [one.value for one in self._parameters.values()]

    def _run_for(self, given: list[Any], rate: float) -> Any:
        """The text for a batch's shapes, as a function from arrays one by one to arrays one by one."""
        key = tuple((one.shape, one.dtype) for one in given)
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = self._written(given, rate)
        return run

    def _written(self, given: list[Any], rate: float) -> Any:
        parameters = {name: one.value for name, one in self._parameters.items()}
        return self._compiled.step(parameters, dict(zip(self._inputs, given, strict=True)), rate).run

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs, in order."""
        return list(self._inputs)

    @property
    def source(self) -> str:
        """The text that ran last."""
        return self._compiled.source

    def _passes(self, parameters: dict[str, Any], inputs: dict[str, Any], learning_rate: float) -> Any:
        """What is traced: the graph's own passes."""
        with borrowed(self.graph):
            put([*self._parameters.values(), *self._inputs.values()], [*parameters.values(), *inputs.values()])
            forward(self.graph)
            self.graph.Backward(self.loss)
            self.graph.UpdateParameters(learning_rate)
            return self.loss.value, *self._values()
