"""First-order changes of the reference's own program: which one operation, done otherwise, gives this result.

The reference is traced once for each trial. Every change is tried in the first; what explains the result there has to
do so in the others. It is the last question but the general ones, for mistakes that nobody has listed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts, is_close
from chainrule.checking.hypotheses.changes import Change, changes
from chainrule.checking.hypotheses.program_text import told
from chainrule.checking.hypotheses.wording import besides, multiple
from chainrule.op import Op
from chainrule.tracing import Program, TracingError, Variable, trace

__all__ = ["changed_programs", "explain_by_change"]

Array = npt.NDArray[Any]

MOST_EQUATIONS = 40
Address = tuple[int, int]


def explain_by_change(evidence: Sequence[Evidence], op: Op) -> tuple[str, Facts] | None:
    """The code and the facts of the one change of the op's program that gives the result in every trial.

    Args:
        evidence: the result in each trial.
        op: the reference, traced in forward or in forward and backward.
    """
    if not evidence or any(one.yours.dtype.kind not in "fiub" for one in evidence):
        return None
    try:
        with np.errstate(all="ignore"):
            return _explained(evidence, op)
    except (TracingError, TypeError, ValueError, IndexError):
        # The reference cannot be traced with these arrays, so there is nothing to be changed.
        return None


def _explained(evidence: Sequence[Evidence], op: Op) -> tuple[str, Facts] | None:
    first = _Run.of(evidence[0], op)
    if first is None:
        return None
    others: list[_Run | None] | None = None
    for address, change, result in first.results():
        facts = _explains(result, evidence[0])
        if facts is None:
            continue
        others = [_Run.of(one, op) for one in evidence[1:]] if others is None else others
        if all(
            run is not None and _gives(run, address, one, facts) for run, one in zip(others, evidence[1:], strict=True)
        ):
            return change.code, {**told(first.program, change), **facts}
    return None


def _gives(run: _Run, address: Address, evidence: Evidence, facts: Facts) -> bool:
    found = run.result(address)
    again = None if found is None else _explains(found, evidence)
    return again is not None and again["rule"] == facts["rule"]


def _explains(result: Any, evidence: Evidence) -> Facts | None:
    result = np.asarray(result)
    if result.shape != evidence.yours.shape or not _may_be_parallel(result, evidence.yours):
        return None
    return besides(evidence, result)


def _may_be_parallel(a: Array, b: Array) -> bool:
    """A quick look at two entries, which most results do not pass."""
    if a.size < 2:
        return True
    x, y = a.ravel(), b.ravel()
    left, right = x[0] * y[-1], x[-1] * y[0]
    return bool(abs(left - right) <= 1e-6 * (abs(left) + abs(right)))


def changed_programs(program: Program) -> Iterator[tuple[Address, Change]]:
    """Every change of every equation, with its address: the equation's number and the change's.

    The last equations come first: a factor left out is a better answer than a factor that lost its only term.
    """
    for number, equation in reversed(list(enumerate(program.equations))):
        known = _known_before(program, number)
        for index, change in enumerate(changes(equation, known)):
            yield (number, index), change


def _known_before(program: Program, number: int) -> list[Variable]:
    """The inputs, and the values before that equation that the author gave a name."""
    named = [equation.output for equation in program.equations[:number] if equation.output in program.names]
    return [*program.input_variables, *named]


@dataclass(frozen=True, eq=False)
class _Run:
    """The reference's program in one trial, with all its values."""

    program: Program
    values: Mapping[Variable, Any]
    output: Variable

    @classmethod
    def of(cls, evidence: Evidence, op: Op) -> _Run | None:
        """None where the program is too long, or gives anything but what is expected."""
        trial, place = evidence.trial, evidence.place
        arrays = tuple(np.asarray(one) for one in trial.arrays)
        if place is None:
            return cls._forward(arrays, op, evidence)
        is_loss = "reduction" in inspect.signature(op.forward).parameters
        parameters = {"reduction": "none"} if is_loss else dict(trial.parameters)
        losses = np.shape(op.call_forward(*arrays, **parameters)[0])
        d_out = np.asarray(trial.d_out, dtype=float)
        d_out = np.broadcast_to(d_out.reshape(d_out.shape + (1,) * (len(losses) - d_out.ndim)), losses)

        def backward(*inputs: Any) -> Any:
            *given, d_out = inputs
            # Not named here: names of what backward unpacks are better than `saved`.
            gradients = op.backward(op.forward(*given, **parameters)[1], d_out)
            return gradients[place] if isinstance(gradients, tuple) else gradients

        plain = op.call_backward(op.call_forward(*arrays, **parameters)[1], d_out, len(arrays))[place]
        scale = multiple(evidence.expected, np.asarray(plain), 1e-9)
        return None if scale is None else cls._traced(backward, (*arrays, d_out * scale), op, evidence)

    @classmethod
    def _forward(cls, arrays: tuple[Any, ...], op: Op, evidence: Evidence) -> _Run | None:
        """In the reduction that gives what is expected, where the op is a loss."""
        is_loss = "reduction" in inspect.signature(op.forward).parameters
        choices: list[dict[str, Any]] = [{"reduction": one} for one in ("mean", "sum", "none")] if is_loss else []
        for parameters in choices or [dict(evidence.trial.parameters)]:
            if is_close(op.call_forward(*arrays, **parameters)[0], evidence.expected, 1e-9):
                return cls._traced(_result_of(op, parameters), arrays, op, evidence)
        return None

    @classmethod
    def _traced(cls, function: Any, arguments: tuple[Any, ...], op: Op, evidence: Evidence) -> _Run | None:
        program = _renamed(trace(function, *arguments), op, evidence.place is not None)
        if not isinstance(program.outputs, Variable) or len(program.equations) > MOST_EQUATIONS:
            return None
        values: dict[Variable, Any] = {**program.constants, **program.bind(arguments)}
        for equation in program.equations:
            values[equation.output] = equation.evaluate(
                lambda leaf: values[leaf] if isinstance(leaf, Variable) else leaf
            )
        return cls(program, values, program.outputs)

    def results(self) -> Iterator[tuple[Address, Change, Any]]:
        """What every change gives; changes that cannot be computed are left out."""
        for address, change in changed_programs(self.program):
            result = self._with(address[0], change)
            if result is not None:
                yield address, change, result

    def result(self, address: Address) -> Any:
        """What the change at that address gives; None where there is none."""
        number, index = address
        if number >= len(self.program.equations):
            return None
        possible = list(changes(self.program.equations[number], _known_before(self.program, number)))
        return self._with(number, possible[index]) if index < len(possible) else None

    def _with(self, number: int, change: Change) -> Any:
        changed: dict[Variable, Any] = {}

        def value_of(leaf: Any) -> Any:
            if not isinstance(leaf, Variable):
                return leaf
            return changed[leaf] if leaf in changed else self.values[leaf]

        try:
            result = change.equation.evaluate(value_of)
            changed[change.equation.output] = -result if change.negated else result
            for equation in self.program.equations[number + 1 :]:
                if any(variable in changed for variable in equation.uses()):
                    changed[equation.output] = equation.evaluate(value_of)
        except Exception:
            # Shapes that do not fit, an axis that is not there: nobody could have computed this.
            return None
        return changed.get(self.output)


def _result_of(op: Op, parameters: Mapping[str, Any]) -> Callable[..., Any]:
    return lambda *inputs: op.forward(*inputs, **parameters)[0]


def _names(op: Op) -> tuple[str, ...]:
    return tuple(inspect.signature(op.forward).parameters)


def _renamed(program: Program, op: Op, with_upstream: bool) -> Program:
    """The program with forward's own names for its inputs, and ``d_out``."""
    names = [*_names(op)[: len(program.inputs) - with_upstream], *(["d_out"] if with_upstream else [])]
    own = {
        variable: name for variable, name in zip(program.inputs, names, strict=False) if isinstance(variable, Variable)
    }
    return replace(program, names={**program.names, **own})
