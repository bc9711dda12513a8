"""The public tests of an exercise that is not installed with chainrule: questions and right answers, no solution.

Learners have our own exercises on their machines, solutions and all. Of a teacher's own they get this file: the public
cases' arrays and what the solution gave for them, so that the same tests run, and say the same, without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from chainrule.exercises.building.cells import public_tasks
from chainrule.exercises.comparing import cases_of, expected_of, public_seed
from chainrule.exercises.exercise import Answer, Exercise, Task, Test
from chainrule.exercises.source import Cell, Source, SourceError

__all__ = ["RecordedSource", "public_tests", "recorded_text"]

Array = npt.NDArray[Any]
FORMAT = 1
PLAIN = ("name", "like", "reduction", "forward", "gradients", "d_out", "tolerance")


def recorded_text(source: Source) -> str:
    """The file's text, JSON.

    Raises:
        SourceError: the solution fails, or gives something that is no array of numbers.
    """
    exercise = source.exercise
    record = {
        "chainrule public tests": FORMAT,
        "name": exercise.name,
        "title": exercise.title,
        "version": exercise.version,
        "given": source.support_text,
        "tasks": [_task(source, task) for task in public_tasks(source)],
    }
    return json.dumps(record, indent=1) + "\n"


def _task(source: Source, task: Task) -> dict[str, Any]:
    plain = {name: getattr(task, name) for name in ("name", "points", "title", "names", "congratulation")}
    return plain | {"tests": [_test(source, test) for test in task.tests]}


def _test(source: Source, test: Test | Answer) -> dict[str, Any]:
    if isinstance(test, Answer):
        return asdict(test)
    cases = []
    for arrays in cases_of(test, public_seed(source.exercise.name)):
        try:
            expected = expected_of(source, test, arrays)
        except Exception as error:  # the teacher's own code may raise anything
            message = f"{source.path.name}: {test.name} fails for the solution: {type(error).__name__}: {error}"
            raise SourceError(message) from error
        named = {name: _written(array, test.name, source) for name, array in expected.items()}
        cases.append({"arrays": [_written(array, test.name, source) for array in arrays], "expected": named})
    probe = {"probe": source.probe_text(test.probe), "function": test.probe.__name__}
    return {name: getattr(test, name) for name in PLAIN} | probe | {"cases": cases}


def _written(array: Array, test: str, source: Source) -> dict[str, Any]:
    if array.dtype.kind not in "biuf":
        raise SourceError(f"{source.path.name}: {test} has an array of {array.dtype}; expected numbers")
    return {"dtype": array.dtype.str, "shape": array.shape, "values": array.ravel().tolist()}


# -- reading -------------------------------------------------------------------------------------------------


def public_tests(path: str | Path) -> Source:
    """The exercise in such a file, for `tests_of` and `run_tests`.

    Raises:
        FileNotFoundError: there is no such file.
        SourceError: it holds no public tests.
    """
    place = Path(path)
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        if record["chainrule public tests"] != FORMAT:
            raise SourceError(f"{place.name} is of another version of chainrule; expected format {FORMAT}")
        source = RecordedSource(place.absolute(), (Cell("given", str(record["given"]), 1),), record)
        assert source.exercise
    except FileNotFoundError as error:
        raise FileNotFoundError(f"there is no file {path}; it came with the exercise and belongs beside it") from error
    except SourceError:
        raise
    except (ValueError, KeyError, TypeError, SyntaxError) as error:
        raise SourceError(f"{place.name} holds no public tests ({error}). Get it again from your teacher.") from error
    return source


@dataclass(frozen=True)
class RecordedSource(Source):
    """A source whose solution is known only by its answers to the public cases.

    Args:
        record: of the file.
    """

    record: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def exercise(self) -> Exercise:
        """With the public tests."""
        record = self.record
        tasks = tuple(_read_task(task) for task in record["tasks"])
        return Exercise(record["name"], record["title"], tasks, record["version"])

    @cached_property
    def solved(self) -> ModuleType:
        """What a probe is given where it would be given the solution."""
        return _Recording("recorded")


class _Recording(ModuleType):
    """Stands for the solution: a recorded probe that meets it gives what was recorded."""


def _read_task(task: Mapping[str, Any]) -> Task:
    tests = tuple(_read_test(test) for test in task["tests"])
    return Task(task["name"], task["points"], tests, task["title"], tuple(task["names"]), task["congratulation"])


def _read_test(test: Mapping[str, Any]) -> Test | Answer:
    if "expression" in test:
        return Answer(**test)
    plain = {name: test[name] for name in PLAIN} | {"gradients": tuple(test["gradients"])}
    cases = [tuple(map(_read_array, case["arrays"])) for case in test["cases"]]
    answers = [{name: _read_array(one) for name, one in case["expected"].items()} for case in test["cases"]]
    probe = _recorded_probe(test["probe"], test["function"], cases, answers)
    return Test(**plain, probe=probe, inputs=lambda rng, number: cases[number], cases=len(cases))


def _read_array(written: Mapping[str, Any]) -> Array:
    return np.array(written["values"], dtype=written["dtype"]).reshape(written["shape"])


def _recorded_probe(
    text: str, name: str, cases: Sequence[tuple[Array, ...]], answers: Sequence[Mapping[str, Array]]
) -> Callable[..., Mapping[str, Any]]:
    space: dict[str, Any] = {"np": np, "numpy": np}
    exec(compile(text, "<probe>", "exec"), space)  # the teacher's own, as the stubs beside it are
    asked = cast("Callable[..., Mapping[str, Any]]", space[name])

    def probe(work: Any, *arrays: Array) -> Mapping[str, Any]:
        if not isinstance(work, _Recording):
            return asked(work, *arrays)
        same = (all(map(_is_same, arrays, case)) for case in cases)
        return next(answer for answer, is_it in zip(answers, same, strict=True) if is_it)

    probe.__name__ = name
    return probe


def _is_same(one: Array, other: Array) -> bool:
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
