"""What a run prints and leaves: tables, JSON and pictures, from results that are written down here."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.peers import growth, growth_picture, picture, printed, saving
from benchmarks.peers.workloads import Workload
from peer_results import CIRCUMSTANCES, result, step

import chainrule

PNG = b"\x89PNG"


def small():
    found = result(
        numpy=step(43.0, device="CPU"),
        chainrule_numpy=step(42.0, scaled=True),
        chainrule_xla={"gap": "not installed"},
        torch_eager=step(250.0),
    )
    spread = {"median": 0.5, "low": 0.4, "high": 0.6}
    found["once"] = {
        "numpy": {"import_seconds": spread, "first_step": spread, "peak_memory": {"median": 2**25}, "size": 2**26,
                  "size_with_requirements": 2**26},
        "mygrad": {"gap": "not installed"},
    }  # fmt: skip
    found["accuracy"] = {"numpy": {"seconds": spread, "accuracies": [0.96, 0.97]}, "mygrad": {"gap": "not installed"}}
    return found


def cells_of(table):
    return [list(column.cells) for column in table.columns]


def test_the_table_has_times_multiples_and_gaps():
    names, steps = cells_of(printed.step_table(small()))

    assert ["NumPy by hand", "chainrule, numpy engine", "chainrule, xla engine", "PyTorch eager"] == names
    assert ["43 us (1.00)", "42 us (0.98) *", "not installed", "250 us (5.81)"] == steps


def test_what_is_paid_once_has_a_table():
    columns = cells_of(printed.once_table(small()))

    assert ["500 ms", "500 ms", "32 MiB", "64 MiB", "64 MiB", "500 ms, 2 epochs"] == [cells[0] for cells in columns[1:]]
    assert "not installed" == columns[1][1]


def test_notes_say_where_it_ran():
    assert ["ran on  NumPy by hand: CPU", "LogisticRegression: not measured"] == printed.notes(small())


def test_a_picture_and_json_are_written(tmp_path):
    files = saving.save(tmp_path / "new", "peers", small(), picture.draw(small()))

    assert ["peers.json", "peers.png"] == [file.name for file in files]
    assert small() == json.loads(files[0].read_text())
    assert files[1].read_bytes().startswith(PNG)
    assert 2 == len(list((tmp_path / "new").iterdir()))


def test_a_picture_that_fails_leaves_the_old_files(tmp_path):
    saving.save(tmp_path, "peers", small(), picture.draw(small()))
    before = (tmp_path / "peers.json").read_text()

    def fails(*arguments, **options):
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError, match="no room"):
        saving.save(tmp_path, "peers", {"other": 1}, SimpleNamespace(savefig=fails))

    assert before == (tmp_path / "peers.json").read_text()


def test_bars_are_the_fastest_first_and_gaps_apart():
    cells = small()["workloads"][0]["cells"]

    assert ["chainrule-numpy", "numpy", "torch-eager"] == [bar.name for bar in picture.bars_of(cells)]
    assert [42 / 43, 1.0, 250 / 43] == pytest.approx([bar.times for bar in picture.bars_of(cells)])
    assert ["chainrule, xla engine: not installed"] == picture.gaps_of(cells)


def test_circumstances_name_no_machine_and_no_folder():
    found = saving.circumstances(chainrule.machine())

    assert {"versions", "system", "processor", "cores", "memory", "blas"} == found.keys()
    assert {"name", "version", "kernels", "threads"} == found["blas"].keys()
    assert np.__version__ == found["versions"]["numpy"]


def test_the_least_time_counts_products_and_bytes():
    workload = Workload("two", "two", (3, 5, 2), 8, 4, "float32", "cross entropy", 0.1, 1)

    arithmetic, moved = growth.traffic(workload)

    # x w1, h w2, h' d2, d2 w2', x' d1: 2 * 4 rows * (15 + 10 + 10 + 10 + 15)
    assert 480 == arithmetic
    # weights and biases (15 + 5 + 10 + 2) read and written; 4 rows of x once, of both outputs twice
    assert 4 * (2 * 32 + 4 * (3 + 2 * 7)) == moved


def test_points_change_one_thing():
    assert ((256, 256, 256, 10), 128) == (growth.point("width", 256).sizes, growth.point("width", 256).batch)
    assert ((256, 256, 10), 128) == (growth.point("depth", 1).sizes, growth.point("depth", 1).batch)
    assert 131072 == growth.point("batch", 65536).rows


def test_labels_that_end_together_are_pushed_apart():
    gap = growth_picture.APART

    assert [0.2, 0.8] == growth_picture.apart([0.2, 0.8])
    assert [0.5 - gap / 2, 0.5 + gap / 2] == pytest.approx(growth_picture.apart([0.5, 0.5]))
    assert [1 - gap, 1.0] == pytest.approx(growth_picture.apart([1.1, 1.1]))


@pytest.mark.parametrize("device", [{}, {"device": {"name": "a GPU", "products": 1e13, "movement": 1e12}}])
def test_curves_become_a_picture(device, tmp_path):
    def at(name, value):
        cells = {"numpy": step(value), "chainrule-numpy": step(0.9 * value), "torch-eager": {"gap": "not installed"}}
        least = {"arithmetic": value / 2e6, "bytes": value / 4e6}
        return {name: value, "least": least, "cells": cells} | ({"least_on_device": least} if device else {})

    found = {
        "circumstances": CIRCUMSTANCES,
        "rates": {"products": {"float32": {"64": 20.0, "1024": 100.0}}, "copy": 10.0, **device},
        "base": {"batch": 128, "width": 256, "depth": 2},
        "sweeps": {name: [at(name, value) for value in (16, 64)] for name in ("batch", "width", "depth")},
    }

    files = saving.save(tmp_path, "growth", found, growth_picture.draw(found))

    assert files[1].read_bytes().startswith(PNG)
