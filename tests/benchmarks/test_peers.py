"""The comparison's own machinery: same training, turns, spread, gaps; on workloads of a moment, nothing is timed."""

import json
import subprocess
import sys

import numpy as np
import pytest
from benchmarks.peers import figures, numpy_by_hand, table, turns
from benchmarks.peers.catalogue import HAND, MLP, PEERS, Peer
from benchmarks.peers.turns import Failed, Gap, Process, epochs_within, rounds, spread, take_turns
from benchmarks.peers.workloads import WORKLOADS, Task, Workload, arrays, orders

SHUFFLED = Workload("shuffled", "shuffled", (4, 5, 3), 70, 32, "float64", "cross entropy", 0.1, 2, 2)
DEEP = Workload("deep", "deep", (4, 6, 5, 4, 3), 64, 32, "float64", "cross entropy", 0.1, 2, 2)
FULL = Workload("full", "full", (4, 3), 70, None, "float32", "cross entropy", 0.1, 2, 2)
LINE = Workload("line", "line", (1, 1), 30, None, "float64", "squared", 0.1, 3, 3, data="line")
# The workload itself: of smaller networks some rows reach no unit of the second layer, whose inputs are then exactly 0,
# where autograd's and PyTensor's maximum have another derivative than a ReLU.
MOONS = next(workload for workload in WORKLOADS if workload.name == "moons")


def task(workload):
    found = arrays(workload)
    return Task(workload, found.pop("x"), found.pop("y"), tuple(found.values()))


def losses_by_hand(workload):
    train, _ = numpy_by_hand.prepare(task(workload))
    return train(workload.trial)


@pytest.mark.parametrize("peer", [peer for peer in PEERS if peer is not HAND], ids=lambda peer: peer.name)
def test_a_peer_does_the_training_that_is_done_by_hand(peer, tmp_path):
    if not peer.is_here:
        pytest.skip(f"{peer.package} is not installed")
    with Process(tmp_path) as process:
        process.ask("load", module=peer.module)
        for workload in (SHUFFLED, DEEP, FULL, LINE, MOONS):
            file = tmp_path / f"{workload.name}.npz"
            np.savez(file, **arrays(workload))
            process.ask("read", workload=workload.as_dict(), file=str(file))
            if peer is MLP and workload.loss != "cross entropy":
                with pytest.raises(Gap, match=f"no {workload.loss} loss"):
                    process.ask("first", kind=peer.kind)
                continue

            losses = process.ask("first", kind=peer.kind)["losses"]

            assert table.agree(losses_by_hand(workload), losses, workload.dtype), (workload.name, losses)


def test_a_network_by_hand_is_the_same_in_a_loop_over_layers():
    found = []
    for step in (numpy_by_hand.one_hidden, numpy_by_hand.any_depth):
        given = task(SHUFFLED)
        parameters = [array.copy() for array in given.parameters]
        for _ in range(3):
            step(parameters, given.x, given.one_hot(), numpy_by_hand.cross_entropy, 0.1, 0.0)
        found.append(parameters)

    for array, other in zip(*found, strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-12)


def test_all_orders_are_those_of_a_solver():
    from chainrule.learning.batches import Batches

    rows = np.arange(70.0)[:, None]
    batches = np.concatenate([x[:, 0] for x, _ in Batches(rows, rows, 32).epoch(np.random.default_rng(1))])

    assert batches.tolist() == next(orders(SHUFFLED)).tolist()


def test_a_peer_that_trains_something_else_gets_no_number(tmp_path, monkeypatch):
    same = Peer("same", "same", "numpy_by_hand", "", "numpy", "numpy")
    real = Process.ask

    def ask(process, do, **request):
        answer = real(process, do, **request)
        if do == "first" and request["kind"] == "changed":
            answer["losses"] = [1.01 * loss for loss in answer["losses"]]
        return answer

    monkeypatch.setattr(Process, "ask", ask)
    changed = Peer("changed", "changed", "numpy_by_hand", "changed", "numpy", "numpy")
    cells = table.measure_workload(SHUFFLED, [HAND, same, changed], str(tmp_path), lambda text: None)

    assert cells["changed"]["gap"].startswith("differs: loss ")
    assert "step" not in cells["changed"]
    assert {"median", "low", "high", "rounds"} == cells["same"]["step"].keys()
    assert cells["same"]["losses"] == cells["numpy"]["losses"]


