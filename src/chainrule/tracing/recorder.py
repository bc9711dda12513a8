"""The recorder: each NumPy call on a tracer becomes one equation, the same call on the same operands only once."""

from __future__ import annotations

import contextlib
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from chainrule.op import Op
from chainrule.ops.rules import Rule
from chainrule.tracing.errors import PlainArrayError, TracingError
from chainrule.tracing.program import CallSite, Equation, Origin, Variable, primitive_name
from chainrule.tracing.tracer import Tracer
from chainrule.tracing.trees import map_tree

__all__ = [
    "COMMUTATIVE",
    "HIDDEN",
    "Call",
    "Recorder",
    "active_recorder",
    "group",
    "mark",
    "named",
    "sharing_key",
]

HIDDEN = (str(Path(__file__).parent), str(Path(np.__file__).parent), str(Path(__file__).parents[1] / "op.py"))
_active: ContextVar[Recorder | None] = ContextVar("chainrule_recorder", default=None)


def active_recorder() -> Recorder | None:
    """The recorder at work in this thread, if any."""
    return _active.get()


def mark(value: Any, _tag: int) -> Any:
    """Give ``value``. In a trace, a mark is a variable of its own: where a differentiated argument or the
    result of an op's call begins, so that two equal values can have different derivatives. Programs drop it.
    """
    return value


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """A recorded call of an op: what went in, and what its backward needs.

    ``stand_in`` is given where it stands for equations without one, and is told when its backward runs.
    """

    op: Op
    site: CallSite
    arrays: tuple[Any, ...]
    saved: Any
    stand_in: Callable[[], None] | None = None


