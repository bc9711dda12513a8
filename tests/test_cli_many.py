"""``chainrule train`` as several processes: one run, written once; a lost process ends the others with a line."""

import csv
import json
import signal
import subprocess
import sys

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file
from typer.testing import CliRunner

from chainrule.cli import app
from processes import address, ended, environment

COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'chainrule'; from chainrule.cli import main; main()"]
TRAIN = ["train", "digits", "--hidden", "16", "--out", "runs"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def start(coordinator, number, *words, count=2):
    place = ["--coordinator", coordinator, "--processes", count, "--process-id", number]
    return subprocess.Popen(
        [*COMMAND, *TRAIN, *map(str, [*place, *words])],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def weights(name):
    return load_file(f"runs/{name}/model.safetensors")


def losses(name):
    with open(f"runs/{name}/history.csv", newline="") as file:
        return [float(row["train_loss"]) for row in csv.DictReader(file)]


# -- together --------------------------------------------------------------------------------------------


@pytest.fixture
def _jax():
    pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')


@pytest.mark.usefixtures("_jax")
def test_two_processes_write_the_run_of_one(tmp_path):
    assert 0 == invoke(*TRAIN, "--epochs", 3, "--name", "one").exit_code
    coordinator = address()
    first, second = ended([start(coordinator, number, "--epochs", 3, "--name", "two") for number in range(2)])

    assert (0, 0) == (first[0], second[0]), first[2] + second[2]
    assert "0 of 2, writes the run" in first[1]
    assert "report  runs/two/report.html" in first[1]
    assert f"1 of 2, trains with process 0 at {coordinator}" in second[1]
    assert "Epoch" not in second[1]
    assert {"one", "two"} == {path.name for path in (tmp_path / "runs").iterdir()}
    np.testing.assert_allclose(losses("one"), losses("two"), rtol=0, atol=1e-6)
    for name, expected in weights("one").items():
        np.testing.assert_allclose(expected, weights("two")[name], rtol=0, atol=1e-6)


@pytest.mark.usefixtures("_jax")
def test_each_process_can_hold_its_own_rows(tmp_path):
    coordinator = address()
    words = ["--epochs", 2, "--name", "own", "--rows", "own", "--batch", 30]
    found = ended([start(coordinator, number, *words) for number in range(2)])

    assert [0, 0] == [status for status, _, _ in found], found
    assert np.isfinite(losses("own")).all()
    assert losses("own")[1] < losses("own")[0]


@pytest.mark.usefixtures("_jax")
@pytest.mark.parametrize("victim", [0, 1])
def test_when_one_is_killed_the_other_says_so_and_the_run_is_taken_up_again(tmp_path, victim):
    """The victim is a whole command, as when a host goes down."""
    coordinator = address()
    words = ["--checkpoint", "state.safetensors", "--checkpoint-every", 1, "--name", "again"]
    running = [start(coordinator, number, *words, "--epochs", 10**6) for number in range(2)]
    while not running[0].stdout.readline().startswith("Epoch"):  # the first epoch is done
        assert running[0].poll() is None, running[0].stderr.read()
    running[victim].send_signal(signal.SIGKILL)
    found = ended(running)

    assert -signal.SIGKILL == found[victim][0]
    assert 1 == found[1 - victim][0]
    assert "error: another process of this training ended or can't be reached" in found[1 - victim][2]
    assert "Traceback" not in found[1 - victim][2]
    assert not list((tmp_path / "runs").glob("*"))

    done = epochs_in("state.safetensors")
    coordinator = address()
    ended_well = ended([start(coordinator, number, *words, "--resume", "--epochs", done + 2) for number in range(2)])

    assert [0, 0] == [status for status, _, _ in ended_well], ended_well
    assert f"state.safetensors: {done} epoch" in ended_well[0][1]
    assert 0 == invoke(*TRAIN, "--epochs", done + 2, "--name", "once").exit_code
    np.testing.assert_allclose(losses("once"), losses("again"), rtol=0, atol=1e-6)


def epochs_in(checkpoint):
    with safe_open(checkpoint, framework="numpy") as file:
        return json.loads(file.metadata()["state"])["counts"]["epoch"]


# -- one process -----------------------------------------------------------------------------------------


def test_a_run_goes_on_from_its_checkpoint_as_if_it_had_never_stopped():
    assert 0 == invoke(*TRAIN, "--epochs", 6, "--name", "once").exit_code
    words = [*TRAIN, "--checkpoint", "state.safetensors", "--resume"]
    first = invoke(*words, "--epochs", 3, "--name", "half")
    second = invoke(*words, "--epochs", 6, "--name", "whole")
    third = invoke(*words, "--epochs", 6, "--name", "nothing-left")

    assert "resume  from the start" in first.output
    assert "resume  state.safetensors: 3 epochs done" in second.output
    assert [0, 0, 0] == [result.exit_code for result in (first, second, third)]
    assert losses("once") == losses("whole") == losses("nothing-left")
    for name, expected in weights("once").items():
        np.testing.assert_array_equal(expected, weights("whole")[name])


@pytest.mark.usefixtures("_jax")
def test_more_devices_than_there_are_cost_a_line():
    result = invoke(*TRAIN, "--epochs", 1, "--devices", 64)

    assert 1 == result.exit_code
    assert "error: XLA(devices=64): JAX sees" in result.stderr
    assert "xla_force_host_platform_device_count=64" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--coordinator", "127.0.0.1:4000"], "go together; add --processes and --process-id"),
        (["--processes", 2, "--process-id", 0], "go together; add --coordinator"),
        (["--rows", "own"], "--rows own is for many processes"),
        (["--resume"], "name its file with --checkpoint"),
        (["--devices", "many"], "--devices is 'many'; expected a number of devices, or all"),
        (["--devices", "0"], "--devices is 0; expected a number of devices, or all"),
        (["--devices", "2", "--engine", "numpy"], "--engine numpy runs on one device"),
        (
            ["--devices", "2", "--coordinator", "h:1", "--processes", 2, "--process-id", 0],
            "many processes train on all devices",
        ),
        (["--checkpoint", "no/such/folder/state.safetensors"], "can't be written"),
    ],
)
def test_what_does_not_fit_together_costs_a_line(words, message):
    result = invoke(*TRAIN, "--epochs", 1, *words)

    assert 1 == result.exit_code
    assert message in result.stderr
    assert 1 == len(result.stderr.strip().splitlines())


