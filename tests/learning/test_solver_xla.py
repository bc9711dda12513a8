"""Training on the XLA engine: the numpy engine's run, epoch by epoch, and everything that a solver does besides."""

import os
import signal
from dataclasses import dataclass

import numpy as np
import pytest
from solvers import LABELS, VALIDATION, Once, X, Y, losses, make_solver, network, same_parameters

from chainrule.compiling.xla import devices, loop
from chainrule.learning import (
    SGD,
    Adam,
    AdamW,
    Affine,
    Constant,
    Cosine,
    ReLU,
    RMSprop,
    Sequential,
    Solver,
    kept_rows,
)
from chainrule.ops import squared_error

jax = pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
jnp = pytest.importorskip("jax.numpy")

OPTIMIZERS = [
    SGD(0.1),
    SGD(0.05, momentum=0.9),
    SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    RMSprop(),
    RMSprop(momentum=0.5, weight_decay=0.01),
    Adam(),
    Adam(0.01, weight_decay=0.1),
    AdamW(0.01),
]


def pair(**options):
    return [make_solver(engine=engine, **options) for engine in ("numpy", "xla")]


def assert_same_runs(first, second, tolerance=1e-10):
    for column in ("train_loss", "validation_loss"):
        expected, actual = (np.array(solver.history.column(column), float) for solver in (first, second))
        np.testing.assert_allclose(expected, actual, rtol=0, atol=tolerance)
    for name, expected in first.model.parameters.items():
        np.testing.assert_allclose(expected, second.model.parameters[name], rtol=0, atol=tolerance)
    assert first.history.column("learning_rate") == second.history.column("learning_rate")
    assert (first.epoch, first.best_epoch) == (second.epoch, second.best_epoch)


# -- the same run ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_500_steps_are_those_of_the_numpy_engine(optimizer):
    numpy, xla = pair(optimizer=optimizer, batch_size=10)
    for solver in (numpy, xla):
        solver.train(X, Y, VALIDATION, epochs=100)

    assert_same_runs(numpy, xla)


@pytest.mark.parametrize("batch_size", [None, 1, 16, 50, 80])
@pytest.mark.parametrize("targets", [Y, LABELS])
def test_every_size_of_batch_gives_the_same_run(batch_size, targets):
    numpy, xla = pair(optimizer=Adam(0.01), batch_size=batch_size, rng=3)
    for solver in (numpy, xla):
        solver.train(X, targets, epochs=5)

    assert_same_runs(numpy, xla)


def test_schedule_clipping_and_patience_do_what_they_did():
    options = {"schedule": Cosine(), "clip": 0.05, "patience": 3, "batch_size": 16}
    numpy, xla = pair(optimizer=SGD(2.0, momentum=0.9), **options)
    for solver in (numpy, xla):
        solver.train(X, Y, VALIDATION, epochs=60)

    assert xla.epoch < 60
    assert_same_runs(numpy, xla)


def test_descent_is_the_one_that_jax_grad_makes_by_hand():
    model = network()
    parameters = {name: value.copy() for name, value in model.parameters.items()}

    def loss(p):
        logits = jnp.maximum(X @ p["w1"] + p["b1"], 0) @ p["w2"] + p["b2"]
        return -(Y * jax.nn.log_softmax(logits)).sum() / len(X)

    found = []
    with jax.enable_x64(True):
        step = jax.jit(jax.value_and_grad(loss))
        for _ in range(20):
            value, gradients = step(parameters)
            found.append(float(value))
            parameters = {name: parameters[name] - 0.1 * gradients[name] for name in parameters}
    solver = make_solver(model, engine="xla")
    solver.train(X, Y, epochs=20)

    np.testing.assert_allclose(found, losses(solver), rtol=1e-12)
    np.testing.assert_allclose(parameters["w1"], model.parameters["w1"], rtol=1e-11, atol=1e-14)


def test_rows_gathered_in_several_blocks_are_the_same_rows(monkeypatch):
    monkeypatch.setattr(loop, "GATHERED_BYTES", 1000)
    numpy, xla = pair(batch_size=4)
    for solver in (numpy, xla):
        solver.train(X, Y, epochs=3)

    assert_same_runs(numpy, xla)


def test_a_second_training_goes_on_from_the_first():
    once, twice = (make_solver(optimizer=Adam(0.01), batch_size=16, engine="xla") for _ in range(2))
    once.train(X, Y, epochs=6)
    twice.train(X, Y, epochs=2)
    twice.train(X, Y, epochs=6)

    assert losses(once) == losses(twice)
    assert same_parameters(once.model.parameters, twice.model.parameters)