def test_who_is_not_installed_is_a_gap(tmp_path):
    absent = Peer("absent", "absent", "absent", "", "no_such_package", "no-such-package")

    cells = table.measure_workload(SHUFFLED, [HAND, absent], str(tmp_path), lambda text: None)

    assert {"gap": "not installed"} == cells["absent"]
    assert cells["numpy"]["peak_memory"] > 10 * 2**20
    json.dumps(cells)


def test_a_worker_says_what_failed_and_lives_on(tmp_path):
    with Process(tmp_path) as process:
        with pytest.raises(Failed, match=r"ModuleNotFoundError: No module named 'benchmarks.peers.nobody'"):
            process.ask("load", module="nobody")

        assert "import_seconds" in process.ask("load", module="numpy_by_hand")


def test_losses_agree_but_for_rounding():
    assert table.agree([2.0, 1.0], [2.0 + 1e-9, 1.0], "float64")
    assert table.agree([2.0, 1.0], [2.0005, 1.0], "float32")
    assert not table.agree([2.0, 1.0], [2.0005, 1.0], "float64")
    assert not table.agree([2.0, 1.0], [2.0], "float64")
    assert not table.agree([2.0, 1.0], [2.0, float("nan")], "float64")


def test_turns_reverse_their_order_and_slow_ones_have_fewer():
    order = []
    given = {name: lambda name=name: order.append(name) or 0.0 for name in "abc"}

    found = rounds(given, {"a": 4, "b": 4, "c": 2})

    assert list("baabcbaabc") == order
    assert {"a": 4, "b": 4, "c": 2} == {name: len(values) for name, values in found.items()}


def test_who_fails_in_a_turn_gets_a_gap_and_the_others_go_on():
    calls = []

    def fails():
        calls.append("bad")
        raise Failed("took more than 240 s")

    cells = {"good": {}, "bad": {}}
    take_turns({"good": lambda: 2.0, "bad": fails}, {"good": 3, "bad": 3}, cells)

    assert {"gap": "failed: took more than 240 s"} == cells["bad"]
    assert 2.0 == cells["good"]["step"]["median"]
    assert ["bad"] == calls


def test_who_does_not_answer_in_time_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.0)
    with Process(tmp_path) as process, pytest.raises(Failed, match="took more than 0 s"):
        process.ask("load", module="scikit_learn")


def test_spread_is_the_median_and_the_quartiles():
    assert {"median": 3.0, "low": 2.0, "high": 4.0} == spread([5.0, 1.0, 3.0, 2.0, 4.0])
    assert {"median": 7.0, "low": 7.0, "high": 7.0} == spread([7.0])


def test_a_turn_has_the_workloads_epochs_or_fewer():
    assert 2 == epochs_within(SHUFFLED, 1e-3)
    assert 1 == epochs_within(SHUFFLED, 100.0)


def test_names_are_given_once():
    assert len(PEERS) == len({peer.name for peer in PEERS})
    assert len(WORKLOADS) == len({workload.name for workload in WORKLOADS})


def test_a_cooling_rate_starts_again():
    assert pytest.approx([1.0, 0.55, 0.109, 1.0]) == [MOONS.rate_of(epoch) for epoch in (0, 50, 99, 100)]


def test_requirements_are_followed_and_sizes_counted():
    found = figures.requirements("scikit-learn")

    assert {"numpy", "scipy", "joblib"} <= found
    assert figures.installed_size("numpy") > 2**20
    assert 0 == figures.installed_size("no-such-package")
    assert 2**20 < figures.installed_size("chainrule") < 20 * 2**20
    assert {"numpy", "matplotlib"} <= figures.requirements("chainrule")


def test_a_worker_loads_nothing_but_its_peer():
    program = "import sys, benchmarks.peers.worker; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "False" == done.stdout.strip()
