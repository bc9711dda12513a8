"""A pair of functions, as an op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.checking.forms.calling import Arguments, call_of
from chainrule.checking.forms.implementation import Implementation
from chainrule.checking.forms.reading import gradient_names
from chainrule.checking.forms.signatures import signed
from chainrule.op import Op

__all__ = ["lift_pair", "name_of_pair"]


def lift_pair(forward: Callable[..., Any], backward: Callable[..., Any], name: str = "") -> Implementation:
    """Lift ``forward(*arrays) -> (out, saved)`` and ``backward(saved, d_out)``.

    The arguments of backward may stand in the other order, ``(dout, cache)``; a forward may return its result alone,
    then backward gets the arrays again; the backward of a loss may take no incoming gradient.
    """
    name = name or name_of_pair(forward)
    call = call_of(forward, backward)

    def lifted_forward(*arrays: Any, **parameters: Any) -> tuple[Any, Any]:
        return call.kept(forward(*arrays, **parameters), arrays)

    def lifted_backward(saved: Any, d_out: Any) -> Any:
        result = backward(*call.arguments(saved, d_out))
        return with_nothing_for_targets(result, saved) if call.is_loss else result

    op = Op(signed(lifted_forward, forward, f"{name}_forward"), signed(lifted_backward, None, f"{name}_backward"), name)
    names = gradient_names(backward, call.arrays)
    arrays = len(call.arrays) if call.arrays else None
    form, places = ("loss", (0,)) if call.is_loss else ("pair of functions", None)
    return Implementation(op, form, names, call.takes_upstream, arrays, places)


def with_nothing_for_targets(result: Any, saved: Any) -> Any:
    """A loss's gradient for the prediction alone, as an op gives it: with None for each other array."""
    if isinstance(result, tuple) or not isinstance(saved, Arguments):
        return result
    return (result, *(None for _ in saved.arrays[1:]))


def name_of_pair(forward: Callable[..., Any]) -> str:
    """``affine`` for ``affine_forward`` and ``forward_affine``."""
    name = getattr(forward, "__name__", "") or type(forward).__name__
    return name.removesuffix("_forward").removeprefix("forward_") or name
