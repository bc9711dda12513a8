"""The step that trains: forward, loss, backward and update, traced together, compiled, and run.

Two functions are traced, `TrainingStep.training_step` and `TrainingStep.evaluation`. The rest brings what they
are called with into the form that the compiled text takes: all arrays, one by one.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.compiling import Step, compile
from chainrule.compiling.xla import XLA, Devices, EpochLoop, Function, Lent, Loop
from chainrule.learning.state import State
from chainrule.op import Op
from chainrule.tracing import value_and_grad
from chainrule.tracing.program import Program, Variable
from chainrule.tracing.trees import leaves, map_tree, rebuild

__all__ = ["Run", "TrainingStep"]

Array = np.ndarray[Any, Any]
Run = Callable[..., Any]

# Rows that are evaluated at once: large enough to be fast, small enough for the values between the layers.
EVALUATED_ROWS = 4096


class TrainingStep:
    """Remembers the step's text for each shape of batch."""

    def __init__(self, model: Any, loss: Op, optimizer: Any, engine: str | XLA, clip: float | None) -> None:
        name = "xla" if isinstance(engine, XLA) else engine
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.clip = clip
        self._training = compile(self.training_step, name, donate_argnums=(0, 1))
        self._evaluation = compile(self.evaluation, name)
        self._runs: dict[Any, Run] = {}
        self._loops: dict[Any, Loop | None] = {}
        self._epoch_loops: dict[Any, EpochLoop] = {}
        self._judges: dict[Any, Function] = {}
        self.xla = engine if isinstance(engine, XLA) else XLA() if name == "xla" else None
        self._outputs: dict[Any, Array] = {}  # of one row, for each form of rows
        self.first: Step | None = None

    # -- the two functions that are traced -----------------------------------------------------------

    def training_step(
        self, parameters: dict[str, Any], state: dict[str, Any], learning_rate: float, x: Any, y: Any, key: Any = None
    ) -> Any:
        """The loss, the new parameters and the optimizer's new state. Random layers draw from ``key``."""

        def batch_loss(parameters: dict[str, Any]) -> Any:
            return self.evaluation(parameters, x, y, key)

        loss, gradients = value_and_grad(batch_loss)(parameters)
        if self.clip is not None:
            gradients = clipped(gradients, self.clip)
        updated = self.optimizer.update(parameters, gradients, state, learning_rate)
        return loss, _in_order("parameters", parameters, updated[0]), _in_order("state", state, updated[1])

    def evaluation(self, parameters: dict[str, Any], x: Any, y: Any, key: Any = None) -> Any:
        """The loss alone; without a key, that of the model as it is used."""
        # Somebody's own model without random layers takes no key.
        output = self.model.forward(parameters, x) if key is None else self.model.forward(parameters, x, key)
        return self.loss(output, y)

    # -- running them --------------------------------------------------------------------------------

    @property
    def random(self) -> bool:
        """Whether the model draws random numbers: then a step takes a key too, after its batch."""
        return getattr(self.model, "random", False) is True

    def run_for(self, state: State, learning_rate: float, x: Array, y: Array, *key: Array) -> Run:
        """The step for a batch's shapes, as a function from arrays one by one to arrays one by one.

        It takes ``*state.values(), learning_rate, x, y, *key``, whose parameters and state it may write over, and gives
        the loss and the new values.
        """
        shapes = x.shape, y.shape, y.dtype
        run = self._runs.get(shapes)
        if run is None:
            run = self._runs[shapes] = self._written(state, learning_rate, x, y, *key)
        return run

    @functools.cached_property
    def devices(self) -> Devices:
        """What the XLA engine runs on."""
        assert self.xla is not None
        return Devices(self.xla)

    @functools.cached_property
    def lent(self) -> Lent:
        """Gives arrays to those devices."""
        return Lent(self.devices)

    def loop_for(self, state: State, learning_rate: float, x: Array, y: Array, *key: Array) -> Loop | None:
        """The step for a batch's shapes as a loop over many such batches, on the XLA engine's devices.

        None where an optimizer's state has other things than arrays and numbers, or changes its form.
        """
        shapes = x.shape, y.shape, y.dtype
        if shapes not in self._loops:
            step = self._training.step(state.parameters, state.optimizer, learning_rate, x, y, *key)
            self.first = self.first or step
            carried = len(state.values())
            fits = _is_all_variables(step.program) and Loop.fits(step.program, carried)
            self._loops[shapes] = Loop(step.source, step.program, carried, self.devices) if fits else None
        return self._loops[shapes]

    def epoch_loop_for(self, loops: Sequence[Loop | None], most: int) -> EpochLoop | None:
        """Epochs of these loops, up to ``most`` in one call; None where a loop is."""
        there = [loop for loop in loops if loop is not None]
        if len(there) < len(loops):
            return None
        key = *there, most
        if key not in self._epoch_loops:
            self._epoch_loops[key] = EpochLoop(there, most, self.devices)
        return self._epoch_loops[key]

    def _written(self, state: State, *given: Any) -> Run:
        form = state.parameters, state.optimizer
        function: Callable[..., Any] = self.training_step
        if self._training.engine != "eager":
            step = self._training.step(*form, *given)
            self.first = self.first or step
            if _is_all_variables(step.program):
                return step.run
            function = step

        shape = map_tree(lambda _: None, form)

        def run(*values: Any) -> list[Any]:
            flat, others = values[: -len(given)], values[-len(given) :]
            return leaves(function(*rebuild(shape, list(flat)), *others))

        return run

    def mean_loss(self, parameters: dict[str, Array], parts: Iterable[tuple[Array, Array]]) -> float:
        """The loss of all rows, which come in parts."""
        total, rows = 0.0, 0
        for x, y in parts:
            total += float(self._evaluation(parameters, x, y)) * len(x)
            rows += len(x)
        return total / rows

    def judge_for(self, parameters: dict[str, Array], x: Any, y: Any) -> Function:
        """The loss alone, for rows and parameters that lie on the XLA engine's devices."""
        key = x.shape, y.shape, y.dtype
        if key not in self._judges:
            rows = (np.zeros(part.shape, part.dtype) for part in (x, y))
            step = self._evaluation.step(parameters, *rows)
            self._judges[key] = Function(step.source, step.program, self.devices)
        return self._judges[key]

    def targets_fit(self, parameters: dict[str, Array], x: Array, y: Array) -> Callable[[Array], Array]:
        """A function that makes targets what the loss wants: integers become floats unless they are class numbers.

        It also calls the loss outside a trace, where the loss can look at its targets' values: what it refuses is
        refused before training. The model runs once, on the first row.
        """
        form = x.shape[1:], x.dtype
        if form not in self._outputs:
            with np.errstate(all="ignore"):
                self._outputs[form] = np.asarray(self.model.forward(parameters, x[:1].copy()))
        output = self._outputs[form]
        if output.shape[:1] != (1,):  # somebody's own model, without a row for each sample
            return lambda y: y

        def fit(y: Array) -> Array:
            if y.dtype.kind in "iu" and y.shape[1:] == output.shape[1:]:
                y = y.astype(output.dtype)
            # Of class numbers, each once: there are as many as rows, and few that differ.
            seen = np.unique(y) if y.dtype.kind in "iu" and y.ndim == 1 else y
            with np.errstate(all="ignore"):
                for start in range(0, len(seen), EVALUATED_ROWS):
                    part = seen[start : start + EVALUATED_ROWS]
                    self.loss(np.broadcast_to(output, (len(part), *output.shape[1:])), part)
            return y

        return fit

    def program(self, state: State, *given: Any) -> Program:
        """The equations of a step on ``learning_rate, x, y, *key``, also of the eager engine's."""
        return compile(self.training_step).step(state.parameters, state.optimizer, *given).program


def clipped(gradients: dict[str, Any], largest: float) -> dict[str, Any]:
    """The gradients, scaled down together if their common norm is above ``largest``.

    Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """
    squares = [np.sum(np.square(gradient)) for gradient in gradients.values()]
    norm = np.sqrt(functools.reduce(operator.add, squares))
    scale = largest / np.maximum(norm, largest)
    return {name: gradient * scale for name, gradient in gradients.items()}


def _in_order(what: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The optimizer's results under the same names in the same order, as the text takes and gives them."""
    if before.keys() != after.keys():
        raise ValueError(f"the optimizer's update makes {what} {list(after)} of {list(before)}; keep the names")
    return {name: after[name] for name in before}


def _is_all_variables(program: Program) -> bool:
    return all(isinstance(leaf, Variable) for leaf in leaves((program.inputs, program.outputs)))
