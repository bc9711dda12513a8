"""A function of ``jax.custom_vjp``, as an op."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from chainrule.checking.codes import found
from chainrule.checking.forms.implementation import Implementation, NotCheckable
from chainrule.checking.forms.reading import gradient_names
from chainrule.checking.forms.signatures import array_names, signed
from chainrule.op import Op

__all__ = ["lift_custom_vjp"]


def lift_custom_vjp(subject: Any, name: str = "") -> Implementation:
    """Lift it; its forward and backward are called directly, in float64, and give NumPy's arrays.

    Raises:
        NotCheckable: ``defvjp`` was not called.
    """
    name = name or getattr(subject, "__name__", "custom_vjp")
    fwd, bwd = getattr(subject, "fwd", None), getattr(subject, "bwd", None)
    if fwd is None or bwd is None:
        facts = {"there": "the function", "missing": f"backward; call {name}.defvjp(forward, backward)"}
        raise NotCheckable(found("INCOMPLETE", name, facts))
    fixed = _fixed(subject)
    every = array_names(fwd)
    shown = None if every is None else tuple(one for place, one in enumerate(every) if place not in fixed)

    def forward(*arrays: Any, **options: Any) -> tuple[Any, Any]:
        given, apart = _in_order(subject.fun, fixed, arrays, options)
        with _float64():
            out, saved = fwd(*map(_inward, given))
        return _outward(out), (saved, apart)

    def backward(kept: Any, d_out: Any) -> Any:
        saved, apart = kept
        with _float64():
            result = bwd(*apart, saved, _inward(d_out))
        return tuple(map(_outward, result)) if type(result) is tuple else _outward(result)

    op = Op(signed(forward, fwd, name, shown or ()), signed(backward, None, f"{name}_backward"), name)
    return Implementation(op, "custom_vjp", gradient_names(bwd, shown), arrays=len(shown) if shown else None)


def _fixed(subject: Any) -> tuple[int, ...]:
    return tuple(getattr(subject, "nondiff_argnums", ()) or ())


def _in_order(
    function: Callable[..., Any], fixed: tuple[int, ...], arrays: tuple[Any, ...], options: dict[str, Any]
) -> tuple[list[Any], list[Any]]:
    """All arguments by position, and those without a derivative, which backward gets first."""
    if not options and not fixed:
        return list(arrays), []
    parameters = list(inspect.signature(function).parameters.values())
    rest = iter(arrays)
    given: list[Any] = []
    for one in parameters:
        if one.name in options:
            given.append(options[one.name])
            continue
        value = next(rest, one.default)
        if value is one.empty:
            break
        given.append(value)
    return given, [given[place] for place in fixed if place < len(given)]


def _float64() -> AbstractContextManager[Any]:
    import jax  # type: ignore[import-not-found,unused-ignore]

    try:
        return jax.enable_x64(True)  # type: ignore[no-any-return,attr-defined,unused-ignore]
    except AttributeError:
        from jax.experimental import enable_x64  # type: ignore[import-not-found,unused-ignore]

        return enable_x64()  # type: ignore[no-any-return,unused-ignore]


def _inward(value: Any) -> Any:
    import jax.numpy as jnp  # type: ignore[import-not-found,unused-ignore]

    return jnp.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _outward(value: Any) -> Any:
    import jax

    return np.asarray(value) if isinstance(value, jax.Array) else value
