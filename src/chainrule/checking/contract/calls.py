"""Somebody's forward and backward: called on copies, with the same random numbers, and blamed for their own errors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.checking.case import Case, Run, by_array, copied, upstream
from chainrule.checking.differences.generators import States, generators_of
from chainrule.checking.finding import Finding
from chainrule.checking.running import raised

__all__ = ["Broken", "Calls", "argument_name", "guarded", "same_bits"]


class Broken(Exception):
    """The author's code raised; whatever else is raised in a check is a fault of the check.

    Args:
        error: what it raised.
        part: ``"forward"`` or ``"backward"``.
        arrays: what it was called with, by name.
    """

    def __init__(self, error: BaseException, part: str, arrays: Mapping[str, Any]) -> None:
        super().__init__(str(error))
        self.error, self.part, self.arrays = error, part, arrays

    def finding(self) -> Finding:
        """Where it raised, and on which shapes."""
        return raised(self.error, self.part, self.arrays, {})


def guarded(check: Callable[..., Finding | None]) -> Callable[..., Finding | None]:
    """A check that turns an error of the author's code into a finding."""

    @functools.wraps(check)
    def with_findings(*arguments: Any, **options: Any) -> Finding | None:
        try:
            return check(*arguments, **options)
        except Broken as problem:
            return problem.finding()

    return with_findings


class Calls:
    """Runs a case; remembers the states of random generators, so that all its forwards draw the same numbers.

    Args:
        case: what to run.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self._states: States | None = None
        first, second = (self.forward()[0] for _ in range(2))
        self.repeats = same_bits(first, second)
        if not self.repeats:
            self._states = States(generators_of(case.op.forward, case.op.backward, dict(case.parameters), case.arrays))
            first, second = (self.forward()[0] for _ in range(2))
            self.repeats = same_bits(first, second)
        self.out = first

    def forward(self, arrays: Sequence[Any] | None = None) -> tuple[Any, Any]:
        """``(out, saved)``, of copies.

        Raises:
            Broken: it raised.
        """
        return self.forward_on(copied(self.case.arrays if arrays is None else tuple(arrays)))

    def forward_on(self, arrays: tuple[Any, ...]) -> tuple[Any, Any]:
        """``(out, saved)`` of these very arrays."""
        if self._states is not None:
            self._states.bring_back()
        try:
            return self.case.op.call_forward(*arrays, **self.case.parameters)
        except (Exception, SystemExit) as error:
            raise Broken(_cause(error), f"{self.case.op.name}: forward", self._named(arrays)) from error

    def backward(self, saved: Any, d_out: Any) -> tuple[Any, ...]:
        """One gradient for each array, of a copy of ``d_out``."""
        return self.backward_on(saved, copied(d_out))

    def backward_on(self, saved: Any, d_out: Any) -> tuple[Any, ...]:
        """One gradient for each array; None for those that were left out.

        Raises:
            Broken: it raised.
        """
        try:
            given = self.case.op.backward(saved, d_out)
        except (Exception, SystemExit) as error:
            raise Broken(error, f"{self.case.op.name}: backward", {"d_out": d_out}) from error
        return by_array(self.case, given)

    def run(self, arrays: Sequence[Any] | None = None, d_out: Any = None) -> Run:
        """Forward and backward."""
        out, saved = self.forward(arrays)
        d_out = self.d_out(out) if d_out is None else d_out
        # Results may be memory of saved, which the next call writes into.
        out = copied(out)
        return Run(out, saved, d_out, copied(self.backward(saved, d_out)))

    def d_out(self, out: Any, seed: int = 7) -> Any:
        """A random gradient for a result; ones where backward takes none."""
        if self.case.takes_upstream:
            return upstream(out, seed)
        return np.ones_like(upstream(out))[()]

    def _named(self, arrays: Sequence[Any]) -> dict[str, Any]:
        return {argument_name(self.case, place): array for place, array in enumerate(arrays)}


def _cause(error: BaseException) -> BaseException:
    """`Op.call_forward` says more about shapes, but the line that raised is the author's."""
    return error.__cause__ if isinstance(error.__cause__, (ValueError, IndexError)) else error


def same_bits(expected: Any, actual: Any) -> bool:
    """Equal to the last bit, through tuples, lists and dicts; nan equals nan."""
    if isinstance(expected, (np.ndarray, np.generic)):
        if not isinstance(actual, (np.ndarray, np.generic)):
            return False
        one, other = np.asarray(expected), np.asarray(actual)
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        return bool(np.all(one == other)) if one.dtype == object else one.tobytes() == other.tobytes()
    if isinstance(expected, (tuple, list)):
        return (
            isinstance(actual, (tuple, list))
            and len(expected) == len(actual)
            and all(same_bits(one, other) for one, other in zip(expected, actual, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and expected.keys() == actual.keys()
            and all(same_bits(expected[key], actual[key]) for key in expected)
        )
    if isinstance(expected, float) and isinstance(actual, float):
        return expected == actual or (expected != expected and actual != actual)
    if not hasattr(expected, "__array__") and type(expected) is type(actual) and _has_no_equality(expected):
        return True
    return bool(expected == actual)


def _has_no_equality(value: Any) -> bool:
    return "__eq__" not in {name for base in type(value).__mro__[:-1] for name in vars(base)}


def argument_name(case: Case, place: int) -> str:
    """What forward calls an array."""
    try:
        parameters = inspect.signature(case.op.forward).parameters.values()
    except (TypeError, ValueError):
        parameters = []  # type: ignore[assignment]
    names = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return names[place] if place < len(names) else f"array {place + 1}"
