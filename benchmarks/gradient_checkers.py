"""Other packages' gradient checkers, called on NumPy code as their own documentation does, with their own tolerances.

A layer that is a class is made once and then used, as people do. The incoming gradient is random wherever the checker
leaves that to its caller. A checker's answer is None, or what it said.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Subject:
    """NumPy code to be checked.

    Args:
        forward: from arrays to the result, and the function that pulls a gradient back to all arrays.
        arrays: for forward.
        places: the arrays that have a gradient.
    """

    forward: Callable[..., tuple[Any, Callable[[Any], Sequence[Any]]]]
    arrays: tuple[Any, ...]
    places: tuple[int, ...]

    def with_moved(self, moved):
        """All arrays, those that have a gradient from ``moved``."""
        arrays = list(self.arrays)
        for place, array in zip(self.places, moved, strict=True):
            arrays[place] = np.array(array)
        return arrays

    def gradients(self, moved, d_out):
        """Those of the arrays that have one, after a forward."""
        gradients = self.forward(*self.with_moved(moved))[1](d_out)
        return [gradients[place] for place in self.places]


def scipy_check(subject):
    """``check_grad`` takes functions of one vector with one number; it gives the error and leaves the verdict to its
    caller, who here allows 1e-4 of the gradient's length.
    """
    from scipy.optimize import check_grad

    arrays = [subject.arrays[place] for place in subject.places]
    splits = np.cumsum([array.size for array in arrays])[:-1]
    d_out = _random_like(subject.forward(*subject.arrays)[0])

    def parts(vector):
        return [part.reshape(array.shape) for part, array in zip(np.split(vector, splits), arrays, strict=True)]

    def value(vector):
        return np.sum(subject.forward(*subject.with_moved(parts(vector)))[0] * d_out)

    def gradient(vector):
        return np.concatenate([np.ravel(one) for one in subject.gradients(parts(vector), d_out.copy())])

    start = np.concatenate([array.ravel() for array in arrays])
    error = check_grad(value, gradient, start)
    return None if error <= 1e-4 * max(1, np.linalg.norm(gradient(start))) else f"error {error}"


def torch_check(subject):
    """``gradcheck`` of an ``autograd.Function`` that calls the NumPy code."""
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *moved):
            out, ctx.pull = subject.forward(*subject.with_moved([one.detach().numpy() for one in moved]))
            return torch.as_tensor(np.asarray(out))

        @staticmethod
        def backward(ctx, d_out):
            gradients = ctx.pull(d_out.numpy())
            return tuple(torch.as_tensor(np.asarray(gradients[place])) for place in subject.places)

    moved = [torch.tensor(subject.arrays[place], requires_grad=True) for place in subject.places]
    return None if torch.autograd.gradcheck(Function.apply, moved) else "gradcheck gave False"


def jax_check(subject):
    """``check_grads`` of a ``custom_vjp`` that calls the NumPy code back."""
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    out = np.asarray(subject.forward(*subject.arrays)[0])
    arrays = [subject.arrays[place] for place in subject.places]
    shapes = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]

    def call(*moved):
        return np.asarray(subject.forward(*subject.with_moved(moved))[0])

    def pull(d_out, *moved):
        return tuple(np.asarray(one) for one in subject.gradients(moved, np.array(d_out)))

    @jax.custom_vjp
    def function(*moved):
        return jax.pure_callback(call, jax.ShapeDtypeStruct(out.shape, out.dtype), *moved)

    def backward(moved, d_out):
        return jax.pure_callback(pull, tuple(shapes), d_out, *moved)

    function.defvjp(lambda *moved: (function(*moved), moved), backward)
    check_grads(function, tuple(arrays), order=1, modes=["rev"])


def autograd_check(subject):
    """``check_grads`` of a primitive with its vector-Jacobian products."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    @primitive
    def function(*moved):
        return subject.forward(*subject.with_moved(moved))[0]

    def product(number):
        return lambda out, *moved: lambda d_out: subject.gradients(moved, d_out)[number]

    defvjp(function, *map(product, range(len(subject.places))))
    np.random.seed(0)  # it draws its directions from there
    arrays = [subject.arrays[place] for place in subject.places]
    check_grads(function, tuple(range(len(arrays))), modes=["rev"], order=1)(*arrays)


PEERS: dict[str, tuple[str, Callable[[Subject], str | None]]] = {
    "torch.autograd.gradcheck": ("torch", torch_check),
    "jax.test_util.check_grads": ("jax", jax_check),
    "autograd.test_util.check_grads": ("autograd", autograd_check),
    "scipy.optimize.check_grad": ("scipy", scipy_check),
}


def is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def answer(peer: Callable[[Subject], str | None], subject: Subject) -> str | None:
    """What a checker says: None where all is well, else its message; whatever is raised counts as a message."""
    import warnings

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return peer(subject)
        except Exception as error:
            # Of a callback's traceback, which quotes our own lines, only the end is the message.
            said = str(error).strip().splitlines() if "Traceback" in str(error) else [str(error)]
            return f"{type(error).__name__}: {said[-1]}"


def _random_like(out):
    return np.asarray(np.random.default_rng(1).normal(size=np.shape(out)))
