"""One test: its cases, what is expected of each, and whether answers are right. Learners' tests and the grader agree.

Whether a test is passed is decided by the numbers alone; the diagnosis only says why not.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.checking.answers import Answered, diagnose_answers
from chainrule.checking.arrays import no_array
from chainrule.checking.codes import found
from chainrule.checking.evidence import distance
from chainrule.checking.finding import Finding
from chainrule.checking.running import quiet
from chainrule.exercises.exercise import Answer, Test

if TYPE_CHECKING:
    from chainrule.exercises.source import Source

__all__ = [
    "answered",
    "case_of",
    "cases_of",
    "expected_of",
    "is_right",
    "judge_answer",
    "judge_test",
    "public_seed",
    "run_probe",
]

Array = npt.NDArray[Any]

LONGEST_ANSWER = 20_000  # characters

# Standard output, filters of warnings and global random numbers belong to the process; a grader has several threads.
_ONE_AT_A_TIME = threading.RLock()


def public_seed(exercise: str) -> int:
    """The seed of an exercise's public cases: its name's, so that everybody gets the same."""
    return int.from_bytes(hashlib.sha256(exercise.encode()).digest()[:16], "big")


def cases_of(test: Test, seed: int) -> list[tuple[Array, ...]]:
    """The arrays of all cases. Each case has its own generator, of the seed, the test's name and the case's number.

    Raises:
        TypeError: the test's ``inputs`` gives something else than a tuple of arrays.
    """
    return [case_of(test, seed, number) for number in range(test.cases)]


def case_of(test: Test, seed: int, number: int) -> tuple[Array, ...]:
    """The arrays of one case; see `cases_of`."""
    own = int.from_bytes(hashlib.sha256(test.name.encode()).digest()[:8], "big")
    drawn = test.inputs(np.random.default_rng([seed, own, number]), number)
    if not isinstance(drawn, tuple | list):
        raise TypeError(f"{test.name}: inputs gave {type(drawn).__name__}; expected a tuple of arrays: return x,")
    return tuple(map(np.asarray, drawn))


def run_probe(probe: Callable[..., Any], work: Any, arrays: Sequence[Array]) -> dict[str, Any]:
    """What the probe gives. It gets copies, and the global random numbers are the same in every run.

    Raises:
        TypeError: it gives something else than results by name.
        Exception: whatever the work raises.
    """
    with _seeded():
        results = probe(work, *(array.copy() for array in arrays))
    if not isinstance(results, Mapping):
        raise TypeError(f"{probe.__name__} gave {type(results).__name__}; expected results by name, {{'out': out}}")
    return {str(name): value for name, value in results.items()}


@contextmanager
def _seeded() -> Iterator[None]:
    """The same random numbers for everybody who draws from a global generator; the caller's are left as they were."""
    # Learners draw from NumPy's global generator, so that is what has to be the same.
    numpy_state, state = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(state)


def expected_of(source: Source, test: Test, arrays: Sequence[Array]) -> dict[str, Array]:
    """What the source's own solution gives for a case.

    Raises:
        Exception: whatever the solution raises.
    """
    with _ONE_AT_A_TIME, quiet():
        results = run_probe(test.probe, source.solved, arrays)
    return {name: np.array(value) for name, value in results.items()}


def answered(test: Test, arrays: Sequence[Array], results: Mapping[str, Any], expected: Mapping[str, Any]) -> Answered:
    """A case with its results, as `judge_test` wants it: the incoming gradient stands apart."""
    others = tuple(array for place, array in enumerate(arrays) if place != test.d_out)
    return Answered(others, None if test.d_out is None else arrays[test.d_out], results, expected)


def is_right(results: Mapping[str, Any], expected: Mapping[str, Any], tolerance: float) -> bool:
    """Whether every expected result is there, is an array of that shape, and is close enough. Others do not matter."""
    return all(
        no_array(results.get(name), name) is None and distance(results[name], right) <= tolerance
        for name, right in expected.items()
    )


def judge_test(test: Test, answers: Sequence[Answered]) -> tuple[bool, tuple[Finding, ...]]:
    """Whether all answers are right, and if not, why: one finding for each result that is wrong.

    Args:
        test: that was asked.
        answers: one for each case that was answered, made by `answered`; at least one.
    """
    if not answers:
        raise ValueError(f"{test.name}: there are no answers to judge")
    with np.errstate(all="ignore"):
        wrong = [one for one in answers if not is_right(one.results, one.expected, test.tolerance)]
    if not wrong:
        return True, ()
    return False, _diagnosis(test, answers) or (_differs(test, wrong[0]),)


