"""One mutant before an exercise's tests: is it caught, the same as the solution, or accepted although it is wrong?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np

from chainrule.checking.running import quiet
from chainrule.exercises.comparing import case_of, cases_of, is_right, public_seed, run_probe
from chainrule.exercises.exercise import Test
from chainrule.exercises.linting.mutants import code_of, module_of, mutants_of, statements_of
from chainrule.exercises.linting.recording import (
    Lines,
    Record,
    alike,
    recorded,
    task_names,
    whole_statements,
    without_ones,
)
from chainrule.exercises.linting.values import KINDS, SERIOUS, changed
from chainrule.exercises.source import Source

__all__ = ["Trial", "Verdict"]

OTHER_SEEDS = range(1, 5)
DEAR = 2000.0  # lines, each counted more where arrays are large
DRAWS = 3  # for each kind of values


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant.

    Args:
        outcome: ``"caught"``, ``"equivalent"``, ``"unreached"``: no test runs its line, ``"accepted"``: it is wrong and
            passes, ``"noted"``: it passes and differs on unusual values only, ``"missed"``: by the one test asked.
        by: the tests that caught it.
        how: for what it differs.
    """

    outcome: str
    by: tuple[str, ...] = ()
    how: str = ""


@dataclass(frozen=True, eq=False)
class Question:
    """A test with arrays and what the solution makes of them."""

    test: Test
    arrays: tuple[Any, ...]
    results: dict[str, Any]
    record: Record
    kind: str = ""


