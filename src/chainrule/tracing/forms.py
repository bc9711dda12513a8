"""Forms that overflow or cancel, found in recorded equations by their structure, each with the op that does neither.

``log(1 + exp(x))`` is right on paper and infinite at 1000, and its derivative is inf / inf there. So a form has to be
found before it is differentiated: within `safer_derivatives` the walk backwards takes the op's backward instead.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.op import Op
from chainrule.ops.rules import SAFER_FORMS
from chainrule.tracing.patterns import (
    ADD,
    DIVIDE,
    EXP,
    GETITEM,
    MEAN,
    NEGATIVE,
    SUBTRACT,
    SUM,
    Makers,
    is_number,
    is_plain,
)
from chainrule.tracing.program import Equation, Variable
from chainrule.tracing.recorder import Recorder

__all__ = ["Form", "find_forms", "forms_as_calls", "safer_derivatives"]


@dataclass(frozen=True, eq=False)
class Form:
    """``output`` is written in a form that loses what ``op(*arrays, **parameters)`` keeps.

    ``unsafe`` are the values of the form that do the harm; they may be needed elsewhere too.
    """

    output: Variable
    op: Op
    arrays: tuple[Any, ...]
    parameters: Mapping[str, Any]
    written: str
    why: str
    instead: str
    unsafe: tuple[Variable, ...] = ()

    def gives(self, out: Any) -> bool:
        """Whether ``out``, of the op, has the shape and dtype of what it stands for."""
        same_shape = getattr(out, "shape", None) == self.output.shape
        return same_shape and not self.output.is_python_number and out.dtype == self.output.dtype


# -- before the walk backwards ---------------------------------------------------------------------------

_found: ContextVar[list[Form] | None] = ContextVar("chainrule_forms", default=None)


@contextmanager
def safer_derivatives() -> Iterator[list[Form]]:
    """Within it, forms are differentiated as the ops that stand for them; gives those that were, in a list."""
    found: list[Form] = []
    token = _found.set(found)
    try:
        yield found
    finally:
        _found.reset(token)


def forms_as_calls(recorder: Recorder) -> None:
    """Let each form recorded so far count as a call of its op, if `safer_derivatives` asks for it."""
    found = _found.get()
    if found is None:
        return
    for variable, form in find_forms(recorder.equations[:]).items():
        if variable not in recorder.calls:
            told = functools.partial(found.append, form)
            out, call = recorder.stand_in(form.op, form.arrays, form.parameters, told)
            if form.gives(out):
                recorder.calls[variable] = call


# -- finding them ----------------------------------------------------------------------------------------

_LARGE = "overflows for large x"
_SMALL = "overflows for large -x"
_BIG = "overflows for large |x|"
_ZERO = "is log(0) where a probability rounds to 0"
_NEAR_ZERO = "cancels for small x"


def find_forms(equations: Iterable[Equation]) -> dict[Variable, Form]:
    """The forms among the equations, by the variable each one gives."""
    finder = _Finder()
    for equation in equations:
        finder.look_at(equation)
    return finder.forms


class _Finder(Makers):
    """Remembers the forms found so far, too."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[Variable, Form] = {}

    def look_at(self, equation: Equation) -> None:
        """Add the equation, and the form that it completes, if it does."""
        find = _FINDERS.get(equation.function)
        form = find(self, equation) if find is not None and is_plain(equation) else None
        if form is not None and _is_usable(form):
            self.forms[equation.output] = form
        self.made_by[equation.output] = equation

    # -- the forms ---------------------------------------------------------------------------------------

    def log(self, equation: Equation) -> Form | None:
        inner, out = equation.operands[0], equation.output
        return (
            self._log_of_sigmoid(inner, out)
            or self._log_of_softmax(inner, out)
            or self._logsumexp(inner, out)
            or self._log_of_sum(inner, out)
        )

    def _log_of_sum(self, inner: Any, out: Variable) -> Form | None:
        x = self.one_plus(inner)
        z = self.exponent(x)
        if z is not None:
            return _form(out, "softplus", (z,), "log(1 + exp(x))", _LARGE, "np.logaddexp(0, x)", unsafe=(x,))
        first, second = self.operands(inner, ADD) or (None, None)
        a, b = self.exponent(first), self.exponent(second)
        if a is not None and b is not None:
            why, instead = "overflows for large a or b", "np.logaddexp(a, b)"
            return _form(out, "logaddexp", (a, b), "log(exp(a) + exp(b))", why, instead, unsafe=(first, second))
        if isinstance(x, Variable):
            return _form(out, "log1p", (x,), "log(1 + x)", _NEAR_ZERO, "np.log1p(x)")
        return None

    def log1p(self, equation: Equation) -> Form | None:
        e = equation.operands[0]
        x = self.exponent(e)
        why, instead = _LARGE, "np.logaddexp(0, x)"
        return None if x is None else _form(equation.output, "softplus", (x,), "log1p(exp(x))", why, instead, (e,))

    def _logsumexp(self, inner: Any, out: Variable) -> Form | None:
        found = self.reduced(inner, SUM)
        x = self.inside(found.of, EXP) if found is not None else None
        if found is None or x is None or not found.axes or self.unshifted(x, found.axes) is not None:
            return None
        keepdims = found.shape == found.kept_shape
        if not keepdims and found.shape != found.reduced_shape:
            return None
        instead = "max(x) + log(sum(exp(x - max(x))))"
        parameters = {"axis": found.axis, "keepdims": keepdims}
        return _form(out, "logsumexp", (x,), "log(sum(exp(x)))", _LARGE, instead, (found.of,), parameters)

    def _log_of_softmax(self, inner: Any, out: Variable) -> Form | None:
        p, index = self.operands(inner, GETITEM) or (inner, None)
        softmax = self.softmax(p)
        if softmax is None:
            return None
        x, found, shifted = softmax
        unsafe = () if shifted else (found.of,)
        parameters = {"axis": found.axis}
        instead = "z - log(sum(exp(z))) with z = x - max(x)"
        if index is None:
            return _form(out, "log_softmax", (x,), "log(exp(x) / sum(exp(x)))", _ZERO, instead, unsafe, parameters)
        arrays = (x, *(index if isinstance(index, tuple) else (index,)))
        written = "log((exp(x) / sum(exp(x)))[i])"
        return _form(
            out,
            "log_softmax_at",
            arrays,
            written,
            _ZERO,
            "(z - log(sum(exp(z))))[i] with z = x - max(x)",
            unsafe,
            parameters,
        )

    def _log_of_sigmoid(self, inner: Any, out: Variable) -> Form | None:
        one, s = self.operands(inner, SUBTRACT) or (None, inner)
        known = self.forms.get(s) if isinstance(s, Variable) else None
        if known is None or known.op.name not in ("sigmoid", "sigmoid_of_negative") or (s is not inner and one != 1):
            return None
        mirrored = (known.op.name == "sigmoid") == (s is not inner)
        name, instead = "log_sigmoid", "-np.logaddexp(0, -x)"
        if mirrored:
            name, instead = "log_sigmoid_of_negative", "-np.logaddexp(0, x)"
        written = f"log({known.written})" if s is inner else f"log(1 - {known.written})"
        return _form(out, name, known.arrays, written, _ZERO, instead, known.unsafe)

    def divide(self, equation: Equation) -> Form | None:
        above, below = equation.operands
        out = equation.output
        softmax = self.softmax_form(equation)
        if softmax is not None:
            return softmax
        e = self.one_plus(below)
        x = self.exponent(e)
        if x is not None and is_number(above, 1):
            negative = self.inside(x, NEGATIVE)
            instead = "exp(min(x, 0)) / (1 + exp(-|x|))"
            if negative is not None:
                return _form(out, "sigmoid", (negative,), "1 / (1 + exp(-x))", _SMALL, instead, (e,))
            instead = "exp(min(-x, 0)) / (1 + exp(-|x|))"
            return _form(out, "sigmoid_of_negative", (x,), "1 / (1 + exp(x))", _LARGE, instead, (e,))
        if x is not None and above is e:
            instead = "exp(min(x, 0)) / (1 + exp(-|x|))"
            return _form(out, "sigmoid", (x,), "exp(x) / (1 + exp(x))", _LARGE, instead, (e,))
        return self._slope_of_sigmoid(above, below, out) or self._tanh(above, below, out)

    def softmax_form(self, equation: Equation) -> Form | None:
        """The softmax that the division gives, unless it is shifted already."""
        self.made_by[equation.output] = equation
        x, found, shifted = self.softmax(equation.output) or (None, None, True)
        if shifted or found is None:
            return None
        instead = "exp(x - max(x)) / sum(exp(x - max(x)))"
        written, parameters = "exp(x) / sum(exp(x))", {"axis": found.axis}
        return _form(equation.output, "softmax", (x,), written, _LARGE, instead, (found.of,), parameters)

    def _slope_of_sigmoid(self, e: Any, below: Any, out: Variable) -> Form | None:
        x = self.exponent(e)
        if x is None or self.one_plus(self.square_of(below)) is not e:
            return None
        instead = "s (1 - s) with s = 1 / (1 + exp(-x)) in its safe form"
        return _form(out, "sigmoid_slope", (x,), "exp(x) / (1 + exp(x))**2", _LARGE, instead, (e,))

    def _tanh(self, above: Any, below: Any, out: Variable) -> Form | None:
        e, inverse = self.operands(above, SUBTRACT) or (None, None)
        x = self.exponent(e)
        if x is None or self.inside(self.inside(inverse, EXP), NEGATIVE) is not x:
            return None
        if set(self.operands(below, ADD) or ()) != {e, inverse}:
            return None
        written = "(exp(x) - exp(-x)) / (exp(x) + exp(-x))"
        return _form(out, "tanh", (x,), written, _BIG, "np.tanh(x)", (e, inverse))

    def subtract(self, equation: Equation) -> Form | None:
        first, second = equation.operands
        x = self.inside(first, EXP)
        if x is not None and is_number(second, 1):
            return _form(equation.output, "expm1", (x,), "exp(x) - 1", _NEAR_ZERO, "np.expm1(x)")
        squares, average = self.reduced(first, MEAN), self.reduced(self.square_of(second), MEAN)
        if squares is None or average is None or self.square_of(squares.of) is not average.of:
            return None
        if squares.axes != average.axes or squares.shape != average.shape:
            return None
        keepdims = squares.shape == squares.kept_shape
        if not keepdims and squares.shape != squares.reduced_shape:
            return None
        why, instead = "cancels where x is far from 0", "np.var(x), the mean((x - mean(x))**2)"
        written, parameters = "mean(x**2) - mean(x)**2", {"axis": average.axis, "keepdims": keepdims}
        return _form(equation.output, "var", (average.of,), written, why, instead, (), parameters)


