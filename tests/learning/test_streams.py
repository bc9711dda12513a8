"""Data that comes batch by batch or lies in a file: the runs of arrays in memory, and words for what can't be read."""

import os
import signal
import threading

import numpy as np
import pytest
from solvers import LABELS, X, Y, losses, make_solver, same_parameters

from chainrule.learning import Adam
from chainrule.learning.prefetching import prefetched

BATCHES = [(X[start : start + 8], LABELS[start : start + 8]) for start in range(0, 50, 8)]


def by_hand(batches, epochs, rate=0.1):
    """Losses of plain gradient descent on the batches, with SciPy's softmax as the oracle."""
    from scipy.special import log_softmax, softmax

    weights = {name: value.copy() for name, value in make_solver().model.parameters.items()}
    found = []
    for _ in range(epochs):
        total = 0.0
        for x, y in batches:
            hidden = x @ weights["w1"] + weights["b1"]
            logits = np.maximum(hidden, 0) @ weights["w2"] + weights["b2"]
            total -= log_softmax(logits, axis=1)[np.arange(len(x)), y].sum()
            d_logits = (softmax(logits, axis=1) - np.eye(3)[y]) / len(x)
            d_hidden = d_logits @ weights["w2"].T * (hidden > 0)
            gradients = {
                "w1": x.T @ d_hidden,
                "b1": d_hidden.sum(axis=0),
                "w2": np.maximum(hidden, 0).T @ d_logits,
                "b2": d_logits.sum(axis=0),
            }
            weights = {name: value - rate * gradients[name] for name, value in weights.items()}
        found.append(total / sum(len(x) for x, _ in batches))
    return found


@pytest.fixture
def mapped(tmp_path):
    """Arrays in files: float32 samples, integer labels."""
    np.save(tmp_path / "x.npy", X.astype(np.float32))
    np.save(tmp_path / "y.npy", LABELS)
    return [np.load(tmp_path / name, mmap_mode="r") for name in ("x.npy", "y.npy")]


@pytest.fixture(params=["numpy", "eager", "xla"])
def engine(request):
    if request.param == "xla":
        pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    return request.param


# -- batches that come one by one ------------------------------------------------------------------------


def test_batches_are_taken_in_their_own_order(engine):
    solver = make_solver(engine=engine)
    solver.train(BATCHES, epochs=4)

    np.testing.assert_allclose(by_hand(BATCHES, 4), losses(solver), rtol=1e-12)


def test_a_function_of_the_epoch_may_shuffle(engine):
    asked = []

    def batches(epoch):
        asked.append(epoch)
        return (BATCHES[number] for number in np.random.default_rng(epoch).permutation(len(BATCHES)))

    solver = make_solver(engine=engine)
    solver.train(batches, epochs=3)

    assert [0, 1, 2] == asked
    assert np.isfinite(losses(solver)).all()


def test_several_batches_in_a_block_are_the_same_steps(monkeypatch):
    pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    from chainrule.learning import sent_batches

    row_bytes = X[:1].nbytes + LABELS[:1].nbytes
    monkeypatch.setattr(sent_batches, "SENT_BYTES", 3 * 8 * row_bytes)
    solver = make_solver(engine="xla")
    solver.train(BATCHES, epochs=4)

    np.testing.assert_allclose(by_hand(BATCHES, 4), losses(solver), rtol=1e-12)


def test_labels_and_one_hot_targets_are_converted_as_those_of_arrays():
    one_hot = [(x, np.eye(3, dtype=int)[y]) for x, y in BATCHES]
    solver = make_solver()
    solver.train(one_hot, epochs=2)

    np.testing.assert_allclose(by_hand(BATCHES, 2), losses(solver), rtol=1e-12)


def test_a_run_that_is_stopped_within_an_epoch_goes_on_with_the_batches_that_are_left(tmp_path):
    def with_ctrl_c(epoch):
        for number, batch in enumerate(BATCHES):
            if (epoch, number) == (1, 2):
                os.kill(os.getpid(), signal.SIGINT)
            yield batch

    once, twice = make_solver(optimizer=Adam(0.01)), make_solver(optimizer=Adam(0.01))
    once.train(BATCHES, epochs=3)
    twice.train(with_ctrl_c, epochs=3)
    assert twice.history.interrupted
    assert 1 == twice.epoch
    twice.save(tmp_path / "kept.safetensors")
    again = make_solver(optimizer=Adam(0.01))
    again.resume(tmp_path / "kept.safetensors")
    again.train(BATCHES, epochs=3)

    assert losses(once) == losses(again)
    assert same_parameters(once.model.parameters, again.model.parameters)


