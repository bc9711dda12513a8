"""An exercise's source, solved rightly or with a mistake, asked all its tests. Shared by the tests of our sources."""

import ast
import types
from pathlib import Path

import numpy as np

import chainrule.exercises
from chainrule.checking.answers import Answered, diagnose_answers
from chainrule.exercises import Test
from chainrule.exercises.source import read_source

SOURCES = Path(chainrule.exercises.__file__).parent / "sources"
SEED = 5


def source_of(stem):
    """Read one of our sources."""
    return read_source(SOURCES / f"{stem}.py")


def array_tests_of(source):
    """Its tests of arrays by name."""
    tests = [test for task in source.exercise.tasks for test in task.tests if isinstance(test, Test)]
    return {test.name: test for test in tests}


def cases_of(test):
    """Arrays for its cases."""
    return [test.inputs(np.random.default_rng([SEED, number]), number) for number in range(test.cases)]


def work_of(text):
    """The names that a learner's text defines."""
    work = types.ModuleType("work")
    exec(compile(text, "work.py", "exec"), vars(work))
    return work


def mistaken(source, right, wrong):
    """The solution with one mistake."""
    assert source.solution_text.count(right) == 1, right
    return work_of(source.solution_text.replace(right, wrong))


def probed(test, work, arrays):
    """What the probe gives for copies of the arrays, as arrays."""
    return {name: np.asarray(value) for name, value in test.probe(work, *(one.copy() for one in arrays)).items()}


def findings(source, name, work):
    """The diagnosis of a test by name."""
    test = array_tests_of(source)[name]
    answers = []
    for arrays in cases_of(test):
        given = tuple(one for place, one in enumerate(arrays) if place != test.d_out)
        d_out = None if test.d_out is None else arrays[test.d_out]
        with np.errstate(all="ignore"):
            answers.append(Answered(given, d_out, probed(test, work, arrays), probed(test, source.solved, arrays)))
    return diagnose_answers(
        answers,
        like=test.like,
        reduction=test.reduction,
        forward=test.forward,
        gradients=test.gradients,
        tolerance=test.tolerance,
    )


def names_from_outside(probe_text):
    """What a probe uses that neither it, nor Python, nor NumPy defines."""
    import builtins

    tree = ast.parse(probe_text)
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    stored |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    stored |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert ["numpy"] == [one.name for one in node.names]
            stored |= {one.asname or one.name for one in node.names}
        assert not isinstance(node, ast.ImportFrom)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return used - stored - set(dir(builtins))


def central_difference(function, array, step=1e-6):
    """The slopes of a function that gives one number, entry by entry."""
    slopes = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        move = np.zeros(array.shape)
        move[place] = step
        slopes[place] = (function(array + move) - function(array - move)) / (2 * step)
    return slopes


def learners_text(source):
    """What a learner starts from: all that is given, and the stubs."""
    return "\n\n\n".join(cell.stub for cell in source.texts("given", "task"))


def solution_lines(source):
    """The lines of all solutions, without their indentation; short ones may stand elsewhere as well."""
    lines = []
    for cell in source.texts("task"):
        inside = False
        for line in cell.text.splitlines():
            if line.strip() in ("# BEGIN SOLUTION", "# END SOLUTION"):
                inside = "BEGIN" in line
            elif inside and line.strip():
                lines.append(line.strip())
    return lines
