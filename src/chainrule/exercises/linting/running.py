"""What shows when an exercise runs: inputs, its solution and its stubs before its own tests."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.checking.arrays import no_array
from chainrule.checking.running import quiet
from chainrule.exercises.comparing import case_of, cases_of, is_right, judge_answer, public_seed, run_probe
from chainrule.exercises.exercise import Answer, Test
from chainrule.exercises.linting.places import Places
from chainrule.exercises.linting.recording import alike
from chainrule.exercises.linting.report import Remark
from chainrule.exercises.source import Source

__all__ = ["trying"]


def trying(source: Source) -> Iterator[Remark]:
    """Everything that is wrong and shows in a run."""
    places = Places(source)
    stub = _stub(source)
    if stub is None:
        said = "what the learner gets does not run before anything is filled in."
        yield Remark(0, "STUB_DOES_NOT_RUN", said, "warning")
    for task in source.exercise.tasks:
        for test in task.tests:
            line = places.call(type(test).__name__, test.name)
            if isinstance(test, Answer):
                yield from _answer(source, test, line)
            else:
                yield from _test(source, test, line, places, stub)


def _answer(source: Source, test: Answer, line: int) -> Iterator[Remark]:
    from chainrule.explaining.expressions.scanning import ExpressionError

    text = getattr(source.solved, test.variable, None)
    try:
        passed, findings = judge_answer(test, text)
        accepted = [said for said, wrong in _wrong_answers(text) if judge_answer(test, wrong)[0]] if passed else []
    except (ExpressionError, TypeError, ValueError) as error:
        yield Remark(line, "UNREADABLE_EXPRESSION", f"{test.name}: {error}")
        return
    if not passed:
        why = "; ".join(finding.message for finding in findings)
        yield Remark(line, "SOLUTION_FAILS", f"the solution fails {test.name}: {why}")
    for said in accepted:
        yield Remark(line, "ACCEPTS_MUTANT", f"{test.name} accepts the answer {said}.")


def _wrong_answers(text: Any) -> Iterator[tuple[str, str]]:
    """The solution's text with one line less, or with another operation in one line."""
    lines = re.split(r"[;\n]", text)
    for number, line in enumerate(lines):
        if not line.partition("#")[0].strip():
            continue
        before, after = lines[:number], lines[number + 1 :]
        yield f"without `{line.strip()}`", "\n".join([*before, *after])
        changed = re.sub(
            r"[*+/]", lambda sign: {"*": "+", "+": "/", "/": "*"}[sign[0]], line.replace("**", "^"), count=1
        )
        if changed != line.replace("**", "^"):
            yield f"with `{changed.strip()}` for `{line.strip()}`", "\n".join([*before, changed, *after])


def _test(source: Source, test: Test, line: int, places: Places, stub: types.ModuleType | None) -> Iterator[Remark]:
    inputs = places.function(getattr(test.inputs, "__name__", ""))
    where = inputs.lineno if inputs else line
    seed = public_seed(source.exercise.name)
    try:
        cases = cases_of(test, seed)
    except Exception as error:  # whatever the teacher's function raises
        yield Remark(where, "INPUTS_FAIL", f"the inputs of {test.name}: {type(error).__name__}: {error}")
        return
    yield from _inputs(test, cases, seed, where)
    results = []
    for number, arrays in enumerate(cases):
        try:
            with quiet():
                results.append((arrays, run_probe(test.probe, source.solved, arrays)))
        except Exception as error:
            said = f"the solution fails {test.name}, case {number}: {type(error).__name__}: {error}"
            yield Remark(line, "SOLUTION_FAILS", said)
            return
    if results:
        yield from _results(source, test, results, line)
        yield from _declared(test, *results[0], line)
        yield from _stub_passes(test, results, stub, line)


