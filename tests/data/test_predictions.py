"""Predictions as CSV."""

import csv

import numpy as np
import pytest

from chainrule.data import read_table, write_predictions


def test_numbers_read_back_exactly(tmp_path):
    values = np.random.default_rng(0).standard_normal(20) * 10.0 ** np.arange(-10, 10)

    write_predictions(tmp_path / "p.csv", {"price": values})

    np.testing.assert_array_equal(values, np.loadtxt(tmp_path / "p.csv", skiprows=1))
    np.testing.assert_array_equal(values, read_table(tmp_path / "p.csv").columns["price"])


def test_float32_is_written_as_short_as_it_is(tmp_path):
    write_predictions(tmp_path / "p.csv", {"p": np.array([0.1], dtype=np.float32)})

    assert "p\n0.1\n" == (tmp_path / "p.csv").read_text()


def test_columns_of_all_kinds_stand_side_by_side(tmp_path):
    write_predictions(
        tmp_path / "p.csv",
        {"label": np.array(["a, b", 'say "c"']), "digit": np.array([3, -4]), "score": [np.nan, 0.5]},
    )

    assert 'label,digit,score\n"a, b",3,\n"say ""c""",-4,0.5\n' == (tmp_path / "p.csv").read_text()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_text_that_starts_a_formula_is_escaped(tmp_path, text):
    write_predictions(tmp_path / "p.csv", {text: [text], "plain": np.array([text])})
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.reader(file))

    assert [["'" + text, "plain"], ["'" + text, "'" + text]] == rows


def test_negative_numbers_are_not_escaped(tmp_path):
    write_predictions(tmp_path / "p.csv", {"a": [-1, -2.5], "b": np.array([-1.5, -0.0])})

    assert "a,b\n-1,-1.5\n-2.5,-0.0\n" == (tmp_path / "p.csv").read_text()


def test_columns_of_different_length_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"lengths {'a': 1, 'b': 2}"):
        write_predictions(tmp_path / "p.csv", {"a": [1], "b": [1, 2]})

    assert [] == list(tmp_path.iterdir())
