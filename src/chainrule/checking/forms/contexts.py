"""Functions that keep what backward needs in a context: ``torch.autograd.Function``, and its style in NumPy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.checking.forms.implementation import Implementation
from chainrule.checking.forms.reading import gradient_names
from chainrule.checking.forms.signatures import array_names, plain, positional, signed
from chainrule.op import Op

__all__ = ["Context", "has_context", "lift_contexts"]


class Context:
    """What stands in for PyTorch's context: remembers what forward saves, and takes any attribute.

    Attributes:
        saved_tensors: what was given to `save_for_backward`.
        needs_input_grad: True for every input that is an array of floats.
    """

    def __init__(self) -> None:
        self.saved_tensors: tuple[Any, ...] = ()
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep them for backward."""
        self.saved_tensors = tensors

    save_for_forward = save_for_backward

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """`saved_tensors`, by its older name."""
        return self.saved_tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Nothing; a change in place is seen anyway."""

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Nothing."""

    def set_materialize_grads(self, value: bool) -> None:
        """Nothing; there is always an incoming gradient."""


class Held(NamedTuple):
    """What is kept of a forward."""

    context: Context
    options: int


def _from_torch(subject: Any) -> bool:
    kind = subject if isinstance(subject, type) else type(subject)
    names = [(one.__module__ or "", one.__name__) for one in kind.__mro__]
    return any(module.partition(".")[0] == "torch" and name == "Function" for module, name in names)


def has_context(subject: Any) -> bool:
    """Whether it is a ``torch.autograd.Function``, or backward is static and gets ``ctx`` first."""
    if _from_torch(subject):
        return True
    kind = subject if isinstance(subject, type) else type(subject)
    static = next((vars(one)["backward"] for one in kind.__mro__ if "backward" in vars(one)), None)
    names = positional(subject.backward) or ()
    return isinstance(static, staticmethod) and plain(names[0]) in ("ctx", "context") if names else False


def lift_contexts(subject: Any, name: str = "") -> Implementation:
    """Lift such a class. Its forward and backward are called directly, so that wrong shapes reach the diagnosis."""
    kind = subject if isinstance(subject, type) else type(subject)
    name = name or kind.__name__
    inward, outward, quiet = _torch_conversions() if _from_torch(subject) else (_same, _same, _plainly)
    apart = _has_setup(kind)
    shown = _arguments(kind, apart)

    def forward(*arrays: Any, **options: Any) -> tuple[Any, Any]:
        context = Context()
        given = [*map(inward, arrays), *_in_order(kind, apart, len(arrays), options)]
        context.needs_input_grad = tuple(_is_floats(one) for one in given)
        out = quiet(lambda: _run(kind, apart, context, given))
        return outward(out), Held(context, len(given) - len(arrays))

    def backward(held: Held, d_out: Any) -> Any:
        result = quiet(lambda: kind.backward(held.context, inward(d_out)))  # type: ignore[attr-defined]
        if type(result) is not tuple:
            return outward(result)
        without = result[: len(result) - held.options]
        if held.options and without and all(one is None for one in result[len(without) :]):
            result = without  # options have no gradient
        return tuple(map(outward, result))

    op = Op(signed(forward, kind.forward, name, shown or ()), signed(backward, None, f"{name}.backward"), name)  # type: ignore[attr-defined]
    names = gradient_names(kind.backward, shown)  # type: ignore[attr-defined]
    form = "autograd.Function" if _from_torch(subject) else "class with a context"
    return Implementation(op, form, names, arrays=len(shown) if shown else None)


def _has_setup(kind: type) -> bool:
    """Whether the context is set up apart from forward, which then does not get it."""
    own = next((one for one in kind.__mro__ if "setup_context" in vars(one)), None)
    return own is not None and (own.__module__ or "").partition(".")[0] != "torch"


def _arguments(kind: Any, apart: bool) -> tuple[str, ...] | None:
    names = array_names(kind.forward)
    return names if names is None or apart else names[1:]


def _run(kind: Any, apart: bool, context: Context, given: list[Any]) -> Any:
    if not apart:
        return kind.forward(context, *given)
    out = kind.forward(*given)
    kind.setup_context(context, tuple(given), out)
    return out


def _in_order(kind: Any, apart: bool, arrays: int, options: dict[str, Any]) -> list[Any]:
    """Options by position, as apply wants them; what is not given has its default."""
    if not options:
        return []
    parameters = list(inspect.signature(kind.forward).parameters.values())[0 if apart else 1 :]
    unknown = set(options) - {one.name for one in parameters}
    if unknown:
        raise TypeError(f"{kind.__name__}.forward has no argument {sorted(unknown)[0]!r}")
    last = max(place for place, one in enumerate(parameters) if one.name in options)
    return [options.get(one.name, one.default) for one in parameters[arrays : last + 1]]


def _is_floats(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.dtype.kind == "f")
    is_floating: Callable[[], bool] = getattr(value, "is_floating_point", bool)
    return is_floating()


def _same(value: Any) -> Any:
    return value


def _plainly(run: Callable[[], Any]) -> Any:
    return run()


def _torch_conversions() -> tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Callable[[], Any]], Any]]:
    """To tensors, from tensors, and a way to run without PyTorch's own record."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    def inward(value: Any) -> Any:
        return torch.tensor(np.asarray(value)) if isinstance(value, (np.ndarray, np.generic)) else value

    def outward(value: Any) -> Any:
        return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value

    def quiet(run: Callable[[], Any]) -> Any:
        with torch.no_grad():
            return run()

    return inward, outward, quiet
