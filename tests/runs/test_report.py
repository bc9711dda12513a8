"""The report: well-formed, self-contained, and safe with any name."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree

import numpy as np
import pytest
from run_tables import NASTY, flowers, write_table
from typer.testing import CliRunner

from chainrule.cli import app
from chainrule.learning import History
from chainrule.runs import DataSettings, TrainingSettings, train, write_run
from chainrule.runs.findings import raw_row, shuffling_losses
from chainrule.runs.plots import thinned
from chainrule.runs.report import train_command
from chainrule.showing.code import highlighted
from chainrule.showing.text import printable, shortened
from html_page import Page

RUNS = ["regression", "binary", "digits"]


@pytest.fixture(params=RUNS)
def written(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def page(written) -> Page:
    return Page(written.report.read_text(encoding="utf-8"))


def test_tags_nest(page):
    assert [] == page.open


def test_nothing_is_loaded_from_outside(written, page):
    text = written.report.read_text(encoding="utf-8")
    targets = [a.get("href") or "" for _, a in page.tags if "href" in a]

    without_pictures = re.sub(r"data:image/png;base64,[\w+/=\s]*", "", text)
    assert not re.search(r"https?://|//\w|\bsrc\s*=|@import|url\((?!#)", without_pictures)
    assert all(target.startswith(("#", "data:image/png;base64,")) for target in targets)
    assert {"script", "link", "iframe", "object", "img"}.isdisjoint(tag for tag, _ in page.tags)
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_the_page_forbids_loading(page):
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)

    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" == policy


def test_references_lead_to_ids_on_the_page_once(page):
    ids = [a["id"] for _, a in page.tags if "id" in a]
    clips = re.findall(r"url\(#([^)]*)\)", " ".join(v or "" for _, a in page.tags for v in a.values()))
    links = [a["href"][1:] for _, a in page.tags if (a.get("href") or "").startswith("#")]

    assert len(ids) == len(set(ids))
    assert {*clips, *links} <= set(ids)


def test_the_main_score_is_there_in_large_type(written, page):
    score, measure = written.trained.scores.headline()

    assert f"{score}{measure} on test rows" in page.text


def test_the_report_is_small(written):
    assert written.report.stat().st_size < 400_000


def test_the_step_is_there_as_text_line_by_line(written):
    cells = re.findall(r"<td[^>]*><code>(.*?)</code></td>", written.report.read_text(encoding="utf-8"))

    assert written.trained.step_source.splitlines() == [Page(cell).text for cell in cells]


def test_names_from_the_user_are_text(binary):
    text = binary.report.read_text(encoding="utf-8")

    assert "<script" not in text
    assert "\x1b" not in text
    assert printable(NASTY) in Page(text).text


def test_every_plot_is_a_valid_file(written):
    for path in (written.place / "plots").iterdir():
        if path.suffix == ".svg":
            xml.etree.ElementTree.parse(path)
            assert "<dc:date>" not in path.read_text()
        else:
            assert path.read_bytes().startswith(b"\x89PNG")


def test_an_interrupted_run_says_so(binary, tmp_path):
    from dataclasses import replace

    history = History(rows=binary.trained.history.rows, interrupted=True)
    stopped = replace(binary.trained, history=history)

    text = write_run(tmp_path / "stopped", stopped, binary.data).read_text()

    assert "Training was stopped by Ctrl-C after 5 of 5 epochs" in text


def test_a_run_without_a_finished_epoch_has_a_report(binary, tmp_path):
    from dataclasses import replace

    stopped = replace(binary.trained, history=History(interrupted=True), best_epoch=None, step_source="")

    page = Page(write_run(tmp_path / "stopped", stopped, binary.data).read_text())

    assert "after 0 of 5 epochs" in page.text
    assert not (tmp_path / "stopped" / "step.py").exists()


def test_forty_classes_fit(tmp_path):
    labels = tuple(f"kind {number}" for number in range(40))
    table = write_table(tmp_path / "kinds.csv", flowers(400, labels=labels))
    data = DataSettings(str(table), "colour")
    trained = train(TrainingSettings(model="logistic", epochs=2), data.prepare(0), progress=False)

    report = write_run(tmp_path / "runs" / "kinds", trained, data)

    assert [] == Page(report.read_text()).open


def test_the_printed_command_trains_the_same_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = write_table(tmp_path / "my flowers.csv", flowers())
    data = DataSettings(table.name, "colour", scaling="minmax", drop=("wide",))
    settings = TrainingSettings(hidden=(4, 3), dropout=0.2, optimizer="adam", epochs=3, clip=1.5, batch=0, seed=5)
    trained = train(settings, data.prepare(5), progress=False)

    command = train_command(data, trained.settings, trained.prepared.preparation)
    result = CliRunner().invoke(app, [*shlex.split(command)[1:], "--name", "again"])

    assert 0 == result.exit_code, result.output
    trained.model.save(tmp_path / "first.safetensors")
    assert (tmp_path / "first.safetensors").read_bytes() == (
        tmp_path / "runs" / "again" / "model.safetensors"
    ).read_bytes()


def test_a_raw_row_is_what_the_table_held(regression):
    data = regression.trained.prepared
    first = raw_row(data.preparation, data.split.test.x[0])

    with open(regression.data.data) as file:
        rows = [line.strip().split(",") for line in file][1:]
    assert ["area", "age", "kind"] == [name for name, _ in first]
    assert [value for _, value in first] in [[f"{float(a):.5g}", b, c] for a, b, c, _ in rows]


def test_a_column_that_is_noise_is_not_missed(tmp_path):
    columns = flowers(300)
    columns["noise"] = np.random.default_rng(1).normal(size=300).round(3).tolist()
    data = DataSettings(str(write_table(tmp_path / "flowers.csv", columns)), "colour", drop=("wide",))
    trained = train(TrainingSettings(epochs=30), data.prepare(0), progress=False)

    losses = shuffling_losses(trained)

    assert losses["long"] > 20
    assert abs(losses["noise"]) < 10


def test_code_keeps_its_text_and_is_escaped():
    source = 'def f(x):  # a < b & "c"\n    d_x = 2.5 * x @ "<b>"\n\n    return d_x\n'

    page = Page(highlighted(source))

    assert source == page.text
    assert ["keyword", "comment", "gradient", "number", "string", "keyword", "gradient"] == [
        attributes["class"] for _, attributes in page.tags
    ]


@pytest.mark.parametrize("source", ["(", "'''", "", "<b>", "\n"])
def test_text_that_is_no_python_is_escaped_as_it_is(source):
    assert source == Page(highlighted(source)).text


def test_control_characters_are_spelled_out():
    assert r"a\x1b[2J\u202eb\nc" == printable("a\x1b[2J\u202eb\nc")
    assert "Größe 価格" == printable("Größe 価格")
    assert "abcde…jk" == shortened("abcdefghijk", 8)


def test_thinning_keeps_both_ends():
    values = thinned(np.arange(1001), 11)

    assert list(range(0, 1001, 100)) == values.tolist()
