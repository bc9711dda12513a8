"""Results that are right but for some entries: only at 0, only one sign, only the true class, only the first row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, Facts
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import entry, named_number, number, shape, two_numbers

__all__ = ["PLACES", "REGIONS", "differing"]

Array = npt.NDArray[Any]


def differing(evidence: Evidence) -> Array | None:
    """Which entries are wrong; None where the shapes differ, or nothing is wrong."""
    yours, expected = evidence.yours, evidence.expected
    if yours.shape != expected.shape or not yours.size:
        return None
    finite = np.abs(expected[np.isfinite(expected)])
    scale = float(finite.max()) if finite.size else 1.0
    with np.errstate(all="ignore"):
        near = np.abs(yours - expected) <= evidence.trial.tolerance * (scale or 1.0)
        wrong: Array = np.asarray(~(near | (yours == expected)))
    return wrong if wrong.any() else None


def _there(evidence: Evidence, wrong: Array) -> str:
    """What the wrong entries have in common, as a sentence; empty where nothing can be said."""
    yours, expected = evidence.yours[wrong], evidence.expected[wrong]
    if not yours.any():
        return f" Yours are 0 there; expected are {_some(expected)}."
    d_out = np.asarray(evidence.trial.d_out)
    if evidence.place is not None and d_out.shape == wrong.shape:
        if _same(yours, d_out[wrong]):
            return " There yours is d_out itself."
        if not expected.any() and _same(yours / d_out[wrong], (yours / d_out[wrong])[0]):
            return f" There yours is {named_number(float((yours / d_out[wrong])[0]))} times d_out; 0 is expected."
    if not expected.any():
        return f" Expected are zeros there; yours are {_some(yours)}."
    with np.errstate(all="ignore"):
        ratios = yours / expected
    if np.isfinite(ratios).all() and _same(ratios, ratios.flat[0]):
        ratio = named_number(float(ratios.flat[0]))
        return " There the sign is wrong." if ratio == "-1" else f" There yours is {ratio} times what is expected."
    if _same(yours - expected, (yours - expected).flat[0]):
        return f" There yours is off by {named_number(float((yours - expected).flat[0]))}."
    return ""


def _same(a: Any, b: Any) -> bool:
    return bool(np.all(np.abs(a - b) <= 1e-9 * (1e-12 + np.abs(b))))


def _some(values: Array) -> str:
    flat = np.ravel(values)
    return number(flat[0]) if np.all(flat == flat[0]) else f"{number(flat[0])} and others"


def _only(code: str, where: Callable[[Evidence], Any], **words: str) -> Hypothesis:
    """All wrong entries lie there, and there are right ones elsewhere; a few may lie there by chance."""

    def holds(evidence: Evidence) -> Facts | None:
        wrong = differing(evidence)
        if wrong is None:
            return None
        there = np.asarray(where(evidence))
        there = np.broadcast_to(there, wrong.shape)
        if (wrong & ~there).any() or there.all() or 2 * wrong.sum() < there.sum():
            return None
        example = tuple(np.argwhere(wrong)[0])
        yours, expected = two_numbers(evidence.yours[example], evidence.expected[example])
        return {
            "count": int(wrong.sum()),
            "there": _there(evidence, wrong),
            "expected": expected,
            "yours": yours,
            **words,
        }

    return Hypothesis(code, holds)


def _x(evidence: Evidence) -> Array:
    """The array that single entries of the result belong to."""
    x = np.asarray(evidence.trial.arrays[0 if evidence.place is None else evidence.place])
    if x.shape != evidence.expected.shape:
        raise ValueError("the entries of the result are not those of the argument")
    return x


def _incoming(evidence: Evidence) -> Array:
    d_out = np.asarray(evidence.trial.d_out)
    if evidence.place is None or d_out.shape != evidence.expected.shape or (d_out == 1).all():
        raise ValueError("there is no incoming gradient for each entry")
    return d_out


def _tied(evidence: Evidence) -> Array:
    """Entries that are equal to the other operand, or to another entry of their row."""
    arrays = evidence.trial.arrays
    if len(arrays) > 1 and np.shape(arrays[0]) == np.shape(arrays[1]):
        return np.asarray(arrays[0] == arrays[1])
    x = _x(evidence)
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    return np.asarray((counts > 1)[inverse].reshape(x.shape))


def _classes(evidence: Evidence) -> Array:
    """One true entry in each row: the sample's class."""
    wanted = evidence.expected.shape
    labels = np.asarray(evidence.trial.arrays[1])
    if labels.dtype.kind in "iu" and labels.shape == wanted[:-1]:
        return np.asarray(labels[..., None] == np.arange(wanted[-1]))
    if labels.shape == wanted and wanted[-1] > 1 and _is_one_hot(labels):
        return np.asarray(labels == 1)
    raise ValueError("there are no classes")


def _is_one_hot(labels: Array) -> bool:
    return bool(np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(axis=-1) == 1))


def _answers(evidence: Evidence) -> Array:
    """Targets that are 0 or 1."""
    target = np.asarray(evidence.trial.arrays[1])
    if target.shape != evidence.expected.shape or not np.all((target == 0) | (target == 1)) or np.ptp(target) != 1:
        raise ValueError("the targets are not yes and no")
    return target


