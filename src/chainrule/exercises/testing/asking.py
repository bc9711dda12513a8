"""One test asked of a learner's work, in the learner's own process."""

from __future__ import annotations

import ast
import linecache
import sysconfig
import traceback
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from chainrule.checking.finding import Finding
from chainrule.checking.loading.execution import Printed, described, statement_names
from chainrule.checking.raising import raised
from chainrule.checking.running import quiet
from chainrule.exercises.comparing import (
    answered,
    cases_of,
    expected_of,
    judge_answer,
    judge_test,
    public_seed,
    run_probe,
)
from chainrule.exercises.exercise import Answer, Task, Test
from chainrule.exercises.source import Source
from chainrule.exercises.testing.report import TestResult

__all__ = ["Work", "ask"]

NOT_YET = "not implemented yet"


class MissingName(AttributeError):
    """A probe asked for a name that the work does not define."""


class Work:
    """A learner's names as attributes; what the exercise gives stands in where the learner has deleted it."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_names"][name]
        except KeyError:
            raise MissingName(f"there is no {name}", name=name) from None

    @staticmethod
    def of(names: Mapping[str, Any], source: Source) -> Work:
        """The work in a namespace, for an exercise."""
        if _given_names(source) <= set(names):
            return Work(names)
        # Given functions may call the learner's, so they share their names.
        module = ModuleType(f"{source.path.stem}_given")
        with quiet():
            exec(compile(source.support_text, str(source.path), "exec"), vars(module))  # the teacher's own
        vars(module).update(names)
        return Work(vars(module))


def _given_names(source: Source) -> set[str]:
    return {name for statement in ast.parse(source.support_text).body for name in statement_names(statement)}


def ask(source: Source, task: Task, test: Test | Answer, work: Work, missing: Mapping[str, str]) -> TestResult:
    """Ask one test with the public cases.

    Args:
        source: of the exercise.
        task: that the test belongs to.
        test: to be asked.
        work: the learner's.
        missing: why names are not there, where that is known: a cell that does not parse.
    """
    if isinstance(test, Answer):
        return _ask_text(test, work, missing)
    answers, printed = [], Printed()
    for arrays in cases_of(test, public_seed(source.exercise.name)):
        right = expected_of(source, test, arrays)
        try:
            with (
                redirect_stdout(printed),
                redirect_stderr(printed),
                np.errstate(all="ignore"),
                warnings.catch_warnings(action="ignore"),
            ):
                results = _plain(run_probe(test.probe, work, arrays))
        except KeyboardInterrupt as error:
            return TestResult(test.name, "interrupted", said=_interrupted(error, source), printed=printed.getvalue())
        except (Exception, SystemExit) as error:
            return _stopped(error, source, task, test, missing, printed.getvalue())
        answers.append(answered(test, arrays, results, right))
    passed, findings = judge_test(test, answers)
    return TestResult(
        test.name, "passed" if passed else "failed", findings, printed="" if passed else printed.getvalue()
    )


def _plain(results: Mapping[str, Any]) -> dict[str, Any]:
    """The results as they are now; the work may write into its arrays again in the next case."""
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in results.items()}


def _ask_text(test: Answer, work: Work, missing: Mapping[str, str]) -> TestResult:
    text = getattr(work, test.variable, None)
    if text is None or (isinstance(text, str) and not text.strip()):
        said = missing.get(test.variable, NOT_YET)
        return TestResult(test.name, "not implemented", said=said)
    if not isinstance(text, str):
        said = f"{test.variable} is a {type(text).__name__}; expected a text with one operation a line"
        return TestResult(test.name, "failed", said=said)
    passed, findings = judge_answer(test, text)
    if [finding.code for finding in findings] == ["NOT_IMPLEMENTED"]:
        return TestResult(test.name, "not implemented", said=NOT_YET)
    return TestResult(test.name, "passed" if passed else "failed", findings)


# -- what stopped it -----------------------------------------------------------------------------------------


def _stopped(
    error: BaseException, source: Source, task: Task, test: Test, missing: Mapping[str, str], printed: str
) -> TestResult:
    """A test whose work raised an error: what it says, and the learner's own line."""
    if isinstance(error, NotImplementedError):
        return TestResult(test.name, "not implemented", said=NOT_YET)
    if isinstance(error, MissingName) and error.name:
        known = missing.get(error.name)
        said = f"{NOT_YET}: there is no {error.name}" + (f" ({known.rstrip('.')})" if known else " in your work")
        return TestResult(test.name, "not implemented", said=said)
    if isinstance(error, SystemExit):
        what = f"ends the program, exit({'' if error.code is None else described(error.code)})"
        return TestResult(test.name, "failed", said=f"your work {what}{_at(error, source)}", printed=printed)
    return TestResult(test.name, "failed", (_finding(error, source, task, test),), printed=printed)


def _finding(error: BaseException, source: Source, task: Task, test: Test) -> Finding:
    frame = _innermost(error.__traceback__, source)
    if frame is not None:
        part = frame.tb_frame.f_code.co_qualname
        return raised(error, part, _arrays_of(frame), {})
    kind = f"{type(error).__name__}: {described(error)}".rstrip(": ")
    line = _probe_line(error, source)
    at = f" where the test runs `{line}`" if line else ""
    names = " and ".join(task.names) or "the functions"
    hint = f"Compare what {names} should return with what yours returns."
    message = f"{test.name} cannot use what your work returned: {kind}{at}."
    return Finding("RAISED", message, part=task.name, hint=hint)


def _arrays_of(trace: TracebackType) -> dict[str, Any]:
    """The arrays among the arguments of the learner's function, as they are now."""
    code, values = trace.tb_frame.f_code, trace.tb_frame.f_locals
    names = code.co_varnames[: code.co_argcount]
    return {name: values[name] for name in names if isinstance(values.get(name), np.ndarray)}


def _innermost(trace: TracebackType | None, source: Source) -> TracebackType | None:
    """The learner's innermost frame: of a file that is neither a library's nor the exercise's."""
    own = None
    while trace is not None:
        if _is_learners(trace.tb_frame.f_code.co_filename, source):
            own = trace
        trace = trace.tb_next
    return own


def _is_learners(name: str, source: Source) -> bool:
    folders = (str(Path(__file__).parents[2]), *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")))
    return name != str(source.path) and not name.startswith(("<frozen", "<__array_function__", "<probe", *folders))


def _probe_line(error: BaseException, source: Source) -> str:
    """The line of the probe that failed. The probe is no secret; the solution, in the same file, is."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == str(source.path) and frame.lineno:
            return linecache.getline(frame.filename, frame.lineno).strip()
    return ""


def _at(error: BaseException, source: Source) -> str:
    trace = _innermost(error.__traceback__, source)
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    text = linecache.getline(code.co_filename, trace.tb_lineno).strip()[:100]
    return f" in {code.co_qualname}, line {trace.tb_lineno}" + (f": `{text}`" if text else "")


def _interrupted(error: BaseException, source: Source) -> str:
    return f"interrupted{_at(error, source)}"
