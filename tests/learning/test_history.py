"""The history: plain values in, the same values back from files."""

import json
import math

import numpy as np
import pytest

from chainrule.learning.history import COLUMNS, History


@pytest.fixture
def history():
    history = History()
    history.append(epoch=0, train_loss=2.302585092994046, learning_rate=0.1, seconds=1e-7)
    history.append(epoch=1, train_loss=0.1 + 0.2, validation_loss=1 / 3, learning_rate=0.1, seconds=0.25)
    return history


def test_rows_have_every_column():
    history = History()
    history.append(epoch=0, train_loss=1.5)

    assert [dict(zip(COLUMNS, (0, 1.5, None, None, None), strict=True))] == history.rows
    assert 1 == len(history)


def test_column_is_a_list_of_its_own(history):
    history.column("epoch").append(99)

    assert [0, 1] == history.column("epoch")


def test_a_new_column_is_empty_in_earlier_rows(history):
    history.append(epoch=2, train_loss=0.2, accuracy=0.9)

    assert [None, None, 0.9] == history.column("accuracy")
    assert [*COLUMNS, "accuracy"] == history.columns


def test_unknown_column_lists_the_columns(history):
    with pytest.raises(KeyError, match="History has no column 'loss'; its columns are epoch, train_loss"):
        history.column("loss")


def test_numpy_numbers_become_plain(history):
    history.append(epoch=np.int64(2), train_loss=np.float32(0.5), learning_rate=np.array(0.1))

    row = history.rows[-1]

    assert [int, float, float] == [type(row[name]) for name in ("epoch", "train_loss", "learning_rate")]


@pytest.mark.parametrize("value", ["low", True, [1.0], np.zeros(2)])
def test_what_is_not_a_number_is_refused(history, value):
    with pytest.raises(TypeError, match="History: train_loss is"):
        history.append(epoch=2, train_loss=value)

    assert 2 == len(history)


def test_csv_gives_back_exactly_the_same(history, tmp_path):
    history.append(epoch=2, train_loss=math.inf, validation_loss=5e-324, seconds=1.0, accuracy=1)
    history.to_csv(tmp_path / "history.csv")

    again = History.from_csv(tmp_path / "history.csv")

    assert history == again
    assert [type(v) for v in history.rows[2].values()] == [type(v) for v in again.rows[2].values()]


def test_csv_gives_back_nan(history, tmp_path):
    history.append(epoch=2, train_loss=math.nan)
    history.to_csv(tmp_path / "history.csv")

    assert math.isnan(History.from_csv(tmp_path / "history.csv").rows[2]["train_loss"])


def test_csv_text_is_the_plain_one(history, tmp_path):
    history.to_csv(tmp_path / "history.csv")

    expected = (
        "epoch,train_loss,validation_loss,learning_rate,seconds\n"
        "0,2.302585092994046,,0.1,1e-07\n"
        "1,0.30000000000000004,0.3333333333333333,0.1,0.25\n"
    )

    assert expected == (tmp_path / "history.csv").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a first line of different column names"),
        ("epoch,epoch\n1,2\n", "expected a first line of different column names"),
        ("epoch,train_loss\n1\n", "line 2: expected 2 cells, got 1"),
        ("epoch,train_loss\n1,low\n", "line 2: expected numbers or empty cells"),
    ],
)
def test_foreign_csv_is_refused(tmp_path, text, message):
    path = tmp_path / "history.csv"
    path.write_text(text)

    with pytest.raises(ValueError, match=message) as caught:
        History.from_csv(path)

    assert str(path) in str(caught.value)


def test_missing_csv_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        History.from_csv(tmp_path / "nowhere.csv")


def test_binary_csv_is_refused(tmp_path):
    (tmp_path / "history.csv").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ValueError, match="not a CSV file"):
        History.from_csv(tmp_path / "history.csv")


def test_json_gives_back_exactly_the_same(history):
    history.interrupted = True

    again = History.from_json(json.loads(json.dumps(history.to_json())))

    assert history == again
    assert again.interrupted


@pytest.mark.parametrize("values", [None, {}, {"columns": ["epoch"], "rows": [[1, 2]], "interrupted": False}])
def test_foreign_json_is_refused(values):
    with pytest.raises(ValueError, match="not a history"):
        History.from_json(values)


def test_repr_is_a_small_table(history):
    expected = (
        "History, 2 epochs\n"
        "  epoch  train_loss  validation_loss  learning_rate  seconds\n"
        "      0      2.3026                -            0.1    1e-07\n"
        "      1         0.3          0.33333            0.1     0.25"
    )

    assert expected == repr(history)


def test_repr_of_a_long_history_leaves_out_the_middle():
    history = History()
    for epoch in range(100):
        history.append(epoch=epoch, train_loss=1.0)
    lines = repr(history).splitlines()

    assert "History, 100 epochs" == lines[0]
    assert ["0", "1", "2", "3", "...", "96", "97", "98", "99"] == [line.split()[0] for line in lines[2:]]


def test_repr_tells_of_an_interruption():
    assert "History, 0 epochs, interrupted" == repr(History(interrupted=True))


def test_a_whole_row_of_plain_values_is_what_append_makes_of_them(history):
    row = {"epoch": 2, "train_loss": 0.2, "validation_loss": None, "learning_rate": 0.1, "seconds": 0.5}
    history.append_row(dict(row))

    assert row == history.rows[2]
    assert list(COLUMNS) == history.columns


def test_a_whole_row_gets_the_columns_that_it_lacks(history):
    history.append(epoch=2, train_loss=0.2, accuracy=0.9)
    history.append_row({"epoch": 3, "train_loss": 0.1, "validation_loss": None, "learning_rate": 0.1, "seconds": 0.5})

    assert [None, None, 0.9, None] == history.column("accuracy")
    assert [0, 1, 2, 3] == history.column("epoch")
