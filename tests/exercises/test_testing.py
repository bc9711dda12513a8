"""The learner's tests: what is printed, what passes, and what stops a run."""

import json
import warnings

import numpy as np
import pytest
from affine_source import RIGHT, affine_source, changed

from chainrule.checking.forms.implementation import NotCheckable
from chainrule.exercises.testing import NoExercise, run_tests, test_program, tests_of
from chainrule.exercises.testing.known import exercise_of

ALL_PASSED = """\
AffineForwardTest passed.
AffineBackwardTest passed.
Congratulations you have passed all the unit tests!!! Tests passed: 2/2
(0, 2)

ReluTest passed.
Method relu() correctly implemented. Tests passed: 1/1
(0, 1)

StepsTest passed.
Congratulations you have passed all the unit tests!!! Tests passed: 1/1
(0, 1)

Score: 100/100"""


@pytest.fixture
def source(tmp_path):
    return affine_source(tmp_path)


@pytest.fixture
def report_of(source, tmp_path):
    def run(text, tasks=(), name="work.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return run_tests(path, source, tasks)

    return run


def test_a_right_work_prints_what_the_course_prints(report_of):
    assert ALL_PASSED == str(report_of(RIGHT))


def test_lines_are_shown_as_they_come(source, tmp_path):
    (tmp_path / "work.py").write_text(RIGHT)
    lines = []

    report = run_tests(tmp_path / "work.py", source, show=lines.append)

    assert ALL_PASSED.splitlines() == lines
    assert str(report) == "\n".join(lines)


def test_a_wrong_gradient_is_diagnosed_below_its_test(report_of):
    report = report_of(changed(RIGHT, ("x.T.dot(dout)", "x.T.dot(dout) / len(x)")), ["affine"])
    lines = str(report).splitlines()

    assert lines[:2] == ["AffineForwardTest passed.", "AffineBackwardTest failed."]
    assert lines[2].startswith("    FACTOR_ONE_OVER_N: dw is only 1/N")
    assert "Some tests are still failing. Tests passed: 1/2" in lines
    assert "(1, 2)" in lines
    assert lines[-1] == "Score: 50/100"


def test_the_score_is_cut_and_not_rounded(report_of):
    report = report_of(changed(RIGHT, ("x * (x > 0)", "x"), ("e * s", "e / s")))

    assert (report.passed, report.total, report.score) == (2, 4, 50)
    assert report_of(RIGHT.replace("np.sum(dout, 0)", "None")).score == 75
    assert report_of(RIGHT, ["relu"]).score == 100


def test_a_stub_is_not_implemented_yet(report_of):
    report = report_of("def relu(x):\n    raise NotImplementedError\n", ["relu"])

    assert str(report).splitlines()[:3] == [
        "ReluTest failed.",
        "    not implemented yet",
        "Some tests are still failing. Tests passed: 0/1",
    ]


def test_a_missing_name_is_told(report_of):
    said = report_of("x = 1\n", ["relu", "steps"]).tasks

    assert said[0].tests[0].said == "not implemented yet: there is no relu in your work"
    assert said[1].tests[0].said == "not implemented yet"


def test_a_name_whose_definition_failed_is_told_with_the_line(report_of):
    report = report_of("from nowhere_at_all import relu\n", ["relu"])

    assert "line 1 of work.py was left out: ModuleNotFoundError" in report.tasks[0].tests[0].said


def test_an_exception_is_told_with_the_learners_line(report_of):
    report = report_of("def relu(x):\n    y = 2\n    return x.reshape(7, y)\n", ["relu"])
    finding = report.tasks[0].tests[0].findings[0]

    assert "relu" in finding.message
    assert "in line 3, `return x.reshape(7, y)`" in finding.message
    assert "Traceback" not in str(report)


def test_what_the_test_cannot_unpack_shows_the_tests_line_and_not_the_solution(report_of):
    report = report_of(changed(RIGHT, ("np.dot(x, w) + b, (x, w)", "np.dot(x, w) + b")), ["affine"])

    assert "out, cache = work.affine_forward(x, w, b)" in " ".join(str(report).split())
    assert "x @ w" not in str(report)


def test_a_wrong_answer_in_words_is_marked_line_by_line(report_of):
    report = report_of(changed(RIGHT, ("A = e * s", "A = e + s")), ["steps"])
    finding = report.tasks[0].tests[0].findings[0]

    assert finding.code == "ANSWER_VALUE"
    assert finding.message.startswith("line 3, `A = e + s`: ")


@pytest.mark.parametrize("answer", ["None", "''", "'  # nothing yet'"])
def test_an_empty_answer_is_not_implemented(report_of, answer):
    assert report_of(f"answer_a = {answer}\n", ["steps"]).tasks[0].tests[0].verdict == "not implemented"


def test_an_answer_that_is_no_text_is_told(report_of):
    assert "answer_a is a int" in report_of("answer_a = 3\n", ["steps"]).tasks[0].tests[0].said


@pytest.mark.parametrize("how", ["exit(3)", "raise SystemExit(3)"])
def test_ending_the_program_fails_one_test_only(report_of, how):
    report = report_of(changed(RIGHT, ("return x * (x > 0)", how)))

    assert (report.passed, report.total) == (3, 4)
    assert "ends the program, exit(3) in relu, line" in report.tasks[1].tests[0].said


def test_an_interrupt_names_the_test_and_the_line_and_stops_the_rest(report_of):
    report = report_of(changed(RIGHT, ("return x * (x > 0)", "raise KeyboardInterrupt")))
    relu, steps = report.tasks[1].tests[0], report.tasks[2].tests[0]

    assert report.interrupted
    assert relu.said.startswith("interrupted in relu, line 12: `raise KeyboardInterrupt`")
    assert steps.verdict == "not run"
    assert report.score == 50


def test_warnings_and_output_do_not_decide(report_of):
    noisy = "import sys, warnings; warnings.warn('no'); sys.stderr.write('no'); print('no'); return x * (x > 0)"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = report_of(changed(RIGHT, ("return x * (x > 0)", noisy)), ["relu"])

    assert report.passed == 1
    assert "no" not in str(report).split()


def test_what_a_failing_work_prints_is_shown_without_escapes(report_of):
    report = report_of("def relu(x):\n    print('\\x1b[2J here')\n    return -x\n", ["relu"])

    assert "\x1b" not in str(report)
    assert "It printed:" in str(report)


def test_training_at_the_top_of_a_file_is_not_run(report_of):
    text = RIGHT + "\nwhile True:\n    pass\n\nif __name__ == '__main__':\n    raise SystemExit\n"

    assert report_of(text).score == 100


def test_a_deleted_given_cell_is_no_loss(tmp_path):
    source = affine_source(tmp_path, ("work.relu(x)", "work.relu(work.helper(x) - 1)"))
    (tmp_path / "work.py").write_text(RIGHT)

    assert run_tests(tmp_path / "work.py", source, ["relu"]).score == 100


def test_results_that_are_written_into_again_are_compared_as_they_were(report_of):
    text = """
import numpy as np
buffer = {}
def relu(x):
    out = buffer.setdefault(x.shape, np.empty(x.shape))
    np.maximum(x, 0, out=out)
    return out
"""

    assert report_of(text, ["relu"]).score == 100


def test_public_cases_are_the_same_every_time(report_of):
    text = changed(RIGHT, ("return x * (x > 0)", "return x"))

    assert str(report_of(text)) == str(report_of(text))


def test_the_global_random_numbers_are_left_alone(report_of):
    np.random.seed(5)
    wanted = np.random.random()
    np.random.seed(5)
    report_of(RIGHT)

    assert wanted == np.random.random()


# -- notebooks ----------------------------------------------------------------------------------------------


def notebook(*cells, metadata=None):
    code = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": text}
        for n, text in enumerate(cells)
    ]
    return json.dumps({"cells": code, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5})


