"""The exam of an exercise: each fault is found, with its line, and a sound exercise has none."""

import pytest
from affine_source import TEXT, affine_source, changed

from chainrule.exercises.linting import lint, lint_program
from chainrule.exercises.linting.mutants import mutants_of
from chainrule.exercises.shelf import available, find


def line_of(text, part):
    """The number of the first line with that part."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.fixture
def lint_of(tmp_path):
    def run(*changes, **options):
        return lint(affine_source(tmp_path, *changes), workers=1, **options)

    return run


def remarks(report):
    """Codes and lines of what is wrong."""
    return {(remark.code, remark.line) for remark in report.remarks if remark.severity != "note"}


def test_a_sound_exercise_has_no_errors_or_warnings(lint_of):
    report = lint_of()

    assert set() == remarks(report)
    assert report.passed
    assert report.mutants == report.caught + report.equivalent + len(report.accepted)
    assert report.caught > 40
    assert dict(report.catches).keys() == {"AffineForwardTest", "AffineBackwardTest", "ReluTest"}
    assert str(report).startswith("affine.py: sound\n")


# -- what a test would accept -------------------------------------------------------------------------------


def test_a_result_that_no_test_looks_at_is_told_with_the_line(lint_of):
    blind = ('"dw": dw, "db": db}', '"dw": dw}'), ('("dx", "dw", "db")', '("dx", "dw", "")')
    report = lint_of(*blind)
    line = line_of(changed(TEXT, *blind), "return dout @ w.T")

    assert not report.passed
    assert {line} == {remark.line for remark in report.accepted}
    assert any("`dout.sum(axis=0)` -> `dout.mean(axis=0)`" in remark.message for remark in report.accepted)
    assert all("does not look at result 3 of affine_backward" in remark.message for remark in report.accepted)


def test_inputs_that_are_all_positive_let_relu_be_left_out(lint_of):
    report = lint_of((DRAW, "return (rng.random((4 + number, 3)) * 3,)"))

    assert ["negative entries would" in remark.message for remark in report.accepted] == [True] * len(report.accepted)
    assert any("`return np.maximum(x, 0)` -> `return x`" in remark.message for remark in report.accepted)


def test_an_incoming_gradient_of_ones_may_be_ignored(lint_of):
    ones = ("return x, w, b, rng.normal(size=(len(x), len(b)))", "return x, w, b, 0 * x @ w + 1")
    report = lint_of(ones)

    assert any("(incoming gradient ignored) passes" in remark.message for remark in report.accepted)


def test_a_line_may_be_marked_as_fine(lint_of):
    positive = (DRAW, "return (rng.random((4 + number, 3)) * 3,)")
    report = lint_of(positive, ("return np.maximum(x, 0)", "return np.maximum(x, 0)  # lint: fine"))

    assert report.passed
    assert "ACCEPTS_VARIANT" in {remark.code for remark in report.of("note")}


def test_a_line_that_no_test_runs_is_told(lint_of):
    branch = (
        "    return np.maximum(x, 0)\n",
        "    if x.ndim > 5:\n        return x - 1\n    return np.maximum(x, 0)\n",
    )
    report = lint_of(branch)

    assert ("NOT_TESTED", line_of(changed(TEXT, branch), "return x - 1")) in remarks(report)


def test_a_test_that_catches_nothing_is_told(lint_of):
    deaf = (ASK, 'return {"out": x}')
    report = lint_of(deaf)
    line = line_of(changed(TEXT, deaf), 'Test("ReluTest"')

    assert ("CATCHES_NOTHING", line) in remarks(report)
    assert ("STUB_PASSES", line) in remarks(report)


def test_a_loop_costs_its_time_and_counts_as_caught(lint_of):
    loop = (
        "    return np.maximum(x, 0)\n",
        "    n = 3\n    while n > 0:\n        n -= 1\n    return np.maximum(x, 0)\n",
    )
    report = lint_of(loop, seconds=0.5)

    assert report.slow >= 1
    assert report.mutants == report.caught + report.equivalent + len(report.accepted) + len(
        [remark for remark in report.remarks if remark.code == "ACCEPTS_VARIANT"]
    )


def test_a_mutant_that_ends_its_process_is_caught_and_the_rest_goes_on(lint_of):
    ends = (
        "    return np.maximum(x, 0)\n",
        "    import os\n    if 2 < 1:\n        os._exit(0)\n    return np.maximum(x, 0)\n",
    )
    report = lint_of(ends)

    assert {"NOT_TESTED"} == {remark.code for remark in report.of("error")}
    assert report.slow >= 1  # `2 < 1` became `2 > 1`
    assert report.caught > 40


def test_progress_counts_every_mutant(lint_of):
    seen = []
    report = lint_of(progress=lambda done, count: seen.append((done, count)))

    assert [(number, report.mutants) for number in range(1, report.mutants + 1)] == seen


def test_mutants_are_the_same_each_time(tmp_path):
    source = affine_source(tmp_path)
    texts = [(mutant.line, mutant.text) for mutant in mutants_of(source)]

    assert texts == [(mutant.line, mutant.text) for mutant in mutants_of(source)]
    assert len(texts) == len(set(texts))
    assert (line_of(TEXT, "return dout @"), "`x.T @ dout` -> `x @ dout`") in texts


def test_mutants_stay_inside_the_solution(tmp_path):
    source = affine_source(tmp_path)

    assert line_of(TEXT, "return x + 1") not in {mutant.line for mutant in mutants_of(source)}


# -- what can be read or run ---------------------------------------------------------------------------------


RELU = "    # BEGIN SOLUTION\n    return np.maximum(x, 0)\n    # END SOLUTION\n"
DRAW = "return (rng.normal(size=(4 + number, 3)),)"
ASK = 'return {"out": work.relu(x)}'
FAULTS = {
    "TASK_WITHOUT_TESTS": ([('(Test("ReluTest", relu_probe, relu_inputs),)', "()")], 'Task("relu"'),
    "NO_POINTS": ([('Task("relu", 5,', 'Task("relu", 0,')], 'Task("relu"'),
    "CELL_WITHOUT_TASK": ([("# %% task relu", "# %% task rectify")], "# %% task rectify"),
    "TASK_WITHOUT_CELL": ([("# %% task relu", "# %% task rectify")], 'Task("relu"'),
    "UNKNOWN_TASK": ([('test("relu")', 'test("rely")')], 'test("rely")'),
    "NO_PUBLIC_CELL": ([('# %% public\ntest("relu")\n', "")], "# %% task relu"),
    "SOLUTION_LACKS_NAME": ([('("relu",)', '("relu", "leaky")')], 'Task("relu"'),
    "SAME_NAME": ([('"ReluTest"', '"AffineBackwardTest"')], 'Test("AffineBackwardTest"'),
    "PROBE_IMPORTS": ([(ASK, 'import os; return {"out": work.relu(x)}')], "import os"),
    "PROBE_FOREIGN_NAME": (
        [(ASK, 'return {"out": work.relu(x + 0 * len(SIZES))}'), ("EXERCISE =", "SIZES = [1]\nEXERCISE =")],
        "len(SIZES)",
    ),
    "PROBE_NOT_FOUND": (
        [('"ReluTest", relu_probe', '"ReluTest", lambda work, x: {"out": work.relu(x)}')],
        '"ReluTest"',
    ),
    "UNKNOWN_OP": ([('like="affine", forward="out"),', 'like="afine", forward="out"),')], '"AffineForwardTest"'),
    "NO_CASES": ([("relu_probe, relu_inputs)", "relu_probe, relu_inputs, cases=0)")], '"ReluTest"'),
    "LOOSE_TOLERANCE": ([("relu_probe, relu_inputs)", "relu_probe, relu_inputs, tolerance=0.1)")], '"ReluTest"'),
    "INPUTS_FAIL": ([(DRAW, "return rng.normal(size=3)")], "def relu_inputs"),
    "SIZES_DO_NOT_VARY": ([("(4 + number, 3)", "(4, 3)")], "def relu_inputs"),
    "INPUTS_DO_NOT_VARY": ([(DRAW, "import numpy; return (numpy.arange(-2.0, 2.5),)")], "def relu_inputs"),
    "INPUTS_NOT_SEEDED": ([(DRAW, "import random; return ([random.random() - .5, number],)")], "def relu_inputs"),
    "SOLUTION_FAILS": ([("return np.maximum(x, 0)", "return np.maximum(x, 0)[:, 9]")], '"ReluTest"'),
    "NOT_FINITE": ([("return np.maximum(x, 0)", "return np.maximum(x, 0) * np.inf")], '"ReluTest"'),
    "NO_SUCH_RESULT": (
        [('like="affine", forward="out"),', 'like="affine", forward="output"),')],
        '"AffineForwardTest"',
    ),
    "NO_SUCH_ARRAY": ([("d_out=3", "d_out=4")], '"AffineBackwardTest"'),
    "GIVEN_AWAY": ([('"""Rectify."""', '"""\n    return np.maximum(x, 0)\n    """')], "return np.maximum(x, 0)"),
    "NOTHING_TO_SOLVE": (
        [(RELU, "    return np.maximum(x, 0)\n")],
        "# %% task relu",
    ),
    "STUB_PASSES": (
        [(RELU, "    return np.maximum(x, 0)\n    # BEGIN SOLUTION\n    x = 1 + 2\n    # END SOLUTION\n")],
        '"ReluTest"',
    ),
    "UNREADABLE_EXPRESSION": ([('"A = (a + b) * exp(a + b)"', '"A = (a + b"')], '"StepsTest"'),
    "DOES_NOT_RUN": ([('forward="out"),', 'forwards="out"),')], '"AffineForwardTest"'),
    "NO_EXERCISE": ([("EXERCISE = Exercise(", "EXAM = Exercise(")], ""),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_told_with_its_line(lint_of, code):
    changes, place = FAULTS[code]
    report = lint_of(*changes, mutants=False)

    assert (code, line_of(changed(TEXT, *changes), place) if place else 0) in remarks(report)


def test_a_wrong_text_of_the_solution_is_told(lint_of):
    report = lint_of(("A = t1 * t2", "A = t1 + t2"))

    assert "SOLUTION_FAILS" in {remark.code for remark in report.of("error")}


def test_a_forbidden_name_in_the_solution_is_told_by_its_whole_name(lint_of):
    report = lint_of(
        ('("answer_a",)),\n))', '("answer_a",)),\n), forbidden=("np.maximum", "jax.exp", "max"))'), mutants=False
    )

    assert ["the solution uses np.maximum, which is forbidden."] == [
        remark.message for remark in report.remarks if remark.code == "SOLUTION_FORBIDDEN"
    ]


# -- the command, and our own exercises -----------------------------------------------------------------------


def test_the_exit_status(tmp_path, capsys):
    sound = affine_source(tmp_path).path
    assert lint_program([sound]) == 0
    assert capsys.readouterr().out.startswith("affine.py: sound\n")

    assert lint_program([tmp_path / "gone.py"]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_json_is_one_document(tmp_path, capsys):
    import json

    path = affine_source(tmp_path, ('Task("relu", 5,', 'Task("relu", 0,')).path
    status = lint_program([path], json=True, mutants=False)
    (report,) = json.loads(capsys.readouterr().out)

    assert status == 1
    assert not report["passed"]
    assert "NO_POINTS" in [remark["code"] for remark in report["remarks"]]


@pytest.mark.parametrize("name", [entry.name for entry in available()])
def test_our_own_exercises_accept_nothing_wrong(name):
    report = lint(find(name))

    assert [] == [str(remark) for remark in report.of("error")]
