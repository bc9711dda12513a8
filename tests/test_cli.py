"""The command line: what it writes, what it says, and that bad input costs one line and leaves nothing."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from chainrule import __version__
from chainrule.cli import app

HOUSES = ["area", "age", "kind", "price"]


def invoke(*words: object, code: int = 0) -> str:
    """Run a command; gives stdout, or stderr where it is to fail."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    assert code == result.exit_code, result.output
    return result.stderr if code else result.stdout


def in_shell(*words: object, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from chainrule.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def write(path: Path, header: list[str], rows) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def house_rows(count: int = 60) -> list[list]:
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        area, age, kind = rng.integers(30, 120), rng.integers(0, 60), ["flat", "house"][number % 2]
        rows.append([area, age, kind, 3 * area - age + 40 * (kind == "house") + rng.integers(-5, 5)])
    return rows


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with tables and three runs."""
    folder = tmp_path_factory.mktemp("cli")
    write(folder / "houses.csv", HOUSES, house_rows())
    sold = [[*row[:3], "yes" if row[3] > 200 else "no"] for row in house_rows()]
    write(folder / "sold.csv", ["area", "age", "kind", "sold"], sold)
    out = ["--out", folder / "runs", "--epochs", 5]
    invoke("train", folder / "houses.csv", "--target", "price", "--model", "linear", *out)
    invoke("train", folder / "sold.csv", "--target", "sold", *out)
    return folder


# -- what is said and written


def test_version():
    assert f"chainrule {__version__}\n" == invoke("--version")


@pytest.mark.parametrize("command", [[], ["train"], ["predict"], ["evaluate"]])
def test_help_ends_with_an_example(command):
    lines = invoke(*command, "--help").split("\n")

    assert "chainrule " in [line for line in lines if line.strip()][-1]


def test_every_option_has_a_help_text():
    for command in typer.main.get_command(app).commands.values():
        for parameter in command.params:
            assert getattr(parameter, "help", None), parameter.name


def test_help_loads_no_heavy_package():
    code = (
        "import sys; from chainrule.cli import app\n"
        "try: app(['train', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'sklearn', 'matplotlib', 'jinja2', 'safetensors', 'scipy'} & set(sys.modules)))"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout

    assert "[]" == shown.splitlines()[-1]


def test_training_the_digits_prints_what_a_reader_needs():
    shown = invoke("train", "digits", "--epochs", 2, "--hidden", "8").splitlines()

    assert (
        "data    digits: 1797 rows, 64 features (pictures of 8 x 8), 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
        == shown[0]
    )
    assert "split   1079 rows to train, 359 to validate, 359 to test" == shown[1]
    assert "model   network: 64 → 8 relu → 10, 610 parameters, float64" == shown[2]
    assert "train   softmax_cross_entropy, sgd at 0.1, batches of 32" == shown[3]
    assert shown[5].startswith("Epoch")
    assert shown[-3].startswith("best    epoch 1, validation loss ")
    assert shown[-2].startswith("test    accuracy ")
    assert "report  runs/digits-network/report.html" == shown[-1]
    assert Path("runs/digits-network/report.html").is_file()


def test_options_reach_the_run(trained):
    invoke(
        *("train", trained / "houses.csv", "--target", "price", "--task", "regression", "--drop", "age"),
        *("--categories", "area", "--scaling", "minmax", "--missing", "mean", "--unseen", "ignore"),
        *("--validation", 0.25, "--test", 0.3, "--model", "network", "--hidden", "4,3", "--activation", "tanh"),
        *("--loss", "absolute_error", "--dtype", "float32", "--optimizer", "rmsprop", "--learning-rate", 0.02),
        *("--momentum", 0.5, "--weight-decay", 0.001, "--schedule", "cosine", "--epochs", 3, "--batch", "full"),
        *("--patience", 2, "--clip", 2, "--seed", 7, "--engine", "eager", "--out", "here", "--name", "all"),
        *("--dropout", 0.25),
    )  # fmt: skip

    record = json.loads(Path("here/all/run.json").read_text())
    assert {
        "model": "network", "hidden": [4, 3], "activation": "tanh", "dropout": 0.25, "loss": "absolute_error",
        "optimizer": "rmsprop", "learning_rate": 0.02, "momentum": 0.5, "weight_decay": 0.001,
        "schedule": "cosine", "epochs": 3, "batch": 0, "seed": 7, "dtype": "float32", "engine": "eager",
        "patience": 2, "clip": 2.0,
    } == record["training"]  # fmt: skip
    assert {
        "data": str(trained / "houses.csv"), "target": "price", "task": "regression", "drop": ["age"],
        "categories": ["area"], "scaling": "minmax", "missing": "mean", "unseen": "ignore",
        "validation": 0.25, "test": 0.3,
    } == record["data"]  # fmt: skip
    assert {"train": 27, "validation": 15, "test": 18} == record["rows"]


def test_an_npz_file_is_a_table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    np.savez("points.npz", x=x, y=np.where(x[:, 0] > 0, "up", "down"))

    shown = invoke("train", "points.npz", "--target", "y", "--model", "logistic", "--epochs", 20)

    assert "data    points.npz: 60 rows, 3 features, 2 classes: down, up" in shown
    assert "runs/points-logistic/report.html" in shown


def test_replace_takes_the_name_again(trained):
    for _ in range(2):
        invoke("train", trained / "sold.csv", "--target", "sold", "--epochs", 1, "--name", "mine", "--replace")

    assert ["mine"] == os.listdir("runs")


def test_names_cannot_command_the_terminal():
    rows = [[row[0], "[red]\x1b[2J" if row[1] > 30 else "old[/red]"] for row in house_rows()]
    table = write(Path("a\x1b[31m.csv"), ["area", "era"], rows)

    shown = invoke("train", table, "--target", "era", "--epochs", 1, "--name", "named")
    shown += invoke("evaluate", "runs/named", table)

    assert "\x1b" not in shown
    assert r"[red]\x1b[2J" in shown


def test_predictions_are_a_table(trained):
    runs, out = trained / "runs", Path("p.csv")
    write(Path("new.csv"), HOUSES[:3], [row[:3] for row in house_rows(7)])

    values = invoke("predict", runs / "houses-linear", "new.csv").splitlines()
    shown = invoke("predict", runs / "sold-network", "new.csv", "--out", out)

    assert "predicted" == values[0]
    assert 8 == len(values)
    assert "written p.csv: 7 rows\n" == shown
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert ["predicted", "probability_no", "probability_yes"] == list(rows[0])
    for row in rows:
        no, yes = float(row["probability_no"]), float(row["probability_yes"])
        assert 1 == pytest.approx(no + yes)
        assert ("yes" if yes > no else "no") == row["predicted"]


def test_evaluation_shows_counts_and_scores(trained):
    classes = invoke("evaluate", trained / "runs" / "sold-network", trained / "sold.csv")
    values = invoke("evaluate", trained / "runs" / "houses-linear", trained / "houses.csv")

    assert "precision" in classes
    assert "score   accuracy " in classes
    assert "of 60 rows" in classes
    assert values.startswith("score   R² ")
    assert "RMSE" in values


def test_ctrl_c_keeps_what_was_learned(trained):
    command = [sys.executable, "-u", "-c", "from chainrule.cli import main; main()"]
    words = ["train", str(trained / "sold.csv"), "--target", "sold", "--epochs", "10000000", "--name", "cut"]
    with subprocess.Popen([*command, *words], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("Epoch"):
                break
        process.send_signal(signal.SIGINT)
        shown = process.communicate(timeout=60)[0]

    assert 0 == process.returncode
    assert "stopped by Ctrl-C after" in shown
    assert json.loads(Path("runs/cut/run.json").read_text())["result"]["interrupted"]
    assert "Training was stopped by Ctrl-C" in Path("runs/cut/report.html").read_text()
    assert ["cut"] == os.listdir("runs")


def test_a_closed_pipe_is_no_error(trained):
    shell = f"{sys.executable} -c 'from chainrule.cli import main; main()' predict {trained}/runs/sold-network "
    result = subprocess.run(
        f"{shell} {trained}/sold.csv | head -1", shell=True, capture_output=True, text=True, timeout=60
    )

    assert ("predicted,probability_no,probability_yes\n", "") == (result.stdout, result.stderr)


# -- bad input: status 1 and one line

TABLES = {
    "empty.csv": "",
    "header.csv": "a,price\n",
    "two.csv": "a,price\n1,2\n3,4\n",
    "text.csv": "a,price\n" + "1,2\n" * 20 + "x,3\n",
    "gap.csv": "a,price\n" + "1,2\n" * 20 + ",3\n",
    "inf.csv": "a,price\n" + "1,2\n" * 20 + "inf,3\n",
    "one.csv": "a,price\n" + "1,same\n2,same\n" * 20,
    "constant.csv": "a,price\n" + "1,2\n3,2\n" * 20,
    "only.csv": "price\n" + "1\n2\n" * 20,
    "names.csv": "who,price\n" + "".join(f"person{n},{n}.5\n" for n in range(40)),
    "bad.npz": "PK not a zip",
    "good.csv": "a,price\n" + "".join(f"{n},{n % 7}.5\n" for n in range(40)),
    "classes.csv": "a,price\n" + "".join(f"{n},{'abc'[n % 3]}\n" for n in range(40)),
}
BAD_TRAINING = [
    (["nothing.csv"], "nothing.csv: no such file"),
    (["god.csv"], "Did you mean 'good.csv'"),
    (["."], "is not a file"),
    (["good.csv"], "name the column to predict with --target; the columns are 'a', 'price'"),
    (["good.csv", "--target", "prise"], "no column 'prise'.*Did you mean 'price'"),
    (["good.csv", "--target", "price", "--drop", "b"], "no column 'b'"),
    (["good.csv", "--target", "price", "--drop", "price"], "is the target and cannot be dropped"),
    (["good.csv", "--target", "price", "--categories", "zip"], "no column 'zip'"),
    (["empty.csv", "--target", "price"], "empty.csv is empty"),
    (["header.csv", "--target", "price"], "holds column names but no rows"),
    (["two.csv", "--target", "price"], "2 rows are too few"),
    (["text.csv", "--target", "price"], "column 'a', line 22: 'x' is not a finite number.*--categories 'a'"),
    (["gap.csv", "--target", "price"], "column 'a' has missing values.*--drop 'a'.*--missing 'mean'|--missing mean"),
    (["inf.csv", "--target", "price"], "'inf' is not a finite number"),
    (["one.csv", "--target", "price"], "is 'same' in all 40 rows; expected at least two classes"),
    (["constant.csv", "--target", "price", "--task", "regression"], "there is nothing to learn"),
    (["only.csv", "--target", "price"], "no column is left"),
    (["names.csv", "--target", "price"], "text with 40 different values.*--drop 'who'"),
    (["bad.npz", "--target", "price"], "bad.npz is not an .npz file"),
    (["good.csv", "--target", "price", "--model", "logistic"], "model logistic is not for regression"),
    (["classes.csv", "--target", "price", "--model", "linear"], "model linear is not for classification"),
    (["classes.csv", "--target", "price", "--loss", "squared_error"], "choose one of softmax_cross_entropy"),
    (["good.csv", "--target", "price", "--hidden", "a"], "hidden is 'a'"),
    (["good.csv", "--target", "price", "--batch", "some"], "batch is 'some'"),
    (["good.csv", "--target", "price", "--epochs", "0"], "epochs is 0"),
    (["good.csv", "--target", "price", "--learning-rate", "nan"], "learning_rate is nan"),
    (["good.csv", "--target", "price", "--test", "1.5"], "test is 1.5"),
    (["good.csv", "--target", "price", "--validation", "0.6", "--test", "0.5"], "leave no rows"),
    (["good.csv", "--target", "price", "--optimizer", "sgd", "--learning-rate", "1e9"], "loss is .*epoch|epoch .*loss"),
    (["good.csv", "--target", "price", "--momentum", "0.9", "--optimizer", "adam"], "momentum is for sgd"),
    (["digits", "--target", "0"], "target is for tables"),
    (["good.csv", "--target", "price", "--name", "../up"], "name is '../up'"),
    (["good.csv", "--target", "price", "--name", "good.csv", "--out", "."], "exists already"),
    (["good.csv", "--target", "price", "--name", "good.csv", "--out", ".", "--replace"], "not a run's folder"),
    (["good.csv", "--target", "price", "--out", "good.csv"], "is a file and not a folder"),
    (["good.csv", "--target", "price", "--out", "/proc"], "cannot write /proc/"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "message"), BAD_TRAINING, ids=lambda value: str(value)[:60])
def test_bad_training_input_is_one_line_and_leaves_nothing(words, message):
    for name, text in TABLES.items():
        Path(name).write_text(text)

    line = invoke("train", *words, code=1)

    assert line.startswith("error: ")
    assert 1 == line.count("\n")
    assert re.search(message, line), line
    assert sorted(TABLES) == sorted(os.listdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train"], "Missing argument 'DATA'"),
        (["trian"], "No such command 'trian'"),
        (["train", "digits", "--modell", "network"], "No such option: --modell"),
        (["train", "digits", "--model", "tree"], "'tree' is not one of 'logistic', 'linear', 'network'"),
        (["train", "digits", "--optimizer", "adm"], "'adm' is not one of 'sgd', 'rmsprop', 'adam', 'adamw'"),
        (["train", "digits", "--epochs", "many"], "Invalid value for '--epochs'"),
        (["train", "digits", "--engine", "torch"], "'torch' is not one of 'numpy', 'eager', 'xla'"),
        (["predict", "run"], "Missing argument 'TABLE'"),
    ],
)
def test_wrong_usage_has_status_2_and_lists_the_choices(words, message):
    assert message in " ".join(invoke(*words, code=2).replace("│", " ").split())
    assert [] == os.listdir()


@pytest.mark.parametrize(
    ("table", "command", "message"),
    [
        ("area,age\n50,3\n", "predict", "no column 'kind'"),
        ("area,age,kind\nbig,3,flat\n", "predict", "column 'area', line 2: 'big' is not a number"),
        ("area,age,kind\n,3,flat\n", "predict", "column 'area' has missing values"),
        ("area,age,kind\n50,3,castle\n", "predict", "'castle' is not among the categories.*--unseen ignore"),
        ("area,age,kind\n1e300,3,flat\n", "evaluate", "no column 'sold'"),
        ("area,age,kind,sold\n50,3,flat,maybe\n", "evaluate", "'maybe' is not among the classes 'no', 'yes'"),
        ("area,age,kind,sold\n50,3,flat,\n", "evaluate", "target 'sold' has missing|'sold' has missing values"),
        ("area,age,kind\n", "predict", "no rows"),
        ("", "predict", "is empty"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_one_line_and_leaves_nothing(trained, table, command, message):
    Path("new.csv").write_text(table)
    out = ["--out", "predictions.csv"] if command == "predict" else []

    line = invoke(command, trained / "runs" / "sold-network", "new.csv", *out, code=1)

    assert re.fullmatch(f"error: .*({message}).*\n", line), line
    assert ["new.csv"] == os.listdir()


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_folder_that_is_no_run_is_an_error(trained, command):
    for place, message in (("nowhere", "there is no such run"), (trained, "holds no run.json")):
        line = invoke(command, place, trained / "sold.csv", code=1)

        assert line.startswith("error: ")
        assert message in line


@pytest.mark.parametrize("name", ["run.json", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not ours", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_foreign_file_in_a_run_is_an_error(trained, name, content):
    shutil.copytree(trained / "runs" / "sold-network", "copy")
    Path("copy", name).write_bytes(content)

    line = invoke("predict", "copy", trained / "sold.csv", "--out", "p.csv", code=1)

    assert line.startswith("error: ")
    assert name in line
    assert not Path("p.csv").exists()


def test_predictions_do_not_replace_what_they_come_from(trained):
    run, table = trained / "runs" / "sold-network", trained / "sold.csv"

    for out, message in ((table, "is the table itself"), (run / "model.safetensors", "inside the run's folder")):
        before = out.read_bytes()

        assert message in invoke("predict", run, table, "--out", out, code=1)
        assert before == out.read_bytes()


def test_predictions_into_a_missing_folder_are_an_error(trained):
    line = invoke("predict", trained / "runs" / "sold-network", trained / "sold.csv", "--out", "no/p.csv", code=1)

    assert "the folder no does not exist" in line
    assert [] == os.listdir()


def test_there_is_no_traceback_in_a_real_shell():
    result = in_shell("train", "nothing.csv", "--target", "price")

    assert (1, "", 1) == (result.returncode, result.stdout, result.stderr.count("\n"))


def test_a_terminal_without_unicode_is_served(trained):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}

    result = in_shell("evaluate", trained / "runs" / "houses-linear", trained / "houses.csv", env=environment)

    assert (0, "") == (result.returncode, result.stderr)
    assert "RMSE" in result.stdout


def test_the_xla_engine_without_jax_is_refused_in_a_line_that_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    said = invoke("train", "digits", "--engine", "xla", "--epochs", 1, code=1)

    assert 1 == len(said.splitlines())
    assert said.startswith('error: engine "xla" needs JAX')
    assert 'pip install "chainrule[xla]"' in said