def test_the_printed_step_is_the_same_text():
    numpy, xla = pair(batch_size=16)
    for solver in (numpy, xla):
        solver.train(X, Y, epochs=1)

    assert numpy.step_source == xla.step_source


# -- dtypes and places -----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_float32_stays_float32_and_near_the_numpy_engine(optimizer):
    numpy, xla = (
        make_solver(network(dtype=np.float32), optimizer, batch_size=16, engine=engine) for engine in ("numpy", "xla")
    )
    for solver in (numpy, xla):
        solver.train(X, Y, epochs=5)
    arrays = [value for value in xla._state.values() if isinstance(value, np.ndarray)]

    assert {np.dtype(np.float32)} == {array.dtype for array in arrays}
    assert_same_runs(numpy, xla, tolerance=1e-4)


def test_the_users_own_jax_is_left_alone():
    make_solver(engine="xla").train(X, Y, epochs=2)

    assert np.float32 == jnp.zeros(1).dtype
    assert not jax.config.jax_enable_x64


def test_values_are_sent_once_and_stay(monkeypatch):
    sent = []
    copied, lent = devices.Devices.copied, devices.Devices.lent
    monkeypatch.setattr(devices.Devices, "copied", lambda self, given: sent.append(len(given)) or copied(self, given))
    monkeypatch.setattr(devices.Devices, "lent", lambda self, given: sent.append(len(given)) or lent(self, given))
    solver = make_solver(optimizer=Adam(0.01), batch_size=16, engine="xla")
    solver.train(X, Y, VALIDATION, epochs=10)

    # The data, x and y, and those of the validation; then 4 parameters, 2 moments of each, and the count of steps.
    assert [2, 2, 13] == sent


def test_data_that_stay_the_same_are_sent_once_and_changes_are_seen(monkeypatch):
    sent = []
    lent = devices.Devices.lent
    monkeypatch.setattr(devices.Devices, "lent", lambda self, given: sent.append(len(given)) or lent(self, given))
    monkeypatch.setattr(devices, "COMPARED_BYTES", 64)  # many comparisons
    room = np.empty(X.size + 8)
    begin = next(place for place in range(8) if room[place:].ctypes.data % 64 == 16)  # or JAX may use the very memory
    x = room[begin : begin + X.size].reshape(X.shape)
    x[...] = X
    numpy, xla = (make_solver(engine=engine, rng=5, batch_size=16) for engine in ("numpy", "xla"))
    for epochs, change in enumerate((None, None, (49, 4, 3.5), (0, 0, 0.0), None, (0, 0, -0.0)), 1):
        if change is not None:
            x[change[:2]] = change[2]
        for solver in (numpy, xla):
            solver.train(x, Y, epochs=epochs)

    assert_same_runs(numpy, xla)
    assert 4 == len(sent)


def test_other_data_are_sent():
    numpy, xla = (make_solver(engine=engine, rng=5, batch_size=16) for engine in ("numpy", "xla"))
    for epochs, (x, y) in enumerate(((X, Y), (X[:40], Y[:40]), (X[:40], Y[10:]), (np.asfortranarray(X), Y), (X, Y)), 1):
        for solver in (numpy, xla):
            solver.train(x, y, epochs=epochs)

    assert_same_runs(numpy, xla)


def test_what_the_model_gets_is_numpys_and_its_own():
    solver = make_solver(optimizer=Adam(0.01), engine="xla")
    solver.train(X, Y, epochs=2)
    before, given = solver._state.parameters["w1"], solver.model.parameters["w1"]

    assert (np.ndarray, np.ndarray) == (type(before), type(given))
    assert not np.may_share_memory(before, given)
    assert before.flags.writeable  # the numpy engine may go on in its place
    assert float is type(solver._state.optimizer["step"])
    assert 2.0 == solver._state.optimizer["step"]


def test_the_data_is_copied():
    x = X.copy()
    solver, same = (make_solver(batch_size=16, engine="xla") for _ in range(2))
    solver.train(x, Y, epochs=1)
    x[:] = 0.0
    solver.train(X, Y, epochs=2)
    same.train(X, Y, epochs=2)

    assert losses(same) == losses(solver)


# -- checkpoints -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engines", [("numpy", "xla"), ("xla", "numpy")])
def test_checkpoints_move_between_engines(tmp_path, engines):
    options = {"optimizer": Adam(0.01), "batch_size": 16}
    first, second = (make_solver(network(rng=rng), engine=engine, **options) for rng, engine in enumerate(engines))
    whole = make_solver(**options)
    first.train(X, Y, VALIDATION, epochs=4)
    first.save(tmp_path / "half")
    second.resume(tmp_path / "half")
    for solver in (second, whole):
        solver.train(X, Y, VALIDATION, epochs=10)

    assert_same_runs(whole, second)


