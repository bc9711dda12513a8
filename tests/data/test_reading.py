"""read_table: what a file holds, and what is refused."""

import csv
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.data import read_table


@pytest.fixture
def table_of(tmp_path):
    """Write the text to a file and read it as a table."""

    def read(text, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_table(path, **options)

    return read


def test_numbers_and_text_are_told_apart(table_of):
    table = table_of("area,kind\n50,flat\n-7.5e1,house\n")

    assert np.float64 == table.columns["area"].dtype
    assert [50.0, -75.0] == table.columns["area"].tolist()
    assert "U" == table.columns["kind"].dtype.kind
    assert ["flat", "house"] == table.columns["kind"].tolist()
    assert 2 == len(table)
    assert "table.csv" == table.name


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(table_of, delimiter):
    table = table_of("a,b,c\n1,2,x\n".replace(",", delimiter))

    assert ["a", "b", "c"] == list(table.columns)


def test_a_semicolon_file_may_hold_commas(table_of):
    assert ["1,2,3", "4"] == table_of("a;b\nx;1,2,3\ny;4\n", categories=["b"]).columns["b"].tolist()


def test_a_comma_file_may_hold_semicolons(table_of):
    assert ["p;q;r", "s"] == table_of("a,b\n1,p;q;r\n2,s\n").columns["b"].tolist()


def test_a_single_column_needs_no_delimiter(table_of):
    assert [1.0, 2.0] == table_of("a\n1\n2\n").columns["a"].tolist()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_read(table_of, end):
    assert [1.0, 2.0] == table_of(end.join(["a,b", "1,x", "2,y"])).columns["a"].tolist()


def test_a_byte_order_mark_is_no_part_of_the_first_name(table_of):
    assert ["größe", "b"] == list(table_of("größe,b\n1,2\n".encode("utf-8-sig")).columns)


def test_quoted_fields_hold_delimiters_quotes_and_lines(table_of):
    table = table_of('a,"b, c"\n"one, ""two""",1\n"three\nfour",2\n')

    assert ["a", "b, c"] == list(table.columns)
    assert ['one, "two"', "three\nfour"] == table.columns["a"].tolist()


def test_space_around_fields_is_dropped(table_of):
    table = table_of('a, b\n1 , x\n2, "y, z"\n')

    assert ["x", "y, z"] == table.columns["b"].tolist()


@pytest.mark.parametrize("mark", ["", "NA", "na", "NaN", "nan", "NULL", "null", "None", " NA "])
def test_missing_values_are_nan_among_numbers_and_empty_among_text(table_of, mark):
    table = table_of(f"a,b\n1,x\n{mark},{mark}\n")

    np.testing.assert_array_equal([1.0, np.nan], table.columns["a"])
    assert ["x", ""] == table.columns["b"].tolist()


def test_blank_lines_are_skipped_and_counted(table_of):
    table = table_of('a,b\n\n1,x\n\n2,"y\nz"\n3,w\n')

    assert ["line 3", "line 5", "line 7"] == [table.where(row) for row in range(3)]


def test_categories_are_read_as_they_stand(table_of):
    assert ["007", "12"] == table_of("zip,n\n007,1\n12,2\n", categories=["zip"]).columns["zip"].tolist()


@pytest.mark.parametrize("text", ["1_000", "٣", "0x10", "1.2.3", "1e", "--1"])
def test_what_only_looks_like_a_number_is_text(table_of, text):
    assert "U" == table_of(f"a,b\n{text},1\n{text},2\n").columns["a"].dtype.kind


@given(
    rows=st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])).map(str.strip),
        ),
        min_size=1,
    ),
    delimiter=st.sampled_from(",;\t"),
)
def test_what_the_csv_module_writes_reads_back(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("number", "text"), *((repr(number), cell) for number, cell in rows)])
    path.write_bytes(text.getvalue().encode())
    table = read_table(path, categories=["text"])
    missing = {"", "na", "nan", "null", "none"}

    assert [number for number, _ in rows] == table.columns["number"].tolist()
    assert ["" if cell.lower() in missing else cell for _, cell in rows] == table.columns["text"].tolist()


# ------------------------------------------------------------------------------------------- bad files


