"""Ctrl-C while training: what was learned is kept, whole, and the run can go on as if nothing had happened."""

import os
import signal
import threading

import numpy as np
import pytest

from chainrule.learning import SGD, Adam, Affine, Sequential, Solver, Tanh
from chainrule.learning.interrupts import holding_interrupts
from chainrule.ops import squared_error

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X @ np.ones((3, 2))
VALIDATION = X[:10] + 0.1, Y[:10]


def press():
    os.kill(os.getpid(), signal.SIGINT)


class Pressing:
    """A layer that passes on what it gets; Ctrl-C is pressed in some of its calls."""

    def __init__(self, *calls):
        self.calls = calls
        self.count = 0

    def initialize(self, rng, dtype):
        return {}

    def __call__(self, x):
        self.count += 1
        for _ in range(self.calls.count(self.count)):
            press()
        return x


def make_solver(*presses, **options):
    """The eager engine calls the layers in every step; the first call is the look at the data before training."""
    model = Sequential([Affine(3, 4), Tanh(), Pressing(*presses), Affine(4, 2)], rng=0)
    options = {"optimizer": Adam(0.01), "batch_size": 8, "engine": "eager", "progress": False} | options
    return Solver(model, squared_error, **options)


def same(first, second):
    return (
        all(np.array_equal(first.model.parameters[name], second.model.parameters[name]) for name in ("w1", "b2"))
        and first.history.column("train_loss") == second.history.column("train_loss")
        and first.history.column("validation_loss") == second.history.column("validation_loss")
    )


def test_training_ends_after_the_running_step():
    # Call 1 is before training, calls 2 to 6 are epoch 0, calls 7 and 8 the first two steps of epoch 1.
    solver = make_solver(8)
    history = solver.train(X, Y, epochs=100)

    assert history.interrupted
    assert 1 == len(history)
    assert (1, 16) == (solver.epoch, solver._state.rows)


def test_what_was_learned_is_kept():
    whole, interrupted = make_solver(), make_solver(6)
    whole.train(X, Y, epochs=1)
    interrupted.train(X, Y, epochs=100)

    assert interrupted.history.interrupted
    assert same(whole, interrupted)


@pytest.mark.parametrize("validation", [None, VALIDATION])
@pytest.mark.parametrize("call", [3, 4, 6, 8])
def test_training_goes_on_as_if_nothing_had_happened(validation, call):
    whole, interrupted = make_solver(), make_solver(call)
    whole.train(X, Y, validation, epochs=4)
    interrupted.train(X, Y, validation, epochs=4)

    assert interrupted.history.interrupted
    interrupted.train(X, Y, validation, epochs=4)
    assert not interrupted.history.interrupted
    assert same(whole, interrupted)


def test_the_checkpoint_of_an_interrupted_run_is_resumed_exactly(tmp_path):
    whole, resumed = make_solver(), make_solver()
    whole.train(X, Y, epochs=4)
    make_solver(9, checkpoint=tmp_path / "run").train(X, Y, epochs=4)
    resumed.resume(tmp_path / "run")

    assert resumed.history.interrupted
    assert (1, 24) == (resumed.epoch, resumed._state.rows)
    resumed.train(X, Y, epochs=4)
    assert same(whole, resumed)


def test_while_training_goes_on_it_is_not_interrupted():
    seen = []
    solver = make_solver(8, schedule=lambda epoch, epochs: seen.append(solver.history.interrupted) or 1.0)
    solver.train(X, Y, epochs=2)
    interrupted = solver.history.interrupted
    seen.clear()
    solver.train(X, Y, epochs=2)

    assert interrupted
    assert [False] == seen


def test_the_numpy_engine_ends_after_the_running_step_too():
    presses = [2]

    def schedule(epoch, epochs):
        if epoch in presses:
            presses.remove(epoch)
            press()
        return 1.0

    whole, interrupted = make_solver(engine="numpy"), make_solver(engine="numpy", schedule=schedule)
    interrupted.train(X, Y, epochs=5)

    assert (2, 8) == (interrupted.epoch, interrupted._state.rows)
    interrupted.train(X, Y, epochs=5)
    whole.train(X, Y, epochs=5)
    assert same(whole, interrupted)


def test_an_epoch_whose_last_step_is_interrupted_is_counted():
    solver = make_solver(3, batch_size=None)
    solver.train(X, Y, epochs=10)

    assert [0, 1] == solver.history.column("epoch")
    assert solver.history.interrupted


def test_a_second_ctrl_c_interrupts_at_once_and_leaves_no_half_step():
    # Twice in the third step of epoch 1: back to where training began, since less than two seconds have gone by.
    solver = make_solver(9, 9)
    start = {name: array.copy() for name, array in solver.model.parameters.items()}
    with pytest.raises(KeyboardInterrupt):
        solver.train(X, Y, epochs=100)

    assert (0, 0, 0) == (solver.epoch, solver._state.rows, len(solver.history))
    assert all(np.array_equal(start[name], solver.model.parameters[name]) for name in start)


def test_a_second_ctrl_c_goes_back_to_the_last_snapshot(monkeypatch):
    monkeypatch.setattr("chainrule.learning.solver.SNAPSHOT_SECONDS", 0.0)
    whole, interrupted = make_solver(), make_solver(9, 9)
    with pytest.raises(KeyboardInterrupt):
        interrupted.train(X, Y, epochs=100)
    whole.train(X, Y, epochs=1)

    assert same(whole, interrupted)
    whole.train(X, Y, epochs=3)
    interrupted.train(X, Y, epochs=3)
    assert same(whole, interrupted)


def test_steps_in_place_are_not_left_half_done(monkeypatch):
    # Parameters of more than 64 KiB are written in place; Ctrl-C is pressed twice after the text of step 3 has run.
    model = Sequential([Affine(1, 10_000)], rng=0)
    solver = Solver(model, squared_error, SGD(0.1, momentum=0.5), progress=False)
    targets = np.ones((1, 10_000))
    solver.train([[1.0]], targets, epochs=1)
    learned = model.parameters
    run, calls = solver._step.run_for(solver._state, 0.1, np.array([[1.0]]), targets), []

    def pressed_twice(*values):
        calls.append(1)
        results = run(*values)
        if len(calls) == 2:
            press()
            press()
        return results

    monkeypatch.setattr(solver._step, "run_for", lambda *arguments: pressed_twice)
    with pytest.raises(KeyboardInterrupt):
        solver.train([[1.0]], targets, epochs=10)

    assert 1 == solver.epoch
    assert all(np.array_equal(learned[name], model.parameters[name]) for name in learned)


def test_the_handler_from_before_is_put_back():
    def handler(number, frame):
        pass

    previous = signal.signal(signal.SIGINT, handler)
    try:
        make_solver(3).train(X, Y, epochs=2)
        after = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, previous)

    assert handler is after


def test_ctrl_c_after_training_interrupts_as_ever():
    make_solver(3).train(X, Y, epochs=2)

    with pytest.raises(KeyboardInterrupt):
        press()


def test_where_ctrl_c_is_ignored_it_stays_so():
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        history = make_solver(3).train(X, Y, epochs=2)
    finally:
        signal.signal(signal.SIGINT, previous)

    assert not history.interrupted
    assert 2 == len(history)


def test_in_another_thread_nothing_is_held_back():
    seen = []

    def hold():
        with holding_interrupts() as interrupted:
            seen.append((interrupted(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()

    assert [(False, signal.default_int_handler)] == seen
