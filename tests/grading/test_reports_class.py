"""The page about the class: what is counted, checked with numbers worked by hand, and what is shown."""

import dataclasses
import re
from urllib.parse import unquote

import pytest
from report_grades import class_at_random, class_of_sixty, exercise, grade

from chainrule.grading.reports import class_page, feedback_page, write_reports
from chainrule.grading.reports.attention import attention
from chainrule.grading.reports.outliers import outliers
from chainrule.grading.reports.patterns import mistakes_made, pairs_made, test_rates
from html_page import Page

TRANSPOSED = {"AffineBackwardTest": ["TRANSPOSED"]}
BOTH = {"AffineBackwardTest": ["TRANSPOSED", "BIAS_NOT_SUMMED"], "AffineSizesTest": ["TRANSPOSED"]}


def page_of(grades):
    return class_page(exercise(), grades, [f"f{place}" for place in range(len(grades))])


def text_of(grades):
    return re.sub(r"\s+", " ", Page(page_of(grades)).text)


# -- what is counted ---------------------------------------------------------------------------------------


def test_a_submission_counts_once_for_each_mistake():
    made = mistakes_made([grade("a", BOTH), grade("b", TRANSPOSED), grade("c")])
    counted = [(one.code, set(one.by), one.tests) for one in made]

    assert [
        ("TRANSPOSED", {0, 1}, (("AffineBackwardTest", 2), ("AffineSizesTest", 1))),
        ("BIAS_NOT_SUMMED", {0}, (("AffineBackwardTest", 1),)),
    ] == counted


def test_pairs_say_how_many_made_both_and_how_many_would_by_chance():
    made = mistakes_made([grade("a", BOTH), grade("b", BOTH), grade("c", TRANSPOSED), grade("d")])
    pair = pairs_made(made, 4)[0]

    assert ("TRANSPOSED", "BIAS_NOT_SUMMED") == (pair.first, pair.second)
    assert (2, 3, 2, 3 * 2 / 4) == (pair.both, pair.of_first, pair.of_second, pair.by_chance)


def test_rates_tell_how_the_others_ended():
    grades = [
        grade("a", TRANSPOSED),
        grade("b", {}, {"AffineBackwardTest": "timeout"}),
        grade("c", TRANSPOSED),
        grade("d"),
    ]
    rate = test_rates(grades)[1]

    assert ("affine", "AffineBackwardTest", 1, 4) == (rate.task, rate.test, rate.passed, rate.asked)
    assert (("wrong", 2), ("timeout", 1)) == rate.endings


def test_one_test_from_full_marks_is_noticed():
    assert [(1, "all passed but AffineBackwardTest")] == outliers([grade("a"), grade("b", TRANSPOSED)])


def test_points_far_from_the_others_are_noticed():
    nothing = dict.fromkeys([one.test for one in test_rates([grade("a")])], "not implemented")
    grades = [grade(f"{place}") for place in range(9)] + [grade("low", {}, nothing)]

    assert [(9, "far below the others: 0 points, where half have 100 or more")] == outliers(grades)


def test_failing_what_all_pass_and_passing_what_few_pass_is_noticed():
    hard = {"NetworkGradientTest": ["MEAN_IN_TWO_PLACES"], "CrossEntropyForwardTest": ["NOT_FINITE"]}
    odd = {"AffineForwardTest": ["RAISED"], "CrossEntropyForwardTest": ["NOT_FINITE"]}
    grades = [grade(f"{place}", hard) for place in range(9)] + [grade("odd", odd)]

    assert [
        (9, "fails AffineForwardTest, which 90 % pass, but passes NetworkGradientTest, which 10 % pass")
    ] == outliers(grades)


def test_of_a_few_submissions_none_is_far_from_the_others():
    nothing = dict.fromkeys([one.test for one in test_rates([grade("a")])], "crashed")

    assert [] == outliers([grade("a"), grade("b"), grade("c", {}, nothing)])


