"""The house prices: a made-up table of the right size, and the real one, read with the csv module to compare."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from chainrule.data import housing, prepare
from real_data import needs_housing

NAMES = ["Id", "MSSubClass", *(f"c{number}" for number in range(78)), "SalePrice"]


def write_table(folder, rows=1460, names=NAMES):
    with (folder / "housing_train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([names, *([row % 7] * len(names) for row in range(rows))])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    return tmp_path


def test_kinds_of_houses_are_text_although_they_look_like_numbers(folder):
    write_table(folder)
    table = housing()

    assert ["0", "1", "2"] == table.texts("MSSubClass")[:3].tolist()
    assert [0.0, 1.0, 2.0] == table.numbers("SalePrice")[:3].tolist()


@pytest.mark.parametrize(("rows", "names"), [(1459, NAMES), (1461, NAMES), (1460, NAMES[:-1])])
def test_a_table_of_another_size_is_refused(folder, rows, names):
    write_table(folder, rows, names)

    message = f"housing_train.csv has {rows} rows and {len(names)} columns; expected 1460 and 81"
    with pytest.raises(ValueError, match=message):
        housing()


def test_a_table_that_was_cut_within_a_line_is_refused(folder):
    write_table(folder)
    path = folder / "housing_train.csv"
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(ValueError, match=r"housing_train\.csv, line 1461: .* fields"):
        housing()


# -------------------------------------------------------------------------------------- the real file


@needs_housing
def test_real_table_has_the_published_size_and_ranges():
    table = housing()

    assert (1460, 81) == (len(table), len(table.columns))
    assert (334.0, 5642.0) == (table.numbers("GrLivArea").min(), table.numbers("GrLivArea").max())
    assert (34_900.0, 755_000.0) == (table.numbers("SalePrice").min(), table.numbers("SalePrice").max())


@needs_housing
def test_real_table_is_what_the_csv_module_reads():
    with Path(os.environ["CHAINRULE_DATA"], "housing_train.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = housing()

    assert list(rows[0]) == list(table.columns)
    for name in ("Id", "LotFrontage", "GarageYrBlt", "SalePrice"):
        expected = [float("nan") if row[name] == "NA" else float(row[name]) for row in rows]
        np.testing.assert_array_equal(expected, table.numbers(name))
    for name in ("MSSubClass", "Alley", "Neighborhood", "PoolQC"):
        assert ["" if row[name] == "NA" else row[name] for row in rows] == table.texts(name).tolist()


@needs_housing
def test_real_table_can_be_prepared():
    prepared = prepare(housing(), target="SalePrice", drop=("Id",), missing="mean", rng=0)

    assert "regression" == prepared.preparation.task
    assert 876 == len(prepared.split.train)