class Trial:
    """The tests of one source; made once, asked about every mutant."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.statements = statements_of(source)
        self.code = code_of(source, self.statements)
        self.mutants = mutants_of(source)
        self._others: dict[str, list[Question]] = {}
        self.tests = [test for task in source.exercise.tasks for test in task.tests if isinstance(test, Test)]

    @cached_property
    def names(self) -> list[str]:
        """The functions and classes of the tasks."""
        return task_names(self.source)

    @cached_property
    def questions(self) -> list[Question]:
        """The public cases of all tests. A test that the solution itself does not survive asks nothing."""
        seed = public_seed(self.source.exercise.name)
        drawn = [(test, arrays) for test in self.tests for arrays in cases_of(test, seed)]
        return [question for test, arrays in drawn if (question := self._question(test, arrays)) is not None]

    def others(self, name: str) -> list[Question]:
        """Cases of a test that tell apart what is not the same: other seeds, then other values."""
        if name not in self._others:
            test = next(test for test in self.tests if test.name == name)
            asked = (self._question(test, arrays, kind) for arrays, kind in self._other_cases(test))
            self._others[name] = [question for question in asked if question is not None]
        return self._others[name]

    def _other_cases(self, test: Test) -> Iterator[tuple[tuple[Any, ...], str]]:
        """Of a dear test a few."""
        is_dear = self.is_dear(test.name)
        for seed in OTHER_SEEDS[:1] if is_dear else OTHER_SEEDS:
            yield from ((case_of(test, seed, number), "") for number in range(test.cases))
        rng = np.random.default_rng(0)
        for kind in SERIOUS[:1] if is_dear else KINDS:
            for number in range(1 if is_dear else DRAWS):
                arrays = case_of(test, 0, number % max(test.cases, 1))
                yield changed(kind, rng, arrays, test.d_out), kind

    @cached_property
    def reached(self) -> dict[str, set[int]]:
        """For each test the lines that it runs; under an empty name those that run before all tests."""
        return {name: lines for name, (lines, _) in self._watched.items()}

    @cached_property
    def order(self) -> list[str]:
        """The tests' names, the cheap ones first; see `is_dear`."""
        return sorted((test.name for test in self.tests), key=self.is_dear)

    def is_dear(self, name: str) -> bool:
        """Whether a test takes long: it trains. Counted in lines and entries, so that it is the same in every run."""
        return self._watched.get(name, (set(), 0.0))[1] > DEAR

    @cached_property
    def _watched(self) -> dict[str, tuple[set[int], float]]:
        watched: dict[str, tuple[set[int], float]] = {}
        with quiet():
            with Lines(str(self.source.path)) as lines:
                module_of(self.source, self.code)
            watched[""] = whole_statements(lines.seen, self.statements), 0.0
            for question in self.questions:
                module = module_of(self.source, self.code)
                with Lines(str(self.source.path)) as lines:
                    run_probe(question.test.probe, module, question.arrays)
                seen, cost = watched.get(question.test.name, (set(), 0.0))
                entries = sum(array.size for array in question.arrays)
                cost += lines.count * (1 + entries / 1000)
                watched[question.test.name] = seen | whole_statements(lines.seen, self.statements), cost
        return watched

    def _question(self, test: Test, arrays: tuple[Any, ...], kind: str = "") -> Question | None:
        """None where the solution has no answer, or one with nan: nobody can be asked what is not defined."""
        ran = self._run(self.code, test, arrays)
        if ran is None or any(np.isnan(np.asarray(value, dtype=float)).any() for value in ran[0].values()):
            return None
        return Question(test, arrays, *ran, kind)

    def _run(self, code: CodeType, test: Test, arrays: tuple[Any, ...]) -> tuple[dict[str, Any], Record] | None:
        """What the probe gives and what the functions gave; every run has a module of its own."""
        record: Record = []
        with quiet():
            try:
                module = module_of(self.source, code)
                recorded(module, self.names, record)
                results = run_probe(test.probe, module, arrays)
                return {name: np.array(value, dtype=float) for name, value in results.items()}, record
            except (Exception, SystemExit):
                return None

    def judge(self, number: int, only: str = "") -> Verdict:
        """What becomes of the mutant with that number.

        Args:
            number: from 0.
            only: the name of the one test that is asked; by default all, but dear ones only where no other catches it.
        """
        mutant = self.mutants[number]
        asked = [name for name in self.order if mutant.line in self.reached.get(name, ())]
        if mutant.line in self.reached[""]:
            asked = self.order
        if not asked:
            return Verdict("unreached")
        try:
            code = code_of(self.source, self.statements, mutant)
        except (SyntaxError, ValueError):
            return Verdict("caught")
        caught: list[str] = []
        for name in [only] if only else asked:
            if not (caught and self.is_dear(name)) and self._catches(code, name):
                caught.append(name)
        if caught or only:
            return Verdict("caught" if caught else "missed", tuple(caught))
        return self._compared(code, asked)

    def _catches(self, code: CodeType, name: str) -> bool:
        """Whether a test fails."""
        for question in self.questions:
            if question.test.name == name:
                ran = self._run(code, question.test, question.arrays)
                if ran is None or not is_right(ran[0], question.results, question.test.tolerance):
                    return True
        return False

    def _compared(self, code: CodeType, names: Sequence[str]) -> Verdict:
        """A mutant that passed: whether anything tells it from the solution."""
        noted = ""
        own = [question for question in self.questions if question.test.name in names]
        for question in itertools.chain(own, *map(self.others, names)):
            ran = self._run(code, question.test, question.arrays)
            tolerance, name = question.test.tolerance, question.test.name
            if ran is None or not alike(ran[0], question.results, tolerance):
                if not question.kind:
                    return Verdict("accepted", how=f"{name} catches it with other random numbers only")
                how = f"the inputs of {name} do not tell them apart; {question.kind} would"
            elif question.kind in ("", *SERIOUS) and not alike(ran[1], question.record, tolerance):
                how = f"{name} does not look at {_first_difference(ran[1], question.record, tolerance)}"
                if alike(without_ones(ran[1]), without_ones(question.record), tolerance):
                    noted = noted or how.replace(" at ", " at the shape of ", 1)
                    continue
            else:
                continue
            if question.kind in ("", *SERIOUS):
                return Verdict("accepted", how=how)
            noted = noted or how
        return Verdict("noted", how=noted) if noted else Verdict("equivalent")


def _first_difference(record: Record, expected: Record, tolerance: float) -> str:
    for own, right in zip(record, expected, strict=False):
        if own[0] != right[0]:
            break
        for place, (one, other) in enumerate(zip(own[1], right[1], strict=False), 1):
            if not alike(one, other, tolerance):
                return f"result {place} of {right[0]}" if len(right[1]) > 1 else f"what {right[0]} gives"
        if len(own[1]) != len(right[1]):
            return f"what {right[0]} gives"
    return "which functions are called"
