"""`lift`: any form of subject becomes an op."""

from __future__ import annotations

from typing import Any

from chainrule.checking.codes import found
from chainrule.checking.forms.classes import lift_class
from chainrule.checking.forms.contexts import has_context, lift_contexts
from chainrule.checking.forms.edf_nodes import is_node, lift_node
from chainrule.checking.forms.implementation import Implementation, NotCheckable
from chainrule.checking.forms.pairs import lift_pair
from chainrule.checking.forms.reading import gradient_names
from chainrule.checking.forms.signatures import array_names
from chainrule.op import Op

__all__ = ["lift"]


def lift(subject: Any, *, name: str = "") -> Implementation:
    """Lift a subject into an op.

    Args:
        subject: an `Op`; a pair of functions ``(forward, backward)``; a class or an instance with ``forward`` and
            ``backward``; an EDF node class; a ``torch.autograd.Function``; a function of ``jax.custom_vjp``.
        name: what to call it; its own name if not given.

    Raises:
        NotCheckable: it is none of these; the finding says why.
    """
    if isinstance(subject, Op):
        return _lift_op(subject, name)
    if isinstance(subject, (tuple, list)):
        return _lift_two(subject, name)
    if _is_custom_vjp(subject):
        from chainrule.checking.forms.jax_functions import lift_custom_vjp

        return lift_custom_vjp(subject, name)
    missing = [half for half in ("forward", "backward") if not callable(getattr(subject, half, None))]
    if missing:
        raise NotCheckable(_incomplete(subject, missing, name))
    if has_context(subject):
        return lift_contexts(subject, name)
    return lift_node(subject, name) if is_node(subject) else lift_class(subject, name)


def _lift_op(op: Op, name: str) -> Implementation:
    arrays = array_names(op.forward)
    names = gradient_names(op.backward, arrays)
    lifted = Op(op.forward, op.backward, name) if name and name != op.name else op
    return Implementation(lifted, "op", names, arrays=len(arrays) if arrays else None)


def _lift_two(subject: Any, name: str) -> Implementation:
    if len(subject) != 2:
        facts = {"kind": f"{len(subject)} things"}
        raise NotCheckable(found("NOT_CHECKABLE", name or "This", facts))
    for half, function in zip(("forward", "backward"), subject, strict=True):
        if not callable(function):
            facts = {"kind": f"a pair whose {half} is {_kind(function)}"}
            raise NotCheckable(found("NOT_CHECKABLE", name or "This", facts))
    return lift_pair(subject[0], subject[1], name)


def _incomplete(subject: Any, missing: list[str], name: str) -> Any:
    called = name or getattr(subject, "__name__", "") or type(subject).__name__
    if len(missing) == 1:
        there = "forward" if missing == ["backward"] else "backward"
        return found("INCOMPLETE", called, {"there": there, "missing": missing[0]})
    if callable(subject) and not isinstance(subject, type) and hasattr(subject, "__name__"):
        half = "forward" if "backward" in called else "backward"
        return found("INCOMPLETE", called, {"there": "one function", "missing": half})
    return found("NOT_CHECKABLE", called, {"kind": _kind(subject)})


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return "a class without forward and backward"
    word = type(value).__name__
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}" if value is not None else "None"


def _is_custom_vjp(subject: Any) -> bool:
    kind = type(subject)
    return kind.__name__ == "custom_vjp" and (kind.__module__ or "").partition(".")[0] == "jax"
