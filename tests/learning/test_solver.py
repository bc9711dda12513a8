"""The solver, against the sheet's numbers and loops written by hand in NumPy."""

import threading

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from solvers import VALIDATION, Once, X, Y, losses, make_solver, network, same_parameters

from chainrule.learning import SGD, Affine, Cosine, Sequential, Solver, Step, epochs
from chainrule.ops import squared_error


def network_by_hand(model, x, y, rng, epochs, batch_size, rate):
    """The training loop of a 5-4-3 network as one writes it without a library: losses and parameters."""
    w1, b1, w2, b2 = (model.parameters[name].copy() for name in ("w1", "b1", "w2", "b2"))
    means = []
    for _ in range(epochs):
        order = rng.permutation(len(x)) if batch_size else np.arange(len(x))
        total = 0.0
        for start in range(0, len(x), batch_size or len(x)):
            rows = order[start : start + (batch_size or len(x))]
            n = len(rows)
            before = x[rows] @ w1 + b1
            hidden = np.where(before > 0, before, 0)
            logits = hidden @ w2 + b2
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            p = powers / powers.sum(axis=1, keepdims=True)
            total += -np.sum(y[rows] * np.log(p))
            d_logits = (p - y[rows]) / n
            d_before = (d_logits @ w2.T) * (before > 0)
            w2, b2 = w2 - rate * hidden.T @ d_logits, b2 - rate * d_logits.sum(axis=0)
            w1, b1 = w1 - rate * x[rows].T @ d_before, b1 - rate * d_before.sum(axis=0)
        means.append(total / len(x))
    return means, {"w1": w1, "b1": b1, "w2": w2, "b2": b2}


# -- the numbers ---------------------------------------------------------------------------------------


def test_logistic_regression_on_the_digits_logs_the_sheets_losses():
    x, labels = load_digits(return_X_y=True)
    np.random.seed(123)
    x_train, x_test, y_train, y_test = train_test_split(x, np.eye(10)[labels], test_size=0.25)
    model = Sequential([Affine(64, 10, weights="zeros")])
    solver = make_solver(model, SGD(1e-2))
    solver.train(x_train, y_train, epochs=501)
    accuracy = np.mean(model(x_test).argmax(axis=1) == y_test.argmax(axis=1))
    expected = "2.3026 0.2275 0.1599 0.1306 0.1130 0.1009 0.0918 0.0846 0.0788 0.0738 0.0696"

    assert expected == " ".join(f"{loss:.4f}" for loss in losses(solver)[::50])
    assert "0.953" == f"{accuracy:.3f}"


@pytest.mark.parametrize("batch_size", [None, 8, 25, 50, 1])
def test_training_is_the_loop_written_by_hand(batch_size):
    solver = make_solver(batch_size=batch_size, rng=7)
    expected_losses, expected = network_by_hand(solver.model, X, Y, np.random.default_rng(7), 4, batch_size, 0.1)
    solver.train(X, Y, epochs=4)

    np.testing.assert_allclose(expected_losses, losses(solver), rtol=1e-12)
    for name, array in expected.items():
        np.testing.assert_allclose(array, solver.model.parameters[name], rtol=1e-12, atol=1e-14)


def test_a_batch_larger_than_the_data_holds_all_rows():
    expected_losses, _ = network_by_hand(network(), X, Y, np.random.default_rng(0), 3, None, 0.1)
    solver = make_solver(batch_size=1000)
    solver.train(X, Y, epochs=3)

    np.testing.assert_allclose(expected_losses, losses(solver), rtol=1e-12)


def test_a_shuffled_epoch_gathers_large_data_in_blocks(monkeypatch):
    monkeypatch.setattr("chainrule.learning.batches.BLOCK_BYTES", 1000)
    expected_losses, _ = network_by_hand(network(), X, Y, np.random.default_rng(0), 3, 7, 0.1)
    solver = make_solver(batch_size=7)
    solver.train(X, Y, epochs=3)

    np.testing.assert_allclose(expected_losses, losses(solver), rtol=1e-12)


# -- randomness ----------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_run():
    first, second, other = (make_solver(batch_size=8, rng=seed) for seed in (3, 3, 4))
    for solver in (first, second, other):
        solver.train(X, Y, epochs=2)

    assert losses(first) == losses(second)
    assert losses(first) != losses(other)


def test_numpys_global_generator_is_left_alone():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    make_solver(batch_size=8).train(X, Y, epochs=2)

    assert np.array_equal(before, np.random.get_state()[1])


def test_a_passed_generator_is_used_and_goes_on():
    rng, expected = np.random.default_rng(9), np.random.default_rng(9)
    make_solver(batch_size=8, rng=rng).train(X, Y, epochs=2)
    for _ in range(2):
        expected.permutation(50)

    assert expected.random() == rng.random()


def test_a_full_batch_draws_nothing():
    rng = np.random.default_rng(9)
    make_solver(rng=rng).train(X, Y, epochs=2)

    assert np.random.default_rng(9).random() == rng.random()


# -- what is kept --------------------------------------------------------------------------------------