_FINDERS: dict[Callable[..., Any], Callable[[_Finder, Equation], Form | None]] = {
    np.log: _Finder.log,
    np.log1p: _Finder.log1p,
    **dict.fromkeys(DIVIDE, _Finder.divide),
    **dict.fromkeys(SUBTRACT, _Finder.subtract),
}


def _form(
    output: Variable,
    name: str,
    arrays: tuple[Any, ...],
    written: str,
    why: str,
    instead: str,
    unsafe: tuple[Variable, ...] = (),
    parameters: Mapping[str, Any] | None = None,
) -> Form:
    return Form(output, SAFER_FORMS[name], arrays, parameters or {}, written, why, instead, unsafe)


def _is_usable(form: Form) -> bool:
    """Whether it is about floats, and gives their type: ``np.float64(1) + x`` makes float64 of float32."""
    if form.output.is_python_number or not isinstance(form.arrays[0], Variable) or not form.arrays[0].is_float:
        return False
    of_index = form.op.name == "log_softmax_at"
    floats = [leaf for leaf in form.arrays[: 1 if of_index else None] if isinstance(leaf, Variable)]
    kinds = [leaf.dtype for leaf in floats if isinstance(leaf.dtype, np.dtype)]
    return form.output.dtype == (np.result_type(*kinds) if kinds else np.float64)
