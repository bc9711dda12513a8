"""`explain`: one name for everything that explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from chainrule.explaining.compare import Comparison
    from chainrule.explaining.explanation import Explanation

__all__ = ["explain"]


class _Explain:
    """Explain how a value comes about, and where its gradient goes.

    >>> from chainrule import explain
    >>> print(explain("a * a", a=3).text("rule"))
    f = a * a   at a = 3
    ...

    ``explain.gradient``, ``explain.jacobian``, ``explain.mark`` and ``explain.sheet`` are its relatives.
    """

    def __call__(self, subject: Any, *arguments: Any, compare: Any = None, **values: Any) -> Explanation:
        """The whole answer: one operation each, messages, sums, each checked against a difference.

        Args:
            subject: an expression as text, ``"A = exp(a)/sqrt(b)"``, with a value for each name; a NumPy function with
                its arguments; an `Op` with example arrays; an EDF graph, with or without ``parameters`` and
                ``inputs``; a model with ``x``, ``y`` and ``loss``.
            arguments: of a function or an op.
            compare: what to compare the backward pass with: for an op another `Op`, or the name of one of ours; for a
                function or an expression another one; for an EDF graph another one of the same structure, or nodes for
                its own, ``{MySigmoid: edf.Sigmoid}``. The first edge at which the two differ is named, and what was
                changed in place.
            values: of an expression's names, or of a function's arguments.

        Raises:
            ValueError: a value is missing, or the expression cannot be read; the message says where.
        """
        from chainrule.explaining.explanation import Explanation
        from chainrule.explaining.subjects import record_of

        record = record_of(subject, arguments, values)
        return Explanation(record, None if compare is None else _compared(subject, compare, arguments, values))

    @property
    def gradient(self) -> Callable[..., Any]:
        """A derivative carried through to its simplest form, step by step: see `deriving.derivation`."""
        from chainrule.explaining.deriving.derivation import gradient

        return gradient

    @property
    def jacobian(self) -> Callable[..., Any]:
        """The matrix of partial derivatives in symbols, and what it is like."""
        from chainrule.explaining.deriving.derivation import jacobian

        return jacobian

    @property
    def mark(self) -> Callable[..., Any]:
        """Mark a learner's answer, and point at the first wrong line."""
        from chainrule.explaining.marking.mark import mark

        return mark

    @property
    def sheet(self) -> Callable[..., Any]:
        """An exercise sheet with solutions."""
        from chainrule.explaining.marking.sheet import sheet

        return sheet

    def __repr__(self) -> str:
        return "<function chainrule.explain>"


def _compared(subject: Any, other: Any, arguments: Sequence[Any], values: Mapping[str, Any]) -> Comparison:
    """The subject's backward beside another one."""
    from chainrule import ops
    from chainrule.explaining.compare import compare
    from chainrule.explaining.compare_graphs import compare_graphs
    from chainrule.explaining.compare_records import compare_functions
    from chainrule.explaining.subjects import given_to_graph
    from chainrule.op import Op

    if hasattr(subject, "CompNodes") and (hasattr(other, "CompNodes") or isinstance(other, Mapping)):
        return compare_graphs(subject, other, given_to_graph(subject, values))
    ours = getattr(ops, other, other) if isinstance(other, str) and isinstance(subject, Op) else other
    if isinstance(subject, Op) and isinstance(ours, Op):
        arrays = [np.asarray(one, dtype=float) if isinstance(one, (int, float, list)) else one for one in arguments]
        return compare(subject, ours, *arrays, **values)
    is_text = isinstance(subject, str)
    if isinstance(other, str) if is_text else callable(subject) and callable(ours):
        return compare_functions(subject, ours, arguments, values)
    raise TypeError(
        f"explain: compare wants two ops, two functions, two expressions or two graphs, got {subject!r} and {other!r}; "
        "see Op(forward, backward)"
    )


explain = _Explain()