class Recorder:
    """Remembers everything that happens to the tracers it hands out, with their values."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self.values: dict[Variable, Any] = {}
        self.constants: dict[Variable, Any] = {}
        self.calls: dict[Variable, Call] = {}
        self.names: dict[Variable, str] = {}
        self.hinted: set[Variable] = set()
        self.collects_names = True
        self.gradient_of: dict[Variable, list[Variable]] = {}
        self.textbook: set[Variable] = set()
        self.rebound: dict[int, tuple[Any, Tracer]] = {}
        self._shared: dict[Any, Variable] = {}
        self._captured: dict[int, tuple[Any, Variable]] = {}
        self._sites: list[CallSite] = []
        self._groups: list[str] = []
        self._call_count = 0

    # -- variables ---------------------------------------------------------------------------------

    def input(self, value: Any) -> Tracer:
        """A tracer for an argument of the traced function."""
        return Tracer(self, self._new_variable(value))

    def marked(self, value: Any) -> Tracer:
        """A variable of its own, equal to ``value``."""
        tag = len(self.values)
        return self.record(mark, (value, tag), {})

    def fresh(self, leaf: Any) -> Any:
        """A variable of its own for an argument that is differentiated; None stays None."""
        if leaf is None:
            return None
        if isinstance(leaf, (Tracer, np.ndarray, np.generic, float)):
            return self.marked(leaf)
        raise TypeError(f"can't differentiate with respect to {leaf!r}")

    def _new_variable(self, value: Any) -> Variable:
        if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
            variable = Variable(len(self.values), (), type(value))
        else:
            variable = Variable(len(self.values), value.shape, value.dtype)
        self.values[variable] = value
        return variable

    def _constant(self, array: np.ndarray[Any, Any]) -> Variable:
        """The variable of an array that did not come from the arguments; copied, since its owner may change it."""
        known = self._captured.get(id(array))
        if known is not None and _same_bits(array, self.values[known[1]]):
            return known[1]
        copy = array.copy(order="K")  # BLAS may round another order in memory otherwise
        copy.flags.writeable = False
        variable = self._new_variable(copy)
        self.constants[variable] = copy
        self._captured[id(array)] = (array, variable)  # keeping the array keeps its id from being reused
        return variable

    def capture(self, array: np.ndarray[Any, Any]) -> Variable:
        """The variable of a plain array that the function returns."""
        operand = self._operand(array)
        return operand if isinstance(operand, Variable) else self._constant(np.asarray(operand))

    def captured(self, array: Any) -> Variable | None:
        """The constant that stands for ``array``, if it was used."""
        known = self._captured.get(id(array))
        return known[1] if known is not None and known[0] is array else None

    # -- recording ---------------------------------------------------------------------------------

    def record(self, function: Callable[..., Any], operands: tuple[Any, ...], keywords: dict[str, Any]) -> Tracer:
        """Run one NumPy function on the tracers' values and write it down as an equation."""
        operands = map_tree(self._operand, operands)
        keywords = {name: map_tree(self._operand, value) for name, value in sorted(keywords.items())}
        key = sharing_key(function, operands, keywords)
        known = self._shared.get(key) if key is not None else None
        if known is not None:
            return Tracer(self, known)
        equation_origin = self._origin()
        value = function(*map_tree(self._value, operands), **map_tree(self._value, keywords))
        if not isinstance(value, (np.ndarray, np.generic, bool, int, float)):
            raise TracingError(
                f"np.{primitive_name(function)} gives a {type(value).__name__}, and a program's equations give "
                "one array each. Take it apart with indexing, or wrap the computation in an Op."
            )
        variable = self._new_variable(value)
        self.equations.append(Equation(variable, function, operands, keywords, equation_origin))
        if key is not None:
            self._shared[key] = variable
        return Tracer(self, variable)

    def _operand(self, leaf: Any) -> Any:
        if isinstance(leaf, Tracer):
            if leaf.recorder is not self:
                raise TracingError(
                    "a value that belongs to another trace is used here. Pass it in as an argument: a tracer that "
                    "outlives its trace (kept in an attribute or a list, say) can't be computed with."
                )
            return leaf.read()
        if isinstance(leaf, np.ndarray):
            rebound = self.rebound.get(id(leaf))
            if rebound is not None:
                return rebound[1].read()
            self.refuse_stale(leaf)
            return leaf[()] if leaf.ndim == 0 and leaf.dtype.kind in "fiub" else self._constant(leaf)
        if isinstance(leaf, float):  # np.float64 scalars too
            self.refuse_stale(leaf)
        return leaf

    def rebind(self, array: Any, new: Tracer) -> Tracer:
        """A traced value is written over a whole plain array: ``total += x`` with ``total = np.zeros(3)``.

        From here on the array stands for the new value wherever it meets a tracer. Plain NumPy code would go on
        reading its memory, where the trace can't see it, so the memory is filled with nan: a nan that turns
        up as a constant then tells of such a reading. `restore` puts the values in at the end of the trace.
        """
        if array.dtype.kind != "f" or array.base is not None:
            raise PlainArrayError(
                "a traced value is written into a plain array of integers, or into a view. Make the array with "
                "`np.zeros_like(x, shape=...)` of a traced x, so that it is traced too."
            )
        known = self.rebound.get(id(array))
        handle = known[1] if known is not None else Tracer(self, self._constant(array))
        handle.write(new)
        array.fill(np.nan)
        self.rebound[id(array)] = (array, handle)
        return handle

    def restore(self) -> None:
        """Give the plain arrays that were written over the values that a plain run leaves in them."""
        for array, handle in self.rebound.values():
            array[...] = handle.value
        self.rebound.clear()

    def refuse_stale(self, value: Any) -> None:
        """Raise if ``value`` was read by plain NumPy from an array that traced values were written over."""
        if self.rebound and np.asarray(value).dtype.kind == "f" and np.isnan(value).any():
            raise PlainArrayError(
                "a plain array that a traced value was written into is read by plain NumPy code, which the trace "
                "can't see. Make that array with `np.zeros_like(x, shape=...)` of a traced x, so that it is traced too."
            )

    def _value(self, leaf: Any) -> Any:
        return self.values[leaf] if isinstance(leaf, Variable) else leaf

    def _origin(self) -> Origin:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename.startswith(HIDDEN):
            frame = frame.f_back
        assert frame is not None  # the hidden files are never run as a program
        return Origin(frame.f_code, frame.f_lineno, tuple(self._sites), "/".join(self._groups))

    # -- calls of ops ------------------------------------------------------------------------------

    def call(self, op: Op, arrays: tuple[Any, ...], parameters: dict[str, Any]) -> Any:
        """Run an op's forward on the tracers, and remember the call for its backward."""
        self._call_count += 1
        site = CallSite(op.name, self._call_count, "forward")
        snapshots = tuple(self.snapshot(array) for array in arrays)
        with self._within(site):
            out, saved = op.call_forward(*snapshots, **parameters)
        for before, after in zip(arrays, snapshots, strict=True):
            if isinstance(after, Tracer) and after.version:
                raise TracingError(
                    f"{op.name}: forward writes into its argument {self.names.get(before.read(), 'array')}. "
                    "An op leaves its arguments alone: write `x = x.copy()` first."
                )
        if not isinstance(out, Tracer):
            return out
        marked = self.marked(out)
        self.calls[marked.read()] = Call(op, site, tuple(map(self._frozen, arrays)), map_tree(self._frozen, saved))
        return marked

    def call_backward(self, call: Call, d_out: Tracer) -> tuple[Any, ...]:
        """Run the backward of a recorded call on tracers."""
        saved = map_tree(self.thawed, call.saved)
        if call.stand_in is not None:
            call.stand_in()
            self.collects_names = False  # as in `replay_backward`
        try:
            with self._within(CallSite(call.op.name, call.site.number, "backward")):
                return call.op.call_backward(saved, self.snapshot(d_out), len(call.arrays))
        finally:
            self.collects_names = True

    def replay_backward(self, rule: Rule, equation: Equation, d_out: Tracer) -> tuple[tuple[Any, ...], Any]:
        """The arrays of a bare NumPy call and their gradients: its op's forward again, for ``saved``, then backward.

        Running forward again records nothing new, since equal equations are shared. The op's own names for values
        are textbook letters, which say less than the author's code, so none are collected.
        """
        self.collects_names = False
        try:
            keywords = {name: map_tree(self.thawed, value) for name, value in equation.keywords.items()}
            arrays, parameters = rule.arguments(*map_tree(self.thawed, equation.operands), **keywords)
            with self._within(CallSite(rule.op.name, equation.output.number, "backward")):
                _, saved = rule.op.call_forward(*arrays, **parameters)
                return arrays, rule.op.call_backward(saved, self.snapshot(d_out), len(arrays))
        finally:
            self.collects_names = True

    def stand_in(
        self, op: Op, arrays: tuple[Any, ...], parameters: Mapping[str, Any], told: Callable[[], None]
    ) -> tuple[Any, Call]:
        """The result of an op in place of equations that compute the same, and the call for its backward."""
        self._call_count += 1
        site = CallSite(op.name, self._call_count, "forward")
        self.collects_names = False
        try:
            with self._within(site):
                out, saved = op.call_forward(*map_tree(self.thawed, arrays), **parameters)
        finally:
            self.collects_names = True
        return out, Call(op, site, arrays, map_tree(self._frozen, saved), told)

    @property
    def within_op(self) -> bool:
        """Whether an op's forward or backward is running."""
        return bool(self._sites)

    def snapshot(self, value: Any) -> Any:
        """Another handle on the same variable: what is written through it stays with it."""
        return Tracer(self, value.read()) if isinstance(value, Tracer) else value

    def _frozen(self, leaf: Any) -> Any:
        return leaf.read() if isinstance(leaf, Tracer) else leaf

    def thawed(self, leaf: Any) -> Any:
        """A tracer for a variable; anything else as it is."""
        return Tracer(self, leaf) if isinstance(leaf, Variable) else leaf

    @contextlib.contextmanager
    def _within(self, site: CallSite) -> Iterator[None]:
        self._sites.append(site)
        try:
            yield
        finally:
            self._sites.pop()

    @contextlib.contextmanager
    def grouped(self, name: str) -> Iterator[None]:
        """Equations recorded inside belong to the group (a layer, say)."""
        self._groups.append(name)
        try:
            yield
        finally:
            self._groups.pop()

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Be the active recorder."""
        token = _active.set(self)
        try:
            yield
        finally:
            _active.reset(token)


def group(name: str) -> contextlib.AbstractContextManager[None]:
    """Name a part of a traced computation, a layer say; outside a trace nothing happens.

    >>> with group("layer 1"):
    ...     pass
    """
    recorder = active_recorder()
    return contextlib.nullcontext() if recorder is None else recorder.grouped(name)


def named(value: Any, name: str) -> Any:
    """Give ``value``; if it is being traced, note its name, for programs built by loops over layers.

    >>> named(3.0, "affine1")
    3.0
    """
    if isinstance(value, Tracer):
        value.recorder.names[value.current] = name
        value.recorder.hinted.add(value.current)
    return value


def _same_bits(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Equal in shape, dtype and every bit, so that nan equals nan and 0.0 differs from -0.0."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


# maximum and minimum are not among them: of 0.0 and -0.0 they may give either.
COMMUTATIVE = frozenset({np.add, np.multiply, operator.add, operator.mul})


def sharing_key(function: Callable[..., Any], operands: Any, keywords: Any) -> Any:
    """Equal for two applications that must give the same value; None where that can't be told."""
    try:
        parts = tuple(map(_key, operands))
        if function in COMMUTATIVE and hash(parts[0]) > hash(parts[1]):
            parts = parts[::-1]
        if keywords:
            return function, parts, tuple((name, _key(value)) for name, value in keywords.items())
        return function, parts
    except _NoKeyError:
        return None


class _NoKeyError(Exception):
    """An operand that can't be compared with another."""


def _key(operand: Any) -> Any:
    if isinstance(operand, Variable):
        return operand  # compared by identity
    if isinstance(operand, (tuple, list)):
        return type(operand), tuple(map(_key, operand))
    if isinstance(operand, slice):
        return slice, _key(operand.start), _key(operand.stop), _key(operand.step)
    if operand is None or operand is Ellipsis or isinstance(operand, (bool, int, float, str, np.generic, type)):
        return type(operand), repr(operand)  # its text, since 0.0 == -0.0 and nan != nan
    if isinstance(operand, np.dtype):
        return operand
    raise _NoKeyError
