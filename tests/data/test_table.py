"""Tables hold numbers or text and know where each row stood."""

import numpy as np
import pytest

from chainrule.data import Table


def test_whole_numbers_and_booleans_become_float64():
    table = Table("t", {"a": [1, 2], "b": np.array([True, False]), "c": np.array([1, 2], dtype=np.uint8)})

    assert {np.dtype(np.float64)} == {values.dtype for values in table.columns.values()}


def test_missing_text_becomes_empty():
    table = Table("t", {"a": ["x", "NA", "None", "", "nullable"]})

    assert ["x", "", "", "", "nullable"] == table.columns["a"].tolist()


def test_rows_remember_their_places():
    table = Table("t", {"a": [1, 2, 3]}, places=np.array([2, 5, 9]), unit="line")
    rows = table.rows(np.array([2, 0]))

    assert [3.0, 1.0] == rows.columns["a"].tolist()
    assert ("line 9", "line 2") == (rows.where(0), rows.where(1))
    assert "index 1" == Table("t", {"a": [1, 2, 3]}).rows(np.array([1])).where(0)


def test_a_missing_column_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"houses: no column 'Prise'; .* 'area', 'price'. Did you mean 'price'?"):
        Table("houses", {"area": [1], "price": [2]}).column("Prise")


def test_many_columns_are_listed_in_part():
    with pytest.raises(ValueError, match="'c19' and 10 more"):
        Table("t", {f"c{number}": [1] for number in range(30)}).column("other")


def test_text_is_no_number():
    with pytest.raises(ValueError, match="column 'a', index 1: 'x' is not a number"):
        Table("t", {"a": ["1", "x"]}).numbers("a")


def test_numbers_are_no_text():
    with pytest.raises(ValueError, match=r"column 'a' holds numbers, such as 2.0; .*categories=\('a',\)"):
        Table("t", {"a": [np.nan, 2.0]}).texts("a")


def test_a_column_without_values_may_be_either():
    table = Table("t", {"a": [np.nan, np.nan]})

    assert ["", ""] == table.texts("a").tolist()
    assert np.isnan(table.numbers("a")).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "no columns"),
        ({"a": [1, 2], "b": [1]}, "column 'a' has 2 rows and 'b' 1"),
        ({"a": [[1, 2]]}, r"column 'a' has shape \(1, 2\)"),
        ({"a": [1, None]}, "dtype object"),
        ({"a": [1j]}, "dtype complex128"),
        ({"a": [1.0, -np.inf]}, "column 'a', index 1: -inf is not a finite number"),
    ],
)
def test_what_is_no_table_is_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        Table("t", columns)