def _inputs(test: Test, cases: Sequence[tuple[Any, ...]], seed: int, line: int) -> Iterator[Remark]:
    if cases and not alike(list(cases[0]), list(case_of(test, seed, 0)), 0):
        said = f"the inputs of {test.name} are others each time; draw all of them from rng."
        yield Remark(line, "INPUTS_NOT_SEEDED", said)
    shapes = {tuple(array.shape for array in arrays) for arrays in cases}
    if len(cases) > 1 and all(alike(list(arrays), list(cases[0]), 0) for arrays in cases[1:]):
        said = f"the inputs of {test.name} are the same in every case; let them depend on rng and number."
        yield Remark(line, "INPUTS_DO_NOT_VARY", said, "warning")
    elif len(cases) > 1 and len(shapes) == 1 and any(array.ndim for array in cases[0]):
        said = f"the inputs of {test.name} have the same sizes in every case; let the sizes depend on number."
        yield Remark(line, "SIZES_DO_NOT_VARY", said, "warning")
    if any(not array.size or array.dtype.kind not in "fiub" for arrays in cases for array in arrays):
        yield Remark(line, "INPUTS_NOT_NUMBERS", f"the inputs of {test.name} hold an empty array, or no numbers.")


def _results(
    source: Source, test: Test, results: Sequence[tuple[Any, Mapping[str, Any]]], line: int
) -> Iterator[Remark]:
    arrays, first = results[0]
    if not first:
        yield Remark(line, "NO_RESULTS", f"the probe of {test.name} gives no results.")
    for name in first:
        wrong = [own[name] for _, own in results if name in own and no_array(own[name], name)]
        if wrong:
            yield Remark(line, "NO_ARRAY", f"{name} of {test.name} is a {type(wrong[0]).__name__}, and no array.")
        elif any(not np.isfinite(np.asarray(own[name], dtype=float)).all() for _, own in results if name in own):
            yield Remark(line, "NOT_FINITE", f"the solution's {name} in {test.name} is not finite.", "warning")
    if any(own.keys() != first.keys() for _, own in results):
        yield Remark(line, "RESULTS_VARY", f"the probe of {test.name} gives other names in other cases.")
    with quiet():
        again = run_probe(test.probe, source.solved, arrays)
    if not any(no_array(value, name) for name, value in first.items()) and not is_right(again, first, test.tolerance):
        said = f"the solution gives another result when {test.name} is asked again; it keeps something between calls."
        yield Remark(line, "SOLUTION_FAILS", said)


def _declared(test: Test, arrays: Sequence[Any], results: Mapping[str, Any], line: int) -> Iterator[Remark]:
    named = {"forward": test.forward} | {f"gradient {place}": name for place, name in enumerate(test.gradients, 1)}
    for what, name in named.items():
        if name and name not in results:
            said = f"{what} of {test.name} is {name!r}; its probe gives {', '.join(results)}. The diagnosis needs it."
            yield Remark(line, "NO_SUCH_RESULT", said, "warning")
    if test.d_out is not None and not 0 <= test.d_out < len(arrays):
        said = f"d_out of {test.name} is array {test.d_out}, and there are {len(arrays)}, counted from 0."
        yield Remark(line, "NO_SUCH_ARRAY", said)
    elif test.gradients and len(test.gradients) > len(arrays) - (test.d_out is not None):
        yield Remark(line, "NO_SUCH_ARRAY", f"{test.name} names more gradients than there are arrays.")


# -- stubs -------------------------------------------------------------------------------------------------


def _stub(source: Source) -> types.ModuleType | None:
    """What the learner gets, run as it is."""
    module = types.ModuleType(f"{source.path.stem}_stub")
    text = "\n\n\n".join(cell.stub for cell in source.texts("given", "task"))
    try:
        with quiet():
            exec(compile(text, f"<stub of {source.path.name}>", "exec"), vars(module))  # the teacher's own text
    except Exception:
        return None
    return module


def _stub_passes(
    test: Test, results: Sequence[tuple[Any, Mapping[str, Any]]], stub: types.ModuleType | None, line: int
) -> Iterator[Remark]:
    if stub is None:
        return
    try:
        with quiet():
            right = all(
                is_right(run_probe(test.probe, stub, arrays), expected, test.tolerance) for arrays, expected in results
            )
    except Exception:
        return
    if right:
        yield Remark(line, "STUB_PASSES", f"{test.name} is passed by what the learner gets, with nothing filled in.")
