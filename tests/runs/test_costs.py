"""Costs in the report: columns, bars and sentences of costs made up by hand, and what there is without times."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from run_tables import flowers, write_table

from chainrule.compiling import Cost, LineCost
from chainrule.learning import Solver
from chainrule.measuring import Rates
from chainrule.runs import DataSettings, TrainingSettings, train, write_run
from chainrule.runs.costs import cost_table
from html_page import Page

RATES = Rates({"float32": {64: 90.0, 256: 100.0}, "float64": {64: 50.0}}, None, None, {1024: 80.0})
SOURCE = "# kept between calls: buffer1 (3,)\ndef step(x, w):\n    d = x @ w\n    p = np.exp(d)\n    return p\n"
LARGE = 10**6


def cost_of(*rows: LineCost, rates: Rates | None = RATES) -> Cost:
    sums = {name: sum(getattr(row, name) for row in rows) for name in ("flops", "read", "written", "saved")}
    times = {name: sum(getattr(row, name) for row in rows) for name in ("seconds", "needed")}
    return Cost("step", rows, LineCost("total", **sums, **times, known=all(row.known for row in rows)), rates)


# 60 + 38 + 2 microseconds.
TIMED = cost_of(
    LineCost("d = x @ w", 132_000, 2 * LARGE, LARGE, 0, 60e-6, 30e-6),
    LineCost("p = np.exp(d)", 640, 900, 100, 2560, 38e-6, 0.2e-6),
    LineCost("return p", 0, 0, 0, 0, 2e-6, 0.0),
)
COUNTED = cost_of(*(replace(row, seconds=0.0, needed=0.0) for row in TIMED.rows), rates=None)


def test_a_column_for_each_figure():
    table = cost_table(SOURCE, TIMED)

    assert ("share of time", "time", "arithmetic", "bytes moved", "saved", "of roofline") == table.columns
    assert [
        (),
        (),
        ("60 %", "60.0 µs", "132 k", "3 MB", "", "50 %"),
        ("38 %", "38.0 µs", "640", "1 kB", "2.56 kB", "< 1 %"),
        ("2 %", "2.0 µs", "", "", "", ""),
    ] == [row.cells for row in table.rows]
    assert ("100 %", "100.0 µs", "133 k", "3 MB", "2.56 kB", "30 %") == table.total


def test_bars_are_held_against_the_longest_line():
    assert [0, 0, 1, 38 / 60, 2 / 60] == pytest.approx([row.bar for row in cost_table(SOURCE, TIMED).rows])


def test_the_lines_are_the_text():
    assert SOURCE.splitlines() == [Page(row.code).text for row in cost_table(SOURCE, TIMED).rows]


def test_one_sentence_says_what_takes_the_time_and_how_far_from_the_roofline_it_is():
    table = cost_table(SOURCE, TIMED)

    assert "A step takes 100 µs, at 30 % of this machine's roofline: 60 % of the time goes to d = x @ w" == (
        table.before + Page(str(table.line)).text + table.after
    )


def test_several_lines_that_take_half_of_the_time_are_counted():
    row = TIMED.rows[1]
    table = cost_table(SOURCE, cost_of(*(replace(row, seconds=part * 1e-3) for part in (0.7, 0.9, 1.4))))

    assert table.before.startswith("A step takes 3 ms, ")
    assert ", and 2 of 3 lines take half" == table.after


def test_long_times_are_in_milliseconds_all_of_them():
    row = TIMED.rows[0]
    table = cost_table(SOURCE, cost_of(replace(row, seconds=1.5), replace(row, seconds=1e-5), row))

    assert ["1,500.00 ms", "0.01 ms", "0.06 ms"] == [row.cells[1] for row in table.rows if row.cells]


def test_what_is_as_fast_as_the_machine_is_not_called_far():
    fast = cost_of(*(replace(row, needed=row.seconds) for row in TIMED.rows))

    assert ", as fast as this machine was measured to be: " in cost_table(SOURCE, fast).before


@pytest.mark.parametrize(("moved", "said"), [(1000, True), (LARGE, False)])
def test_larger_batches_are_advised_for_small_arrays_alone(moved, said):
    table = cost_table(SOURCE, cost_of(*(replace(row, read=moved, written=0) for row in TIMED.rows)))

    assert said == any("Larger batches" in note for note in table.notes)


def test_the_rates_behind_the_roofline_are_told():
    notes = " ".join(cost_table(SOURCE, TIMED).notes)

    assert "100 billion in float32, 50 billion in float64" in notes
    assert "80 GB/s" in notes


def test_without_times_arithmetic_is_compared():
    table = cost_table(SOURCE, COUNTED)

    assert ("share of arithmetic", "arithmetic", "bytes moved", "saved") == table.columns
    assert [("> 99 %", "132 k", "3 MB", ""), ("< 1 %", "640", "1 kB", "2.56 kB"), ("", "", "", "")] == [
        row.cells for row in table.rows if row.cells
    ]
    assert "A step does 133 k multiplications and additions: > 99 % of them are in " == table.before
    assert "no" in table.after
    assert "not measured" in table.notes[0]
    assert not any(word in f"{table.notes} {table.columns}" for word in ("roofline", "Timed", "microsecond"))


def test_arithmetic_that_nobody_knows_is_marked():
    table = cost_table(SOURCE, cost_of(replace(TIMED.rows[0], known=False), *TIMED.rows[1:]))

    assert ["132 k?", "640", ""] == [row.cells[2] for row in table.rows if row.cells]
    assert table.notes[-1].startswith("? ")


def test_a_step_that_does_nothing_has_a_table():
    idle = replace(TIMED.rows[-1], seconds=0.0)

    assert "0 %" == cost_table(SOURCE, cost_of(idle, idle, idle)).total[0]
    assert "" == cost_table(SOURCE, cost_of(idle, idle, idle, rates=None)).rows[-1].cells[0]


# -- in a report


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> DataSettings:
    return DataSettings(str(write_table(tmp_path_factory.mktemp("costs") / "flowers.csv", flowers())), "colour")


def report(trained, data, folder) -> str:
    return write_run(folder / "run", trained, data).read_text(encoding="utf-8")


def test_text_of_a_line_is_escaped(binary, tmp_path):
    row = LineCost("<script>alert(1)</script>", 1, 8, 8, 0, 1e-6, 1e-6)
    text = report(replace(binary.trained, cost=cost_of(row)), binary.data, tmp_path)

    assert "<script" not in text
    assert "<script>alert(1)</script>" in Page(text).text


def test_bars_are_as_long_as_their_part(binary, tmp_path):
    text = report(replace(binary.trained, cost=TIMED), binary.data, tmp_path)

    assert ["width:100.0%", "width:63.3%", "width:3.3%"] == [a["style"] for tag, a in Page(text).tags if tag == "i"]


def test_xla_has_counts_and_says_why_it_has_no_times(binary, tmp_path):
    settings = replace(binary.trained.settings, engine="xla")
    text = report(replace(binary.trained, cost=COUNTED, settings=settings), binary.data, tmp_path)

    assert "XLA makes one program of all lines, so that none has a time of its own" in Page(text).text
    assert "µs" not in Page(text).text
    written = json.loads((tmp_path / "run" / "cost.json").read_text())
    assert ("xla", None) == (written["engine"], written["rates"])
    assert {"line", "flops", "read", "written", "saved", "known"} == set(written["rows"][0]) == set(written["total"])


def test_eager_has_no_text_and_no_costs(data, tmp_path):
    trained = train(TrainingSettings(hidden=(3,), epochs=1, engine="eager"), data.prepare(0), progress=False)
    text = report(trained, data, tmp_path)

    assert trained.cost is None
    assert "The eager engine called the ops one by one" in Page(text).text
    assert not (tmp_path / "run" / "cost.json").exists()


def test_a_trained_model_is_not_lost_for_want_of_memory(data, tmp_path, monkeypatch):
    def no_memory(self):
        raise MemoryError

    monkeypatch.setattr(Solver, "cost", no_memory)
    trained = train(TrainingSettings(hidden=(3,), epochs=1), data.prepare(0), progress=False)

    assert trained.step_source.strip() in Page(report(trained, data, tmp_path)).text
    assert not (tmp_path / "run" / "cost.json").exists()
