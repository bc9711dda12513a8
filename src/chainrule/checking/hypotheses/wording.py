"""Words for shapes, numbers and factors, in the letters of the trial: ``(H, D) = (7, 3)``, ``N = 5``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.evidence import Evidence, is_close

__all__ = [
    "because",
    "besides",
    "entry",
    "listed",
    "multiple",
    "named_number",
    "number",
    "plain_factors",
    "shape",
    "two_numbers",
]

Array = npt.NDArray[Any]


def shape(sizes: Sequence[int], letters: Mapping[str, int]) -> str:
    """A shape in letters and numbers, in numbers alone where no letter is known.

    >>> shape((7, 3), {"N": 5, "D": 3, "H": 7}), shape((1, 9), {"N": 5})
    ('(H, D) = (7, 3)', '(1, 9)')
    """
    by_size = {size: letter for letter, size in reversed(list(letters.items())) if size > 1}
    numbers = str(tuple(int(size) for size in sizes))
    if not any(size in by_size for size in sizes):
        return numbers
    named = [by_size.get(size, str(size)) for size in sizes]
    return f"({', '.join(named)}{',' if len(named) == 1 else ''}) = {numbers}"


def number(value: Any) -> str:
    """Four digits are enough to recognize a number.

    >>> number(0.333333), number(2.0)
    ('0.3333', '2')
    """
    return f"{float(value):.4g}"


def two_numbers(one: Any, other: Any) -> tuple[str, str]:
    """Both with as many digits as it takes to tell them apart.

    >>> two_numbers(0.5, 0.25), two_numbers(1.0000001, 1.0)
    (('0.5', '0.25'), ('1.0000001', '1'))
    """
    for digits in range(4, 18):
        texts = f"{float(one):.{digits}g}", f"{float(other):.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def named_number(value: float) -> str:
    """A number as a person would write it: a fraction or a known constant where it is one.

    >>> named_number(3.0), named_number(1 / 3), named_number(np.log(2)), named_number(0.7312)
    ('3', '1/3', 'log 2', '0.7312')
    """
    known = {
        "log 2": np.log(2),
        "1/log 2": 1 / np.log(2),
        "log 10": np.log(10),
        "1/log 10": 1 / np.log(10),
        "pi": np.pi,
        "sqrt(2)": np.sqrt(2),
        "1/sqrt(2)": 1 / np.sqrt(2),
        "e": np.e,
    }
    for name, constant in known.items():
        for sign in ("", "-"):
            if abs(value - (-constant if sign else constant)) <= 1e-9 * constant:
                return sign + name
    fraction = Fraction(value).limit_denominator(60)
    if fraction and abs(value - fraction) <= 1e-9 * abs(value) and fraction.denominator not in (1, 10, 20, 50):
        return str(fraction)
    return number(value)


def entry(index: Sequence[Any]) -> str:
    """A place in an array.

    >>> entry((2, 1)), entry(())
    ('entry [2, 1]', 'the number')
    """
    return f"entry [{', '.join(str(int(one)) for one in index)}]" if len(index) else "the number"


def listed(values: Array) -> str:
    """The first few numbers of an array.

    >>> listed(np.array([1.0, 2.5, 3.0, 4.0, 5.0]))
    '1, 2.5, 3, ...'
    """
    flat = np.ravel(values)
    return ", ".join([*(number(one) for one in flat[:3]), *(["..."] if flat.size > 3 else [])])


def because(evidence: Evidence) -> str:
    """Where the 1/N is paid, to follow a sentence; empty where nobody said so."""
    return f": {evidence.trial.convention}" if evidence.trial.convention else ""


def multiple(yours: Array, candidate: Array, tolerance: float) -> float | None:
    """The one number that makes the candidate yours; None where there is none."""
    yours, candidate = np.asarray(yours), np.asarray(candidate)
    if yours.shape != candidate.shape or not yours.size or yours.dtype.kind not in "fiub":
        return None
    a, b = yours.astype(float).ravel(), candidate.astype(float).ravel()
    squares = float(b @ b)
    if not squares or not np.isfinite(squares):
        return None
    ratio = float(a @ b) / squares
    return ratio if ratio and np.isfinite(ratio) and is_close(yours, ratio * candidate, tolerance) else None


def plain_factors(evidence: Evidence) -> dict[str, float]:
    """The factors that come along with another mistake, by name; no two have one value in every trial."""
    count = evidence.trial.count
    size = int(np.size(evidence.trial.arrays[0]))
    return {
        "": 1.0,
        "-1": -1.0,
        "N": count,
        "1/N": 1 / count,
        "2": 2.0,
        "1/2": 0.5,
        "-N": -count,
        "-1/N": -1 / count,
        **({"size": size, "1/size": 1 / size} if size not in (1, 2, count) else {}),
    }


_BESIDES = {
    "": "",
    "-1": " Its sign is wrong besides.",
    "N": " It is N = {count} times too large besides.",
    "1/N": " It is only 1/N = 1/{count} of that besides.",
    "2": " It is twice that besides.",
    "1/2": " It is half of that besides.",
    "size": " It is {size} times too large besides, the number of entries.",
    "1/size": " It is only 1/{size} of that besides, 1 over the number of entries.",
    "-N": " It is N = {count} times too large and of the wrong sign besides.",
    "-1/N": " It is only 1/N = 1/{count} of that and of the wrong sign besides.",
}


def _words(name: str, evidence: Evidence) -> str:
    return _BESIDES[name].format(count=evidence.trial.count, size=int(np.size(evidence.trial.arrays[0])))


def besides(evidence: Evidence, candidate: Any, yours: Any = None) -> dict[str, Any] | None:
    """Facts where the result is the candidate, or that times a plain factor: ``rule`` and the words ``besides``."""
    yours = evidence.yours if yours is None else np.asarray(yours)
    candidate = np.asarray(candidate)
    if yours.shape != candidate.shape:
        return None
    ratio = multiple(yours, candidate, evidence.trial.tolerance)
    if ratio is None:
        return None
    for name, value in plain_factors(evidence).items():
        # With a factor, a wrong candidate may be what is right: nothing holds on a right result.
        if abs(ratio - value) <= 1e-8 * abs(value) and not evidence.equals(evidence.expected):
            return {"rule": name, "besides": _words(name, evidence)}
    return None