def test_a_notebook_is_tested_without_its_training_cells(report_of):
    text = notebook("%matplotlib inline", RIGHT, "while True:\n    pass", "failed, total = test('affine')")

    assert str(report_of(text, name="work.ipynb")).endswith("Score: 100/100")


def test_a_cell_that_does_not_parse_is_told_where_its_names_are_missing(report_of):
    report = report_of(notebook(RIGHT.replace("def relu", "def relu_"), "def relu(x:\n    return x"), name="work.ipynb")

    assert "cell 2" in report.tasks[1].tests[0].said
    assert report.score == 75


def test_a_notebooks_test_prints_and_gives_the_counts(source, capsys):
    names = {}
    exec(RIGHT, names)
    test = tests_of(source, names)
    counts = test("affine")

    assert capsys.readouterr().out == "\n".join(ALL_PASSED.splitlines()[:4]) + "\n"
    assert counts == (0, 2)
    assert repr(counts) == "(0, 2)"


def test_all_tests_of_a_notebook_print_the_score(source, capsys):
    names = {}
    exec(RIGHT, names)
    tests_of(source, names)()

    assert ALL_PASSED + "\n" == capsys.readouterr().out


def test_a_notebooks_names_are_looked_at_each_time(source, capsys):
    names = {}
    test = tests_of(source, names)
    first = test("relu")
    exec(RIGHT, names)

    assert (first, test("relu")) == ((1, 1), (0, 1))


