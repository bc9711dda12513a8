"""Results that are the right ones times one number: N, 1/N, 2, -1 and their like, the same rule in every trial."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.checking.evidence import Evidence, Facts
from chainrule.checking.hypotheses.hypothesis import Hypothesis
from chainrule.checking.hypotheses.wording import because, multiple, named_number, number

__all__ = ["COMBINED_FACTORS", "FACTORS", "SOME_FACTOR", "UNNAMED_FACTORS"]

Value = Callable[[Evidence], float]


def _times(code: str, value: Value, **facts: str) -> Hypothesis:
    def holds(evidence: Evidence) -> Facts | None:
        factor = value(evidence)
        if factor == 1 or not evidence.equals(factor * evidence.expected) or not evidence.expected.any():
            return None
        size = round(factor if abs(factor) >= 1 else 1 / factor)
        return {"size": abs(size), "because": because(evidence), "value": number(factor), **facts}

    return Hypothesis(code, holds)


def _count(evidence: Evidence) -> float:
    return float(evidence.trial.count)


def _letter(letter: str) -> Value:
    return lambda evidence: float(evidence.trial.sizes[letter])


def _entries(evidence: Evidence) -> float:
    return float(evidence.expected.size)


def _samples_entries(evidence: Evidence) -> float:
    """Entries of the first array: what a mean over all of them divides by."""
    return float(np.size(evidence.trial.arrays[0]))


def _over(value: Value) -> Value:
    return lambda evidence: 1 / value(evidence)


FACTORS = (
    _times("WRONG_SIGN", lambda evidence: -1.0),
    _times("FACTOR_2", lambda evidence: 2.0),
    _times("FACTOR_HALF", lambda evidence: 0.5),
    _times("FACTOR_N", _count),
    _times("FACTOR_ONE_OVER_N", _over(_count)),
    _times("FACTOR_K", _letter("K"), letter="K"),
    _times("FACTOR_ONE_OVER_K", _over(_letter("K")), letter="K"),
    _times("FACTOR_SIZE", _samples_entries),
    _times("FACTOR_ONE_OVER_SIZE", _over(_samples_entries)),
    _times("FACTOR_SIZE", _entries),
    _times("FACTOR_ONE_OVER_SIZE", _over(_entries)),
    *(_times("FACTOR_AXIS", _letter(letter), letter=f"the size {letter}", because="") for letter in "DH"),
    *(
        _times("FACTOR_ONE_OVER_AXIS", _over(_letter(letter)), letter=f"the size {letter}", because="")
        for letter in "DH"
    ),
)


# -- two at once ---------------------------------------------------------------------------------------------

_SIGN, _TWICE, _HALF = "the sign is wrong", "it is doubled", "it is halved"
_BY_N, _TIMES_N = "it is divided by N", "it is multiplied by N, or not divided by it"
_BY_K, _TIMES_K = "it is divided by K", "it is multiplied by K, or not divided by it"


def _both(factor: str, value: Callable[[float], float], *words: str) -> Hypothesis:
    return _times("FACTOR_COMBINED", lambda e: value(_count(e)), factor=factor, words=" and ".join(words))


def _with_classes(factor: str, value: Callable[[float, float], float], *words: str) -> Hypothesis:
    return _times(
        "FACTOR_COMBINED",
        lambda e: value(_count(e), _letter("K")(e)),
        factor=factor,
        words=" and ".join(words),
    )


COMBINED_FACTORS = (
    _both("-2", lambda n: -2.0, _SIGN, _TWICE),
    _both("-1/2", lambda n: -0.5, _SIGN, _HALF),
    _both("4", lambda n: 4.0, _TWICE, "that twice"),
    _both("1/4", lambda n: 0.25, _HALF, "that twice"),
    _both("-N", lambda n: -n, _SIGN, _TIMES_N),
    _both("-1/N", lambda n: -1 / n, _SIGN, _BY_N),
    _both("2N", lambda n: 2 * n, _TWICE, _TIMES_N),
    _both("2/N", lambda n: 2 / n, _TWICE, _BY_N),
    _both("N/2", lambda n: n / 2, _HALF, _TIMES_N),
    _both("1/(2N)", lambda n: 0.5 / n, _HALF, _BY_N),
    _both("-2/N", lambda n: -2 / n, _SIGN, _TWICE, _BY_N),
    _both("-1/(2N)", lambda n: -0.5 / n, _SIGN, _HALF, _BY_N),
    _both("-2N", lambda n: -2 * n, _SIGN, _TWICE, _TIMES_N),
    _both("-N/2", lambda n: -n / 2, _SIGN, _HALF, _TIMES_N),
    _both("N^2", lambda n: n * n, _TIMES_N, "that twice"),
    _both("1/N^2", lambda n: 1 / n / n, _BY_N, "that twice"),
    _both("N/(N-1)", lambda n: n / (n - 1), "it is divided by N - 1 where N is meant"),
    _both("(N-1)/N", lambda n: (n - 1) / n, "it is divided by N where N - 1 is meant"),
    _both("1/(N-1)", lambda n: 1 / (n - 1), "it is divided by N - 1"),
    _both("N/(N+1)", lambda n: n / (n + 1), "it is divided by N + 1 where N is meant"),
    _both("1/sqrt(N)", lambda n: n**-0.5, "it is divided by the root of N"),
    _both("sqrt(N)", lambda n: n**0.5, "it is multiplied by the root of N"),
    _with_classes("K/N", lambda n, k: k / n, _BY_N, _TIMES_K),
    _with_classes("N/K", lambda n, k: n / k, _TIMES_N, _BY_K),
    _with_classes("-K", lambda n, k: -k, _SIGN, _TIMES_K),
    _with_classes("-1/K", lambda n, k: -1 / k, _SIGN, _BY_K),
    _with_classes("2K", lambda n, k: 2 * k, _TWICE, _TIMES_K),
    _with_classes("2/K", lambda n, k: 2 / k, _TWICE, _BY_K),
    _with_classes("K/2", lambda n, k: k / 2, _HALF, _TIMES_K),
    _with_classes("1/(2K)", lambda n, k: 0.5 / k, _HALF, _BY_K),
    _with_classes("N K", lambda n, k: n * k, _TIMES_N, _TIMES_K),
    _with_classes("1/(N K)", lambda n, k: 1 / n / k, _BY_N, _BY_K),
    _with_classes("N K/2", lambda n, k: n * k / 2, _HALF, _TIMES_N, _TIMES_K),
    _with_classes("-N K", lambda n, k: -n * k, _SIGN, _TIMES_N, _TIMES_K),
    _with_classes("2/(N K)", lambda n, k: 2 / n / k, _TWICE, _BY_N, _BY_K),
)


# -- numbers without a name ------------------------------------------------------------------------------


def _ratio(evidence: Evidence) -> float | None:
    return multiple(evidence.yours, evidence.expected, evidence.trial.tolerance) if evidence.expected.size > 1 else None


def _is_constant_multiple(evidence: Evidence) -> Facts | None:
    # Of a single number any other one is a multiple; that it is the same multiple in each trial still tells something.
    ratio = multiple(evidence.yours, evidence.expected, evidence.trial.tolerance)
    if ratio is None or abs(ratio - 1) < 1e-9:
        return None
    return {"factor": named_number(ratio), "rule": f"{ratio:.7g}"}


def _named(name: str, value: Callable[[Evidence], float]) -> Hypothesis:
    def holds(evidence: Evidence) -> Facts | None:
        factor = value(evidence)
        if not np.isfinite(factor) or factor == 1 or not evidence.equals(factor * evidence.expected):
            return None
        return {"factor": number(factor), "like": f": it is {name}"} if evidence.expected.any() else None

    return Hypothesis("FACTOR_VARIES", holds)


def _is_multiple(evidence: Evidence) -> Facts | None:
    ratio = _ratio(evidence)
    return None if ratio is None or abs(ratio - 1) < 1e-9 else {"factor": number(ratio), "like": ""}


def _d_out(evidence: Evidence) -> float:
    if evidence.place is None:
        raise ValueError("forward's result does not depend on d_out")
    return np.asarray(evidence.trial.d_out)  # type: ignore[return-value]


def _norm(array: object) -> float:
    return float(np.sqrt(np.sum(np.square(array))))  # type: ignore[call-overload]


def _is_an_axis(code: str, is_over: bool) -> Hypothesis:
    """The length of an axis of some argument or of the result, the same axis in every trial."""

    def holds(evidence: Evidence) -> Facts | None:
        trial = evidence.trial
        words = ("the first argument", "the second argument", "the third argument", "the fourth argument")
        arrays = [*zip(words, trial.arrays, strict=False), ("forward's result", trial.out)]
        for name, array in arrays:
            for axis, size in enumerate(np.shape(array)):
                factor = 1 / size if is_over and size else float(size)
                if size > 1 and evidence.expected.any() and evidence.equals(factor * evidence.expected):
                    axis_name = f"the length of axis {axis} of {name}"
                    return {"rule": axis_name, "letter": axis_name, "size": size, "because": ""}
        return None

    return Hypothesis(code, holds)


UNNAMED_FACTORS = (
    Hypothesis("FACTOR_CONSTANT", _is_constant_multiple),
    _is_an_axis("FACTOR_AXIS", is_over=False),
    _is_an_axis("FACTOR_ONE_OVER_AXIS", is_over=True),
    _named("the sum of d_out", lambda e: float(np.sum(_d_out(e)))),
    _named("the mean of d_out", lambda e: float(np.mean(_d_out(e)))),
    _named("the largest d_out", lambda e: float(np.max(_d_out(e)))),
    _named("1 over the norm of d_out", lambda e: 1 / _norm(_d_out(e))),
    _named("1 over its own norm, so it is scaled to length 1", lambda e: 1 / _norm(e.expected)),
    _named("1 over its own sum", lambda e: 1 / float(np.sum(e.expected))),
    _named("1 over its own largest entry", lambda e: 1 / float(np.max(np.abs(e.expected)))),
    _named("the sum of the first argument", lambda e: float(np.sum(e.trial.arrays[0]))),
    _named("the mean of the first argument", lambda e: float(np.mean(e.trial.arrays[0]))),
    _named("the result of forward", lambda e: float(e.trial.out) if e.place is not None else np.nan),
    _named("the sum of forward's result", lambda e: float(np.sum(e.trial.out)) if e.place is not None else np.nan),
)
SOME_FACTOR = (Hypothesis("FACTOR_VARIES", _is_multiple),)
