"""`run_tests`: all tests of an exercise asked of a learner's file; `tests_of`: the same inside a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.exercises.exercise import Task
from chainrule.exercises.shelf import find
from chainrule.exercises.source import Source
from chainrule.exercises.testing.asking import Work, ask
from chainrule.exercises.testing.known import exercise_of
from chainrule.exercises.testing.loading import is_loading, learners_file, load_work
from chainrule.exercises.testing.report import Counts, TaskReport, TestReport, TestResult, note_lines

__all__ = ["run_tests", "tests_of"]

Show = Callable[[str], None]


def run_tests(
    path: Path | str, source: Source | None = None, tasks: Sequence[str] = (), show: Show | None = None
) -> TestReport:
    """Ask the exercise's tests of a learner's file, with public cases that are the same every time.

    Args:
        path: a ``.py`` file, a notebook, or a folder with one.
        source: of the exercise, or its public tests; by default what the file says, or what its names fit.
        tasks: names of the tasks to test; by default all.
        show: is called with each line as soon as it is known.

    Raises:
        NotCheckable: the file cannot be loaded; its finding says why.
        NoExercise: nobody can tell which exercise it is.
        KeyError: there is no such task.
    """
    file, chosen = learners_file(Path(path))
    loaded = load_work(file)
    source = source or exercise_of(file, loaded.names)
    notes = tuple(filter(None, [chosen, *_relevant(loaded.skipped, loaded.missing, source)]))
    return _run(source, loaded.names, tasks, loaded.missing, notes, show or _nowhere)


def tests_of(name: str | Source, namespace: Mapping[str, Any]) -> Callable[..., Counts]:
    """The function that a notebook's or script's test cells call.

    >>> test = tests_of("affine", globals())  # doctest: +SKIP
    >>> test("affine")  # doctest: +SKIP
    AffineTest passed.
    Congratulations you have passed all the unit tests!!! Tests passed: 1/1
    (0, 1)

    Args:
        name: of the exercise; or its source, or its public tests.
        namespace: where the work is; it is looked at whenever a test is called.

    Returns:
        ``test(*tasks)``: prints as the course does and gives ``(failed, total)``; without tasks it runs all, and
        prints the score.
    """
    source: Source = find(name) if isinstance(name, str) else name

    def test(*tasks: str) -> Counts:
        if is_loading():
            return Counts((0, 0))
        report = _run(source, namespace, tasks, {}, (), print, shows_counts=not _is_shown_by_itself(), score=not tasks)
        return Counts.of(report)

    test.__test__ = False  # type: ignore[attr-defined]
    return test


# pytest would collect what begins like this.
tests_of.__test__ = False  # type: ignore[attr-defined]


def _is_shown_by_itself() -> bool:
    """Whether a cell shows what its last line gives."""
    import sys

    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def _nowhere(line: str) -> None:
    """Shows nothing."""


def _relevant(skipped: Sequence[str], missing: Mapping[str, str], source: Source) -> Iterator[str]:
    """What of the file could not be run and is about this exercise."""
    wanted = {name for task in source.exercise.tasks for name in task.names}
    told = [missing[name] for name in sorted(wanted & set(missing))]
    yield from dict.fromkeys(one for one in skipped if one in told or "SyntaxError" in one or "does not parse" in one)


def _run(
    source: Source,
    names: Mapping[str, Any],
    wanted: Sequence[str],
    missing: Mapping[str, str],
    notes: tuple[str, ...],
    show: Show,
    *,
    shows_counts: bool = True,
    score: bool = True,
) -> TestReport:
    exercise = source.exercise
    tasks = _chosen(source, wanted)
    for line in note_lines(notes):
        show(line)
    work = Work.of(names, source)
    done: list[TaskReport] = []
    interrupted = False
    with _own_graph():
        for task in tasks:
            if done:
                show("")
            report = _task(source, task, work, missing, show, stopped=interrupted)
            for line in list(report.conclusion())[: 2 if shows_counts else 1]:
                show(line)
            interrupted = interrupted or any(test.verdict == "interrupted" for test in report.tests)
            done.append(report)
    report_of_all = TestReport(exercise.name, exercise.title, tuple(done), notes, interrupted)
    for line in report_of_all.conclusion() if score else ():
        show(line)
    return report_of_all


def _task(
    source: Source, task: Task, work: Work, missing: Mapping[str, str], show: Show, *, stopped: bool
) -> TaskReport:
    results: list[TestResult] = []
    for test in task.tests:
        if stopped:
            result = TestResult(test.name, "not run", said="not run")
        else:
            result = ask(source, task, test, work, missing)
            stopped = result.verdict == "interrupted"
        for line in result.lines():
            show(line)
        results.append(result)
    return TaskReport(task.name, task.title, tuple(results), task.congratulation)


def _chosen(source: Source, wanted: Sequence[str]) -> list[Task]:
    known = {task.name: task for task in source.exercise.tasks}
    for name in wanted:
        if name not in known:
            raise KeyError(f"{source.exercise.name} has no task {name!r}; it has {', '.join(known)}")
    return [known[name] for name in wanted] if wanted else list(known.values())


@contextmanager
def _own_graph() -> Iterator[None]:
    """Nodes that a test builds do not join the learner's graph."""
    import sys

    graph = sys.modules.get("chainrule.courses.edf.graph")
    if graph is None:
        yield
        return
    with graph.Graph():
        yield
