"""Training at compiled speed: the three passes over a graph as one text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.compiling import compile
from chainrule.courses.edf.function import borrowed, forward, loss_of, put
from chainrule.courses.edf.graph import current_graph
from chainrule.courses.edf.naming import input_names, node_names, parameter_names
from chainrule.tracing import named

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
    >>> x, y = edf.Input("x"), edf.Input("y")
    >>> loss = edf.L2Loss(y, edf.Affine(edf.AffineParams(1, 1), x))
    >>> step = edf.CompiledStep(loss)
    >>> X = np.ones((8, 1), edf.DT)
    >>> step(X, 2 * X).shape
    (8, 1)
    >>> print(step.source)
    # constants: c1 (8, 1)
    def training_step(A, b, x, y, learning_rate):  # A (1, 1)  b (1,)  x (8, 1)  y (8, 1)  learning_rate ()
        affine = x @ A + b
        difference = affine - y
        l2_loss = np.square(difference)
        d_affine = difference * c1
        d_A = x.T @ d_affine
        d_b = d_affine.sum(axis=0)
        A = A - learning_rate * d_A
        b = b - learning_rate * d_b
        return l2_loss, A, b
    <BLANKLINE>

    Args:
        loss: the node to start from; it belongs to the current graph.
    """

    def __init__(self, loss: CompNode) -> None:
        from chainrule.courses import edf

        self._settings = edf  # whose learning_rate is looked up in every step
        self.graph = current_graph()
        if not any(node is loss for node in self.graph.CompNodes):
            raise RuntimeError("CompiledStep: the loss is no node of the current graph. Use it in `with graph:`.")
        if not self.graph.Parameters:
            raise RuntimeError("CompiledStep: this graph has no parameters, so there is nothing to train.")
        self.graph.loss = self.loss = loss
        loss_of(self.graph)
        self._parameters = parameter_names(self.graph)
        self._inputs = input_names(self.graph)
        self._compiled = compile(self._training_step)
        self._runs: dict[Any, Any] = {}

    def __call__(self, *values: Any) -> Any:
        """Take one step, and give the loss of each sample, shape of ``loss.value``.

        Args:
            values: one for each input, in the order of their construction; what was set as ``.value`` if none is given.
        """
        given = self._given(values or [one.value for one in self._inputs.values()])
        rate = self._rate()
        self.loss.value, *updated = self._run_for(given, rate)(*self._values(), *given, rate)
        self._take(updated)
        return self.loss.value

    def epoch(self, *values: Any, batch_size: int = 64) -> Any:
        """Take a step for each batch of rows in their order, the last ones left out if they are no whole batch.

        Args:
            values: all samples for each input, shape (N, ...), in the order of their construction.
            batch_size: rows of a batch.

        Returns:
            the mean loss of each batch, shape (N // batch_size,).
        """
        given = self._given(values)
        rows = {len(one) for one in given}
        if len(rows) != 1 or not 1 <= batch_size <= min(rows):
            raise ValueError(
                f"CompiledStep.epoch: the inputs {self.inputs} have {', '.join(str(len(one)) for one in given)} rows, "
                f"and batch_size is {batch_size}; expected equally many rows, at least a batch"
            )
        count = rows.pop() // batch_size
        batches = [one[: count * batch_size].reshape(count, batch_size, *one.shape[1:]) for one in given]
        rate = self._rate()
        run = self._run_for([batch[0] for batch in batches], rate)
        parameters, losses = self._values(), []
        for batch in zip(*batches, strict=True):
            loss, *parameters = run(*parameters, *batch, rate)
            losses.append(loss)
        self.loss.value = loss
        self._take(parameters)
        return np.array(losses).reshape(count, -1).mean(axis=1)

    def _given(self, values: Any) -> list[Any]:
        if len(values) != len(self._inputs):
            raise ValueError(f"CompiledStep: {len(values)} values for the inputs {self.inputs}. Give one for each.")
        return [np.asarray(value) for value in values]

    def _rate(self) -> Any:
        """``edf.learning_rate`` in the parameters' dtype: NumPy takes longer over a Python number."""
        return np.asarray(self._settings.learning_rate, np.result_type(*self._values()))

    def _values(self) -> list[Any]:
        return [one.value for one in self._parameters.values()]

    def _take(self, updated: list[Any]) -> None:
        for one, value in zip(self._parameters.values(), updated, strict=True):
            one.value = value

    def _run_for(self, given: list[Any], rate: Any) -> Any:
        """The text for a batch's shapes, as a function from arrays one by one to arrays one by one."""
        key = tuple([(one.shape, one.dtype) for one in given])
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = self._written(given, rate)
        return run

    def _written(self, given: list[Any], rate: Any) -> Any:
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

    def _training_step(self, parameters: dict[str, Any], inputs: dict[str, Any], learning_rate: Any) -> Any:
        """What is traced: the graph's own passes."""
        with borrowed(self.graph):
            put([*self._parameters.values(), *self._inputs.values()], [*parameters.values(), *inputs.values()])
            forward(self.graph)
            self.graph.Backward(self.loss)
            for name, holder in {**node_names(self.graph), **self._parameters}.items():
                named(vars(holder).get("grad"), f"d_{name}")
            self.graph.UpdateParameters(learning_rate)
            return self.loss.value, {name: one.value for name, one in self._parameters.items()}