def test_attempts_are_named_and_kept_apart_from_flags():
    tried = "tried what is not allowed: openat of a key"
    sections = attention(
        [
            grade("a", {"AffineForwardTest": ["FORBIDDEN"]}, {"AffineForwardTest": "forbidden"}, flags=(tried, "late")),
            grade(
                "b",
                {"AffineForwardTest": ["FORBIDDEN"]},
                {"AffineForwardTest": "forbidden"},
                flags=(tried.split(":")[0],),
            ),
            grade("c", {"ReLUBackwardTest": ["LOOKS_NUMERIC"]}, problems=("cell 7 does not parse.",)),
            grade("d", grader_error="no answer key"),
        ]
    )
    told = {section.name: [(row.text, row.places) for row in section.rows] for section in sections}

    assert [("no answer key", (3,))] == told["errors"]
    assert [(tried, (0,)), ("tried what is not allowed, in AffineForwardTest", (1,))] == told["attempts"]
    assert [
        ("late", (0,)),
        ("gradients that look like numeric differences (LOOKS_NUMERIC)", (2,)),
    ] == told["flags"]
    assert [("cell 7 does not parse.", (2,))] == told["intake"]


# -- what is shown -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "grades",
    [class_of_sixty(), class_of_sixty()[:3], class_at_random(200), [], [grade("a", grader_error="x")]],
    ids=["sixty", "three", "random", "none", "failed"],
)
def test_page_is_whole_runs_nothing_and_loads_nothing(grades):
    text = page_of(grades)
    page = Page(text)
    links = [link for link in page.having("href") if link.startswith("#")]

    assert [] == page.open
    assert {"script", "link", "iframe", "img"} & {tag for tag, _ in page.tags} == set()
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "")
    assert {link[1:] for link in links} <= set(page.having("id"))
    assert len(page.having("id")) == len(set(page.having("id")))
    assert [] == [name for _, names in page.tags for name in names if name.startswith("on")]


def test_page_links_each_submission_to_its_feedback(tmp_path):
    made = [*class_of_sixty()[:5], grade("50% off #1?"), grade("../x"), grade("名 前")]
    write_reports(exercise(), made, tmp_path)
    page = Page((tmp_path / "class.html").read_text())
    links = {unquote(link) for link in page.having("href") if not link.startswith("#")}

    assert 8 == len(links)
    assert [] == [link for link in links if not (tmp_path / link).is_file()]


def test_page_says_the_numbers_of_the_class():
    text = text_of(
        [grade("a", BOTH), grade("b", BOTH), grade("c", TRANSPOSED), grade("d"), grade("e", grader_error="x")]
    )

    assert "85 of 100 points is the median" in text
    assert "1 submission was not graded: the grader failed" in text
    assert "3 · 75 %" in text
    assert "2 of 3 who made the first, 2 of 2 who made the second; BIAS_NOT_SUMMED never without the other" in text
    assert "mean 27.5 of 40 points" in text


def test_what_is_best_is_not_called_a_warning():
    assert "Confinement below" not in page_of([grade("a")])
    assert "Confinement below" in page_of([grade("a"), grade("b", confinement="seccomp+namespaces")])


def test_levels_that_differ_are_counted():
    text = text_of([grade("a"), grade("b", confinement="none"), grade("c", confinement="none")])

    assert "Confinement: landlock+seccomp (1), none (2)." in text
    assert "2 submissions ran like this" in text


def test_long_lists_are_cut_and_say_where_the_rest_is():
    text = text_of([grade(f"{place:04d}", TRANSPOSED, flags=("identical up to names",)) for place in range(1000)])

    assert "... 992 more in grades.csv" in text
    assert "... 940 more in grades.csv" in text


def test_picture_has_a_name_for_those_who_cannot_see_it():
    names = Page(page_of([grade("a"), grade("b", TRANSPOSED)])).having("aria-label")

    assert "Half of the submissions have 95 points or more" in names


def test_feedback_page_is_whole_runs_nothing_and_loads_nothing():
    wrong = dataclasses.replace(grade("<b>", BOTH), problems=("<i>",), confinement="none")
    text = feedback_page(exercise(), wrong)
    page = Page(text)

    assert [] == page.open
    assert "default-src 'none'" in text
    assert {"script", "b", "i"} & {tag for tag, attributes in page.tags if "class" not in attributes} <= {"b", "i"}
    assert "<b>" in page.text
    assert "<i>" in page.text
    assert "80 of 100 points" in page.text
    assert 2 == page.text.count("dw comes out transposed")
    assert "Confinement while it ran: none." in page.text
