"""A class with ``forward`` and ``backward``, as an op."""

from __future__ import annotations

from typing import Any, NamedTuple

from chainrule.checking.forms.calling import Call, call_of
from chainrule.checking.forms.implementation import Implementation
from chainrule.checking.forms.making import Maker, maker_of
from chainrule.checking.forms.pairs import with_nothing_for_targets
from chainrule.checking.forms.parameters import Parameters, example_of, parameters_of
from chainrule.checking.forms.reading import gradient_names
from chainrule.checking.forms.signatures import signed
from chainrule.op import Op

__all__ = ["Held", "lift_class"]


class Held(NamedTuple):
    """What is kept of a forward: the instance that ran it, and what it gave for backward."""

    instance: Any
    saved: Any


def lift_class(subject: Any, name: str = "") -> Implementation:
    """Lift a class, or an instance, that keeps a cache on itself or returns one.

    Each forward runs on an instance of its own. Where the class holds its parameters as attributes, forward's arrays
    are the inputs and then those parameters, and their gradients are looked for where the author keeps them.

    Raises:
        NotCheckable: the class needs arguments.
    """
    maker = maker_of(subject)
    name = name or maker.kind.__name__
    forward, backward = getattr(subject, "forward"), getattr(subject, "backward")  # noqa: B009  # found by name
    if isinstance(subject, type):
        forward, backward = _bound(subject, "forward"), _bound(subject, "backward")
    call = call_of(forward, backward, methods=True)
    parameters = parameters_of(maker, call)
    if parameters is not None:
        return _with_parameters(maker, call, parameters, name)
    return _without_parameters(maker, call, name)


def _bound(kind: type, method: str) -> Any:
    """A method as an instance would have it; it is read for its arguments, never called."""
    value = getattr(kind, method)
    static = next((vars(one)[method] for one in kind.__mro__ if method in vars(one)), None)
    if isinstance(static, staticmethod | classmethod) or not hasattr(value, "__get__"):
        return value
    return value.__get__(object())


def _without_parameters(maker: Maker, call: Call, name: str) -> Implementation:
    def forward(*arrays: Any, **parameters: Any) -> tuple[Any, Any]:
        instance = maker()
        out, saved = call.kept(instance.forward(*arrays, **parameters), arrays)
        return out, Held(instance, saved)

    def backward(held: Held, d_out: Any) -> Any:
        result = held.instance.backward(*call.arguments(held.saved, d_out))
        return with_nothing_for_targets(result, held.saved) if call.is_loss else result

    named = _bound(maker.kind, "forward")
    op = Op(signed(forward, named, name), signed(backward, None, f"{name}.backward"), name)
    names = gradient_names(maker.kind.backward, call.arrays)  # type: ignore[attr-defined]
    arrays = len(call.arrays) if call.arrays else None
    form = "loss" if call.is_loss else "class"
    return Implementation(op, form, names, call.takes_upstream, arrays, (0,) if call.is_loss else None)


def _with_parameters(maker: Maker, call: Call, parameters: Parameters, name: str) -> Implementation:
    inputs = call.arrays or ("x",)

    def forward(*arrays: Any, **options: Any) -> tuple[Any, Any]:
        given, values = arrays[: len(inputs)], arrays[len(inputs) :]
        instance = parameters.instance(maker, given, values)
        out, saved = call.kept(instance.forward(*given, **options), given)
        return out, Held(instance, (saved, out, given))

    def backward(held: Held, d_out: Any) -> Any:
        saved, out, given = held.saved
        arguments = [out] if parameters.backward_takes_result else call.arguments(saved, d_out)
        return parameters.gradients(held.instance, held.instance.backward(*arguments), given, d_out)

    lifted = signed(forward, maker.kind.forward, name, (*inputs, *parameters.names))  # type: ignore[attr-defined]
    op = Op(lifted, signed(backward, None, f"{name}.backward"), name)
    return Implementation(
        op,
        "model" if parameters.is_model else "class with parameters",
        parameters.gradient_names(inputs),
        call.takes_upstream,
        len(inputs) + len(parameters.names),
        tuple(range(len(inputs), len(inputs) + len(parameters.names))) if parameters.is_model else None,
        lambda number: example_of(maker, parameters, number),
    )