def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(tmp_path):
    first, second, whole = (
        make_solver(optimizer=RMSprop(momentum=0.5), batch_size=16, engine="xla", checkpoint=tmp_path / f"{name}")
        for name in "abc"
    )
    first.train(X, Y, epochs=3)
    second.resume(tmp_path / "a")
    for solver in (second, whole):
        solver.train(X, Y, epochs=6)

    assert losses(whole) == losses(second)
    assert same_parameters(whole.model.parameters, second.model.parameters)


@pytest.mark.parametrize("done", [16, 48])
def test_an_epoch_that_the_numpy_engine_began_is_ended(tmp_path, done):
    numpy, xla, whole = (make_solver(batch_size=16, engine=engine) for engine in ("numpy", "xla", "numpy"))
    steps = iter(range(done // 16))

    def stopping(run):
        def counted(*values):
            if next(steps) == done // 16 - 1:
                os.kill(os.getpid(), signal.SIGINT)
            return run(*values)

        return counted

    run_for = numpy._step.run_for
    numpy._step.run_for = lambda *arguments: stopping(run_for(*arguments))
    numpy.train(X, Y, epochs=5)
    numpy.save(tmp_path / "within")
    xla.resume(tmp_path / "within")

    assert done == xla._state.rows
    for solver in (xla, whole):
        solver.train(X, Y, epochs=5)
    assert_same_runs(whole, xla)


# -- short epochs share a call ---------------------------------------------------------------------------


@pytest.fixture
def one_epoch_a_call(monkeypatch):
    monkeypatch.setattr(kept_rows, "SECONDS_TOGETHER", 0.0)


@pytest.fixture
def many_epochs_a_call(monkeypatch):
    """All but the first, and how many each call ran."""
    monkeypatch.setattr(kept_rows, "SECONDS_TOGETHER", 1e9)
    counts = []
    run = loop.EpochLoop.run

    def counted(self, values, count, *others):
        counts.append(count)
        return run(self, values, count, *others)

    monkeypatch.setattr(loop.EpochLoop, "run", counted)
    return counts


def assert_a_shared_call_changes_nothing(counts, **options):
    numpy, xla = pair(schedule=Cosine(), **options)
    for solver in (numpy, xla):
        solver.train(X, Y, epochs=20)

    assert [1, 19] == counts
    assert_same_runs(numpy, xla)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_epochs_that_share_a_call_are_those_of_the_numpy_engine(optimizer, many_epochs_a_call):
    assert_a_shared_call_changes_nothing(many_epochs_a_call, optimizer=optimizer, batch_size=16)


@pytest.mark.parametrize("batch_size", [None, 10])
def test_epochs_without_a_smaller_batch_share_a_call(batch_size, many_epochs_a_call):
    assert_a_shared_call_changes_nothing(many_epochs_a_call, optimizer=Adam(0.01), batch_size=batch_size)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_rates_of_a_shared_call_leave_float32_as_it_is(batch_size, many_epochs_a_call):
    numpy, xla = (
        make_solver(network(dtype=np.float32), Adam(0.01), engine=engine, schedule=Cosine(), batch_size=batch_size)
        for engine in ("numpy", "xla")
    )
    for solver in (numpy, xla):
        solver.train(X, Y, epochs=20)

    assert [1, 19] == many_epochs_a_call
    assert_same_runs(numpy, xla, tolerance=1e-5)
    assert all(np.float32 == array.dtype for array in xla.model.parameters.values())


def test_a_call_ends_where_what_was_learned_is_saved(tmp_path, many_epochs_a_call):
    solver, whole = (
        make_solver(engine="xla", batch_size=16, checkpoint=tmp_path / name, checkpoint_every=every)
        for name, every in (("often", 4), ("once", 100))
    )
    saved = []
    solver.save = lambda path: saved.append((solver.epoch, solver.model.parameters, len(solver.history)))
    for one in (solver, whole):
        one.train(X, Y, epochs=10)

    assert [1, 3, 4, 2, 1, 9] == many_epochs_a_call
    assert [4, 8, 10] == [epoch for epoch, *_ in saved]
    assert losses(whole) == losses(solver)
    assert same_parameters(whole.model.parameters, solver.model.parameters)


def test_no_epochs_share_a_call_where_each_is_looked_at(many_epochs_a_call):
    solver = make_solver(engine="xla", batch_size=16)
    solver.train(X, Y, VALIDATION, epochs=4)

    assert [1, 1, 1, 1] == many_epochs_a_call
    assert solver.best_epoch is not None


def test_a_loss_that_is_not_finite_ends_the_epoch_it_is_in(many_epochs_a_call):
    messages, epochs = [], []
    for engine in ("numpy", "xla"):
        solver = make_solver(engine=engine, batch_size=16, schedule=Once(7, 1e200), rng=1)
        with pytest.raises(FloatingPointError) as caught:
            solver.train(X, Y, epochs=20)
        messages.append(str(caught.value))
        epochs.append((solver.epoch, len(solver.history), solver._state.rng.bit_generator.state["state"]))

    assert [1, 19] == many_epochs_a_call
    assert epochs[0] == epochs[1]
    assert messages[0].split(" is ")[0] == messages[1].split(" is ")[0]


def test_ctrl_c_ends_training_after_the_epochs_that_run(many_epochs_a_call):
    pressing = Once(2, act=lambda: os.kill(os.getpid(), signal.SIGINT))
    solver, whole = (make_solver(engine="xla", batch_size=16, schedule=one) for one in (pressing, Constant()))
    history = solver.train(X, Y, epochs=8)
    whole.train(X, Y, epochs=8)

    assert [1, 7, 1, 7] == many_epochs_a_call
    assert not [row for row in history.rows if row["seconds"] <= 0]
    assert history.interrupted
    assert losses(whole) == losses(solver)


def test_every_epoch_is_printed(many_epochs_a_call, capsys):
    solver = make_solver(engine="xla", batch_size=16, print_every=3)
    solver.progress = True
    solver.train(X, Y, epochs=9)

    lines = capsys.readouterr().out.splitlines()

    assert ["0", "3", "6", "8"] == [line.split()[1].rstrip(",") for line in lines]


# -- what goes wrong -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 8])
def test_a_huge_learning_rate_is_explained_as_ever(batch_size):
    messages, parameters = [], []
    for engine in ("numpy", "xla"):
        solver = Solver(
            Sequential([Affine(5, 4), ReLU(), Affine(4, 3)], rng=0),
            squared_error,
            SGD(1e10),
            batch_size=batch_size,
            engine=engine,
            progress=False,
        )
        with pytest.raises(FloatingPointError) as caught:
            solver.train(X, Y, epochs=50)
        messages.append(str(caught.value))
        parameters.append(solver.model.parameters)
        assert all(np.isfinite(array).all() for array in solver.model.parameters.values())

    assert messages[0].split(" is ")[0] == messages[1].split(" is ")[0]
    assert "First, in epoch" in messages[1]
    for name in parameters[0]:
        np.testing.assert_allclose(parameters[0][name], parameters[1][name], rtol=1e-6)


def test_training_ends_after_the_epoch_in_which_ctrl_c_was_pressed(one_epoch_a_call):
    def schedule(epoch, epochs):
        if epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return 1.0

    solver, whole = (
        make_solver(engine="xla", batch_size=16, schedule=schedule),
        make_solver(engine="xla", batch_size=16),
    )
    history = solver.train(X, Y, epochs=50)

    assert history.interrupted
    assert 3 == solver.epoch
    solver.schedule = whole.schedule
    for one in (solver, whole):
        one.train(X, Y, epochs=5)
    assert losses(whole) == losses(solver)


def test_an_epoch_that_fails_is_taken_back(monkeypatch):
    solver, whole = (make_solver(optimizer=Adam(0.01), engine="xla", batch_size=16) for _ in range(2))
    solver.train(X, Y, epochs=2)

    def broken(loop, values):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(loop.Loop, "fetch", broken)
        with pytest.raises(KeyboardInterrupt):
            solver.train(X, Y, epochs=5)
    for one in (solver, whole):
        one.train(X, Y, epochs=5)

    assert losses(whole) == losses(solver)
    assert same_parameters(whole.model.parameters, solver.model.parameters)


@dataclass(frozen=True)
class Remembering:
    """Gradient descent with something in its state that is neither an array nor a number."""

    learning_rate: float = 0.1

    def initialize(self, parameters):
        return {"name": "mine", "count": 0}

    def update(self, parameters, gradients, state, learning_rate):
        stepped = {name: parameters[name] - learning_rate * gradients[name] for name in parameters}
        return stepped, {"name": state["name"], "count": state["count"] + 1}


def test_an_optimizer_with_other_things_in_its_state_runs_step_by_step():
    numpy, xla = pair(optimizer=Remembering(), batch_size=16)
    for solver in (numpy, xla):
        solver.train(X, Y, epochs=3)

    assert_same_runs(numpy, xla)
    assert {"name": "mine", "count": 12} == xla._state.optimizer


def test_labels_that_are_no_classes_are_refused_before_training():
    solver = make_solver(engine="xla", batch_size=16)
    with pytest.raises(ValueError, match="label"):
        solver.train(X, LABELS + 3, epochs=1)

    assert 0 == solver.epoch
