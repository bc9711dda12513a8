"""Reports of a class as files: what platforms read, what nobody trusts, and what is written when."""

import csv
import dataclasses
import io
import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from report_grades import class_at_random, class_of_sixty, exercise, grade, mistake

from chainrule.grading.reports import feedback_text, gradescope_results, junit_xml, write_reports
from chainrule.grading.reports.names import folder_names
from chainrule.grading.reports.wording import cell, line
from chainrule.grading.result import Mistake

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    "../../x",
    "/etc/passwd",
    "..\\..\\x",
    "\x1b[2J\x1b]0;owned\x07",
    "Zoë Ångström 名前",
    "n" * 300,
    "",
    ".",
    "..",
    "CON",
    "a\x00b",
    "a\ud800b",
    "-rf",
    "\u202egpj.exe",
    "]]><!--&amp;",
    "@SUM(1)",
    "+1",
    "\t=1",
    "ann;=cmd()",
    "\uff1dcmd()",
]

PER_SUBMISSION = ["feedback.html", "feedback.txt", "junit.xml", "results.json"]


def written(folder):
    """Every file's bytes by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def rows(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def read_rows(path):
    return rows(path.read_text(encoding="utf-8"))


def read_records(path):
    names, *values = read_rows(path)
    return [dict(zip(names, row, strict=True)) for row in values]


# -- one submission ----------------------------------------------------------------------------------------


def test_gradescope_gets_its_fields_and_the_scores_add_up():
    wrong = {"AffineBackwardTest": ["TRANSPOSED", "BIAS_NOT_SUMMED"], "ReLUBackwardTest": ["D_OUT_CHANGED"]}
    result = json.loads(gradescope_results(exercise(), grade("ann", wrong)))
    fields = {"name", "number", "score", "max_score", "status", "output", "output_format", "tags", "visibility"}

    assert 90.0 == result["score"]
    assert 0.25 == result["execution_time"]
    assert ("visible", "hidden") == (result["visibility"], result["stdout_visibility"])
    assert [fields | {"extra_data"}] * 9 == [set(test) for test in result["tests"]]
    assert 90.0 == sum(test["score"] for test in result["tests"])
    assert 100.0 == sum(test["max_score"] for test in result["tests"])
    assert ["1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "3.1", "3.2", "4.1"] == [one["number"] for one in result["tests"]]


def test_gradescope_gets_the_codes_as_tags_and_extra_data():
    result = json.loads(gradescope_results(exercise(), grade("ann", {"AffineBackwardTest": ["TRANSPOSED"]})))
    test = result["tests"][1]

    assert ("AffineBackwardTest", "failed", 0.0, 10.0) == (
        test["name"],
        test["status"],
        test["score"],
        test["max_score"],
    )
    assert ["TRANSPOSED"] == test["tags"] == test["extra_data"]["codes"] == result["extra_data"]["codes"]
    assert "dw comes out transposed: (7, 3) instead of (3, 7).\nSwap the two factors" in test["output"]
    assert "TRANSPOSED" == test["extra_data"]["mistakes"][0]["code"]


@pytest.mark.parametrize("where", ["whole", "one test"])
def test_a_failure_of_the_grader_never_becomes_a_score(where):
    failed = (
        grade("ann", grader_error="ours") if where == "whole" else grade("ann", {}, {"ReLUForwardTest": "grader error"})
    )
    result = json.loads(gradescope_results(exercise(), failed))
    suites = ET.fromstring(junit_xml(exercise(), failed))

    assert {"score", "tests"} & set(result) == set()
    assert "could not be graded" in result["output"]
    assert ("1", "0", "1") == (suites.get("tests"), suites.get("failures"), suites.get("errors"))
    assert "points" not in feedback_text(exercise(), failed).replace("no points yet", "")


def test_junit_counts_wrong_results_as_failures_and_what_broke_as_errors():
    made = grade(
        "ann",
        {"AffineBackwardTest": ["TRANSPOSED"]},
        {"ReLUForwardTest": "timeout", "NetworkGradientTest": "not implemented"},
    )
    root = ET.fromstring(junit_xml(exercise(), made))
    counts = {suite.get("name"): (suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in root}
    broken = root.find(".//testcase[@name='AffineBackwardTest']/failure")

    assert ("9", "2", "1") == (root.get("tests"), root.get("failures"), root.get("errors"))
    expected = {"affine": ("4", "1", "0"), "relu": ("2", "0", "1"), "loss": ("2", "0", "0"), "network": ("1", "1", "0")}
    assert expected == counts
    assert "TRANSPOSED" == broken.get("type")
    assert "dw comes out transposed: (7, 3) instead of (3, 7)." == broken.get("message")
    assert "10 s" in root.find(".//testcase[@name='ReLUForwardTest']/error").get("message")


def test_text_feedback_says_points_mistakes_hints_and_what_is_next():
    wrong = {"AffineBackwardTest": ["FACTOR_ONE_OVER_N"], "AffineSizesTest": ["FACTOR_ONE_OVER_N"]}
    text = feedback_text(exercise(), grade("ann", wrong, problems=("cell 7 does not parse.",)))

    assert "80 of 100 points. 7 of 9 tests passed." in text
    assert "An affine layer: 20 of 40 points" in text
    assert "FACTOR_ONE_OVER_N: dw is only 1/N = 1/5 of what it should be." in text
    assert "- cell 7 does not parse." in text
    assert "1. Mend how it was handed in first" in text
    assert "2. Look for one cause behind 2 tests that fail alike: AffineBackwardTest and AffineSizesTest." in text
    assert max(map(len, text.splitlines())) <= 100


def test_what_a_submission_printed_and_was_flagged_for_is_not_shown_to_learners(tmp_path):
    hidden = grade("ann", output="hidden input 0.7312", flags=("identical up to names with bob",))
    write_reports(exercise(), [hidden], tmp_path)
    for_learners = b"".join(written(tmp_path / "submissions").values())

    assert b"0.7312" not in for_learners
    assert b"identical" not in for_learners


@pytest.mark.parametrize("level", ["rlimits only", "none", ""])
def test_a_level_below_the_best_stands_in_every_report(level, tmp_path):
    write_reports(exercise(), [grade("ann", confinement=level)], tmp_path)
    shown = level or "unknown"

    for name in PER_SUBMISSION:
        assert shown in (tmp_path / "submissions" / "ann" / name).read_text()
    assert f"Confinement below landlock+seccomp: {shown}" in (tmp_path / "class.html").read_text()
    assert level in read_rows(tmp_path / "grades.csv")[1]


# -- tables for platforms ----------------------------------------------------------------------------------


def test_grades_csv_has_points_by_task_that_agree_with_numbers_worked_by_hand(tmp_path):
    wrong = {"AffineBackwardTest": ["TRANSPOSED"], "CrossEntropyForwardTest": ["NOT_FINITE"]}
    made = [grade("bob", wrong, flags=("a flag", "=another")), grade("ann"), grade("cy", grader_error="no key")]
    write_reports(exercise(), made, tmp_path)
    ann, bob, cy = read_records(tmp_path / "grades.csv")
    tasks = ("points", "affine", "relu", "loss", "network", "tests passed", "tests")

    assert ["100", "40", "20", "25", "15", "9", "9"] == [ann[name] for name in tasks]
    assert ["77.5", "30", "20", "12.5", "15", "7", "9"] == [bob[name] for name in tasks]
    assert ["", "", "", "", "", "", "9"] == [cy[name] for name in tasks]
    assert ("TRANSPOSED NOT_FINITE", "a flag |' =another", "no key") == (bob["codes"], bob["flags"], cy["grader error"])


def test_canvas_gets_its_columns_and_the_number_that_its_own_archives_have(tmp_path):
    made = [grade("leeann_4711_90210_sheet"), grade("roybo_LATE_12_34_sheet", grader_error="x"), grade("zoe")]
    write_reports(exercise(), made, tmp_path)

    assert [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Backpropagation, layer by layer"],
        ["    Points Possible", "", "", "", "", "100"],
        ["leeann_4711_90210_sheet", "4711", "", "", "", "100"],
        ["roybo_LATE_12_34_sheet", "12", "", "", "", ""],
        ["zoe", "", "", "", "", "100"],
    ] == read_rows(tmp_path / "canvas.csv")


def test_ilias_gets_a_folder_for_each_participant_with_the_same_name(tmp_path):
    made = [grade("Müller_Ann_ann_312"), grade("Lee_Bo_bo_313"), grade("Roy_Cy_cy_314", grader_error="ours")]
    write_reports(exercise(), made, tmp_path)
    with zipfile.ZipFile(tmp_path / "ilias-feedback.zip") as archive:
        names = archive.namelist()
        page = archive.read("Lee_Bo_bo_313/feedback.html")

    folders = ["Lee_Bo_bo_313", "Müller_Ann_ann_312"]
    assert [f"{folder}/{name}" for folder in folders for name in ("feedback.html", "feedback.txt")] == names
    assert (tmp_path / "submissions" / "Lee_Bo_bo_313" / "feedback.html").read_bytes() == page


# -- what nobody trusts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n=", " =", "\uff1d"])
def test_no_cell_begins_as_a_formula_does(start):
    assert cell(start + "cmd()").startswith("'")


@pytest.mark.parametrize("text", ["Ann-Lee", "a@b", "1+1=2", "", "TRANSPOSED NOT_FINITE"])
def test_harmless_cells_stay_as_they_are(text):
    assert text == cell(text)


def test_folder_names_are_unique_safe_and_mostly_what_they_were():
    names = [*HOSTILE, "Ann", "ann", "ANN", "Müller_Jörg_jm_12 (2)"]
    folders = folder_names(names)

    assert len(names) == len({folder.casefold() for folder in folders})
    assert {"Ann", "Müller_Jörg_jm_12 (2)"} <= set(folders)
    for folder in folders:
        assert re.fullmatch(r"[^./\\:*?\"<>|\s~-][^/\\:*?\"<>|]*", folder)
        assert folder.isprintable()
        assert len(folder.encode()) < 200
        assert Path(folder).name == folder
        assert folder.rstrip(". ") == folder


def test_decomposed_letters_make_the_same_folder_only_once():
    assert 2 == len(set(folder_names(["Mu\u0308ller", "M\u00fcller"])))


def test_hostile_names_and_texts_can_neither_leave_the_folder_nor_speak_for_us(tmp_path):
    out = tmp_path / "deep" / "out"
    made = []
    for place, name in enumerate(HOSTILE):
        said = Mistake(name[:40] or "X", name, name)
        tasks = grade(name).tasks
        tests = (dataclasses.replace(tasks[0].tests[0], passed=False, mistakes=(said,)), *tasks[0].tests[1:])
        tasks = (dataclasses.replace(tasks[0], tests=tests), *tasks[1:])
        texts = {"problems": (name,), "flags": (name,), "output": name, "confinement": name}
        made.append(dataclasses.replace(grade(name), tasks=tasks, digest=f"{place:064x}", **texts))
    paths = write_reports(exercise(), made, out)

    assert ["deep"] == [path.name for path in tmp_path.iterdir()]
    assert ["out"] == [path.name for path in (tmp_path / "deep").iterdir()]
    assert len(HOSTILE) == len(list((out / "submissions").iterdir()))
    for path in paths:
        assert out in path.resolve().parents
    for path, content in written(out).items():
        if path.endswith(".zip"):
            continue
        text = content.decode("utf-8")
        assert "<script" not in text or path.endswith((".json", ".csv", ".txt"))
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\ufffe\uffff]", text)
        if path.endswith("xml"):
            assert 9 == len(ET.fromstring(text).findall(".//testcase"))
        if path.endswith("json"):
            assert 9 == len(json.loads(text)["tests"])
        if path.endswith("csv"):
            cells = [one for row in rows(text) for one in row]
            assert [] == [one for one in cells if re.match(r"\s*[=+\-@\uff1d]", one)]
            assert [] == re.findall(r"(?:^|[;,\n])\"?\s*[=+@\uff1d]", text)
    with zipfile.ZipFile(out / "ilias-feedback.zip") as archive:
        assert {2} == {len(Path(name).parts) for name in archive.namelist()}


def test_long_texts_are_cut(tmp_path):
    long = grade("ann", problems=("x" * 10_000_000,), flags=("y" * 10_000_000,) * 3)
    write_reports(exercise(), [long], tmp_path)

    assert sum(map(len, written(tmp_path).values())) < 200_000
    assert len(line("x" * 1000, 80)) == 80


# -- what is written, and when -----------------------------------------------------------------------------


def test_the_same_grades_in_any_order_give_the_same_bytes(tmp_path):
    made = class_of_sixty()
    write_reports(exercise(), made, tmp_path / "once")
    write_reports(exercise(), made[::-1], tmp_path / "again")

    assert written(tmp_path / "once") == written(tmp_path / "again")


def test_new_reports_replace_old_ones_and_leave_other_files_alone(tmp_path):
    (tmp_path / "results.jsonl").write_text("{}\n")
    write_reports(exercise(), [grade("ann"), grade("bob")], tmp_path)
    paths = write_reports(exercise(), [grade("cy")], tmp_path)

    own = [f"submissions/cy/{name}" for name in PER_SUBMISSION]
    expected = ["canvas.csv", "class.html", "grades.csv", "ilias-feedback.zip", *own]
    assert [*expected, "results.jsonl"] == sorted(written(tmp_path), key=[*expected, "results.jsonl"].index)
    assert sorted(expected) == sorted(path.relative_to(tmp_path).as_posix() for path in paths)


@pytest.mark.parametrize("moves", [None, 0, 1, 2, 5, 8])
def test_a_failure_leaves_the_old_reports_whole(tmp_path, monkeypatch, moves):
    import os

    from chainrule.grading.reports import writing

    write_reports(exercise(), [grade("ann")], tmp_path)
    before = written(tmp_path)
    left, replace = [moves], os.replace

    def fails_once(old, new):
        if left[0] == 0:
            left[0] = -1
            raise OSError("disk full")
        left[0] -= 1
        return replace(old, new)

    def fails(*arguments):
        raise OSError("disk full")

    if moves is None:
        monkeypatch.setattr(writing, "class_page", fails)
    else:
        monkeypatch.setattr("os.replace", fails_once)
    with pytest.raises(OSError, match="disk full"):
        write_reports(exercise(), [grade("bob")], tmp_path)

    assert before == written(tmp_path)
    assert [] == [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_empty_class_gets_its_tables_without_rows(tmp_path):
    write_reports(exercise(), [], tmp_path)

    assert 1 == len(read_rows(tmp_path / "grades.csv"))
    assert 2 == len(read_rows(tmp_path / "canvas.csv"))
    assert "There are no submissions yet" in (tmp_path / "class.html").read_text()
    assert [] == list((tmp_path / "submissions").iterdir())


def test_a_thousand_submissions_are_written_and_only_graded_ones_have_points(tmp_path):
    made = class_at_random(1000)
    write_reports(exercise(), made, tmp_path)
    table = read_records(tmp_path / "grades.csv")
    failed = {one["folder"] for one in table if one["grader error"]}
    scores = {
        path.parent.name: json.loads(path.read_text()).get("score")
        for path in (tmp_path / "submissions").glob("*/results.json")
    }

    assert 1000 == len(table) == len(scores)
    assert sum(bool(one.grader_error) for one in made) == len(failed) > 5
    assert failed == {folder for folder, score in scores.items() if score is None}
    assert failed == {one["folder"] for one in table if one["points"] == ""}
    assert (tmp_path / "class.html").stat().st_size < 300_000


def test_a_grade_without_mistakes_says_how_it_ended():
    text = feedback_text(exercise(), grade("ann", {}, {"AffineForwardTest": "memory"}))

    assert "more than 1,024 MB" in text


def test_warnings_cost_nothing_but_are_told():
    text = feedback_text(exercise(), grade("ann", {"ReLUBackwardTest": ["D_OUT_CHANGED"]}))

    assert "100 of 100 points. All 9 tests passed." in text
    assert mistake("D_OUT_CHANGED").hint in text
    assert "Not needed for points" in text