def test_arrays_of_the_user_are_never_changed():
    x, y, xv, yv = X.copy(), Y.copy(), *(array.copy() for array in VALIDATION)
    make_solver(optimizer=SGD(0.1, momentum=0.9)).train(x, y, (xv, yv), epochs=2)
    make_solver(batch_size=8, engine="eager").train(x, y, (xv, yv), epochs=2)

    for before, after in zip((X, Y, *VALIDATION), (x, y, xv, yv), strict=True):
        assert np.array_equal(before, after)
        assert after.flags.writeable


def test_parameters_that_the_model_had_before_are_not_written_over():
    model = network()
    before = model.parameters
    values = {name: array.copy() for name, array in before.items()}
    make_solver(model).train(X, Y, epochs=3)

    assert same_parameters(values, before)
    assert not same_parameters(values, model.parameters)


def test_training_goes_on_until_so_many_epochs_are_done_in_all():
    once, twice = make_solver(batch_size=8), make_solver(batch_size=8)
    once.train(X, Y, epochs=6)
    twice.train(X, Y, epochs=2)
    twice.train(X, Y, epochs=6)
    twice.train(X, Y, epochs=4)

    assert [0, 1, 2, 3, 4, 5] == twice.history.column("epoch")
    assert losses(once) == losses(twice)
    assert same_parameters(once.model.parameters, twice.model.parameters)


def test_history_holds_the_rate_and_the_seconds():
    history = make_solver(optimizer=SGD(0.5)).train(X, Y, epochs=2)

    assert [0.5, 0.5] == history.column("learning_rate")
    assert [None, None] == history.column("validation_loss")
    assert all(0 < seconds < 10 for seconds in history.column("seconds"))
    assert not history.interrupted


def test_training_works_in_any_thread():
    solver = make_solver(batch_size=8)
    thread = threading.Thread(target=lambda: solver.train(X, Y, epochs=2))
    thread.start()
    thread.join()

    assert 2 == len(solver.history)


# -- schedules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", [Step(2, 0.5), Cosine(), lambda epoch, epochs: 1 / (epoch + epochs)])
def test_a_schedule_multiplies_the_rate(schedule):
    # One sample x = 1, y = 0, from b = 1 and w = 0: each step takes 2 rate (w + b) from both.
    model = Sequential([Affine(1, 1, weights="zeros")])
    model.parameters = {**model.parameters, "b1": np.ones(1)}
    solver = Solver(model, squared_error, SGD(0.1), schedule=schedule, progress=False)
    solver.train([[1.0]], [[0.0]], epochs=5)
    rates = [0.1 * schedule(epoch, 5) for epoch in range(5)]
    outputs = np.cumprod([1, *(1 - 4 * rate for rate in rates)])

    np.testing.assert_allclose(rates, solver.history.column("learning_rate"), rtol=1e-15)
    np.testing.assert_allclose(outputs[:-1] ** 2, losses(solver), rtol=1e-12)


# -- short epochs share a call ---------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_full_batches_that_share_a_call_are_saved_printed_and_counted_as_ever(seconds, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(epochs, "SECONDS_TOGETHER", seconds)
    solver = make_solver(checkpoint=tmp_path / "kept", checkpoint_every=4, print_every=3, schedule=Cosine())
    whole = make_solver(batch_size=len(X), schedule=Cosine())  # shuffled, but the sum is the same to 1e-12
    solver.progress, saved = True, []
    solver.save = lambda path: saved.append((solver.epoch, len(solver.history)))
    for one in (solver, whole):
        one.train(X, Y, epochs=10)

    printed = [line.split()[1].rstrip(",") for line in capsys.readouterr().out.splitlines()]
    np.testing.assert_allclose(losses(whole), losses(solver), rtol=1e-12)
    assert whole.history.column("learning_rate") == solver.history.column("learning_rate")
    assert all(0 < row["seconds"] < 10 for row in solver.history.rows)
    assert [(4, 4), (8, 8), (10, 10)] == saved
    assert ["0", "3", "6", "9"] == printed


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_a_full_batch_that_is_not_finite_is_found_among_those_that_share_a_call(seconds, monkeypatch):
    monkeypatch.setattr(epochs, "SECONDS_TOGETHER", seconds)
    solver = make_solver(schedule=Once(7, 1e200))
    with pytest.raises(FloatingPointError, match="epoch 8"):
        solver.train(X, Y, epochs=20)

    assert 8 == solver.epoch == len(solver.history)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_function_that_looks_at_the_history_is_asked_when_its_epoch_begins(engine, batch_size):
    if engine == "xla":
        pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    known = []
    solver = make_solver(engine=engine, batch_size=batch_size)
    solver.schedule = lambda epoch, epochs: known.append(len(solver.history)) or 1.0
    solver.train(X, Y, epochs=6)

    assert [0, 1, 2, 3, 4, 5] == known


@pytest.mark.parametrize("engine", ["numpy", "xla"])
@pytest.mark.parametrize("kind", [Once, lambda *settings: lambda *given: Once(*settings)(*given)])
def test_a_schedule_that_fails_loses_no_epoch(engine, kind):
    if engine == "xla":
        pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')

    def fail():
        raise RuntimeError("no rate")

    solver, whole = make_solver(engine=engine, schedule=kind(4, 1.0, fail)), make_solver(engine=engine)
    with pytest.raises(RuntimeError, match="no rate"):
        solver.train(X, Y, epochs=6)
    whole.train(X, Y, epochs=4)

    assert losses(whole) == losses(solver)
    assert same_parameters(whole.model.parameters, solver.model.parameters)