def test_the_table_of_a_notebook_is_escaped(source, capsys):
    names = {"relu": lambda x: exec("raise ValueError('<script>alert(1)</script>')")}
    html = tests_of(source, names)("relu")._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Affine &lt;layers&gt;" in html
    assert "(1, 1)" in html


def test_an_unknown_task_is_told_with_those_there_are(source):
    with pytest.raises(KeyError, match="no task 'afine'; it has affine, relu, steps"):
        tests_of(source, {})("afine")


# -- which exercise, and the command ------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    affine_source(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("work.py", "# chainrule exercise: affine-test\n"),
        ("work.py", "test = tests_of('affine-test', globals())\n"),
        ("work.ipynb", notebook("x = 1", metadata={"chainrule": {"exercise": "affine-test"}})),
        ("work.ipynb", notebook('test = tests_of("affine-test", globals())')),
    ],
)
def test_a_marker_says_which_exercise_it_is(tmp_path, shelf, name, text):
    (tmp_path / name).write_text(text)

    assert "affine-test" == exercise_of(tmp_path / name, [], shelf).exercise.name


def test_names_say_which_exercise_it_is(tmp_path, shelf):
    (tmp_path / "work.py").write_text(RIGHT)

    assert "affine-test" == exercise_of(tmp_path / "work.py", ["np", "relu"], shelf).exercise.name


def test_a_file_of_no_exercise_is_told_how_to_say_it(tmp_path, shelf):
    (tmp_path / "work.py").write_text("x = 1\n")
    with pytest.raises(NoExercise, match=r"--exercise NAME; there is affine-test"):
        exercise_of(tmp_path / "work.py", ["x"], shelf)


def test_a_marker_of_an_unknown_exercise_is_told(tmp_path, shelf):
    (tmp_path / "work.py").write_text("# chainrule exercise: affine-tests\n")
    with pytest.raises(ValueError, match="affine-test"):
        exercise_of(tmp_path / "work.py", [], shelf)


@pytest.mark.parametrize(
    ("text", "status"),
    [(RIGHT, 0), ("x = 1\n", 1), ("def f(:\n", 2), (None, 2), (RIGHT + "raise KeyboardInterrupt", 0)],
)
def test_the_exit_status(source, tmp_path, capsys, text, status):
    if text is not None:
        (tmp_path / "work.py").write_text(text)

    assert status == test_program(tmp_path / "work.py", str(source.path))
    assert (status == 2) == capsys.readouterr().err.startswith("error: ")


def test_ctrl_c_ends_with_130(source, tmp_path, capsys):
    (tmp_path / "work.py").write_text("def relu(x):\n    raise KeyboardInterrupt\n")

    assert 130 == test_program(tmp_path / "work.py", str(source.path), ["relu"])


def test_ctrl_c_while_the_file_is_loaded(source, tmp_path, capsys):
    (tmp_path / "work.py").write_text("x = [exec('raise KeyboardInterrupt') for _ in range(3)]\n")

    assert 130 == test_program(tmp_path / "work.py", str(source.path))
    assert "was loaded" in capsys.readouterr().err


def test_a_folder_is_tested_by_its_furthest_file(source, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    marker = "# chainrule exercise: affine-test\n"
    (folder / "affine.py").write_text(marker + RIGHT)
    (folder / "affine.ipynb").write_text(
        notebook(marker + "def relu(x):\n    raise NotImplementedError", metadata={"chainrule": {"exercise": "affine"}})
    )
    (folder / "test_affine.py").write_text(marker)
    report = run_tests(folder, source)

    assert report.score == 100
    assert report.notes == ("Testing affine.py; there is also affine.ipynb.",)


@pytest.mark.parametrize("name", ["gone.py", "notes.txt", "empty"])
def test_what_is_no_work_is_not_checkable(source, tmp_path, name):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotCheckable):
        run_tests(tmp_path / name, source)


def test_latin_1_and_byte_order_marks_are_read(report_of, source, tmp_path):
    (tmp_path / "work.py").write_bytes(b"# coding: latin-1\n# \xe4\n" + RIGHT.encode())
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbf" + RIGHT.encode())

    assert [100, 100] == [run_tests(tmp_path / name, source).score for name in ("work.py", "bom.py")]