@pytest.mark.usefixtures("_jax")
@pytest.mark.parametrize("seconds", ["soon", "0", "-3", "1e3"])
def test_a_limit_that_is_no_number_costs_a_line(monkeypatch, seconds):
    monkeypatch.setenv("CHAINRULE_START_SECONDS", seconds)
    [(status, _, messages)] = ended([start(address(), 0, "--epochs", 1)])

    assert 1 == status
    assert f"error: CHAINRULE_START_SECONDS is '{seconds}'; expected a whole number of seconds" in messages


@pytest.mark.usefixtures("_jax")
def test_a_process_whom_nobody_meets_says_so(monkeypatch):
    monkeypatch.setenv("CHAINRULE_START_SECONDS", "3")  # instead of a minute
    [(status, output, messages)] = ended([start(address(), 0, "--epochs", 1)])

    assert 1 == status
    assert "not all processes met within 3 s" in messages
    assert "Traceback" not in messages
    assert "Epoch" not in output


@pytest.mark.usefixtures("_jax")
@pytest.mark.parametrize(
    ("place", "message"),
    [
        (["nowhere", 2, 0], "coordinator is 'nowhere'; expected host:port"),
        (["127.0.0.1:4000", 2, 5], "process id 5 of 2 processes: expected a number from 0 to 1"),
    ],
)
def test_a_place_that_can_t_be_costs_a_line(place, message):
    coordinator, count, number = place
    [(status, _, messages)] = ended([start(coordinator, number, "--epochs", 1, count=count)])

    assert 1 == status
    assert message in messages
    assert "Traceback" not in messages