def test_a_missing_file_is_named_with_the_nearest(tmp_path):
    (tmp_path / "houses.csv").write_text("a\n1\n")

    with pytest.raises(FileNotFoundError, match=r"house\.csv: no such file. Did you mean 'houses\.csv'"):
        read_table(tmp_path / "house.csv")
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*data either"):
        read_table(tmp_path / "data" / "houses.csv")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not a file"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"table\.csv is empty"),
        ("\n \n", r"table\.csv is empty"),
        (b"\xef\xbb\xbf", r"table\.csv is empty"),
        ("a,b\n", "column names but no rows"),
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 fields, separated by ','; the first line names 2 columns"),
        ("a,b\n1,2\n\n1\n", "line 4: 1 fields"),
        ('a,b\n"1\n2",2\n1\n', "line 4: 1 fields"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3 are both named 'a'"),
        ("a,,c\n1,2,3\n", "column 2 has no name"),
        ("1,2\n3,4\n", "the first line holds only numbers .'1', '2'.; expected column names"),
        (b"a,b\n1,\xe9\n", "byte 6 is 0xe9, which is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        ('a,b\n1,2\n3,"4\n', "line 3: unexpected end of data. Check the quotes"),
        ('a,b\n1,"2"3\n', "line 2: .* Check the quotes"),
        ("a,b\n1,2\n2,inf\n", "column 'b', line 3: 'inf' is not a finite number"),
        ("a,b\n1,2\n2,-Infinity\n", "column 'b', line 3: '-Infinity' is not a finite number"),
        ("a,b\n1,2\n2,1e999\n", "column 'b', line 3: '1e999' is not a finite number"),
        ("a;b\nx;3,5\ny;4,5\n", "column 'b', line 2: '3,5' is not a finite number such as -3.5"),
        ('a,b\nx,"1,234"\ny,999\n', "column 'b', line 2: '1,234' is not a finite number"),
    ],
)
def test_what_is_no_table_is_refused(table_of, text, message):
    with pytest.raises(ValueError, match=message):
        table_of(text)


def test_an_unknown_category_column_is_named(table_of):
    with pytest.raises(ValueError, match=r"no column 'zip'; the columns are 'zipp', 'b'. Did you mean 'zipp'?"):
        table_of("zipp,b\n1,2\n", categories=["zip"])


def test_a_little_text_among_numbers_is_refused_with_its_line(table_of):
    numbers = "".join(f"{number},1\n" for number in range(4))

    with pytest.raises(ValueError, match=r"'a', line 6: 'tall' is not .* 4 of the column's 5 .*\('a',\)"):
        table_of("a,b\n" + numbers + "tall,1\n,1\n")


def test_much_text_among_numbers_is_text(table_of):
    assert ["1", "2", "3", "x"] == table_of("a,b\n1,1\n2,1\n3,1\nx,1\n").columns["a"].tolist()


def test_a_document_in_a_column_is_refused(table_of):
    rows = "".join("x,1\n" for _ in range(1000))

    with pytest.raises(ValueError, match="entries of up to 100000 characters, too long for a category"):
        table_of("a,b\n" + "x" * 100_000 + ",1\n" + rows)


# ----------------------------------------------------------------------------------------------- .npz


def test_arrays_of_an_npz_file_are_columns(tmp_path):
    np.savez(tmp_path / "t.npz", x=np.arange(6).reshape(3, 2), y=np.array(["a", "b", "NA"]), z=np.ones((3, 1)))
    table = read_table(tmp_path / "t.npz")

    assert ["x_0", "x_1", "y", "z"] == list(table.columns)
    assert [1.0, 3.0, 5.0] == table.columns["x_1"].tolist()
    assert ["a", "b", ""] == table.columns["y"].tolist()
    assert "index 2" == table.where(2)


def test_numbers_of_an_npz_file_may_be_read_as_categories(tmp_path):
    np.savez(tmp_path / "t.npz", a=np.array([3.0, 0.1, np.nan]), b=np.array([7, 8, 9]))
    table = read_table(tmp_path / "t.npz", categories=["a", "b"])

    assert ["3", "0.1", ""] == table.columns["a"].tolist()
    assert ["7", "8", "9"] == table.columns["b"].tolist()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((3, 2)), "y": np.zeros(4)}, "column 'x_0' has 3 rows and 'y' 4"),
        ({"x": np.zeros((3, 2, 2))}, r"'x' has shape \(3, 2, 2\)"),
        ({"x": np.array(1.0)}, r"'x' has shape \(\)"),
        ({"x": np.zeros((3, 2)), "x_0": np.zeros(3)}, "two arrays give a column 'x_0'"),
        ({"x": np.zeros(0)}, "columns but no rows"),
        ({}, "no columns"),
        ({"x": np.array([1.0, np.inf])}, "column 'x', index 1: inf is not a finite number"),
        ({"x": np.array([1, "a", None], dtype=object)}, "cannot be read: .*pickle"),
        ({"x": np.array([1j])}, "dtype complex128"),
    ],
)
def test_arrays_that_are_no_table_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "t.npz", **arrays)

    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / "t.npz")


def test_a_truncated_or_foreign_npz_file_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "whole.npz", x=np.random.default_rng(0).random(1000))
    whole = (tmp_path / "whole.npz").read_bytes()
    spoilt = whole[:300] + bytes(100) + whole[400:]
    for name, content in {"cut": whole[:500], "text": b"a,b\n1,2\n", "empty": b"", "spoilt": spoilt}.items():
        (tmp_path / f"{name}.npz").write_bytes(content)

        with pytest.raises(ValueError, match=rf"{name}\.npz (is not an .npz file|cannot be read)"):
            read_table(tmp_path / f"{name}.npz")


def test_a_zip_file_of_other_things_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(ValueError, match=r"'readme\.txt' has shape \(\)"):
        read_table(tmp_path / "t.npz")
