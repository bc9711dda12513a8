"""What was asked and what came out, from results that are written down here."""

import pytest
from benchmarks.measure import Row
from benchmarks.peers import judge
from benchmarks.peers.catalogue import HAND, NUMPY, SCAN, TORCH, XLA
from peer_results import result, step


def test_at_most_divides_our_time_by_the_other():
    found = result(chainrule_numpy=step(42.0), numpy=step(40.0))

    expected = Row(
        "64-32-10, batch 32: chainrule, numpy engine / NumPy by hand", "<= 1.05", "1.05 (42 us / 40 us)", True
    )
    assert expected == judge.at_most(found, "digits-32", NUMPY, HAND, 1.05)


def test_at_least_divides_the_others_time_by_ours():
    row = judge.at_least(result(chainrule_xla=step(20.0), torch_eager=step(150.0)), "digits-32", XLA, TORCH, 8.0)

    assert ("7.50 (150 us / 20 us)", False) == (row.measured, row.reached)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"chainrule_xla": step(20.0)}, "JAX lax.scan: not measured"),
        ({"chainrule_xla": step(20.0), "jax_scan": {"gap": "not installed"}}, "JAX lax.scan: not installed"),
        ({"chainrule_xla": {"gap": "differs: loss 2, by hand 1"}, "jax_scan": step(1)},
         "chainrule, xla engine: differs: loss 2, by hand 1"),
    ],
)  # fmt: skip
def test_a_missing_peer_is_named_and_nothing_is_judged(cells, said):
    row = judge.at_most(result(**cells), "digits-32", XLA, SCAN, 1.1)

    assert (said, None) == (row.measured, row.reached)


def test_all_targets_have_a_row_when_nothing_is_installed():
    found = result()

    rows = judge.rows(found)

    assert {None} == {row.reached for row in rows}
    assert len(rows) == len({row.question for row in rows})


def test_accuracy_takes_the_better_engine():
    found = result()
    found["accuracy"] = {
        "chainrule-numpy": {"seconds": {"median": 4.0}},
        "chainrule-xla": {"seconds": {"median": 3.0}},
        "torch-eager": {"seconds": {"median": 6.0}},
    }

    row = judge.rows(found)[-1]

    assert ("0.50 (4.00 s, 3.00 s / 6.00 s)", True) == (row.measured, row.reached)
