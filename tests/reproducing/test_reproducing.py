"""The sheets run again: how numbers are compared, what absent data mean, what is printed and written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from chainrule.cli import app
from chainrule.reproducing import SHEETS, Experiment, Finding, Outcome, Sheet, chosen_sheets, run
from chainrule.reproducing.experiment import Results, among, digits, equal, near, within
from chainrule.reproducing.report import render_report
from chainrule.reproducing.terminal import show, summary
from real_data import needs_housing, needs_mnist

NASTY = "<script>alert(1)</script> \x1b[2J"


def no_data():
    raise FileNotFoundError("mnist is not here. Run chainrule data fetch mnist.")


def finding(good, printed="1.5"):
    return Finding("loss", printed, "1.5" if good else "1.6", good, "digit for digit")


def sheet(*experiments):
    return Sheet("sheet-1", "A sheet", experiments)


GOOD = Experiment("agrees", lambda: Results([finding(True)]))
BAD = Experiment("does not", lambda: Results([finding(True), finding(False)]))
ABSENT = Experiment("lacks data", no_data, needs="mnist")


def outcomes(*experiments):
    return list(run([sheet(*experiments)]))


# -- comparing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (digits("", "2.3026 0.2275", [2.30259, 0.22749], ".4f"), digits("", "2.3026 0.2275", [2.3027, 0.2275], ".4f")),
        (equal("", "533 167", "533 167"), equal("", "533 167", "533 168")),
        (within("", "0.94", 0.96, 0.93, 0.96, ".2f"), within("", "0.94", 0.961, 0.93, 0.96, ".2f")),
        (among("", "0.5", [0.4, 0.6], ".1f"), among("", "0.7", [0.4, 0.6], ".1f")),
        (near("", "0", 1e-13, 1e-12), near("", "0", 1e-11, 1e-12)),
        (near("", "0", 0.0, 0), near("", "0", 1e-300, 0)),
        (near("", "0", 0.0, 1e-12), near("", "0", np.nan, 1e-12)),
    ],
)
def test_what_agrees_is_told_from_what_does_not(good, bad):
    assert good.reproduced
    assert not bad.reproduced


def test_verdicts_tell_a_sheets_number_from_a_property():
    verdicts = [finding(True), finding(False), near("", "0", 0.0, 1), near("", "0", 2.0, 1)]

    assert ["reproduced", "differs", "holds", "fails"] == [one.verdict for one in verdicts]


# -- running ---------------------------------------------------------------------------------------------------


def test_what_needs_absent_data_does_not_count_as_reproduced():
    (outcome,) = outcomes(ABSENT)

    assert "chainrule data fetch mnist" in outcome.missing
    assert not outcome.reproduced


def test_one_differing_number_is_enough():
    assert [True, False] == [outcome.reproduced for outcome in outcomes(GOOD, BAD)]


def test_a_missing_file_of_an_experiment_that_needs_none_is_an_error():
    with pytest.raises(FileNotFoundError):
        outcomes(Experiment("broken", no_data))


def test_the_summary_counts_each_kind():
    expected = "1 of 3 experiments reproduced, 1 differ, 1 not run for want of data: chainrule data fetch mnist"

    assert expected == summary(outcomes(GOOD, BAD, ABSENT))


def test_sheets_are_chosen_by_name_in_their_own_order():
    assert ["i2dl-4", "edf-1"] == [one.name for one in chosen_sheets(["edf-1", "i2dl-4"])]
    assert list(SHEETS) == [one.name for one in chosen_sheets([])]


def test_an_unknown_sheet_is_named_with_the_nearest():
    with pytest.raises(ValueError, match=r"no sheet 'edf'; there are i2dl-4, .*edf-1\. Did you mean 'edf-1'\?"):
        chosen_sheets(["edf"])


# -- showing ---------------------------------------------------------------------------------------------------


def test_the_table_shows_both_numbers_and_the_verdict(capsys):
    show(outcomes(GOOD, BAD, ABSENT))
    printed = capsys.readouterr().out

    assert re.search(r"loss\s+1\.5\s+1\.6\s+differs", printed)
    assert re.search(r"loss\s+1\.5\s+1\.5\s+reproduced", printed)
    assert re.search(r"lacks data\s+needs mnist\s+not run", printed)


def test_text_of_findings_is_made_safe(capsys):
    nasty = Experiment(NASTY, lambda: Results([Finding(NASTY, NASTY, NASTY, True, NASTY)]))
    results = outcomes(nasty)
    show(results)
    page = render_report(results)

    assert "\x1b" not in capsys.readouterr().out
    assert "<script" not in page


def test_the_report_is_one_page_that_needs_nothing_but_itself():
    (softmax, *_) = SHEETS["tum-ml-9"].experiments
    page = render_report(outcomes(softmax))

    assert page.count("<svg") == 1
    assert "2.3026 0.2275 0.1599" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)


def test_plots_of_all_experiments_have_names_of_their_own():
    results = [outcome for outcome in run(chosen_sheets(["i2dl-5", "edf-1"])) if outcome.missing is None]
    names = [plot.name for outcome in results for plot in outcome.results.plots]

    assert len(set(names)) == len(names) > 1


# -- the command -----------------------------------------------------------------------------------------------


def reproduce(*words):
    return CliRunner().invoke(app, ["reproduce", *map(str, words)])


def test_without_data_the_command_says_so_and_fails(tmp_path, monkeypatch):
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    result = reproduce("edf-1", "--out", tmp_path / "sheets.html")

    assert 1 == result.exit_code
    assert "2 of 5 experiments reproduced, 3 not run for want of data: chainrule data fetch mnist" in result.stdout
    assert "not run" in (tmp_path / "sheets.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["edf-2"], "no sheet 'edf-2'"),
        (["edf-1", "--out", "missing/sheets.html"], "the folder missing does not exist"),
        (["edf-1", "--out", "."], "not a regular file"),
    ],
)
def test_bad_input_costs_one_line_and_no_time(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = reproduce(*words)

    assert 1 == result.exit_code
    assert said in result.stderr
    assert 1 == len(result.stderr.splitlines())
    assert [] == list(tmp_path.iterdir())


def test_help_has_an_example():
    assert "chainrule reproduce tum-ml-9 edf-1 --out sheets.html" in reproduce("--help").stdout


@needs_mnist
@needs_housing
def test_every_experiment_of_every_sheet_is_reproduced(tmp_path):
    command = [sys.executable, "-W", "error", "-c", "from chainrule.cli import main; main()", "reproduce"]
    environment = {**os.environ, "CHAINRULE_DATA": str(Path(os.environ["CHAINRULE_DATA"]).resolve())}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=600, env=environment)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "15 of 15 experiments reproduced" in done.stdout
    assert (tmp_path / "reproduction.html").stat().st_size < 1e6


def test_outcomes_are_records():
    (outcome,) = outcomes(GOOD)

    assert isinstance(outcome, Outcome)
    assert outcome.seconds >= 0
