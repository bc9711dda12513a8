"""An op: a forward function, its hand-derived backward, and one frozen record that holds the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule.shapes import explain_shapes

__all__ = ["Op"]


@dataclass(frozen=True)
class Op:
    """A function that comes with its derivative.

    ``forward(*arrays, **parameters)`` gives ``(out, saved)`` and ``backward(saved, d_out)`` gives one
    gradient per array: the gradient itself for one array, a tuple for several, ``None`` where there is
    none. Both are plain NumPy code; nothing is written in place, and what backward needs is returned as
    ``saved``, never kept. Calling the op gives ``out``.

    >>> import numpy as np
    >>> def double_forward(x):
    ...     return 2 * x, ()
    >>> def double_backward(saved, d_out):
    ...     return 2 * d_out
    >>> double = Op(double_forward, double_backward)
    >>> double
    Op('double')
    >>> double(np.array([1.0, 3.0]))
    array([2., 6.])

    Args:
        forward: ``(*arrays, **parameters) -> (out, saved)``.
        backward: ``(saved, d_out) -> gradients``.
        name: what messages and programs call it; forward's own name without ``_forward`` if not given.
    """

    forward: Callable[..., tuple[Any, Any]]
    backward: Callable[[Any, Any], Any]
    name: str = ""

    def __post_init__(self) -> None:
        for part in ("forward", "backward"):
            if not callable(getattr(self, part)):
                raise TypeError(f"Op: {part} must be a function, got {getattr(self, part)!r}")
        if not self.name:
            name = getattr(self.forward, "__name__", type(self.forward).__name__)
            object.__setattr__(self, "name", name.removesuffix("_forward"))

    def __call__(self, *arrays: Any, **parameters: Any) -> Any:
        """Give ``out``. Arguments that are being traced record the call instead."""
        for array in arrays:
            if hasattr(type(array), "__chainrule_op__"):
                return type(array).__chainrule_op__(self, arrays, parameters)
        return self.call_forward(*arrays, **parameters)[0]

    def call_forward(self, *arrays: Any, **parameters: Any) -> tuple[Any, Any]:
        """Give ``(out, saved)``; errors name the op, the rule that was broken, and both sides."""
        try:
            result = self.forward(*arrays, **parameters)
        except (ValueError, IndexError) as error:
            # The op may have said already what it expected; np.matmul begins with its name too, but says less.
            if str(error).startswith(f"{self.name}: ") and "core dimension" not in str(error):
                raise
            explanation = explain_shapes(self.forward, arrays, error).removeprefix(f"{self.name}: ")
            raise _alike(error, f"{self.name}: {explanation}") from error
        if not (isinstance(result, tuple) and len(result) == 2):
            raise TypeError(
                f"{self.name}: forward must return (out, saved), got {type(result).__name__}. "
                "Return the output and a tuple of what backward needs."
            )
        return result

    def call_backward(self, saved: Any, d_out: Any, arrays: int) -> tuple[Any, ...]:
        """Give one gradient per array, always as a tuple of length ``arrays``."""
        gradients = self.backward(saved, d_out)
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        if len(gradients) != arrays:
            raise TypeError(
                f"{self.name}: backward returned {len(gradients)} gradients for {arrays} arrays. "
                "Return one gradient per array, in the order of forward's arguments, None where there is none."
            )
        return gradients

    def __repr__(self) -> str:
        return f"Op({self.name!r})"


def _alike(error: Exception, message: str) -> Exception:
    """An error of the same type; some types are not made from a message alone, then of its general kind."""
    try:
        return type(error)(message)
    except TypeError:
        return IndexError(message) if isinstance(error, IndexError) else ValueError(message)
