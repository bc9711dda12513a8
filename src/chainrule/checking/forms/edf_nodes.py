"""A node class of the Educational Framework, as an op."""

from __future__ import annotations

import copy
import inspect
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.checking.codes import found
from chainrule.checking.forms.implementation import Implementation, NotCheckable
from chainrule.checking.forms.reading import source
from chainrule.checking.forms.signatures import positional, required, signed
from chainrule.op import Op

__all__ = ["Package", "StandIn", "StandInParameter", "is_node", "lift_node"]


class StandIn:
    """A node that holds an array and collects what is sent to it."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.sent: list[Any] = []
        self.name = ""

    def addgrad(self, delta: Any) -> None:
        """Take what a user of this node sends back."""
        self.sent.append(self._summed(delta))

    def addsummed(self, delta: Any) -> None:
        """Take a gradient whose batch axis has been summed away."""
        self.sent.append(delta)

    def _summed(self, delta: Any) -> Any:
        """The framework's parameters sum over the batch: what has that axis more must have been meant for one."""
        shape = np.shape(self.value)
        if isinstance(delta, np.ndarray) and delta.ndim == len(shape) + 1 and delta.shape[1:] == shape:
            return delta.sum(axis=0)
        return delta

    @property
    def grad(self) -> Any:
        """The sum of what was sent, spread to the value's shape as the framework does; None where nothing was."""
        if not self.sent:
            return None
        total = self.sent[0]
        for delta in self.sent[1:]:
            total = total + delta
        return _spread(total, np.shape(self.value))

    @grad.setter
    def grad(self, value: Any) -> None:
        """Nothing: what is set and not sent is lost with the next node that sends."""

    def clear_gradient(self) -> None:
        """Forget what was sent."""
        self.sent = []


class StandInParameter(StandIn):
    """A parameter of a package: `addgrad` sums over the batch, whatever comes."""

    def _summed(self, delta: Any) -> Any:
        if not isinstance(delta, np.ndarray) or not delta.ndim:
            return delta
        return delta.sum(axis=0)


@cache
def _parameter_of(framework: Any) -> type:
    """What stands in for a parameter: one of the framework's own kind, where that is ours."""
    if framework is None:
        return StandInParameter
    known: type = framework.Parameter

    class OurParameter(StandInParameter, known):  # type: ignore[misc]  # the framework is loaded only where it is used
        def addgrad(self, delta: Any) -> None:
            known.addgrad(self, delta)  # type: ignore[attr-defined]  # which says where the batch axis is missing

    return OurParameter


class Package:
    """Parameters as attributes, ``w.A`` and ``w.b``."""


class Held(NamedTuple):
    """What is kept of a forward: the node, and what stands in for those that it uses."""

    node: Any
    stand_ins: tuple[StandIn, ...]


@dataclass(frozen=True)
class _Slot:
    """One array of the op: an argument of the constructor, or a parameter of a package that is one."""

    argument: str
    part: str = ""


def is_node(subject: Any) -> bool:
    """Whether it is a node class: forward and backward without arguments, and nodes given to the constructor."""
    kind = subject if isinstance(subject, type) else type(subject)
    if any(one.__name__ == "CompNode" for one in kind.__mro__):
        return kind.__name__ != "CompNode"
    if positional(kind.forward) != ("self",) or positional(kind.backward) != ("self",):  # type: ignore[attr-defined]
        return False
    return "addgrad" in source(kind)


def lift_node(subject: Any, name: str = "") -> Implementation:
    """Lift a node class, or an instance: its children are replaced by nodes that hold the arrays.

    Arrays are the nodes that the constructor gets, in its order, then the parameters of packages: ``Affine(w, x)``
    with ``w.A`` and ``w.b`` takes ``(x, A, b)``. The current graph stays as it is.

    Raises:
        NotCheckable: the constructor needs something that is no node.
    """
    kind = subject if isinstance(subject, type) else type(subject)
    name = name or kind.__name__
    slots = _slots_of_class(kind) if isinstance(subject, type) else _slots_of_instance(subject)

    ours = any(one.__module__.startswith("chainrule.courses.edf") for one in kind.__mro__)
    parameter = _parameter_of(sys.modules.get("chainrule.courses.edf.node") if ours else None)

    def forward(*arrays: Any, **options: Any) -> tuple[Any, Any]:
        if len(arrays) != len(slots):
            raise TypeError(f"{name} takes {len(slots)} arrays, {_listed(slots)}; got {len(arrays)}")
        stand_ins = tuple(
            (parameter if slot.part else StandIn)(array) for slot, array in zip(slots, arrays, strict=True)
        )
        with _graphs_untouched(kind):
            node = _built(subject, _filled(slots, stand_ins), options)
            node.forward()
        return vars(node).get("value"), Held(node, stand_ins)

    def backward(held: Held, d_out: Any) -> Any:
        for stand_in in held.stand_ins:
            stand_in.clear_gradient()
        held.node.grad = d_out
        with _graphs_untouched(kind):
            held.node.backward()
        gradients = tuple(stand_in.grad for stand_in in held.stand_ins)
        return gradients[0] if len(gradients) == 1 else gradients

    names = tuple(slot.part or slot.argument for slot in slots)
    op = Op(signed(forward, kind.forward, name, names), signed(backward, None, f"{name}.backward"), name)  # type: ignore[attr-defined]
    gradients = tuple(f"the gradient for {slot.argument}{slot.part and '.' + slot.part}" for slot in slots)
    return Implementation(op, "EDF node", gradients, arrays=len(slots))