def _row(which: int) -> Callable[[Evidence], Array]:
    def where(evidence: Evidence) -> Array:
        sizes = evidence.expected.shape
        if not sizes or sizes[0] < 3:
            raise ValueError("too few rows to tell")
        there: Array = np.zeros(sizes, dtype=bool)
        there[which] = True
        return there

    return where


def _not_row(which: int) -> Callable[[Evidence], Array]:
    return lambda evidence: ~_row(which)(evidence)


def _column(which: int) -> Callable[[Evidence], Array]:
    def where(evidence: Evidence) -> Array:
        there: Array = np.zeros(evidence.expected.shape, dtype=bool)
        if there.ndim < 2 or there.shape[1] < 2:
            raise ValueError("there are no columns")
        there[:, which] = True
        return there

    return where


def _whole_rows(hypothesis: Hypothesis) -> Hypothesis:
    """Every row that may be wrong is wrong in some entry; else it is not the rows."""

    def holds(evidence: Evidence) -> Facts | None:
        wrong = differing(evidence)
        facts = hypothesis.holds(evidence)
        if wrong is None or facts is None:
            return None
        count = int(wrong.reshape(wrong.shape[0], -1).any(axis=1).sum())
        return facts if count in (1, wrong.shape[0] - 1) else None

    return Hypothesis(hypothesis.code, holds)


def _diagonal(evidence: Evidence) -> Array:
    sizes = evidence.expected.shape
    if len(sizes) != 2 or min(sizes) < 2:
        raise ValueError("there is no diagonal")
    return np.asarray(np.eye(*sizes, dtype=bool))


def _threshold(sign: int, words: str) -> Hypothesis:
    """The wrong entries are those where x lies beyond some number."""

    def holds(evidence: Evidence) -> Facts | None:
        wrong, x = differing(evidence), np.asarray(sign * _x(evidence))
        if wrong is None or wrong.all() or wrong.sum() < 2 or x[wrong].min() <= x[~wrong].max():
            return None
        return {
            "words": words,
            "bound": number(sign * float(x[wrong].min())),
            "count": int(wrong.sum()),
            "there": _there(evidence, wrong),
        }

    return Hypothesis("ONLY_BEYOND", holds)


def _size_threshold(evidence: Evidence) -> Facts | None:
    """Entries whose own size is large are wrong: the gradient is clipped."""
    wrong = differing(evidence)
    if wrong is None or wrong.all():
        return None
    bound = float(np.abs(evidence.yours).max())
    if not np.allclose(evidence.yours, np.clip(evidence.expected, -bound, bound), rtol=1e-9, atol=0):
        return None
    return {"bound": number(bound), "rule": number(bound)}


def _one_entry(evidence: Evidence) -> Facts | None:
    wrong = differing(evidence)
    if wrong is None or wrong.sum() != 1 or wrong.size < 3:
        return None
    place = tuple(np.argwhere(wrong)[0])
    yours, expected = two_numbers(evidence.yours[place], evidence.expected[place])
    return {
        "where": entry(place),
        "size": shape(wrong.shape, evidence.trial.sizes),
        "yours": yours,
        "expected": expected,
    }


PLACES = (
    _only("ONLY_AT_ZERO", lambda e: _x(e) == 0),
    _only("ONLY_AT_TIES", _tied),
    Hypothesis("CLIPPED", _size_threshold),
    _whole_rows(_only("FIRST_ROW_ONLY", _not_row(0), which="first")),
    _whole_rows(_only("LAST_ROW_ONLY", _not_row(-1), which="last")),
    _only("ROW_WRONG", _row(0), which="first row"),
    _only("ROW_WRONG", _row(-1), which="last row"),
    Hypothesis("ONE_ENTRY", _one_entry),
)
REGIONS = (
    _only("ONLY_TRUE_CLASS", _classes),
    _only("ONLY_OTHER_CLASSES", lambda e: ~_classes(e)),
    _only("ONLY_LABEL_ONE", lambda e: _answers(e) == 1),
    _only("ONLY_LABEL_ZERO", lambda e: _answers(e) == 0),
    _only("ONLY_NEGATIVE", lambda e: _x(e) < 0, words="negative"),
    _only("ONLY_NEGATIVE", lambda e: _x(e) <= 0, words="negative or 0"),
    _only("ONLY_POSITIVE", lambda e: _x(e) > 0, words="positive"),
    _only("ONLY_POSITIVE", lambda e: _x(e) >= 0, words="positive or 0"),
    _only("ONLY_UPSTREAM_SIGN", lambda e: _incoming(e) < 0, words="negative"),
    _only("ONLY_UPSTREAM_SIGN", lambda e: _incoming(e) > 0, words="positive"),
    _only("ROW_WRONG", _column(0), which="first column"),
    _only("ROW_WRONG", _column(-1), which="last column"),
    _only("ONLY_SIGN_OF_EXPECTED", lambda e: e.expected < 0, words="negative"),
    _only("ONLY_SIGN_OF_EXPECTED", lambda e: e.expected > 0, words="positive"),
    _threshold(1, "at least"),
    _threshold(-1, "at most"),
    _only("ONLY_DIAGONAL", _diagonal, words="on the diagonal"),
    _only("ONLY_DIAGONAL", lambda e: ~_diagonal(e), words="off the diagonal"),
)
