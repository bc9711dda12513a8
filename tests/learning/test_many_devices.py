"""A batch shared out between devices and processes: the run of one device, and words for what can't be."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from one_of_many import dropping
from solvers import LABELS, VALIDATION, X, losses, make_solver

from chainrule import XLA
from chainrule.compiling import join
from chainrule.learning import Adam
from processes import address, ended, environment

pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')

SCRIPT = Path(__file__).with_name("one_of_many.py")


def start(scenario, folder, *place, devices=1):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), scenario, str(folder), *map(str, place)],
        env=environment(XLA_FLAGS=f"--xla_force_host_platform_device_count={devices}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(processes):
    """The exit status, the result and the messages of each."""
    found = [(status, output.partition("RESULT ")[2], messages) for status, output, messages in ended(processes)]
    return [(status, json.loads(result) if result else None, messages) for status, result, messages in found]


def in_processes(scenario, folder, count, **options):
    place = address()
    return told([start(scenario, folder, place, count, number, **options) for number in range(count)])


def results(found):
    for status, result, messages in found:
        assert 0 == status, messages
        yield result


def by_numpy(batch_size=16, rows=50, batches=None):
    solver = make_solver(optimizer=Adam(0.01), batch_size=batch_size)
    if batches is None:
        solver.train(X[:rows], LABELS[:rows], VALIDATION, epochs=5)
    else:
        solver.train(batches, None, VALIDATION, epochs=5)
    return solver


def assert_same(expected, result, tolerance=1e-6):
    np.testing.assert_allclose(losses(expected), result["losses"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(expected.history.column("validation_loss"), result["validation"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(expected.model.parameters["w1"], result["weights"], rtol=0, atol=tolerance)


# -- the same run ----------------------------------------------------------------------------------------


def test_devices_of_one_process_share_each_batch(tmp_path):
    [found] = results(told([start("on_devices", tmp_path, devices=4)]))
    expected = by_numpy()

    for count in "124":
        assert_same(expected, found[count], tolerance=1e-12)
    drops = make_solver(dropping(), batch_size=16)
    drops.train(X, LABELS, VALIDATION, epochs=5)
    assert_same(drops, found["dropout"], tolerance=1e-12)
    # XLA's own program for four devices: each works on four of the sixteen rows, and the gradients are added up.
    assert "all-reduce" in found["program"]
    assert "f64[4,5]" in found["program"]
    assert "num_partitions=4" in found["program"]


@pytest.mark.parametrize("count", [2, 4])
def test_processes_train_as_one_device_does(tmp_path, count):
    found = list(results(in_processes("together", tmp_path, count)))
    streamed = [(X[start : start + 16], LABELS[start : start + 16]) for start in range(0, 48, 16)]
    short = make_solver(optimizer=Adam(0.01), batch_size=16)
    short.train(X, LABELS, epochs=30)

    for result in found:
        np.testing.assert_allclose(losses(short), result["short"], rtol=0, atol=1e-6)
        assert_same(by_numpy(), result["all"])
        assert_same(by_numpy(batch_size=None, rows=48), result["own"])
        assert_same(by_numpy(batches=streamed), result["streamed"])
        assert found[0] == result  # to the bit
    assert ["of-0.safetensors"] == [path.name for path in tmp_path.iterdir()]


def test_ctrl_c_in_one_process_ends_the_training_in_all_after_the_same_epoch(tmp_path):
    found = list(results(in_processes("interrupted", tmp_path, 2)))

    assert [True, True] == [result["interrupted"] for result in found]
    assert [3, 3] == [len(result["losses"]) for result in found]


# -- one that is lost ------------------------------------------------------------------------------------


def test_a_process_that_dies_ends_the_others_with_words_and_the_run_goes_on_from_its_checkpoint(tmp_path):
    *others, (status, _, _) = in_processes("one_dies", tmp_path, 2)

    assert 9 == status
    for status, _, messages in others:
        assert status not in (0, None)
        assert "another process of this training ended" in messages
        assert "goes on from there" in messages

    found = list(results(in_processes("resumed", tmp_path, 2)))

    assert [3, 3] == [result["before"] for result in found]
    for result in found:
        assert_same(by_numpy(), result)


# -- what can't be ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("other_weights", "process 1 has other values to start from than process 0"),
        ("other_rows", "process 1 has other training rows than process 0"),
        ("more_rows", "process 1 has other training rows than process 0"),
        ("more_batches", "process 1 has other numbers or sizes of batches than process 0"),
        ("larger_batches", "process 1 has other numbers or sizes of batches than process 0"),
        ("odd_batch", "a batch of 17 rows can't come evenly from 2 processes; the nearest that can: 16 rows"),
    ],
)
def test_processes_that_don_t_fit_together_say_so_at_the_start(tmp_path, scenario, words):
    for status, _, messages in in_processes(scenario, tmp_path, 2):
        assert 1 == status
        assert words in messages


def test_a_last_batch_that_devices_can_t_share_is_refused_at_the_start(tmp_path):
    for status, _, messages in in_processes("odd_rest", tmp_path, 2, devices=2):
        assert 1 == status
        assert "the last, smaller batch of 2 rows can't be shared out evenly between 4 devices" in messages
        assert "the nearest that can: 4 rows" in messages


def test_more_devices_than_there_are():
    with pytest.raises(ValueError, match=r"JAX sees \d+ here .*xla_force_host_platform_device_count=64"):
        make_solver(engine=XLA(devices=64)).train(X, LABELS, epochs=1)


@pytest.mark.parametrize("devices", [0, -1, 1.5, "some", True])
def test_devices_are_a_number_or_all(devices):
    with pytest.raises(ValueError, match="devices is"):
        XLA(devices=devices)


@pytest.mark.parametrize("options", [{"rows": "mine"}, {"rows": "own"}])
def test_rows_are_all_or_those_of_each_process(options):
    with pytest.raises(ValueError, match="rows"):
        XLA(**options)


@pytest.mark.parametrize("coordinator", ["", "host", "host:", ":4567", "host:port", "host:0", "host:70000"])
def test_a_coordinator_is_a_host_and_a_port(coordinator):
    with pytest.raises(ValueError, match="expected host:port"):
        join(coordinator, 2, 0)


@pytest.mark.parametrize(("processes", "number"), [(2, 2), (2, -1), (0, 0)])
def test_a_process_has_a_number_among_all(processes, number):
    with pytest.raises(ValueError, match="expected a number from 0"):
        join("127.0.0.1:4567", processes, number)