def _listed(slots: tuple[_Slot, ...]) -> str:
    return ", ".join(f"{slot.argument}.{slot.part}" if slot.part else slot.argument for slot in slots)


def _slots_of_class(kind: type) -> tuple[_Slot, ...]:
    text = source(kind)
    needed = required(kind)
    used = [name for name in needed if _used_as_node(text, name) or _parts(text, name)]
    if used and len(used) < len(needed):
        other = next(name for name in needed if name not in used)
        raise NotCheckable(found("NEEDS_ARGUMENTS", kind.__name__, {"error": f"__init__ needs {other}"}))
    if not needed:
        raise NotCheckable(found("NEEDS_ARGUMENTS", kind.__name__, {"error": "its constructor takes no nodes"}))
    plain = [_Slot(name) for name in needed if not _parts(text, name)]
    return (*plain, *(_Slot(name, part) for name in needed for part in _parts(text, name)))


def _slots_of_instance(node: Any) -> tuple[_Slot, ...]:
    plain, packed = [], []
    for name, value in vars(node).items():
        if _is_a_node(value):
            plain.append(_Slot(name))
        elif hasattr(value, "__dict__") and not isinstance(value, type):
            packed += [_Slot(name, part) for part, one in vars(value).items() if _is_a_node(one)]
    if not plain and not packed:
        raise NotCheckable(found("NEEDS_ARGUMENTS", type(node).__name__, {"error": "it holds no nodes"}))
    return (*plain, *packed)


def _is_a_node(value: Any) -> bool:
    return not isinstance(value, type) and hasattr(value, "addgrad")


def _attributes(text: str, argument: str) -> str:
    """A pattern for what the argument is called inside the class: its own name, and the attribute that holds it."""
    held = re.findall(rf"self\.(\w+)\s*=\s*{re.escape(argument)}\s*$", text, re.MULTILINE)
    return "|".join(map(re.escape, {argument, *held}))


def _used_as_node(text: str, argument: str) -> bool:
    return bool(re.search(rf"\b(?:{_attributes(text, argument)})\.(?:value|addgrad|addsummed)\b", text))


def _parts(text: str, argument: str) -> tuple[str, ...]:
    if _used_as_node(text, argument):
        return ()
    found_parts = re.findall(
        rf"\b(?:{_attributes(text, argument)})\.(?!value\b|grad\b)(\w+)\.(?:value|addgrad|addsummed)\b", text
    )
    return tuple(dict.fromkeys(found_parts))


def _filled(slots: tuple[_Slot, ...], stand_ins: tuple[StandIn, ...]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for slot, stand_in in zip(slots, stand_ins, strict=True):
        if slot.part:
            setattr(arguments.setdefault(slot.argument, Package()), slot.part, stand_in)
        else:
            arguments[slot.argument] = stand_in
    return arguments


def _built(subject: Any, arguments: dict[str, Any], options: dict[str, Any]) -> Any:
    if isinstance(subject, type):
        return subject(**arguments, **options)
    node = copy.copy(subject)
    vars(node).update(arguments)
    for known in ("value", "grad"):
        vars(node).pop(known, None)
    return node


def _spread(delta: Any, shape: tuple[int, ...]) -> Any:
    """What the framework adds to zeros of the value's shape."""
    if not isinstance(delta, (np.ndarray, np.generic)) or delta.shape == shape:
        return delta
    try:
        fits = np.broadcast_shapes(delta.shape, shape) == shape
    except ValueError:
        return delta
    return np.broadcast_to(delta, shape).copy() if fits else delta


@contextmanager
def _graphs_untouched(kind: type) -> Iterator[None]:
    """Nodes append themselves to a graph of their own, or to none; lists of other frameworks are put back."""
    with ExitStack() as stack:
        ours = sys.modules.get("chainrule.courses.edf.graph")
        if ours is not None:
            stack.enter_context(ours.Graph())
        lists = [value for value in _lists(kind) if isinstance(value, list)]
        before = [list(value) for value in lists]
        try:
            yield
        finally:
            for value, content in zip(lists, before, strict=True):
                value[:] = content


def _lists(kind: type) -> Iterator[Any]:
    """``CompNodes`` and the like, of the modules that the class and its bases come from and of those named edf."""
    for one in kind.__mro__:
        module = sys.modules.get(one.__module__)
        for holder in (module, getattr(module, "edf", None), getattr(module, "EDF", None)):
            known = vars(holder) if inspect.ismodule(holder) else {}
            yield from (known[name] for name in ("CompNodes", "Parameters", "Inputs") if name in known)
