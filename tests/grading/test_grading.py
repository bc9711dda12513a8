"""The grading core: what is asked, what counts, and what a learner is told."""

import numpy as np
import pytest
from layers_class import NUMERIC, RAISING, RIGHT, STUBS, TIMES_N, TRANSPOSED, WRONG_WORDS, layers_source
from standin import Worker

from chainrule.exercises import Limits
from chainrule.grading import Outcome, Submission
from chainrule.grading.grading import grade, is_sound, seed_of
from chainrule.grading.intake import submission_of
from chainrule.grading.mistakes import WORST_FIRST, mistake_of_outcome

SECRET = b"0123456789abcdef"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return layers_source(tmp_path_factory.mktemp("exercise"))


@pytest.fixture(scope="module")
def worker(source):
    with Worker(source.support_text, Limits()) as worker:
        yield worker


@pytest.fixture
def graded(source, worker):
    return lambda text, secret=SECRET: grade(source, submission_of("doe", {"a.py": text.encode()}), worker, secret)


class Answering:
    """A worker whose outcomes are given; it keeps what it was asked."""

    output = ""

    def __init__(self, outcomes=None, error=None):
        self.outcomes, self.error, self.calls = outcomes, error, None

    def run(self, files, calls):
        self.calls = calls
        if self.error:
            raise self.error
        return self.outcomes * len(calls) if len(self.outcomes) == 1 else self.outcomes


SOMETHING = Submission("doe", {"a.py": "a = 1\n"})


# -- points --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "points", "codes"),
    [
        (RIGHT, 14, ()),
        (NUMERIC, 14, ()),
        (TRANSPOSED, 9, ("TRANSPOSED",)),
        (TIMES_N, 9, ("FACTOR_N",)),
        (WRONG_WORDS, 10, ("ANSWER_VALUE",)),
        (RAISING, 9, ("RAISED",)),
        (STUBS, 0, ("NOT_IMPLEMENTED",)),
        ("", 0, ("NOT_IMPLEMENTED",)),
    ],
)
def test_points_are_those_of_the_tests_that_pass(graded, text, points, codes):
    result = graded(text)

    assert (points, 14, codes) == (result.points, result.most, result.codes)
    assert is_sound(result)


def test_a_task_gives_points_for_each_of_its_tests(graded):
    affine, words = graded(TRANSPOSED).tasks

    assert (5, 10, [True, False]) == (affine.points, affine.most, [test.passed for test in affine.tests])
    assert (4, 4, "In words") == (words.points, words.most, words.title)


def test_the_grade_says_what_it_is_of(graded):
    result = graded("def f(:\n" + RIGHT)

    assert ("doe", "layers", "1") == (result.submission, result.exercise, result.version)
    assert "does not parse" in result.problems[0]
    assert 64 == len(result.digest)


# -- the cases -------------------------------------------------------------------------------------------------


def arrays_of(source, submission, secret):
    worker = Answering([Outcome("not implemented")])
    grade(source, submission, worker, secret)
    return [array for call in worker.calls for array in call.arrays]


def test_a_regrade_asks_the_same(source):
    one, again = (arrays_of(source, SOMETHING, SECRET) for _ in range(2))

    assert 21 == len(one)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))


@pytest.mark.parametrize(
    ("submission", "secret"), [(SOMETHING, b"another secret!!"), (Submission("doe", {"a.py": "a = 2\n"}), SECRET)]
)
def test_another_secret_or_submission_is_asked_something_else(source, submission, secret):
    one, other = arrays_of(source, SOMETHING, SECRET), arrays_of(source, submission, secret)

    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_name_of_a_submission_changes_nothing(source):
    one, other = arrays_of(source, SOMETHING, SECRET), arrays_of(source, Submission("lee", SOMETHING.files), SECRET)

    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_parts_of_a_seed_cannot_be_exchanged():
    assert seed_of(SECRET, "ab", "c", "d") != seed_of(SECRET, "a", "bc", "d")


def test_a_seed_is_the_hmac_of_its_parts():
    import hashlib
    import hmac

    said = b"\0\0\0\1e\0\0\0\0021a\0\0\0\1d"

    assert hmac.new(SECRET, said, hashlib.sha256).hexdigest()[:32] == f"{seed_of(SECRET, 'e', '1a', 'd'):032x}"


def test_only_probes_and_arrays_are_sent(source):
    worker = Answering([Outcome("not implemented")])
    grade(source, SOMETHING, worker, SECRET)

    sent = "".join(call.probe for call in worker.calls)
    assert "work.affine_forward(x, w, b)" in sent
    assert not any(word in sent for word in ("EXERCISE", "x @ w", "dout @", "rng", "Test"))


# -- outcomes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [status for status in WORST_FIRST if status not in ("answered", "grader error")])
def test_a_call_without_an_answer_scores_nothing_and_says_why(source, status):
    result = grade(source, SOMETHING, Answering([Outcome(status, message="ValueError: [0.25], line 3")]), SECRET)
    tests = result.tasks[0].tests

    assert 0 == result.points
    assert [status, status] == [test.status for test in tests]
    assert is_sound(result)
    assert all(len(test.mistakes) == 1 and "0.25" not in str(test.mistakes) for test in tests)


