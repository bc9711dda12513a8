"""`check`: one name for everything that is checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from chainrule.checking.report import Report

__all__ = ["check"]


class _Check:
    """Say whether a forward and its backward are right, and if not, which mistake it is.

    >>> import numpy as np
    >>> from chainrule import check
    >>> def affine_forward(x, w, b):
    ...     return x @ w + b, (x, w)
    >>> def affine_backward(saved, d_out):
    ...     x, w = saved
    ...     return d_out @ w.T, x.T @ d_out / len(x), d_out.sum(axis=0)
    >>> report = check((affine_forward, affine_backward))
    >>> report.passed, report.codes
    (False, ('FACTOR_ONE_OVER_N',))

    ``check.model`` looks at a whole model.
    """

    def __call__(
        self,
        subject: Any,
        *,
        like: Any = None,
        inputs: Any = None,
        reduction: str | None = None,
        rng: Any = None,
    ) -> Report:
        """Check an op, in whatever form it is written.

        Args:
            subject: an `Op`; a pair of functions ``(forward, backward)``; a class or an instance with ``forward`` and
                ``backward``; an EDF node class; a loss; an ``autograd.Function`` of PyTorch or a ``custom_vjp`` of
                JAX; a module: all of these in it.
            like: an op, or the name of one of ours, ``"affine"``. If not given, the subject's own name may say it;
                else its forward alone says what is right, by differences.
            inputs: arrays for forward, or a list of such tuples; made to fit if not given.
            reduction: where 1/N is paid: ``"none"``, ``"sum"``, ``"mean"`` for a loss; ``"mean"`` for a layer that
                averages its parameters' gradients; ``"solver mean"``. Losses say it themselves if it is not given.
            rng: a generator or a seed for what is random.

        Returns:
            The report: ``passed``, ``verdict``, ``findings``.

        Raises:
            ValueError: ``like`` or ``reduction`` names nothing that there is.
        """
        from chainrule.checking.composing import check_module
        from chainrule.checking.diagnosing.reference import REDUCTIONS
        from chainrule.checking.judging import judge

        seed = _seed(rng)
        if reduction is not None and reduction not in REDUCTIONS:
            raise ValueError(f"check: there is no reduction {reduction!r}; there is {', '.join(map(repr, REDUCTIONS))}")
        if isinstance(subject, ModuleType):
            return check_module(subject, reduction=reduction, seed=seed)
        return judge(subject, like=like, inputs=_inputs(inputs), reduction=reduction, seed=seed)

    @property
    def model(self) -> Callable[..., Report]:
        """Check a whole model: every parameter's gradient, its units, its loss and its labels."""
        from chainrule.checking.models import check_model

        return check_model

    def __repr__(self) -> str:
        return "<function chainrule.check>"


def _inputs(inputs: Any) -> Sequence[tuple[Any, ...]]:
    """What the caller gives, as tuples of arrays: one array, a tuple of them, or a list of tuples."""
    if inputs is None:
        return ()
    several = inputs if isinstance(inputs, list) and inputs and isinstance(inputs[0], (tuple, list)) else [inputs]
    return [tuple(map(_array, one if isinstance(one, (tuple, list)) else (one,))) for one in several]


def _array(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, (list, float)) else value


def _seed(rng: Any) -> int:
    if rng is None:
        return 0
    return int(np.random.default_rng(rng).integers(2**31))


check = _Check()
