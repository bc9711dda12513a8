"""The run folder: complete or not there, read strictly, and equal to what was trained."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from run_tables import NASTY, flowers, houses, write_table
from safetensors.numpy import load_file
from scipy.special import expit, softmax

from chainrule.runs import Run, choose_place, write_run


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def copy(binary, tmp_path) -> Path:
    shutil.copytree(binary.place, tmp_path / "run")
    return tmp_path / "run"


def test_a_run_holds_what_it_should(binary, digits):
    common = {"run.json", "model.safetensors", "history.csv", "step.py", "cost.json", "report.html"}
    plots = {f"plots/{name}{end}" for name in ("loss", "confusion", "importance") for end in (".png", ".svg")}

    assert common | plots == set(contents(binary.place))
    assert {"mistakes.png", "weights.svg"} < {path.name for path in (digits.place / "plots").iterdir()}


def test_nothing_is_left_beside_the_run(binary):
    assert ["written"] == [path.name for path in binary.place.parent.iterdir()]


def test_the_history_is_a_table_with_a_row_for_each_epoch(binary):
    with (binary.place / "history.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert ["0", "1", "2", "3", "4"] == [row["epoch"] for row in rows]
    assert binary.trained.history.column("train_loss") == [float(row["train_loss"]) for row in rows]


def test_step_is_the_text_that_trained(binary):
    assert binary.trained.step_source == (binary.place / "step.py").read_text()
    compile(binary.trained.step_source, "step.py", "exec")


def test_costs_are_those_of_the_lines_of_the_text(regression):
    written = json.loads((regression.place / "cost.json").read_text())

    # A batch of 32 rows with 4 features: 2 * 32 * 4 * 1 for the product, 32 for the bias; 8 bytes a number.
    first = written["rows"][0]
    assert ("affine1 = x @ w1 + b1", 2 * 32 * 4 + 32) == (first["line"], first["flops"])
    assert 8 * ((32 * 4 + 4) + (32 + 1)) == first["read"]
    assert 8 * (32 + 32) == first["written"]
    text = (regression.place / "step.py").read_text().splitlines()
    assert [line[4:] for line in text if line.startswith("    ")] == [row["line"] for row in written["rows"]]
    assert "numpy" == written["engine"]
    assert all(row["seconds"] >= 0 for row in written["rows"])
    assert 0 < written["total"]["seconds"] == pytest.approx(sum(row["seconds"] for row in written["rows"]))
    assert {"float32", "float64"} == set(written["rates"]["products"])


@pytest.mark.parametrize("which", ["regression", "binary", "digits"])
def test_a_reloaded_model_predicts_the_same_bits(which, request):
    written = request.getfixturevalue(which)
    run = Run.open(written.place)
    x = written.trained.prepared.split.test.x

    assert written.trained.model(x).tobytes() == run.model(x).tobytes()
    assert written.trained.scores == run.scores
    assert written.trained.settings == run.training
    assert written.trained.prepared.preparation == run.preparation


def test_predictions_are_those_computed_by_hand_from_the_files(regression, tmp_path):
    columns = houses(20, seed=5)
    run = Run.open(regression.place)

    predicted = run.predict(run.read(write_table(tmp_path / "new.csv", columns)))

    record = json.loads((regression.place / "run.json").read_text())["preparation"]
    arrays = load_file(regression.place / "model.safetensors")
    area, age, kind = record["columns"]
    x = np.column_stack(
        [(np.array(columns[c["name"]]) - c["shift"]) / c["scale"] for c in (area, age)]
        + [(np.array(columns["kind"]) == category).astype(float) for category in kind["categories"]]
    )
    output = (x @ arrays["w1"] + arrays["b1"])[:, 0]
    expected = output * record["target"]["scale"] + record["target"]["shift"]
    np.testing.assert_allclose(expected, predicted.values, rtol=1e-12)


def test_probabilities_are_those_computed_by_hand_from_the_files(binary, tmp_path):
    columns = flowers(20, seed=7)
    table = write_table(tmp_path / "new.csv", {"long": columns["long"], NASTY: columns["wide"]})
    run = Run.open(binary.place)

    found = run.predict(run.read(table)).columns(run.preparation)

    record = json.loads((binary.place / "run.json").read_text())["preparation"]
    a = load_file(binary.place / "model.safetensors")
    values = np.column_stack([columns["long"], columns["wide"]])
    x = (values - [c["shift"] for c in record["columns"]]) / [c["scale"] for c in record["columns"]]
    logit = (np.maximum(x @ a["w1"] + a["b1"], 0) @ a["w2"] + a["b2"])[:, 0]
    first, second = record["target"]["classes"]
    np.testing.assert_allclose(expit(-logit), found[f"probability_{first}"], rtol=1e-12)
    np.testing.assert_allclose(expit(logit), found[f"probability_{second}"], rtol=1e-12)
    np.testing.assert_array_equal(np.where(logit > 0, second, first), found["predicted"])


def test_digits_are_predicted_from_a_table_of_pixels(digits, tmp_path):
    from sklearn.datasets import load_digits

    bundled = load_digits()
    columns = {name: bundled.data[:30, n].tolist() for n, name in enumerate(bundled.feature_names)}
    run = Run.open(digits.place)

    found = run.predict(run.read(write_table(tmp_path / "pixels.csv", columns)))

    a = load_file(digits.place / "model.safetensors")
    x = (bundled.data[:30] / 16).astype(np.float32)
    logits = np.maximum(x @ a["w1"] + a["b1"], 0) @ a["w2"] + a["b2"]
    np.testing.assert_allclose(softmax(logits, axis=1), found.probabilities, rtol=1e-4)
    np.testing.assert_array_equal(logits.argmax(axis=1), found.values)


def test_evaluating_counts_by_true_class(binary, tmp_path):
    columns = flowers(40, seed=3, labels=("no", NASTY))
    table = write_table(
        tmp_path / "new.csv",
        {"long": columns["long"], NASTY: columns["wide"], "colour": columns["colour"]},
    )
    run = Run.open(binary.place)

    scores, predictions = run.evaluate(run.read(table))

    right = predictions.values == np.array([label.strip() for label in columns["colour"]])
    assert right.mean() == scores.accuracy
    assert [20, 20] == [sum(row) for row in scores.confusion]


def test_the_same_training_writes_the_same_model_and_pictures(binary, tmp_path):
    write_run(tmp_path / "again", binary.trained, binary.data)

    first, second = contents(binary.place), contents(tmp_path / "again")
    different = {name for name in first if first[name] != second[name]}
    assert different <= {"report.html"}  # which names its own folder


# -- names and places


def test_a_taken_default_name_gets_a_number(tmp_path):
    for name in ("digits-network", "digits-network-2"):
        (tmp_path / name).mkdir()

    assert tmp_path / "digits-network-3" == choose_place(tmp_path, None, "digits-network")


def test_choosing_leaves_nothing_behind(tmp_path):
    place = choose_place(tmp_path / "deep" / "runs", None, "my table-network")

    assert tmp_path / "deep" / "runs" / "my-table-network" == place
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/tmp", ".hidden", "a\nb", "a" * 300])
def test_a_name_that_is_no_folder_name_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="expected the name of a folder"):
        choose_place(tmp_path, name, "default")


def test_a_taken_name_is_refused_before_training(tmp_path):
    (tmp_path / "mine").mkdir()

    with pytest.raises(FileExistsError, match=r"mine exists already.*--replace"):
        choose_place(tmp_path, "mine", "default")


@pytest.mark.parametrize("stranger", ["notes.txt", "run2.json"])
def test_only_a_run_is_replaced(copy, stranger):
    (copy / stranger).write_text("mine")

    with pytest.raises(FileExistsError, match=f"holds '{stranger}', which no run writes"):
        choose_place(copy.parent, copy.name, "default", replace=True)


def test_a_folder_of_files_named_alike_is_not_replaced(tmp_path):
    (tmp_path / "mine" / "plots").mkdir(parents=True)

    with pytest.raises(FileExistsError, match=r"holds no run\.json"):
        choose_place(tmp_path, "mine", "default", replace=True)


def test_a_file_or_link_is_not_replaced(tmp_path, copy):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(copy)

    for name in ("file", "link"):
        with pytest.raises(FileExistsError, match="is not a run's folder"):
            choose_place(tmp_path, name, "default", replace=True)


def test_an_out_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "runs").write_text("a file")

    with pytest.raises(OSError, match="is a file and not a folder"):
        choose_place(tmp_path / "runs", None, "default")


def test_a_run_is_replaced_whole(regression, copy):
    write_run(copy, regression.trained, regression.data, replace=True)

    assert set(contents(regression.place)) == set(contents(copy))
    assert regression.trained.scores == Run.open(copy).scores
    assert [copy.name] == [path.name for path in copy.parent.iterdir()]


def test_a_failure_while_replacing_keeps_the_old_run(regression, copy, monkeypatch):
    before = contents(copy)
    monkeypatch.setattr("chainrule.showing.svg.write_plots", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_run(copy, regression.trained, regression.data, replace=True)

    assert before == contents(copy)
    assert [copy.name] == [path.name for path in copy.parent.iterdir()]


def test_a_failure_while_writing_leaves_nothing(regression, tmp_path, monkeypatch):
    monkeypatch.setattr("chainrule.showing.svg.write_plots", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_run(tmp_path / "runs" / "new", regression.trained, regression.data)

    assert [] == list(tmp_path.iterdir())


# -- reading what is no run


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such run"):
        Run.open(tmp_path / "nothing")


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no run\.json"):
        Run.open(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"format": "chainrule run 2"}',
        b'{"format": "chainrule run 1"}',
        b'{"format": NaN}',
        b"\xff\xfe",
    ],
)
def test_a_run_json_that_is_none_is_refused(copy, text):
    (copy / "run.json").write_bytes(text)

    with pytest.raises(ValueError, match=r"run\.json: not a run of chainrule, or a damaged one"):
        Run.open(copy)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("data", {}),
        ("training", {"model": "network"}),
        ("preparation", None),
        ("rows", {"train": "many", "validation": 1, "test": 1}),
        ("result", []),
        ("scores", {"task": "classification"}),
        ("versions", {"chainrule": 1}),
    ],
)
def test_a_damaged_entry_is_refused(copy, entry, value):
    record = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**record, entry: value}))

    with pytest.raises(ValueError, match=r"run\.json: not a run of chainrule, or a damaged one"):
        Run.open(copy)


def test_a_truncated_model_is_refused(copy):
    whole = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(whole[:-8])

    with pytest.raises(ValueError, match=r"not a readable \.safetensors file"):
        Run.open(copy)


def test_a_model_of_another_run_is_refused(copy, regression):
    shutil.copy(regression.place / "model.safetensors", copy)

    with pytest.raises(ValueError, match=r"takes 4 features and gives 1 values a row.*not of the same run"):
        Run.open(copy)


def test_a_run_without_a_model_is_refused(copy):
    (copy / "model.safetensors").unlink()

    with pytest.raises(FileNotFoundError, match="there is no such file"):
        Run.open(copy)