def test_one_case_that_fails_fails_the_test(source):
    outcomes = [Outcome("crashed"), *[Outcome("timeout")] * 2, *[Outcome("not implemented")] * 3]
    tests = grade(source, SOMETHING, Answering(outcomes), SECRET).tasks[0].tests

    assert ["timeout", "not implemented"] == [test.status for test in tests]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("ValueError: secret 0.123 (hw.py, line 12)", "stops with ValueError (line 12)."),
        ("numpy.linalg.LinAlgError: x", "stops with an error."),
        ("LinAlgError: x, line 4", "stops with LinAlgError (line 4)."),
        ("Leak_0_123: x, line 12", "stops with an error."),
        ("print: x", "stops with an error."),
        ("", "stops with an error."),
    ],
)
def test_of_an_exception_only_a_known_kind_and_the_line_are_shown(message, said):
    assert f"Your code {said}" == mistake_of_outcome(Outcome("crashed", message=message), 10).message


@pytest.mark.parametrize(("status", "flag"), [("forbidden", "tried what is not allowed: "), ("protocol", "gave back ")])
def test_an_attempt_is_flagged_for_the_teacher(source, status, flag):
    result = grade(source, SOMETHING, Answering([Outcome(status, detail="socket\x1b[2J")]), SECRET)

    (said,) = result.flags
    assert said.startswith(flag)
    assert said.endswith("socket\\x1b[2J")


@pytest.mark.parametrize(
    "results",
    [
        {},
        {"out": np.full((5, 7), np.nan)},
        {"out": np.zeros(0)},
        {"out": np.zeros((1, 1, 1))},
        {"out": np.array(True)},
        {"other": np.zeros((5, 7))},
    ],
)
def test_results_that_are_none_score_nothing(source, results):
    result = grade(source, SOMETHING, Answering([Outcome("answered", results)]), SECRET)

    assert (0, True) == (result.points, is_sound(result))
    assert not any(test.passed for test in result.tasks[0].tests)
    assert all(test.mistakes for test in result.tasks[0].tests)


def test_results_beyond_those_asked_for_do_not_matter(source):
    asked = Answering([Outcome("not implemented")])
    grade(source, SOMETHING, asked, SECRET)
    outcomes = [
        Outcome("answered", {"out": x @ w + b, "score": np.ones(3)}) for x, w, b, *_ in (c.arrays for c in asked.calls)
    ]
    result = grade(source, SOMETHING, Answering(outcomes), SECRET)

    assert [True, False] == [test.passed for test in result.tasks[0].tests]


# -- what is ours -----------------------------------------------------------------------------------------------


def test_a_failure_of_ours_is_no_grade(source):
    result = grade(source, SOMETHING, Answering(error=OSError("no template")), SECRET)

    assert not is_sound(result)
    assert "OSError: no template (run, line " in result.grader_error
    assert ["grader error"] * 3 == [test.status for task in result.tasks for test in task.tests]


def test_a_worker_that_fails_is_no_grade(source):
    result = grade(source, SOMETHING, Answering([Outcome("grader error", detail="template gone")]), SECRET)

    assert "no result for AffineForwardTest, AffineBackwardTest: template gone" == result.grader_error


def test_a_worker_that_counts_wrong_is_no_grade(source):
    result = grade(source, SOMETHING, Answering([Outcome("answered")] * 2), SECRET)

    assert "gave 2 outcomes for 6 calls" in result.grader_error


def test_a_solution_that_fails_is_no_grade(source, tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(source.path.read_text().replace("return x @ w + b", "return x @ x"))
    result = grade(type(source)(path, read(path).cells), SOMETHING, Answering([Outcome("answered")]), SECRET)

    assert "ValueError" in result.grader_error


def read(path):
    from chainrule.exercises.source import read_source

    return read_source(path)


# -- flags, answers, output ------------------------------------------------------------------------------------


def test_numeric_differences_are_flagged(graded):
    assert ("AffineBackwardTest: dw agrees only to 1e-10: numeric differences?",) == graded(NUMERIC).flags
    assert () == graded(RIGHT).flags


def test_a_central_difference_passes_with_a_flag(graded):
    text = """
def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    results = []
    for place, array in enumerate(cache):
        slopes = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            ends = []
            for step in (1e-3, -1e-3):
                moved = [one.copy() for one in cache]
                moved[place][index] += step
                ends.append(np.sum(dout * affine_forward(*moved)[0]))
            slopes[index] = (ends[0] - ends[1]) / 2e-3
        results.append(slopes)
    return tuple(results)
"""
    result = graded("import numpy as np\n" + text)

    assert result.tasks[0].points == 10
    assert "numeric differences?" in result.flags[0]


@pytest.mark.parametrize(
    "answer",
    ["", "   ", "(" * 500, "t1 = " + "9^" * 300 + "9", "t1 = 1/0; A = t1", "\x1b[2J", "=cmd()", "t1 = a" * 2000],
)
def test_an_answer_that_is_none_scores_nothing_and_harms_nothing(graded, answer):
    result = graded(RIGHT.rsplit("answer_a", 1)[0] + f"answer_a = {answer!r}\n")

    assert (10, True) == (result.points, is_sound(result))


def test_what_was_printed_is_kept_without_what_repaints_a_terminal(graded):
    text = RIGHT.replace("x, w = cache", 'x, w = cache; print("seen\\x1b[2J\\tone\\ntwo")')

    assert graded(text).output.startswith("seen\\x1b[2J\tone\ntwo\n")


def test_grades_go_through_json(graded):
    import json

    from chainrule.grading import Grade

    result = graded(TRANSPOSED)

    assert result == Grade.from_dict(json.loads(json.dumps(result.as_dict())))