def _diagnosis(test: Test, answers: Sequence[Answered]) -> tuple[Finding, ...]:
    """Nothing where it fails itself: the points are decided, and only the reason stays unknown."""
    if missing := _missing(answers):
        return missing
    try:
        with _ONE_AT_A_TIME, quiet():
            findings = diagnose_answers(
                answers,
                like=test.like,
                reduction=test.reduction,
                forward=test.forward,
                gradients=test.gradients,
                tolerance=test.tolerance,
            )
    except Exception:  # a diagnosis of wild results may meet anything
        return ()
    return findings if any(finding.severity == "error" for finding in findings) else ()


def _missing(answers: Sequence[Answered]) -> tuple[Finding, ...]:
    """Results that are None everywhere: a forgotten return."""
    names = [name for name in answers[0].expected if all(one.results.get(name) is None for one in answers)]
    return tuple(found("NO_RESULT", name) for name in names)


def _differs(test: Test, one: Answered) -> Finding:
    """A plain finding for the first result that is wrong."""
    for name, right in one.expected.items():
        value: Any = one.results.get(name)
        if problem := no_array(value, name):
            return problem
        if np.shape(value) != np.shape(right):
            message = f"{name} has shape {np.shape(value)}, expected {np.shape(right)}."
            return Finding("WRONG_SHAPE", message, part=name)
        if distance(value, right) > test.tolerance:
            return Finding("DIFFERS", f"{name} is not what is expected.", part=name)
    return Finding("DIFFERS", f"{test.name} is not what is expected.")


def judge_answer(answer: Answer, text: Any) -> tuple[bool, tuple[Finding, ...]]:
    """Whether a text takes the expression apart rightly, and if not, what is wrong with it.

    Args:
        answer: the question.
        text: what the learner assigned to its variable; anything.

    Raises:
        ExpressionError: the question itself cannot be read.
    """
    from chainrule.explaining.marking.mark import mark

    if not isinstance(text, str) or not any(line.partition("#")[0].strip() for line in text.splitlines()):
        return False, (found("NOT_IMPLEMENTED", answer.variable),)
    if len(text) > LONGEST_ANSWER:
        said = f"{answer.variable} has {len(text):,} characters; at most {LONGEST_ANSWER:,} are read."
        return False, (Finding("ANSWER_TOO_LONG", said, part=answer.variable),)
    try:
        marking = mark(answer.expression, text, **answer.values)
    except (RecursionError, MemoryError, OverflowError, ArithmeticError):
        said = f"{answer.variable} cannot be read."
        return False, (Finding("ANSWER_UNREADABLE", said, part=answer.variable, hint="Write one operation a line."),)
    findings = []
    for one in marking.findings:
        if one.is_note and marking.passed:
            continue
        line = f"line {one.line}, `{marking.lines[one.line - 1]}`: " if one.line else ""
        code = f"ANSWER_{one.code.upper().replace(' ', '_')}"
        severity: Any = "warning" if one.is_note else "error"
        where = f"line {one.line}" if one.line else ""
        findings.append(Finding(code, f"{line}{one.message}", severity, answer.variable, where=where))
    if marking.passed and answer.backward:
        findings += _without_backward(answer, marking.lines)
    return marking.passed and not any(one.severity == "error" for one in findings), tuple(findings)


def _without_backward(answer: Answer, lines: Sequence[str]) -> list[Finding]:
    """What is right as far as it goes, but has no messages or no sums at all; where some are missing, it is marked."""
    from chainrule.explaining.marking.mark_terms import backward_line

    found_there = [one for one in map(backward_line, range(len(lines)), lines) if one is not None]
    findings = []
    if not any(one.parent for one in found_there):
        said = f"{answer.variable} has no messages; expected lines such as t2 -> t1: ..., one for each edge."
        findings.append(Finding("ANSWER_MISSING_PRODUCT", said, part=answer.variable))
    if all(one.parent for one in found_there):
        said = f"{answer.variable} has no sums; expected lines such as d a = ..., one for each name of the expression."
        findings.append(Finding("ANSWER_MISSING_SUM", said, part=answer.variable))
    return findings
