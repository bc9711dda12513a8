"""Whether a test is passed: by the numbers alone, whatever comes back."""

import numpy as np
import pytest
from affine_source import affine_source

from chainrule.exercises.comparing import answered, cases_of, expected_of, judge_answer, judge_test, public_seed


@pytest.fixture
def source(tmp_path):
    return affine_source(tmp_path)


@pytest.fixture
def judged(source):
    test = source.exercise.tasks[1].tests[0]

    def judge(change):
        cases = cases_of(test, 7)
        right = [expected_of(source, test, arrays) for arrays in cases]
        return judge_test(
            test, [answered(test, arrays, change(one), one) for arrays, one in zip(cases, right, strict=True)]
        )

    return judge


def test_cases_follow_the_seed_and_the_tests_name(source):
    relu = source.exercise.tasks[1].tests[0]
    first, again, other = (cases_of(relu, seed)[0][0] for seed in (1, 1, 2**127))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert public_seed("affine") == public_seed("affine") != public_seed("relu")


def test_expected_is_what_can_be_worked_by_hand(source):
    relu = source.exercise.tasks[1].tests[0]

    assert [0.0, 0.0, 2.0] == expected_of(source, relu, (np.array([-1.0, 0.0, 2.0]),))["out"].tolist()


def test_right_results_pass_within_the_tolerance_and_with_others_beside(judged):
    assert (True, ()) == judged(lambda one: {"out": one["out"] * (1 + 1e-10), "more": "anything"})
    assert not judged(lambda one: {"out": one["out"] * (1 + 1e-6)})[0]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda out: np.full_like(out, np.nan),
        lambda out: np.where(out > 0, out, np.nan),
        lambda out: np.full_like(out, np.inf),
        lambda out: out[:1],
        lambda out: out[None],
        lambda out: out.astype(object),
        lambda out: out + 1j,
        lambda out: out.tolist(),
        lambda out: np.ma.masked_array(out, True),
        lambda out: out.astype(str),
        lambda out: np.zeros(0),
        lambda out: None,
        lambda out: "right",
        lambda out: True,
        lambda out: -out,
    ],
)
def test_wrong_results_fail_with_a_reason(judged, wrong):
    passed, findings = judged(lambda one: {"out": wrong(one["out"])})

    assert not passed
    assert findings
    assert all(finding.message for finding in findings)


def test_a_missing_result_fails(judged):
    passed, findings = judged(lambda one: {})

    assert not passed
    assert [finding.code for finding in findings] == ["NO_RESULT"]


def test_one_wrong_case_of_three_fails(source):
    test = source.exercise.tasks[1].tests[0]
    cases = cases_of(test, 3)
    right = [expected_of(source, test, arrays) for arrays in cases]
    results = [*right[:2], {"out": right[2]["out"] + 1}]

    assert not judge_test(test, list(map(answered, [test] * 3, cases, results, right)))[0]


@pytest.mark.parametrize("text", ["(" * 5000, "A = " + "9^" * 300 + "9", "\x00", "A" * 30_000, "=" * 999])
def test_wild_answers_fail_with_a_reason(source, text):
    passed, findings = judge_answer(source.exercise.tasks[2].tests[0], text)

    assert not passed
    assert findings