@pytest.mark.parametrize(
    ("batches", "error", "words"),
    [
        ([], ValueError, "gave none in epoch 0"),
        (iter(BATCHES), ValueError, "gave none in epoch 1.*function of the epoch's number"),
        ([X[:8]], TypeError, r"batch 0 of the iterable is a .*; expected a pair"),
        ([BATCHES[0], (X[:8],)], TypeError, "batch 1 of the iterable is a tuple of length 1"),
        ([BATCHES[0], (X[:8], LABELS[:7])], ValueError, "batch 1's x has 8 rows and y has 7"),
        ([BATCHES[0], (X[:8] * [1, 1, np.nan, 1, 1], LABELS[:8])], ValueError, r"batch 1's x\[0, 2\] is nan"),
        ([(X[:8], LABELS[:8] + 3)], (ValueError, IndexError), "label|class"),
        (X, TypeError, "expected samples x and targets y, or an iterable"),
        (17, TypeError, "train got int alone"),
        ("data.npy", TypeError, "train got str alone"),
    ],
)
def test_what_is_not_batches_is_refused_with_its_number(batches, error, words):
    with pytest.raises(error, match=words):
        make_solver().train(batches, epochs=2)


def test_where_a_nan_came_from_is_found_among_batches():
    solver = make_solver()
    huge = [BATCHES[0], (X[:8] * 1e200, LABELS[:8]), *BATCHES[2:]]

    with pytest.raises(FloatingPointError, match=r"First, in epoch 0, the batch after 16 rows: matmul"):
        solver.train(huge, epochs=2)


# -- arrays in files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 8, 50])
def test_an_array_in_a_file_gives_the_run_of_the_same_array_in_memory(mapped, engine, batch_size):
    there, here = (make_solver(engine=engine, batch_size=batch_size) for _ in range(2))
    there.train(*mapped, validation=mapped, epochs=4)
    here.train(X.astype(np.float32).astype(float), LABELS, (X.astype(np.float32), LABELS), epochs=4)

    np.testing.assert_allclose(losses(here), losses(there), rtol=1e-12)
    np.testing.assert_allclose(
        here.history.column("validation_loss"), there.history.column("validation_loss"), rtol=1e-12
    )


def test_only_the_rows_of_a_few_blocks_are_in_memory(mapped, monkeypatch):
    from chainrule.learning import batches, samples

    sizes = []
    finite = samples.finite_samples

    def looked_at(what, x, y, dtype, rows=None):
        sizes.append(len(x))
        return finite(what, x, y, dtype, rows)

    monkeypatch.setattr(batches, "BLOCK_BYTES", 1)
    monkeypatch.setattr("chainrule.learning.sources.finite_samples", looked_at)
    make_solver(batch_size=8).train(*mapped, epochs=2)

    assert [8] * 6 + [2] == sizes[:7]
    assert 14 == len(sizes)


def test_a_missing_number_in_a_file_is_named_by_its_row(tmp_path):
    spoiled = X.copy()
    spoiled[37, 2] = np.nan
    np.save(tmp_path / "x.npy", spoiled)

    with pytest.raises(ValueError, match=r"training x\[37, 2\] is nan"):
        make_solver(batch_size=8).train(np.load(tmp_path / "x.npy", mmap_mode="r"), Y, epochs=1)


# -- reading ahead ---------------------------------------------------------------------------------------


def test_reading_ahead_gives_all_items_in_order():
    assert list(range(100)) == list(prefetched(iter(range(100))))
    assert [] == list(prefetched(iter(())))


def test_an_error_comes_where_its_item_would_have():
    def items():
        yield 1
        raise OSError("the disk is gone")

    ahead = prefetched(items())

    assert 1 == next(ahead)
    with pytest.raises(OSError, match="the disk is gone"):
        next(ahead)


def test_no_more_is_read_than_asked_and_the_thread_ends_when_nobody_reads_on():
    made = []
    full = threading.Event()

    def items():
        for number in range(1000):
            made.append(number)
            if number == 3:
                full.set()
            yield number

    ahead = prefetched(items(), ahead=2)
    assert 0 == next(ahead)
    assert full.wait(10)  # one was taken, two wait, and the next is in the thread's hands
    ahead.close()

    assert [0, 1, 2, 3] == made
    assert not [thread for thread in threading.enumerate() if thread.name == "chainrule reads ahead"]


def test_a_training_that_fails_leaves_no_thread(mapped):
    def batches():
        yield from BATCHES[:2]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        make_solver().train(lambda epoch: batches(), epochs=1)
    assert not [thread for thread in threading.enumerate() if thread.name == "chainrule reads ahead"]
